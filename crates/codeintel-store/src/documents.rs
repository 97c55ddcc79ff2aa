//! SCIP documents: facts of one file and of what it looked up in other files.

use arrow_array::RecordBatch;
use codeintel_base::{ContentHash, RepoPath};
use codeintel_datasets::Key;
use duckdb::{Appender, Connection, params};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::database::{Database, MemoryLimit};
use crate::error::StoreError;
use crate::ids::{ContentId, DocumentId, FactsId};
use crate::schema::tables_keyed_by;
use crate::sql::{LONGEST_LIST, list, paths_in, repo_path};

/// What a document's facts depend on, besides the indexer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentKey {
    /// The file.
    pub path: RepoPath,
    /// The number of its content.
    pub content_id: ContentId,
    /// The fingerprint of what it may look up in other files.
    pub fingerprint: String,
}

/// A document to be written.
#[derive(Debug)]
pub struct NewDocument {
    /// What its facts depend on.
    pub key: DocumentKey,
    /// A hash of the facts.
    pub digest: String,
    /// Number of the facts; equal facts have equal numbers.
    pub facts_id: FactsId,
    /// Language of the file.
    pub language: String,
    /// `UTF-8`, `UTF-16` or `UTF-32`.
    pub position_encoding: &'static str,
    /// The program that made it.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
    /// What went wrong with it: severity and message.
    pub problems: Vec<(&'static str, String)>,
}

/// Facts that are there already, by what tells that they are the same.
#[derive(Debug)]
pub struct KnownFacts {
    by_digest: FxHashMap<(RepoPath, ContentId, String), FactsId>,
    next_facts_id: FactsId,
}

impl KnownFacts {
    /// The number of some facts, and whether they are there already.
    pub fn number(&mut self, key: &DocumentKey, digest: &str) -> (FactsId, bool) {
        let next = self.next_facts_id;
        let known = (key.path.clone(), key.content_id, digest.to_owned());
        let number = *self.by_digest.entry(known).or_insert(next);
        let is_known = number != next;
        if !is_known {
            self.next_facts_id = next.next();
        }
        (number, is_known)
    }
}

/// What other files can see of a content, as `core.interfaces` keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceRow {
    /// The content.
    pub content_id: ContentId,
    /// Hash of the interface with the bodies of functions hidden.
    pub declared: String,
    /// Hash of the interface with some of them visible.
    pub inferred: String,
    /// Imports, one on a line.
    pub imports: String,
}

