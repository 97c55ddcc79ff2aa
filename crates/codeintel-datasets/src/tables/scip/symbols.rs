//! `scip.symbols`: what is known of the symbols that a file defines or refers to.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

stored_table! {
    /// One row for each symbol of a document.
    scip_symbols {
        facts_id: Int,
        symbol: Text,
        kind: Null<Text>,
        display_name: Null<Text>,
        signature: Null<Text>,
        documentation: Text,
        enclosing_symbol: Null<Text>,
        is_external: Flag,
    }
}

stored_table! {
    /// What functions without a return annotation return, by the byte that their name begins at; shown by `analytics.function_types`.
    scip_returned {
        facts_id: Int,
        start_byte: Int,
        return_type: Text,
    }
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.symbols",
    doc: "One row for each symbol that a file defines, and one for each symbol from outside of the repository that it refers to and \
          that the index describes.\n\n\
          Producers differ in what they say of a symbol: scip-python gives neither kind, name nor signature, but begins the \
          documentation with a rendered signature.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root of the file that defines it, or refers to it if it is external.";
        symbol Varchar ! "SCIP symbol.";
        kind Varchar ? "Kind as SCIP's schema spells it, for example `Class`.";
        display_name Varchar ? "Name in the source.";
        signature Varchar ? "Declaration in the source language.";
        documentation Json ! "List of texts in Markdown.";
        enclosing_symbol Varchar ? "Symbol around it.";
        is_external Boolean ! "Whether it is defined outside of the repository.";
    },
    from: From::Facts(&scip_symbols::TABLE),
    reads: &[&documents::FACTS],
    also: &[],
};
