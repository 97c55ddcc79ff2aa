//! What a run did, in numbers.

use codeintel_system::Walk;

use crate::checks::CheckReport;
use crate::scip::IndexReport;

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The repository.
    pub repo: String,
    /// The commit that the snapshot shows.
    pub commit: String,
    /// Source files.
    pub files: usize,
    /// Files that were read.
    pub hashed: usize,
    /// New files.
    pub added: usize,
    /// Files with other bytes.
    pub changed: usize,
    /// Files that are gone.
    pub deleted: usize,
    /// Files that moved.
    pub renamed: usize,
    /// New, changed and moved files whose facts were all there already.
    pub reused: usize,
    /// Contents that were parsed.
    pub parsed: usize,
    /// Rows of `core.problems`.
    pub problems: usize,
    /// Whether anything was written.
    pub wrote: bool,
    /// The datasets that were kept.
    pub datasets: Vec<DatasetReport>,
    /// What was done for SCIP documents, where they are kept.
    pub index: Option<IndexReport>,
    /// What was done for each type checker and linter that was asked for.
    pub checks: Vec<CheckReport>,
    /// What the look at all files depended on, if this run looked at all.
    pub walk: Option<Walk>,
    /// Wall seconds: scan, hash, extract and write, publish.
    pub seconds: Vec<(&'static str, f64)>,
}

/// What a run did for one dataset.
#[derive(Debug, Clone)]
pub struct DatasetReport {
    /// Its full name.
    pub dataset: &'static str,
    /// Contents that were extracted.
    pub contents: usize,
    /// Rows that were written.
    pub rows: usize,
    /// Seconds spent extracting, over all workers.
    pub seconds: f64,
}
