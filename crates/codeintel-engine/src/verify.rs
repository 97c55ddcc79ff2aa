//! Whether the database holds what a fresh build would hold.

use std::path::Path;
use std::time::Duration;

use codeintel_base::Progress;
use codeintel_datasets::DATASETS;
use codeintel_store::{Access, Database, Difference, FactsVersion};
use codeintel_system::System;

use crate::checks::Checker;
use crate::error::EngineError;
use crate::options::Options;
use crate::producers::Producers;
use crate::run::ingest;

/// Build the current snapshot from nothing at `scratch`, which must not exist, and compare every public table both ways. Of the checkers those
/// are run whose findings the snapshot shows.
pub fn verify(
    system: &dyn System,
    database: &Database,
    scratch: &Path,
    options: &Options,
    producers: &mut Producers<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Difference>, EngineError> {
    let prior = database.snapshot(&options.repo)?;
    let kept = |key: &String| codeintel_datasets::facts_named(key).and_then(FactsVersion::new);
    let datasets = prior.iter().flat_map(|prior| prior.datasets.keys()).filter_map(kept).collect();
    // A label is not to be found on the disk.
    let label = prior.as_ref().map(|prior| prior.commit.clone()).filter(|commit| !is_from_git(commit));
    let commit = options.commit.clone().or(label);
    let has_documents = prior.iter().flat_map(|prior| &prior.files).any(|file| file.document_id.is_some());
    // What was imported cannot be made anew.
    let index = has_documents && producers.indexer.makes_documents();
    let of_documents = DATASETS.iter().filter(|dataset| dataset.shows_documents()).map(|dataset| dataset.name);
    let is_imported = has_documents && !index;
    let left_out: Vec<&str> = of_documents.chain(["core.problems"]).filter(|_| is_imported).collect();
    let is_shown = |checker: &dyn Checker| prior.as_ref().is_some_and(|prior| prior.tool(checker.name()).is_some());
    let checkers = &mut *producers.checkers;
    checkers.sort_by_key(|checker| !is_shown(checker.as_ref()));
    let count = checkers.partition_point(|checker| is_shown(checker.as_ref()));
    let mut producers = Producers { indexer: &mut *producers.indexer, checkers: &mut checkers[..count] };
    let options = Options { datasets, commit, changed: None, index, ..options.clone() };
    let result = Database::open(scratch, Access::Write, Duration::ZERO)
        .map_err(EngineError::from)
        .and_then(|(fresh, _)| {
            ingest(system, &fresh, &options, &mut producers, progress)?;
            Ok(fresh.close()?)
        })
        .and_then(|()| Ok(database.compare_with(scratch, &options.repo, &left_out)?));
    Database::remove(scratch)?;
    result
}

/// Whether a snapshot's commit was read from git, or stands for the lack of one.
fn is_from_git(commit: &str) -> bool {
    commit == "worktree" || commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}
