//! Git, asked about a working tree. Only reads, takes no lock in the repository, and runs nothing that the repository names.
//!
//! [`command`] makes every git process there is. A repository's own configuration can name programs in many places: file system
//! monitors, hooks, filters, pagers, textconv and diff drivers, signature checkers, transports. It may come with the checkout, as in an
//! archive, or lie in the checkout as a bare repository that git would take for the one that is meant.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::git_error::GitError;
use crate::regular::text_or_nothing;
use crate::tools::{absolute_folders, is_executable, output_of};

/// Git is stopped after this time: it may wait for a FIFO that lies in place of one of its files.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The first git that obeys `GIT_NO_LAZY_FETCH`.
const OBEYS_NO_LAZY_FETCH: (u32, u32) = (2, 45);

/// Settings that win over whatever any configuration says. Those that name a program name one that does nothing.
const SETTINGS: [&str; 20] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.editor=false",
    "core.askPass=false",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=false",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "credential.helper=",
    "log.showSignature=false",
    "gpg.program=false",
    "gpg.openpgp.program=false",
    "gpg.x509.program=false",
    "gpg.ssh.program=false",
    "submodule.recurse=false",
    "status.submoduleSummary=false",
    "maintenance.auto=false",
    "gc.auto=0",
];

/// What some commands must be told besides. Submodules have configurations of their own, whose filters nobody knows, so git does not look into
/// them.
const TOLD: [(&str, &[&str]); 8] = [
    ("blame", &["--no-textconv", "--no-ext-diff"]),
    ("diff", DIFF),
    ("diff-files", DIFF),
    ("diff-index", DIFF),
    ("diff-tree", DIFF),
    ("log", DIFF),
    ("show", DIFF),
    ("status", &["--ignore-submodules=dirty"]),
];

const DIFF: &[&str] = &["--no-textconv", "--no-ext-diff", "--ignore-submodules=dirty"];

/// What a hook's git, or a user, says of another repository or of programs.
const NOT_INHERITED: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_EDITOR",
    "GIT_LITERAL_PATHSPECS",
];

/// The state of a working tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitState {
    /// The hash that HEAD names; none outside of git and before the first commit.
    pub commit: Option<String>,
    /// The branch that is checked out; none when detached.
    pub branch: Option<String>,
    /// Whether tracked files differ from the commit. Untracked files do not count, as in `git describe --dirty`; nor does what git
    /// cannot tell without running a filter (a file of Git LFS whose size or time changed), and of a submodule only its commit.
    pub is_dirty: bool,
    /// Why git could not be asked, where there is a repository but no answer.
    pub problem: Option<String>,
}

/// What a folder is to git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// In no repository, or ignored by the one around it.
    Outside,
    /// The root of a working tree.
    Root,
    /// A folder of a repository that begins further up, whose ignore rules hold here too.
    Folder,
}

impl Membership {
    pub(crate) fn of(root: &Path) -> Self {
        if root.join(".git").exists() {
            return Self::Root;
        }
        let is_below = root.ancestors().skip(1).any(|folder| folder.join(".git").exists());
        // Exit code 1 without a word: not ignored. In a bare repository git is not run, which is said where it is asked for more.
        let is_ours = || {
            let ignored = run(root, &[], &["check-ignore", "--quiet", "."], None);
            ignored.is_err_and(|error| error == GitError::Silent) || bare_repository(root).is_some()
        };
        if is_below && is_ours() {
            return Self::Folder;
        }
        Self::Outside
    }
}

/// Where git keeps what is checked out in a working tree.
pub(crate) fn folder(root: &Path) -> Option<PathBuf> {
    text(run(root, &[], &["rev-parse", "--absolute-git-dir"], None)).ok().map(|path| PathBuf::from(path.trim_end()))
}

/// The top of the working tree around a folder, without asking git: where there is a `.git`.
pub(crate) fn top(root: &Path) -> Option<&Path> {
    root.ancestors().find(|folder| folder.join(".git").exists())
}

/// Where git keeps what is checked out at such a top, without asking git. None where its `.git` does not say.
pub(crate) fn folder_of(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = text_or_nothing(&git, 1 << 16)?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

/// Git in a working tree, with its filters known, so that none is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    root: PathBuf,
    remote: Option<String>,
    /// The names of filters that any configuration knows.
    filters: BTreeSet<String>,
}

