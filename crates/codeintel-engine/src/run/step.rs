//! The parts of a run that are not about single contents.

use codeintel_base::RepoPath;
use codeintel_store::{ScanProblemRow, StoreError};

use super::context::Context;
use super::draft::Draft;
use super::planned::Planned;
use crate::error::EngineError;
use crate::plan::StepPlan;
use crate::report::Report;

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
