//! `codeintel watch`

use std::process::ExitCode;
use std::time::Duration;

use codeintel_engine::{EngineError, Report, concerns_all};
use codeintel_store::StoreError;
use codeintel_system::{Changes, RepositoryWatch};

use super::Context;
use super::ingest::{ingest_into_database, summary};
use crate::args::{SummaryFormat, WatchArgs};
use crate::settings::Log;

/// A refresh begins when nothing has changed for this time.
const QUIET: Duration = Duration::from_millis(100);

/// How long to wait before another try where somebody else holds the database.
const RETRY: Duration = Duration::from_secs(1);

pub(super) fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    let mut context = open(args)?;
    let mut indexer = context.settings.indexer(&context.system);
    let mut options = context.settings.options(&context.system)?;
    let mut watch = RepositoryWatch::new(context.system.root(), &options.scan, concerns_all)?;
    let mut is_first = true;
    loop {
        let must_look_again = match ingest_into_database(&context, &options, indexer.as_mut()) {
            Ok(report) => {
                if is_first || report.wrote {
                    tell(args, &context, &report)?;
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
                let settled = open(args)?;
                if settled.settings != context.settings {
                    context = settled;
                    indexer = context.settings.indexer(&context.system);
                    options = context.settings.options(&context.system)?;
                    watch = RepositoryWatch::new(context.system.root(), &options.scan, concerns_all)?;
                }
                None
            }
        };
    }
}

/// How long to wait before everything is looked at again, after an error that says nothing against that.
fn patience(error: &anyhow::Error) -> Option<Duration> {
    match error.downcast_ref::<EngineError>()? {
        EngineError::Store(StoreError::Locked { .. }) => Some(RETRY),
        // What was told has an ignored name, or was gone again.
        EngineError::NotScanned(_) | EngineError::Unknown(_) => Some(Duration::ZERO),
        EngineError::Store(_) => None,
    }
}

fn tell(args: &WatchArgs, context: &Context, report: &Report) -> anyhow::Result<()> {
    if context.settings.log() > Log::Error || args.format == SummaryFormat::Json {
        summary(report, args.format)?;
    }
    Ok(())
}

fn open(args: &WatchArgs) -> anyhow::Result<Context> {
    let mut context = Context::open(&args.place.path, &args.place.database)?;
    context.set_selection(&args.selection)?;
    context.set_indexing(&args.indexing)?;
    context.set_verbosity(&args.verbosity)?;
    context.settings.set("jobs", "--jobs", args.jobs.map(|jobs| jobs as i64))?;
    Ok(context)
}
