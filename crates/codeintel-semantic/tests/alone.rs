//! What is said of a file does not depend on what was asked before.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;
#[path = "common/packages.rs"]
mod packages;

use std::path::Path;

use codeintel_base::RepoPath;
use codeintel_scip::{Occurrence, PlacedDocument};
use codeintel_semantic::ProjectFile;

use self::common::{files, resolver};

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
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, check);
    }
}
