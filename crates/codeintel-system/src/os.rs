//! The real world.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use codeintel_base::RepoPath;

use crate::git::{self, Git, GitState, Membership, slug_of_remote};
use crate::git_error::GitError;
use crate::regular::ReadError;
use crate::regular::read_regular;
use crate::scan::{Scan, ScanOptions, ScannedFile, Seen, Stat, Walk};
use crate::system::System;
use crate::walk::Walker;

/// A repository on this machine's disk.
#[derive(Debug, Clone)]
pub struct OsSystem {
    root: PathBuf,
    membership: Membership,
    /// What git's configuration said when it was last read, until it is used.
    git: Arc<Mutex<Option<Result<Git, GitError>>>>,
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
            let now = fs::metadata(self.root.join(path)).ok().map(|metadata| Stat::of(&metadata));
            now.map(Stat::stamp) == *before && now.is_none_or(|now| !now.is_racy(scanned_at_ns))
        };
        if !walk.seen.iter().all(is_as_before) {
            return None;
        }
        let file = |path: &&RepoPath| {
            let metadata = fs::metadata(self.root.join(path.as_str())).ok()?;
            let is_found = metadata.is_file() && metadata.len() <= options.max_bytes;
            is_found.then(|| ScannedFile { path: (*path).clone(), stat: Stat::of(&metadata) })
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
                let top = git::top(&self.root)?;
                let inside = self.root.strip_prefix(top).ok()?;
                Some(format!("{}/{}", slug()?, inside.to_string_lossy()))
            }
        }
    }
}

impl OsSystem {
    /// Git with the configuration that was just read for something else, or else as it is now.
    fn configured(&self) -> Result<Git, GitError> {
        let known = self.git.lock().unwrap_or_else(PoisonError::into_inner).take();
        known.unwrap_or_else(|| Git::open(&self.root))
    }

