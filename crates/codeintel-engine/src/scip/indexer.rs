//! What makes documents.

use std::borrow::Cow;
use std::cell::RefCell;

use codeintel_base::{Column, ContentHash, Problem, RepoPath};
use codeintel_scip::{Document, PlacedDocument, Source, Symbol};
use codeintel_system::{System, decode};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::producers::ProducerError;

/// Makes SCIP documents of the files of a repository.
pub trait Indexer {
    /// Who makes the documents; why nobody can, where nobody can. Called in every run, so it must be cheap.
    fn identify(&mut self, system: &dyn System) -> Result<IndexerIdentity, ProducerError>;

    /// Whether it can make documents at all. Where not, only those that were there before are missed.
    fn makes_documents(&self) -> bool {
        true
    }

    /// Whether it makes documents of whatever files it can, and these take the place of those that hold.
    fn replaces(&self) -> bool {
        false
    }

    /// What an earlier run has asked to be remembered.
    fn remember(&mut self, _memory: &serde_json::Value) {}

    /// How the pending files would be indexed, in words.
    fn explain(&self, _request: &IndexRequest<'_>) -> Option<String> {
        None
    }

    /// How the keys of its documents begin, if these are kept as files, too.
    fn shards(&self) -> Option<String> {
        None
    }

    /// Make documents of the pending files, handing them over as they come. Documents of other files may be handed over,
    /// too, and are taken where they are missing.
    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome;
}

/// Who makes documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexerIdentity {
    /// Name, version and settings: documents of another key are other documents.
    pub key: String,
    /// What it sees of other files.
    #[serde(rename = "sight")]
    pub depth: InterfaceDepth,
    /// Names of modules of installed packages that import the repository's modules.
    #[serde(default)]
    pub dependents: Vec<String>,
}

/// What an indexer sees of the functions of other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceDepth {
    /// Their signatures.
    Declared,
    /// The bodies of those without a return annotation, too.
    Inferred,
}

/// A source file of the repository.
#[derive(Debug, Clone, Copy)]
pub struct IndexFile<'a> {
    /// Its path.
    pub path: &'a RepoPath,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// Their number.
    pub size_bytes: i64,
    /// The name of its module in symbols.
    pub module: &'a str,
}

/// What an indexer is asked for.
pub struct IndexRequest<'a> {
    pub(crate) system: &'a dyn System,
    /// All source files, sorted by path.
    pub files: &'a [IndexFile<'a>],
    /// The places in `files` of those that are to be indexed, in order.
    pub pending: &'a [usize],
    /// Folders that imports start from, `""` for the repository's root.
    pub source_roots: &'a [String],
    /// The places in `files` of those that a file may look into, itself included.
    pub closure: &'a dyn Fn(usize) -> Vec<u32>,
    /// A hash of all that a pending file may look up, in itself and in others.
    pub lookup_hash: &'a dyn Fn(usize) -> Option<ContentHash>,
    pub(crate) max_bytes: u64,
    /// The hashes of the texts that documents are of, where these are others than those of the files.
    pub(crate) other_texts: RefCell<FxHashMap<usize, ContentHash>>,
}

impl std::fmt::Debug for IndexRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexRequest").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

/// The text of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Decoded, without a byte order mark.
    pub text: String,
    /// Whether the bytes begin with a byte order mark of UTF-8.
    pub has_mark: bool,
}

impl SourceText {
    /// The text of a file as it was hashed. None where the bytes are no text, its path where they are others by now.
    pub(crate) fn read(
        system: &dyn System,
        path: &RepoPath,
        hash: ContentHash,
        max_bytes: u64,
    ) -> Result<Option<Self>, RepoPath> {
        match system.read(path, max_bytes) {
            Ok((bytes, _)) if ContentHash::of(&bytes) == hash => {
                Ok(decode(&bytes).ok().map(|text| Self { text, has_mark: bytes.starts_with(b"\xef\xbb\xbf") }))
            }
            Ok(_) | Err(_) => Err(path.clone()),
        }
    }
}

impl IndexRequest<'_> {
    /// The text of a file as it was hashed. None where the bytes are no text, an error where they are others by now.
    pub fn text(&self, file: usize) -> Result<Option<SourceText>, RepoPath> {
        let IndexFile { path, hash, .. } = self.files[file];
        SourceText::read(self.system, path, hash, self.max_bytes)
    }

    /// Tell that the document of a file, which will be handed over, is of a text with this hash, and not of the file's.
    pub(crate) fn is_of_other_text(&self, file: usize, text: ContentHash) {
        self.other_texts.borrow_mut().insert(file, text);
    }

    /// The place of a path in `files`.
    pub fn position(&self, path: &RepoPath) -> Option<usize> {
        self.files.binary_search_by(|file| file.path.cmp(path)).ok()
    }

    /// A document in the text of its file; none where the file cannot be read as text.
    pub fn place(
        &self,
        file: usize,
        document: Document,
        default: Column,
        externals: Vec<Symbol>,
    ) -> Result<Option<PlacedDocument>, RepoPath> {
        let Some(source) = self.text(file)? else { return Ok(None) };
        let source = Source { text: &source.text, has_mark: source.has_mark };
        Ok(Some(document.place(source, default, externals)))
    }
}

/// A document that was made.
#[derive(Debug)]
pub struct Indexed {
    /// The place of the file in [`IndexRequest::files`].
    pub file: usize,
    /// What it says.
    pub document: PlacedDocument,
    /// The program that made it.
    pub producer: Cow<'static, str>,
    /// Its version.
    pub producer_version: Cow<'static, str>,
    /// What went wrong with it.
    pub problems: Vec<Problem>,
}

/// How an index came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexStatus {
    /// All files that are not stale have a document.
    Complete,
    /// Some documents are missing.
    Partial,
    /// The indexer failed; nothing new is there.
    Failed,
    /// There is no indexer to be run.
    Unavailable,
}

impl IndexStatus {
    /// The word for it in summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}

/// How an indexer's run ended.
#[derive(Debug, Clone, Default)]
pub struct IndexOutcome {
    /// Why documents are missing, where they are.
    pub failure: Option<String>,
    /// What the run as a whole complains of, with the paths concerned.
    pub warnings: Vec<(Option<String>, String)>,
    /// Files that are no longer what they were when they were hashed: nothing of the run counts.
    pub raced: Vec<RepoPath>,
    /// Files whose document says that it is of another text.
    pub other_texts: Vec<RepoPath>,
    /// How the work was done, in words.
    pub mode: Option<String>,
    /// What it cost, as the indexer remembers it for the next run.
    pub memory: Option<serde_json::Value>,
}

/// Makes no documents. Those that were imported are kept as long as they hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoIndexer;

impl NoIndexer {
    /// The key of imported documents.
    pub const KEY: &'static str = "import";
}

impl Indexer for NoIndexer {
    fn identify(&mut self, _: &dyn System) -> Result<IndexerIdentity, ProducerError> {
        // Who made them is not known, so they are taken to depend on all that an indexer could see.
        Ok(IndexerIdentity { key: Self::KEY.to_owned(), depth: InterfaceDepth::Inferred, dependents: Vec::new() })
    }

    fn makes_documents(&self) -> bool {
        false
    }

    fn index(&mut self, _: &IndexRequest<'_>, _: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        IndexOutcome::default()
    }
}
