//! The one list of datasets, and what is looked up in it.

use std::collections::BTreeSet;

use crate::dataset::{Dataset, Facts, From, Maker};
use crate::table::{Column, ColumnType};
pub use crate::tables::DATASETS;
use crate::tables::{FIXTURES, code_names};

impl Facts {
    /// Whether others are derived from them.
    pub fn are_read(&self) -> bool {
        all_facts().any(|facts| matches!(facts.maker, Maker::Derived { reads, .. } if reads.iter().any(|read| read.name == self.name)))
    }
}

impl Dataset {
    /// The text of its fixture.
    pub fn fixture(&self) -> &'static str {
        let index = DATASETS.iter().position(|dataset| dataset.name == self.name);
        FIXTURES[index.expect("every dataset is in the list")]
    }

    /// The query that it is shown by, with names in braces as in [`From::Query`].
    fn query(&'static self) -> String {
        let (table, source) = match self.from {
            From::Query(query) => return query.to_owned(),
            From::Files => (None, "{snapshots} s JOIN store.files f USING (snapshot_id)".to_owned()),
            From::Facts(table) => {
                let has_table = |facts: &&&Facts| facts.tables.iter().any(|other| other.name == table.name);
                let facts = self.reads.iter().find(has_table).expect("a dataset reads the facts of its table");
                (Some(table), facts.key().join(table.name))
            }
        };
        let column = |column: &Column| {
            let is_stored = table.is_some_and(|table| table.columns.iter().any(|(name, ..)| *name == column.name));
            let alias = match column.name {
                "repo" | "commit" => 's',
                _ if is_stored => 't',
                _ => 'f',
            };
            let json = if column.ty == ColumnType::Json { "::JSON" } else { "" };
            let stored = || format!("{alias}.{}{json}", column.name);
            let value = column.expression.map_or_else(stored, str::to_owned);
            format!("{value} AS {}", column.name)
        };
        let columns = self.columns.iter().map(column).collect::<Vec<_>>().join(", ");
        format!("SELECT {columns} FROM {source}")
    }

    /// The view's query over some snapshots, given as a query with the columns of `store.snapshots`.
    pub fn view_of(&'static self, snapshots: &str) -> String {
        let facts = self.facts().into_iter().map(|facts| format!("contains(datasets, '\"{}\"')", facts.name));
        let has_facts = facts.collect::<Vec<_>>().join(" AND ");
        let complete =
            format!("(SELECT * FROM ({snapshots}) WHERE {})", if has_facts.is_empty() { "true" } else { &has_facts });
        let files = "(SELECT s.repo, s.commit, f.* FROM {complete} s JOIN store.files f USING (snapshot_id))";
        let mut view = self.query().replace("{files}", files).replace("{snapshots}", &format!("({snapshots})"));
        view = view.replace("{complete}", &complete);
        for (table, codes) in code_names() {
            let names: Vec<String> = codes.iter().map(|(_, name)| format!("'{name}'")).collect();
            view = view.replace(&format!("{{{table}}}"), &names.join(", "));
        }
        view
    }
}

/// All facts that datasets show.
pub fn all_facts() -> impl Iterator<Item = &'static Facts> {
    let mut seen = BTreeSet::new();
    DATASETS
        .iter()
        .flat_map(|dataset| dataset.reads.iter().chain(dataset.also))
        .copied()
        .filter(move |facts| seen.insert(facts.name))
}

/// Find facts by their name.
pub fn facts_named(name: &str) -> Option<&'static Facts> {
    all_facts().find(|facts| facts.name == name)
}

/// Find a dataset by its full name or by its table's name alone.
pub fn dataset_named(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().copied().find(|dataset| dataset.name == name || dataset.table() == name)
}

#[cfg(test)]
mod tests {
    use codeintel_python::{Ast, Definition, ParsedFile};

    use super::*;
    use crate::dataset::{Extraction, Parsed, RowsDigest};

    #[test]
    fn names_are_unique_with_and_without_their_schema() {
        let full: BTreeSet<_> = DATASETS.iter().map(|dataset| dataset.name).collect();
        let short: BTreeSet<_> = DATASETS.iter().map(|dataset| dataset.table()).collect();
        assert_eq!((full.len(), short.len()), (DATASETS.len(), DATASETS.len()));
    }

