//! What finds defects.

use std::path::Path;

use codeintel_base::{Column, ContentHash, FindingSeverity, Position, RepoPath};
use codeintel_system::{System, is_python};

use crate::producers::ProducerError;

/// Finds defects in the files of a repository.
pub trait Checker {
    /// Its name, as the column `tool` has it.
    fn name(&self) -> &'static str;

    /// What its findings in one file depend on.
    fn reach(&self) -> Reach;

    /// Who finds; why nobody can, where nobody can. Called in every run, so it must be cheap: a program that is known need not be
    /// asked for its version.
    fn identify(
        &mut self,
        files: &[CheckFile<'_>],
        known: Option<KnownProgram<'_>>,
    ) -> Result<CheckerIdentity, ProducerError>;

    /// Look at the pending files.
    fn check(&mut self, request: &CheckRequest<'_>) -> Result<Checked, ProducerError>;
}

/// What a checker's findings in one file depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// That file alone; what else it sees is part of its key.
    File,
    /// All files.
    Project,
}

/// The program that was used in the run before.
#[derive(Debug, Clone, Copy)]
pub struct KnownProgram<'a> {
    /// What told it from another one in its place.
    pub stamp: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// Who finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerIdentity {
    /// The version of the program.
    pub version: String,
    /// What tells the program from another one in its place.
    pub stamp: String,
    /// All that findings depend on besides the files: version, configuration, installed packages.
    pub key: String,
}

/// A source file of the repository.
#[derive(Debug, Clone, Copy)]
pub struct CheckFile<'a> {
    /// Its path.
    pub path: &'a RepoPath,
    /// The hash of its bytes.
    pub hash: ContentHash,
}

/// What a checker is asked for.
pub struct CheckRequest<'a> {
    /// Where files are read.
    pub system: &'a dyn System,
    /// All source files, sorted by path.
    pub files: &'a [CheckFile<'a>],
    /// The places in `files` of those that are to be looked at, in order.
    pub pending: &'a [usize],
}

impl std::fmt::Debug for CheckRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckRequest").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl CheckRequest<'_> {
    /// Whether a file has the name of a Python source or stub: others are scanned where the settings say so, and no tool looks at them.
    pub fn is_source(&self, file: usize) -> bool {
        is_python(Path::new(self.files[file].path.as_str()))
    }

    /// The place of a path among all files.
    pub fn position(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }
}

/// What a checker has found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The places of the files that it did not look at, as it was told by its configuration.
    pub left_out: Vec<usize>,
    /// The findings, each with the place of its file. Those of files that were not pending do not count.
    pub findings: Vec<(usize, RawFinding)>,
    /// What columns count.
    pub columns: Column,
    /// Whether a byte order mark is a column.
    pub counts_mark: bool,
}

/// A finding with its place as the tool counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFinding {
    /// Where it begins: line from 1, column from 0.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The tool's name for its kind.
    pub code: Option<String>,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What the tool says.
    pub message: String,
}
