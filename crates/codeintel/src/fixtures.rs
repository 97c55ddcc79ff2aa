//! The fixtures of the datasets as tests: the repository of each case is made and ingested, its query is run, and the rows are compared.
//!
//! `UPDATE_FIXTURES=1 cargo xtask test fixtures` writes the rows that the program returns, except those
//! with a `Source:` line, which come from elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, fs, thread};

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use codeintel_base::NoProgress;
use codeintel_datasets::fixture::{Case, Step, cases};
use codeintel_datasets::{DATASETS, Dataset, Key};
use codeintel_engine::scip::{NativeIndexer, NativeOptions};
use codeintel_engine::{Producers, ingest};
use codeintel_settings::Settings;
use codeintel_store::{Access, ColumnKind, Database, Query, Reader};
use codeintel_system::OsSystem;

use crate::assembly;

/// Where the crates are.
const CRATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// When all files were modified, from 1970: as 2026 began.
const NEW_YEAR: Duration = Duration::from_hours(24 * 20_454);

/// Git's environment, in place of the developer's own.
const GIT: [(&str, &str); 8] = [
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.invalid"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.invalid"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
];

/// A repository in a temporary folder, with its database beside it.
struct Repository {
    dir: tempfile::TempDir,
    dataset: &'static Dataset,
}

impl Repository {
    /// An empty one, with a copy of an empty database: making one takes longer than the rest of a case.
    fn new(dataset: &'static Dataset, database: &Path) -> Self {
        let repository = Self { dir: tempfile::tempdir().unwrap(), dataset };
        fs::create_dir(repository.root()).unwrap();
        fs::copy(database, repository.database()).unwrap();
        repository
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("x.duckdb")
    }

