//! `codeintel scip`

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use codeintel_base::RepoPath;
use codeintel_engine::Producers;
use codeintel_engine::scip::{ExportRequest, ImportIndexer, export};
use codeintel_settings::Log;
use codeintel_store::{Access, Database, StoreError};
use codeintel_system::{NewFile, OwnFolder};

use super::Context;
use super::ingest::ingest_into_database;
use crate::args::{ExportArgs, ImportArgs, ScipCommand};
use crate::assembly;
use crate::errors::CommandError;
use crate::output;

/// The files that an export writes.
pub(super) const FILES: [&str; 2] = ["index.scip", "index.scip.json"];

pub(super) fn run(command: &ScipCommand) -> anyhow::Result<ExitCode> {
    match command {
        ScipCommand::Import(args) => import(args),
        ScipCommand::Export(args) => write(args),
    }
}

fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let mut context = Context::open(&args.place.path, &args.place.database)?;
    context.set_verbosity(&args.verbosity)?;
    let mut options = assembly::options(&context.settings, &context.system)?;
    options.index = true;
    let mut indexer = ImportIndexer::open(&std::path::absolute(&args.index)?, context.system.root())?;
    let mut producers = Producers { indexer: &mut indexer, checkers: &mut assembly::checkers(&context.settings) };
    let report = ingest_into_database(&context, &options, &mut producers)?;
    let index = report.index.context("no document was imported")?;
    if let Some(reason) = index.reason {
        return Err(CommandError::Findings(format!("{reason}; {} documents were imported", index.indexed)).into());
    }
    if context.settings.log() > Log::Error {
        let mut out = output::stdout();
        writeln!(
            out,
            "{} documents imported, {} rows; {} problems in all",
            index.indexed, index.rows, report.problems
        )?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let context = Context::open(&args.place.path, &args.place.database)?;
    let opened = Database::open(&context.settings.database(), Access::Read, context.settings.patience());
    let (database, _) = opened.map_err(|error| context.blame(error))?;
    let only = args
        .documents
        .as_ref()
        .map(|paths| paths.iter().map(|path| context.inside(path)).collect::<Result<Vec<_>, _>>());
    let only = only.transpose()?;
    if let Some(only) = &only {
        let missing = database.without_document(&assembly::repo(&context.settings, &context.system), only)?;
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|path| format!("`{path}`")).collect();
            let text = format!("there is no document of {}; nothing was written", names.join(", "));
            return Err(CommandError::Call(text).into());
        }
    }
    let folder = OwnFolder::new(std::path::absolute(&args.output)?);
    let count = write_files(&context, &database, &folder, only.as_deref())?;
    let mut out = output::stdout();
    writeln!(out, "{count} documents written to {}", folder.path().display())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Write the index into a folder, in both forms; each file appears as a whole. Gives the number of documents.
pub(super) fn write_files(
    context: &Context,
    database: &Database,
    folder: &OwnFolder,
    only: Option<&[RepoPath]>,
) -> anyhow::Result<usize> {
    let repo = assembly::repo(&context.settings, &context.system);
    let request = ExportRequest { repo: &repo, root: context.system.root(), only };
    let io = |source| StoreError::Io { path: folder.path().to_owned(), source };
    let mut files = [folder.begin(FILES[0]).map_err(io)?, folder.begin(FILES[1]).map_err(io)?];
    let [scip, json] = &mut files;
    let count = export(database, request, scip, json)?;
    files.into_iter().try_for_each(NewFile::finish).map_err(io)?;
    Ok(count)
}
