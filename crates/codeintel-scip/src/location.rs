//! From the paths of an index to those of a repository.

use std::path::Path;

use codeintel_base::RepoPath;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::reader::shown_path;

/// Where the relative paths of an index start from.
///
/// Producers disagree: with `--target-only` scip-python gives the target itself as its project root, an empty path to it
/// and paths such as `../other.py` to the other documents; an index that was made elsewhere has the root of another
/// machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The parts of the root as the index names it, if it names an absolute path.
    named: Vec<String>,
    /// The parts of the same folder in this checkout.
    base: Vec<String>,
    /// The parts of the repository's folder.
    repository: Vec<String>,
    /// With how many parts both begin.
    shared: usize,
    /// Another folder that it could be by the documents.
    rival: Option<Vec<String>>,
}

/// No file has a longer path, in bytes.
const LONGEST_PATH: usize = 4096;

/// So many folders are tried as the root of an index that was made elsewhere: those nearest to the repository's own.
const MAX_CANDIDATES: usize = 16;

/// What cannot stand for itself in the path of a URI.
const RESERVED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The URI of a folder, as an index names its root.
pub fn file_uri(folder: &Path) -> String {
    format!("file://{}", utf8_percent_encode(&folder.to_string_lossy(), RESERVED))
}

/// A path that does not lie in the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index has a document outside the repository: `{}`", shown_path(_0))]
pub struct RootError(String);

/// What the files of a repository are asked for.
pub trait RepositoryFiles {
    /// Whether there is such a source file.
    fn is_file(&self, path: &RepoPath) -> bool;

    /// Whether there is a source file below a folder, which is not the root.
    fn is_folder(&self, path: &RepoPath) -> bool;
}

impl Root {
    /// The project root of an index with documents of some paths, for a repository in a folder.
    ///
    /// A root that does not lie in the repository is that of another checkout. What follows the other repository's root in it is then
    /// known by the documents: of the ends of its path, from the longest to the empty one, the first one counts under which the
    /// most of them are files of the repository. [`Root::doubt`] tells where others would do as well.
    pub fn find(
        project_root: &str,
        repository: &Path,
        relative_paths: &[String],
        files: &impl RepositoryFiles,
    ) -> Self {
        let named = folder_of_uri(project_root);
        let is_absolute = named.starts_with('/');
        let parts: Vec<&str> = parts(&named).collect();
        let repository: Vec<String> = self::parts(&repository.to_string_lossy()).map(str::to_owned).collect();
        let root = |base: Vec<String>| Self {
            named: if is_absolute { parts.iter().map(|&part| part.to_owned()).collect() } else { Vec::new() },
            shared: base.iter().zip(&repository).take_while(|(base, own)| base == own).count(),
            repository: repository.clone(),
            base,
            rival: None,
        };
        let itself = normal(&parts).filter(|_| is_absolute).map(root);
        if let Some(itself) = &itself
            && itself.shared == repository.len()
        {
            return itself.clone();
        }
        let below =
            |end: &[&str]| root(repository.iter().cloned().chain(end.iter().map(|&part| part.to_owned())).collect());
        let mut best = (below(&[]), Vec::new());
        // The root itself, since the repository may lie in it.
        for candidate in itself.into_iter().chain(ends(&parts, relative_paths, files).into_iter().map(below)) {
            let located = relative_paths.iter().filter_map(|path| candidate.locate(path).ok());
            let found: Vec<RepoPath> = located.filter(|path| files.is_file(path)).collect();
            if found.len() > best.1.len() {
                best = (candidate, found);
            } else if found.len() == best.1.len() && found != best.1 {
                best.0.rival.get_or_insert(candidate.base);
            }
        }
        best.0
    }

    /// What there is to say if the documents alone do not tell which folder it is.
    pub fn doubt(&self) -> Option<String> {
        let shown = |folder: &[String]| match folder.strip_prefix(&*self.repository) {
            Some([]) => "the repository's root".to_owned(),
            Some(path) => format!("`{}`", shown_path(&path.join("/"))),
            None => format!("`/{}`", shown_path(&folder.join("/"))),
        };
        let (taken, rival) = (shown(&self.base), shown(self.rival.as_deref()?));
        Some(format!(
            "the index may belong to {taken} or to {rival}; {taken} was chosen because its root has that name"
        ))
    }

