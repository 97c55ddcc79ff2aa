//! The real world.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use codeintel_base::RepoPath;

use crate::git::{self, Git, GitState, Membership, slug_of_remote};
use crate::regular::read_regular;
use crate::scan::{Scan, ScanOptions, ScannedFile, Seen, Stat, Walk};
use crate::system::{ReadError, System};
use crate::walk::Walker;

/// A repository on this machine's disk.
#[derive(Debug, Clone)]
pub struct OsSystem {
    root: PathBuf,
    membership: Membership,
    /// What git's configuration said when it was last read, until it is used.
    git: Arc<Mutex<Option<Result<Git, String>>>>,
    /// The slug by the remote `origin`, once it was asked for.
    slug: Arc<OnceLock<Option<String>>>,
}

impl OsSystem {
    /// The repository at a folder.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { membership: Membership::of(&root), root, git: Arc::default(), slug: Arc::default() })
    }

    /// The same, for someone who reads files and asks for nothing else: git is not run.
    pub fn for_reading(root: &Path) -> io::Result<Self> {
        let (git, slug) = (Arc::default(), Arc::default());
        Ok(Self { root: root.canonicalize()?, membership: Membership::Root, git, slug })
    }

    /// The folder, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl System for OsSystem {
    fn scan(&self, options: &ScanOptions, only: Option<&[RepoPath]>) -> Scan {
        let uses_outer_rules = self.membership == Membership::Folder;
        let (mut found, seen) = Walker { root: &self.root, options, only, uses_outer_rules }.walk();
        // A walk over some paths tells nothing of the next one over all, the rules of a larger repository lie outside of what was walked,
        // and a problem may go away where no folder shows it.
        if only.is_none() && found.problems.is_empty() && self.membership != Membership::Folder {
            found.walk = seen.map(|seen| self.walk_of(&found, seen, options));
        }
        found
    }

    fn rescan(&self, options: &ScanOptions, walk: &Walk, files: &[&RepoPath], scanned_at_ns: i64) -> Option<Scan> {
        if walk.options != options.as_text() || walk.files != files.len() || self.membership == Membership::Folder {
            return None;
        }
        let is_as_before = |(path, before): &Seen| {
            let now = fs::metadata(self.root.join(path)).ok().map(|metadata| stat_of(&metadata));
            now.map(stamp_of) == *before && now.is_none_or(|now| !now.is_racy(scanned_at_ns))
        };
        if !walk.seen.iter().all(is_as_before) {
            return None;
        }
        let file = |path: &&RepoPath| {
            let metadata = fs::metadata(self.root.join(path.as_str())).ok()?;
            let is_found = metadata.is_file() && metadata.len() <= options.max_bytes;
            is_found.then(|| ScannedFile { path: (*path).clone(), stat: stat_of(&metadata) })
        };
        Some(Scan {
            files: files.iter().map(file).collect::<Option<_>>()?,
            projects: walk.projects.iter().map(|path| RepoPath::new(path.as_ref()).ok()).collect::<Option<_>>()?,
            problems: Vec::new(),
            walk: Some(walk.clone()),
            needs_all: false,
        })
    }

    fn read(&self, path: &RepoPath, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError> {
        let path = self.root.join(path.as_str());
        let leads_outside = |target: io::Result<PathBuf>| {
            target.is_ok_and(|target| !target.starts_with(&self.root) || target.starts_with(self.root.join(".git")))
        };
        if path.is_symlink() && leads_outside(path.canonicalize()) {
            return Err(ReadError::Outside);
        }
        read_regular(&path, max_bytes)
    }

    fn exists(&self, path: &RepoPath) -> bool {
        fs::symlink_metadata(self.root.join(path.as_str())).is_ok()
    }

    fn now_ns(&self) -> i64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as i64)
    }

    fn git(&self) -> GitState {
        match self.membership {
            Membership::Outside => GitState::default(),
            Membership::Root | Membership::Folder => git::state(&self.configured()),
        }
    }

    fn slug(&self) -> Option<String> {
        let slug = || {
            let ask = || {
                let git = Git::open(&self.root);
                let slug = git.as_ref().ok().and_then(Git::remote).and_then(slug_of_remote);
                *self.git.lock().unwrap_or_else(PoisonError::into_inner) = Some(git);
                slug
            };
            self.slug.get_or_init(ask).clone()
        };
        match self.membership {
            Membership::Outside => None,
            Membership::Root => slug(),
            Membership::Folder => {
                // Folders of one repository are told apart by their paths in it.
                let top = self.root.ancestors().find(|folder| folder.join(".git").exists())?;
                let inside = self.root.strip_prefix(top).ok()?;
                Some(format!("{}/{}", slug()?, inside.to_string_lossy()))
            }
        }
    }
}

