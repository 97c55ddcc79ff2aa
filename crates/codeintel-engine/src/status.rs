//! What a run would do, without doing it.

use codeintel_base::NoProgress;
use codeintel_store::Database;
use codeintel_system::System;
use rustc_hash::FxHashSet;

use crate::ingest::{EngineError, Run};
use crate::options::Options;
use crate::plan::Plan;

/// Look at the disk and the ledger and say what [`crate::ingest`] would do. Writes nothing.
pub fn status(system: &dyn System, database: &Database, options: &Options) -> Result<Plan, EngineError> {
    Ok(Run::look(system, database, options, &FxHashSet::default(), &NoProgress)?.plan)
}
