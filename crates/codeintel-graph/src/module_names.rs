//! Importable names of source files.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

/// The folders that imports start from, besides those that the file names show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRoots(BTreeSet<String>);

impl SourceRoots {
    /// Folders from the repository's root, `""` for the root itself.
    pub fn new(folders: impl IntoIterator<Item = String>) -> Self {
        Self(folders.into_iter().collect())
    }
}

/// Names modules, given all source files of a repository.
#[derive(Debug)]
pub struct ModuleNames {
    /// The folders that hold source files, and those around them.
    folders: FxHashMap<String, Folder>,
}

/// What is known of a folder.
#[derive(Debug, Clone, Copy, Default)]
struct Folder {
    /// How many bytes of its path are the path of the source root around its files.
    root: usize,
    /// Whether it is a package or lies in one: nothing below it is a root.
    is_in_package: bool,
}

impl ModuleNames {
    /// Learn the packages and source roots from the paths of all source files.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>, declared: &SourceRoots) -> Self {
        let mut roots: FxHashSet<&str> = declared.0.iter().map(String::as_str).collect();
        // With an `__init__.py` or `__init__.pyi`.
        let mut packages = FxHashSet::default();
        let mut holders = FxHashSet::default();
        for path in paths {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            match name {
                "__init__.py" | "__init__.pyi" => _ = packages.insert(folder),
                "setup.py" => _ = roots.insert(folder),
                _ => {}
            }
            holders.insert(folder);
        }
        let mut folders: FxHashMap<String, Folder> = FxHashMap::default();
        let mut unknown = Vec::new();
        #[expect(clippy::iter_over_hash_type, reason = "what is known of a folder does not depend on the order")]
        for holder in holders {
            // From the outside to the inside, each folder once.
            let mut next = Some(holder);
            let mut around = Folder::default();
            while let Some(folder) = next {
                if let Some(known) = folders.get(folder) {
                    around = *known;
                    break;
                }
                unknown.push(folder);
                next = folder.rsplit_once('/').map(|(outer, _)| outer);
            }
            while let Some(folder) = unknown.pop() {
                let is_src = folder.rsplit('/').next() == Some("src");
                if !around.is_in_package && packages.contains(folder) {
                    around.is_in_package = true;
                } else if !around.is_in_package && (is_src || roots.contains(folder)) {
                    around.root = folder.len();
                }
                folders.insert(folder.to_owned(), around);
            }
        }
        Self { folders }
    }

    /// The module's name. Never empty: the file that would be the repository's own package is `__init__`.
    pub fn name(&self, path: &str) -> String {
        let root = self.root(path);
        let inside = path.strip_prefix(root).map_or(path, |inside| inside.trim_start_matches('/'));
        let stem = inside.strip_suffix(".pyi").or_else(|| inside.strip_suffix(".py")).unwrap_or(inside);
        let mut parts: Vec<&str> = stem.split('/').collect();
        if parts.len() > 1 {
            parts[0] = parts[0].strip_suffix("-stubs").unwrap_or(parts[0]);
            if parts.last() == Some(&"__init__") {
                parts.pop();
            }
        }
        parts.join(".")
    }

    /// The deepest source root around the file that lies in no package; empty for the repository's own. The file is one of those that the
    /// names were learnt from.
    pub fn root<'p>(&self, path: &'p str) -> &'p str {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.folders.get(folder).map_or("", |known| &folder[..known.root])
    }
}

/// What a path alone says.
impl ModuleNames {
    /// Whether the file is a package's own.
    pub fn is_package(path: &str) -> bool {
        matches!(path.rsplit('/').next(), Some("__init__.py" | "__init__.pyi"))
    }

    /// Whether the file is a stub.
    pub fn is_stub(path: &str) -> bool {
        path.rsplit_once('.').is_some_and(|(_, extension)| extension == "pyi")
    }

    /// Whether the file is a test, by the customs of pytest and unittest.
    pub fn is_test(path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        folder.split('/').any(|part| matches!(part, "test" | "tests"))
            || stem.starts_with("test_")
            || stem.ends_with("_test")
            || stem == "conftest"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line is a path and the expected name of its module.
    fn check(roots: &[&str], table: &str) {
        let rows: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.trim().split_once(' '))
            .map(|(path, name)| (path, name.trim()))
            .collect();
        let roots = SourceRoots::new(roots.iter().map(|root| (*root).to_owned()));
        let names = ModuleNames::new(rows.iter().map(|(path, _)| *path), &roots);
        for (path, expected) in &rows {
            assert_eq!(names.name(path), *expected, "{path}");
        }
    }

    #[test]
    fn flat_src_and_namespace_layouts() {
        check(
            &[],
            "setup.py              setup
             pkg/__init__.py        pkg
             pkg/sub/mod.py         pkg.sub.mod
             src/lib/__init__.pyi   lib
             src/lib/src/x.py       lib.src.x
             ns/part/mod.py         ns.part.mod
             tests/unit/test_a.py   tests.unit.test_a
             __init__.py            __init__
             lib-stubs/a/b.pyi      lib.a.b
             locale/is/0001_x-y.py  locale.is.0001_x-y",
        );
    }

    #[test]
    fn every_project_of_a_monorepo_has_its_root() {
        check(
            &["packages/b", "python"],
            "packages/a/setup.py            setup
             packages/a/a/__init__.py        a
             packages/b/b/mod.py             b.mod
             packages/c/src/c/mod.py         c.mod
             python/d/__init__.py            d",
        );
    }

    #[test]
    fn a_src_folder_that_is_a_package_is_no_root() {
        check(&[], "src/__init__.py src\nsrc/a.py src.a");
    }

    #[test]
    fn tests_are_known_by_their_paths() {
        for path in ["tests/a.py", "a/test/b.py", "test_a.py", "x/a_test.py", "conftest.py"] {
            assert!(ModuleNames::is_test(path), "{path}");
        }
        for path in ["testing/a.py", "latest.py", "contest.py", "a/tests.py"] {
            assert!(!ModuleNames::is_test(path), "{path}");
        }
    }
}
