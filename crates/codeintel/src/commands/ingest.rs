//! `codeintel ingest`

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_engine::checks::CheckReport;
use codeintel_engine::scip::{IndexReport, IndexStatus};
use codeintel_engine::{EngineError, Notice, Options, Producers, Report, Target, refresh};
use codeintel_settings::{Log, SettingsError};
use codeintel_store::StoreError;
use comfy_table::CellAlignment;
use serde_json::json;

use super::Context;
use crate::args::{IngestArgs, SummaryFormat};
use crate::assembly;
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(args: &IngestArgs) -> Result<ExitCode, CommandError> {
    let context = Context::of_run(&args.run)?;
    let mut options = assembly::options(&context.settings, &context.system)?;
    options.full = args.full;
    options.rehash = args.rehash;
    options.changed = match &args.changed {
        // The root itself is everything.
        Some(paths) if !paths.iter().any(|path| is_root(context.system.root(), path)) => {
            let paths = paths.iter().map(|path| context.inside(path)).collect::<Result<_, _>>();
            Some(paths.map_err(|error: SettingsError| CommandError::Changed {
                place: "(put the repository before it)".to_owned(),
                error: Box::new(error.into()),
            })?)
        }
        _ => None,
    };
    let mut indexer = assembly::indexer(&context.settings, &context.system, false);
    let mut producers = Producers { indexer: indexer.as_mut(), checkers: &mut assembly::checkers(&context.settings) };
    let report = refresh_database(&context, &options, &mut producers).map_err(|error| match error {
        CommandError::Engine(EngineError::Unknown(_)) => {
            CommandError::Changed { place: format!("in {}", context.system.root().display()), error: Box::new(error) }
        }
        error => error,
    })?;
    tell(&context, &report, args.run.format)?;
    Ok(ExitCode::SUCCESS)
}

/// Bring the database of the settings up to date, and what is written from it.
pub(super) fn refresh_database(
    context: &Context,
    options: &Options,
    producers: &mut Producers<'_>,
) -> Result<Report, CommandError> {
    let path = context.settings.database();
    if context.settings.is_default_database() {
        prepare_folder(&path)?;
    }
    let voucher = context.begin_database()?;
    let target = Target {
        database: &path,
        is_own: context.has_own_database(),
        patience: context.settings.patience(),
        garbage_share: context.settings.values.gc_share.value,
        root: context.system.root(),
        shards: assembly::index_folder(&context.settings),
        index: assembly::document_output_dir(&context.settings),
    };
    let mut notify = |notice: Notice| {
        let level = if matches!(notice, Notice::NoShards(_)) { Log::Error } else { Log::Info };
        context.note(level, &notice.to_string());
    };
    let report = context
        .with_progress(|progress| refresh(&context.system, &target, options, producers, progress, &mut notify))?;
    context.settle_database(voucher.as_ref());
    for (phase, seconds) in &report.seconds {
        context.note(Log::Debug, &format!("{phase}: {seconds:.3} s"));
    }
    Ok(report)
}

/// The folder of the database, which git shall not see.
fn prepare_folder(database: &Path) -> Result<(), CommandError> {
    let Some(folder) = database.parent() else { return Ok(()) };
    let ignore = folder.join(".gitignore");
    if ignore.symlink_metadata().is_ok() {
        return Ok(());
    }
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly(format!("{}: {error}", folder.display()))
        }
        std::io::ErrorKind::StorageFull => StoreError::DiskFull(format!("{}: {error}", folder.display())),
        _ => StoreError::Io { path: folder.to_owned(), source: error },
    };
    fs::create_dir_all(folder).map_err(io)?;
    // What another run or somebody else has put there meanwhile stays, even if it is a link.
    match File::create_new(ignore).and_then(|mut file| file.write_all(b"# Made by codeintel.\n*\n")) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        result => Ok(result.map_err(io)?),
    }
}

fn is_root(root: &Path, path: &Path) -> bool {
    root.join(path).canonicalize().is_ok_and(|path| path == root)
}

/// Print the summary, unless people have asked for quiet.
pub(super) fn tell(context: &Context, report: &Report, format: SummaryFormat) -> Result<(), CommandError> {
    if *context.settings.values.log > Log::Error || format == SummaryFormat::Json {
        summary(report, format)?;
    }
    Ok(())
}

