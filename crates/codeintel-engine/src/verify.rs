//! Whether the database holds what a fresh build would hold.

use std::path::Path;
use std::time::Duration;

use codeintel_base::Progress;
use codeintel_store::{Access, Database, Difference, Wanted};
use codeintel_system::System;

use crate::ingest::{EngineError, ingest};
use crate::options::Options;

/// Build the current snapshot from nothing at `scratch`, which must not exist, and compare every public table both ways.
pub fn verify(
    system: &dyn System,
    database: &Database,
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
        .and_then(|()| Ok(database.compare_with(scratch, &options.repo)?));
    Database::remove(scratch)?;
    result
}
