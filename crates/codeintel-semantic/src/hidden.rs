//! Files of the repository that ty must not find by the names of their modules, and the paths by which it knows them.

use std::borrow::Cow;

/// A module of the standard library without which ty cannot work. A file of the repository that would take its place is put where
/// imports do not find it.
const IRREPLACEABLE: &str = "typing";

/// The folder that such files are put in.
const HIDDEN: &str = ".not-importable";

/// To find a module, ty looks into each folder around the file that imports it, and there for each part of the name. A file in more folders
/// is hidden, too.
pub(crate) const MOST_FOLDERS: usize = 64;

/// What stands between the folders of such a file in the one name that ty knows it by. No path has it.
const FOLDED: char = '\0';

/// Where a file of the repository is for ty.
pub(crate) fn hidden(path: &str, import_roots: &[String]) -> String {
    if path.matches('/').count() > MOST_FOLDERS {
        return format!("{HIDDEN}/{}", path.replace('/', &FOLDED.to_string()));
    }
    let takes_its_place = |root: &str| {
        let inside = path.strip_prefix(root)?;
        let inside = if root.is_empty() { inside } else { inside.strip_prefix('/')? };
        let rest = inside.strip_prefix(IRREPLACEABLE)?;
        (rest.starts_with('/') || rest == ".py" || rest == ".pyi").then_some(())
    };
    let is_hidden = import_roots.iter().map(String::as_str).chain([""]).any(|root| takes_its_place(root).is_some());
    if is_hidden { format!("{HIDDEN}/{path}") } else { path.to_owned() }
}

/// The path in the repository of such a path.
pub(crate) fn visible(path: &str) -> Cow<'_, str> {
    let path = path.strip_prefix(HIDDEN).and_then(|path| path.strip_prefix('/')).unwrap_or(path);
    if path.contains(FOLDED) { path.replace(FOLDED, "/").into() } else { path.into() }
}

/// In how many folders a file is that is hidden because there are too many.
pub(crate) fn folded(path: &str) -> Option<usize> {
    Some(path.matches(FOLDED).count()).filter(|folders| *folders > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_imported_in_place_of_typing_and_what_lies_too_deep_is_hidden() {
        let roots = vec!["src".to_owned()];
        for (path, expected) in [
            ("typing.py", ".not-importable/typing.py"),
            ("src/typing/x.py", ".not-importable/src/typing/x.py"),
            ("typing_x.py", "typing_x.py"),
            ("pkg/typing.py", "pkg/typing.py"),
        ] {
            assert_eq!(hidden(path, &roots), expected);
            assert_eq!(visible(expected), path);
        }
        let deep = |folders| format!("{}m.py", "d/".repeat(folders));
        assert_eq!(hidden(&deep(64), &roots), deep(64));
        let name = hidden(&deep(65), &roots);
        assert_eq!((name.matches('/').count(), folded(&name), &*visible(&name)), (1, Some(65), &*deep(65)));
    }
}
