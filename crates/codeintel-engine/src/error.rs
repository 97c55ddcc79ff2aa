//! Why a run fails.

use codeintel_base::RepoPath;
use codeintel_store::StoreError;

use crate::scip::ExportError;

/// Why a run could not be completed. What was true before is still there.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is damaged, and not known to be codeintel's: it is left as it is.
    #[error("the file may not be codeintel's, so it was not moved aside: {0}")]
    DamagedAndForeign(StoreError),
    /// An index could not be imported.
    #[error("{0}")]
    Import(String),
    /// The index could not be written as files.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A path that was said to have changed is left out of scans.
    #[error("`{0}` is not scanned: it is ignored, excluded or not a Python source file")]
    NotScanned(RepoPath),
    /// A path that was said to have changed does not exist and never did.
    #[error("`{0}` does not exist and is not in the database")]
    Unknown(RepoPath),
}
