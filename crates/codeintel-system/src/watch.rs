//! Being told when something in a repository changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use codeintel_base::RepoPath;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::git;
use crate::scan::{ScanOptions, Walk};

/// Changes are told at last after this time, even if there are always more of them.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// More files than these are found sooner by a look at everything.
const MOST_FILES: usize = 100;

/// What git writes when another commit is checked out or made, in its own folder or in `logs`.
const GIT_FILES: [&str; 2] = ["HEAD", "packed-refs"];

/// Why changes cannot be told.
#[derive(Debug, thiserror::Error)]
#[error("the repository cannot be watched: {0}")]
pub struct WatchError(#[from] notify::Error);

/// Watches the folders that a walk has entered, and where git keeps what is checked out.
#[derive(Debug)]
pub struct RepositoryWatch {
    root: PathBuf,
    git: Option<PathBuf>,
    options: ScanOptions,
    /// Whether something that is no source file concerns all of them.
    affects_whole_repository: fn(&RepoPath) -> bool,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
}

/// What has changed. Where it says too much nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The content of these files, or whether they are there.
    Files(BTreeSet<RepoPath>),
    /// Perhaps everything.
    Any,
}

impl RepositoryWatch {
    /// Watches nothing yet.
    pub fn new(
        root: &Path,
        options: &ScanOptions,
        affects_whole_repository: fn(&RepoPath) -> bool,
    ) -> Result<Self, WatchError> {
        let (sender, events) = channel();
        Ok(Self {
            root: root.to_owned(),
            git: git::folder(root),
            options: options.clone(),
            affects_whole_repository,
            watcher: notify::recommended_watcher(sender)?,
            events,
            folders: BTreeSet::new(),
        })
    }

    /// Watch what a walk depended on. Gives whether anything of it was not watched before: what happened there meanwhile
    /// has been told to nobody.
    pub fn follow(&mut self, walk: &Walk) -> Result<bool, WatchError> {
        // Rules may be in files that are not there yet: then the folder tells.
        let folder = |path: PathBuf| if path.is_dir() { Some(path) } else { path.parent().map(Path::to_owned) };
        let mut folders: BTreeSet<PathBuf> =
            walk.paths().filter_map(|path| folder(self.root.join(path))).chain([self.root.clone()]).collect();
        folders.extend(self.git.iter().flat_map(|git| [git.clone(), git.join("logs")]));
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
                Err(error) => return Err(error.into()),
            }
        }
        self.folders = folders;
        Ok(is_new)
    }

    /// Wait until something has changed and then nothing more for a while.
    pub fn wait(&self, quiet: Duration) -> Result<Changes, WatchError> {
        let ended = || WatchError(notify::Error::generic("the file watcher has stopped"));
        let nothing = Changes::Files(BTreeSet::new());
        let mut changes = nothing.clone();
        while changes == nothing {
            self.add(&mut changes, self.events.recv().map_err(|_| ended())?);
        }
        let begun = Instant::now();
        loop {
            let patience = quiet.min(LONGEST_WAIT.saturating_sub(begun.elapsed()));
            match self.events.recv_timeout(patience) {
                Ok(event) => self.add(&mut changes, event),
                Err(RecvTimeoutError::Timeout) => return Ok(changes),
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
            }
        }
    }

    fn add(&self, changes: &mut Changes, event: notify::Result<Event>) {
        let Changes::Files(files) = changes else { return };
        let is_told = match event {
            Ok(event) if event.need_rescan() => false,
            Ok(event) if event.kind.is_access() => true,
            Ok(event) => event.paths.iter().all(|path| self.add_path(files, path)),
            Err(_) => false,
        };
        if !is_told || files.len() > MOST_FILES {
            *changes = Changes::Any;
        }
    }

    /// Whether all that may have changed with this path is among the files, or of no concern.
    fn add_path(&self, files: &mut BTreeSet<RepoPath>, path: &Path) -> bool {
        if self.git.as_ref().is_some_and(|git| path.starts_with(git)) {
            return !path.file_name().is_some_and(|name| GIT_FILES.iter().any(|file| name == *file));
        }
        let Some(file) = path.strip_prefix(&self.root).ok().and_then(|inside| RepoPath::new(inside).ok()) else {
            return false;
        };
        if self.options.ignore_dirs.iter().any(|ignored| file.as_str().split('/').any(|name| name == ignored)) {
            return true;
        }
        if self.options.include.is_match(file.as_str()) {
            // A link or a folder of such a name may lead to more.
            let is_file = path.symlink_metadata().map_or(true, |metadata| metadata.is_file());
            files.insert(file);
            return is_file && !self.folders.contains(path);
        }
        !((self.affects_whole_repository)(&file) || self.folders.contains(path) || path.is_dir())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{OsSystem, System as _};

    const QUIET: Duration = Duration::from_millis(20);

    fn options() -> ScanOptions {
        let globs = |patterns: &[&str]| {
            ScanOptions::globs(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>()).unwrap()
        };
        ScanOptions {
            include: globs(&["**/*.py"]),
            exclude: globs(&[]),
            ignore_dirs: vec!["build".to_owned()],
            ignore_files: true,
            max_bytes: 1 << 20,
            threads: 1,
        }
    }

    fn paths(paths: &[&str]) -> Changes {
        Changes::Files(paths.iter().map(|path| RepoPath::new(path.as_ref()).unwrap()).collect())
    }

    #[test]
    fn files_are_told_and_what_else_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("p")).unwrap();
        fs::write(root.join("p/a.py"), "").unwrap();
        let system = OsSystem::new(&root).unwrap();
        let mut watch = RepositoryWatch::new(&root, &options(), |path| path.file_name() == "codeintel.toml").unwrap();
        let follow = |watch: &mut RepositoryWatch| watch.follow(&system.scan(&options(), None).walk.unwrap()).unwrap();
        assert!(follow(&mut watch));
        assert!(!follow(&mut watch));

        fs::write(root.join("p/a.py"), "x").unwrap();
        fs::write(root.join("p/notes.txt"), "x").unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), paths(&["p/a.py"]));
        fs::remove_file(root.join("p/a.py")).unwrap();
        fs::write(root.join("b.py"), "x").unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), paths(&["b.py", "p/a.py"]));
        fs::write(root.join("p/notes.txt"), "y").unwrap();
        fs::create_dir(root.join("build")).unwrap();
        fs::write(root.join("build/c.py"), "y").unwrap();
        fs::write(root.join("b.py"), "y").unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), paths(&["b.py"]));

        fs::write(root.join("codeintel.toml"), "").unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), Changes::Any);
        fs::create_dir(root.join("q")).unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), Changes::Any);
        fs::write(root.join("q/d.py"), "x").unwrap();
        assert!(follow(&mut watch), "what was written before the folder was watched is looked for again");
        fs::write(root.join("q/d.py"), "y").unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), paths(&["q/d.py"]));
        fs::remove_dir_all(root.join("q")).unwrap();
        assert_eq!(watch.wait(QUIET).unwrap(), Changes::Any);
    }
}
