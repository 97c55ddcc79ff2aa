//! SCIP documents: which of them are missing, who makes them, and what becomes of them.

mod fingerprints;
mod indexer;
mod plan;
mod state;
mod step;
mod write;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use fake::FakeIndexer;
pub use indexer::{IndexFile, IndexOutcome, IndexRequest, IndexStatus, Indexed, Indexer, IndexerIdentity, NoIndexer, Sight};
pub(crate) use plan::{IndexPlan, Interfaces};
pub(crate) use step::IndexStep;
pub use write::IndexReport;
pub(crate) use write::World;
