//! The docs page of a dataset, made from its definition.

use std::fmt::Write as _;

use crate::dataset::{Dataset, Facts, Maker};

/// The folder of the fixtures, from a page.
const FIXTURES: &str = "../../crates/codeintel-datasets/tests/datasets";

/// A dataset's page under `docs/datasets`, in Markdown.
pub fn page(dataset: &Dataset) -> String {
    let mut page = format!("# {}\n\n{}\n\n## Columns\n\n", dataset.name, dataset.doc);
    page += "| column | type | NULL | meaning |\n|---|---|---|---|\n";
    for column in dataset.columns {
        let null = if column.nullable { "yes" } else { "" };
        let _ =
            writeln!(page, "| `{}` | {} | {null} | {} |", column.name, column.ty.sql(), column.doc.replace('|', "\\|"));
    }
    let example = dataset.example();
    let _ = write!(page, "\n## Example: {}\n\n{}\n\n", example.title, example.text);
    let _ = write!(page, "More examples are [among the tests]({FIXTURES}/{}.md).\n\n## Upkeep\n\n", dataset.name);
    page += &match (dataset.own_facts().map(|facts| (facts, &facts.maker)), dataset.reads) {
        (Some((facts, Maker::Parse { .. })), reads) => {
            let others: Vec<&Facts> = reads.iter().copied().filter(|read| read.name != facts.name).collect();
            let with = match &*others {
                [] => String::new(),
                others => format!(" Kept together with {}, which its view reads.", names(others)),
            };
            format!(
                "Extracted once for each distinct content of a file (version {} of the extraction).{with}\n",
                facts.version
            )
        }
        (Some((_, Maker::Report)), _) => {
            "Made anew by a tool when the tool, its configuration, or a source that it reads has changed.\n".to_owned()
        }
        (Some((facts, Maker::Derived { reads, .. })), _) => {
            let names = names(reads);
            format!(
                "Derived (version {} of the derivation) from the facts of {names}, when their rows or the files' modules are others.\n",
                facts.version
            )
        }
        (Some((_, Maker::Document)), _) | (None, [Facts { maker: Maker::Document, .. }]) => {
            "Made anew for a file when its content changes, or the interface (`core.interfaces`) of a file \
             that it may look into.\n"
                .to_owned()
        }
        (None, []) => "Kept with each snapshot, from paths and the repository's metadata.\n".to_owned(),
        (None, reads) => format!("A view over the facts of {}; nothing of its own is stored.\n", names(reads)),
    };
    let _ = writeln!(page, "\n`history.{}` has the same rows for every kept snapshot.", dataset.table());
    page
}

fn names(facts: &[&Facts]) -> String {
    facts.iter().map(|facts| facts.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::DATASETS;

    /// `UPDATE_DOCS=1 cargo test -p codeintel-datasets` writes the pages anew.
    #[expect(clippy::disallowed_methods, reason = "the pages are files of the repository")]
    #[test]
    fn pages_in_docs_are_those_of_the_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/datasets");
        for dataset in DATASETS {
            let path = format!("{folder}/{}.md", dataset.name);
            if std::env::var_os("UPDATE_DOCS").is_some() {
                std::fs::create_dir_all(folder).unwrap();
                std::fs::write(&path, page(dataset)).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page(dataset), "{path} is out of date");
        }
    }
}
