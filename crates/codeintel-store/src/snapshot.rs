//! Snapshots as they were published.

use std::collections::BTreeMap;

use codeintel_base::Problem;
use duckdb::OptionalExt as _;

use crate::database::Database;
use crate::derivations::Derivations;
use crate::error::StoreError;
use crate::files::FileRow;
use crate::ids::SnapshotId;
use crate::reports::ToolRun;

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
    /// The datasets whose facts are complete for all its files, as `key` with `state` of a [`FactsVersion`](crate::FactsVersion).
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
}
