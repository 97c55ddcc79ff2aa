//! What is on disk now: every source file with the hash of its bytes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use codeintel_base::{ContentHash, RepoPath};
use codeintel_store::{FileRow, FileState, ScanProblemRow};
use codeintel_system::{ReadError, Scan, Stat};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::run::Context;

/// The dataset that misses a file that cannot be scanned.
pub(crate) const MODULES: &str = "core.modules";

/// Every source file, and what could not be one.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Sorted by path.
    pub(crate) files: Vec<InventoryFile>,
    /// Sorted.
    pub(crate) problems: Vec<ScanProblemRow>,
    /// The bytes of some of the files that were read, by their hash.
    pub(crate) held: FxHashMap<ContentHash, Vec<u8>>,
    /// The number of files that were read.
    pub(crate) hashed: usize,
    /// Whether a file was read only because its time was too close to the last scan.
    pub(crate) had_racy: bool,
}

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InventoryFile {
    pub(crate) path: RepoPath,
    pub(crate) hash: ContentHash,
    pub(crate) state: FileState,
}

/// Hash what the stat data do not vouch for. Bytes of files in `hold` are held whatever their size.
pub(crate) fn take(context: &Context<'_>, scan: Scan, hold: &FxHashSet<RepoPath>) -> Inventory {
    let Context { options, prior, .. } = *context;
    let known: FxHashMap<&RepoPath, &FileRow> =
        prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
    let scanned_at_ns = prior.map_or(0, |prior| prior.scanned_at_ns);
    let mut inventory = Inventory::default();
    let mut unknown = Vec::new();
    for file in scan.files {
        let state = state_of(file.stat);
        let row =
            known.get(&file.path).filter(|row| row.state == state && !options.rehash && !hold.contains(&file.path));
        match row {
            Some(row) if !file.stat.is_racy(scanned_at_ns) => {
                inventory.files.push(InventoryFile { path: file.path, hash: row.hash, state });
            }
            row => {
                inventory.had_racy |= row.is_some();
                unknown.push(file.path);
            }
        }
    }
    inventory.problems = scan.problems.into_iter().map(|p| ScanProblemRow::new(p.path, MODULES, &p.problem)).collect();
    inventory.hashed = unknown.len();
    hash_all(context, &unknown, hold, &mut inventory);
    inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
    inventory.problems.sort();
    inventory
}

/// What was read of one file.
type Read = Result<(InventoryFile, Option<Vec<u8>>), (RepoPath, ReadError)>;

fn hash_all(context: &Context<'_>, paths: &[RepoPath], hold: &FxHashSet<RepoPath>, inventory: &mut Inventory) {
    let Context { system, options, progress, .. } = *context;
    progress.begin("hash", paths.len());
    let next = AtomicUsize::new(0);
    let held_bytes = AtomicUsize::new(0);
    let read = Mutex::new(Vec::with_capacity(paths.len()));
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result: Read = match system.read(path, options.scan.max_bytes) {
                Ok((bytes, stat)) => {
                    let file =
                        InventoryFile { path: path.clone(), hash: ContentHash::of(&bytes), state: state_of(stat) };
                    let before = held_bytes.fetch_add(bytes.len(), Ordering::Relaxed);
                    let is_held = before + bytes.len() <= options.held_bytes || hold.contains(path);
                    Ok((file, is_held.then_some(bytes)))
                }
                Err(error) => Err((path.clone(), error)),
            };
            read.lock().unwrap_or_else(PoisonError::into_inner).push(result);
            progress.step();
        }
    };
    // A few files are read faster than threads start.
    let threads = options.workers.min(paths.len() / 16);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    for result in read.into_inner().unwrap_or_else(PoisonError::into_inner) {
        match result {
            Ok((file, bytes)) => {
                if let Some(bytes) = bytes {
                    inventory.held.insert(file.hash, bytes);
                }
                inventory.files.push(file);
            }
            // Deleted since the scan: as if it had been deleted before.
            Err((_, ReadError::Gone)) => {}
            Err((path, error)) => {
                let problem = codeintel_base::Problem::error(codeintel_base::Stage::Scan, error.to_string());
                inventory.problems.push(ScanProblemRow::new(Some(path.to_string()), MODULES, &problem));
            }
        }
    }
}

/// Names that differ in case only, each but the first.
pub(crate) fn case_twins(files: &[InventoryFile]) -> Vec<ScanProblemRow> {
    let mut folded: Vec<(String, &RepoPath)> =
        files.iter().map(|file| (file.path.as_str().to_lowercase(), &file.path)).collect();
    folded.sort();
    let twins = folded.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let problem = |pair: &[(String, &RepoPath)]| {
        let message =
            format!("the name differs from `{}` only in case; some file systems can store only one of them", pair[0].1);
        let problem = codeintel_base::Problem::warning(codeintel_base::Stage::Scan, message);
        ScanProblemRow::new(Some(pair[1].1.to_string()), MODULES, &problem)
    };
    twins.map(problem).collect()
}

fn state_of(stat: Stat) -> FileState {
    FileState {
        size_bytes: stat.size as i64,
        mtime_ns: stat.mtime_ns,
        ctime_ns: stat.ctime_ns,
        inode: stat.inode as i64,
    }
}
