//! The last transaction of a run: the pointers move.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use codeintel_base::RepoPath;
use duckdb::{Connection, OptionalExt as _, params};

use crate::database::Database;
use crate::derivations::{Derivations, publish_derivations};
use crate::error::StoreError;
use crate::facts::FactsVersion;
use crate::files::{FileRow, append_files};
use crate::ids::SnapshotId;
use crate::reports::{ToolRun, publish_tools};
use crate::snapshot::{ScanProblemRow, TagRow};
use crate::sql::quoted;

/// How the rows of a snapshot change.
#[derive(Debug)]
pub enum SnapshotRows<'a> {
    /// The snapshot keeps its other rows.
    Patch {
        /// Paths whose rows go.
        removed: Vec<&'a RepoPath>,
        /// Rows that are new or differ.
        changed: Vec<&'a FileRow>,
    },
    /// All rows are given.
    Replace(&'a [FileRow]),
}

/// What the last transaction of a run writes: readers go from one whole truth to the next.
#[derive(Debug)]
pub struct Publication<'a> {
    /// The repository's slug.
    pub repo: &'a str,
    /// The commit's hash or label.
    pub commit: &'a str,
    /// The branch.
    pub branch: Option<&'a str>,
    /// Whether there are uncommitted changes.
    pub is_dirty: bool,
    /// When the last scan of all files began.
    pub scanned_at_ns: i64,
    /// The time now, in nanoseconds since 1970.
    pub now_ns: i64,
    /// What that scan depended on.
    pub walk: Option<&'a str>,
    /// How its SCIP documents came about.
    pub indexing: Option<&'a str>,
    /// Source roots, as in [`Snapshot::source_roots`](crate::Snapshot::source_roots).
    pub source_roots: &'a [String],
    /// The datasets that are complete.
    pub datasets: &'a [FactsVersion],
    /// The files.
    pub rows: SnapshotRows<'a>,
    /// The problems, if they differ from those before.
    pub problems: Option<&'a [ScanProblemRow]>,
    /// The tags, if they differ from those before.
    pub tags: Option<&'a [TagRow]>,
    /// The tools that were asked for.
    pub tools: &'a [ToolRun],
    /// Those of the last snapshot, if it is of the same commit.
    pub tools_before: Option<&'a [ToolRun]>,
    /// The rows of new reports: a batch for each of their tables.
    pub report_rows: Vec<RecordBatch>,
    /// What is derived from the facts, if it differs from what was there before.
    pub derivations: Option<&'a Derivations>,
    /// How many snapshots of the repository are kept, this one included.
    pub keep: usize,
    /// The version of the program.
    pub codeintel_version: &'a str,
}

impl Database {
    /// Move the pointers: make the commit's snapshot current with these rows, and forget the oldest ones.
    pub fn publish(&self, publication: &Publication<'_>) -> Result<(), StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        publish(&transaction, publication)?;
        transaction.commit()?;
        Ok(())
    }
}

fn publish(connection: &Connection, publication: &Publication<'_>) -> Result<(), StoreError> {
    let Publication { repo, commit, .. } = *publication;
    let known = connection
        .query_row("SELECT snapshot_id FROM store.snapshots WHERE repo = ? AND commit = ?", [repo, commit], |row| {
            row.get(0)
        })
        .optional()?;
    let next =
        || connection.query_row("SELECT coalesce(max(snapshot_id), 0) + 1 FROM store.snapshots", [], |row| row.get(0));
    let snapshot_id: SnapshotId = known.map_or_else(next, Ok)?;
    connection.execute("DELETE FROM store.snapshots WHERE snapshot_id = ?", [snapshot_id])?;
    connection.execute("UPDATE store.snapshots SET is_current = false WHERE repo = ? AND is_current", [repo])?;
    let datasets: BTreeMap<&str, String> =
        publication.datasets.iter().map(|wanted| (wanted.key(), wanted.state())).collect();
    connection.execute(
        "INSERT INTO store.snapshots VALUES (?, ?, ?, ?, true, ?, ?, ?, ?, ?, ?, make_timestamp(?), ?)",
        params![
            snapshot_id,
            repo,
            commit,
            publication.branch,
            publication.is_dirty,
            publication.scanned_at_ns,
            serde_json::json!(publication.source_roots).to_string(),
            serde_json::json!(datasets).to_string(),
            publication.walk,
            publication.indexing,
            publication.now_ns / 1000,
            publication.codeintel_version,
        ],
    )?;
    match &publication.rows {
        SnapshotRows::Replace(rows) => {
            connection.execute("DELETE FROM store.files WHERE snapshot_id = ?", [snapshot_id])?;
            append_files(&mut connection.appender_to_db("files", "store")?, snapshot_id.get(), *rows)?;
        }
        SnapshotRows::Patch { removed, changed } => {
            let gone = removed.iter().copied().chain(changed.iter().map(|row| &row.path));
            let gone: Vec<String> = gone.map(|path| quoted(path.as_str())).collect();
            if !gone.is_empty() {
                let list = gone.join(", ");
                let sql = format!("DELETE FROM store.files WHERE snapshot_id = ? AND rel_path IN ({list})");
                connection.execute(&sql, [snapshot_id])?;
            }
            append_files(
                &mut connection.appender_to_db("files", "store")?,
                snapshot_id.get(),
                changed.iter().copied(),
            )?;
        }
    }
    if let Some(problems) = publication.problems {
        connection.execute("DELETE FROM store.scan_problems WHERE snapshot_id = ?", [snapshot_id])?;
        let mut appender = connection.appender_to_db("scan_problems", "store")?;
        for problem in problems {
            appender.append_row(params![
                snapshot_id,
                problem.path,
                problem.dataset,
                problem.stage,
                problem.severity,
                problem.message
            ])?;
        }
        appender.flush()?;
    }
    if let Some(tags) = publication.tags {
        connection.execute("DELETE FROM store.tags WHERE snapshot_id = ?", [snapshot_id])?;
        let mut appender = connection.appender_to_db("tags", "store")?;
        for tag in tags {
            appender.append_row(params![
                snapshot_id,
                tag.tag,
                tag.description,
                tag.includes,
                tag.excludes,
                tag.matches
            ])?;
        }
        appender.flush()?;
    }
    if let Some(derivations) = publication.derivations {
        publish_derivations(connection, snapshot_id, derivations)?;
    }
    publish_tools(connection, snapshot_id, publication.tools, publication.tools_before, &publication.report_rows)?;
    forget_oldest(connection, repo, publication.keep)
}

fn forget_oldest(connection: &Connection, repo: &str, keep: usize) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT snapshot_id FROM store.snapshots WHERE repo = ? AND NOT is_current \
         ORDER BY ingested_at DESC, snapshot_id DESC OFFSET ?",
    )?;
    let offset = keep.saturating_sub(1) as i64;
    let old: Vec<SnapshotId> =
        statement.query_map(params![repo, offset], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for snapshot_id in old {
        for table in ["files", "scan_problems", "tags", "tool_runs", "reports", "snapshot_derivations", "snapshots"] {
            connection.execute(&format!("DELETE FROM store.{table} WHERE snapshot_id = ?"), [snapshot_id])?;
        }
    }
    Ok(())
}
