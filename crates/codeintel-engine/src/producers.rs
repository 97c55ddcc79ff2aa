//! The programs that make facts which codeintel does not extract itself.

use std::path::PathBuf;

use codeintel_system::{ToolError, ToolOutput};

use crate::checks::Checker;
use crate::scip::Indexer;

/// The programs that make facts which codeintel does not extract itself.
pub struct Producers<'a> {
    /// Makes SCIP documents.
    pub indexer: &'a mut dyn Indexer,
    /// Type checkers and linters. The findings of others are not shown.
    pub checkers: &'a mut [Box<dyn Checker>],
}

impl std::fmt::Debug for Producers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producers").field("checkers", &self.checkers.len()).finish_non_exhaustive()
    }
}

/// Why an indexer or a checker cannot be run, or has failed.
#[derive(Debug, thiserror::Error)]
pub enum ProducerError {
    /// Its program is not where it was looked for.
    #[error("`{program}` was not found{}{}", not_looked_into(*is_trusted), and_then(*hint))]
    NotFound {
        /// The name or path of the program.
        program: String,
        /// Whether the repository's own folders were looked into.
        is_trusted: bool,
        /// How it is installed.
        hint: Option<&'static str>,
    },
    /// scip-python needs an interpreter.
    #[error("scip-python needs Node.js, and `node` was not found")]
    NoNode,
    /// It does not report its version.
    #[error("`{} --version` fails", .0.display())]
    NoVersion(PathBuf),
    /// It could not be run to its end.
    #[error(transparent)]
    Run(#[from] ToolError),
    /// It ended with a failure.
    #[error("{}", .0.failure())]
    Failed(ToolOutput),
    /// It printed more than is read.
    #[error("its output is too long")]
    TooMuchOutput,
    /// What it printed is not what its version should print.
    #[error("its output cannot be read ({error}): `{first}`; {}", output.failure())]
    Unreadable {
        /// What is wrong.
        error: serde_json::Error,
        /// The beginning of its first line.
        first: String,
        /// How it ended.
        output: ToolOutput,
    },
}

/// What to add where a program was not found, since it may lie in a folder that is left out.
fn not_looked_into(is_trusted: bool) -> &'static str {
    if is_trusted { "" } else { " (folders of the repository were not searched, because it is not trusted)" }
}

fn and_then(hint: Option<&str>) -> String {
    hint.map_or(String::new(), |hint| format!("; {hint}"))
}
