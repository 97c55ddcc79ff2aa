//! The walk over a repository's folders.
//!
//! Each folder is entered once at most, under the name that it really has. A link to a folder counts only where nothing else leads
//! there, as into a folder that is left out by its name; of several such links the first one in the order of paths counts. So neither
//! many links nor cycles of them cost anything, and what is found does not depend on the order in which threads work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use codeintel_base::{RepoPath, RepoPathError};

use crate::regular::ReadError;
use crate::rules::{RULE_FILES, RuleReader, Rules};
use crate::scan::{Scan, ScanOptions, ScanProblem, ScannedFile, Seen, Stat};

/// A walk over a repository.
pub(crate) struct Walker<'a> {
    pub(crate) root: &'a Path,
    pub(crate) options: &'a ScanOptions,
    /// What is wanted: these paths and what lies below them, or everything.
    pub(crate) only: Option<&'a [RepoPath]>,
    /// Whether the rules of the folders around the repository hold in it.
    pub(crate) uses_outer_rules: bool,
}

/// A folder to enter.
struct Folder {
    path: PathBuf,
    /// The rules of the folders around it.
    rules: Option<Arc<Rules>>,
}

/// What a folder is, whatever its names are: its device and its inode.
type FolderId = (u64, u64);

/// What was found in some folders.
#[derive(Default)]
struct Found {
    scan: Scan,
    /// The folders and the files of rules in them.
    seen: Vec<Seen>,
    /// Whether a folder has a name that cannot be written down.
    is_nameless: bool,
    entered: BTreeSet<FolderId>,
    /// Folders that are not entered yet.
    folders: Vec<Folder>,
    /// Links to folders inside of the repository, by their paths.
    links: BTreeMap<PathBuf, Folder>,
}

impl Found {
    fn add(&mut self, mut other: Self) {
        self.scan.files.append(&mut other.scan.files);
        self.scan.projects.append(&mut other.scan.projects);
        self.scan.problems.append(&mut other.scan.problems);
        self.scan.needs_all |= other.scan.needs_all;
        self.seen.append(&mut other.seen);
        self.is_nameless |= other.is_nameless;
        self.entered.append(&mut other.entered);
        self.folders.append(&mut other.folders);
        self.links.append(&mut other.links);
    }

    fn problem(&mut self, problem: ScanProblem) {
        self.scan.problems.push(problem);
    }
}

