//! A folder of Python files as a repository whose names are resolved.

mod options;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_semantic::{ProjectFile, ReadSource, Resolver};

pub(crate) use self::options::options;

struct Disk(PathBuf);

impl ReadSource for Disk {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }
}

/// The Python files of a folder.
pub(crate) fn files(root: &Path, folder: &str) -> Vec<ProjectFile> {
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

pub(crate) fn resolver(root: &Path, files: &[ProjectFile]) -> Resolver {
    Resolver::new(options(root), files, Arc::new(Disk(root.to_owned())))
}
