//! Facts and the ledger that says which of them are there.

use arrow_array::RecordBatch;
use codeintel_base::ContentHash;
use codeintel_datasets::{Facts, Key, facts_named};
use duckdb::{Appender, Connection, params};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::database::{Database, MemoryLimit};
use crate::error::StoreError;
use crate::ids::ContentId;
use crate::sql::{LONGEST_LIST, condition_on_ids, list, quoted};

/// Facts of contents, or derived from such, that are wanted, in the version that this program makes.
#[derive(Debug, Clone)]
pub struct FactsVersion {
    /// The facts.
    pub facts: &'static Facts,
    /// The version of the extraction or derivation.
    pub version: u32,
    /// What else they depend on: versions of the facts that they use, and whether the ledger has digests of their rows.
    pub fingerprint: String,
}

impl FactsVersion {
    /// Facts as they are; none for those that come from an indexer or a tool.
    pub fn new(facts: &'static Facts) -> Option<Self> {
        let used = facts.uses.iter().map(|used| format!("{}/{}", used.name, used.version));
        let used = used.chain(facts.are_read().then(|| "digest".to_owned()));
        let fingerprint = used.collect::<Vec<_>>().join(" ");
        matches!(facts.key(), Key::Content | Key::Derivation).then_some(Self {
            facts,
            version: facts.version,
            fingerprint,
        })
    }

    /// The name under which the ledger knows it.
    pub fn key(&self) -> &'static str {
        self.facts.name
    }

    /// Version and fingerprint in one text.
    pub fn state(&self) -> String {
        format!("{}/{}", self.version, self.fingerprint)
    }
}

/// What the ledger lacks of one dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingFacts {
    /// Contents whose facts are to be extracted.
    pub missing: FxHashSet<ContentId>,
    /// Those of them that have facts of another version, which must go first.
    pub stale: Vec<ContentId>,
}

/// How the extraction of a content ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All facts are there.
    Done,
    /// What could be recovered is there; it is not tried again until the content changes.
    Problem,
}

/// Some facts of one dataset; of no content only a part.
#[derive(Debug)]
pub struct FactBatch {
    /// The place of the dataset in the list of those wanted.
    pub dataset: usize,
    /// One batch for each of its tables.
    pub tables: Vec<RecordBatch>,
    /// The contents whose facts these are.
    pub contents: Vec<FactsOf>,
}

/// A content whose facts have been extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactsOf {
    /// Its number.
    pub content_id: ContentId,
    /// How the extraction ended.
    pub status: Status,
    /// A hash of the rows, where others are derived from them.
    pub digest: Option<ContentHash>,
    /// How many rows of the dataset they are, over all files with the content.
    pub rows: usize,
}

/// What was written of one dataset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Contents.
    pub contents: usize,
    /// Rows of the dataset, as a query counts them.
    pub rows: usize,
}