    fn see(&self, path: String) -> Seen {
        let metadata = fs::metadata(self.root.join(&path)).ok();
        (path, metadata.map(|metadata| Stat::of(&metadata).stamp()))
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
        for start in starts.into_iter().chain(["gone.py: ", "loop: the symbolic link", "out.py: "]) {
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

    fn scan(root: &Path) -> Scan {
        OsSystem::new(root).unwrap().scan(&options(), None)
    }

    fn make_fifo(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn each_folder_is_entered_once_however_many_links_lead_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        // Followed one after another, these links would lead to 2^30 paths.
        let count = 30;
        for i in 0..count {
            write(root, &format!("d{i}/m.py"), "");
            for j in 0..2 {
                symlink(format!("../d{}", (i + 1) % count), root.join(format!("d{i}/l{j}"))).unwrap();
            }
        }
        let mut expected: Vec<String> = (0..count).map(|i| format!("d{i}/m.py")).collect();
        expected.sort();
        let found = scan(root);
        assert_eq!(show(&found).0, expected);
        assert_eq!(show(&found).1, [""; 0]);
        assert_eq!(found.walk.unwrap().paths().filter(|path| path.starts_with('d')).count(), count);
    }

    #[test]
    fn a_link_counts_where_nothing_else_leads() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in ["a/x.py", "build/b/y.py", "build/b/c/z.py", "build/d/w.py"] {
            write(root, path, "");
        }
        symlink("../a", root.join("a/itself")).unwrap();
        symlink("a", root.join("to_a")).unwrap();
        symlink("build/b", root.join("second")).unwrap();
        symlink("build/b", root.join("first")).unwrap();
        // Behind the first link, what leads back and further.
        symlink("../../a", root.join("build/b/to_a")).unwrap();
        symlink("../d", root.join("build/b/to_d")).unwrap();
        symlink("../../build/b/c", root.join("build/d/to_c")).unwrap();
        let found = scan(root);
        assert_eq!(show(&found).0, ["a/x.py", "first/c/z.py", "first/to_d/w.py", "first/y.py"]);
        assert_eq!(
            show(&found).1,
            ["a/itself: the symbolic link leads to one of its parent folders and is not followed"]
        );
        fs::remove_file(root.join("a/itself")).unwrap();
        let system = OsSystem::new(root).unwrap();
        let whole = scan(root);
        let files: Vec<&RepoPath> = whole.files.iter().map(|file| &file.path).collect();
        let later = system.now_ns() + 60_000_000_000;
        assert_eq!(system.rescan(&options(), whole.walk.as_ref().unwrap(), &files, later), Some(whole.clone()));
        let only = |path: &str| system.scan(&options(), Some(&[RepoPath::new(Path::new(path)).unwrap()]));
        assert!(only("first/y.py").needs_all && only("to_a").needs_all && only("second/c").needs_all);
        assert!(!only("a/x.py").needs_all);
    }

    #[test]
    fn links_are_ignored_and_excluded_like_folders() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "build/b/y.py", "");
        write(root, ".gitignore", "ignored/\n");
        for name in ["ignored", "gen_x", "x/build", "z"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            symlink(root.join("build/b"), root.join(name)).unwrap();
        }
        assert_eq!(show(&scan(root)).0, ["z/y.py"]);
    }

    #[test]
    fn what_is_no_file_in_the_place_of_ignore_rules_is_refused_and_never_opened() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in ["a.py", "x/b.py", "y/c.py", "y/d.py"] {
            write(root, path, "");
        }
        for path in [".gitignore", "x/.ignore"] {
            make_fifo(&root.join(path));
        }
        fs::create_dir_all(root.join(".git/info")).unwrap();
        make_fifo(&root.join(".git/info/exclude"));
        let _socket = std::os::unix::net::UnixListener::bind(root.join("y/.gitignore")).unwrap();
        symlink("/dev/zero", root.join("y/.ignore")).unwrap();
        let found = scan(root);
        assert_eq!(show(&found).0, ["a.py", "x/b.py", "y/c.py", "y/d.py"]);
        let places = [".git/info/exclude", ".gitignore", "x/.ignore", "y/.gitignore", "y/.ignore"];
        let expected = places.map(|path| format!("{path}: not a regular file; its ignore rules are not applied"));
        assert_eq!(show(&found).1, expected);
    }

    #[test]
    fn ignore_rules_that_cannot_be_used_are_problems_and_the_others_hold() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let outside = tempfile::tempdir().unwrap();
        write(outside.path(), "rules", "b.py\n");
        for path in ["a.py", "b.py", "x/a.py", "y/a.py", "z/a.py", "z/b.py"] {
            write(root, path, "");
        }
        fs::write(root.join(".gitignore"), b"\xef\xbb\xbf/a.py\r\n{a\n\xff\n# [\n/b.py\n".as_slice()).unwrap();
        write(root, "x/.gitignore", &"#\n".repeat(200_000));
        write(root, "y/.gitignore", &"a.py\n".repeat(10_001));
        symlink(outside.path().join("rules"), root.join("z/.gitignore")).unwrap();
        let (files, problems) = (scan(root), scan(root));
        assert_eq!(show(&files).0, ["x/a.py", "y/a.py", "z/a.py", "z/b.py"]);
        let (_, problems) = show(&problems);
        let starts = [
            ".gitignore: line 2: ",
            ".gitignore: line 3: the pattern is not valid UTF-8",
            "x/.gitignore: the file has 400000 bytes",
            "y/.gitignore: more than 10000 rules; its",
            "z/.gitignore: the symbolic link leads out",
        ];
        assert_eq!(problems.len(), starts.len(), "{problems:?}");
        for (problem, start) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start), "{start} in {problems:?}");
        }
    }

    #[test]
    fn very_many_rules_of_one_folder_and_odd_names_are_no_stop() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let rules: String = (0..5_000).map(|i| format!("a*b{i}*c?[x-z]/**/d\n")).collect();
        write(root, ".gitignore", &rules);
        let names: [&[u8]; 6] =
            [b"new\nline.py", b"\x01\x7f.py", b" .py", b"-.py", "\u{202e}x.py".as_bytes(), b"\xff\xfe.py"];
        for name in names {
            fs::write(root.join(OsStr::from_bytes(name)), "").unwrap();
        }
        let longest = format!("{}.py", "n".repeat(252));
        write(root, &longest, "");
        let found = scan(root);
        assert_eq!(show(&found).0, ["\u{1}\u{7f}.py", " .py", "-.py", "new\nline.py", &longest, "\u{202e}x.py"]);
        assert_eq!(show(&found).1.len(), 1);
    }

    #[test]
    fn folders_deeper_than_a_path_can_name_are_one_problem() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        write(&root, "a.py", "");
        let name = "d".repeat(200);
        // A path may have 4095 bytes; folders are made from inside to get further.
        let script = format!("for i in $(seq 30); do mkdir {name}; cd -P {name}; done; echo > deep.py");
        let made = std::process::Command::new("sh").args(["-c", &script]).current_dir(&root).status().unwrap();
        assert!(made.success());
        let found = scan(&root);
        assert_eq!(show(&found).0, ["a.py"]);
        assert_eq!(found.problems.len(), 1);
        assert!(found.problems[0].problem.message.starts_with("cannot be read: File name too long"));
        // Whoever cleans up behind the test cannot name them either.
        let removed = std::process::Command::new("rm").arg("-rf").arg(root.join(&name)).status().unwrap();
        assert!(removed.success());
    }
}
