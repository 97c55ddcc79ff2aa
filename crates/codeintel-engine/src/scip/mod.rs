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

pub(crate) use export::INDEX_FILES;
pub use export::{ExportError, ExportRequest, export_files};
pub use external::{ExternalIndexer, ExternalOptions, IndexCommand, IndexMode};
#[cfg(test)]
pub(crate) use fake::FakeIndexer;
pub use import::{ImportError, ImportIndexer};
pub use indexer::{
    IndexFile, IndexOutcome, IndexRequest, IndexStatus, Indexed, Indexer, IndexerIdentity, InterfaceDepth, NoIndexer,
    SourceText,
};
pub use native::{NativeIndexer, NativeOptions, WorkerProgram, serve};
pub(crate) use shards::keep_shards;
pub use step::index_choice;
pub(crate) use step::{IndexStep, keeps_documents};
pub use write::IndexReport;
