//! `codeintel worker`: resolves names for another `codeintel`, which survives if it dies.

use std::io::{self, BufWriter};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::errors::CommandError;
use codeintel_engine::scip::{WorkerProgram, serve};
use codeintel_system::{OsSystem, System};

/// Its name on the command line.
const NAME: &str = "worker";

/// More than a document of a usual file.
const BUFFER: usize = 256 << 10;

pub(super) fn run() -> Result<ExitCode, CommandError> {
    let system =
        |root: &Path| OsSystem::for_reading(root).ok().map(|system| Arc::new(system) as Arc<dyn System + Send>);
    let output = BufWriter::with_capacity(BUFFER, io::stdout());
    serve(io::stdin(), output, system).map_err(|reason| CommandError::Failed(format!("worker: {reason}")))?;
    Ok(ExitCode::SUCCESS)
}

/// This program as a worker. None where it cannot be told where it is.
pub(crate) fn program(stays: bool) -> Option<WorkerProgram> {
    // On Linux the file itself, even if it has been replaced by another version since.
    let itself = Path::new("/proc/self/exe");
    let program = if itself.exists() { itself.to_owned() } else { std::env::current_exe().ok()? };
    Some(WorkerProgram { program, args: vec![NAME.to_owned()], stays })
}
