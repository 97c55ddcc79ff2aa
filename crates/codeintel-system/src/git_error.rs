//! Why git does not answer.

use std::path::PathBuf;

/// Why git does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("git was not found on the `PATH`")]
    NotFound,
    /// A file of its folder is something that it would wait for.
    #[error("git was not run: `{}` is not a regular file", .0.display())]
    Irregular(PathBuf),
    /// It would take a folder inside the repository for a repository of its own.
    #[error("git was not run: `{}` is a bare repository inside another folder", .0.display())]
    Bare(PathBuf),
    /// This version would fetch what a partial clone lacks.
    #[error("git was not run: in this partial clone {0} would fetch missing objects (git 2.45 can be told not to)")]
    Partial(String),
    /// It was stopped a short while ago, and would have to be again.
    #[error("git was not run: it timed out recently")]
    Resting,
    /// The operating system refused.
    #[error("git cannot be run: {0}")]
    NotStarted(String),
    /// It took too long.
    #[error("git {command}: stopped after {seconds} s")]
    TimedOut {
        /// The command of git.
        command: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It ended with an error.
    #[error("git {command}: {said}")]
    Failed {
        /// The command of git.
        command: String,
        /// The first line that it wrote on standard error.
        said: String,
    },
    /// It ended with an error and without a word.
    #[error("git failed")]
    Silent,
}
