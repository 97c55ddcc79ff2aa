//! `scip.coverage`: how many references are known.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

stored_table! {
    /// One row for each document and kind of references.
    scip_coverage {
        facts_id: Int,
        kind: Text,
        total: Int,
        resolved: Int,
    }
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.coverage",
    doc: "One row for each file and kind of references: how many there are, and of how many the native indexer knows what they stand for.\n\n\
          The others are in `scip.unresolved`. Documents of other programs do not tell, so they have no rows here.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        kind Varchar ! "`name`, `attribute` or `import`.";
        total Integer ! "References of the kind.";
        resolved Integer ! "The resolved ones.";
    },
    from: From::Facts(&scip_coverage::TABLE),
    reads: &[&documents::FACTS],
    also: &[],
};
