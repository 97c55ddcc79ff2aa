//! The sources of a repository as they were hashed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use codeintel_base::{ContentHash, RepoPath};
use codeintel_semantic::{ProjectFile, ReadSource};
use codeintel_system::{System, decode};
use rustc_hash::FxHashMap;

/// Reads sources, and notices where they are not what they were when they were hashed.
pub(super) struct HashedSource {
    system: Arc<dyn System + Send>,
    state: Mutex<Expected>,
}

#[derive(Default)]
struct Expected {
    hashes: FxHashMap<String, (RepoPath, ContentHash)>,
    max_bytes: u64,
    raced: Vec<RepoPath>,
}

impl std::fmt::Debug for HashedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashedSource").finish_non_exhaustive()
    }
}

impl HashedSource {
    pub(super) fn new(system: Arc<dyn System + Send>) -> Self {
        Self { system, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, Expected> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These files are read from now on.
    pub(super) fn expect(&self, files: &[ProjectFile], max_bytes: u64) {
        let hashes = files.iter().map(|file| (file.path.to_string(), (file.path.clone(), file.hash))).collect();
        *self.state() = Expected { hashes, max_bytes, raced: Vec::new() };
    }

    pub(super) fn has_raced(&self) -> bool {
        !self.state().raced.is_empty()
    }

    pub(super) fn raced(&self) -> Vec<RepoPath> {
        self.state().raced.clone()
    }
}

impl ReadSource for HashedSource {
    fn read(&self, path: &str) -> Option<String> {
        let mut state = self.state();
        let (path, hash) = state.hashes.get(path).cloned()?;
        match self.system.read(&path, state.max_bytes) {
            Ok((bytes, _)) if ContentHash::of(&bytes) == hash => decode(&bytes).ok(),
            _ => {
                state.raced.push(path);
                None
            }
        }
    }
}
