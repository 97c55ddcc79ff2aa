//! `codeintel status`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_engine::checks::CheckPlan;
use codeintel_engine::{Plan, Producers, status};
use codeintel_store::{Access, Database, PackageCoverage, StoreError};
use comfy_table::CellAlignment;
use serde_json::json;

use super::Context;
use crate::args::{StatusArgs, SummaryFormat};
use crate::assembly;
use crate::errors::CommandError;
use crate::output;

/// How many paths of each kind are shown to people.
const SHOWN: usize = 20;

pub(super) fn run(args: &StatusArgs) -> Result<ExitCode, CommandError> {
    let context = Context::open(&args.place.path, &args.place.overrides)?;
    let options = assembly::options(&context.settings, &context.system)?;
    let database = match Database::open(&context.settings.database(), Access::Read, context.settings.patience()) {
        Ok((database, _)) => database,
        // Everything would be done.
        Err(StoreError::Missing(_)) => Database::in_memory()?,
        Err(error) => return Err(context.blame(error).into()),
    };
    let mut indexer = assembly::indexer(&context.settings, &context.system, false);
    let mut producers = Producers { indexer: indexer.as_mut(), checkers: &mut assembly::checkers(&context.settings) };
    let plan = status(&context.system, &database, &options, &mut producers)?;
    let coverage = database.coverage(&options.repo)?;
    let stale = database.stale_documents(&options.repo)?;
    let mut out = output::stdout();
    match args.format {
        SummaryFormat::Json => {
            let mut answer = as_json(&plan);
            answer["stale_documents"] = json!(stale);
            answer["coverage"] = coverage.iter().map(coverage_as_json).collect();
            writeln!(out, "{answer}")?;
        }
        SummaryFormat::Table => {
            print(&mut out, &plan)?;
            if stale > 0 {
                writeln!(out, "SCIP: {}", count(stale, "stale document"))?;
            }
            print_coverage(&mut out, &coverage)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut dyn std::io::Write, plan: &Plan) -> std::io::Result<()> {
    if plan.is_empty() {
        return writeln!(out, "up to date: {}", count(plan.files, "file"));
    }
    if let Some(previous) = &plan.previous_commit {
        writeln!(out, "the last snapshot shows commit {previous}")?;
    }
    let renamed: Vec<String> = plan.renamed.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    let lists =
        [("added", &plan.added), ("changed", &plan.changed), ("deleted", &plan.deleted), ("touched", &plan.touched)];
    let lists = lists.map(|(title, paths)| (title, paths.iter().map(ToString::to_string).collect::<Vec<_>>()));
    for (title, paths) in lists.iter().chain([&("renamed", renamed)]) {
        for path in paths.iter().take(SHOWN) {
            writeln!(out, "{title:>8}  {path}")?;
        }
        if paths.len() > SHOWN {
            writeln!(out, "{title:>8}  ... and {} more", paths.len() - SHOWN)?;
        }
    }
    for difference in &plan.other {
        writeln!(out, "{:>8}  {difference}", "other")?;
    }
    for dataset in plan.datasets.iter().filter(|dataset| dataset.missing > 0) {
        let outdated = match dataset.outdated {
            0 => String::new(),
            outdated => format!(", {outdated} of them outdated"),
        };
        let (what, work) =
            if dataset.dataset == "scip.documents" { ("file", "index") } else { ("file content", "extract") };
        writeln!(out, "{}: {} to {work}{outdated}", dataset.dataset, count(dataset.missing, what))?;
    }
    if let Some(index) = &plan.index {
        writeln!(out, "SCIP: {index}")?;
    }
    for check in &plan.checks {
        match &check.failure {
            Some(failure) => writeln!(out, "{}: {failure}", check.tool)?,
            None if check.pending > 0 => writeln!(out, "{}: {} to check", check.tool, count(check.pending, "file"))?,
            None => {}
        }
    }
    Ok(())
}

/// The share of references that are resolved, a line for each package.
fn print_coverage(out: &mut dyn std::io::Write, coverage: &[PackageCoverage]) -> std::io::Result<()> {
    const KINDS: [&str; 3] = ["name", "attribute", "import"];
    let mut table = output::table(["package", "names", "attributes", "imports"]);
    for package in coverage.chunk_by(|a, b| a.package == b.package) {
        let share = |kind: &str| match package.iter().find(|coverage| coverage.kind == kind) {
            Some(coverage) if coverage.total > 0 => {
                format!("{:.1} %", 100.0 * coverage.resolved as f64 / coverage.total as f64)
            }
            _ => "-".to_owned(),
        };
        let mut row = vec![package[0].package.clone()];
        row.extend(KINDS.map(share));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if coverage.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nResolved references by kind:\n{table}")
}

fn coverage_as_json(coverage: &PackageCoverage) -> serde_json::Value {
    let PackageCoverage { package, kind, total, resolved } = coverage;
    json!({"package": package, "kind": kind, "total": total, "resolved": resolved})
}

fn check_as_json(check: &CheckPlan) -> serde_json::Value {
    let CheckPlan { tool, pending, failure } = check;
    json!({"tool": tool, "pending": pending, "failure": failure})
}

fn as_json(plan: &Plan) -> serde_json::Value {
    let paths = |paths: &[codeintel_base::RepoPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    let renamed: Vec<_> = plan.renamed.iter().map(|(from, to)| json!([from.as_str(), to.as_str()])).collect();
    let datasets: Vec<_> = plan
        .datasets
        .iter()
        .map(|dataset| json!({"dataset": dataset.dataset, "missing": dataset.missing, "outdated": dataset.outdated}))
        .collect();
    json!({
        "up_to_date": plan.is_empty(), "files": plan.files, "hashed": plan.hashed, "previous_commit": plan.previous_commit,
        "added": paths(&plan.added), "changed": paths(&plan.changed), "deleted": paths(&plan.deleted),
        "touched": paths(&plan.touched), "renamed": renamed, "reused": plan.reused, "other": plan.other, "index": plan.index, "datasets": datasets,
        "tools": plan.checks.iter().map(check_as_json).collect::<Vec<_>>(),
    })
}
