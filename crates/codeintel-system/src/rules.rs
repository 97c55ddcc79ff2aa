//! Ignore rules: `.ignore`, `.gitignore` and git's own excludes, read without trusting what lies there.
//!
//! A file of rules is read only if it is a regular file of a sensible size inside of the repository. What cannot be used is a
//! problem, and the other rules hold.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeintel_base::count;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::scan::ScanProblem;

/// A larger file of rules is not obeyed. Compiled patterns take hundreds of times the memory of their text.
const MAX_BYTES: u64 = 256 << 10;

/// A file with more rules is not obeyed: the patterns of one file are compiled into one automaton.
const MAX_RULES: usize = 10_000;

/// A longer pattern is not obeyed.
const MAX_PATTERN_BYTES: usize = 4096;

/// Of one file so many rules that cannot be read are listed one by one.
const MAX_PROBLEMS: usize = 20;

/// Names of the files of rules that any folder may hold.
pub(crate) const RULE_FILES: [&str; 2] = [".ignore", ".gitignore"];

/// The rules of a folder, with those of the folders around it.
#[derive(Debug)]
pub(crate) struct Rules {
    outer: Option<Arc<Rules>>,
    ignore: Gitignore,
    git_ignore: Gitignore,
    git_exclude: Gitignore,
}

/// Rules that hold everywhere, and the reader of all others.
#[derive(Debug)]
pub(crate) struct RuleReader<'a> {
    /// The repository. Links that lead out of it are not followed.
    pub(crate) root: &'a Path,
    /// The user's own excludes, which come last.
    global: Gitignore,
}

impl<'a> RuleReader<'a> {
    pub(crate) fn new(root: &'a Path, problems: &mut Vec<ScanProblem>) -> Self {
        let global = match gitconfig_excludes_path() {
            Some(path) if path.is_file() => compile(root, read(&path, None), &shown(&path, root), problems),
            _ => Gitignore::empty(),
        };
        Self { root, global }
    }

    /// The rules of the folders around the repository, which hold in it where it is a folder of a larger one.
    pub(crate) fn around(&self, problems: &mut Vec<ScanProblem>) -> Option<Arc<Rules>> {
        let mut folders: Vec<&Path> = self.root.ancestors().skip(1).collect();
        folders.reverse();
        folders.into_iter().fold(None, |outer, folder| {
            let names = [".ignore", ".gitignore", ".git"].map(OsStr::new);
            let names = names.into_iter().filter(|name| folder.join(name).symlink_metadata().is_ok());
            self.of(folder, names, outer, problems)
        })
    }

    /// The rules that hold in a folder, given the names of its entries and the rules around it.
    pub(crate) fn of<'n>(
        &self,
        folder: &Path,
        names: impl IntoIterator<Item = &'n OsStr>,
        outer: Option<Arc<Rules>>,
        problems: &mut Vec<ScanProblem>,
    ) -> Option<Arc<Rules>> {
        let (mut has_ignore, mut has_git_ignore, mut has_git) = (false, false, false);
        for name in names {
            has_ignore |= name == ".ignore";
            has_git_ignore |= name == ".gitignore";
            has_git |= name == ".git";
        }
        if !(has_ignore || has_git_ignore || has_git) {
            return outer;
        }
        let mut rules = |path: Option<PathBuf>, within: Option<&Path>| match path {
            Some(path) => compile(folder, read(&path, within), &shown(&path, self.root), problems),
            None => Gitignore::empty(),
        };
        let within = Some(self.root).filter(|root| folder.starts_with(root));
        let rules = Rules {
            ignore: rules(has_ignore.then(|| folder.join(".ignore")), within),
            git_ignore: rules(has_git_ignore.then(|| folder.join(".gitignore")), within),
            // A working tree may keep it elsewhere.
            git_exclude: rules(
                if has_git { git_folder(folder) } else { None }.map(|git| git.join("info/exclude")),
                None,
            ),
            outer: outer.clone(),
        };
        let is_empty = rules.ignore.is_empty() && rules.git_ignore.is_empty() && rules.git_exclude.is_empty();
        if is_empty { outer } else { Some(Arc::new(rules)) }
    }

    /// Whether an absolute path is ignored: by the innermost `.ignore` that speaks of it, else by the innermost `.gitignore`, else by
    /// git's excludes.
    pub(crate) fn is_ignored(&self, rules: Option<&Arc<Rules>>, path: &Path, is_folder: bool) -> bool {
        let (mut ignore, mut git_ignore, mut git_exclude) = (Match::None, Match::None, Match::None);
        let mut next = rules;
        while let Some(rules) = next {
            for (found, matcher) in [
                (&mut ignore, &rules.ignore),
                (&mut git_ignore, &rules.git_ignore),
                (&mut git_exclude, &rules.git_exclude),
            ] {
                if found.is_none() {
                    *found = matcher.matched(path, is_folder);
                }
            }
            next = rules.outer.as_ref();
        }
        let global = || self.global.matched(path, is_folder);
        let found = ignore.or(git_ignore).or(git_exclude);
        if found.is_none() { global().is_ignore() } else { found.is_ignore() }
    }
}