    fn carry_out(&self, step: Step<'_>) {
        match step {
            Step::File { path, text } => {
                let path = self.root().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, text).unwrap();
                let file = fs::File::options().write(true).open(&path).unwrap();
                file.set_modified(SystemTime::UNIX_EPOCH + NEW_YEAR).unwrap();
            }
            Step::Command("codeintel ingest") => self.ingest(),
            Step::Command(command) => {
                let output = Command::new("sh").args(["-c", command]).current_dir(self.root()).envs(GIT).output();
                let output = output.unwrap();
                assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }

    /// The settings of the repository, for a user who trusts it and has the tools of `cargo xtask setup`.
    fn settings(&self) -> Settings {
        let mut environment = vec![
            ("CODEINTEL_REPO".to_owned(), "ada/app".to_owned()),
            ("CODEINTEL_DATASETS".to_owned(), self.dataset.name.to_owned()),
            ("PATH".to_owned(), env::var("PATH").unwrap()),
        ];
        environment.extend(python().map(|python| ("CODEINTEL_PYTHON".to_owned(), python.display().to_string())));
        Settings::from_places(&self.root(), true, environment).unwrap()
    }

    /// What `codeintel ingest` does, but names are resolved in this process.
    fn ingest(&self) {
        let settings = self.settings();
        let system = OsSystem::new(&self.root()).unwrap();
        let mut options = assembly::options(&settings, &system).unwrap();
        options.index = self.dataset.reads.iter().chain(self.dataset.also).any(|facts| facts.key() == Key::Document);
        options.workers = 1;
        let native = NativeOptions {
            project_name: "app".to_owned(),
            project_version: "0".to_owned(),
            environment: None,
            root: system.root().to_owned(),
        };
        let mut indexer = NativeIndexer::new(native, Arc::new(system.clone()));
        let mut producers = Producers { indexer: &mut indexer, checkers: &mut assembly::checkers(&settings) };
        let (database, _) = Database::open(&self.database(), Access::Write, Duration::ZERO).unwrap();
        ingest(&system, &database, &options, &mut producers, &NoProgress).unwrap();
        database.close().unwrap();
    }

    /// What a query returns, as a Markdown table. Texts are code, in which a line break is `\n`.
    fn table(&self, sql: &str) -> String {
        let reader = Reader::open(&self.database(), Duration::ZERO, 1_000_000_000).unwrap();
        let timeout = Duration::from_mins(1);
        let query = Query { sql: sql.to_owned(), parameters: Vec::new(), limit: None, timeout, overdue: None };
        let mut rows = reader.query(&query).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let names: Vec<String> = rows.columns().iter().map(|column| column.name.clone()).collect();
        let kinds: Vec<ColumnKind> = rows.columns().iter().map(|column| column.kind).collect();
        let mut table = line(&names) + "|" + &"---|".repeat(names.len()) + "\n";
        while let Some(batch) = rows.next_batch().unwrap() {
            let options = FormatOptions::default();
            let columns: Vec<_> =
                batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
            for row in 0..batch.num_rows() {
                let cell = |at: usize| match kinds[at] {
                    _ if batch.column(at).is_null(row) => "NULL".to_owned(),
                    ColumnKind::Boolean | ColumnKind::Number => columns[at].value(row).to_string(),
                    ColumnKind::Json | ColumnKind::Text => code(&columns[at].value(row).to_string()),
                };
                table += &line(&(0..names.len()).map(cell).collect::<Vec<_>>());
            }
        }
        table
    }
}

/// A text as code in a cell of a Markdown table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', "\\n");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// The Python of the environment of `cargo xtask setup`.
fn python() -> Option<PathBuf> {
    let python = Path::new(CRATES).join("../.venv/bin/python");
    python.exists().then_some(python)
}

/// The rows of a case. None if it needs tools and there are none.
fn answer(dataset: &'static Dataset, database: &Path, case: &Case<'_>) -> Option<String> {
    let repository = Repository::new(dataset, database);
    case.steps.iter().for_each(|step| repository.carry_out(*step));
    if python().is_none() && !repository.settings().values.tools.enabled.is_empty() {
        eprintln!("skipped: there is no .venv; `cargo xtask setup` makes it");
        return None;
    }
    repository.ingest();
    Some(repository.table(case.sql))
}

/// Compare the rows of a fixture with those found. Returns the differences. An update writes rows that have no source into the fixture instead.
fn differences(fixture: &mut String, is_update: bool, answer: impl Fn(&Case<'_>) -> Option<String>) -> String {
    let before = fixture.clone();
    let cases = match cases(&before) {
        Ok(cases) => cases,
        Err(malformed) => return format!("{malformed}\n"),
    };
    let mut differences = String::new();
    for case in cases.iter().rev() {
        let expected = &before[case.table.clone()];
        match answer(case) {
            Some(found) if cells(&found) == cells(expected) => {}
            Some(found) if is_update && case.source.is_none() => {
                let blank = if expected.is_empty() { "\n" } else { "" };
                fixture.replace_range(case.table.clone(), &format!("{blank}{found}"));
            }
            Some(found) => differences += &format!("{}: expected\n{expected}and found\n{found}\n", case.title),
            None => {}
        }
    }
    differences
}

/// The cells of a Markdown table, however it is aligned.
fn cells(table: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let mut cells = vec![String::new()];
        let mut last = ' ';
        for c in line.trim().trim_matches('|').chars() {
            match (last, c) {
                (other, '|') if other != '\\' => cells.push(String::new()),
                _ => cells.last_mut().unwrap().push(c),
            }
            last = c;
        }
        cells.iter().map(|cell| cell.trim().to_owned()).collect()
    };
    let lines = table.lines().enumerate().filter(|(at, _)| *at != 1);
    lines.map(|(_, line)| cells(line)).collect()
}

#[test]
fn fixtures_have_the_rows_that_the_program_returns() {
    let is_update = env::var_os("UPDATE_FIXTURES").is_some();
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("x.duckdb");
    let (empty, _) = Database::open(&database, Access::Write, Duration::ZERO).unwrap();
    // Moves everything from the log beside it into the file.
    empty.collect_garbage().unwrap();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut all = String::new();
        while let Some(dataset) = DATASETS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let path = format!("{CRATES}/codeintel-datasets/tests/datasets/{}.md", dataset.name);
            let mut fixture = fs::read_to_string(&path).unwrap();
            let differences = differences(&mut fixture, is_update, |case| answer(dataset, &database, case));
            if is_update {
                fs::write(&path, fixture).unwrap();
            }
            if !differences.is_empty() {
                all += &format!("{}\n{differences}", dataset.name);
            }
        }
        all
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let wrong = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<String>()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

const FIXTURE: &str = "## Ours\n\n```sql\nSELECT 1 ORDER BY 1\n```\n\n| x |\n|---|\n| 1 |\n\n\
                       ## Counted\n\n```sql\nSELECT 2 ORDER BY 1\n```\n\n| x |\n|:-:|\n| 2 |\n\nSource: counted by hand.\n";

/// Compare a fixture, with the same rows found for every case. Returns the fixture and the differences.
fn compared(fixture: &str, is_update: bool, rows: &str) -> (String, String) {
    let mut fixture = fixture.to_owned();
    let differences = differences(&mut fixture, is_update, |_| Some(format!("| x |\n|---|\n{rows}\n")));
    (fixture, differences)
}

#[test]
fn a_wrong_row_is_a_difference() {
    let (fixture, wrong) = compared(FIXTURE, false, "| 2 |");
    assert_eq!(wrong, "Ours: expected\n| x |\n|---|\n| 1 |\nand found\n| x |\n|---|\n| 2 |\n\n");
    assert_eq!(fixture, FIXTURE);
    let (_, wrong) = compared(FIXTURE, false, "| 1 |\n| 2 |");
    assert!(wrong.contains("Ours: expected") && wrong.contains("Counted: expected"), "{wrong}");
    let (_, wrong) = compared("## One\n\n```sql\nSELECT 1\n```\n", false, "| 1 |");
    assert_eq!(wrong, "line 5: the query does not end with ORDER BY\n");
}

#[test]
fn an_update_writes_rows_of_ours_and_refuses_others() {
    let updated = FIXTURE.replace("| 1 |", "| 2 |");
    assert_eq!(compared(FIXTURE, true, "| 2 |"), (updated.clone(), String::new()));
    let without_rows = FIXTURE.replace("\n| x |\n|---|\n| 1 |\n", "");
    assert_eq!(compared(&without_rows, true, "| 2 |"), (updated, String::new()));
    let (fixture, refused) = compared(FIXTURE, true, "| 3 |");
    assert!(refused.starts_with("Counted: expected") && !refused.contains("Ours"), "{refused}");
    assert_eq!(fixture, FIXTURE.replace("| 1 |", "| 3 |"));
}

#[test]
fn cells_are_told_apart_and_texts_are_shown_as_they_are() {
    let check = |text: &str, expected: &str| {
        assert_eq!(code(text), expected);
        assert_eq!(cells(&format!("| {expected} | 1 |")), [[expected, "1"]]);
    };
    check("__init__", "`__init__`");
    check("a | b", "`a \\| b`");
    check("one\ntwo", "`one\\ntwo`");
    check("a `b`", "`` a `b` ``");
    check("", "``");
}
