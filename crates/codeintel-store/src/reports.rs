//! Reports: what a tool has found in one file of a snapshot.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use codeintel_base::RepoPath;
use codeintel_datasets::Key;
use duckdb::{Connection, OptionalExt as _, params};

use crate::database::Database;
use crate::error::StoreError;
use crate::ids::{ReportId, SnapshotId};
use crate::schema::tables_keyed_by;
use crate::sql::{quoted, repo_path};

/// A tool that was asked for, and what is known from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolRun {
    /// Its name.
    pub tool: String,
    /// Its version; empty where it could not be run.
    pub version: String,
    /// What its reports depend on, besides the files.
    pub key: String,
    /// What tells its program from another one, whose version would have to be asked for.
    pub stamp: String,
    /// Why there are no reports.
    pub failure: Option<String>,
    /// A report for each file that it has looked at.
    pub reports: BTreeMap<RepoPath, ReportRow>,
}

/// A report on one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// The number of its rows; none where there are none.
    pub report_id: Option<ReportId>,
    /// A hash of them.
    pub digest: String,
}

impl Database {
    /// The tools that were asked for in a snapshot, sorted by name.
    pub(crate) fn tool_runs(&self, snapshot_id: SnapshotId) -> Result<Vec<ToolRun>, StoreError> {
        let sql =
            "SELECT tool, tool_version, key, stamp, failure FROM store.tool_runs WHERE snapshot_id = ? ORDER BY tool";
        let mut statement = self.connection.prepare(sql)?;
        let run = |row: &duckdb::Row<'_>| {
            Ok(ToolRun {
                tool: row.get(0)?,
                version: row.get(1)?,
                key: row.get(2)?,
                stamp: row.get(3)?,
                failure: row.get(4)?,
                reports: BTreeMap::new(),
            })
        };
        let mut runs: Vec<ToolRun> = statement.query_map([snapshot_id], run)?.collect::<Result<_, _>>()?;
        for run in &mut runs {
            run.reports = self.reports(snapshot_id, &run.tool)?;
        }
        Ok(runs)
    }

    /// What a tool has reported in another snapshot of a repository in which its key was this one, if there is such.
    pub fn reports_of_key(
        &self,
        repo: &str,
        tool: &str,
        key: &str,
    ) -> Result<Option<BTreeMap<RepoPath, ReportRow>>, StoreError> {
        let sql = "SELECT snapshot_id FROM store.tool_runs JOIN store.snapshots USING (snapshot_id) \
                   WHERE repo = ? AND tool = ? AND key = ? AND failure IS NULL LIMIT 1";
        let found: Option<SnapshotId> =
            self.connection.query_row(sql, [repo, tool, key], |row| row.get(0)).optional()?;
        found.map(|snapshot_id| self.reports(snapshot_id, tool)).transpose()
    }

    fn reports(&self, snapshot_id: SnapshotId, tool: &str) -> Result<BTreeMap<RepoPath, ReportRow>, StoreError> {
        let sql = "SELECT rel_path, report_id, digest FROM store.reports WHERE snapshot_id = ? AND tool = ?";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params![snapshot_id, tool])?;
        let mut reports = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let path = repo_path(&row.get::<_, String>(0)?)?;
            reports.insert(path, ReportRow { report_id: row.get(1)?, digest: row.get(2)? });
        }
        Ok(reports)
    }

    /// How many rows a report has.
    pub fn finding_count(&self, report: &ReportRow) -> Result<usize, StoreError> {
        let count = |table: &str| format!("(SELECT count(*) FROM store.{table} WHERE report_id = $1)");
        let sql = format!("SELECT {}", tables_keyed_by(Key::Report).map(count).collect::<Vec<_>>().join(" + "));
        let count: i64 = self.connection.query_row(&sql, [report.report_id], |row| row.get(0))?;
        Ok(count as usize)
    }

    /// A number from which on no findings have one.
    pub fn next_report_id(&self) -> Result<ReportId, StoreError> {
        let ids = tables_keyed_by(Key::Report).map(|table| format!("SELECT report_id FROM store.{table}"));
        let ids = ids.collect::<Vec<_>>().join(" UNION ALL ");
        let sql = format!("SELECT coalesce(max(report_id), 0)::INTEGER + 1 FROM ({ids})");
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }
}

/// Write what differs from the reports before.
pub(crate) fn publish_tools(
    connection: &Connection,
    snapshot_id: SnapshotId,
    tools: &[ToolRun],
    tools_before: Option<&[ToolRun]>,
    report_rows: &[RecordBatch],
) -> Result<(), StoreError> {
    if tools_before == Some(tools) {
        return Ok(());
    }
    for (table, rows) in tables_keyed_by(Key::Report).zip(report_rows) {
        let mut appender = connection.appender_to_db(table, "store")?;
        appender.append_record_batch(rows.clone())?;
        appender.flush()?;
    }
    connection.execute("DELETE FROM store.tool_runs WHERE snapshot_id = ?", [snapshot_id])?;
    let mut runs = connection.appender_to_db("tool_runs", "store")?;
    for run in tools {
        runs.append_row(params![snapshot_id, run.tool, run.version, run.key, run.stamp, run.failure])?;
    }
    runs.flush()?;
    if tools_before.is_none() {
        connection.execute("DELETE FROM store.reports WHERE snapshot_id = ?", [snapshot_id])?;
    }
    let before = tools_before.unwrap_or_default();
    for (run, gone) in other_reports(before, tools) {
        let condition = match gone.len() {
            0 => continue,
            all if all == run.reports.len() => String::new(),
            _ => {
                let paths: Vec<String> = gone.iter().map(|(path, _)| quoted(path.as_str())).collect();
                format!("AND rel_path IN ({})", paths.join(", "))
            }
        };
        let sql = format!("DELETE FROM store.reports WHERE snapshot_id = ? AND tool = ? {condition}");
        connection.execute(&sql, params![snapshot_id, run.tool])?;
    }
    let mut reports = connection.appender_to_db("reports", "store")?;
    for (run, new) in other_reports(tools, before) {
        for (path, report) in new {
            reports.append_row(params![snapshot_id, run.tool, path.as_str(), report.report_id, report.digest])?;
        }
    }
    reports.flush()?;
    Ok(())
}

/// Each run with those of its reports that the same tool has not among others.
fn other_reports<'a>(
    runs: &'a [ToolRun],
    others: &'a [ToolRun],
) -> impl Iterator<Item = (&'a ToolRun, Vec<(&'a RepoPath, &'a ReportRow)>)> {
    runs.iter().map(|run| {
        let other = others.iter().find(|other| other.tool == run.tool);
        let is_there = |path: &RepoPath, report| other.and_then(|other| other.reports.get(path)) == Some(report);
        (run, run.reports.iter().filter(|(path, report)| !is_there(path, report)).collect())
    })
}