/// A path from the repository's root, or as it is where it lies outside.
fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// The folder that holds `info/exclude`, where a folder has a `.git`.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    let metadata = fs::metadata(&git).ok()?;
    if metadata.is_dir() {
        return Some(git);
    }
    // A working tree that shares its repository with others, as made by `git worktree`.
    let line = |path: &Path| {
        let text = String::from_utf8(read(path, None).ok()??).ok()?;
        text.lines().next().map(str::to_owned)
    };
    let own = folder.join(line(&git)?.strip_prefix("gitdir: ")?);
    Some(own.join(line(&own.join("commondir"))?))
}

/// The bytes of a small regular file; none if it is not there. Says what is wrong with any other.
fn read(path: &Path, within: Option<&Path>) -> Result<Option<Vec<u8>>, String> {
    match read_regular(path, within) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Refusal::Because(message)) => Err(message),
        Err(Refusal::Io(error)) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(Refusal::Io(error)) => Err(format!("cannot be read: {error}")),
    }
}

enum Refusal {
    Because(String),
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn read_regular(path: &Path, within: Option<&Path>) -> Result<Vec<u8>, Refusal> {
    let check = |metadata: &Metadata| {
        if !metadata.is_file() {
            return Err(Refusal::Because("not a regular file".to_owned()));
        }
        if metadata.len() > MAX_BYTES {
            let size = metadata.len();
            return Err(Refusal::Because(format!("the file has {size} bytes; the limit is {MAX_BYTES}")));
        }
        Ok(())
    };
    // Not even opened unless it is a regular file: opening a FIFO wakes its writer, opening a device may do anything.
    check(&fs::metadata(path)?)?;
    if let Some(root) = within
        && path.is_symlink()
        && !path.canonicalize()?.starts_with(root)
    {
        return Err(Refusal::Because("the symbolic link leads out of the repository and is not followed".to_owned()));
    }
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = File::options().read(true).custom_flags(nonblocking).open(path)?;
    check(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Compile the rules of a file. `shown` is its path in problems.
fn compile(
    folder: &Path,
    read: Result<Option<Vec<u8>>, String>,
    shown: &str,
    problems: &mut Vec<ScanProblem>,
) -> Gitignore {
    let mut refuse = |message: &str| {
        let message = format!("{message}; its ignore rules are not applied");
        problems.push(ScanProblem::warning(Some(shown.to_owned()), message));
    };
    let bytes = match read {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Gitignore::empty(),
        Err(message) => {
            refuse(&message);
            return Gitignore::empty();
        }
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let lines = || text.split(|byte| *byte == b'\n').enumerate();
    if lines().filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#")).count() > MAX_RULES {
        refuse(&format!("more than {MAX_RULES} rules"));
        return Gitignore::empty();
    }
    let mut builder = GitignoreBuilder::new(folder);
    let mut unreadable = Vec::new();
    for (number, line) in lines() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let added = match std::str::from_utf8(line) {
            Ok(line) if line.len() > MAX_PATTERN_BYTES => Err("the pattern is too long".to_owned()),
            Ok(line) => builder.add_line(None, line).map(|_| ()).map_err(|error| error.to_string()),
            Err(_) => Err("the pattern is not valid UTF-8".to_owned()),
        };
        if let Err(message) = added {
            unreadable.push(format!("line {}: {message}", number + 1));
        }
    }
    let gitignore = builder.build().unwrap_or_else(|error| {
        refuse(&error.to_string());
        Gitignore::empty()
    });
    let more = unreadable.len().saturating_sub(MAX_PROBLEMS);
    unreadable.truncate(MAX_PROBLEMS);
    if more > 0 {
        unreadable.push(format!("{} cannot be read", count(more, "more rule")));
    }
    problems.extend(unreadable.into_iter().map(|message| ScanProblem::warning(Some(shown.to_owned()), message)));
    gitignore
}
