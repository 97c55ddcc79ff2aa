//! A repository whose configuration names a program in every place that we know of: none may run, and with plain git they do.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use crate::git::{Git, Membership};
use crate::os::OsSystem;
use crate::system::System as _;

struct Hostile {
    dir: tempfile::TempDir,
    /// How often its files were touched.
    touched: Cell<u64>,
}

impl Hostile {
    fn new() -> Self {
        let hostile = Self { dir: tempfile::tempdir().unwrap(), touched: Cell::new(0) };
        let root = hostile.root();
        fs::create_dir_all(root.join("inner")).unwrap();
        hostile.plain(&root, &["init", "-q", "-b", "main"]);
        hostile.write(".gitattributes", "*.py filter=evil diff=evil\n*.txt filter=process\n*.cfg filter=a=b\n");
        for name in ["a.py", "z.txt", "c.cfg", "plain", "inner/d.py"] {
            hostile.write(name, "one\n");
        }
        hostile.plain(&root, &["add", "-A"]);
        hostile.plain(&root, &["commit", "-qm", "one"]);
        hostile.write("a.py", "two\n");
        hostile.write("plain", "two\n");
        hostile.plain(&root, &["commit", "-qam", "two"]);
        hostile.add_submodule();
        hostile.sign_a_commit();
        hostile.configure();
        hostile
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("repo")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Git as anybody would run it, whatever becomes of it.
    #[expect(clippy::unused_self, reason = "beside its hardened twin")]
    fn plain(&self, folder: &Path, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_PAGER_IN_USE", "true")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A program that leaves its name where markers are.
    fn program(&self, name: &str) -> String {
        let path = self.dir.path().join("programs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let marker = self.dir.path().join("markers");
        fs::write(&path, format!("#!/bin/sh\necho '{name}' >> '{}'\n", marker.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn markers(&self) -> BTreeSet<String> {
        let path = self.dir.path().join("markers");
        let found = fs::read_to_string(&path).unwrap_or_default();
        let _none = fs::remove_file(path);
        found.lines().map(str::to_owned).collect()
    }

    /// The last commit says that it is signed.
    fn sign_a_commit(&self) {
        let root = self.root();
        let commit = self.plain(&root, &["cat-file", "-p", "HEAD"]);
        let (head, message) = commit.split_once("\n\n").unwrap();
        let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----";
        fs::write(root.join(".git/signed"), format!("{head}\n{signature}\n\n{message}\n")).unwrap();
        let hash = self.plain(&root, &["hash-object", "-t", "commit", "-w", ".git/signed"]);
        self.plain(&root, &["reset", "-q", "--soft", &hash]);
    }

    fn add_submodule(&self) {
        let folder = self.root().join("module");
        fs::create_dir(&folder).unwrap();
        self.plain(&folder, &["init", "-q"]);
        self.write("module/.gitattributes", "*.py filter=only_there\n");
        self.write("module/m.py", "one\n");
        self.plain(&folder, &["add", "-A"]);
        self.plain(&folder, &["commit", "-qm", "one"]);
        self.plain(&self.root(), &["add", "module"]);
        self.plain(&self.root(), &["commit", "-qm", "module"]);
        for (key, name) in [("core.fsmonitor", "module-fsmonitor"), ("filter.only_there.clean", "module-clean")] {
            self.plain(&folder, &["config", key, &self.program(name)]);
        }
        self.write("module/m.py", "two\n");
    }

    fn configure(&self) {
        let root = self.root();
        let hooks = self.dir.path().join("hooks");
        fs::create_dir_all(&hooks).unwrap();
        for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc", "post-checkout"]
        {
            fs::copy(self.program(&format!("hook-{hook}")), hooks.join(hook)).unwrap();
        }
        let programs = [
            "core.fsmonitor",
            "core.pager",
            "core.editor",
            "core.askPass",
            "core.sshCommand",
            "core.gitProxy",
            "core.alternateRefsCommand",
            "pager.status",
            "pager.log",
            "pager.blame",
            "diff.external",
            "diff.evil.textconv",
            "diff.evil.command",
            "filter.evil.clean",
            "filter.evil.smudge",
            "filter.process.process",
            "filter.a=b.clean",
            "gpg.program",
            "gpg.ssh.program",
            "gpg.x509.program",
            "gpg.ssh.defaultKeyCommand",
            "credential.helper",
            "uploadpack.packObjectsHook",
            "interactive.diffFilter",
            "sequence.editor",
            "web.browser",
            "trailer.x.command",
        ];
        for key in programs {
            self.plain(&root, &["config", key, &self.program(key)]);
        }
        for (key, value) in [
            ("alias.status", format!("!{}", self.program("alias.status"))),
            ("alias.log", format!("!{}", self.program("alias.log"))),
            ("core.hooksPath", hooks.to_string_lossy().into_owned()),
            ("filter.evil.required", "true".to_owned()),
            ("filter.process.required", "true".to_owned()),
            ("log.showSignature", "true".to_owned()),
            ("protocol.allow", "always".to_owned()),
            ("protocol.ssh.allow", "always".to_owned()),
            ("protocol.ext.allow", "always".to_owned()),
            ("diff.cachetextconv", "false".to_owned()),
            ("status.submoduleSummary", "true".to_owned()),
            ("submodule.recurse", "true".to_owned()),
            ("core.untrackedCache", "true".to_owned()),
            ("remote.origin.url", "git@example.invalid:o/n.git".to_owned()),
        ] {
            self.plain(&root, &["config", key, &value]);
        }
        // A filter that stands in another file only.
        let more = format!("[filter \"included\"]\n\tclean = {}\n", self.program("included"));
        fs::write(self.dir.path().join("more"), more).unwrap();
        let more = self.dir.path().join("more").to_string_lossy().into_owned();
        self.plain(&root, &["config", &format!("includeIf.gitdir:{}/.path", root.display()), &more]);
        fs::create_dir_all(root.join(".git/info")).unwrap();
        fs::write(root.join(".git/info/attributes"), "plain filter=included\n").unwrap();
        self.touch_all();
        self.markers();
    }

    /// Whoever compares a file with the index has to compare what is in it: each time is another one, by seconds, which are all that git looks at.
    fn touch_all(&self) {
        let seconds = 1_000_000_000 + self.touched.replace(self.touched.get() + 1);
        for name in ["a.py", "z.txt", "c.cfg", "plain", "inner/d.py", "module/m.py"] {
            let file = fs::File::options().append(true).open(self.root().join(name)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
    }

    /// The clone lacks an object that the remote would have.
    fn make_partial(&self) -> String {
        let root = self.root();
        let blob = self.plain(&root, &["rev-parse", "HEAD:plain"]);
        let (folder, name) = blob.split_at(2);
        fs::remove_file(root.join(".git/objects").join(folder).join(name)).unwrap();
        for (key, value) in [
            ("core.repositoryFormatVersion", "1"),
            ("extensions.partialClone", "origin"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialCloneFilter", "blob:none"),
        ] {
            self.plain(&root, &["config", key, value]);
        }
        blob
    }
}

/// Commands that run something by plain git in such a repository.
const COMMANDS: [&[&str]; 10] = [
    &["status", "--porcelain=v2", "."],
    &["log", "-p", "-3"],
    &["log", "--format=%G? %h", "-2"],
    &["blame", "a.py"],
    &["cat-file", "-p", "HEAD:a.py"],
    &["ls-tree", "-r", "HEAD"],
    &["diff", "HEAD~2", "--", "."],
    &["show", "HEAD"],
    &["ls-files", "-m"],
    &["diff-files", "-p"],
];

#[test]
fn nothing_that_a_repository_names_runs_and_with_plain_git_it_does() {
    let hostile = Hostile::new();
    let root = hostile.root();
    let git = Git::open(&root).unwrap();
    assert_eq!(git.remote(), Some("git@example.invalid:o/n.git"));
    for args in COMMANDS {
        hostile.touch_all();
        git.run(args).unwrap();
        assert_eq!(hostile.markers(), BTreeSet::new(), "{args:?}");
    }
    hostile.touch_all();
    let state = git.state();
    assert_eq!((state.problem, state.is_dirty), (None, false), "equal but for what a filter might do");
    let system = OsSystem::new(&root).unwrap();
    assert_eq!((system.slug().as_deref(), system.git().problem), (Some("o/n"), None));
    assert_eq!(Membership::of(&root.join("inner")), Membership::Folder);
    assert!(OsSystem::new(&root.join("inner")).unwrap().git().commit.is_some());
    assert_eq!(hostile.markers(), BTreeSet::new());
    // The control.
    let mut seen = BTreeSet::new();
    // While the monitor says that nothing has changed, git compares nothing, and with a filter that answers nothing it goes no further.
    for section in ["none", "core", "filter.process"] {
        hostile.plain(&root, &["config", "--remove-section", section]);
        for args in COMMANDS {
            hostile.touch_all();
            hostile.plain(&root, args);
            seen.extend(hostile.markers());
        }
    }
    for name in [
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.process.process",
        "filter.a=b.clean",
        "included",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "gpg.program",
        "module-fsmonitor",
        "module-clean",
    ] {
        assert!(seen.contains(name), "plain git does not run {name}, so this test says nothing: {seen:?}");
    }
}

#[test]
fn what_a_partial_clone_lacks_is_not_fetched() {
    let hostile = Hostile::new();
    let root = hostile.root();
    let blob = hostile.make_partial();
    // Git before 2.45 cannot be told so, and is not asked.
    if let Ok(git) = Git::open(&root) {
        for args in [&["cat-file", "-p", &blob][..], &["log", "-p", "--", "plain"], &["show", "HEAD:plain"]] {
            assert!(git.run(args).is_err(), "{args:?}");
        }
        let state = git.state();
        assert!(state.commit.is_some(), "{state:?}");
    }
    assert_eq!(hostile.markers(), BTreeSet::new());
    hostile.plain(&root, &["cat-file", "-p", &blob]);
    assert!(hostile.markers().contains("core.sshCommand"), "the control");
}

#[test]
fn a_bare_repository_inside_of_another_one_is_not_asked() {
    let hostile = Hostile::new();
    let root = hostile.root();
    let bare = root.join("data/bare");
    let copy = |from: &str, to: &Path| {
        let status = Command::new("cp").args(["-r", from]).arg(to).current_dir(&root).status().unwrap();
        assert!(status.success());
    };
    fs::create_dir_all(root.join("data")).unwrap();
    copy(".git", &bare);
    hostile.plain(&bare, &["config", "-f", "config", "core.worktree", ".."]);
    fs::create_dir_all(bare.join("deep")).unwrap();
    for folder in [bare.clone(), bare.join("deep")] {
        // A folder named like git's, with nothing in it, changes nothing.
        for has_git in [false, true] {
            if has_git {
                fs::create_dir(folder.join(".git")).unwrap();
            }
            let system = OsSystem::new(&folder).unwrap();
            let problem = system.git().problem.unwrap_or_default();
            assert!(problem.contains("bare repository"), "{}: {problem}", folder.display());
            assert_eq!(system.slug(), None);
            assert_eq!(hostile.markers(), BTreeSet::new());
        }
    }
    hostile.plain(&bare, &["status"]);
    assert!(hostile.markers().contains("core.fsmonitor"), "the control");
}

#[test]
fn a_file_under_a_filter_that_is_not_run_is_not_taken_to_be_changed() {
    let hostile = Hostile::new();
    let root = hostile.root();
    let is_dirty = || Git::open(&root).unwrap().state().is_dirty;
    // As Git LFS does: what is in the working tree is not what is in the commit.
    hostile.write("a.py", "what the filter makes of it\n");
    assert!(!is_dirty());
    hostile.write("inner/d.py", "changed\n");
    assert!(!is_dirty(), "nobody can tell without running the filter");
    hostile.write(".gitattributes", "");
    assert!(is_dirty(), "a file without a filter");
    hostile.write(".gitattributes", "*.py filter=evil diff=evil\n*.txt filter=process\n*.cfg filter=a=b\n");
    hostile.touch_all();
    assert!(!is_dirty());
    fs::remove_file(root.join("a.py")).unwrap();
    assert!(is_dirty(), "it is gone, whatever the filter does");
    hostile.markers();
    // Line endings are git's own affair.
    let plain = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| hostile.plain(plain.path(), args);
    git(&["init", "-q"]);
    fs::write(plain.path().join(".gitattributes"), "* text eol=crlf\n").unwrap();
    fs::write(plain.path().join("a.py"), "x = 1\r\n").unwrap();
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    assert_eq!(git(&["cat-file", "-s", "HEAD:a.py"]), "6", "stored without carriage returns");
    let later = std::time::SystemTime::now() + Duration::from_secs(5);
    for (text, differs) in [("x = 1\r\n", false), ("x = 2\r\n", true)] {
        fs::write(plain.path().join("a.py"), text).unwrap();
        fs::File::options().append(true).open(plain.path().join("a.py")).unwrap().set_modified(later).unwrap();
        assert_eq!(Git::open(plain.path()).unwrap().state().is_dirty, differs);
        assert_eq!(!git(&["--no-optional-locks", "status", "--porcelain"]).is_empty(), differs, "as git says");
    }
}

#[test]
fn git_that_waits_for_a_fifo_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "mkfifo f; echo begun; cat f"]).current_dir(dir.path());
    let begun = std::time::Instant::now();
    let output = crate::tools::output_of(&mut command, None, Duration::from_millis(300)).unwrap();
    assert!(output.is_none() && begun.elapsed() < Duration::from_secs(10));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "cat; echo said >&2; exit 3"]);
    let input = "x".repeat(200_000).into_bytes();
    let output = crate::tools::output_of(&mut command, Some(input.clone()), Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!((output.status.code(), output.stdout == input, output.stderr), (Some(3), true, b"said\n".to_vec()));
}
