//! The first part of a run: which files there are, what is in them, and what else the next snapshot shows of the disk.

use std::time::Instant;

use codeintel_base::{Problem, RepoPath, Stage};
use codeintel_store::{ScanProblemRow, Snapshot};
use codeintel_system::{GitState, Scan, System, Walk};
use rustc_hash::FxHashSet;

use super::context::Context;
use crate::error::EngineError;
use crate::inventory::{self, Inventory, InventoryFile};
use crate::metadata::{Metadata, affects_whole_repository};
use crate::plan::is_of_scan;

/// What is on disk.
pub(crate) struct Look {
    /// When the run began, in nanoseconds since 1970.
    pub(super) started_ns: i64,
    /// When the last scan of all files began.
    pub(super) scanned_at_ns: i64,
    pub(super) git: GitState,
    pub(super) commit: String,
    pub(super) inventory: Inventory,
    pub(super) metadata: Metadata,
    pub(super) source_roots: Vec<String>,
    /// What the last scan of all files depended on, as text.
    pub(super) walk: Option<String>,
    /// The same, if that scan was this one.
    pub(super) looked: Option<Walk>,
    pub(super) seconds: Vec<(&'static str, f64)>,
}

impl Look {
    /// Scan and hash what may differ from the last snapshot. With `changed`, only these paths may; the bytes of the files in `hold` are
    /// kept.
    pub(crate) fn new(
        context: &Context<'_>,
        changed: Option<&[RepoPath]>,
        hold: &FxHashSet<RepoPath>,
    ) -> Result<Self, EngineError> {
        let Context { system, options, prior, progress, .. } = *context;
        let clock = Instant::now();
        let started_ns = system.now_ns();
        progress.begin("scan", 0);
        let git = system.git();
        let commit = options.commit.clone().or_else(|| git.commit.clone()).unwrap_or_else(|| "worktree".to_owned());
        // Without a snapshot of this commit, nothing can be taken to be as it was.
        let vouched = prior.filter(|prior| prior.commit == commit).zip(changed);
        let vouched = vouched.filter(|(_, changed)| !changed.iter().any(affects_whole_repository));
        let scan = match vouched {
            Some((_, changed)) => system.scan(&options.scan, Some(changed)),
            None => rescan(context, hold).unwrap_or_else(|| system.scan(&options.scan, None)),
        };
        if let Some((prior, changed)) = vouched {
            if scan.needs_all || changed.iter().any(|path| was_folder(system, prior, path)) {
                return Self::new(context, None, hold);
            }
            check_changed(system, changed, &scan, prior)?;
        }
        let looked = scan.walk.clone().filter(|_| vouched.is_none());
        let projects = scan.projects.clone();
        let scanned = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        let mut inventory = inventory::take(context, scan, hold);
        let mut metadata = Metadata::read(system);
        // What is not looked at now is as the scan before has found it.
        let (scanned_at_ns, walk, source_roots) = match vouched {
            Some((prior, changed)) => {
                keep_unchanged(&mut inventory, prior, changed);
                (prior.scanned_at_ns, prior.walk.clone(), prior.source_roots.clone())
            }
            None => {
                let walk = looked.as_ref().map(|walk| serde_json::json!(walk).to_string());
                (started_ns, walk, metadata.source_roots(system, &projects))
            }
        };
        inventory.problems.append(&mut metadata.problems);
        inventory.problems.extend(inventory::case_twins(&inventory.files));
        let of_settings = options.problems.iter();
        inventory.problems.extend(
            of_settings.map(|(path, problem)| ScanProblemRow::new(Some(path.clone()), inventory::MODULES, problem)),
        );
        inventory.problems.extend(
            git.problem
                .as_ref()
                .map(|problem| ScanProblemRow::new(None, inventory::MODULES, &Problem::warning(Stage::Scan, problem))),
        );
        inventory.problems.sort();
        inventory.problems.dedup();
        let seconds = vec![("scan", scanned), ("hash", clock.elapsed().as_secs_f64())];
        Ok(Self { started_ns, scanned_at_ns, git, commit, inventory, metadata, source_roots, walk, looked, seconds })
    }
}

/// Scan all files again at the cost of a comparison, if the last scan can vouch for that.
fn rescan(context: &Context<'_>, hold: &FxHashSet<RepoPath>) -> Option<Scan> {
    let Context { system, options, prior, .. } = *context;
    let prior = prior.filter(|_| !options.rehash && hold.is_empty())?;
    let walk: Walk = serde_json::from_str(prior.walk.as_deref()?).ok()?;
    let files: Vec<&RepoPath> = prior.files.iter().map(|row| &row.path).collect();
    system.rescan(&options.scan, &walk, &files, prior.scanned_at_ns)
}

/// Whether a path that is gone led to files. It may have been a link to a folder, and another link may lead there now.
fn was_folder(system: &dyn System, prior: &Snapshot, path: &RepoPath) -> bool {
    let is_below = |file: &RepoPath| file != path && path.holds(file.as_str());
    !system.exists(path) && prior.files.iter().any(|row| is_below(&row.path))
}

/// Every path that was said to have changed must have been found, or be gone.
fn check_changed(system: &dyn System, changed: &[RepoPath], scan: &Scan, prior: &Snapshot) -> Result<(), EngineError> {
    for path in changed {
        let is_found = scan.files.iter().any(|file| path.holds(file.path.as_str()))
            || scan.problems.iter().any(|p| p.path.as_deref().is_some_and(|shown| path.holds(shown)));
        let is_known = prior.files.iter().any(|row| path.holds(row.path.as_str()))
            || prior.problems.iter().any(|p| p.path.as_deref().is_some_and(|shown| path.holds(shown)));
        match (is_found, system.exists(path), is_known) {
            (true, _, _) | (false, false, true) => {}
            // What was known and is ignored now is gone, as a full scan would find.
            (false, true, true) => {}
            (false, true, false) => return Err(EngineError::NotScanned(path.clone())),
            (false, false, false) => return Err(EngineError::Unknown(path.clone())),
        }
    }
    Ok(())
}

/// Add the files and problems of the last snapshot that were not looked at.
fn keep_unchanged(inventory: &mut Inventory, prior: &Snapshot, changed: &[RepoPath]) {
    let is_kept = |path: &str| !changed.iter().any(|outer| outer.holds(path));
    for row in prior.files.iter().filter(|row| is_kept(row.path.as_str())) {
        inventory.files.push(InventoryFile { path: row.path.clone(), hash: row.hash, state: row.state });
    }
    inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
    // Problems of files that are scanned, of metadata and of settings are found again in every run.
    let files: FxHashSet<&str> = inventory.files.iter().map(|file| file.path.as_str()).collect();
    let is_kept = |path: &str| is_kept(path) && !files.contains(path) && !Metadata::is_read_always(path);
    let is_of_settings = |problem: &ScanProblemRow| problem.stage == Stage::Settings.as_str();
    let kept = prior.problems.iter().filter(|problem| is_of_scan(problem) && !is_of_settings(problem));
    let kept = kept.filter(|problem| problem.path.as_deref().is_some_and(is_kept));
    inventory.problems.extend(kept.cloned());
}
