//! Fixtures: small repositories in Markdown, each with a query and the rows that it returns.
//!
//! The fixture of a dataset is `tests/datasets/NAME.md`. It has a section for each case; the first one is the example on the dataset's page.
//!
//! ````markdown
//! ## A call is a node
//!
//! `pkg/a.py`:
//!
//! ```py
//! f()
//! ```
//!
//! ```sql
//! SELECT node_id, node_type FROM core.ast_nodes ORDER BY node_id
//! ```
//!
//! | node_id | node_type |
//! |---|---|
//! | 0 | `Module` |
//!
//! Source: CPython 3.13, `ast.walk`.
//! ````
//!
//! A block with a path above it is a file. Lines of a `console` block are run in the repository, in the order of the blocks. Then the repository
//! is ingested and the query run. A `Source:` line names the source of the rows, where that is not codeintel itself.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

/// A repository, a query and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case<'a> {
    /// Its heading.
    pub title: &'a str,
    /// The Markdown below the heading.
    pub text: &'a str,
    /// How the repository is made.
    pub steps: Vec<Step<'a>>,
    /// The query.
    pub sql: &'a str,
    /// The source of the rows, where that is not codeintel.
    pub source: Option<&'a str>,
    /// The bytes of the fixture that hold the rows, as a Markdown table; an empty range after the query where there is none.
    pub table: Range<usize>,
}

/// A step in the making of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Write a file.
    File {
        /// Its path from the root.
        path: &'a str,
        /// All of its text.
        text: &'a str,
    },
    /// Run a command.
    Command(&'a str),
}

/// A mistake in a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the fixture, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: &'static str,
}

impl Display for Malformed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Read the cases of a fixture.
pub fn cases(fixture: &str) -> Result<Vec<Case<'_>>, Malformed> {
    let mut cases = Vec::new();
    let mut lines = Lines { fixture, at: 0, number: 0 };
    let mut line = lines.next();
    while let Some((_, text)) = line {
        line = match text.strip_prefix("## ") {
            Some(title) => {
                let (case, next) = Case::read(title, &mut lines)?;
                cases.push(case);
                next
            }
            None => lines.next(),
        };
    }
    Ok(cases)
}

/// A line with the byte that it begins at.
type Line<'a> = (usize, &'a str);

impl<'a> Case<'a> {
    /// Read a case up to the next one, whose heading is returned, too.
    fn read(title: &'a str, lines: &mut Lines<'a>) -> Result<(Self, Option<Line<'a>>), Malformed> {
        let begin = lines.at;
        let mut case = Self { title, text: "", steps: Vec::new(), sql: "", source: None, table: 0..0 };
        let mut path = None;
        let mut line = lines.next();
        while let Some((start, text)) = line
            && !text.starts_with("## ")
        {
            if let Some(language) = text.strip_prefix("```") {
                let block = lines.block()?;
                match (language, path.take()) {
                    ("sql", None) if !is_ordered(block) => {
                        return lines.malformed("the query does not end with ORDER BY");
                    }
                    ("sql", None) => (case.sql, case.table) = (block.trim_end(), lines.at..lines.at),
                    ("console", None) => {
                        let commands = block.lines().map(|line| line.strip_prefix("$ ").map(Step::Command));
                        let Some(commands) = commands.collect::<Option<Vec<_>>>() else {
                            return lines.malformed("a line of a `console` block does not begin with `$ `");
                        };
                        case.steps.extend(commands);
                    }
                    (_, Some(path)) => case.steps.push(Step::File { path, text: block }),
                    (_, None) => return lines.malformed("the block has no path above it"),
                }
            } else if text.starts_with('|') {
                let is_begun = !case.table.is_empty();
                if case.sql.is_empty() || (is_begun && case.table.end != start) {
                    return lines.malformed("the table is not the one after the query");
                }
                case.table = if is_begun { case.table.start } else { start }..lines.at;
            } else if let Some(source) = text.strip_prefix("Source: ") {
                case.source = Some(source);
            } else if let Some(named) = text.strip_prefix('`').and_then(|text| text.strip_suffix("`:")) {
                path = Some(named);
            }
            line = lines.next();
        }
        if case.sql.is_empty() {
            return lines.malformed("the case above has no query");
        }
        case.text = lines.fixture[begin..line.map_or(lines.at, |(start, _)| start)].trim();
        Ok((case, line))
    }
}

