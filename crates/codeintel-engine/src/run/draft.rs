//! The snapshot that a run is going to publish.

use std::collections::BTreeSet;

use codeintel_base::RepoPath;
use codeintel_datasets::FindingRows;
use codeintel_store::{
    Derivations, FactsVersion, FileRow, Publication, ScanProblemRow, Snapshot, SnapshotRows, StoreError, TagRow,
    ToolRun,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;

/// The snapshot that a run is going to publish, as far as it is known.
pub(crate) struct Draft {
    pub(crate) commit: String,
    pub(crate) branch: Option<String>,
    pub(crate) is_dirty: bool,
    pub(crate) scanned_at_ns: i64,
    pub(crate) walk: Option<String>,
    pub(crate) source_roots: Vec<String>,
    /// The facts that are complete in it.
    pub(crate) wanted: Vec<FactsVersion>,
    /// Sorted by path.
    pub(crate) files: Vec<FileRow>,
    /// Sorted.
    pub(crate) problems: Vec<ScanProblemRow>,
    pub(crate) tags: Vec<TagRow>,
    /// How its SCIP documents came about.
    pub(crate) indexing: Option<String>,
    /// Sorted by name.
    pub(crate) tools: Vec<ToolRun>,
    /// The rows of new reports.
    pub(crate) findings: FindingRows,
    pub(crate) derivations: Derivations,
}

impl Draft {
    /// The last snapshot, if it is of the same commit.
    pub(crate) fn same_commit<'a>(&self, prior: Option<&'a Snapshot>) -> Option<&'a Snapshot> {
        prior.filter(|prior| prior.commit == self.commit)
    }

    /// Whether the last snapshot leads to the same facts.
    pub(super) fn leads_where(&self, prior: &Snapshot) -> bool {
        let Self { walk, files, problems, indexing, tools, derivations, .. } = self;
        prior.walk == *walk
            && prior.indexing == *indexing
            && prior.problems == *problems
            && prior.files == *files
            && prior.tools == *tools
            && prior.derivations == *derivations
    }

    /// Write what differs from the last snapshot.
    pub(super) fn publish(&mut self, context: &Context<'_>, now_ns: i64) -> Result<(), StoreError> {
        let report_rows = self.findings.take();
        let same_commit = self.same_commit(context.prior);
        let (changed, removed) =
            same_commit.map_or_else(Default::default, |prior| difference(&prior.files, &self.files));
        // Past a share of the files it is cheaper to write all rows than to look for some.
        let is_patch = same_commit.is_some() && (changed.len() + removed.len()) * 4 < self.files.len().max(64);
        let problems_differ = same_commit.is_none_or(|prior| prior.problems != self.problems);
        let tags_differ = same_commit.is_none_or(|prior| prior.tags != self.tags);
        let derivations_differ = same_commit.is_none_or(|prior| prior.derivations != self.derivations);
        context.database.publish(&Publication {
            repo: &context.options.repo,
            commit: &self.commit,
            branch: self.branch.as_deref(),
            is_dirty: self.is_dirty,
            scanned_at_ns: self.scanned_at_ns,
            now_ns,
            walk: self.walk.as_deref(),
            indexing: self.indexing.as_deref(),
            source_roots: &self.source_roots,
            datasets: &self.wanted,
            rows: if is_patch { SnapshotRows::Patch { removed, changed } } else { SnapshotRows::Replace(&self.files) },
            problems: problems_differ.then_some(&self.problems),
            tags: tags_differ.then_some(&self.tags),
            tools: &self.tools,
            tools_before: same_commit.map(|prior| prior.tools.as_slice()),
            report_rows,
            derivations: derivations_differ.then_some(&self.derivations),
            keep: context.options.keep_snapshots,
            codeintel_version: env!("CARGO_PKG_VERSION"),
        })
    }
}

/// The folders that the imports of some files start from, sorted.
pub(crate) fn import_roots(files: &[FileRow]) -> Vec<String> {
    files.iter().map(|row| row.root.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Rows that are new or differ, and paths that are gone. Both lists are sorted by path.
pub(crate) fn difference<'a>(before: &'a [FileRow], now: &'a [FileRow]) -> (Vec<&'a FileRow>, Vec<&'a RepoPath>) {
    let old: FxHashMap<&RepoPath, &FileRow> = before.iter().map(|row| (&row.path, row)).collect();
    let new: FxHashSet<&RepoPath> = now.iter().map(|row| &row.path).collect();
    let changed = now.iter().filter(|row| old.get(&row.path) != Some(row)).collect();
    let removed = before.iter().map(|row| &row.path).filter(|path| !new.contains(path)).collect();
    (changed, removed)
}
