//! A world in memory, for tests that need to command the clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use codeintel_base::RepoPath;

use crate::git::GitState;
use crate::regular::ReadError;
use crate::scan::{Scan, ScanOptions, ScannedFile, Stat, Walk};
use crate::system::System;

/// Files in memory, with a clock that moves only when told to.
#[derive(Debug, Default)]
pub struct MemorySystem {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<RepoPath, (Vec<u8>, Stat)>,
    now_ns: i64,
    git: GitState,
    reads: usize,
}

impl MemorySystem {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Write a file; its times are the clock's.
    pub fn write(&self, path: &RepoPath, bytes: &[u8]) {
        let mut state = self.state();
        let stat = Stat { size: bytes.len() as u64, mtime_ns: state.now_ns, ctime_ns: state.now_ns, inode: 1 };
        state.files.insert(path.clone(), (bytes.to_vec(), stat));
    }

    /// Delete a file.
    pub fn remove(&self, path: &RepoPath) {
        self.state().files.remove(path);
    }

    /// Give a file the clock's time without changing its bytes.
    pub fn touch(&self, path: &RepoPath) {
        let mut state = self.state();
        let now_ns = state.now_ns;
        if let Some((_, stat)) = state.files.get_mut(path) {
            stat.mtime_ns = now_ns;
            stat.ctime_ns = now_ns;
        }
    }

    /// Move a file; its bytes and its modification time stay.
    pub fn rename(&self, from: &RepoPath, to: &RepoPath) {
        let mut state = self.state();
        let now_ns = state.now_ns;
        if let Some((bytes, mut stat)) = state.files.remove(from) {
            stat.ctime_ns = now_ns;
            state.files.insert(to.clone(), (bytes, stat));
        }
    }

    /// Let time pass.
    pub fn advance(&self, nanoseconds: i64) {
        self.state().now_ns += nanoseconds;
    }

    /// Set what git says.
    pub fn set_git(&self, git: GitState) {
        self.state().git = git;
    }

    /// How many files were read so far.
    pub fn reads(&self) -> usize {
        self.state().reads
    }
}

impl System for MemorySystem {
    fn scan(&self, options: &ScanOptions, only: Option<&[RepoPath]>) -> Scan {
        let is_wanted = |path: &RepoPath| only.is_none_or(|only| only.contains(path)) && !is_pruned(options, path);
        let state = self.state();
        let wanted = || state.files.iter().filter(|(path, _)| is_wanted(path));
        let files = wanted().filter(|(path, _)| options.include.is_match(path.as_str()));
        Scan {
            files: files.map(|(path, (_, stat))| ScannedFile { path: path.clone(), stat: *stat }).collect(),
            projects: wanted()
                .map(|(path, _)| path)
                .filter(|path| path.file_name() == "pyproject.toml")
                .cloned()
                .collect(),
            problems: Vec::new(),
            walk: None,
            needs_all: false,
        }
        .finish()
    }

    fn rescan(&self, _: &ScanOptions, _: &Walk, _: &[&RepoPath], _: i64) -> Option<Scan> {
        None
    }

    fn read(&self, path: &RepoPath, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError> {
        let mut state = self.state();
        state.reads += 1;
        let (bytes, stat) = state.files.get(path).ok_or(ReadError::Gone)?;
        if stat.size > max_bytes {
            return Err(ReadError::TooLarge { size: stat.size, limit: max_bytes });
        }
        Ok((bytes.clone(), *stat))
    }

    fn exists(&self, path: &RepoPath) -> bool {
        self.state().files.contains_key(path)
    }

    fn now_ns(&self) -> i64 {
        self.state().now_ns
    }

    fn git(&self) -> GitState {
        self.state().git.clone()
    }

    fn slug(&self) -> Option<String> {
        None
    }
}

/// Whether the path or a folder around it is left out.
fn is_pruned(options: &ScanOptions, path: &RepoPath) -> bool {
    let path = path.as_str();
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    folders.into_iter().any(|folder| options.prunes(folder, true)) || options.prunes(path, false)
}