impl Git {
    /// Read what git's configuration says that must be known before it is asked for more. An error where there is no repository that may
    /// be asked.
    pub fn open(root: &Path) -> Result<Self, GitError> {
        const KEYS: &str = r"^(filter\..*|remote\.origin\.url|remote\..*\.promisor|extensions\.partialclone)$";
        let found = match text(run(root, &[], &["config", "-z", "--get-regexp", KEYS], None)) {
            // Exit code 1 without a word: there is none of them.
            Err(GitError::Silent) => String::new(),
            result => result?,
        };
        let mut git = Self { root: root.to_owned(), remote: None, filters: BTreeSet::new() };
        let mut is_partial = false;
        for entry in found.split_terminator('\0') {
            // A key without a value is a true one.
            let (key, value) = entry.split_once('\n').unwrap_or((entry, "true"));
            match key.split_once('.') {
                Some(("filter", rest)) => {
                    git.filters.extend(rest.rsplit_once('.').map(|(name, _)| name.to_owned()));
                }
                _ if key == "remote.origin.url" => git.remote = Some(value.trim().to_owned()),
                _ => is_partial |= !matches!(value, "false" | "no" | "off" | "0" | ""),
            }
        }
        git.remote = git.remote.filter(|url| !url.is_empty());
        if is_partial {
            let version = text(run(root, &[], &["version"], None))?;
            if version_of(&version).is_none_or(|version| version < OBEYS_NO_LAZY_FETCH) {
                return Err(GitError::Partial(version.trim().to_owned()));
            }
        }
        Ok(git)
    }

    /// The address of the remote `origin`.
    pub fn remote(&self) -> Option<&str> {
        self.remote.as_deref()
    }

    /// Run a command of git that only reads, and give its output, or what it said on standard error when it failed.
    pub fn run(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        run(&self.root, &self.without_filters(), args, None)
    }

    /// The same, with something on its standard input.
    fn run_with_input(&self, args: &[&str], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
        run(&self.root, &self.without_filters(), args, Some(input))
    }

    /// The state of the working tree.
    pub fn state(&self) -> GitState {
        let status = ["status", "--porcelain=v2", "--branch", "--untracked-files=no", "--no-renames", "-z", "--", "."];
        let result = text(self.run(&status)).and_then(|said| {
            let (mut state, unstaged) = parse_status(&said);
            state.is_dirty = state.is_dirty || self.differ_surely(&unstaged)?;
            Ok(state)
        });
        result.unwrap_or_else(|error| GitState { problem: Some(error.to_string()), ..GitState::default() })
    }

    /// Whether one of some files whose contents git found to differ does so without a filter, too.
    fn differ_surely(&self, unstaged: &[&str]) -> Result<bool, GitError> {
        if unstaged.is_empty() || self.filters.is_empty() {
            return Ok(!unstaged.is_empty());
        }
        let top = text(self.run(&["rev-parse", "--show-cdup"]))?;
        let paths: String = unstaged.iter().map(|path| format!("{}{path}\0", top.trim_end())).collect();
        let said = text(self.run_with_input(&["check-attr", "-z", "--stdin", "filter"], paths.into_bytes()))?;
        let mut values = said.split_terminator('\0').skip(2).step_by(3);
        Ok(values.any(|filter| !self.filters.contains(filter)))
    }

    /// Settings that let every filter pass contents as they are.
    fn without_filters(&self) -> Vec<Setting> {
        let settings = |name: &String| {
            [("clean", NOTHING), ("smudge", NOTHING), ("process", NOTHING), ("required", FALSE)]
                .map(|(kind, value)| (format!("filter.{name}.{kind}"), value))
        };
        self.filters.iter().flat_map(settings).collect()
    }
}

/// The state of a working tree, if git may be asked.
pub(crate) fn state(git: &Result<Git, GitError>) -> GitState {
    match git {
        Ok(git) => git.state(),
        Err(error) => GitState { problem: Some(error.to_string()), ..GitState::default() },
    }
}

/// A key with the variable of the environment that has its value, and the value.
type Setting = (String, (&'static str, &'static str));

const NOTHING: (&str, &str) = ("CODEINTEL_GIT_NOTHING", "");
const FALSE: (&str, &str) = ("CODEINTEL_GIT_FALSE", "false");

