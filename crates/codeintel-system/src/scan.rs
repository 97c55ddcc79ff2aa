//! What a scan looks for and what it finds.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use codeintel_base::{Problem, RepoPath};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

/// The stat data of a file. Equal data make it likely that the bytes are equal; only a hash makes it certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of the bytes or of the stat data, in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Number of the file in its file system; another one shows that a folder around the file was swapped.
    pub inode: u64,
}

/// File systems stamp times with a granularity; what changed within this time of a scan may change again unseen.
const FINE_GRANULARITY_NS: i64 = 20_000_000;
/// The same for file systems that keep whole seconds only.
const COARSE_GRANULARITY_NS: i64 = 2_000_000_000;

impl Stat {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            size: metadata.len(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// All but the size, which says nothing of a folder.
    pub(crate) fn stamp(self) -> (i64, i64, u64) {
        (self.mtime_ns, self.ctime_ns, self.inode)
    }

    /// Whether the file was changed so shortly before a scan that it may have changed again under the same times.
    pub fn is_racy(&self, scanned_at_ns: i64) -> bool {
        let is_near = |time: i64| {
            let is_coarse = time % 1_000_000_000 == 0;
            time > scanned_at_ns - if is_coarse { COARSE_GRANULARITY_NS } else { FINE_GRANULARITY_NS }
        };
        is_near(self.mtime_ns) || is_near(self.ctime_ns)
    }
}

/// What a walk depended on: as long as all of it is as it was, another walk would find the same files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// The options, as text.
    pub(crate) options: String,
    /// How many files were found.
    pub(crate) files: usize,
    /// The `pyproject.toml` files that were found.
    pub(crate) projects: Vec<String>,
    /// Every folder that was entered and every file of ignore rules.
    pub(crate) seen: Vec<Seen>,
}

impl Walk {
    /// Every folder that was entered and every file of ignore rules, whether it is there or not. Absolute paths are outside of
    /// the repository.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.seen.iter().map(|(path, _)| path.as_str())
    }
}

/// A path with its modification time, change time and inode; none for one that was not there.
pub(crate) type Seen = (String, Option<(i64, i64, u64)>);

/// A source file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedFile {
    /// Its path.
    pub path: RepoPath,
    /// Its stat data when it was found.
    pub stat: Stat,
}

/// Something that could not be scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanProblem {
    /// Path from the root, as well as it can be shown; none where the problem is not one of a file.
    pub path: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What a scan found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Source files, sorted by path.
    pub files: Vec<ScannedFile>,
    /// `pyproject.toml` files, sorted by path.
    pub projects: Vec<RepoPath>,
    /// What could not be scanned, sorted.
    pub problems: Vec<ScanProblem>,
    /// What all of this depended on, where that is known.
    pub walk: Option<Walk>,
    /// Whether a scan of some paths met a link to a folder of the repository. Which links count depends on all of them, so only a scan
    /// of everything can tell what is found there.
    pub needs_all: bool,
}

impl Scan {
    /// Bring everything into its order.
    pub(crate) fn finish(mut self) -> Self {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.projects.sort();
        self.problems.sort();
        self
    }
}

impl ScanProblem {
    /// A problem that costs facts.
    pub fn error(path: Option<String>, message: impl Into<String>) -> Self {
        Self { path, problem: Problem::error(codeintel_base::Stage::Scan, message) }
    }

    /// A problem that costs nothing yet.
    pub fn warning(path: Option<String>, message: impl Into<String>) -> Self {
        Self { path, problem: Problem::warning(codeintel_base::Stage::Scan, message) }
    }
}

/// Folders with these names hold no sources, whatever is asked for: one is git's, the other one is our own.
const NEVER_SCANNED: [&str; 2] = [".git", ".codeintel"];

/// Patterns of the files that are scanned by default.
pub const DEFAULT_INCLUDE: &[&str] = &["*.py", "*.pyi"];

/// Names of the folders that are left out by default: environments, caches, builds and what version control keeps for itself.
pub const DEFAULT_IGNORED_DIRS: &[&str] = &[
    ".codeintel",
    ".eggs",
    ".git",
    ".hg",
    ".idea",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
];

/// Files larger than this are left out by default.
pub const DEFAULT_MAX_BYTES: u64 = 16 << 20;

