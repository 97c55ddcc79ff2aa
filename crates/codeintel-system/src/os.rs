//! The real world.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use codeintel_base::{RepoPath, RepoPathError};
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::git::{self, GitState, Membership, slug_of_remote};
use crate::scan::{Scan, ScanOptions, ScanProblem, ScannedFile, Stat};
use crate::system::{ReadError, System};

/// A repository on this machine's disk.
#[derive(Debug, Clone)]
pub struct OsSystem {
    root: PathBuf,
    membership: Membership,
}

impl OsSystem {
    /// The repository at a folder.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { membership: Membership::of(&root), root })
    }

    /// The folder, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl System for OsSystem {
    fn scan(&self, options: &ScanOptions, only: Option<&[RepoPath]>) -> Scan {
        let links = Arc::new(Mutex::new(Vec::new()));
        let walk = self.walk(options, only, &links);
        let found = Mutex::new(Scan::default());
        walk.run(|| {
            Box::new(|entry| {
                let mut part = Scan::default();
                match entry {
                    Ok(entry) => self.visit(&entry, options, &mut part),
                    Err(error) => part.problems.extend(self.walk_problem(&error, options)),
                }
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.files.append(&mut part.files);
                found.projects.append(&mut part.projects);
                found.problems.append(&mut part.problems);
                WalkState::Continue
            })
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.problems.append(&mut links.lock().unwrap_or_else(PoisonError::into_inner));
        found.finish()
    }

    fn read(&self, path: &RepoPath, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError> {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let path = self.root.join(path.as_str());
        let leads_outside = |target: io::Result<PathBuf>| target.is_ok_and(|target| !target.starts_with(&self.root));
        if path.is_symlink() && leads_outside(path.canonicalize()) {
            return Err(ReadError::Outside);
        }
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let mut file = File::options().read(true).custom_flags(nonblocking).open(path)?;
        let metadata = file.metadata()?;
        let size = metadata.len();
        if !metadata.is_file() {
            return Err(ReadError::NotAFile);
        }
        if size > max_bytes {
            return Err(ReadError::TooLarge { size, limit: max_bytes });
        }
        let mut bytes = Vec::with_capacity(size as usize + 1);
        file.read_to_end(&mut bytes)?;
        Ok((bytes, stat_of(&metadata)))
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
            Membership::Root | Membership::Folder => git::state(&self.root),
        }
    }

    fn slug(&self) -> Option<String> {
        let slug = || slug_of_remote(&git::remote(&self.root)?);
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
    fn walk(
        &self,
        options: &ScanOptions,
        only: Option<&[RepoPath]>,
        links: &Arc<Mutex<Vec<ScanProblem>>>,
    ) -> ignore::WalkParallel {
        let (root, links, owned, only) =
            (self.root.clone(), Arc::clone(links), options.clone(), only.map(<[_]>::to_vec));
        let filter = move |entry: &DirEntry| {
            let Ok(relative) = entry.path().strip_prefix(&root) else { return true };
            let Some(path) = relative.to_str().filter(|path| !path.is_empty()) else { return true };
            let is_folder = entry.file_type().is_some_and(|file_type| file_type.is_dir());
            if owned.prunes(path, is_folder) || only.as_deref().is_some_and(|only| !is_wanted(path, only)) {
                return false;
            }
            let leads_outside = entry.path_is_symlink()
                && (is_folder || owned.include.is_match(path))
                && !entry.path().canonicalize().is_ok_and(|target| target.starts_with(&root));
            if leads_outside {
                let problem = ScanProblem::warning(
                    Some(path.to_owned()),
                    "a symbolic link that leads nowhere or out of the repository is not followed",
                );
                links.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
            }
            !leads_outside
        };
        let uses_parents = options.ignore_files && self.membership == Membership::Folder;
        WalkBuilder::new(&self.root)
            .standard_filters(false)
            .ignore(options.ignore_files)
            .git_ignore(options.ignore_files)
            .git_exclude(options.ignore_files)
            .git_global(options.ignore_files)
            .parents(uses_parents)
            .require_git(false)
            .follow_links(true)
            .threads(options.threads)
            .filter_entry(filter)
            .build_parallel()
    }

    fn visit(&self, entry: &DirEntry, options: &ScanOptions, found: &mut Scan) {
        if entry.file_type().is_none_or(|file_type| file_type.is_dir()) {
            return;
        }
        let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
        let shown = relative.to_string_lossy();
        let is_project = entry.file_name() == "pyproject.toml";
        if !is_project && !options.include.is_match(&*shown) {
            return;
        }
        let path = match RepoPath::new(relative) {
            Ok(path) => path,
            Err(error @ (RepoPathError::NotUtf8 | RepoPathError::Outside)) => {
                found.problems.push(ScanProblem::error(Some(shown.into_owned()), error.to_string()));
                return;
            }
        };
        match entry.metadata() {
            Ok(metadata) if is_project && metadata.is_file() => found.projects.push(path),
            Ok(_) if is_project => {}
            Ok(metadata) if !metadata.is_file() => {
                found.problems.push(ScanProblem::error(Some(path.to_string()), ReadError::NotAFile.to_string()));
            }
            Ok(metadata) if metadata.len() > options.max_bytes => {
                let error = ReadError::TooLarge { size: metadata.len(), limit: options.max_bytes };
                found.problems.push(ScanProblem::error(Some(path.to_string()), error.to_string()));
            }
            Ok(metadata) => found.files.push(ScannedFile { path, stat: stat_of(&metadata) }),
            Err(error) => found.problems.extend(self.walk_problem(&error, options)),
        }
    }

    fn walk_problem(&self, error: &ignore::Error, options: &ScanOptions) -> Option<ScanProblem> {
        let path =
            path_of(error).map(|path| path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned());
        let message = match (root_cause(error), error.io_error()) {
            (ignore::Error::Loop { .. }, _) => {
                "a symbolic link that leads to a folder around it is not followed".to_owned()
            }
            (_, Some(io)) => format!("cannot be read: {io}"),
            (cause, None) => cause.to_string(),
        };
        // What is no folder and would not have been a source file either is missed by nobody.
        let is_gone = error.io_error().is_some_and(|io| io.kind() == io::ErrorKind::NotFound);
        if is_gone && path.as_deref().is_some_and(|path| !options.include.is_match(path)) {
            return None;
        }
        Some(ScanProblem::error(path.filter(|path| !path.is_empty()), message))
    }
}

/// Whether the path is on the way to one of the wanted ones, is one of them or lies below one.
fn is_wanted(path: &str, only: &[RepoPath]) -> bool {
    let is_above = |wanted: &RepoPath| wanted.as_str().strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    only.iter().any(|wanted| is_above(wanted) || wanted.holds(path))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn root_cause(error: &ignore::Error) -> &ignore::Error {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => root_cause(err),
        _ => error,
    }
}

fn stat_of(metadata: &Metadata) -> Stat {
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