fn summary(report: &Report, format: SummaryFormat) -> Result<(), CommandError> {
    let mut out = output::stdout();
    let Report { files, hashed, added, changed, deleted, renamed, reused, parsed, problems, .. } = report;
    match format {
        SummaryFormat::Json => {
            let datasets = report.datasets.iter().map(|dataset| {
                json!({"dataset": dataset.dataset, "contents": dataset.contents, "rows": dataset.rows, "seconds": dataset.seconds})
            });
            let seconds: serde_json::Map<_, _> =
                report.seconds.iter().map(|(phase, seconds)| ((*phase).to_owned(), json!(seconds))).collect();
            let summary = json!({
                "repo": report.repo, "commit": report.commit, "files": files, "hashed": hashed, "added": added,
                "changed": changed, "deleted": deleted, "renamed": renamed, "reused": reused, "parsed": parsed,
                "problems": problems, "scip": report.index.as_ref().map(index_as_json),
                "tools": report.checks.iter().map(check_as_json).collect::<Vec<_>>(), "datasets": datasets.collect::<Vec<_>>(), "seconds": seconds,
            });
            writeln!(out, "{summary}")?;
        }
        SummaryFormat::Table => {
            let commit = report.commit.get(..12).filter(|_| report.commit.len() == 40).unwrap_or(&report.commit);
            let total: f64 = report.seconds.iter().map(|(_, seconds)| seconds).sum();
            writeln!(
                out,
                "{} at {commit}: {}, {hashed} read, {parsed} parsed in {total:.2} s",
                report.repo,
                count(*files, "file"),
            )?;
            writeln!(
                out,
                "{} added, {changed} changed, {deleted} deleted, {renamed} renamed ({reused} served from earlier facts); {}",
                count(*added, "file"),
                in_words(*problems),
            )?;
            if let Some(index) = &report.index {
                writeln!(out, "{}", index_in_words(index))?;
            }
            for check in &report.checks {
                writeln!(out, "{}", check_in_words(check))?;
            }
            let mut table = output::table(["dataset", "contents", "rows", "seconds"]);
            let written = report.datasets.iter().filter(|dataset| dataset.contents > 0);
            for dataset in written {
                let seconds = format!("{:.2}", dataset.seconds);
                table.add_row([dataset.dataset, &dataset.contents.to_string(), &dataset.rows.to_string(), &seconds]);
            }
            for column in table.column_iter_mut().skip(1) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if table.row_count() > 0 {
                writeln!(out, "\n{table}")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// A number of problems.
pub(super) fn in_words(problems: usize) -> String {
    if problems == 0 { "no problems".to_owned() } else { count(problems, "problem") }
}

fn index_as_json(index: &IndexReport) -> serde_json::Value {
    json!({
        "differing": index.differing, "indexer": index.indexer, "status": index.status.as_str(), "reason": index.reason, "mode": index.mode,
        "documents": index.documents, "indexed": index.indexed, "stale": index.stale, "rows": index.rows,
    })
}

fn check_as_json(check: &CheckReport) -> serde_json::Value {
    let CheckReport { tool, version, failure, asked, files, moved, seconds } = check;
    json!({
        "tool": tool, "version": version, "failure": failure, "asked": asked, "files": files, "moved": moved, "seconds": seconds,
    })
}

fn check_in_words(check: &CheckReport) -> String {
    let CheckReport { tool, version, failure, asked, files, moved, .. } = check;
    match failure {
        Some(failure) => format!("{tool}: {failure}"),
        None => format!("{tool} {version}: {}, {asked} checked, {moved} with new findings", count(*files, "file")),
    }
}

fn index_in_words(index: &IndexReport) -> String {
    let IndexReport { documents, indexed, stale, status, reason, mode, .. } = index;
    let mut words = format!("SCIP: {}, {indexed} new, {stale} stale", count(*documents, "document"));
    if let Some(mode) = mode {
        words += &format!("; indexed {mode}");
    }
    if *status != IndexStatus::Complete {
        words += &format!(
            "\nSCIP {}{}",
            status.as_str(),
            reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"))
        );
    }
    words
}
