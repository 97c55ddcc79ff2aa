//! Being told when something in a repository changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use codeintel_base::RepoPath;
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::scan::{ScanOptions, Walk};

/// Changes are told at last after this time, even if there are always more of them.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// More files than these are found sooner by a look at everything.
const MOST_FILES: usize = 100;

/// What git writes when another commit is checked out or made, in its own folder or in `logs`.
const GIT_FILES: [&str; 2] = ["HEAD", "packed-refs"];

/// Watches the folders that a walk has entered, and where git keeps what is checked out.
#[derive(Debug)]
pub struct RepositoryWatch {
    root: PathBuf,
    git: PathBuf,
    options: ScanOptions,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The content of these files, or whether they are there.
    Files(BTreeSet<RepoPath>),
    /// Perhaps everything.
    Any,
}

impl RepositoryWatch {
    /// Watches nothing yet.
    pub fn new(root: &Path, options: &ScanOptions) -> notify::Result<Self> {
        let (sender, events) = channel();
        Ok(Self {
            root: root.to_owned(),
            git: git_folder(root),
            options: options.clone(),
            watcher: notify::recommended_watcher(sender)?,
            events,
            folders: BTreeSet::new(),
        })
    }

    /// Watch what a walk depended on. Gives whether anything of it was not watched before: what happened there meanwhile
    /// has been told to nobody.
    pub fn follow(&mut self, walk: &Walk) -> notify::Result<bool> {
        let mut folders: BTreeSet<PathBuf> = walk.paths().map(|path| self.root.join(path)).collect();
        // Rules may be in files that are not there yet, or outside of the repository.
        folders = folders.into_iter().filter_map(|path| if path.is_dir() { Some(path) } else { Some(path.parent()?.to_owned()) }).collect();
        folders.extend([self.git.clone(), self.git.join("logs")]);
        folders.retain(|folder| folder.is_dir());
        for gone in self.folders.difference(&folders) {
            // It may be that the folder itself is gone, and nothing is left to be given up.
            let _not_watched = self.watcher.unwatch(gone);
        }
        let mut is_new = false;
        for folder in folders.difference(&self.folders) {
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => is_new = true,
                // Its parent tells that it is gone.
                Err(_) if !folder.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        self.folders = folders;
        Ok(is_new)
    }

    /// Wait until something changes and then nothing more for a while, but no longer than `patience` for the first change.
    pub fn wait(&self, quiet: Duration, patience: Option<Duration>) -> notify::Result<Option<Changes>> {
        let mut changes = Changes::Files(BTreeSet::new());
        let mut begun: Option<Instant> = None;
        loop {
            let patience = match begun {
                Some(begun) => Some(quiet.min(LONGEST_WAIT.saturating_sub(begun.elapsed()))),
                None => patience,
            };
            let event = match patience {
                Some(patience) => self.events.recv_timeout(patience),
                None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(event) => {
                    self.add(&mut changes, event);
                    if begun.is_none() && changes != Changes::Files(BTreeSet::new()) {
                        begun = Some(Instant::now());
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Ok(begun.map(|_| changes)),
                Err(RecvTimeoutError::Disconnected) => return Err(notify::Error::generic("the watch has ended")),
            }
        }
    }

    fn add(&self, changes: &mut Changes, event: notify::Result<Event>) {
        let Changes::Files(files) = changes else { return };
        let is_complete = match event {
            Ok(event) if event.need_rescan() => false,
            Ok(event) if event.kind.is_access() || event.kind == EventKind::Modify(ModifyKind::Metadata(notify::event::MetadataKind::AccessTime)) => true,
            Ok(event) => event.paths.iter().all(|path| self.add_path(files, path)),
            Err(_) => false,
        };
        if !is_complete || files.len() > MOST_FILES {
            *changes = Changes::Any;
        }
    }

    /// Whether a file is all that may have changed.
    fn add_path(&self, files: &mut BTreeSet<RepoPath>, path: &Path) -> bool {
        if path.starts_with(&self.git) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return !GIT_FILES.contains(&&*name);
        }
        let Ok(inside) = path.strip_prefix(&self.root) else { return false };
        let names = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        if names.into_iter().any(|name| self.options.ignore_dirs.contains(&name)) {
            return true;
        }
        let Ok(file) = RepoPath::new(inside) else { return false };
        if self.options.include.is_match(file.as_str()) {
            // A link or a folder of such a name may lead to more.
            let is_file = path.symlink_metadata().map_or(true, |metadata| metadata.is_file());
            files.insert(file);
            return is_file;
        }
        // Of other files only those count that say what is scanned; and folders, which may be gone already.
        !(file.file_name().starts_with('.') && file.file_name().ends_with("ignore")
            || ["pyproject.toml", "codeintel.toml", "CODEOWNERS"].contains(&file.file_name())
            || self.folders.contains(path)
            || path.is_dir())
    }
}