/// Make a git process that runs nothing but git. This is the only place that makes one.
fn command(root: &Path, settings: &[Setting], args: &[&str]) -> Result<Command, GitError> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A relative folder would lead into the repository.
    let folders: Vec<PathBuf> = absolute_folders(&path).collect();
    let program = folders.iter().map(|folder| folder.join("git")).find(|program| is_executable(program));
    let program = program.ok_or(GitError::NotFound)?;
    if let Some(folder) = bare_repository(root) {
        return Err(GitError::Bare(folder));
    }
    let mut command = Command::new(program);
    for variable in NOT_INHERITED {
        command.env_remove(variable);
    }
    command.args(["--no-pager", "--no-optional-locks"]);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    for (key, (variable, value)) in settings {
        // The name of a filter may have a `=`. For `-c` the key would end there; older versions of git know no other way.
        if key.contains('=') {
            command.env(variable, value).arg(format!("--config-env={key}={variable}"));
        } else {
            command.args(["-c", &format!("{key}={value}")]);
        }
    }
    let (name, rest) = args.split_first().expect("a command has a name");
    command.arg(name);
    command.args(TOLD.iter().filter(|(told, _)| told == name).flat_map(|(_, options)| *options));
    command
        .args(rest)
        .current_dir(root)
        .env("PATH", env::join_paths(folders).unwrap_or_default())
        .env("LC_ALL", "C")
        .env("GIT_PAGER", "cat")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        // Unlike `protocol.allow`, this one cannot be overruled for one protocol.
        .env("GIT_ALLOW_PROTOCOL", "none");
    Ok(command)
}

/// Files of git's folder that git processes read.
const READ_BY_GIT: [&str; 11] = [
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "index",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "objects/info/alternates",
    "packed-refs",
    "shallow",
];

/// A file that git would wait for, such as a FIFO in its place.
fn irregular_file(root: &Path) -> Option<PathBuf> {
    let top = top(root)?;
    let git = top.join(".git");
    let folder = folder_of(top).unwrap_or_else(|| git.clone());
    let head = text_or_nothing(&folder.join("HEAD"), 1 << 16);
    let branch = head.as_deref().and_then(|head| head.strip_prefix("ref:")).map(|branch| folder.join(branch.trim()));
    let files = READ_BY_GIT.iter().map(|name| folder.join(name)).chain(branch);
    let is_irregular = |file: &PathBuf| {
        let found = fs::metadata(file).map(|metadata| metadata.file_type());
        found.is_ok_and(|found| !found.is_file() && !found.is_dir())
    };
    files.chain([top.join(".gitattributes"), git]).find(is_irregular)
}

/// When git was stopped the last time. It would wait again.
static STOPPED: Mutex<Option<Instant>> = Mutex::new(None);

/// After that, git is not run for so long.
const REST: Duration = Duration::from_mins(2);