    #[test]
    fn every_table_in_a_view_is_declared() {
        let tables = || all_facts().flat_map(|facts| facts.tables.iter().map(move |table| (table.name, facts)));
        for dataset in DATASETS {
            let query = dataset.query();
            let words: BTreeSet<&str> = query.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).collect();
            let named = tables().filter(|(table, _)| words.contains(&*format!("store.{table}")));
            let named: BTreeSet<&str> = named.map(|(_, facts)| facts.name).collect();
            let declared: BTreeSet<&str> = dataset.reads.iter().chain(dataset.also).map(|facts| facts.name).collect();
            let code_tables = code_names().into_iter().map(|(table, _)| table);
            let plain = crate::STORE_TABLES.iter().map(|table| table.name);
            let known: BTreeSet<&str> = tables().map(|(table, _)| table).chain(code_tables).chain(plain).collect();
            let unknown =
                words.iter().filter_map(|word| word.strip_prefix("store.")).find(|name| !known.contains(name));
            assert_eq!(unknown, None, "{}: no such table", dataset.name);
            let of_documents = words.contains("store.documents").then_some("scip.documents");
            let of_reports = words.contains("store.reports").then_some("analytics.diagnostics");
            let named: BTreeSet<&str> = named.into_iter().chain(of_documents).chain(of_reports).collect();
            assert_eq!(named, declared, "{}", dataset.name);
        }
    }

    #[test]
    fn facts_use_facts_of_the_same_key_and_no_further_ones() {
        for facts in all_facts() {
            let is_right = |used: &&Facts| used.key() == facts.key() && used.uses.is_empty();
            assert!(facts.version > 0 && facts.uses.iter().all(is_right), "{}", facts.name);
        }
    }

    #[test]
    fn everything_is_documented_and_scoped_to_a_snapshot() {
        for dataset in DATASETS {
            assert!(dataset.doc.lines().next().is_some_and(|line| line.ends_with('.')), "{}", dataset.name);
            let query = dataset.query();
            let asks = query.contains("{complete}") || query.contains("{files}");
            assert_eq!(asks, !dataset.facts().is_empty(), "{}", dataset.name);
            for column in dataset.columns {
                assert!(column.doc.ends_with('.'), "{}.{}", dataset.name, column.name);
            }
            for name in ["repo", "commit"] {
                assert!(dataset.columns.iter().any(|column| column.name == name), "{}.{name}", dataset.name);
            }
        }
    }

    #[test]
    fn what_is_derived_reads_facts_that_are_told_apart_and_no_others() {
        let text = "import a\ndef f(x: int) -> int: return g(x)\nclass C(f): pass\n";
        let file = ParsedFile::parse(text);
        let ast = Ast::new(&file);
        let definitions = Definition::all(&file, &ast);
        let parsed = Some(Parsed { file: &file, ast: &ast, definitions: &definitions });
        for derived in all_facts() {
            let Maker::Derived { reads, input, .. } = derived.maker else { continue };
            assert!(derived.uses.is_empty() && input.contains("{files}"), "{}", derived.name);
            for read in reads {
                let Maker::Parse { rows, .. } = read.maker else { panic!("{} is not made from contents", read.name) };
                let digest = |parsed| {
                    let mut digest = RowsDigest::new(true);
                    rows().extract(1, Extraction { parsed, problems: &[] }, &mut |_| {}, &mut digest);
                    digest.finish()
                };
                assert!(read.are_read() && digest(parsed).is_some() && digest(parsed) != digest(None), "{}", read.name);
            }
            let tables = all_facts().flat_map(|facts| facts.tables.iter().map(move |table| (table.name, facts.name)));
            let named: BTreeSet<&str> = tables
                .filter(|(table, _)| input.contains(&format!("store.{table} ")))
                .map(|(_, facts)| facts)
                .collect();
            assert_eq!(named, reads.iter().map(|read| read.name).collect(), "{}", derived.name);
        }
    }

    #[test]
    fn facts_are_keyed_by_what_they_belong_to() {
        for facts in all_facts() {
            for table in facts.tables {
                let key = (facts.key().column(), ColumnType::Integer, false);
                assert_eq!(table.columns[0], key, "{}", table.name);
            }
        }
    }
}
