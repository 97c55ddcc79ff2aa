//! `scip.relationships`: how symbols relate to one another.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

stored_table! {
    /// One row for each relationship of a symbol of a document.
    scip_relationships {
        facts_id: Int,
        symbol: Text,
        related_symbol: Text,
        is_reference: Flag,
        is_implementation: Flag,
        is_type_definition: Flag,
        is_definition: Flag,
    }
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.relationships",
    doc: "One row for each relationship between two symbols, such as a class and its base, or a method and the one it overrides.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root of the file that defines the symbol.";
        symbol Varchar ! "SCIP symbol.";
        related_symbol Varchar ! "The other symbol.";
        is_reference Boolean ! "References to the one are references to the other.";
        is_implementation Boolean ! "The symbol implements, extends or overrides the other one.";
        is_type_definition Boolean ! "The other one is the type of the symbol.";
        is_definition Boolean ! "The other one takes its place as the definition.";
    },
    from: From::Facts(&scip_relationships::TABLE),
    reads: &[&documents::FACTS],
    also: &[],
};
