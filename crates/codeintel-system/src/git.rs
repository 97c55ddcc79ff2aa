//! What git says of a working tree. Only reads; takes no lock in the user's repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The state of a working tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitState {
    /// The hash that HEAD names; none outside of git and before the first commit.
    pub commit: Option<String>,
    /// The branch that is checked out; none when detached.
    pub branch: Option<String>,
    /// Whether tracked files differ from the commit. Untracked files do not count, as in `git describe --dirty`.
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
        // Exit code 1 without a word: not ignored.
        if is_below && run(root, &["check-ignore", "--quiet", "."]).is_err_and(|message| message.is_empty()) {
            return Self::Folder;
        }
        Self::Outside
    }
}

/// Where git keeps what is checked out in a working tree.
pub(crate) fn folder(root: &Path) -> Option<PathBuf> {
    run(root, &["rev-parse", "--absolute-git-dir"]).ok().map(|path| PathBuf::from(path.trim_end()))
}

pub(crate) fn state(root: &Path) -> GitState {
    let status = ["status", "--porcelain=v2", "--branch", "--untracked-files=no", "--no-renames", "--", "."];
    match run(root, &status) {
        Ok(text) => parse_status(&text),
        Err(problem) => GitState { problem: Some(problem), ..GitState::default() },
    }
}

fn parse_status(text: &str) -> GitState {
    let mut state = GitState::default();
    for line in text.lines() {
        if let Some(oid) = line.strip_prefix("# branch.oid ") {
            state.commit = if oid == "(initial)" { None } else { Some(oid.to_owned()) };
        } else if let Some(head) = line.strip_prefix("# branch.head ") {
            state.branch = if head == "(detached)" { None } else { Some(head.to_owned()) };
        } else if !line.starts_with('#') {
            state.is_dirty = true;
        }
    }
    state
}

/// The address of the remote `origin`.
pub(crate) fn remote(root: &Path) -> Option<String> {
    run(root, &["config", "--get", "remote.origin.url"])
        .ok()
        .map(|url| url.trim().to_owned())
        .filter(|url| !url.is_empty())
}

/// Run git and give its output, or what it said on standard error when it failed.
fn run(root: &Path, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    // In a hook, git says by these which repository it means; we mean the one at `root`.
    let said_by_git = [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    ];
    for variable in said_by_git {
        command.env_remove(variable);
    }
    let output = command
        .arg("--no-optional-locks")
        .args(args)
        .current_dir(root)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().map_or(String::new(), |line| format!("git {}: {line}", args[0])))
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
        let clean = parse_status("# branch.oid abc\n# branch.head main\n# branch.ab +0 -0\n");
        assert_eq!(
            (clean.commit.as_deref(), clean.branch.as_deref(), clean.is_dirty),
            (Some("abc"), Some("main"), false)
        );
        let other = parse_status("# branch.oid (initial)\n# branch.head (detached)\n? a.py\n");
        assert_eq!((other.commit, other.branch, other.is_dirty), (None, None, true));
    }

    #[test]
    fn a_real_repository_is_read_and_a_plain_folder_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Membership::of(dir.path()), Membership::Outside);
        let git = |args: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
            assert!(Command::new("git").args(identity).args(args).current_dir(dir.path()).status().unwrap().success());
        };
        git(&["init", "-q", "-b", "trunk"]);
        git(&["remote", "add", "origin", "git@example.com:o/n.git"]);
        std::fs::write(dir.path().join("a.py"), "").unwrap();
        let unborn = state(dir.path());
        assert_eq!((unborn.commit, unborn.is_dirty), (None, false), "untracked files do not count");
        git(&["add", "-A"]);
        git(&["commit", "-qm", "one"]);
        let clean = state(dir.path());
        assert_eq!((clean.branch.as_deref(), clean.is_dirty), (Some("trunk"), false));
        assert_eq!(clean.commit.as_deref().map(str::len), Some(40));
        assert_eq!(remote(dir.path()).as_deref().and_then(slug_of_remote).as_deref(), Some("o/n"));
        std::fs::write(dir.path().join("a.py"), "x = 1").unwrap();
        assert!(state(dir.path()).is_dirty);
        let inner = dir.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        assert_eq!((Membership::of(dir.path()), Membership::of(&inner)), (Membership::Root, Membership::Folder));
        std::fs::write(dir.path().join(".gitignore"), "inner\n").unwrap();
        assert_eq!(Membership::of(&inner), Membership::Outside, "ignored");
        std::fs::write(dir.path().join(".git/HEAD"), "nonsense").unwrap();
        assert!(state(dir.path()).problem.is_some());
    }
}