    /// The path from the repository's root to a document. Takes time in proportion to the path alone, however long the root is.
    pub fn locate(&self, relative_path: &str) -> Result<RepoPath, RootError> {
        let outside = || RootError(relative_path.to_owned());
        let mut below: Vec<&str> = parts(relative_path).collect();
        // How much of the base it starts from.
        let mut kept = self.base.len();
        if relative_path.starts_with('/') {
            let is_named = !self.named.is_empty()
                && below.len() >= self.named.len()
                && self.named.iter().zip(&below).all(|(named, part)| named == part);
            if is_named {
                below.drain(..self.named.len());
            } else {
                kept = 0;
            }
        }
        let mut path: Vec<&str> = Vec::new();
        for part in below {
            if part != ".." {
                path.push(part);
            } else if path.pop().is_none() {
                kept = kept.checked_sub(1).ok_or_else(outside)?;
            }
        }
        let repository = self.repository.len();
        // The base goes another way than the repository.
        if kept.min(repository) > self.shared {
            return Err(outside());
        }
        let (inner, rest) = if kept >= repository {
            (&self.base[repository..kept], &path[..])
        } else {
            let missing = &self.repository[kept..];
            let is_inside = path.len() >= missing.len() && missing.iter().zip(&path).all(|(own, part)| own == part);
            (&[][..], if is_inside { &path[missing.len()..] } else { return Err(outside()) })
        };
        let mut located = String::new();
        for part in inner.iter().map(String::as_str).chain(rest.iter().copied()) {
            if located.len() + part.len() > LONGEST_PATH {
                return Err(outside());
            }
            if !located.is_empty() {
                located.push('/');
            }
            located += part;
        }
        RepoPath::new(Path::new(&located)).map_err(|_| outside())
    }
}

