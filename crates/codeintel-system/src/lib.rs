//! The outside world: files, git and the clock, behind one trait.
//!
//! Everything else in codeintel is pure: it sees the world through [`System`], which has a twin in memory for tests.
//! This crate knows nothing of Python's syntax, of tables or of what the files are wanted for.

mod decode;
mod git;
mod memory;
mod os;
mod scan;
mod system;

pub use decode::decode;
pub use git::GitState;
pub use memory::MemorySystem;
pub use os::OsSystem;
pub use scan::{OptionsError, Patterns, Scan, ScanOptions, ScanProblem, ScannedFile, Stat, Walk};
pub use system::{ReadError, System};
