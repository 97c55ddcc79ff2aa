//! One run, as values: a [`Look`] at the disk, what is [`Planned`] by it, what was [`Extracted`], and its publication. What lies in no
//! single content is made by [`Step`]s in between.

mod draft;
mod extracted;
mod look;
mod planned;

use codeintel_base::{Progress, RepoPath};
use codeintel_store::{Database, ScanProblemRow, Snapshot, StoreError};
use codeintel_system::System;
use rustc_hash::FxHashSet;

pub(crate) use self::draft::{Draft, difference, import_roots};
pub(crate) use self::look::Look;
pub(crate) use self::planned::{Ledger, Planned};
use crate::checks::{CheckStep, Reach};
use crate::derive::DeriveStep;
use crate::options::Options;
use crate::plan::{Plan, StepPlan};
use crate::producers::Producers;
use crate::report::Report;
use crate::scip::{ExportError, IndexStep};

/// Why a run could not be completed. What was true before is still there.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is damaged, and not known to be codeintel's: it is left as it is.
    #[error("it is not known to be codeintel's, so it is not moved aside: {0}")]
    DamagedAndForeign(StoreError),
    /// An index could not be imported.
    #[error("{0}")]
    Import(String),
    /// The index could not be written as files.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A path that was said to have changed is left out of scans.
    #[error("`{0}` is not scanned: it is ignored, excluded or no Python source")]
    NotScanned(RepoPath),
    /// A path that was said to have changed does not exist and never did.
    #[error("`{0}` does not exist, and no such file is known")]
    Unknown(RepoPath),
}

/// What every part of a run works with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) database: &'a Database,
    pub(crate) options: &'a Options,
    /// The repository's current snapshot.
    pub(crate) prior: Option<&'a Snapshot>,
    pub(crate) progress: &'a dyn Progress,
}

/// A part of a run that makes facts of the repository rather than of one content: of documents, of reports, of derivations.
pub(crate) trait Step {
    /// The phase that its time is counted for.
    fn name(&self) -> &'static str;

    /// What it would do. Writes nothing.
    fn plan(&mut self, context: &Context<'_>, planned: &Planned) -> Result<StepPlan, EngineError>;

    /// Make the facts that are missing, and let the draft lead to all. Returns the files that changed meanwhile; if there are any, nothing
    /// of the run counts.
    fn run(&mut self, context: &Context<'_>, draft: &mut Draft) -> Result<Vec<RepoPath>, EngineError>;

    /// What went wrong.
    fn problems(&self) -> Vec<ScanProblemRow>;

    /// Add what was done to the report.
    fn report(self: Box<Self>, context: &Context<'_>, draft: &Draft, report: &mut Report) -> Result<(), StoreError>;
}

/// The steps of a run, in order: each may read the facts of those before it.
fn steps<'a>(producers: &'a mut Producers<'_>) -> [Box<dyn Step + 'a>; 3] {
    [
        Box::new(IndexStep::new(&mut *producers.indexer)),
        Box::new(CheckStep::new(&mut *producers.checkers)),
        Box::new(DeriveStep::default()),
    ]
}

/// Bring the database up to date. Redoes only what is missing, and moves the snapshot's pointers last.
pub fn ingest(
    system: &dyn System,
    database: &Database,
    options: &Options,
    producers: &mut Producers<'_>,
    progress: &dyn Progress,
) -> Result<Report, EngineError> {
    let prior = database.snapshot(&options.repo)?;
    let context = Context { system, database, options, prior: prior.as_ref(), progress };
    // A checker that reads the whole project needs a look at the whole of it.
    let reads_project = producers.checkers.iter().any(|checker| checker.reach() == Reach::Project);
    let mut changed = options.changed.as_deref().filter(|_| !reads_project);
    let mut hold = FxHashSet::default();
    loop {
        let mut extracted = Look::new(&context, changed, &hold)?.plan(&context)?.extract(&context)?;
        let mut steps = steps(producers);
        for step in &mut steps {
            extracted.run(&context, step.as_mut())?;
        }
        if extracted.raced.is_empty() {
            return extracted.publish(&context, steps);
        }
        // These files are not what they were when they were hashed: look at everything again, and keep their bytes
        // from hashing to parsing.
        hold.extend(extracted.raced);
        changed = None;
    }
}

/// Compare the disk with the ledger and report what [`ingest`] would do. Writes nothing.
pub fn status(
    system: &dyn System,
    database: &Database,
    options: &Options,
    producers: &mut Producers<'_>,
) -> Result<Plan, EngineError> {
    let prior = database.snapshot(&options.repo)?;
    let progress = &codeintel_base::NoProgress;
    let context = Context { system, database, options, prior: prior.as_ref(), progress };
    let planned = Look::new(&context, options.changed.as_deref(), &FxHashSet::default())?.plan(&context)?;
    let plan = planned.plan.clone();
    steps(producers).iter_mut().try_fold(plan, |plan, step| Ok(plan.and(step.plan(&context, &planned)?)))
}
