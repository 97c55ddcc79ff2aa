//! One embedded DuckDB file: schema, transactions, ledger, snapshots, garbage collection and views.
//!
//! This crate knows nothing of files on a disk but the database's own, of Python or of what has changed. It is the only
//! crate that uses `duckdb`.

mod compare;
mod completeness;
mod database;
mod derivations;
mod documents;
mod error;
mod facts;
mod files;
mod gc;
mod ids;
mod publication;
mod query;
mod read_documents;
mod reports;
mod schema;
mod snapshot;
mod sql;

pub use compare::Difference;
pub use completeness::PackageCoverage;
pub use database::{Access, Database, Opened};
pub use derivations::Derivations;
pub use documents::{DocumentInfo, DocumentKey, DocumentWriter, InterfaceRow, KnownFacts, NewDocument};
pub use error::StoreError;
pub use facts::{FactBatch, FactsOf, FactsVersion, LedgerEntry, MissingFacts, Status, Written};
pub use files::{FileRow, FileState};
pub use gc::Collected;
pub use ids::{ContentId, DerivationId, DocumentId, FactsId, ReportId, SnapshotId};
pub use publication::{Publication, SnapshotRows};
pub use query::{Column, ColumnKind, Overdue, Query, QueryError, Reader, Rows};
pub use read_documents::StoredDocument;
pub use reports::{ReportRow, ToolRun};
pub use snapshot::{ScanProblemRow, Snapshot, TagRow};
