//! What a dataset is, and the one ordered list of them.

use arrow_array::RecordBatch;
use codeintel_base::Problem;
use codeintel_python::{Ast, Definition, ParsedFile};

use crate::table::{Column, StoredColumns, StoredTable};
use crate::tables;

/// A public table: how it is shown, what it is made from and when its rows go stale.
#[derive(Debug)]
pub struct Dataset {
    /// Schema and name, for example `core.ast_nodes`.
    pub name: &'static str,
    /// The docs page's text: a summary line, then details.
    pub doc: &'static str,
    /// The public columns, in order.
    pub columns: &'static [Column],
    /// The query behind the view. `{snapshots}` stands for the snapshots that it shows, `{complete}` for those of them
    /// that have its facts for every file: facts may be there for some files only, because they share contents with
    /// another snapshot or because a run was cut short. `{ast_kinds}` and the other names of [`crate::code_names`] stand
    /// for the names behind the codes, quoted and in the order of the codes.
    pub view: &'static str,
    /// A query that a user might start from.
    pub example: &'static str,
    /// The earlier datasets that the view joins.
    pub reads: &'static [&'static str],
    /// When its rows go stale.
    pub upkeep: Upkeep,
}

/// What a dataset is made from. A closed list: it is all that the engine must know of a dataset.
#[derive(Debug)]
pub enum Upkeep {
    /// Rows of one content, from its parse. Stale never: a new content has new rows.
    PerContent {
        /// The tree that the rows are read from.
        tree: Tree,
        /// Raised whenever the rows of an unchanged content would change.
        version: u32,
        /// The tables that hold the rows.
        tables: &'static [&'static StoredTable],
        /// Makes an empty collector of rows.
        rows: fn() -> Box<dyn Rows>,
    },
    /// Rows of one file and what it looks up in other files, as a SCIP document says. Stale when the file's content or the
    /// interface of a file that it may look into is another one.
    PerResolution {
        /// The tables that hold the rows, keyed by `facts_id`.
        tables: &'static [&'static StoredTable],
    },
    /// What one run of a tool has found in one file. Stale when the tool, its configuration or what it has read is another
    /// one.
    PerReport {
        /// The tables that hold the rows, keyed by `report_id`.
        tables: &'static [&'static StoredTable],
    },
    /// Rows of one snapshot, from its paths and the repository's metadata. Kept by the store itself.
    PerSnapshot,
    /// No rows of its own: a view over earlier datasets, always as true as they are.
    View,
}

/// The tree of a content that rows are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// CPython's abstract one.
    Abstract,
    /// LibCST's concrete one.
    Concrete,
}

/// What is known of one content.
#[derive(Debug, Clone, Copy)]
pub struct Extraction<'a> {
    /// Its syntax; none where the bytes could not be decoded.
    pub parsed: Option<Parsed<'a>>,
    /// What went wrong with it.
    pub problems: &'a [Problem],
}

/// The syntax of one content.
#[derive(Debug, Clone, Copy)]
pub struct Parsed<'a> {
    /// Text, tokens and lines.
    pub file: &'a ParsedFile,
    /// CPython's tree.
    pub ast: &'a Ast<'a>,
    /// The named scopes, the module first.
    pub definitions: &'a [Definition<'a>],
}

/// Collects the rows of many contents.
pub trait Rows: Send {
    /// Append the rows of a content, in all tables. Where one content has very many of them, they are passed on in between, so that they
    /// never have to be in memory together.
    fn extract(&mut self, content_id: i32, extraction: Extraction<'_>, pass_on: PassOn<'_>);

    /// Whether there are enough rows to be passed on.
    fn is_full(&self) -> bool;

    /// Take the rows: one batch for each table, in the order of the dataset's tables.
    fn take(&mut self) -> Vec<RecordBatch>;
}

/// Takes what [`Rows::take`] gives.
pub type PassOn<'a> = &'a mut dyn FnMut(Vec<RecordBatch>);

/// The rows of a dataset with one table.
pub(crate) struct Extractor<C> {
    columns: C,
    extract: fn(&mut Sink<'_, C>, i32, Extraction<'_>),
}

/// Where the rows of one content go.
pub(crate) struct Sink<'a, C> {
    columns: &'a mut C,
    pass_on: PassOn<'a>,
}

impl<C: StoredColumns> Sink<'_, C> {
    pub(crate) fn push(&mut self, row: C::Row<'_>) {
        self.columns.push(row);
        if self.columns.is_full() {
            (self.pass_on)(vec![self.columns.take()]);
        }
    }
}

impl<C: StoredColumns> Extractor<C> {
    pub(crate) fn boxed(extract: fn(&mut Sink<'_, C>, i32, Extraction<'_>)) -> Box<dyn Rows> {
        Box::new(Self { columns: C::default(), extract })
    }
}

impl<C: StoredColumns> Rows for Extractor<C> {
    fn extract(&mut self, content_id: i32, extraction: Extraction<'_>, pass_on: PassOn<'_>) {
        (self.extract)(&mut Sink { columns: &mut self.columns, pass_on }, content_id, extraction);
    }

    fn is_full(&self) -> bool {
        self.columns.is_full()
    }

    fn take(&mut self) -> Vec<RecordBatch> {
        vec![self.columns.take()]
    }
}

