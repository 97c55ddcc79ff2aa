//! The loop: scan, plan, extract, publish.
//!
//! [`ingest`] brings a database up to date with a repository by redoing only what is missing. What it decides is a
//! [`Plan`], a pure function of what was found on disk and what the ledger knows; `codeintel status` prints one without
//! acting on it. This crate knows nothing of arguments, settings files, printing or the syntax of Python.
//!
//! ```no_run
//! use std::path::Path;
//! use std::time::Duration;
//!
//! use codeintel_base::NoProgress;
//! use codeintel_engine::scip::NoIndexer;
//! use codeintel_engine::{Options, Producers, ingest};
//! use codeintel_store::{Access, Database};
//! use codeintel_system::OsSystem;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let system = OsSystem::new(Path::new("."))?;
//! let (database, _) = Database::open(Path::new("x.duckdb"), Access::Write, Duration::from_secs(5))?;
//! let mut producers = Producers { indexer: &mut NoIndexer, checkers: &mut [] };
//! let report = ingest(&system, &database, &Options::new("owner/name"), &mut producers, &NoProgress)?;
//! println!("{} files, {} of them new", report.files, report.added);
//! # Ok(())
//! # }
//! ```
#![warn(clippy::disallowed_methods)]

pub mod checks;
mod derive;
mod environment;
mod error;
mod extract;
mod inventory;
mod metadata;
mod options;
mod plan;
mod producers;
mod refresh;
mod report;
mod run;
pub mod scip;
mod verify;

#[cfg(test)]
mod tests;

pub use error::EngineError;
pub use metadata::affects_whole_repository;
pub use options::Options;
pub use plan::{DatasetPlan, Plan};
pub use producers::{ProducerError, Producers};
pub use refresh::{Notice, Target, refresh};
pub use report::{DatasetReport, Report};
pub use run::{ingest, status};
pub use verify::verify;
