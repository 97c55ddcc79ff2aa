//! `codeintel ingest`

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use codeintel_base::RepoPath;
use codeintel_engine::{EngineError, Options, Report, ingest};
use codeintel_store::{Access, Database, Opened, StoreError};
use comfy_table::CellAlignment;
use serde_json::json;

use super::Context;
use crate::args::{IngestArgs, SummaryFormat};
use crate::output;
use crate::settings::{Log, SettingsError};

pub(super) fn run(args: &IngestArgs) -> anyhow::Result<ExitCode> {
    let mut context = Context::open(&args.place.path, &args.place.database)?;
    context.set_selection(&args.selection)?;
    context.set_verbosity(&args.verbosity)?;
    context.settings.set("jobs", "--jobs", args.jobs.map(|jobs| jobs as i64))?;
    let mut options = context.settings.options(&context.system)?;
    options.full = args.full;
    options.rehash = args.rehash;
    options.changed = match &args.changed {
        // The root itself is everything.
        Some(paths) if !paths.iter().any(|path| is_root(context.system.root(), path)) => {
            Some(paths.iter().map(|path| inside(context.system.root(), path)).collect::<Result<_, _>>()?)
        }
        _ => None,
    };
    let path = context.settings.database();
    if context.settings.is_default_database() {
        prepare_folder(&path)?;
    }
    let (database, report) = match bring_up_to_date(&context, &path, &options) {
        Err(EngineError::Store(StoreError::Corrupt(reason))) if options.full => {
            let aside = Database::set_aside(&path)?;
            context.note(
                Log::Info,
                &format!("the database could not be read ({reason}); it is at {} now", aside.display()),
            );
            bring_up_to_date(&context, &path, &options)?
        }
        result => result?,
    };
    if report.deleted + report.changed > 0 && database.unreachable_share()? > context.settings.gc_share() {
        let removed = database.collect_garbage()?;
        context.note(Log::Info, &format!("removed the facts of {} contents that no snapshot needs", removed.contents));
    } else {
        database.close()?;
    }
    for (phase, seconds) in &report.seconds {
        context.note(Log::Debug, &format!("{phase}: {seconds:.3} s"));
    }
    if context.settings.log() > Log::Error || args.format == SummaryFormat::Json {
        summary(&report, args.format)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of the database, which git shall not see.
fn prepare_folder(database: &Path) -> anyhow::Result<()> {
    let Some(folder) = database.parent() else { return Ok(()) };
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
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
    fs::write(ignore, "# Made by codeintel.\n*\n").map_err(io)?;
    Ok(())
}

fn bring_up_to_date(context: &Context, path: &Path, options: &Options) -> Result<(Database, Report), EngineError> {
    let (mut database, opened) = Database::open(path, Access::Write, context.settings.patience())?;
    if let Opened::Rebuilt { found, aside } = opened {
        let aside = aside.display();
        context
            .note(Log::Info, &format!("the database had schema {found} of an older codeintel; it is at {aside} now"));
    }
    if options.full {
        database.check()?;
    }
    let others: Vec<String> = database.repos()?.into_iter().filter(|repo| *repo != options.repo).collect();
    if !others.is_empty() && database.snapshot(&options.repo)?.is_none() {
        context.note(
            Log::Info,
            &format!("the database also holds {}; `{}` is new in it", others.join(", "), options.repo),
        );
    }
    let report = context.with_progress(|progress| ingest(&context.system, &mut database, options, progress))?;
    Ok((database, report))
}

fn is_root(root: &Path, path: &Path) -> bool {
    root.join(path).canonicalize().is_ok_and(|path| path == root)
}

/// A path that was typed, from the repository's root.
fn inside(root: &Path, path: &Path) -> anyhow::Result<RepoPath> {
    let typed = if path.is_absolute() { path.to_owned() } else { root.join(path) };
    // The path itself may be gone, but the folder around it is taken where it really is, as the root was.
    let mut existing = typed.as_path();
    let mut rest = Vec::new();
    while let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) {
        rest.push(name);
        existing = parent;
        if let Ok(real) = existing.canonicalize() {
            let mut full: PathBuf = real;
            full.extend(rest.iter().rev());
            let has_dots = typed.components().any(|part| part == Component::ParentDir);
            let relative = full.strip_prefix(root).ok().filter(|_| !has_dots || full.starts_with(root));
            if let Some(path) = relative.and_then(|relative| RepoPath::new(relative).ok()) {
                return Ok(path);
            }
            break;
        }
    }
    let message = format!("is not inside the repository {}", root.display());
    Err(SettingsError::Root { path: path.to_owned(), message }).context("--changed")
}

fn summary(report: &Report, format: SummaryFormat) -> anyhow::Result<()> {
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
                "problems": problems, "datasets": datasets.collect::<Vec<_>>(), "seconds": seconds,
            });
            writeln!(out, "{summary}")?;
        }
        SummaryFormat::Table => {
            let commit = report.commit.get(..12).filter(|_| report.commit.len() == 40).unwrap_or(&report.commit);
            let total: f64 = report.seconds.iter().map(|(_, seconds)| seconds).sum();
            writeln!(
                out,
                "{} at {commit}: {files} files, {hashed} read, {parsed} parsed, in {total:.2} s",
                report.repo
            )?;
            writeln!(
                out,
                "{added} added, {changed} changed, {deleted} deleted, {renamed} renamed; facts of {reused} reused; {problems} problems"
            )?;
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