impl Walker<'_> {
    /// Walk. Gives what was found, and all folders that were entered with the files of rules in them, unless one of them has a name
    /// that cannot be written down.
    pub(crate) fn walk(&self) -> (Scan, Option<Vec<Seen>>) {
        let mut found = Found::default();
        let reader = self.options.ignore_files.then(|| RuleReader::new(self.root, &mut found.scan.problems));
        let rules = match &reader {
            Some(reader) if self.uses_outer_rules => reader.around(&mut found.scan.problems),
            _ => None,
        };
        found.folders.push(Folder { path: self.root.to_owned(), rules });
        let mut found = self.enter_all(reader.as_ref(), found, &BTreeSet::new());
        while let Some((_, link)) = found.links.pop_first() {
            let target = fs::metadata(&link.path).ok().map(|metadata| id_of(&metadata));
            if target.is_none_or(|target| found.entered.contains(&target)) {
                continue;
            }
            // Links that are found behind this one come into the same order.
            let behind = Found { folders: vec![link], ..Found::default() };
            let behind = self.enter_all(reader.as_ref(), behind, &found.entered);
            found.add(behind);
        }
        let seen = (!found.is_nameless).then_some(found.seen);
        (found.scan.finish(), seen)
    }

    /// Enter all folders that wait and those in them, but none of those that are known.
    fn enter_all(&self, reader: Option<&RuleReader<'_>>, found: Found, known: &BTreeSet<FolderId>) -> Found {
        let state = Mutex::new((found, 0));
        let has_changed = Condvar::new();
        let lock = || -> MutexGuard<'_, (Found, usize)> { state.lock().unwrap_or_else(PoisonError::into_inner) };
        let work = || {
            let mut guard = lock();
            loop {
                let (found, active) = &mut *guard;
                if let Some(folder) = found.folders.pop() {
                    *active += 1;
                    drop(guard);
                    let part = self.enter(reader, &folder, known);
                    guard = lock();
                    let (found, active) = &mut *guard;
                    *active -= 1;
                    let is_news = part.folders.len() > 1 || *active == 0;
                    found.add(part);
                    if is_news {
                        has_changed.notify_all();
                    }
                } else if *active == 0 {
                    return;
                } else {
                    guard = has_changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.options.threads {
                scope.spawn(work);
            }
            work();
        });
        state.into_inner().unwrap_or_else(PoisonError::into_inner).0
    }

    fn enter(&self, reader: Option<&RuleReader<'_>>, folder: &Folder, known: &BTreeSet<FolderId>) -> Found {
        let mut found = Found::default();
        let path = &folder.path;
        let list = fs::metadata(path).and_then(|metadata| Ok((metadata, fs::read_dir(path)?)));
        let (metadata, list) = match list {
            Ok(list) => list,
            Err(error) => {
                found.scan.problems.extend(self.problem(path, &error));
                return found;
            }
        };
        let id = id_of(&metadata);
        if known.contains(&id) {
            return found;
        }
        found.entered.insert(id);
        let mut entries = Vec::new();
        for entry in list {
            match entry {
                Ok(entry) => entries.push((entry.file_name(), entry)),
                Err(error) => found.scan.problems.extend(self.problem(path, &error)),
            }
        }
        self.note(path, &metadata, &entries, &mut found);
        let names = entries.iter().map(|(name, _)| name.as_os_str());
        let rules = match reader {
            Some(reader) => reader.of(path, names, folder.rules.clone(), &mut found.scan.problems),
            None => None,
        };
        for (_, entry) in &entries {
            self.visit(reader, rules.as_ref(), entry, &mut found);
        }
        found
    }

    /// Remember a folder and the files of rules in it.
    fn note(&self, path: &Path, metadata: &Metadata, entries: &[(std::ffi::OsString, DirEntry)], found: &mut Found) {
        let Some(shown) = path.strip_prefix(self.root).ok().and_then(Path::to_str) else {
            found.is_nameless = true;
            return;
        };
        found.seen.push((shown.to_owned(), Some(Stat::of(metadata).stamp())));
        for (name, entry) in entries.iter().filter(|(name, _)| RULE_FILES.iter().any(|rules| name == *rules)) {
            let name = name.to_string_lossy();
            let shown = if shown.is_empty() { name.into_owned() } else { format!("{shown}/{name}") };
            let metadata = fs::metadata(entry.path()).ok();
            found.seen.extend(metadata.map(|metadata| (shown, Some(Stat::of(&metadata).stamp()))));
        }
    }

    fn visit(&self, reader: Option<&RuleReader<'_>>, rules: Option<&Arc<Rules>>, entry: &DirEntry, found: &mut Found) {
        let path = entry.path();
        let relative = path.strip_prefix(self.root).unwrap_or(&path);
        let is_ignored = |is_folder| reader.is_some_and(|reader| reader.is_ignored(rules, &path, is_folder));
        let is_left_out = |is_folder| {
            // What has a name that is not UTF-8 matches no pattern.
            let is_pruned = relative.to_str().is_some_and(|path| {
                self.options.prunes(path, is_folder) || self.only.is_some_and(|only| !is_wanted(path, only))
            });
            is_pruned || is_ignored(is_folder)
        };
        let file_type = match entry.file_type() {
            Ok(file_type) => file_type,
            Err(error) => return found.scan.problems.extend(self.problem(&path, &error)),
        };
        if file_type.is_dir() {
            if !is_left_out(true) {
                found.folders.push(Folder { path, rules: rules.cloned() });
            }
            return;
        }
        let shown = relative.to_string_lossy();
        let is_source = self.options.include.is_match(&shown);
        if !file_type.is_symlink() {
            if (is_source || entry.file_name() == "pyproject.toml") && !is_left_out(false) {
                self.file(relative, entry.metadata(), is_source, found);
            }
            return;
        }
        let metadata = fs::metadata(&path);
        let is_folder = metadata.as_ref().is_ok_and(Metadata::is_dir);
        if is_left_out(is_folder) {
            return;
        }
        if is_source || is_folder {
            let target = path.canonicalize();
            if target.as_ref().is_ok_and(|target| !self.options.is_scanned(self.root, target, is_folder)) {
                let message =
                    "the symbolic link leads out of the repository or to an unscanned path and is not followed";
                return found.problem(ScanProblem::warning(Some(shown.into_owned()), message));
            }
            let around = || path.parent().and_then(|parent| parent.canonicalize().ok());
            if is_folder && target.is_ok_and(|target| around().is_some_and(|around| around.starts_with(target))) {
                let message = "the symbolic link leads to one of its parent folders and is not followed";
                return found.problem(ScanProblem::error(Some(shown.into_owned()), message));
            }
        }
        match metadata {
            Err(error) => found.scan.problems.extend(self.problem(&path, &error)),
            Ok(_) if is_folder => {
                if self.only.is_some() {
                    found.scan.needs_all = true;
                } else {
                    found.links.insert(path.clone(), Folder { path, rules: rules.cloned() });
                }
            }
            Ok(metadata) => self.file(relative, Ok(metadata), is_source, found),
        }
    }

    /// What is no folder, and may be a source or a project's description.
    fn file(&self, relative: &Path, metadata: io::Result<Metadata>, is_source: bool, found: &mut Found) {
        let is_project = relative.file_name().is_some_and(|name| name == "pyproject.toml");
        if !is_project && !is_source {
            return;
        }
        let path = match RepoPath::new(relative) {
            Ok(path) => path,
            Err(error @ (RepoPathError::NotUtf8 | RepoPathError::Outside)) => {
                return found
                    .problem(ScanProblem::error(Some(relative.to_string_lossy().into_owned()), error.to_string()));
            }
        };
        let refuse = |error: &ReadError| ScanProblem::error(Some(path.to_string()), error.to_string());
        match metadata {
            Ok(metadata) if is_project && metadata.is_file() => found.scan.projects.push(path),
            // What stands in place of the one in the root, whoever reads the settings reports.
            Ok(_) if is_project && path.parent().is_empty() => {}
            Ok(_) if is_project => {
                found.problem(ScanProblem::warning(Some(path.to_string()), ReadError::NotAFile.to_string()));
            }
            Ok(metadata) if !metadata.is_file() => found.problem(refuse(&ReadError::NotAFile)),
            Ok(metadata) if metadata.len() > self.options.max_bytes => {
                found.problem(refuse(&ReadError::TooLarge { size: metadata.len(), limit: self.options.max_bytes }));
            }
            Ok(metadata) => found.scan.files.push(ScannedFile { path, stat: Stat::of(&metadata) }),
            Err(error) => found.scan.problems.extend(self.problem(&self.root.join(relative), &error)),
        }
    }

    fn problem(&self, path: &Path, error: &io::Error) -> Option<ScanProblem> {
        let shown = path.strip_prefix(self.root).unwrap_or(path).to_string_lossy().into_owned();
        // What is no folder and would not have been a source file either is missed by nobody.
        if error.kind() == io::ErrorKind::NotFound && !self.options.include.is_match(&shown) {
            return None;
        }
        Some(ScanProblem::error(Some(shown).filter(|path| !path.is_empty()), format!("cannot be read: {error}")))
    }
}

fn id_of(metadata: &Metadata) -> FolderId {
    (metadata.dev(), metadata.ino())
}

/// Whether the path is on the way to one of the wanted ones, is one of them or lies below one.
fn is_wanted(path: &str, only: &[RepoPath]) -> bool {
    let is_above = |wanted: &RepoPath| wanted.as_str().strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    only.iter().any(|wanted| is_above(wanted) || wanted.holds(path))
}
