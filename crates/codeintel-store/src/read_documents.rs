//! SCIP documents as they were written, read back from the tables.

use std::collections::BTreeMap;

use codeintel_base::{Column, RepoPath};
use codeintel_scip::{Document, Occurrence, Range, Relationship, Symbol};
use duckdb::Row;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::database::Database;
use crate::error::StoreError;
use crate::ids::FactsId;
use crate::sql::{list, paths_in, repo_path};

/// So many documents are in memory at a time.
const PAGE: usize = 200;

/// A document of the current snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The file.
    pub path: RepoPath,
    /// What it says.
    pub document: Document,
    /// What is known of symbols from elsewhere that it refers to.
    pub externals: Vec<Symbol>,
    /// The program that made it.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
}

impl Database {
    /// Read the documents of a repository's current snapshot in the order of their paths: all of them, or those of some
    /// files.
    pub fn read_documents<E: From<StoreError>>(
        &self,
        repo: &str,
        only: Option<&[RepoPath]>,
        mut take: impl FnMut(StoredDocument) -> Result<(), E>,
    ) -> Result<(), E> {
        for page in self.document_headers(repo, only)?.chunks(PAGE) {
            let ids = list(page.iter().map(|(facts_id, _)| *facts_id));
            let mut occurrences = self.grouped(
                &format!(
                    "SELECT facts_id, start_line, start_col, end_line, end_col, symbol, roles, enclosing_start_line, \
                     enclosing_start_col, enclosing_end_line, enclosing_end_col FROM store.scip_occurrences \
                     WHERE facts_id IN ({ids}) ORDER BY ALL"
                ),
                occurrence,
            )?;
            let mut relationships = self.grouped(
                &format!(
                    "SELECT facts_id, symbol, related_symbol, is_reference, is_implementation, is_type_definition, \
                     is_definition FROM store.scip_relationships WHERE facts_id IN ({ids}) ORDER BY ALL"
                ),
                relationship,
            )?;
            let mut symbols = self.grouped(
                &format!(
                    "SELECT facts_id, symbol, kind, display_name, signature, documentation, enclosing_symbol, is_external \
                     FROM store.scip_symbols WHERE facts_id IN ({ids}) ORDER BY ALL"
                ),
                symbol,
            )?;
            for (facts_id, stored) in page {
                // Two files may have the same facts only if they are the same file.
                let mut stored = stored.clone();
                stored.document.occurrences = occurrences.remove(facts_id).unwrap_or_default();
                let mut of_symbols: FxHashMap<String, Vec<Relationship>> = FxHashMap::default();
                for (symbol, relationship) in relationships.remove(facts_id).unwrap_or_default() {
                    of_symbols.entry(symbol).or_default().push(relationship);
                }
                for (mut symbol, is_external) in symbols.remove(facts_id).unwrap_or_default() {
                    symbol.relationships = of_symbols.remove(&symbol.symbol).unwrap_or_default();
                    if is_external { &mut stored.externals } else { &mut stored.document.symbols }.push(symbol);
                }
                take(stored)?;
            }
        }
        Ok(())
    }

    /// Those of some files that have no document in a repository's current snapshot.
    pub fn without_document(&self, repo: &str, paths: &[RepoPath]) -> Result<Vec<RepoPath>, StoreError> {
        let headers = self.document_headers(repo, Some(paths))?;
        let found: FxHashSet<&RepoPath> = headers.iter().map(|(_, stored)| &stored.path).collect();
        Ok(paths.iter().filter(|path| !found.contains(path)).cloned().collect())
    }

    /// What tells documents apart that say something else, for each file of a repository's current snapshot whose document has an
    /// indexer's key that begins so.
    pub fn document_stamps(&self, repo: &str, key: &str) -> Result<BTreeMap<RepoPath, String>, StoreError> {
        let sql = "SELECT f.rel_path, concat_ws(' ', d.digest, d.producer, d.producer_version) \
                   FROM store.snapshots s JOIN store.files f USING (snapshot_id) JOIN store.documents d USING (document_id) \
                   WHERE s.repo = ? AND s.is_current AND starts_with(d.indexer, ?)";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([repo, key])?;
        let mut stamps = BTreeMap::new();
        while let Some(row) = rows.next()? {
            stamps.insert(repo_path(&row.get::<_, String>(0)?)?, row.get(1)?);
        }
        Ok(stamps)
    }

