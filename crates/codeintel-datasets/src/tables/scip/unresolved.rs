//! `scip.unresolved`: references to what is not known.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

stored_table! {
    /// One row for each reference of a document to what is not known.
    scip_unresolved {
        facts_id: Int,
        start_line: Int,
        start_col: Int,
        end_line: Int,
        end_col: Int,
        text: Text,
        kind: Text,
        reason: Text,
    }
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.unresolved",
    doc: "One row for each name that is read, each attribute and each imported name of which the native indexer cannot say what it stands for.\n\n\
          So a search for the references of a symbol may be complete or not, but never looks complete when it is not: what it may have missed \
          is here, by its text. Documents of other programs do not tell, so they have no rows here.\n\n\
          Lines and columns count as in `scip.occurrences`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        start_line Integer ! "First line, from 0.";
        start_col Integer ! "First column, from 0.";
        end_line Integer ! "Last line, from 0.";
        end_col Integer ! "Column behind the last one.";
        text Varchar ! "Source of the name.";
        kind Varchar ! "`name`, `attribute` or `import`.";
        reason Varchar ! "Why it is not known, in words.";
    },
    from: From::Facts(&scip_unresolved::TABLE),
    reads: &[&documents::FACTS],
    also: &[],
};
