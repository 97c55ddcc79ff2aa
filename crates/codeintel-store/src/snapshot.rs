//! Snapshots: which path has which content.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use codeintel_base::{ContentHash, PYTHON, Problem, RepoPath};
use duckdb::{Appender, Connection, OptionalExt as _, params};

use crate::database::Database;
use crate::derivations::{Derivations, publish_derivations};
use crate::error::StoreError;
use crate::facts::Wanted;
use crate::ids::{ContentId, DocumentId, SnapshotId};
use crate::reports::{ToolRun, publish_tools};

/// The stat data under which a file's bytes were hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Size in bytes.
    pub size_bytes: i64,
    /// Modification time in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of the inode in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Number of the file in its file system.
    pub inode: i64,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a table")]
pub struct FileRow {
    /// Its path.
    pub path: RepoPath,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// The number of its content; none as long as the database does not know the content.
    pub content_id: Option<ContentId>,
    /// Its stat data.
    pub state: FileState,
    /// The importable name.
    pub module: String,
    /// The source root that it starts from.
    pub root: String,
    /// Whether it is an `__init__` file.
    pub is_package: bool,
    /// Whether it is a stub.
    pub is_stub: bool,
    /// Whether it is a test.
    pub is_test: bool,
    /// JSON list of tags.
    pub tags: String,
    /// JSON list of owners.
    pub owners: String,
    /// The SCIP document that is shown for it.
    pub document_id: Option<DocumentId>,
    /// The fingerprint of what it may look up in other files; empty where no index is kept.
    pub fingerprint: String,
    /// Whether the document was made from another content or with another fingerprint.
    pub is_stale: bool,
}

/// A problem of a snapshot that lies in no content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanProblemRow {
    /// The path concerned, as shown.
    pub path: Option<String>,
    /// The first dataset that misses something.
    pub dataset: String,
    /// What is wrong.
    pub stage: String,
    /// How bad it is.
    pub severity: String,
    /// One sentence.
    pub message: String,
}

impl ScanProblemRow {
    /// The row of a problem.
    pub fn new(path: Option<String>, dataset: &str, problem: &Problem) -> Self {
        Self {
            path,
            dataset: dataset.to_owned(),
            stage: problem.stage.as_str().to_owned(),
            severity: problem.severity.as_str().to_owned(),
            message: problem.shown_message().into_owned(),
        }
    }
}

/// A tag as declared, its lists as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Name.
    pub tag: String,
    /// Meaning.
    pub description: String,
    /// JSON list of patterns.
    pub includes: String,
    /// JSON list of patterns.
    pub excludes: String,
    /// JSON list of paths.
    pub matches: String,
}

/// A snapshot as it was last published.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its number in this database.
    pub snapshot_id: SnapshotId,
    /// The commit that it shows.
    pub commit: String,
    /// The branch that was checked out.
    pub branch: Option<String>,
    /// Whether there were uncommitted changes.
    pub is_dirty: bool,
    /// When its last scan began, in nanoseconds since 1970.
    pub scanned_at_ns: i64,
    /// What that scan depended on, as the scanner writes it.
    pub walk: Option<String>,
    /// How its SCIP documents came about, as the engine writes it.
    pub indexing: Option<String>,
    /// The folders that `pyproject.toml` files named as source roots.
    pub source_roots: Vec<String>,
    /// The datasets whose facts are complete for all its files, as [`Wanted::key`] with [`Wanted::state`].
    pub datasets: BTreeMap<String, String>,
    /// Its files, sorted by path.
    pub files: Vec<FileRow>,
    /// Its problems, sorted.
    pub problems: Vec<ScanProblemRow>,
    /// Its tags, in the order declared.
    pub tags: Vec<TagRow>,
    /// The tools that were asked for, sorted by name.
    pub tools: Vec<ToolRun>,
    /// What is derived from its facts.
    pub derivations: Derivations,
}

