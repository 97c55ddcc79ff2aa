//! `codeintel verify`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_engine::scip::NoIndexer;
use codeintel_engine::{Producers, verify};
use codeintel_settings::{Log, ScipBackend, Source, Sourced};
use codeintel_store::{Access, Database};

use super::Context;
use crate::args::VerifyArgs;
use crate::assembly;
use crate::errors::{CommandError, FINDINGS};
use crate::output;

pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, CommandError> {
    let mut context = Context::open(&args.place.path, &args.place.overrides)?;
    context.set_verbosity(&args.verbosity);
    let options = assembly::options(&context.settings, &context.system)?;
    let path = context.settings.database();
    let opened = Database::open(&path, Access::WriteExisting, context.settings.patience());
    let (database, _) = opened.map_err(|error| context.blame(error))?;
    let indexers = database.indexers(&options.repo)?;
    if !assembly::names_backend(&context.settings)
        && let Some(value) = backend_of(&indexers)?
    {
        let source = Source::Flag("the database".to_owned());
        context.settings.values.scip.backend = Sourced { value, source };
    }
    let scratch = path.with_extension(format!("verify-{}", std::process::id()));
    // Only a run that was cut short may have left something there, or somebody who wants it to be opened.
    Database::remove(&scratch)?;
    let mut indexer = assembly::indexer(&context.settings, &context.system, false);
    if !indexers.is_empty()
        && let Err(reason) = indexer.identify(&context.system)
    {
        let text = format!("the documents cannot be verified: {reason}; `--scip-backend none` skips them");
        return Err(CommandError::Call(text));
    }
    let mut producers =
        Producers { indexer: indexer.as_mut(), checkers: &mut assembly::all_checkers(&context.settings) };
    let differences = context
        .with_progress(|progress| verify(&context.system, &database, &scratch, &options, &mut producers, progress))?;
    let mut out = output::stdout();
    for difference in &differences {
        let side = if difference.is_missing { "missing from the database" } else { "only in the database" };
        writeln!(out, "{}: {} {side}", difference.dataset, count(difference.count, "row"))?;
        for example in &difference.examples {
            writeln!(out, "  {example}")?;
        }
    }
    if differences.is_empty() {
        writeln!(out, "the database equals a fresh build")?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    out.flush()?;
    context.note(
        Log::Info,
        "if the repository changed since the last run, `codeintel ingest` brings the database up to date",
    );
    Ok(ExitCode::from(FINDINGS))
}

/// The backend that makes such documents as are in the database.
fn backend_of(indexers: &[String]) -> Result<Option<ScipBackend>, CommandError> {
    let backend = |key: &String| match key.split(' ').next() {
        Some("native") => Some(ScipBackend::Native),
        Some("scip-python") => Some(ScipBackend::ScipPython),
        _ if key == NoIndexer::KEY => Some(ScipBackend::None),
        _ => None,
    };
    let mut backends: Vec<_> = indexers.iter().map(backend).collect();
    backends.dedup();
    match backends[..] {
        [] => Ok(None),
        [Some(backend)] => Ok(Some(backend)),
        _ => {
            let indexers = indexers.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
            let what = "and the settings name no backend; `--scip-backend none` skips them";
            Err(CommandError::Call(format!("the documents were built by {indexers}, {what}")))
        }
    }
}