impl Database {
    /// The numbers of contents, where they are known.
    pub fn content_ids(&self, hashes: &[ContentHash]) -> Result<FxHashMap<ContentHash, ContentId>, StoreError> {
        let wanted: FxHashSet<ContentHash> = hashes.iter().copied().collect();
        let condition = if hashes.len() > LONGEST_LIST {
            String::new()
        } else {
            format!("WHERE content_hash IN ({})", list(hashes.iter().map(|hash| quoted(&hash.to_string()))))
        };
        let sql = format!("SELECT content_hash, content_id FROM store.contents {condition}");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut ids = FxHashMap::default();
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            let hash = text.parse().map_err(|_| StoreError::Corrupt(format!("content hash `{text}`")))?;
            if wanted.contains(&hash) {
                ids.insert(hash, row.get(1)?);
            }
        }
        Ok(ids)
    }

    /// Give numbers to new contents. They are kept even if the run ends here: no fact may outlive its content's number.
    pub fn add_contents(&self, hashes: &[ContentHash]) -> Result<FxHashMap<ContentHash, ContentId>, StoreError> {
        if hashes.is_empty() {
            return Ok(FxHashMap::default());
        }
        let transaction = self.connection.unchecked_transaction()?;
        let sql = "SELECT coalesce(max(content_id), 0) + 1 FROM store.contents";
        let first: ContentId = transaction.query_row(sql, [], |row| row.get(0))?;
        let numbers = std::iter::successors(Some(first), |last| Some(last.next()));
        let ids: Vec<(ContentHash, ContentId)> = hashes.iter().copied().zip(numbers).collect();
        let mut appender = transaction.appender_to_db("contents", "store")?;
        for (hash, id) in &ids {
            appender.append_row(params![id, hash.to_string()])?;
        }
        appender.flush()?;
        drop(appender);
        transaction.commit()?;
        Ok(ids.into_iter().collect())
    }

    /// Ask the ledger which facts of a dataset are missing. With `full`, all are.
    pub fn pending(
        &self,
        contents: &[ContentId],
        wanted: &FactsVersion,
        full: bool,
    ) -> Result<MissingFacts, StoreError> {
        let mut pending = MissingFacts { missing: contents.iter().copied().collect(), stale: Vec::new() };
        if contents.is_empty() {
            return Ok(pending);
        }
        let condition = condition_on_ids(contents);
        let sql = format!("SELECT content_id, version, fingerprint FROM store.ledger WHERE dataset = ? {condition}");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([wanted.key()])?;
        while let Some(row) = rows.next()? {
            let id: ContentId = row.get(0)?;
            let (version, fingerprint): (u32, String) = (row.get(1)?, row.get(2)?);
            if !full && version == wanted.version && fingerprint == wanted.fingerprint {
                pending.missing.remove(&id);
            } else if pending.missing.contains(&id) {
                pending.stale.push(id);
            }
        }
        Ok(pending)
    }

    /// Every dataset that the ledger speaks of, with the versions and fingerprints that occur, as [`FactsVersion::state`].
    pub fn ledger_states(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT DISTINCT dataset, concat(version, '/', fingerprint) FROM store.ledger";
        let mut statement = self.connection.prepare(sql)?;
        let states = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(states)
    }

    /// Write facts with their ledger rows: one transaction for each dataset, all committed when the batches end.
    ///
    /// Nobody sees the facts yet, since no snapshot leads to them. On an error nothing of this call is kept but the
    /// datasets that were committed before it.
    pub fn write_facts(
        &self,
        wanted: &[FactsVersion],
        pending: &[MissingFacts],
        now_ns: i64,
        batches: impl IntoIterator<Item = FactBatch>,
    ) -> Result<Vec<Written>, StoreError> {
        let _memory_limit = MemoryLimit::on(&self.connection)?;
        // A transaction lives on a connection of its own.
        let connections: Vec<Connection> =
            wanted.iter().map(|_| self.connection.try_clone()).collect::<Result<_, _>>()?;
        let mut writers: Vec<DatasetWriter<'_>> = Vec::new();
        for ((connection, wanted), pending) in connections.iter().zip(wanted).zip(pending) {
            writers.push(DatasetWriter::begin(connection, wanted, pending, now_ns)?);
        }
        for batch in batches {
            writers[batch.dataset].append(batch)?;
        }
        writers.into_iter().map(DatasetWriter::commit).collect()
    }

    /// What the ledger says of one content, dataset by dataset.
    pub fn ledger_of(&self, content_id: ContentId) -> Result<Vec<LedgerEntry>, StoreError> {
        let sql = "SELECT dataset, version, status, date_trunc('second', make_timestamp(extracted_at_ns // 1000))::VARCHAR \
                   FROM store.ledger WHERE content_id = ? ORDER BY dataset";
        let mut statement = self.connection.prepare(sql)?;
        let entry = |row: &duckdb::Row<'_>| {
            Ok(LedgerEntry {
                dataset: row.get(0)?,
                version: row.get(1)?,
                status: row.get(2)?,
                extracted_at: row.get(3)?,
                rows: 0,
            })
        };
        let mut entries: Vec<LedgerEntry> = statement.query_map([content_id], entry)?.collect::<Result<_, _>>()?;
        for entry in &mut entries {
            // The first table is the one whose rows are those of the dataset.
            if let Some(table) = facts_named(&entry.dataset).and_then(|facts| facts.tables.first()) {
                let sql = format!("SELECT count(*) FROM store.{} WHERE content_id = ?", table.name);
                let rows: i64 = self.connection.query_row(&sql, [content_id], |row| row.get(0))?;
                entry.rows = rows as usize;
            }
        }
        Ok(entries)
    }

    /// The problems of one content, each as one line.
    pub fn content_problems(&self, content_id: ContentId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT concat(severity, coalesce(concat(' at line ', lineno), ''), ': ', message) \
                   FROM store.problems WHERE content_id = ? ORDER BY lineno, col_offset";
        let mut statement = self.connection.prepare(sql)?;
        let lines = statement.query_map([content_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(lines)
    }
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The dataset's full name.
    pub dataset: String,
    /// The version of the extraction.
    pub version: u32,
    /// `done` or `problem`.
    pub status: String,
    /// When the facts were extracted, in UTC to the second.
    pub extracted_at: String,
    /// How many rows of the dataset there are.
    pub rows: usize,
}

/// The open transaction of one dataset.
struct DatasetWriter<'a> {
    connection: &'a Connection,
    wanted: &'a FactsVersion,
    now_ns: i64,
    /// Empty where nothing is pending.
    appenders: Vec<Appender<'a>>,
    contents: Vec<FactsOf>,
}

