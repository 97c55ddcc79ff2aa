//! What went wrong with a file or a tool. Problems are rows (`core.problems`), never a stop.

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What was being done.
    pub stage: Stage,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence for a person.
    pub message: String,
    /// Line from 1, where known.
    pub lineno: Option<u32>,
    /// Column from 0 in UTF-8 bytes, where known.
    pub col_offset: Option<u32>,
}

impl Problem {
    /// An error without a place in the file.
    pub fn error(stage: Stage, message: impl Into<String>) -> Self {
        Self { stage, severity: Severity::Error, message: message.into(), lineno: None, col_offset: None }
    }

    /// A warning without a place in the file.
    pub fn warning(stage: Stage, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(stage, message) }
    }
}

/// The step in which a problem arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Finding out what was asked for.
    Settings,
    /// Finding and reading files.
    Scan,
    /// Bytes to text.
    Decode,
    /// Text to syntax tree.
    Parse,
    /// Names to what they stand for.
    Index,
    /// Checks by other programs.
    Check,
}

impl Stage {
    /// The value of the column `stage`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Scan => "scan",
            Self::Decode => "decode",
            Self::Parse => "parse",
            Self::Index => "index",
            Self::Check => "check",
        }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Facts are missing.
    Error,
    /// All facts are there, but something deserves a look.
    Warning,
}

impl Severity {
    /// The value of the column `severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
