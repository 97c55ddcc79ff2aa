//! The outside world: files, git, the clock and other programs.
//!
//! Everything else in codeintel is pure: it sees the repository through [`System`], which has a twin in memory for tests. What
//! it exchanges with other programs lies in an [`OwnFolder`], and a [`ToolRunner`] runs them.
//! This crate knows nothing of Python's syntax, of tables or of what the files are wanted for.

mod configuration;
mod decode;
mod environment;
mod folder;
mod git;
mod git_error;
#[cfg(test)]
mod git_tests;
mod limits;
mod memory;
mod os;
mod own_database;
mod regular;
mod rules;
mod scan;
mod system;
mod tools;
mod walk;
mod watch;
mod worker;

pub use configuration::{
    ConfigurationFiles, UserFolders, configuration, is_python, parse_configuration, sources_below,
};
pub use decode::decode;
pub use environment::{InstalledPackage, PackageMetadata, PythonEnvironment, normalized_package_name};
pub use folder::{NewFile, OwnFolder};
pub use git::{Git, GitState};
pub use git_error::GitError;
pub use limits::limit_memory;
pub use memory::MemorySystem;
pub use os::OsSystem;
pub use own_database::{OwnDatabases, Standing, Voucher, user_id};
pub use regular::{ReadError, read_configuration};
pub use scan::{
    DEFAULT_IGNORED_DIRS, DEFAULT_INCLUDE, DEFAULT_MAX_BYTES, OptionsError, Patterns, Scan, ScanOptions, ScanProblem,
    ScannedFile, Stat, Walk,
};
pub use system::System;
pub use tools::{Tool, ToolCall, ToolError, ToolOutput, ToolRunner};
pub use watch::{Changes, RepositoryWatch, WatchError};
pub use worker::{ItemWatch, WorkerEnd, WorkerProcess, end_process, read_message, write_message};
