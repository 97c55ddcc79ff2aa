//! `codeintel explain`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_engine::scip::index_choice;
use codeintel_store::{Access, Database, FileRow, Snapshot};

use super::Context;
use crate::args::ExplainArgs;
use crate::assembly;
use crate::errors::{CommandError, FINDINGS};
use crate::output;

pub(super) fn run(args: &ExplainArgs) -> Result<ExitCode, CommandError> {
    let context = Context::open(&args.root, &args.overrides)?;
    let opened = Database::open(&context.settings.database(), Access::Read, context.settings.patience());
    let (database, _) = opened.map_err(|error| context.blame(error))?;
    let repo = assembly::repo(&context.settings, &context.system);
    let snapshot = database.snapshot(&repo)?;
    let typed = args.file.to_string_lossy();
    let path = typed.strip_prefix("./").unwrap_or(&typed);
    let mut out = output::stdout();
    let file = snapshot.as_ref().and_then(|snapshot| snapshot.files.iter().find(|file| file.path.as_str() == path));
    if let (Some(snapshot), Some(file)) = (&snapshot, file) {
        describe(&mut out, &database, snapshot, file)?;
        let options = assembly::options(&context.settings, &context.system)?;
        let mut indexer = assembly::indexer(&context.settings, &context.system, false);
        let choice = index_choice(&context.system, &database, &options, indexer.as_mut(), &file.path)?;
        if let Some(choice) = choice {
            writeln!(out, "an edit   would index {choice}")?;
        }
    }
    let problems: Vec<_> = snapshot
        .iter()
        .flat_map(|snapshot| &snapshot.problems)
        .filter(|problem| problem.path.as_deref() == Some(path))
        .collect();
    for problem in &problems {
        writeln!(out, "{}: {}", problem.severity, problem.message)?;
    }
    if file.is_none() && problems.is_empty() {
        writeln!(out, "{path} is not in the database: it does not exist, is ignored, or is not a Python source file")?;
        out.flush()?;
        return Ok(ExitCode::from(FINDINGS));
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn describe(
    out: &mut dyn std::io::Write,
    database: &Database,
    snapshot: &Snapshot,
    file: &FileRow,
) -> Result<(), CommandError> {
    writeln!(out, "{}", file.path)?;
    writeln!(out, "module    {}", file.module)?;
    writeln!(out, "content   {} ({})", file.hash, count(file.state.size_bytes as usize, "byte"))?;
    writeln!(out, "commit    {}", snapshot.commit)?;
    writeln!(out, "tags      {}", file.tags)?;
    writeln!(out, "owners    {}", file.owners)?;
    let same: Vec<&str> = snapshot
        .files
        .iter()
        .filter(|other| other.hash == file.hash && other.path != file.path)
        .map(|other| other.path.as_str())
        .collect();
    if !same.is_empty() {
        writeln!(out, "same as   {}", same.join(", "))?;
    }
    writeln!(out)?;
    let mut table = output::table(["dataset", "version", "status", "rows", "extracted (UTC)"]);
    for entry in file.content_id.map_or(Ok(Vec::new()), |content_id| database.ledger_of(content_id))? {
        table.add_row([
            entry.dataset,
            entry.version.to_string(),
            entry.status,
            entry.rows.to_string(),
            entry.extracted_at,
        ]);
    }
    writeln!(out, "{table}")?;
    if let Some(document) = file.document_id.map(|id| database.document_of(id)).transpose()?.flatten() {
        let state = if file.is_stale { "stale" } else { "up to date" };
        writeln!(out, "\nSCIP      {state}, by {} {}", document.producer, document.producer_version)?;
        let rows = document.rows.iter().map(|(table, rows)| format!("{}: {rows}", table.trim_start_matches("scip_")));
        writeln!(out, "          {}", rows.collect::<Vec<_>>().join(", "))?;
        writeln!(
            out,
            "inputs    content {}, interfaces of other files {}",
            document.content_hash, document.fingerprint
        )?;
        if file.is_stale {
            writeln!(out, "now       content {}, interfaces of other files {}", file.hash, file.fingerprint)?;
        }
    }
    for run in &snapshot.tools {
        let said = match (&run.failure, run.reports.get(&file.path)) {
            (Some(failure), _) => failure.clone(),
            (None, None) => "excluded by its configuration".to_owned(),
            (None, Some(report)) => count(database.finding_count(report)?, "finding"),
        };
        writeln!(out, "\n{:<9} {said}", run.tool)?;
    }
    for problem in file.content_id.map_or(Ok(Vec::new()), |content_id| database.content_problems(content_id))? {
        writeln!(out, "\n{problem}")?;
    }
    Ok(())
}
