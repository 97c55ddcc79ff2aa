//! Garbage collection: facts of contents that no kept snapshot points at.

use std::fs;

use codeintel_datasets::{Key, all_facts};

use crate::database::Database;
use crate::error::StoreError;
use crate::sql::quoted;

/// What a collection removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collected {
    /// Contents without a snapshot.
    pub contents: usize,
    /// Size of the file before, in bytes.
    pub bytes_before: u64,
    /// Size of the file after, in bytes.
    pub bytes_after: u64,
}

/// Documents that no snapshot points at.
const UNREACHABLE_DOCUMENTS: &str =
    "document_id NOT IN (SELECT document_id FROM store.files WHERE document_id IS NOT NULL)";

/// Contents that no snapshot points at, neither by itself nor by a document that was made from one before.
const UNREACHABLE: &str = "content_id NOT IN (SELECT content_id FROM store.files UNION ALL SELECT d.content_id \
                           FROM store.documents d JOIN store.files f ON f.document_id = d.document_id)";

/// Derivations that no snapshot shows.
const UNREACHABLE_DERIVATIONS: &str = "derivation_id NOT IN (SELECT derivation_id FROM store.snapshot_derivations)";

/// The condition of facts whose owner is gone, or is unreachable itself.
fn without_owner(key: Key) -> &'static str {
    match key {
        Key::Content => UNREACHABLE,
        Key::Document => "facts_id NOT IN (SELECT facts_id FROM store.documents)",
        Key::Report => "report_id NOT IN (SELECT report_id FROM store.reports WHERE report_id IS NOT NULL)",
        Key::Derivation => UNREACHABLE_DERIVATIONS,
    }
}

impl Database {
    /// The share, from 0 to 1, of contents, documents and derivations that no kept snapshot points at.
    pub fn unreachable_share(&self) -> Result<f64, StoreError> {
        let sql = format!(
            "SELECT count(*) FILTER (is_unreachable) / greatest(count(*), 1) FROM (SELECT {UNREACHABLE} AS is_unreachable \
             FROM store.contents UNION ALL SELECT {UNREACHABLE_DOCUMENTS} FROM store.documents \
             UNION ALL SELECT {UNREACHABLE_DERIVATIONS} FROM store.derivations)"
        );
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// Delete what no snapshot points at and write the rest to a new file, since DuckDB's files never shrink in place.
    /// A crash leaves either the old file or the new one.
    pub fn collect_garbage(self) -> Result<Collected, StoreError> {
        let bytes_before = self.size_bytes();
        let sql = format!("SELECT count(*) FROM store.contents WHERE {UNREACHABLE}");
        let contents: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        let documents = ["documents", "document_problems"]
            .map(|table| format!("DELETE FROM store.{table} WHERE {UNREACHABLE_DOCUMENTS}"));
        let delete = |(table, condition)| format!("DELETE FROM store.{table} WHERE {condition}");
        let of_facts = all_facts()
            .flat_map(|facts| facts.tables.iter().map(|table| (table.name, without_owner(facts.key()))))
            .chain(["ledger", "contents"].map(|table| (table, UNREACHABLE)))
            .chain([("derivations", UNREACHABLE_DERIVATIONS)])
            .map(delete);
        let deletes: Vec<String> = documents.into_iter().chain(of_facts).collect();
        self.connection.execute_batch(&format!("BEGIN; {}; COMMIT", deletes.join("; ")))?;
        let path = self.path().to_owned();
        let fresh = path.with_extension("duckdb.new");
        Self::remove(&fresh)?;
        let name: String = self.connection.query_row("SELECT current_database()", [], |row| row.get(0))?;
        self.connection.execute_batch(&format!(
            "ATTACH {} AS codeintel_fresh; COPY FROM DATABASE \"{}\" TO codeintel_fresh; \
             CHECKPOINT codeintel_fresh; DETACH codeintel_fresh; CHECKPOINT",
            quoted(&fresh.to_string_lossy()),
            name.replace('"', "\"\""),
        ))?;
        // After their checkpoints neither file has a log, which would be taken for the new file's; and while this
        // connection is open, nobody else can begin to write to the old file.
        fs::rename(&fresh, &path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        let bytes_after = self.size_bytes();
        self.connection.close().map_err(|(_, error)| StoreError::from(error))?;
        Ok(Collected { contents: contents as usize, bytes_before, bytes_after })
    }
}
