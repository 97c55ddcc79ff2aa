//! `core.snapshots`: which commits the database knows.

use crate::dataset::{Dataset, From};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.snapshots",
    doc: "One row for each repository and commit that is kept.\n\n\
          The commit of a working tree is the hash that `HEAD` names, or `worktree` outside of git. The other \
          `core` views show the snapshots with `is_current`. `ingested_at` and `codeintel_version` are the only columns of the \
          database that depend on when and by what it was built.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Hash of the commit, or the label given.";
        branch Varchar ? "Branch that was checked out; NULL when detached or outside of git.";
        is_current Boolean ! "Whether the `core`, `scip`, `graph` and `analytics` views show it.";
        is_dirty Boolean ! "Whether tracked files differed from the commit; untracked ones do not count.";
        files Integer ! "Number of source files.";
        ingested_at Timestamp ! "When it was last written, in UTC.";
        codeintel_version Varchar ! "Version of codeintel that wrote it.";
    },
    from: From::Query(
        "SELECT s.repo, s.commit, s.branch, s.is_current, s.is_dirty, \
           (SELECT count(*) FROM store.files f WHERE f.snapshot_id = s.snapshot_id)::INTEGER AS files, \
           s.ingested_at, s.codeintel_version FROM store.snapshots s",
    ),
    reads: &[],
    also: &[],
};
