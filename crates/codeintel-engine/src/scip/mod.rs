//! SCIP documents: which of them are missing, who makes them, and what becomes of them.

mod export;
mod external;
mod import;
mod indexer;
mod intake;
mod native;
mod plan;
mod shards;
mod state;
mod step;
mod write;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod native_tests;
#[cfg(test)]
mod tests;

pub use export::{ExportError, ExportRequest, export};
pub use external::{ExternalIndexer, ExternalOptions, IndexCommand, IndexMode};
#[cfg(test)]
pub(crate) use fake::FakeIndexer;
pub use import::{ImportError, ImportIndexer};
pub use indexer::{
    IndexFile, IndexOutcome, IndexRequest, IndexStatus, Indexed, Indexer, IndexerIdentity, NoIndexer, Sight, SourceText,
};
pub use native::{NativeIndexer, NativeOptions, WorkerProgram, serve};
pub(crate) use plan::{IndexPlan, Interfaces};
pub use shards::keep_shards;
pub(crate) use state::IndexState;
pub(crate) use step::IndexStep;
pub use write::IndexReport;
pub(crate) use write::{World, with_request};
