//! One run, as values: a [`Look`] at the disk, what is [`Planned`] by it, what was [`Extracted`](extracted::Extracted), and its publication.
//! What lies in no single content is made by [`Step`]s in between.

mod context;
mod draft;
mod extracted;
mod ledger;
mod look;
mod planned;
mod step;

use codeintel_base::Progress;
use codeintel_store::Database;
use codeintel_system::System;
use rustc_hash::FxHashSet;

pub(crate) use self::context::Context;
pub(crate) use self::draft::{Draft, difference, import_roots};
pub(crate) use self::ledger::Ledger;
pub(crate) use self::look::Look;
pub(crate) use self::planned::Planned;
pub(crate) use self::step::Step;
use crate::checks::{CheckStep, Reach};
use crate::derive::DeriveStep;
use crate::error::EngineError;
use crate::options::Options;
use crate::plan::Plan;
use crate::producers::Producers;
use crate::report::Report;
use crate::scip::IndexStep;

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