impl Dataset {
    /// The part of the name before the dot.
    pub fn schema(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(schema, _)| schema)
    }

    /// The part of the name behind the dot.
    pub fn table(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, table)| table)
    }

    /// The view's query over some snapshots, given as a query with the columns of `store.snapshots`.
    pub fn view_of(&'static self, snapshots: &str) -> String {
        let facts = self.facts().into_iter().map(|facts| format!("contains(datasets, '\"{}\"')", facts.name));
        let has_facts = facts.collect::<Vec<_>>().join(" AND ");
        let complete =
            format!("(SELECT * FROM ({snapshots}) WHERE {})", if has_facts.is_empty() { "true" } else { &has_facts });
        let mut view = self.view.replace("{snapshots}", &format!("({snapshots})")).replace("{complete}", &complete);
        for (table, codes) in tables::code_names() {
            let names: Vec<String> = codes.iter().map(|(_, name)| format!("'{name}'")).collect();
            view = view.replace(&format!("{{{table}}}"), &names.join(", "));
        }
        view
    }

    /// The datasets whose facts it shows: those that it reads, or that they read, and itself, as far as they have any.
    pub fn facts(&'static self) -> Vec<&'static Dataset> {
        let mut facts: Vec<&'static Dataset> =
            self.reads.iter().filter_map(|name| dataset_named(name)).flat_map(Self::facts).collect();
        facts.extend(self.version().map(|_| self));
        let mut seen = std::collections::BTreeSet::new();
        facts.retain(|dataset| seen.insert(dataset.name));
        facts
    }

    /// Whether it shows SCIP documents, or would with some; not if they only add a column to its rows.
    pub fn shows_documents(&self) -> bool {
        let reads_documents = self.reads.iter().filter_map(|name| dataset_named(name)).any(Self::shows_documents);
        let joins = |join: &str| self.view.contains(&format!("{join} store.documents"));
        let is_made_of_them = joins("JOIN") && !joins("LEFT JOIN");
        matches!(self.upkeep, Upkeep::PerResolution { .. }) || reads_documents || is_made_of_them
    }

    /// The tables that hold its facts.
    pub fn tables(&self) -> &'static [&'static StoredTable] {
        match self.upkeep {
            Upkeep::PerContent { tables, .. } | Upkeep::PerResolution { tables } | Upkeep::PerReport { tables } => {
                tables
            }
            Upkeep::PerSnapshot | Upkeep::View => &[],
        }
    }

    /// The tree that its rows are read from, where they are.
    pub fn tree(&self) -> Option<Tree> {
        match self.upkeep {
            Upkeep::PerContent { tree, .. } => Some(tree),
            _ => None,
        }
    }

    /// The version of its extraction from contents, where it has one.
    pub fn version(&self) -> Option<u32> {
        match self.upkeep {
            Upkeep::PerContent { version, .. } => Some(version),
            _ => None,
        }
    }
}

/// Every dataset. One that reads others stands behind them, so the list is its own schedule.
pub static DATASETS: &[&Dataset] = &[
    &tables::snapshots::DATASET,
    &tables::modules::DATASET,
    &tables::file_state::DATASET,
    &tables::ast_nodes::DATASET,
    &tables::ast_metrics::DATASET,
    &tables::docstrings::DATASET,
    &tables::function_types::DATASET,
    &tables::diagnostics::DATASET,
    &tables::static_diagnostics::DATASET,
    &tables::typedness::DATASET,
    &tables::type_escapes::DATASET,
    &tables::cst_nodes::DATASET,
    &tables::ast_cst::DATASET,
    &tables::interfaces::DATASET,
    &tables::scip_documents::DATASET,
    &tables::scip_occurrences::DATASET,
    &tables::scip_symbols::DATASET,
    &tables::scip_relationships::DATASET,
    &tables::scip_unresolved::DATASET,
    &tables::scip_coverage::DATASET,
    &tables::scip_index_view::DATASET,
    &tables::goids::DATASET,
    &tables::goid_crosswalk::DATASET,
    &tables::problems::DATASET,
    &tables::tags_index::DATASET,
];

/// Find a dataset by its full name or by its table's name alone.
pub fn dataset_named(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().copied().find(|dataset| dataset.name == name || dataset.table() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_with_and_without_their_schema() {
        let full: BTreeSet<_> = DATASETS.iter().map(|dataset| dataset.name).collect();
        let short: BTreeSet<_> = DATASETS.iter().map(|dataset| dataset.table()).collect();
        assert_eq!((full.len(), short.len()), (DATASETS.len(), DATASETS.len()));
    }

    #[test]
    fn a_dataset_reads_only_earlier_ones() {
        let mut earlier = BTreeSet::new();
        for dataset in DATASETS {
            assert!(dataset.reads.iter().all(|read| earlier.contains(read)), "{}", dataset.name);
            assert!(!matches!(dataset.upkeep, Upkeep::View) || !dataset.reads.is_empty(), "{}", dataset.name);
            earlier.insert(dataset.name);
        }
    }

    #[test]
    fn everything_is_documented_and_scoped_to_a_snapshot() {
        for dataset in DATASETS {
            assert!(dataset.doc.lines().next().is_some_and(|line| line.ends_with('.')), "{}", dataset.name);
            assert_eq!(dataset.view.contains("{complete}"), !dataset.facts().is_empty(), "{}", dataset.name);
            assert!(dataset.example.contains(dataset.name), "{}", dataset.name);
            for column in dataset.columns {
                assert!(column.doc.ends_with('.'), "{}.{}", dataset.name, column.name);
            }
            for name in ["repo", "commit"] {
                assert!(dataset.columns.iter().any(|column| column.name == name), "{}.{name}", dataset.name);
            }
        }
    }

    #[test]
    fn facts_are_keyed_by_what_they_belong_to() {
        for dataset in DATASETS {
            assert_ne!(dataset.version(), Some(0));
            let key = match dataset.upkeep {
                Upkeep::PerContent { .. } => "content_id",
                Upkeep::PerResolution { .. } => "facts_id",
                _ => "report_id",
            };
            for table in dataset.tables() {
                assert_eq!(table.columns[0], (key, crate::ColumnType::Integer, false), "{}", table.name);
            }
        }
    }
}