/// Whether the rows of a query have an order: its last ORDER BY is in no parentheses.
fn is_ordered(sql: &str) -> bool {
    sql.rsplit_once("ORDER BY").is_some_and(|(_, order)| {
        let mut depth = 0;
        order.chars().all(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth >= 0
        })
    })
}

/// The lines of a fixture.
struct Lines<'a> {
    fixture: &'a str,
    /// Where the next line begins.
    at: usize,
    /// The number of the last line, from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let line = self.fixture[start..].split_inclusive('\n').next()?;
        self.at += line.len();
        self.number += 1;
        Some((start, line.trim_end_matches('\n')))
    }

    /// The text of a block whose first line was read.
    fn block(&mut self) -> Result<&'a str, Malformed> {
        let begin = self.at;
        while let Some((start, line)) = self.next() {
            if line == "```" {
                return Ok(&self.fixture[begin..start]);
            }
        }
        self.malformed("the last block has no end")
    }

    fn malformed<T>(&self, message: &'static str) -> Result<T, Malformed> {
        Err(Malformed { line: self.number, message })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::list::DATASETS;

    const QUERY: &str = "```sql\nSELECT 1 AS x ORDER BY x\n```\n";

    #[test]
    fn a_case_has_steps_a_query_and_rows() {
        let fixture = format!(
            "# a.b\n\n## One\n\nText with `code`:\n\n`a.py`:\n\n```py\n## no heading\n| no table |\n```\n\n```console\n$ rm a.py\n$ ls\n```\n\n\
             {QUERY}\n| x |\n|---|\n| 1 |\n\nSource: counted by hand.\n\n## Two\n\n{QUERY}"
        );
        let cases = cases(&fixture).unwrap();
        let [one, two] = &*cases else { panic!("{cases:?}") };
        let file = Step::File { path: "a.py", text: "## no heading\n| no table |\n" };
        assert_eq!(one.steps, [file, Step::Command("rm a.py"), Step::Command("ls")]);
        assert_eq!((one.title, one.sql, one.source), ("One", "SELECT 1 AS x ORDER BY x", Some("counted by hand.")));
        assert_eq!(&fixture[one.table.clone()], "| x |\n|---|\n| 1 |\n");
        assert!(one.text.starts_with("Text with") && one.text.ends_with("Source: counted by hand."), "{}", one.text);
        assert_eq!((two.title, two.source, &two.steps), ("Two", None, &Vec::new()));
        assert_eq!((two.text, two.table.clone()), (QUERY.trim_end(), fixture.len()..fixture.len()));
    }

    #[test]
    fn a_malformed_case_is_an_error_with_its_line() {
        let check = |text: &str, line: usize, message: &'static str| {
            assert_eq!(cases(&format!("# a.b\n\n## One\n\n{text}")), Err(Malformed { line, message }));
        };
        check("Text.\n", 5, "the case above has no query");
        check("```sql\nSELECT 1\n```\n", 7, "the query does not end with ORDER BY");
        check("```sql\nSELECT (SELECT 1 ORDER BY 1)\n```\n", 7, "the query does not end with ORDER BY");
        check("```py\nx\n```\n", 7, "the block has no path above it");
        check("`a.py`:\n\n```py\nx\n", 8, "the last block has no end");
        check("```console\nls\n```\n", 7, "a line of a `console` block does not begin with `$ `");
        check(&format!("| x |\n\n{QUERY}"), 5, "the table is not the one after the query");
        check(&format!("{QUERY}\n| x |\n\n| y |\n"), 11, "the table is not the one after the query");
    }

    #[expect(clippy::disallowed_methods, reason = "fixtures are files of the repository")]
    #[test]
    fn every_dataset_has_a_fixture_with_rows_from_elsewhere_and_there_are_no_others() {
        for dataset in DATASETS {
            let cases = cases(dataset.fixture()).unwrap_or_else(|malformed| panic!("{}: {malformed}", dataset.name));
            assert!(dataset.fixture().starts_with(&format!("# {}\n\n## ", dataset.name)), "{}", dataset.name);
            assert!(cases.iter().any(|case| case.source.is_some()), "{}: no rows from elsewhere", dataset.name);
            for case in cases {
                let names = [dataset.name.to_owned(), format!("history.{}", dataset.table())];
                assert!(names.iter().any(|name| case.sql.contains(name)), "{}: {}", dataset.name, case.title);
                assert!(!case.table.is_empty(), "{}: {}: there are no rows", dataset.name, case.title);
            }
        }
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/datasets")).unwrap();
        let files: BTreeSet<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(files, DATASETS.iter().map(|dataset| format!("{}.md", dataset.name)).collect());
    }
}
