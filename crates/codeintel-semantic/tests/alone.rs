//! What is said of a file does not depend on what was asked before.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so and stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_semantic::{ProjectFile, ReadSource, Resolver, ResolverOptions};

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

/// Each file by a resolver of its own, and all by one, in both directions.
fn check(root: &Path, folder: &str) {
    let files = files(root, folder);
    let all = |order: Vec<&ProjectFile>| {
        let mut resolver = resolver(root, &files);
        let mut documents: Vec<_> =
            order.into_iter().map(|file| (file.path.clone(), resolver.document(&file.path).unwrap())).collect();
        documents.sort_by(|a, b| a.0.cmp(&b.0));
        documents
    };
    let forward = all(files.iter().collect());
    let backward = all(files.iter().rev().collect());
    let mut different: Vec<&RepoPath> = Vec::new();
    for ((path, one), (_, other)) in forward.iter().zip(&backward) {
        if std::env::var("ONLY").is_ok_and(|only| !only.split(',').any(|only| only == path.as_str())) {
            continue;
        }
        let alone = resolver(root, &files).document(path).unwrap();
        if alone != *one || alone != *other {
            different.push(path);
            for other in [one, other] {
                for (x, y, sign) in [(&alone, other, '-'), (other, &alone, '+')] {
                    for occurrence in x.occurrences.iter().filter(|occurrence| !y.occurrences.contains(occurrence)) {
                        eprintln!(
                            "{path} {sign} {}:{} {} {}",
                            occurrence.0.range.start_line + 1,
                            occurrence.0.range.start_col,
                            occurrence.0.roles,
                            occurrence.0.symbol
                        );
                    }
                    for u in x.unresolved.iter().filter(|u| !y.unresolved.contains(u)) {
                        eprintln!("{path} {sign} unresolved {u:?}");
                    }
                }
            }
        }
    }
    assert!(different.is_empty(), "{folder}: {different:?}");
    let occurrences: usize = forward.iter().map(|(_, document)| document.occurrences.len()).sum();
    eprintln!("{folder}: {} files, {occurrences} occurrences", files.len());
}

#[test]
fn a_document_is_the_same_alone_and_among_all_others() {
    let roots: Vec<(PathBuf, String)> = std::env::var("ALONE")
        .unwrap()
        .split(',')
        .map(|p| {
            let p = PathBuf::from(p);
            (p.parent().unwrap().to_owned(), p.file_name().unwrap().to_string_lossy().into_owned())
        })
        .collect();
    thread::scope(|scope| {
        for (root, name) in &roots {
            thread::Builder::new().stack_size(512 << 20).spawn_scoped(scope, move || check(root, name)).unwrap();
        }
    });
}
