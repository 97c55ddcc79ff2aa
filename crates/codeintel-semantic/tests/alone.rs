//! What is said of a file does not depend on what was asked before.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_scip::{Occurrence, PlacedDocument};
use codeintel_semantic::{ProjectFile, ReadSource, Resolver, ResolverOptions};

/// Packages that the project's own tests have installed.
const PACKAGES: [&str; 3] = ["radon", "docstring_parser", "libcst"];

struct Disk(PathBuf);

impl ReadSource for Disk {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }
}

/// The Python files of a folder.
fn files(root: &Path, folder: &str) -> Vec<ProjectFile> {
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "py" || extension == "pyi") {
                let path = RepoPath::new(entry.strip_prefix(root).unwrap()).unwrap();
                let stem = path.as_str().rsplit_once('.').unwrap().0;
                let module = stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".");
                found.push(ProjectFile { hash: ContentHash::of(&fs::read(&entry).unwrap()), module, path });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn resolver(root: &Path, files: &[ProjectFile]) -> Resolver {
    let options = ResolverOptions {
        root: root.to_owned(),
        import_roots: vec![String::new()],
        site_packages: Vec::new(),
        packages: Vec::new(),
        python_version: (3, 13),
        project: ("demo".to_owned(), "0".to_owned()),
    };
    Resolver::new(options, files, Arc::new(Disk(root.to_owned())))
}

/// The documents of all files by one resolver, in the order of the files.
fn all<'f>(root: &Path, files: &[ProjectFile], order: impl Iterator<Item = &'f ProjectFile>) -> Vec<PlacedDocument> {
    let mut resolver = resolver(root, files);
    let mut documents: Vec<(&RepoPath, PlacedDocument)> =
        order.map(|file| (&file.path, resolver.document(&file.path).unwrap())).collect();
    documents.sort_by_key(|(path, _)| *path);
    documents.into_iter().map(|(_, document)| document).collect()
}

/// The occurrences of one document that another has not.
fn missing<'d>(one: &'d PlacedDocument, other: &PlacedDocument) -> Vec<&'d (Occurrence, (u32, u32))> {
    one.occurrences.iter().filter(|occurrence| !other.occurrences.contains(occurrence)).collect()
}

/// Each file by a resolver of its own, and all by one, in both directions.
fn check(root: &Path, folder: &str) {
    let files = files(root, folder);
    assert!(files.len() > 5, "{folder} is a package");
    let forward = all(root, &files, files.iter());
    let backward = all(root, &files, files.iter().rev());
    for (file, (one, other)) in files.iter().zip(forward.iter().zip(&backward)) {
        let alone = resolver(root, &files).document(&file.path).unwrap();
        for among in [one, other] {
            assert_eq!((missing(&alone, among), missing(among, &alone)), (Vec::new(), Vec::new()), "{}", file.path);
            assert_eq!(alone, *among, "{}", file.path);
        }
    }
}

#[test]
fn a_document_is_the_same_alone_and_among_all_others() {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/lib");
    let Some(python) = fs::read_dir(environment).ok().and_then(|mut versions| versions.next()) else {
        eprintln!("skipped: there is no .venv; `cargo xtask setup` makes it");
        return;
    };
    let root = python.unwrap().path().join("site-packages");
    thread::scope(|scope| {
        for package in PACKAGES {
            // As the engine has it: ty follows deep expressions by calling itself.
            thread::Builder::new().stack_size(512 << 20).spawn_scoped(scope, || check(&root, package)).unwrap();
        }
    });
}
