//! The last parts of a run: the facts that were missing are extracted, steps make theirs, and the snapshot is published.

use std::time::Instant;

use codeintel_base::RepoPath;
use codeintel_store::Written;
use rustc_hash::FxHashMap;

use super::context::Context;
use super::planned::Planned;
use super::step::Step;
use crate::error::EngineError;
use crate::extract::{Extractor, Task};
use crate::report::{DatasetReport, Report};

/// What was extracted and written.
pub(crate) struct Extracted {
    planned: Planned,
    /// For each dataset wanted, what was written and the seconds that extracting it took.
    datasets: Vec<(Written, f64)>,
    /// Files that changed after they were hashed.
    pub(crate) raced: Vec<RepoPath>,
}

impl Planned {
    /// Extract the facts that contents lack, and write them.
    pub(crate) fn extract(mut self, context: &Context<'_>) -> Result<Extracted, EngineError> {
        let clock = Instant::now();
        let Context { system, database, options, progress, .. } = *context;
        self.ledger.number_new(context)?;
        for row in self.draft.files.iter_mut().filter(|row| row.content_id.is_none()) {
            row.content_id = self.ledger.number(row.hash);
        }
        let mut files: FxHashMap<_, usize> = FxHashMap::default();
        for row in &self.draft.files {
            *files.entry(row.hash).or_default() += 1;
        }
        let mut tasks = Vec::new();
        for row in self.draft.files.iter().filter(|row| !self.ledger.has_all_of(row.hash)) {
            if let Some((files, content_id)) = files.remove(&row.hash).zip(row.content_id) {
                tasks.push(Task { content_id, hash: row.hash, path: &row.path, size: row.state.size_bytes, files });
            }
        }
        let (wanted, pending) = (&self.ledger.wanted, &self.ledger.pending);
        if tasks.is_empty() {
            let datasets = wanted.iter().map(|_| (Written::default(), 0.0)).collect();
            return Ok(Extracted { planned: self, datasets, raced: Vec::new() });
        }
        let held = std::mem::take(&mut self.held);
        let extractor = Extractor::new(system, wanted, pending, tasks, held, options.scan.max_bytes, progress);
        let trees = wanted.iter().zip(pending).filter(|(_, pending)| !pending.missing.is_empty());
        let bounds = trees.filter_map(|(wanted, _)| wanted.facts.tree()).map(|tree| options.workers_for(tree));
        let workers = bounds.min().unwrap_or(options.workers);
        let written =
            extractor.run(workers, |batches| database.write_facts(wanted, pending, self.started_ns, batches))?;
        let raced = extractor.raced();
        let datasets = written.into_iter().zip(extractor.seconds()).collect();
        self.seconds.push(("extract and write", clock.elapsed().as_secs_f64()));
        Ok(Extracted { planned: self, datasets, raced })
    }
}

impl Extracted {
    /// Let a step make its facts, unless the run is to begin again.
    pub(crate) fn run(&mut self, context: &Context<'_>, step: &mut dyn Step) -> Result<(), EngineError> {
        if !self.raced.is_empty() {
            return Ok(());
        }
        let clock = Instant::now();
        let draft = &mut self.planned.draft;
        self.raced = step.run(context, draft)?;
        draft.problems.extend(step.problems());
        draft.problems.sort();
        self.planned.seconds.push((step.name(), clock.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Move the pointers, if anything differs from the last snapshot, and report the run.
    pub(crate) fn publish<'a>(
        self,
        context: &Context<'_>,
        steps: impl IntoIterator<Item = Box<dyn Step + 'a>>,
    ) -> Result<Report, EngineError> {
        let Self { planned, datasets, .. } = self;
        let Planned { plan, mut draft, ledger, started_ns, had_racy, looked, mut seconds, .. } = planned;
        let clock = Instant::now();
        let is_same = context.prior.is_some_and(|prior| draft.leads_where(prior));
        let is_published = !is_same || !plan.is_empty() || had_racy;
        if is_published {
            draft.publish(context, started_ns)?;
        }
        seconds.push(("publish", clock.elapsed().as_secs_f64()));
        let parsed = datasets.iter().map(|(written, _)| written.contents).max().unwrap_or(0);
        let datasets = ledger.wanted.iter().zip(datasets).map(|(wanted, (written, seconds))| DatasetReport {
            dataset: wanted.key(),
            contents: written.contents,
            rows: written.rows,
            seconds,
        });
        let mut report = Report {
            repo: context.options.repo.clone(),
            files: plan.files,
            hashed: plan.hashed,
            added: plan.added.len(),
            changed: plan.changed.len(),
            deleted: plan.deleted.len(),
            renamed: plan.renamed.len(),
            reused: plan.reused,
            parsed,
            problems: context.database.problem_count(&context.options.repo)?,
            wrote: is_published || parsed > 0,
            datasets: datasets.collect(),
            index: None,
            checks: Vec::new(),
            walk: looked,
            seconds,
            commit: draft.commit.clone(),
        };
        for step in steps {
            step.report(context, &draft, &mut report)?;
        }
        Ok(report)
    }
}
