//! The words that all crates share: paths, content hashes, positions, problems, findings and progress.
//!
//! This crate knows nothing of Python, of files on a disk or of databases.
#![warn(clippy::disallowed_methods)]

mod code_points;
mod content_hash;
mod finding;
mod line_index;
mod problem;
mod progress;
mod repo_path;
mod words;

pub use code_points::CodePoints;
pub use content_hash::{ContentHash, ParseHashError, add_texts};
pub use finding::{Finding, FindingSeverity};
pub use line_index::{Column, LineIndex, Position};
pub use problem::{Problem, Severity, Stage, first_problems};
pub use progress::{NoProgress, Progress};
pub use repo_path::{RepoPath, RepoPathError};
pub use words::count;

/// The language of a source file, as the public tables spell it.
pub const PYTHON: &str = "python";

/// The type checkers and linters that are known, sorted.
pub const TOOLS: [&str; 3] = ["pyrefly", "pyright", "ruff"];
