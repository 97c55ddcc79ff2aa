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
    /// The root as the index names it.
    named: PathBuf,
    /// The same folder in this checkout.
    base: PathBuf,
    repository: PathBuf,
    /// Another folder that it could be by the documents.
    rival: Option<PathBuf>,
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
    /// The project root of an index with documents of some paths, for a repository in a folder.
    ///
    /// A root that does not lie in the repository is that of another checkout. What follows the other repository's root in it is then
    /// known by the documents: of the ends of its path, from the longest to the empty one, the first one counts under which the
    /// most of them are files of the repository. [`Root::doubt`] tells where others would do as well.
    pub fn find(
        project_root: &str,
        repository: &Path,
        relative_paths: &[String],
        is_file: impl Fn(&RepoPath) -> bool,
    ) -> Self {
        let named = folder_of_uri(project_root);
        let root = |base| Self { named: named.clone(), base, repository: repository.to_owned(), rival: None };
        if named.starts_with(repository) {
            return root(named.clone());
        }
        let parts: Vec<Component<'_>> =
            named.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        let ends = (0..=parts.len()).map(|start| repository.join(parts[start..].iter().collect::<PathBuf>()));
        let mut best = (root(repository.to_owned()), Vec::new());
        // The root itself, since the repository may lie in it.
        for candidate in [named.clone()].into_iter().chain(ends).map(root) {
            let located = relative_paths.iter().filter_map(|path| candidate.locate(path).ok());
            let files: Vec<RepoPath> = located.filter(&is_file).collect();
            if files.len() > best.1.len() {
                best = (candidate, files);
            } else if files.len() == best.1.len() && files != best.1 {
                best.0.rival.get_or_insert(candidate.base);
            }
        }
        best.0
    }

    /// What there is to say if the documents alone do not tell which folder it is.
    pub fn doubt(&self) -> Option<String> {
        let shown = |folder: &Path| match folder.strip_prefix(&self.repository) {
            Ok(path) if path.as_os_str().is_empty() => "the repository's root".to_owned(),
            Ok(path) => format!("`{}`", path.display()),
            Err(_) => format!("`{}`", folder.display()),
        };
        let (taken, rival) = (shown(&self.base), shown(self.rival.as_deref()?));
        Some(format!("the index may be of {taken} or of {rival}; {taken} was taken, as its root has that name"))
    }

    /// The path from the repository's root to a document.
    pub fn locate(&self, relative_path: &str) -> Result<RepoPath, RootError> {
        let outside = || RootError(relative_path.to_owned());
        let relative = Path::new(relative_path);
        let absolute = self.base.join(relative.strip_prefix(&self.named).unwrap_or(relative));
        let mut path = PathBuf::new();
        for component in absolute.components() {
            match component {
                Component::ParentDir => {
                    if !path.pop() {
                        return Err(outside());
                    }
                }
                Component::CurDir => {}
                component => path.push(component),
            }
        }
        path.strip_prefix(&self.repository).ok().and_then(|path| RepoPath::new(path).ok()).ok_or_else(outside)
    }
}

/// The folder of a URI, or of a path that is none. A machine's name in it does not count.
fn folder_of_uri(uri: &str) -> PathBuf {
    let path = match uri.strip_prefix("file:") {
        Some(rest) => rest.strip_prefix("//").map_or(rest, |rest| &rest[rest.find('/').unwrap_or(rest.len())..]),
        None => uri,
    };
    PathBuf::from(percent_decode_str(path).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the repository beside the one that is looked for.
    const FILES: [&str; 4] = ["src/pkg/a.py", "src/pkg/b.py", "b.py", "src/a.py"];

    fn check_among(project_root: &str, relative_paths: &[&str], expected: &[&str]) {
        let paths: Vec<String> = relative_paths.iter().map(|&path| path.to_owned()).collect();
        let is_file = |path: &RepoPath| FILES.contains(&path.as_str());
        let root = Root::find(project_root, Path::new("/work/my repo"), &paths, is_file);
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
        let inner = Root::find(&file_uri(&repository.join("src")), repository, &[], |_| false);
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
            let is_file = |path: &RepoPath| ["src/a.py", "a.py", "b.py"].contains(&path.as_str());
            let root = Root::find("file:///ci/src", Path::new("/work"), &[path.to_owned()], is_file);
            (root.locate(path).map(|path| path.to_string()).unwrap(), root.doubt().unwrap_or_default())
        };
        let doubt = "the index may be of `src` or of the repository's root; `src` was taken, as its root has that name";
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
