//! `scip.documents`: the files that a SCIP index speaks of.

use crate::dataset::{Dataset, Facts, From, Maker};
use crate::tables::scip::{coverage, occurrences, relationships, symbols, unresolved};

/// A document's facts hang together: all of them are made anew when one is.
pub(crate) static FACTS: Facts = Facts {
    name: "scip.documents",
    version: 1,
    tables: &[
        &occurrences::scip_occurrences::TABLE,
        &symbols::scip_symbols::TABLE,
        &symbols::scip_returned::TABLE,
        &relationships::scip_relationships::TABLE,
        &unresolved::scip_unresolved::TABLE,
        &coverage::scip_coverage::TABLE,
    ],
    uses: &[],
    maker: Maker::Document,
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.documents",
    doc: "One row for each source file that has been indexed.\n\n\
          What a document says holds for the content that it was made from and for what it looked up in other files. `is_stale` \
          is true when either has changed and the file could not be indexed again yet; its rows in `scip.occurrences` and the other \
          tables are those of the last index then, and so are their positions.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Language, for example `python`.";
        position_encoding Varchar ! "What columns count in `scip.occurrences`: `UTF-8`, `UTF-16` or `UTF-32` code units.";
        producer Varchar ! "Program that made the index.";
        producer_version Varchar ! "Its version.";
        content_hash Varchar ! "Hash of the content that was indexed, as in `core.file_state`.";
        is_stale Boolean ! "Whether the file, or what it looked up elsewhere, has changed since.";
    },
    from: From::Query(
        "SELECT s.repo, s.commit, f.rel_path, d.language, d.position_encoding, d.producer, d.producer_version, \
           c.content_hash, f.is_stale FROM {snapshots} s JOIN store.files f USING (snapshot_id) \
           JOIN store.documents d USING (document_id) JOIN store.contents c ON c.content_id = d.content_id",
    ),
    reads: &[&FACTS],
    also: &[],
};
