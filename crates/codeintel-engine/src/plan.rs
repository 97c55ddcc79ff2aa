//! What a run will do and why: a pure function of what is on disk and what the ledger knows.

use codeintel_base::{ContentHash, RepoPath};
use codeintel_store::{FileRow, Snapshot};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checks::CheckPlan;
use crate::inventory::InventoryFile;

/// The difference between the last snapshot and the disk, and the facts that are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Source files.
    pub files: usize,
    /// Files that were read.
    pub hashed: usize,
    /// Paths that are new, renamed ones not included.
    pub added: Vec<RepoPath>,
    /// Paths whose bytes differ.
    pub changed: Vec<RepoPath>,
    /// Paths that are gone, renamed ones not included.
    pub deleted: Vec<RepoPath>,
    /// Old and new paths of files whose bytes moved.
    pub renamed: Vec<(RepoPath, RepoPath)>,
    /// Paths with other stat data but the same bytes.
    pub touched: Vec<RepoPath>,
    /// Paths that are added, changed or renamed and whose facts are all there already.
    pub reused: usize,
    /// What is missing, for each dataset wanted.
    pub datasets: Vec<DatasetPlan>,
    /// How documents that are missing would be made, or why they cannot be.
    pub index: Option<String>,
    /// What type checkers and linters would have to look at.
    pub checks: Vec<CheckPlan>,
    /// The commit of the last snapshot, where it is another one.
    pub previous_commit: Option<String>,
    /// What else of the last snapshot is no longer true, in words.
    pub other: Vec<String>,
}

/// What is missing of one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetPlan {
    /// Its full name.
    pub dataset: &'static str,
    /// Contents without its facts.
    pub missing: usize,
    /// Those of them that have facts of another version.
    pub outdated: usize,
}

impl Plan {
    /// Compare the files on disk with those of the last snapshot. Both are sorted by path.
    pub(crate) fn compare(files: &[InventoryFile], prior: Option<&Snapshot>) -> Self {
        let mut plan = Self { files: files.len(), ..Self::default() };
        let old: FxHashMap<&RepoPath, &FileRow> =
            prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
        let now: FxHashSet<&RepoPath> = files.iter().map(|file| &file.path).collect();
        let mut gone: FxHashMap<ContentHash, Vec<&RepoPath>> = FxHashMap::default();
        // Reversed, so that the first path is the first to be popped.
        for row in prior.iter().flat_map(|prior| prior.files.iter().rev()) {
            if !now.contains(&row.path) {
                gone.entry(row.hash).or_default().push(&row.path);
            }
        }
        let mut moved = FxHashSet::default();
        for file in files {
            match old.get(&file.path) {
                Some(row) if row.hash != file.hash => plan.changed.push(file.path.clone()),
                Some(row) if row.state != file.state => plan.touched.push(file.path.clone()),
                Some(_) => {}
                None => match gone.get_mut(&file.hash).and_then(Vec::pop) {
                    Some(from) => {
                        moved.insert(from);
                        plan.renamed.push((from.clone(), file.path.clone()));
                    }
                    None => plan.added.push(file.path.clone()),
                },
            }
        }
        for row in prior.iter().flat_map(|prior| &prior.files) {
            if !now.contains(&row.path) && !moved.contains(&row.path) {
                plan.deleted.push(row.path.clone());
            }
        }
        plan
    }

    /// Whether the last snapshot is still true.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.deleted.is_empty()
            && self.renamed.is_empty()
            && self.touched.is_empty()
            && self.previous_commit.is_none()
            && self.other.is_empty()
            && self.datasets.iter().all(|dataset| dataset.missing == 0)
            && self.checks.iter().all(|check| check.pending == 0)
    }

    /// The paths that have other bytes than in the last snapshot.
    pub(crate) fn new_pointers(&self) -> impl Iterator<Item = &RepoPath> {
        self.added.iter().chain(&self.changed).chain(self.renamed.iter().map(|(_, to)| to))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use codeintel_store::FileState;

    use super::*;

    /// `path=text@time` words.
    fn files(words: &str) -> Vec<InventoryFile> {
        let file = |word: &str| {
            let (path, rest) = word.split_once('=').expect("path=text@time");
            let (text, time) = rest.split_once('@').expect("text@time");
            let time: i64 = time.parse().expect("a number");
            InventoryFile {
                path: RepoPath::new(path.as_ref()).expect("a path"),
                hash: ContentHash::of(text.as_bytes()),
                state: FileState { size_bytes: text.len() as i64, mtime_ns: time, ctime_ns: time, inode: 1 },
            }
        };
        words.split_whitespace().map(file).collect()
    }

    fn snapshot(words: &str) -> Snapshot {
        let row = |file: InventoryFile| FileRow {
            path: file.path,
            hash: file.hash,
            content_id: 0,
            state: file.state,
            module: String::new(),
            root: String::new(),
            is_package: false,
            is_stub: false,
            is_test: false,
            tags: String::new(),
            owners: String::new(),
            document_id: None,
            fingerprint: String::new(),
            is_stale: false,
        };
        Snapshot {
            snapshot_id: 1,
            commit: "c".to_owned(),
            branch: None,
            is_dirty: false,
            scanned_at_ns: 0,
            indexing: None,
            walk: None,
            source_roots: Vec::new(),
            datasets: BTreeMap::new(),
            files: files(words).into_iter().map(row).collect(),
            problems: Vec::new(),
            tags: Vec::new(),
            tools: Vec::new(),
            derivations: BTreeMap::new(),
        }
    }

    fn check(before: &str, now: &str, expected: &str) {
        let plan = Plan::compare(&files(now), Some(&snapshot(before)));
        let mut words: Vec<String> = Vec::new();
        for (sign, paths) in [("+", &plan.added), ("~", &plan.changed), ("-", &plan.deleted), ("!", &plan.touched)] {
            words.extend(paths.iter().map(|path| format!("{sign}{path}")));
        }
        words.extend(plan.renamed.iter().map(|(from, to)| format!("{from}>{to}")));
        assert_eq!(words.join(" "), expected, "{before} -> {now}");
    }

    #[test]
    fn every_kind_of_change_is_told_apart() {
        check("a=1@1 b=2@1", "a=1@1 b=2@1", "");
        check("a=1@1", "a=2@2 b=3@2", "+b ~a");
        check("a=1@1 b=2@1", "b=2@5", "-a !b");
        check("a=1@1", "b=1@1", "a>b");
        check("a=1@1 b=1@1", "c=1@1", "-b a>c");
        check("a=1@1", "a=1@1 b=1@1", "+b");
    }
}
