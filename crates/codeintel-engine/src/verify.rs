//! Whether the database holds what a fresh build would hold.

use std::path::Path;
use std::time::Duration;

use codeintel_base::Progress;
use codeintel_store::{Access, Database, Wanted};
use codeintel_system::System;

use crate::ingest::{EngineError, ingest};
use crate::options::Options;

/// Rows of one table that only one of two databases has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table's full name.
    pub dataset: &'static str,
    /// Whether the rows are in the fresh build only, or in the database only.
    pub is_missing: bool,
    /// How many rows.
    pub count: usize,
    /// The first few of them as JSON.
    pub examples: Vec<String>,
}

/// Build the current snapshot from nothing at `scratch`, which must not exist, and compare every public table both ways.
pub fn verify(
    system: &dyn System,
    database: Database,
    scratch: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Difference>, EngineError> {
    let prior = database.snapshot(&options.repo)?;
    let kept = |key: &String| codeintel_datasets::dataset_named(key).and_then(Wanted::new);
    let datasets = prior.iter().flat_map(|prior| prior.datasets.keys()).filter_map(kept).collect();
    let options = Options { datasets, changed: None, ..options.clone() };
    let result = Database::open(scratch, Access::Write, Duration::ZERO)
        .map_err(EngineError::from)
        .and_then(|(mut fresh, _)| {
            ingest(system, &mut fresh, &options, progress)?;
            Ok(fresh.close()?)
        })
        .and_then(|()| {
            let rows = database.compare_with(scratch, &options.repo)?;
            Ok(rows
                .into_iter()
                .map(|(dataset, is_missing, count, examples)| Difference { dataset, is_missing, count, examples })
                .collect())
        });
    Database::remove(scratch)?;
    result
}