impl Database {
    /// The interfaces of contents, where they have been extracted.
    pub fn interfaces(&self, contents: &[ContentId]) -> Result<Vec<InterfaceRow>, StoreError> {
        if contents.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: FxHashSet<ContentId> = contents.iter().copied().collect();
        let condition = if contents.len() > LONGEST_LIST {
            String::new()
        } else {
            format!("WHERE content_id IN ({})", list(contents))
        };
        let sql = format!("SELECT content_id, declared, inferred, imports FROM store.interfaces {condition}");
        let mut statement = self.connection.prepare(&sql)?;
        let row = |row: &duckdb::Row<'_>| {
            Ok(InterfaceRow {
                content_id: row.get(0)?,
                declared: row.get(1)?,
                inferred: row.get(2)?,
                imports: row.get(3)?,
            })
        };
        let rows = statement.query_map([], row)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter(|row| wanted.contains(&row.content_id)).collect())
    }

    /// The numbers of an indexer's documents, where they are there.
    pub fn documents(
        &self,
        indexer: &str,
        keys: &[DocumentKey],
    ) -> Result<FxHashMap<DocumentKey, DocumentId>, StoreError> {
        let mut found = FxHashMap::default();
        if keys.is_empty() {
            return Ok(found);
        }
        let condition = paths_in(keys.iter().map(|key| &key.path), keys.len());
        let sql = format!(
            "SELECT rel_path, content_id, fingerprint, max(document_id) FROM store.documents \
             WHERE indexer = ? {condition} GROUP BY ALL"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([indexer])?;
        while let Some(row) = rows.next()? {
            let key = DocumentKey {
                path: repo_path(&row.get::<_, String>(0)?)?,
                content_id: row.get(1)?,
                fingerprint: row.get(2)?,
            };
            found.insert(key, row.get(3)?);
        }
        Ok(found)
    }

    /// How many of some documents another indexer has made.
    pub fn documents_of_others(&self, indexer: &str, documents: &[DocumentId]) -> Result<usize, StoreError> {
        let ids = list(documents.iter().map(ToString::to_string).chain(["0".to_owned()]));
        let sql = format!("SELECT count(*) FROM store.documents WHERE document_id IN ({ids}) AND indexer <> ?");
        let count: i64 = self.connection.query_row(&sql, [indexer], |row| row.get(0))?;
        Ok(count as usize)
    }

    /// How many of some documents, each with the one that was shown before it, say something else than that one.
    pub fn differing_documents(&self, pairs: &[(DocumentId, DocumentId)]) -> Result<usize, StoreError> {
        if pairs.is_empty() {
            return Ok(0);
        }
        let pairs = list(pairs.iter().map(|(before, now)| format!("({before}, {now})")));
        let sql = format!(
            "SELECT count(*) FROM (VALUES {pairs}) p(before, now) JOIN store.documents b ON b.document_id = p.before \
             JOIN store.documents n ON n.document_id = p.now WHERE b.facts_id <> n.facts_id"
        );
        let count: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(count as usize)
    }

    /// The facts that an indexer's documents of some files have.
    pub fn known_facts(&self, indexer: &str, paths: &[RepoPath]) -> Result<KnownFacts, StoreError> {
        let condition = paths_in(paths, paths.len());
        let sql =
            format!("SELECT rel_path, content_id, digest, facts_id FROM store.documents WHERE indexer = ? {condition}");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([indexer])?;
        let mut by_digest = FxHashMap::default();
        while let Some(row) = rows.next()? {
            by_digest.insert((repo_path(&row.get::<_, String>(0)?)?, row.get(1)?, row.get(2)?), row.get(3)?);
        }
        let sql = "SELECT coalesce(max(facts_id), 0)::INTEGER + 1 FROM store.documents";
        let next_facts_id = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(KnownFacts { by_digest, next_facts_id })
    }

    /// Begin to write documents of an indexer. Of two with the same key the later one counts.
    pub fn document_writer(&self, indexer: &str) -> Result<DocumentWriter, StoreError> {
        let connection = self.connection.try_clone()?;
        let memory_limit = MemoryLimit::on(&connection)?;
        connection.execute_batch("BEGIN")?;
        let sql = "SELECT coalesce(max(document_id), 0)::INTEGER + 1 FROM store.documents";
        let next_id = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(DocumentWriter {
            connection,
            indexer: indexer.to_owned(),
            next_id,
            written: FxHashMap::default(),
            contents: FxHashMap::default(),
            rows: 0,
            _memory_limit: memory_limit,
        })
    }

    /// The programs, with their versions, that made the documents of a repository's current snapshot.
    pub fn producers(&self, repo: &str) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT DISTINCT producer, producer_version FROM scip.documents WHERE repo = ? ORDER BY ALL";
        let mut statement = self.connection.prepare(sql)?;
        let producers = statement.query_map([repo], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(producers)
    }

    /// The indexers that the documents of a repository's current snapshot are by, sorted.
    pub fn indexers(&self, repo: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT d.indexer FROM store.snapshots s JOIN store.files f USING (snapshot_id) \
                   JOIN store.documents d USING (document_id) WHERE s.repo = ? AND s.is_current ORDER BY ALL";
        let mut statement = self.connection.prepare(sql)?;
        let indexers = statement.query_map([repo], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(indexers)
    }

    /// What is known of a document.
    pub fn document_of(&self, document_id: DocumentId) -> Result<Option<DocumentInfo>, StoreError> {
        let sql = "SELECT indexer, fingerprint, producer, producer_version, position_encoding, facts_id, content_hash \
                   FROM store.documents JOIN store.contents USING (content_id) WHERE document_id = ?";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([document_id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut info = DocumentInfo {
            indexer: row.get(0)?,
            fingerprint: row.get(1)?,
            producer: row.get(2)?,
            producer_version: row.get(3)?,
            position_encoding: row.get(4)?,
            content_hash: row.get(6)?,
            rows: Vec::new(),
        };
        let facts_id: FactsId = row.get(5)?;
        for table in tables_keyed_by(Key::Document) {
            let sql = format!("SELECT count(*) FROM store.{table} WHERE facts_id = ?");
            let rows: i64 = self.connection.query_row(&sql, [facts_id], |row| row.get(0))?;
            info.rows.push((table, rows as usize));
        }
        Ok(Some(info))
    }
}

/// What is known of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInfo {
    /// The indexer with its version and settings.
    pub indexer: String,
    /// The fingerprint of what the file could look up when it was indexed.
    pub fingerprint: String,
    /// The program that made it.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
    /// What columns count.
    pub position_encoding: String,
    /// The hash of the content that was indexed.
    pub content_hash: String,
    /// How many rows it has in each table.
    pub rows: Vec<(&'static str, usize)>,
}

/// The open transaction in which documents are written. What is not committed has not happened.
#[derive(Debug)]
pub struct DocumentWriter {
    connection: Connection,
    indexer: String,
    next_id: DocumentId,
    written: FxHashMap<DocumentKey, DocumentId>,
    /// The numbers of contents by their hashes, once they were asked for.
    contents: FxHashMap<String, ContentId>,
    rows: usize,
    _memory_limit: MemoryLimit,
}

impl DocumentWriter {
    /// Write documents, and the rows of those whose facts are new: one batch for each table, in the order of the
    /// datasets.
    pub fn write(&mut self, documents: &[NewDocument], tables: Vec<RecordBatch>) -> Result<(), StoreError> {
        for (name, rows) in tables_keyed_by(Key::Document).zip(tables) {
            self.rows += rows.num_rows();
            let mut appender = self.connection.appender_to_db(name, "store")?;
            appender.append_record_batch(rows)?;
            appender.flush()?;
        }
        let mut appender = self.connection.appender_to_db("documents", "store")?;
        let mut problems = self.connection.appender_to_db("document_problems", "store")?;
        for document in documents {
            let id = self.next_id;
            self.next_id = id.next();
            append(&mut appender, id, &self.indexer, document)?;
            for (severity, message) in &document.problems {
                problems.append_row(params![id, severity, message])?;
            }
            self.written.insert(document.key.clone(), id);
        }
        appender.flush()?;
        problems.flush()?;
        Ok(())
    }

    /// The number of a content, which gets one if it has none yet.
    pub fn content_id(&mut self, hash: ContentHash) -> Result<ContentId, StoreError> {
        if self.contents.is_empty() {
            let mut statement = self.connection.prepare("SELECT content_hash, content_id FROM store.contents")?;
            let known = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.contents = known.collect::<Result<_, _>>()?;
        }
        let hash = hash.to_string();
        if let Some(id) = self.contents.get(&hash) {
            return Ok(*id);
        }
        let id = self.contents.values().max().map_or(ContentId::FIRST, |last| last.next());
        self.connection.execute("INSERT INTO store.contents VALUES (?, ?)", params![id, hash])?;
        self.contents.insert(hash, id);
        Ok(id)
    }

    /// Commit, and give the numbers of the documents and the number of rows.
    pub fn commit(self) -> Result<(FxHashMap<DocumentKey, DocumentId>, usize), StoreError> {
        self.connection.execute_batch("COMMIT")?;
        Ok((self.written, self.rows))
    }
}

fn append(
    appender: &mut Appender<'_>,
    id: DocumentId,
    indexer: &str,
    document: &NewDocument,
) -> Result<(), StoreError> {
    appender.append_row(params![
        id,
        document.facts_id,
        indexer,
        document.key.path.as_str(),
        document.key.content_id,
        document.key.fingerprint,
        document.digest,
        document.language,
        document.position_encoding,
        document.producer,
        document.producer_version,
    ])?;
    Ok(())
}
