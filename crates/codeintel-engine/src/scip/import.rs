//! Indexes that others have made.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use codeintel_scip::ScipError;
use codeintel_system::{OwnFolder, System};

use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, NoIndexer};
use super::intake::{Intake, Origin, Outline};
use crate::producers::ProducerError;

/// Takes the documents of an index: all of them or, where it cannot be read to its end, none. They take the place of those that
/// are there.
#[derive(Debug)]
pub struct ImportIndexer {
    index: PathBuf,
    root: PathBuf,
    file: BufReader<File>,
    outline: Outline,
}

/// Why an index cannot be imported. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such file.
    #[error("{}: no such file", .0.display())]
    Missing(PathBuf),
    /// It is a folder, a pipe or a device.
    #[error("{}: not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// It cannot be read to its end.
    #[error("{}: {error}; nothing was imported", path.display())]
    Unreadable {
        /// The index.
        path: PathBuf,
        /// Why.
        error: ScipError,
    },
    /// It could be read once, and is another one now.
    #[error("{}: {reason}; nothing was imported, because the file changed while it was read", path.display())]
    Changed {
        /// The index.
        path: PathBuf,
        /// What was found then.
        reason: ScipError,
    },
}

impl ImportIndexer {
    /// An index in a file, for a repository in a folder. The whole of it is checked before anything else happens.
    pub fn open(index: &Path, root: &Path) -> Result<Self, ImportError> {
        let path = || index.to_owned();
        let unreadable = |error: std::io::Error| ImportError::Unreadable { path: path(), error: error.into() };
        let folder = OwnFolder::new(index.parent().unwrap_or(Path::new("/")));
        if folder.is_other_than_file(index) {
            return Err(ImportError::NotAFile(path()));
        }
        let mut file = folder.open(index).map_err(unreadable)?.ok_or_else(|| ImportError::Missing(path()))?;
        let outline = Outline::read(&mut file).map_err(|(_, error)| ImportError::Unreadable { path: path(), error })?;
        Ok(Self { index: path(), root: root.to_owned(), file, outline })
    }
}

impl Indexer for ImportIndexer {
    fn identify(&mut self, system: &dyn System) -> Result<IndexerIdentity, ProducerError> {
        NoIndexer.identify(system)
    }

    fn replaces(&self) -> bool {
        true
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        let mut intake = Intake::new(request, Origin::User);
        let read = intake.documents(&self.root, &mut self.file, &self.outline, hand_over);
        let changed = |reason: ScipError| ImportError::Changed { path: self.index.clone(), reason };
        let failure = read.err().map(|error| changed(error).to_string());
        let mut outcome = IndexOutcome { failure, ..IndexOutcome::default() };
        intake.finish(&mut outcome);
        outcome
    }
}
