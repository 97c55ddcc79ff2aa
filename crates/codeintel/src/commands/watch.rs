//! `codeintel watch`

use std::process::ExitCode;
use std::time::Duration;

use codeintel_engine::{EngineError, Producers, affects_whole_repository};
use codeintel_settings::Log;
use codeintel_store::StoreError;
use codeintel_system::{Changes, RepositoryWatch};

use super::Context;
use super::ingest::{refresh_database, tell};
use crate::args::RunArgs;
use crate::assembly;
use crate::errors::CommandError;

/// A refresh begins when nothing has changed for this time.
const QUIET: Duration = Duration::from_millis(100);

/// How long to wait before another try where somebody else holds the database.
const RETRY: Duration = Duration::from_secs(1);

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, CommandError> {
    let mut context = Context::of_run(args)?;
    let mut indexer = assembly::indexer(&context.settings, &context.system, true);
    let mut checkers = assembly::checkers(&context.settings);
    let mut options = assembly::options(&context.settings, &context.system)?;
    let mut watch = RepositoryWatch::new(context.system.root(), &options.scan, affects_whole_repository)?;
    let mut is_first = true;
    loop {
        let mut producers = Producers { indexer: indexer.as_mut(), checkers: &mut checkers };
        let must_look_again = match refresh_database(&context, &options, &mut producers) {
            Ok(report) => {
                if is_first || report.wrote {
                    tell(&context, &report, args.format)?;
                }
                is_first = false;
                match &report.walk {
                    Some(walk) => watch.follow(walk)?,
                    None => false,
                }
            }
            Err(error) => {
                let patience = patience(&error).ok_or(error)?;
                std::thread::sleep(patience);
                true
            }
        };
        // What was not told, or could not be written, is looked for among all files.
        let changes = if must_look_again { Changes::Any } else { watch.wait(QUIET)? };
        options.changed = match changes {
            Changes::Files(files) => Some(files.into_iter().collect()),
            Changes::Any => {
                match Context::of_run(args) {
                    Ok(settled) if settled.settings == context.settings => {}
                    Ok(settled) => {
                        context = settled;
                        indexer = assembly::indexer(&context.settings, &context.system, true);
                        checkers = assembly::checkers(&context.settings);
                        options = assembly::options(&context.settings, &context.system)?;
                        watch = RepositoryWatch::new(context.system.root(), &options.scan, affects_whole_repository)?;
                    }
                    Err(error) => context.note(Log::Error, &format!("keeping the previous settings: {error}")),
                }
                None
            }
        };
    }
}

/// How long to wait before everything is looked at again, after an error that says nothing against that.
fn patience(error: &CommandError) -> Option<Duration> {
    let CommandError::Engine(error) = error else { return None };
    match error {
        EngineError::Store(StoreError::Locked { .. }) => Some(RETRY),
        // What was told has an ignored name, or was gone again.
        EngineError::NotScanned(_) | EngineError::Unknown(_) => Some(Duration::ZERO),
        EngineError::Store(_) | EngineError::DamagedAndForeign(_) | EngineError::Import(_) | EngineError::Export(_) => {
            None
        }
    }
}
