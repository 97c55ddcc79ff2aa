//! What a run would do, without doing it.

use codeintel_base::NoProgress;
use codeintel_python::{Interface, ParsedFile};
use codeintel_store::{Database, Wanted};
use codeintel_system::{System, decode};
use rustc_hash::FxHashSet;

use crate::ingest::{EngineError, Run, keeps_documents};
use crate::options::Options;
use crate::plan::{DatasetPlan, Plan};
use crate::scip::{IndexPlan, Indexer, Interfaces, World};

/// Look at the disk and the ledger and say what [`crate::ingest`] would do. Writes nothing.
pub fn status(
    system: &dyn System,
    database: &Database,
    options: &Options,
    indexer: &mut dyn Indexer,
) -> Result<Plan, EngineError> {
    let mut run = Run::look(system, database, options, &FxHashSet::default(), &NoProgress)?;
    run.plan_index(system, database, options, indexer)?;
    Ok(run.plan)
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
        let source_roots = &self.source_roots;
        let world = World { system, database, source_roots, options, progress: &NoProgress };
        let plan = IndexPlan::new(&world, indexer, &self.rows, prior, interfaces)?;
        let outdated = plan.pending.iter().filter(|file| self.rows[**file].document_id.is_some());
        self.plan.datasets.push(DatasetPlan {
            dataset: "scip.documents",
            missing: plan.pending.len(),
            outdated: outdated.count(),
        });
        self.plan.index_unavailable = plan.unavailable;
        Ok(())
    }
}