impl Snapshot {
    /// A tool that was asked for, by its name.
    pub fn tool(&self, name: &str) -> Option<&ToolRun> {
        self.tools.iter().find(|run| run.tool == name)
    }
}

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
    /// Source roots, as in [`Snapshot::source_roots`].
    pub source_roots: &'a [String],
    /// The datasets that are complete.
    pub datasets: &'a [Wanted],
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
    /// The repositories that have a snapshot.
    pub fn repos(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT DISTINCT repo FROM store.snapshots ORDER BY repo")?;
        let repos = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(repos)
    }

    /// The current snapshot of a repository.
    pub fn snapshot(&self, repo: &str) -> Result<Option<Snapshot>, StoreError> {
        let sql = "SELECT snapshot_id, commit, branch, is_dirty, scanned_at_ns, source_roots, datasets, walk, \
                   indexing FROM store.snapshots WHERE repo = ? AND is_current";
        let found = self.connection.query_row(sql, [repo], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
            ))
        });
        let Some((snapshot_id, commit, branch, is_dirty, scanned_at_ns, source_roots, datasets, walk, indexing)) =
            found.optional()?
        else {
            return Ok(None);
        };
        let (source_roots, datasets): (String, String) = (source_roots, datasets);
        let corrupt = |error: serde_json::Error| StoreError::Corrupt(error.to_string());
        Ok(Some(Snapshot {
            snapshot_id,
            commit,
            branch,
            is_dirty,
            scanned_at_ns,
            walk,
            indexing,
            source_roots: serde_json::from_str(&source_roots).map_err(corrupt)?,
            datasets: serde_json::from_str(&datasets).map_err(corrupt)?,
            files: self.files(snapshot_id)?,
            problems: self.scan_problems(snapshot_id)?,
            tags: self.tags(snapshot_id)?,
            tools: self.tool_runs(snapshot_id)?,
            derivations: self.derivations(snapshot_id)?,
        }))
    }

    fn files(&self, snapshot_id: SnapshotId) -> Result<Vec<FileRow>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT rel_path, content_hash, content_id, size_bytes, mtime_ns, ctime_ns, inode, module, root, is_package, \
             is_stub, is_test, tags, owners, document_id, fingerprint, is_stale FROM store.files WHERE snapshot_id = ?",
        )?;
        let mut rows = statement.query([snapshot_id])?;
        let mut files = Vec::new();
        while let Some(row) = rows.next()? {
            let (path, hash): (String, String) = (row.get(0)?, row.get(1)?);
            let path = RepoPath::new(path.as_ref()).map_err(|error| StoreError::Corrupt(format!("{path}: {error}")))?;
            let hash = hash.parse().map_err(|error| StoreError::Corrupt(format!("{path}: {error}")))?;
            files.push(FileRow {
                path,
                hash,
                content_id: row.get(2)?,
                state: FileState {
                    size_bytes: row.get(3)?,
                    mtime_ns: row.get(4)?,
                    ctime_ns: row.get(5)?,
                    inode: row.get(6)?,
                },
                module: row.get(7)?,
                root: row.get(8)?,
                is_package: row.get(9)?,
                is_stub: row.get(10)?,
                is_test: row.get(11)?,
                tags: row.get(12)?,
                owners: row.get(13)?,
                document_id: row.get(14)?,
                fingerprint: row.get(15)?,
                is_stale: row.get(16)?,
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn scan_problems(&self, snapshot_id: SnapshotId) -> Result<Vec<ScanProblemRow>, StoreError> {
        let sql = "SELECT rel_path, dataset, stage, severity, message FROM store.scan_problems WHERE snapshot_id = ?";
        let mut statement = self.connection.prepare(sql)?;
        let row = |row: &duckdb::Row<'_>| {
            Ok(ScanProblemRow {
                path: row.get(0)?,
                dataset: row.get(1)?,
                stage: row.get(2)?,
                severity: row.get(3)?,
                message: row.get(4)?,
            })
        };
        let mut problems: Vec<_> = statement.query_map([snapshot_id], row)?.collect::<Result<_, _>>()?;
        problems.sort();
        Ok(problems)
    }

    fn tags(&self, snapshot_id: SnapshotId) -> Result<Vec<TagRow>, StoreError> {
        let sql =
            "SELECT tag, description, includes, excludes, matches FROM store.tags WHERE snapshot_id = ? ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let row = |row: &duckdb::Row<'_>| {
            Ok(TagRow {
                tag: row.get(0)?,
                description: row.get(1)?,
                includes: row.get(2)?,
                excludes: row.get(3)?,
                matches: row.get(4)?,
            })
        };
        let tags = statement.query_map([snapshot_id], row)?.collect::<Result<_, _>>()?;
        Ok(tags)
    }

    /// How many problems the current snapshot of a repository has.
    pub fn problem_count(&self, repo: &str) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM core.problems WHERE repo = ?";
        let count: i64 = self.connection.query_row(sql, [repo], |row| row.get(0))?;
        Ok(count as usize)
    }

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
    publish_tools(connection, snapshot_id, publication)?;
    forget_oldest(connection, repo, publication.keep)
}

/// Append rows to a table with the columns of `store.files`.
pub(crate) fn append_files<'a>(
    appender: &mut Appender<'_>,
    snapshot_id: i32,
    rows: impl IntoIterator<Item = &'a FileRow>,
) -> Result<(), StoreError> {
    for row in rows {
        appender.append_row(params![
            snapshot_id,
            row.path.as_str(),
            PYTHON,
            row.content_id,
            row.hash.to_string(),
            row.state.size_bytes,
            row.state.mtime_ns,
            row.state.ctime_ns,
            row.state.inode,
            row.module,
            row.root,
            row.is_package,
            row.is_stub,
            row.is_test,
            row.tags,
            row.owners,
            row.document_id,
            row.fingerprint,
            row.is_stale,
        ])?;
    }
    appender.flush()?;
    Ok(())
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

/// A text as a literal of SQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