/// Run git and give its output, or what it said on standard error when it failed.
fn run(root: &Path, settings: &[Setting], args: &[&str], input: Option<Vec<u8>>) -> Result<Vec<u8>, GitError> {
    if let Some(file) = irregular_file(root) {
        return Err(GitError::Irregular(file));
    }
    let stopped = || STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if stopped().is_some_and(|stopped| stopped.elapsed() < REST) {
        return Err(GitError::Resting);
    }
    let mut command = command(root, settings, args)?;
    let output = output_of(&mut command, input, TIMEOUT).map_err(|error| GitError::NotStarted(error.to_string()))?;
    let Some(output) = output else {
        *stopped() = Some(Instant::now());
        return Err(GitError::TimedOut { command: args[0].to_owned(), seconds: TIMEOUT.as_secs() });
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next();
    Err(first.map_or(GitError::Silent, |line| GitError::Failed { command: args[0].to_owned(), said: line.to_owned() }))
}

fn text(output: Result<Vec<u8>, GitError>) -> Result<String, GitError> {
    output.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A folder on the way from a repository's root to the working tree around it that git would take for a bare repository. Git from 2.38 on is
/// told not to; an earlier one cannot be.
fn bare_repository(root: &Path) -> Option<PathBuf> {
    for folder in root.ancestors() {
        let git = folder.join(".git");
        if git.is_file() || git.join("HEAD").exists() {
            return None;
        }
        let is_bare = folder.join("HEAD").exists() && folder.join("objects").is_dir() && folder.join("refs").is_dir();
        if is_bare {
            return Some(folder.to_owned());
        }
    }
    None
}

/// Major and minor version, from `git version 2.47.3`.
fn version_of(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(2)?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The state as far as it is sure, and the files whose contents differ from the index as they are on disk.
fn parse_status(said: &str) -> (GitState, Vec<&str>) {
    let mut state = GitState::default();
    let mut unstaged = Vec::new();
    for line in said.split_terminator('\0') {
        if let Some(oid) = line.strip_prefix("# branch.oid ") {
            state.commit = if oid == "(initial)" { None } else { Some(oid.to_owned()) };
        } else if let Some(head) = line.strip_prefix("# branch.head ") {
            state.branch = if head == "(detached)" { None } else { Some(head.to_owned()) };
        } else if let Some(entry) = line.strip_prefix("1 .M N... ") {
            // Three modes, two hashes, and the path.
            unstaged.extend(entry.splitn(6, ' ').nth(5));
        } else if !line.starts_with('#') {
            state.is_dirty = true;
        }
    }
    (state, unstaged)
}

/// `owner/name` of a remote's address, or its last part.
pub(crate) fn slug_of_remote(url: &str) -> Option<String> {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    let path = match url.split_once("://") {
        Some(("file", path)) => path.rsplit('/').next()?,
        Some((_, rest)) => rest.split_once('/')?.1,
        // `git@host:owner/name`, unless the colon comes after a slash.
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') => path,
            _ => url.rsplit('/').next()?,
        },
    };
    let slug = path.trim_matches('/');
    if slug.is_empty() { None } else { Some(slug.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_all_forms_of_addresses() {
        let check = |url: &str, expected: &str| assert_eq!(slug_of_remote(url).as_deref(), Some(expected), "{url}");
        check("git@example.com:owner/name.git", "owner/name");
        check("https://user@example.com/group/sub/name/", "group/sub/name");
        check("ssh://git@example.com:22/owner/name.git", "owner/name");
        check("/srv/git/name.git", "name");
        check("../name", "name");
        check("file:///srv/git/name", "name");
        assert_eq!(slug_of_remote("https://"), None);
    }

    #[test]
    fn status_lines_are_read() {
        let (clean, _) = parse_status("# branch.oid abc\0# branch.head main\0# branch.ab +0 -0\0");
        assert_eq!(
            (clean.commit.as_deref(), clean.branch.as_deref(), clean.is_dirty),
            (Some("abc"), Some("main"), false)
        );
        let said = "# branch.oid (initial)\0# branch.head (detached)\x001 .M N... 100644 100644 100644 aa bb a b.py\0";
        let (other, unstaged) = parse_status(said);
        assert_eq!((other.commit, other.branch, other.is_dirty, unstaged), (None, None, false, vec!["a b.py"]));
        for entry in
            ["1 M. N... 1 1 1 a b x", "1 .D N... 1 1 0 a b x", "1 .M SC.. 1 1 1 a b x", "u UU N... 1 1 1 1 a b c x"]
        {
            assert!(parse_status(entry).0.is_dirty, "{entry}");
        }
    }

    #[test]
    fn a_real_repository_is_read_and_a_plain_folder_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let state = |root: &Path| state(&Git::open(root));
        let remote = |root: &Path| Git::open(root).unwrap().remote().map(str::to_owned);
        assert_eq!(Membership::of(dir.path()), Membership::Outside);
        let git = |args: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
            assert!(Command::new("git").args(identity).args(args).current_dir(dir.path()).status().unwrap().success());
        };
        git(&["init", "-q", "-b", "trunk"]);
        git(&["remote", "add", "origin", "git@example.com:o/n.git"]);
        fs::write(dir.path().join("a.py"), "").unwrap();
        let unborn = state(dir.path());
        assert_eq!((unborn.commit, unborn.is_dirty), (None, false), "untracked files do not count");
        git(&["add", "-A"]);
        git(&["commit", "-qm", "one"]);
        let clean = state(dir.path());
        assert_eq!((clean.branch.as_deref(), clean.is_dirty), (Some("trunk"), false));
        assert_eq!(clean.commit.as_deref().map(str::len), Some(40));
        assert_eq!(remote(dir.path()).as_deref().and_then(slug_of_remote).as_deref(), Some("o/n"));
        fs::write(dir.path().join("a.py"), "x = 1").unwrap();
        assert!(state(dir.path()).is_dirty);
        let inner = dir.path().join("inner");
        fs::create_dir(&inner).unwrap();
        assert_eq!((Membership::of(dir.path()), Membership::of(&inner)), (Membership::Root, Membership::Folder));
        fs::write(dir.path().join(".gitignore"), "inner\n").unwrap();
        assert_eq!(Membership::of(&inner), Membership::Outside, "ignored");
        fs::write(dir.path().join(".git/HEAD"), "nonsense").unwrap();
        assert!(state(dir.path()).problem.is_some());
    }
}
