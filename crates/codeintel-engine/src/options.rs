//! What a run is asked to do.

use codeintel_base::{Problem, RepoPath};
use codeintel_datasets::{Tree, all_facts};
use codeintel_store::FactsVersion;
use codeintel_system::{DEFAULT_IGNORED_DIRS, DEFAULT_INCLUDE, DEFAULT_MAX_BYTES, ScanOptions};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The repository's slug.
    pub repo: String,
    /// A label in place of HEAD's hash.
    pub commit: Option<String>,
    /// Which files are source files.
    pub scan: ScanOptions,
    /// The datasets to extract. Those that the database already keeps for the repository are kept true as well.
    pub datasets: Vec<FactsVersion>,
    /// Extract everything again, whatever the ledger says.
    pub full: bool,
    /// Hash every file, whatever its stat data say.
    pub rehash: bool,
    /// Look at these paths only, and take everything else to be as it was.
    pub changed: Option<Vec<RepoPath>>,
    /// The number of threads that read, hash, parse and extract; at least 1.
    pub workers: usize,
    /// At most so many of them parse and extract when rows of abstract syntax trees are wanted.
    pub ast_workers: usize,
    /// The same for concrete syntax trees. One parse serves both, so the smaller bound holds where both are wanted.
    pub cst_workers: usize,
    /// How many snapshots of the repository are kept; at least 1.
    pub keep_snapshots: usize,
    /// Whether SCIP documents are wanted. Where the database has some, they are kept true in any case.
    pub index: bool,
    /// What is wrong with what was asked for, and the file that asked for it, from the root.
    pub problems: Vec<(String, Problem)>,
    /// Bytes of source that may be held between hashing and parsing, to save reading twice.
    pub held_bytes: usize,
}

impl Options {
    /// How many threads may work on a tree.
    pub(crate) fn workers_for(&self, tree: Tree) -> usize {
        match tree {
            Tree::Abstract => self.workers.min(self.ast_workers),
            Tree::Concrete => self.workers.min(self.cst_workers),
        }
    }

    /// All datasets of a repository, with default settings.
    pub fn new(repo: impl Into<String>) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Self {
            repo: repo.into(),
            commit: None,
            scan: ScanOptions {
                include: ScanOptions::globs(&texts(DEFAULT_INCLUDE)).expect("the default patterns are valid"),
                exclude: ScanOptions::globs(&[]).expect("no pattern is valid"),
                ignore_dirs: texts(DEFAULT_IGNORED_DIRS),
                ignore_files: true,
                max_bytes: DEFAULT_MAX_BYTES,
                threads: 1,
            },
            datasets: all_facts().filter_map(FactsVersion::new).collect(),
            full: false,
            rehash: false,
            changed: None,
            workers: 1,
            ast_workers: usize::MAX,
            cst_workers: usize::MAX,
            keep_snapshots: 10,
            index: true,
            problems: Vec::new(),
            held_bytes: 32 << 20,
        }
    }
}