impl<'a> DatasetWriter<'a> {
    fn begin(
        connection: &'a Connection,
        wanted: &'a FactsVersion,
        pending: &MissingFacts,
        now_ns: i64,
    ) -> Result<Self, StoreError> {
        let mut appenders = Vec::new();
        if !pending.missing.is_empty() {
            connection.execute_batch("BEGIN")?;
            for stale in pending.stale.chunks(LONGEST_LIST) {
                let ids = list(stale);
                for table in wanted.facts.tables {
                    connection
                        .execute_batch(&format!("DELETE FROM store.{} WHERE content_id IN ({ids})", table.name))?;
                }
                let sql = format!("DELETE FROM store.ledger WHERE dataset = ? AND content_id IN ({ids})");
                connection.execute(&sql, [wanted.key()])?;
            }
            for table in wanted.facts.tables {
                appenders.push(connection.appender_to_db(table.name, "store")?);
            }
        }
        Ok(Self { connection, wanted, now_ns, appenders, contents: Vec::new() })
    }

    fn append(&mut self, batch: FactBatch) -> Result<(), StoreError> {
        for (appender, rows) in self.appenders.iter_mut().zip(batch.tables) {
            appender.append_record_batch(rows)?;
        }
        self.contents.extend(batch.contents);
        Ok(())
    }

    fn commit(self) -> Result<Written, StoreError> {
        let rows = self.contents.iter().map(|facts| facts.rows).sum();
        let written = Written { contents: self.contents.len(), rows };
        if self.appenders.is_empty() {
            return Ok(written);
        }
        for mut appender in self.appenders {
            appender.flush()?;
        }
        let mut ledger = self.connection.appender_to_db("ledger", "store")?;
        for FactsOf { content_id, status, digest, .. } in &self.contents {
            let status = match status {
                Status::Done => "done",
                Status::Problem => "problem",
            };
            let FactsVersion { version, fingerprint, .. } = self.wanted;
            let digest = digest.map(|digest| digest.to_string());
            ledger.append_row(params![
                content_id,
                self.wanted.key(),
                version,
                fingerprint,
                status,
                self.now_ns,
                digest
            ])?;
        }
        ledger.flush()?;
        drop(ledger);
        self.connection.execute_batch("COMMIT")?;
        Ok(written)
    }
}
