//! `codeintel scip`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_engine::Producers;
use codeintel_engine::scip::{ExportRequest, ImportIndexer, export_files};
use codeintel_settings::Log;
use codeintel_store::{Access, Database};
use codeintel_system::OwnFolder;

use super::Context;
use super::ingest::{in_words, refresh_database};
use crate::args::{ExportArgs, ImportArgs, ScipCommand};
use crate::assembly;
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(command: &ScipCommand) -> Result<ExitCode, CommandError> {
    match command {
        ScipCommand::Import(args) => import(args),
        ScipCommand::Export(args) => export(args),
    }
}

fn import(args: &ImportArgs) -> Result<ExitCode, CommandError> {
    let mut context = Context::open(&args.place.path, &args.place.overrides)?;
    context.set_verbosity(&args.verbosity);
    let mut options = assembly::options(&context.settings, &context.system)?;
    options.index = true;
    let mut indexer = ImportIndexer::open(&std::path::absolute(&args.index)?, context.system.root())?;
    let mut producers = Producers { indexer: &mut indexer, checkers: &mut assembly::checkers(&context.settings) };
    let report = refresh_database(&context, &options, &mut producers)?;
    let index = report.index.ok_or_else(|| CommandError::Failed("no document was imported".to_owned()))?;
    if let Some(reason) = index.reason {
        return Err(CommandError::Findings(format!("{reason}; {} imported", count(index.indexed, "document"))));
    }
    if *context.settings.values.log > Log::Error {
        let mut out = output::stdout();
        writeln!(
            out,
            "{} imported, {}; {} in total",
            count(index.indexed, "document"),
            count(index.rows, "row"),
            in_words(report.problems),
        )?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn export(args: &ExportArgs) -> Result<ExitCode, CommandError> {
    let context = Context::open(&args.place.path, &args.place.overrides)?;
    let opened = Database::open(&context.settings.database(), Access::Read, context.settings.patience());
    let (database, _) = opened.map_err(|error| context.blame(error))?;
    let repo = assembly::repo(&context.settings, &context.system);
    let only = args
        .documents
        .as_ref()
        .map(|paths| paths.iter().map(|path| context.inside(path)).collect::<Result<Vec<_>, _>>());
    let only = only.transpose()?;
    if let Some(only) = &only {
        let missing = database.without_document(&repo, only)?;
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|path| format!("`{path}`")).collect();
            let text = format!("there is no document for {}; nothing was written", names.join(", "));
            return Err(CommandError::Call(text));
        }
    }
    let folder = OwnFolder::new(std::path::absolute(&args.output)?);
    let request = ExportRequest { repo: &repo, root: context.system.root(), only: only.as_deref() };
    let documents = export_files(&database, request, &folder)?;
    let mut out = output::stdout();
    writeln!(out, "{} written to {}", count(documents, "document"), folder.path().display())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