impl OsSystem {
    /// Git with the configuration that was just read for something else, or else as it is now.
    fn configured(&self) -> Result<Git, String> {
        let known = self.git.lock().unwrap_or_else(PoisonError::into_inner).take();
        known.unwrap_or_else(|| Git::open(&self.root))
    }

    fn see(&self, path: String) -> Seen {
        let metadata = fs::metadata(self.root.join(&path)).ok();
        (path, metadata.map(|metadata| stamp_of(stat_of(&metadata))))
    }

    fn walk_of(&self, found: &Scan, mut seen: Vec<Seen>, options: &ScanOptions) -> Walk {
        seen.push(self.see(".git/info/exclude".to_owned()));
        let global = ignore::gitignore::gitconfig_excludes_path();
        seen.extend(global.and_then(|path| path.to_str().map(|path| self.see(path.to_owned()))));
        seen.sort();
        Walk {
            options: options.as_text(),
            files: found.files.len(),
            projects: found.projects.iter().map(ToString::to_string).collect(),
            seen,
        }
    }
}

pub(crate) fn stamp_of(stat: Stat) -> (i64, i64, u64) {
    (stat.mtime_ns, stat.ctime_ns, stat.inode)
}

pub(crate) fn stat_of(metadata: &Metadata) -> Stat {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Stat {
        size: metadata.len(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::scan::ScanProblem;

    fn options() -> ScanOptions {
        ScanOptions {
            include: ScanOptions::globs(&["*.py".to_owned(), "*.pyi".to_owned()]).unwrap(),
            exclude: ScanOptions::globs(&["gen_*".to_owned()]).unwrap(),
            ignore_dirs: vec![".git".to_owned(), "build".to_owned()],
            ignore_files: true,
            max_bytes: 1000,
            threads: 2,
        }
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn show(scan: &Scan) -> (Vec<&str>, Vec<String>) {
        let problem = |p: &ScanProblem| format!("{}: {}", p.path.as_deref().unwrap_or("-"), p.problem.message);
        (scan.files.iter().map(|file| file.path.as_str()).collect(), scan.problems.iter().map(problem).collect())
    }

    #[test]
    fn ignore_rules_patterns_and_folders_are_obeyed() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a.py", "b.pyi", "c.txt", "build/d.py", "x/build/e.py", "x/gen_f.py", "x/g.py", "x/h.py", "y/i.py"]
        {
            write(dir.path(), path, "");
        }
        write(dir.path(), ".gitignore", "/y/\n");
        write(dir.path(), "x/.gitignore", "g.py\n");
        write(dir.path(), "x/pyproject.toml", "");
        let scan = OsSystem::new(dir.path()).unwrap().scan(&options(), None);
        assert_eq!(show(&scan), (vec!["a.py", "b.pyi", "x/h.py"], vec![]));
        assert_eq!(scan.projects[0].as_str(), "x/pyproject.toml");
        let all = OsSystem::new(dir.path()).unwrap().scan(&ScanOptions { ignore_files: false, ..options() }, None);
        assert_eq!(show(&all).0, ["a.py", "b.pyi", "x/g.py", "x/h.py", "y/i.py"]);
    }

    #[test]
    fn odd_entries_are_problems_and_never_a_stop() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let outside = tempfile::tempdir().unwrap();
        write(outside.path(), "o.py", "");
        write(root, "ok.py", "");
        write(root, "OK.py", "");
        write(root, "big.py", &"#".repeat(1001));
        fs::write(root.join(OsStr::from_bytes(b"bad\xff.py")), "").unwrap();
        symlink(root, root.join("loop")).unwrap();
        symlink(outside.path().join("o.py"), root.join("out.py")).unwrap();
        symlink(root.join("ok.py"), root.join("in.py")).unwrap();
        symlink("nowhere", root.join("gone.py")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(root.join("fifo.py")).status().unwrap();
        assert!(fifo.success());
        let system = OsSystem::new(root).unwrap();
        let scan = system.scan(&options(), None);
        let (files, problems) = show(&scan);
        assert_eq!(files, ["OK.py", "in.py", "ok.py"]);
        let starts = ["bad\u{fffd}.py: the file's name", "big.py: the file has 1001", "fifo.py: not a regular"];
        for start in starts.into_iter().chain(["gone.py: ", "loop: a symbolic link", "out.py: "]) {
            assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start} in {problems:?}");
        }
        assert_eq!(problems.len(), 6, "{problems:?}");
        let fifo = RepoPath::new(Path::new("fifo.py")).unwrap();
        assert!(matches!(system.read(&fifo, 10), Err(ReadError::NotAFile)));
    }

    #[test]
    fn a_look_at_the_folders_finds_what_a_walk_would_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a.py", "x/b.py", "x/pyproject.toml", "y/c.py", "hidden/d.py"] {
            write(dir.path(), path, "");
        }
        write(dir.path(), "hidden/.gitignore", "*\n");
        let system = OsSystem::new(dir.path()).unwrap();
        let later = system.now_ns() + 60_000_000_000;
        let check = |edit: &dyn Fn(), sees: bool| {
            let scan = system.scan(&options(), None);
            let files: Vec<&RepoPath> = scan.files.iter().map(|file| &file.path).collect();
            let walk = scan.walk.as_ref().unwrap();
            assert_eq!(system.rescan(&options(), walk, &files, later), Some(scan.clone()), "nothing changed");
            edit();
            let again = system.rescan(&options(), walk, &files, later);
            assert_eq!(again.is_none(), sees);
            assert_eq!(again.unwrap_or_else(|| system.scan(&options(), None)), system.scan(&options(), None));
        };
        check(&|| write(dir.path(), "x/b.py", "x = 1"), false);
        check(&|| write(dir.path(), "x/pyproject.toml", "[project]"), false);
        check(&|| write(dir.path(), "y/new.py", ""), true);
        check(&|| fs::remove_file(dir.path().join("a.py")).unwrap(), true);
        check(&|| fs::rename(dir.path().join("y/c.py"), dir.path().join("y/e.py")).unwrap(), true);
        check(&|| write(dir.path(), "hidden/.gitignore", "x\n"), true);
        check(&|| write(dir.path(), ".gitignore", "y/\n"), true);
        check(&|| write(dir.path(), ".git/info/exclude", "x/\n"), true);
        check(&|| write(dir.path(), "a/b/c/d.py", ""), true);
        let scan = system.scan(&options(), None);
        let files: Vec<&RepoPath> = scan.files.iter().map(|file| &file.path).collect();
        let walk = scan.walk.as_ref().unwrap();
        assert_eq!(system.rescan(&options(), walk, &files, system.now_ns()), None, "too young to be vouched for");
        assert_eq!(system.rescan(&options(), walk, &files[1..], later), None, "a file could not be read before");
        let other = ScanOptions { ignore_files: false, ..options() };
        assert_eq!(system.rescan(&other, walk, &files, later), None, "other options");
    }

    #[test]
    fn a_scan_of_some_paths_agrees_with_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a.py", "x/b.py", "x/y/c.py", "xx/d.py", "skip.py"] {
            write(dir.path(), path, "");
        }
        write(dir.path(), ".gitignore", "skip.py");
        let system = OsSystem::new(dir.path()).unwrap();
        let only = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|path| RepoPath::new(Path::new(path)).unwrap()).collect();
            system.scan(&options(), Some(&paths))
        };
        assert_eq!(show(&only(&["x"])).0, ["x/b.py", "x/y/c.py"]);
        assert_eq!(show(&only(&["a.py", "skip.py", "gone.py"])).0, ["a.py"]);
    }
}
