//! From the paths of an index to those of a repository.

use std::path::{Component, Path, PathBuf};

use codeintel_base::RepoPath;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Where the relative paths of an index start from.
///
/// Producers disagree: with `--target-only` scip-python gives the target itself as its project root, an empty path to it
/// and paths such as `../other.py` to the other documents; an index that was made elsewhere has the root of another
/// machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The root from the repository's, for example `src`; empty where they are the same or have nothing in common.
    prefix: PathBuf,
}

/// What cannot stand for itself in the path of a URI.
const RESERVED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The URI of a folder, as an index names its root.
pub fn file_uri(folder: &Path) -> String {
    format!("file://{}", utf8_percent_encode(&folder.to_string_lossy(), RESERVED))
}

/// A path that does not lie in the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index has a document outside of the repository: `{0}`")]
pub struct RootError(String);

impl Root {
    /// The project root of an index, for a repository in a folder. A root outside of it is taken to be another checkout.
    pub fn new(project_root: &str, repository: &Path) -> Self {
        let path = project_root.strip_prefix("file://").unwrap_or(project_root);
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        let prefix = Path::new(&path).strip_prefix(repository).map(Path::to_owned).unwrap_or_default();
        Self { prefix }
    }

    /// The path from the repository's root to a document.
    pub fn locate(&self, relative_path: &str) -> Result<RepoPath, RootError> {
        let outside = || RootError(relative_path.to_owned());
        let mut path = PathBuf::new();
        for component in self.prefix.join(relative_path).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir => {
                    if !path.pop() {
                        return Err(outside());
                    }
                }
                Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        RepoPath::new(&path).map_err(|_| outside())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(project_root: &str, relative_path: &str, expected: &str) {
        let root = Root::new(project_root, Path::new("/work/my repo"));
        let found = root.locate(relative_path).map_or_else(|_| "outside".to_owned(), |path| path.as_str().to_owned());
        assert_eq!(found, expected, "{relative_path} from {project_root}");
    }

    #[test]
    fn paths_are_found_from_any_root() {
        check("file:///work/my%20repo", "src/a.py", "src/a.py");
        check("file:///work/my%20repo/", "./src/a.py", "src/a.py");
        check("file:///work/my%20repo/src", "a.py", "src/a.py");
        check("/work/my repo/src", "../b.py", "b.py");
        check("", "a.py", "a.py");
    }

    #[test]
    fn a_uri_leads_back_to_its_folder() {
        let repository = Path::new("/work/my repo/100% ü");
        assert_eq!(file_uri(repository), "file:///work/my%20repo/100%25%20%C3%BC");
        let inner = Root::new(&file_uri(&repository.join("src")), repository);
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
    }

    #[test]
    fn what_lies_outside_is_refused() {
        check("file:///work/my%20repo", "../other/a.py", "outside");
        check("file:///work/my%20repo", "/usr/lib/a.py", "outside");
        check("file:///work/my%20repo", "", "outside");
    }
}
