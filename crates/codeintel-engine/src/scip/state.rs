//! How the documents of a snapshot came about, as it is kept with the snapshot.

use std::collections::BTreeSet;

use codeintel_store::FileRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::indexer::{IndexStatus, IndexerIdentity};

/// How the documents of a snapshot came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexState {
    /// Who makes the documents, or made them when it was there.
    pub(crate) identity: Option<IndexerIdentity>,
    pub(crate) status: IndexStatus,
    /// Why documents are missing.
    pub(crate) reason: Option<String>,
    /// What the last runs of the indexer complained of, with the paths concerned.
    pub(crate) warnings: Vec<(Option<String>, String)>,
    /// What the indexer remembers of its cost.
    pub(crate) memory: Value,
    /// Files of which runs that ended well said nothing.
    #[serde(default)]
    pub(crate) silent: Vec<SilentFile>,
    /// Files of which the last index had a document of another text, and that have none that holds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) other_texts: BTreeSet<String>,
}

/// A file of which an indexer was asked and said nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SilentFile {
    pub(crate) path: String,
    /// The hash of its bytes.
    hash: String,
    fingerprint: String,
    /// How often it was asked for in vain.
    pub(crate) tries: u32,
}

impl SilentFile {
    /// Further tries would change nothing, as long as the file, what it sees and the indexer are the same.
    pub(crate) const MAX_TRIES: u32 = 2;

    pub(crate) fn new(row: &FileRow, fingerprint: &str, tries: u32) -> Self {
        let (path, hash) = (row.path.to_string(), row.hash.to_string());
        Self { path, hash, fingerprint: fingerprint.to_owned(), tries }
    }
}

impl IndexState {
    pub(crate) fn read(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }

    /// How often a file was asked for in vain, as it is now.
    pub(crate) fn tries(&self, row: &FileRow, fingerprint: &str) -> u32 {
        let of_file = self.silent.iter().find(|silent| silent.path == row.path.as_str());
        let same = of_file.filter(|silent| **silent == SilentFile::new(row, fingerprint, silent.tries));
        same.map_or(0, |silent| silent.tries)
    }

    pub(crate) fn as_text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
