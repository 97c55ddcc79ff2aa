//! What a run would do, without doing it.

use std::collections::BTreeSet;

use codeintel_base::{NoProgress, RepoPath};
use codeintel_python::{Interface, ParsedFile};
use codeintel_store::{Database, Wanted};
use codeintel_system::{System, decode};
use rustc_hash::FxHashSet;

use crate::checks::{Checking, plan_checks};
use crate::ingest::{EngineError, Producers, Run, keeps_documents};
use crate::options::Options;
use crate::plan::{DatasetPlan, Plan};
use crate::scip::{IndexPlan, IndexState, Indexer, Interfaces, World, with_request};

/// Look at the disk and the ledger and say what [`crate::ingest`] would do. Writes nothing.
pub fn status(
    system: &dyn System,
    database: &Database,
    options: &Options,
    producers: &mut Producers<'_>,
) -> Result<Plan, EngineError> {
    let mut run = Run::look(system, database, options, &FxHashSet::default(), &NoProgress)?;
    run.plan_index(system, database, options, producers.indexer)?;
    let checking =
        Checking { system, database, options, progress: &NoProgress, rows: &run.rows, prior: run.prior.as_ref() };
    run.plan.checks = plan_checks(checking, producers.checkers)?;
    let asked = run.plan.checks.iter().map(|check| check.tool);
    if let Some(prior) = &run.prior
        && !prior.tools.iter().map(|tool| tool.tool.as_str()).eq(asked.collect::<BTreeSet<_>>())
    {
        run.plan.other.push("the tools that are asked for".to_owned());
    }
    for check in &run.plan.checks {
        let before = run.prior.as_ref().and_then(|prior| prior.tool(check.tool));
        if before.is_some_and(|before| before.failure.is_none()) && check.failure.is_some() {
            run.plan.other.push(format!("whether {} can be run", check.tool));
        }
    }
    Ok(run.plan)
}

/// How a file would be indexed if its document were missing, in words, as far as there is a choice.
pub fn index_choice(
    system: &dyn System,
    database: &Database,
    options: &Options,
    indexer: &mut dyn Indexer,
    path: &RepoPath,
) -> Result<Option<String>, EngineError> {
    let Some(prior) = database.snapshot(&options.repo)? else { return Ok(None) };
    let Some(file) = prior.files.iter().position(|row| row.path == *path) else { return Ok(None) };
    let Some(state) = IndexState::read(prior.indexing.as_deref()) else { return Ok(None) };
    indexer.remember(&state.memory);
    let Ok(identity) = indexer.identify(system) else { return Ok(None) };
    let world = World { system, database, source_roots: &prior.source_roots, options, progress: &NoProgress };
    Ok(with_request(&world, &identity, &IndexPlan::default(), &[file], &prior.files, |request| {
        indexer.explain(request)
    }))
}

impl Run {
    /// Add to the plan which documents are missing. What has not been extracted yet is parsed for it.
    fn plan_index(
        &mut self,
        system: &dyn System,
        database: &Database,
        options: &Options,
        indexer: &mut dyn Indexer,
    ) -> Result<(), EngineError> {
        let prior = self.prior.as_ref();
        if !keeps_documents(options, prior) {
            return Ok(());
        }
        let mut interfaces = Interfaces::default();
        let is_interfaces = |wanted: &Wanted| wanted.key() == "core.interfaces";
        let pending = self.wanted.iter().zip(&self.pending).find(|(wanted, _)| is_interfaces(wanted));
        for row in &self.rows {
            if pending.is_some_and(|(_, pending)| pending.missing.contains(&row.content_id))
                && let Ok((bytes, _)) = system.read(&row.path, options.scan.max_bytes)
                && let Ok(text) = decode(&bytes)
            {
                interfaces.add(row.content_id, &Interface::of(&ParsedFile::parse(text)));
            }
        }
        let source_roots = self.import_roots();
        let world = World { system, database, source_roots: &source_roots, options, progress: &NoProgress };
        let plan = IndexPlan::new(&world, indexer, &self.rows, prior, interfaces)?;
        let before: Vec<i32> = plan.pending.iter().filter_map(|file| self.rows[*file].document_id).collect();
        let outdated = match &plan.identity {
            Some(identity) => database.documents_of_others(&identity.key, &before)?,
            None => 0,
        };
        let missing = plan.pending.len();
        self.plan.datasets.push(DatasetPlan { dataset: "scip.documents", missing, outdated });
        if let Some(state) = prior.and_then(|prior| IndexState::read(prior.indexing.as_deref())) {
            indexer.remember(&state.memory);
        }
        let can_index = plan.unavailable.is_none() && !plan.pending.is_empty() && indexer.makes_documents();
        self.plan.index = plan.unavailable.clone().or_else(|| {
            let identity = plan.identity.as_ref().filter(|_| can_index)?;
            with_request(&world, identity, &plan, &plan.pending, &self.rows, |request| indexer.explain(request))
        });
        Ok(())
    }
}
