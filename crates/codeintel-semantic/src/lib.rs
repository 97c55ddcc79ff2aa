//! What names stand for, across files and in no other process: a Python repository's sources to SCIP documents.
//!
//! Names, attributes, imports and keyword arguments are resolved by ty's semantic crates, with typeshed inside the binary. This
//! crate knows nothing of disks (but for installed packages, which ty reads itself), of tables or of what has changed. It is the
//! only crate that uses `ty_*`, `ruff_db` and `salsa`; their types do not leave it.
#![warn(clippy::disallowed_methods)]

mod collect;
mod database;
mod describe;
mod effort;
mod hidden;
mod hierarchy;
mod modules;
mod names;
mod outsize;
mod resolver;
mod sources;
mod symbols;

pub use modules::{InstalledModules, ProjectFile, standard_library};
pub use resolver::{DocumentError, Level, MOST_STEPS, Resolver, ResolverOptions};
pub use sources::ReadSource;

/// To be increased whenever other documents are made of the same sources.
pub const VERSION: u32 = 5;

/// The newest Python that is known, major and minor version.
pub const NEWEST_PYTHON: (u8, u8) = (3, 14);
