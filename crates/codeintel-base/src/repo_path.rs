//! Paths inside a repository.

use std::borrow::Borrow;
use std::fmt;
use std::path::{Component, Path};

/// A file's path from the repository root: UTF-8, `/` between the parts, no `.` or `..`, never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Box<str>);

/// Why a path cannot be a [`RepoPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepoPathError {
    /// A part of it is not valid UTF-8.
    NotUtf8,
    /// It is empty, absolute or leaves the repository.
    Outside,
}

impl fmt::Display for RepoPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "the file's name is not valid UTF-8",
            Self::Outside => "the path is not inside the repository",
        })
    }
}

impl std::error::Error for RepoPathError {}

impl RepoPath {
    /// Take a relative path of the file system; `.` parts are dropped and `..` parts are refused.
    pub fn new(relative: &Path) -> Result<Self, RepoPathError> {
        let mut path = String::new();
        for component in relative.components() {
            match component {
                Component::Normal(part) => {
                    if !path.is_empty() {
                        path.push('/');
                    }
                    path.push_str(part.to_str().ok_or(RepoPathError::NotUtf8)?);
                }
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(RepoPathError::Outside),
            }
        }
        if path.is_empty() { Err(RepoPathError::Outside) } else { Ok(Self(path.into())) }
    }

    /// The path as text, for example `src/pkg/mod.py`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder that holds the file, or `""` for a file at the root.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Whether a path from the root is this one or lies below it.
    pub fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_what_leaves_the_repository_is_refused() {
        let path = |text: &str| RepoPath::new(Path::new(text)).map(|path| path.as_str().to_owned());
        assert_eq!(path("./src//a.py"), Ok("src/a.py".to_owned()));
        assert_eq!(path("../a.py"), Err(RepoPathError::Outside));
        assert_eq!(path("/a.py"), Err(RepoPathError::Outside));
        assert_eq!(path("."), Err(RepoPathError::Outside));
    }

    #[test]
    fn a_path_holds_itself_and_what_lies_below() {
        let path = RepoPath::new(Path::new("a/b")).unwrap();
        assert!(path.holds("a/b") && path.holds("a/b/c") && !path.holds("a/bc") && !path.holds("a"));
    }

    #[test]
    fn parent_and_name() {
        let path = RepoPath::new(Path::new("a/b/c.py")).unwrap();
        assert_eq!((path.parent(), path.file_name()), ("a/b", "c.py"));
        let top = RepoPath::new(Path::new("c.py")).unwrap();
        assert_eq!((top.parent(), top.file_name()), ("", "c.py"));
    }
}
