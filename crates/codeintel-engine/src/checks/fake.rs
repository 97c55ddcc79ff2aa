//! A checker of words, with findings that depend on one file or on all of them.

use std::cell::RefCell;
use std::rc::Rc;

use codeintel_base::{Column, FindingSeverity, Position, RepoPath};

use super::checker::{CheckFile, CheckRequest, Checked, Checker, CheckerIdentity, KnownProgram, RawFinding, Reach};
use crate::producers::ProducerError;

/// Complains of each line of a file in which a word stands: that of its key for one that reaches no further than the file, any line of another
/// file for one that looks at the project.
#[derive(Debug)]
pub(crate) struct FakeChecker {
    pub(crate) reach: Reach,
    pub(crate) state: Rc<RefCell<FakeState>>,
}

/// What tests set and see.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeState {
    /// It cannot be found.
    pub(crate) is_missing: bool,
    /// It fails.
    pub(crate) fails: bool,
    /// Another configuration.
    pub(crate) word: String,
    /// Its configuration leaves out this file.
    pub(crate) leaves_out: Option<String>,
    /// The paths that it was asked for, run by run.
    pub(crate) asked: Vec<Vec<String>>,
}

impl Checker for FakeChecker {
    fn name(&self) -> &'static str {
        match self.reach {
            Reach::File => "ruff",
            Reach::Project => "pyright",
        }
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn identify(&mut self, _: &[CheckFile<'_>], _: Option<KnownProgram<'_>>) -> Result<CheckerIdentity, ProducerError> {
        let state = self.state.borrow();
        if state.is_missing {
            return Err(ProducerError::NotFound { program: "fake".to_owned(), is_trusted: true, hint: None });
        }
        let key = format!("1 {} {:?}", state.word, state.leaves_out);
        Ok(CheckerIdentity { version: "1".to_owned(), stamp: String::new(), key })
    }

    fn check(&mut self, request: &CheckRequest<'_>) -> Result<Checked, ProducerError> {
        let mut state = self.state.borrow_mut();
        let path = |file: &usize| request.files[*file].path;
        state.asked.push(request.pending.iter().map(|file| path(file).to_string()).collect());
        if state.fails {
            return Err(ProducerError::TooMuchOutput);
        }
        let text = |path: &RepoPath| {
            let bytes = request.system.read(path, u64::MAX).map(|(bytes, _)| bytes).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let elsewhere = |here: &RepoPath| {
            let others = request.files.iter().filter(|file| file.path != here);
            others.map(|file| text(file.path)).collect::<String>()
        };
        let mut checked = Checked { columns: Column::Utf32, ..Checked::default() };
        for file in request.pending {
            if state.leaves_out.as_deref() == Some(path(file).as_str()) {
                checked.left_out.push(*file);
                continue;
            }
            let words = match self.reach {
                Reach::File => state.word.clone(),
                Reach::Project => elsewhere(path(file)),
            };
            for (number, line) in text(path(file)).lines().enumerate() {
                if !line.is_empty() && words.lines().any(|word| word == line) {
                    let start = Position { line: number as u32 + 1, column: 0 };
                    let finding = RawFinding {
                        start,
                        end: Position { column: 1, ..start },
                        code: Some("word".to_owned()),
                        severity: FindingSeverity::Error,
                        message: format!("found `{line}`"),
                    };
                    checked.findings.push((*file, finding));
                }
            }
        }
        Ok(checked)
    }
}
