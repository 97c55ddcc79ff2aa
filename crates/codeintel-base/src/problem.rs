//! What went wrong with a file or a tool. Problems are rows (`core.problems`), never a stop.

use std::borrow::Cow;

use crate::words::count;

/// A longer message is cut.
const MOST_CHARACTERS: usize = 1000;

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

    /// The message as rows show it: names and patterns in it may be as long as a file.
    pub fn shown_message(&self) -> Cow<'_, str> {
        match self.message.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => format!("{}…", &self.message[..end]).into(),
            None => self.message.as_str().into(),
        }
    }
}

/// So many problems of one file are listed one by one.
const MOST_PROBLEMS: usize = 100;

/// The first problems of a file, and one that counts the others.
pub fn first_problems(problems: impl IntoIterator<Item = Problem>) -> Vec<Problem> {
    let mut all = problems.into_iter();
    let mut listed: Vec<Problem> = all.by_ref().take(MOST_PROBLEMS).collect();
    if let Some(next) = all.next() {
        let message = format!("{} in this file, not listed", count(all.count() + 1, "more problem"));
        listed.push(Problem { message, lineno: None, col_offset: None, ..next });
    }
    listed
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_characters() {
        let shown = |message: String| Problem::error(Stage::Scan, message).shown_message().into_owned();
        assert_eq!(shown("é".repeat(1000)), "é".repeat(1000));
        assert_eq!(shown("é".repeat(1001)), format!("{}…", "é".repeat(1000)));
    }

    #[test]
    fn a_hundred_problems_are_listed_and_the_others_counted() {
        let check = |count: usize, expected: usize, last: &str| {
            let problems = (0..count).map(|number| Problem::error(Stage::Parse, number.to_string()));
            let listed = first_problems(problems);
            assert_eq!((listed.len(), listed.last().map_or("", |last| &last.message)), (expected, last));
        };
        check(0, 0, "");
        check(100, 100, "99");
        check(101, 101, "1 more problem in this file, not listed");
        check(5000, 101, "4900 more problems in this file, not listed");
    }
}
