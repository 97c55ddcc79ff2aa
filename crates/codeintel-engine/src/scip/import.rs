//! Indexes that others have made.

use std::path::{Path, PathBuf};

use codeintel_base::RepoPath;
use codeintel_system::{OwnFolder, System};

use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, NoIndexer};
use super::intake::{Intake, Origin};

/// Takes the documents of an index. They take the place of those that are there.
#[derive(Debug)]
pub struct ImportIndexer {
    index: PathBuf,
    root: PathBuf,
}

impl ImportIndexer {
    /// An index in a file, for a repository in a folder.
    pub fn new(index: &Path, root: &Path) -> Self {
        Self { index: index.to_owned(), root: root.to_owned() }
    }
}

impl Indexer for ImportIndexer {
    fn identify(&mut self, system: &dyn System) -> Result<IndexerIdentity, String> {
        NoIndexer.identify(system)
    }

    fn replaces(&self) -> bool {
        true
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        let folder = OwnFolder::new(self.index.parent().unwrap_or(Path::new("/")));
        let open = || {
            let opened = folder.open(&self.index).map_err(|error| error.to_string())?;
            opened.ok_or_else(|| "there is no such file".to_owned())
        };
        let mut intake = Intake::new(request, Origin::User);
        let read = intake.index(&self.root, &open, hand_over);
        let failure = read.err().map(|error| format!("{}: {error}", self.index.display()));
        let unknown =
            |path: RepoPath| (Some(path.to_string()), "the index has a document of what is no source file".to_owned());
        intake.warnings.extend(intake.unknown.drain(..).map(unknown));
        IndexOutcome { failure, warnings: intake.warnings, raced: intake.raced, ..IndexOutcome::default() }
    }
}
