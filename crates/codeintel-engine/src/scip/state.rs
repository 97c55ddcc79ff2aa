//! How the documents of a snapshot came about, as it is kept with the snapshot.

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
}

impl IndexState {
    pub(crate) fn read(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }

    pub(crate) fn as_text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
