//! What codeintel asks of the outside world.

use codeintel_base::RepoPath;

use crate::git::GitState;
use crate::regular::ReadError;
use crate::scan::{Scan, ScanOptions, Stat, Walk};

/// The world around one repository. All paths are inside of it.
pub trait System: Sync {
    /// Find the source files: all of them, or those at or below the paths in `only`.
    fn scan(&self, options: &ScanOptions, only: Option<&[RepoPath]>) -> Scan;

    /// The same as a scan of everything, if nothing shows that another walk would find other files than these, which
    /// the walk found at the time given. Costs a look at each folder in place of a walk.
    fn rescan(&self, options: &ScanOptions, walk: &Walk, files: &[&RepoPath], scanned_at_ns: i64) -> Option<Scan>;

    /// Read a file with the stat data it had before reading. Fails for what is not a regular file or is too large.
    fn read(&self, path: &RepoPath, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError>;

    /// Whether anything, of whatever type, has the path.
    fn exists(&self, path: &RepoPath) -> bool;

    /// The time in nanoseconds since 1970, by the clock that stamps files.
    fn now_ns(&self) -> i64;

    /// What git says of the working tree.
    fn git(&self) -> GitState;

    /// The repository's slug by git's remote `origin`.
    fn slug(&self) -> Option<String>;
}
