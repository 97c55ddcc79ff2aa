//! What is derived from the facts of all files of a snapshot: once for all snapshots in which the same is read.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use codeintel_datasets::Maker;
use duckdb::{Connection, params};
use rustc_hash::FxHashMap;

use crate::database::Database;
use crate::error::StoreError;
use crate::facts::{FactsVersion, Written};
use crate::files::{FileRow, append_files};
use crate::ids::{ContentId, DerivationId, SnapshotId};
use crate::sql::condition_on_ids;

/// The table of the files of a snapshot that is not published yet.
const FILES: &str = "derived_files";

/// The derivations that a snapshot shows: their numbers by the names of the facts.
pub type Derivations = BTreeMap<String, DerivationId>;

impl Database {
    /// The digests of contents' rows, as far as the ledger has them; perhaps those of other contents, too.
    pub fn digests(
        &self,
        wanted: &FactsVersion,
        contents: &[ContentId],
    ) -> Result<FxHashMap<ContentId, String>, StoreError> {
        if contents.is_empty() {
            return Ok(FxHashMap::default());
        }
        let condition = condition_on_ids(contents);
        let sql = format!(
            "SELECT content_id, digest FROM store.ledger \
             WHERE dataset = ? AND version = ? AND fingerprint = ? AND digest IS NOT NULL {condition}"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let digests = statement.query_map(params![wanted.key(), wanted.version, wanted.fingerprint], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(digests.collect::<Result<_, _>>()?)
    }

    /// The number of what was derived last from an input of a digest.
    pub fn derivation(&self, wanted: &FactsVersion, digest: &str) -> Result<Option<DerivationId>, StoreError> {
        let sql = "SELECT max(derivation_id) FROM store.derivations WHERE facts = ? AND version = ? AND digest = ?";
        Ok(self.connection.query_row(sql, params![wanted.key(), wanted.version, digest], |row| row.get(0))?)
    }

    /// Derive facts from those of some files, and give the number under which they are kept. No snapshot leads to them yet.
    pub fn derive(
        &self,
        wanted: &FactsVersion,
        files: &[FileRow],
        digest: &str,
    ) -> Result<(DerivationId, Written), StoreError> {
        let Maker::Derived { input, build, .. } = wanted.facts.maker else {
            return Err(StoreError::Corrupt(format!("{} is not derived", wanted.key())));
        };
        let transaction = self.connection.unchecked_transaction()?;
        let sql = "SELECT coalesce(max(derivation_id), 0)::INTEGER + 1 FROM store.derivations";
        let id: DerivationId = transaction.query_row(sql, [], |row| row.get(0))?;
        let rows = rows_of(&transaction, input, files)?;
        let mut written = Written { contents: files.len(), rows: 0 };
        let batches = build(id.get(), &rows).into_iter();
        let tables = wanted.facts.tables;
        for (number, batch) in batches.enumerate() {
            written.rows += batch.num_rows();
            let mut appender = transaction.appender_to_db(tables[number % tables.len()].name, "store")?;
            appender.append_record_batch(batch)?;
            appender.flush()?;
        }
        transaction.execute(
            "INSERT INTO store.derivations VALUES (?, ?, ?, ?)",
            params![id, wanted.key(), wanted.version, digest],
        )?;
        transaction.commit()?;
        Ok((id, written))
    }

    pub(crate) fn derivations(&self, snapshot_id: SnapshotId) -> Result<Derivations, StoreError> {
        let sql = "SELECT facts, derivation_id FROM store.snapshot_derivations JOIN store.derivations USING (derivation_id) \
                   WHERE snapshot_id = ?";
        let mut statement = self.connection.prepare(sql)?;
        let derivations = statement.query_map([snapshot_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(derivations.collect::<Result<_, _>>()?)
    }
}

/// Read the input of a derivation.
fn rows_of(connection: &Connection, input: &str, files: &[FileRow]) -> Result<Vec<RecordBatch>, StoreError> {
    connection.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE {FILES} AS FROM store.files LIMIT 0"))?;
    append_files(&mut connection.appender_to_catalog_and_db(FILES, "temp", "main")?, 0, files)?;
    let sql = input.replace("{files}", &format!("(SELECT '' AS repo, '' AS commit, * FROM temp.{FILES})"));
    let rows = connection.prepare(&sql)?.query_arrow([])?.collect();
    connection.execute_batch(&format!("DROP TABLE temp.{FILES}"))?;
    Ok(rows)
}

/// Let a snapshot lead to its derivations.
pub(crate) fn publish_derivations(
    connection: &Connection,
    snapshot_id: SnapshotId,
    derivations: &Derivations,
) -> Result<(), StoreError> {
    connection.execute("DELETE FROM store.snapshot_derivations WHERE snapshot_id = ?", [snapshot_id])?;
    let mut appender = connection.appender_to_db("snapshot_derivations", "store")?;
    for derivation_id in derivations.values() {
        appender.append_row(params![snapshot_id, derivation_id])?;
    }
    appender.flush()?;
    Ok(())
}
