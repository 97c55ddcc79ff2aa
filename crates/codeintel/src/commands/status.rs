//! `codeintel status`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_engine::{Plan, status};
use codeintel_store::{Access, Database, StoreError};
use serde_json::json;

use super::Context;
use crate::args::{StatusArgs, SummaryFormat};
use crate::output;

/// How many paths of each kind are shown to people.
const SHOWN: usize = 20;

pub(super) fn run(args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let mut context = Context::open(&args.place.path, &args.place.database)?;
    context.set_selection(&args.selection)?;
    context.set_indexing(&args.indexing)?;
    let options = context.settings.options(&context.system)?;
    let database = match Database::open(&context.settings.database(), Access::Read, context.settings.patience()) {
        Ok((database, _)) => database,
        // Everything would be done.
        Err(StoreError::Missing(_)) => Database::in_memory()?,
        Err(error) => return Err(error.into()),
    };
    let plan = status(&context.system, &database, &options, context.settings.indexer(&context.system).as_mut())?;
    let mut out = output::stdout();
    match args.format {
        SummaryFormat::Json => writeln!(out, "{}", as_json(&plan))?,
        SummaryFormat::Table => print(&mut out, &plan)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut dyn std::io::Write, plan: &Plan) -> std::io::Result<()> {
    if plan.is_empty() {
        return writeln!(out, "up to date: {} files", plan.files);
    }
    if let Some(previous) = &plan.previous_commit {
        writeln!(out, "the last snapshot is of commit {previous}")?;
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
            outdated => format!(", {outdated} of them because they were made by another version"),
        };
        let what = if dataset.dataset == "scip.documents" { "files to index" } else { "contents to extract" };
        writeln!(out, "{}: {} {what}{outdated}", dataset.dataset, dataset.missing)?;
    }
    if let Some(index) = &plan.index {
        writeln!(out, "SCIP: {index}")?;
    }
    Ok(())
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
    })
}
