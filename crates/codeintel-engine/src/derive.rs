//! The step of a run that derives facts from those of all files.
//!
//! What is derived depends on the rows that it reads and on the files' paths, modules and source roots, and on nothing else. A digest over
//! them says whether it is there already: from the last run, from another branch, or from a run that was cut short.

use std::time::Instant;

use codeintel_base::{ContentHash, RepoPath, add_texts};
use codeintel_datasets::Key;
use codeintel_store::{ContentId, DerivationId, FactsVersion, FileRow, ScanProblemRow, StoreError};
use rustc_hash::FxHashMap;

use crate::error::EngineError;
use crate::plan::StepPlan;
use crate::report::{DatasetReport, Report};
use crate::run::{Context, Draft, Planned, Step};

/// Derives facts.
#[derive(Debug, Default)]
pub(crate) struct DeriveStep {
    /// What was derived now.
    reports: Vec<DatasetReport>,
}

impl Step for DeriveStep {
    fn name(&self) -> &'static str {
        "derive"
    }

    /// What is derived depends on digests of facts that are not there yet, so nothing is known of it before a run.
    fn plan(&mut self, _: &Context<'_>, _: &Planned) -> Result<StepPlan, EngineError> {
        Ok(StepPlan::default())
    }

    /// Find what has been derived from the same input, and derive the rest.
    fn run(&mut self, context: &Context<'_>, draft: &mut Draft) -> Result<Vec<RepoPath>, EngineError> {
        for wanted in draft.wanted.iter().filter(|wanted| wanted.facts.key() == Key::Derivation) {
            let is_read = |read: &&FactsVersion| wanted.facts.needs().iter().any(|facts| facts.name == read.key());
            let read: Vec<&FactsVersion> = draft.wanted.iter().filter(is_read).collect();
            let id = match known(context, wanted, &read, &draft.files)? {
                Some(id) => id,
                None => self.find_or_derive(context, wanted, &read, &draft.files)?,
            };
            draft.derivations.insert(wanted.key().to_owned(), id);
        }
        Ok(Vec::new())
    }

    fn problems(&self) -> Vec<ScanProblemRow> {
        Vec::new()
    }

    fn report(self: Box<Self>, _: &Context<'_>, _: &Draft, report: &mut Report) -> Result<(), StoreError> {
        report.datasets.extend(self.reports);
        Ok(())
    }
}

impl DeriveStep {
    fn find_or_derive(
        &mut self,
        context: &Context<'_>,
        wanted: &FactsVersion,
        read: &[&FactsVersion],
        files: &[FileRow],
    ) -> Result<DerivationId, StoreError> {
        let Context { database, options, progress, .. } = *context;
        let contents: Vec<ContentId> = files.iter().filter_map(|row| row.content_id).collect();
        let read = read.iter().map(|read| database.digests(read, &contents));
        let digest = digest(files, &read.collect::<Result<Vec<_>, _>>()?);
        if let Some(id) = database.derivation(wanted, &digest)?.filter(|_| !options.full) {
            return Ok(id);
        }
        progress.begin("derive", 1);
        let clock = Instant::now();
        let (id, written) = database.derive(wanted, files, &digest)?;
        progress.step();
        self.reports.push(DatasetReport {
            dataset: wanted.key(),
            contents: written.contents,
            rows: written.rows,
            seconds: clock.elapsed().as_secs_f64(),
        });
        Ok(id)
    }
}

/// What the last snapshot has, if it was derived from the same input: where files have other contents, the same is read of them.
fn known(
    context: &Context<'_>,
    wanted: &FactsVersion,
    read: &[&FactsVersion],
    files: &[FileRow],
) -> Result<Option<DerivationId>, StoreError> {
    let Some(prior) = context.prior.filter(|_| !context.options.full) else { return Ok(None) };
    let is_made = |wanted: &FactsVersion| prior.datasets.get(wanted.key()) == Some(&wanted.state());
    let changed = changed_contents(&prior.files, files);
    let Some(changed) = changed.filter(|_| is_made(wanted) && read.iter().all(|read| is_made(read))) else {
        return Ok(None);
    };
    let contents: Vec<ContentId> = changed.iter().flat_map(|(before, now)| [*before, *now]).collect();
    for read in read {
        let digests = context.database.digests(read, &contents)?;
        if !changed.iter().all(|(before, now)| digests.get(before) == digests.get(now)) {
            return Ok(None);
        }
    }
    Ok(prior.derivations.get(wanted.key()).copied())
}

/// What a derivation may read of a file, besides its facts.
fn input(row: &FileRow) -> (&str, &str, &str) {
    (row.path.as_str(), &row.module, &row.root)
}

/// The contents of files before and now, where they differ; none if files differ in more than that.
fn changed_contents(before: &[FileRow], now: &[FileRow]) -> Option<Vec<(ContentId, ContentId)>> {
    let pairs = || before.iter().zip(now);
    if before.len() != now.len() || !pairs().all(|(before, now)| input(before) == input(now)) {
        return None;
    }
    let changed = pairs().filter(|(before, now)| before.hash != now.hash);
    changed.map(|(before, now)| before.content_id.zip(now.content_id)).collect()
}

/// A hash over what is read, file by file.
fn digest(rows: &[FileRow], read: &[FxHashMap<ContentId, String>]) -> String {
    let mut bytes = Vec::new();
    for row in rows {
        let (path, module, root) = input(row);
        let digests = read.iter().map(|digests| {
            let digest = row.content_id.and_then(|content_id| digests.get(&content_id));
            digest.map_or("", String::as_str)
        });
        add_texts(&mut bytes, [path, module, root].into_iter().chain(digests));
    }
    ContentHash::of(&bytes).to_string()
}
