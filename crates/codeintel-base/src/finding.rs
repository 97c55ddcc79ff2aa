//! What static analysis finds in a file: lint and type errors.

use crate::line_index::Position;

/// One thing that a tool complains of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where it begins: line from 1, column from 0 in UTF-8 bytes.
    pub start: Position,
    /// Where it ends, likewise; the column is that behind its last byte.
    pub end: Position,
    /// The tool's name for its kind; none where it has no name, as for syntax errors.
    pub code: Option<String>,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What the tool says.
    pub message: String,
}

/// How bad a tool takes a finding to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingSeverity {
    /// It makes a check fail.
    Error,
    /// It does not.
    Warning,
    /// It is no complaint.
    Info,
}

impl FindingSeverity {
    /// The value of the column `severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}