/// The ends of a root's path that may lead to a document, from the longest to the empty one.
fn ends<'a>(parts: &'a [&'a str], relative_paths: &[String], files: &impl RepositoryFiles) -> Vec<&'a [&'a str]> {
    let up = relative_paths.iter().map(|path| steps_up(path)).max().unwrap_or(0);
    let mut found: Vec<&[&str]> = Vec::new();
    let mut length = 0;
    for start in (0..=parts.len()).rev() {
        let end = &parts[start..];
        length += end.first().map_or(0, |part| part.len() + 1);
        if length > LONGEST_PATH || found.len() == MAX_CANDIDATES {
            break;
        }
        if end.contains(&"..") {
            continue;
        }
        // It or, for documents that stand above it, a folder around it has files of the repository.
        let has_files = |end: &[&str]| {
            let path = RepoPath::new(Path::new(&end.join("/")));
            path.is_ok_and(|path| files.is_folder(&path) || files.is_file(&path))
        };
        if end.len() <= up || (0..=up.min(MAX_CANDIDATES)).any(|above| has_files(&end[..end.len() - above])) {
            found.push(end);
        }
    }
    found.reverse();
    found
}

/// How far a path leads out of the folder that it starts from.
fn steps_up(path: &str) -> usize {
    let (mut depth, mut up) = (0_usize, 0);
    for part in parts(path) {
        if part != ".." {
            depth += 1;
        } else if depth == 0 {
            up += 1;
        } else {
            depth -= 1;
        }
    }
    up
}

/// The parts of a path but for those that mean nothing.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// Parts without steps up; none if these lead out of the root.
fn normal(parts: &[&str]) -> Option<Vec<String>> {
    let mut path = Vec::new();
    for part in parts {
        if *part == ".." {
            path.pop()?;
        } else {
            path.push((*part).to_owned());
        }
    }
    Some(path)
}

/// The folder of a URI, or of a path that is none. A machine's name in it does not count.
fn folder_of_uri(uri: &str) -> String {
    let path = match uri.strip_prefix("file:") {
        Some(rest) => rest.strip_prefix("//").map_or(rest, |rest| &rest[rest.find('/').unwrap_or(rest.len())..]),
        None => uri,
    };
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl RepositoryFiles for &[&str] {
        fn is_file(&self, path: &RepoPath) -> bool {
            self.contains(&path.as_str())
        }

        fn is_folder(&self, path: &RepoPath) -> bool {
            self.iter().any(|file| path.holds(file) && *file != path.as_str())
        }
    }

    /// Files of the repository beside the one that is looked for.
    const FILES: &[&str] = &["src/pkg/a.py", "src/pkg/b.py", "b.py", "src/a.py"];

    fn check_among(project_root: &str, relative_paths: &[&str], expected: &[&str]) {
        let paths: Vec<String> = relative_paths.iter().map(|&path| path.to_owned()).collect();
        let root = Root::find(project_root, Path::new("/work/my repo"), &paths, &FILES);
        let located = |path: &String| root.locate(path).map_or_else(|_| "outside".to_owned(), |path| path.to_string());
        assert_eq!(paths.iter().map(located).collect::<Vec<_>>(), expected, "{relative_paths:?} from {project_root}");
    }

    fn check(project_root: &str, relative_path: &str, expected: &str) {
        check_among(project_root, &[relative_path], &[expected]);
    }

    #[test]
    fn paths_are_found_from_any_root() {
        check("file:///work/my%20repo", "src/a.py", "src/a.py");
        check("file:///work/my%20repo/", "./src/a.py", "src/a.py");
        check("file:///work/my%20repo/src", "a.py", "src/a.py");
        check("/work/my repo/src", "../b.py", "b.py");
        check("", "a.py", "a.py");
        check("file://localhost/work/my%20repo/src", "a.py", "src/a.py");
    }

    #[test]
    fn a_uri_leads_back_to_its_folder() {
        let repository = Path::new("/work/my repo/100% ü");
        assert_eq!(file_uri(repository), "file:///work/my%20repo/100%25%20%C3%BC");
        let inner = Root::find(&file_uri(&repository.join("src")), repository, &[], &FILES);
        assert_eq!(inner.locate("a.py").map(|path| path.to_string()), Ok("src/a.py".to_owned()));
    }

    #[test]
    fn a_target_is_its_own_root() {
        check("file:///work/my%20repo/src/a.py", "", "src/a.py");
        check("file:///work/my%20repo/src/a.py", "../b.py", "src/b.py");
    }

    #[test]
    fn the_root_of_another_checkout_is_that_of_the_repository() {
        check("file:///home/ci/build", "src/a.py", "src/a.py");
        check("file:///work/my%20repository", "src/a.py", "src/a.py");
        check("file:///home/ci/build", "nowhere.py", "nowhere.py");
    }

    #[test]
    fn a_folder_of_another_checkout_is_found_by_its_documents() {
        check("file:///ci/build/src", "pkg/a.py", "src/pkg/a.py");
        check("file://ci-7/build/src/", "pkg/a.py", "src/pkg/a.py");
        check("file:///ci/build/src/pkg/a.py", "", "src/pkg/a.py");
        check_among("file:///ci/build/src/pkg/a.py", &["", "../b.py"], &["src/pkg/a.py", "src/pkg/b.py"]);
        check("/ci/src", "src/pkg/a.py", "src/pkg/a.py");
        // The greater number of files counts before the name of the folder.
        check_among("/ci/src", &["b.py", "x.py", "src/a.py"], &["b.py", "x.py", "src/a.py"]);
    }

    #[test]
    fn the_name_of_the_folder_decides_where_two_would_do_and_that_is_told() {
        let find = |path: &str| {
            let files: &[&str] = &["src/a.py", "a.py", "b.py"];
            let root = Root::find("file:///ci/src", Path::new("/work"), &[path.to_owned()], &files);
            (root.locate(path).map(|path| path.to_string()).unwrap(), root.doubt().unwrap_or_default())
        };
        let doubt = "the index may belong to `src` or to the repository's root; `src` was chosen because its root has that name";
        assert_eq!(find("a.py"), ("src/a.py".to_owned(), doubt.to_owned()));
        assert_eq!(find("b.py"), ("b.py".to_owned(), String::new()));
    }

    #[test]
    fn absolute_paths_are_placed_where_they_lie_in_the_repository() {
        check("file:///work/my%20repo", "/work/my repo/src/a.py", "src/a.py");
        check("", "/work/my repo/src/a.py", "src/a.py");
        check("file:///ci/build/src", "/ci/build/src/pkg/a.py", "src/pkg/a.py");
    }

    #[test]
    fn the_root_may_lie_around_the_repository() {
        check_among("file:///work", &["my repo/src/a.py", "other/b.py"], &["src/a.py", "outside"]);
    }

    #[test]
    fn what_lies_outside_is_refused() {
        check("file:///work/my%20repo", "../other/a.py", "outside");
        check("file:///work/my%20repo", "/usr/lib/a.py", "outside");
        check("file:///work/my%20repo", "", "outside");
    }
}