    /// The documents without what they say, with the numbers of their facts.
    fn document_headers(
        &self,
        repo: &str,
        only: Option<&[RepoPath]>,
    ) -> Result<Vec<(FactsId, StoredDocument)>, StoreError> {
        let condition = only.map_or(String::new(), |only| paths_in(only, only.len()));
        let only: Option<FxHashSet<&RepoPath>> = only.map(|only| only.iter().collect());
        let sql = format!(
            "SELECT d.facts_id, f.rel_path, d.language, d.position_encoding, d.producer, d.producer_version \
             FROM store.snapshots s JOIN store.files f USING (snapshot_id) JOIN store.documents d USING (document_id) \
             WHERE s.repo = ? AND s.is_current {} ORDER BY f.rel_path",
            condition.replace("rel_path", "f.rel_path"),
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([repo])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let path = repo_path(&row.get::<_, String>(1)?)?;
            if only.as_ref().is_some_and(|only| !only.contains(&path)) {
                continue;
            }
            let encoding: String = row.get(3)?;
            let document = Document {
                relative_path: path.to_string(),
                language: row.get(2)?,
                encoding: match encoding.as_str() {
                    "UTF-8" => Some(Column::Utf8),
                    "UTF-16" => Some(Column::Utf16),
                    _ => Some(Column::Utf32),
                },
                ..Document::default()
            };
            let (producer, producer_version) = (row.get(4)?, row.get(5)?);
            found.push((
                row.get(0)?,
                StoredDocument { path, document, externals: Vec::new(), producer, producer_version },
            ));
        }
        Ok(found)
    }

    /// The rows of a query by their first column.
    fn grouped<T>(
        &self,
        sql: &str,
        read: fn(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<FxHashMap<FactsId, Vec<T>>, StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut groups: FxHashMap<FactsId, Vec<T>> = FxHashMap::default();
        while let Some(row) = rows.next()? {
            groups.entry(row.get(0)?).or_default().push(read(row)?);
        }
        Ok(groups)
    }
}

fn range(row: &Row<'_>, at: usize) -> duckdb::Result<Option<Range>> {
    let number = |offset: usize| row.get::<_, Option<u32>>(at + offset);
    let (Some(start_line), Some(start_col), Some(end_line), Some(end_col)) =
        (number(0)?, number(1)?, number(2)?, number(3)?)
    else {
        return Ok(None);
    };
    Ok(Some(Range { start_line, start_col, end_line, end_col }))
}

fn occurrence(row: &Row<'_>) -> duckdb::Result<Occurrence> {
    let place = range(row, 1)?.unwrap_or_default();
    Ok(Occurrence { range: place, symbol: row.get(5)?, roles: row.get(6)?, enclosing: range(row, 7)? })
}

fn relationship(row: &Row<'_>) -> duckdb::Result<(String, Relationship)> {
    let relationship = Relationship {
        symbol: row.get(2)?,
        is_reference: row.get(3)?,
        is_implementation: row.get(4)?,
        is_type_definition: row.get(5)?,
        is_definition: row.get(6)?,
    };
    Ok((row.get(1)?, relationship))
}

/// A symbol without its relationships, and whether it is external.
fn symbol(row: &Row<'_>) -> duckdb::Result<(Symbol, bool)> {
    let documentation: String = row.get(5)?;
    let text = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
    let symbol = Symbol {
        symbol: row.get(1)?,
        kind: row.get(2)?,
        display_name: text(3)?,
        signature: text(4)?,
        documentation: serde_json::from_str(&documentation).unwrap_or_default(),
        enclosing_symbol: text(6)?,
        relationships: Vec::new(),
    };
    Ok((symbol, row.get(7)?))
}