/// Which files are source files.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// Files must match one of these patterns.
    pub include: Patterns,
    /// Files and folders must match none of these patterns.
    pub exclude: Patterns,
    /// Folders of these names are not entered, wherever they are.
    pub ignore_dirs: Vec<String>,
    /// Whether `.gitignore`, `.ignore` and git's own excludes are obeyed.
    pub ignore_files: bool,
    /// Larger files are left out, with a problem.
    pub max_bytes: u64,
    /// The number of threads that walk.
    pub threads: usize,
}

/// Patterns of paths.
#[derive(Debug, Clone)]
pub struct Patterns {
    texts: Vec<String>,
    globs: GlobSet,
}

impl Patterns {
    /// Whether a path from the root matches one of them.
    pub fn is_match(&self, path: &str) -> bool {
        self.globs.is_match(path)
    }
}

/// A pattern that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a valid pattern: {reason}")]
pub struct OptionsError {
    /// The pattern as given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ScanOptions {
    /// Compile patterns. One without a `/` matches the name in any folder; `**` matches any number of folders.
    pub fn globs(patterns: &[String]) -> Result<Patterns, OptionsError> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let error =
                |error: globset::Error| OptionsError { pattern: pattern.clone(), reason: error.kind().to_string() };
            let anchored = match pattern.strip_prefix('/') {
                Some(anchored) => anchored.to_owned(),
                None if pattern.trim_end_matches('/').contains('/') => pattern.clone(),
                None => format!("**/{pattern}"),
            };
            set.add(Glob::new(anchored.trim_end_matches('/')).map_err(error)?);
        }
        let error = |error: globset::Error| OptionsError { pattern: patterns.join(", "), reason: error.to_string() };
        Ok(Patterns { texts: patterns.to_vec(), globs: set.build().map_err(error)? })
    }

    /// All that decides which files are found.
    pub(crate) fn as_text(&self) -> String {
        let Self { include, exclude, ignore_dirs, ignore_files, max_bytes, threads: _ } = self;
        format!("{:?} {:?} {ignore_dirs:?} {ignore_files} {max_bytes}", include.texts, exclude.texts)
    }

    /// Whether what a symbolic link leads to is scanned itself, or for a folder, may be.
    pub(crate) fn is_scanned(&self, root: &Path, target: &Path, is_folder: bool) -> bool {
        let Some(path) = target.strip_prefix(root).ok().and_then(Path::to_str) else { return false };
        let around = path.match_indices('/').map(|(end, _)| &path[..end]).chain(is_folder.then_some(path));
        let is_entered = |folder: &str| {
            let name = folder.rsplit('/').next().unwrap_or(folder);
            !NEVER_SCANNED.contains(&name) && (is_folder || !self.prunes(folder, true))
        };
        around.into_iter().all(is_entered) && (is_folder || self.include.is_match(path) && !self.prunes(path, false))
    }

    /// Whether a path with this name is left out together with everything below it.
    pub(crate) fn prunes(&self, path: &str, is_folder: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        is_folder && (NEVER_SCANNED.contains(&name) || self.ignore_dirs.iter().any(|dir| dir == name))
            || self.exclude.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_near_a_scan_is_not_vouched_for() {
        let at = |time: i64| Stat { size: 1, mtime_ns: time, ctime_ns: time, inode: 1 };
        let scan = 1_000_000_000_000 + 5;
        assert!(at(scan - 10).is_racy(scan));
        assert!(at(scan + 10).is_racy(scan), "clocks may differ");
        assert!(!at(scan - 30_000_000).is_racy(scan));
        assert!(at(999_000_000_000).is_racy(scan), "a time in whole seconds may be rounded");
        let old_bytes_new_inode = Stat { mtime_ns: 1, ..at(scan) };
        assert!(old_bytes_new_inode.is_racy(scan));
    }

    #[test]
    fn patterns_without_a_slash_match_in_any_folder() {
        let globs = |patterns: &[&str]| {
            ScanOptions::globs(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>()).unwrap()
        };
        assert!(globs(&["*.py"]).is_match("a/b.py"));
        assert!(globs(&["/setup.py"]).is_match("setup.py"));
        assert!(!globs(&["/setup.py"]).is_match("a/setup.py"));
        assert!(globs(&["vendor/"]).is_match("a/vendor"));
        assert!(globs(&["a/**/x.py"]).is_match("a/b/c/x.py"));
        assert!(ScanOptions::globs(&["[".to_owned()]).is_err());
    }
}
