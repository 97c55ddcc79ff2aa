//! What a run will do and why: a pure function of what is on disk and what the ledger knows.

use std::collections::BTreeMap;

use codeintel_base::{ContentHash, RepoPath, Stage, count};
use codeintel_store::{FactsVersion, FileRow, MissingFacts, ScanProblemRow, Snapshot};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checks::CheckPlan;
use crate::run::{Draft, Ledger, difference};

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

/// What a step would do.
#[derive(Debug, Default)]
pub(crate) struct StepPlan {
    pub(crate) datasets: Vec<DatasetPlan>,
    pub(crate) index: Option<String>,
    pub(crate) checks: Vec<CheckPlan>,
    pub(crate) other: Vec<String>,
}

impl Plan {
    /// The difference between the last snapshot and the one that is to be published, and what the ledger lacks for it.
    pub(crate) fn new(prior: Option<&Snapshot>, draft: &Draft, ledger: &Ledger, hashed: usize) -> Self {
        let mut plan = Self::compare(&draft.files, prior.map_or(&[], |prior| &prior.files));
        plan.hashed = hashed;
        plan.previous_commit = prior.map(|prior| prior.commit.clone()).filter(|previous| *previous != draft.commit);
        let missing = |(wanted, pending): (&FactsVersion, &MissingFacts)| DatasetPlan {
            dataset: wanted.key(),
            missing: pending.missing.len() + ledger.new.len(),
            outdated: pending.stale.len(),
        };
        plan.datasets = ledger.wanted.iter().zip(&ledger.pending).map(missing).collect();
        let file = |path: &RepoPath| draft.files.binary_search_by(|file| file.path.cmp(path));
        let is_there = |path: &&RepoPath| file(path).is_ok_and(|file| ledger.has_all_of(draft.files[file].hash));
        plan.reused = plan.new_pointers().filter(is_there).count();
        plan.other = draft.same_commit(prior).map_or_else(Vec::new, |prior| plan.other_differences(prior, draft));
        plan
    }

    /// With what a step would do.
    pub(crate) fn and(mut self, step: StepPlan) -> Self {
        self.datasets.extend(step.datasets);
        self.index = self.index.or(step.index);
        self.checks.extend(step.checks);
        self.other.extend(step.other);
        self
    }

    /// What of the last snapshot is no longer true, besides the files that the plan lists.
    fn other_differences(&self, prior: &Snapshot, draft: &Draft) -> Vec<String> {
        let listed: FxHashSet<&RepoPath> = self.new_pointers().chain(&self.touched).collect();
        let (changed, _) = difference(&prior.files, &draft.files);
        let renamed = changed.iter().filter(|row| !listed.contains(&row.path)).count();
        let kept: BTreeMap<String, String> =
            draft.wanted.iter().map(|wanted| (wanted.key().to_owned(), wanted.state())).collect();
        let mut differences = Vec::new();
        if renamed > 0 {
            differences.push(format!("module names, tags or owners of {}", count(renamed, "file")));
        }
        for (differs, what) in [
            (!prior.problems.iter().filter(|problem| is_of_scan(problem)).eq(&draft.problems), "problems of the scan"),
            (prior.tags != draft.tags, "declared tags"),
            (prior.source_roots != draft.source_roots, "declared source roots"),
            (prior.branch != draft.branch, "branch"),
            (prior.is_dirty != draft.is_dirty, "uncommitted changes"),
            (prior.datasets != kept, "kept datasets"),
        ] {
            if differs {
                differences.push(what.to_owned());
            }
        }
        differences
    }

    /// Compare the files on disk with those of the last snapshot. Both are sorted by path.
    fn compare(files: &[FileRow], before: &[FileRow]) -> Self {
        let mut plan = Self { files: files.len(), ..Self::default() };
        let old: FxHashMap<&RepoPath, &FileRow> = before.iter().map(|row| (&row.path, row)).collect();
        let now: FxHashSet<&RepoPath> = files.iter().map(|file| &file.path).collect();
        let mut gone: FxHashMap<ContentHash, Vec<&RepoPath>> = FxHashMap::default();
        // Reversed, so that the first path is the first to be popped.
        for row in before.iter().rev() {
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
        for row in before {
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
    fn new_pointers(&self) -> impl Iterator<Item = &RepoPath> {
        self.added.iter().chain(&self.changed).chain(self.renamed.iter().map(|(_, to)| to))
    }
}

/// Whether a problem comes from the scan, and not from an indexer or a checker.
pub(crate) fn is_of_scan(problem: &ScanProblemRow) -> bool {
    problem.stage != Stage::Index.as_str() && problem.stage != Stage::Check.as_str()
}

#[cfg(test)]
mod tests {
    use codeintel_store::FileState;

    use super::*;

    /// `path=text@time` words.
    fn files(words: &str) -> Vec<FileRow> {
        let file = |word: &str| {
            let (path, rest) = word.split_once('=').expect("path=text@time");
            let (text, time) = rest.split_once('@').expect("text@time");
            let time: i64 = time.parse().expect("a number");
            FileRow {
                path: RepoPath::new(path.as_ref()).expect("a path"),
                hash: ContentHash::of(text.as_bytes()),
                content_id: None,
                state: FileState { size_bytes: text.len() as i64, mtime_ns: time, ctime_ns: time, inode: 1 },
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
            }
        };
        words.split_whitespace().map(file).collect()
    }

    fn check(before: &str, now: &str, expected: &str) {
        let plan = Plan::compare(&files(now), &files(before));
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
