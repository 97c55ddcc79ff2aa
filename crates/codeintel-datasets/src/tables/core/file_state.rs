//! `core.file_state`: the public face of the map from paths to contents.

use crate::dataset::{Dataset, From};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.file_state",
    doc: "What each source file was when it was last looked at.\n\n\
          Size and modification time only save reading: a file whose stat data did not move is not read again, unless it was \
          modified so shortly before the last look that a later change could show the same time. The hash decides \
          whether anything is extracted.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Always `python`.";
        size_bytes BigInt ! "Size in bytes.";
        mtime_ns BigInt ! "Modification time in nanoseconds since 1970, as the file system tells it.";
        content_hash Varchar ! "BLAKE2b of the raw bytes with a 16-byte digest, in hex.";
    },
    from: From::Files,
    reads: &[],
    also: &[],
};
