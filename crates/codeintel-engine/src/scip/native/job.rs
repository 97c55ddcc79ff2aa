//! What is asked of a resolver, and what it answers: the messages between this process and a worker.

use std::borrow::Cow;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_scip::PlacedDocument;
use codeintel_semantic::{Level, ProjectFile, ResolverOptions};
use serde::{Deserialize, Serialize};

/// A message to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order<'a> {
    /// Where the repository is, and what its imports may find. Valid until the next message of this kind.
    Options(Cow<'a, ResolverOptions>),
    /// Documents to be made.
    Job(Cow<'a, Job>),
}

/// Documents to be made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Job {
    /// All source files: path, hash and module name.
    pub(super) files: Vec<(String, u128, String)>,
    /// Larger files are not read.
    pub(super) max_bytes: u64,
    /// The documents, in order.
    pub(super) items: Vec<Item>,
}

/// A document to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    /// The place of its file in [`Job::files`].
    pub(super) file: u32,
    /// Hash of all that may be looked up for it; with it, the next document is made from this one.
    pub(super) lookup_hash: Option<u128>,
    /// How much is resolved.
    pub(super) level: Level,
}

/// A message from a resolver.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Event {
    /// It begins with the document of a file.
    Begun(u32),
    /// It has made one.
    Made(u32, Box<PlacedDocument>),
    /// It cannot make one, and why. If the verdict is final, another process would find the same.
    Refused {
        /// The file.
        file: u32,
        /// Why, as a clause.
        reason: String,
        /// Whether the verdict depends on the file and what it looks into alone.
        is_final: bool,
    },
    /// A file is no longer what it was when it was hashed; nothing of the job counts.
    Raced(Vec<String>),
    /// The job is done.
    Done,
}

impl Job {
    pub(super) fn project_files(&self) -> Vec<ProjectFile> {
        let file = |(path, hash, module): &(String, u128, String)| {
            let path = RepoPath::new(path.as_ref()).ok()?;
            Some(ProjectFile { path, hash: ContentHash::from_number(*hash), module: module.clone() })
        };
        self.files.iter().filter_map(file).collect()
    }
}
