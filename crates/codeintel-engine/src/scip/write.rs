//! Running an indexer and writing what it makes.

use std::cell::{OnceCell, RefCell};

use codeintel_base::{Column, ContentHash, RepoPath};
use codeintel_datasets::DocumentRows;
use codeintel_store::{
    ContentId, DocumentId, DocumentKey, DocumentWriter, FileRow, KnownFacts, NewDocument, StoreError,
};
use rustc_hash::FxHashMap;

use super::indexer::{IndexFile, IndexOutcome, IndexRequest, IndexStatus, Indexed, Indexer, IndexerIdentity};
use super::plan::{IndexPlan, Interfaces, modules_in_symbols};
use crate::run::{Context, import_roots};

/// Rows are written in batches of about this size.
const BATCH_ROWS: usize = 100_000;

/// Rows with long texts are written sooner.
const BATCH_BYTES: u64 = 256 << 20;

/// What a run did for the documents of a repository.
#[derive(Debug, Clone)]
pub struct IndexReport {
    /// Name, version and settings of the indexer, where it is known.
    pub indexer: Option<String>,
    /// How it ended.
    pub status: IndexStatus,
    /// Why documents are missing.
    pub reason: Option<String>,
    /// How the work was done, in words; none where there was nothing to do.
    pub mode: Option<String>,
    /// Files with a document.
    pub documents: usize,
    /// Documents that were made in this run.
    pub indexed: usize,
    /// Files that had a document before and have one with other facts now.
    pub differing: usize,
    /// Documents that are known to be stale.
    pub stale: usize,
    /// Rows that were written.
    pub rows: usize,
    /// Whether other documents are shown than before.
    pub is_changed: bool,
}

/// What a run of an indexer left behind.
pub(crate) struct IndexRun {
    pub(crate) outcome: IndexOutcome,
    /// The documents that were written.
    pub(crate) written: FxHashMap<DocumentKey, DocumentId>,
    /// The documents of other texts than those of their files, by the file.
    pub(crate) of_other_texts: FxHashMap<usize, DocumentId>,
    pub(crate) rows: usize,
}

/// Let an indexer make the documents of some files, and write them. Nobody sees them yet, since no snapshot points at them.
pub(crate) fn run(
    context: &Context<'_>,
    indexer: &mut dyn Indexer,
    identity: &IndexerIdentity,
    plan: &IndexPlan,
    asked: &[usize],
    rows: &[FileRow],
) -> Result<IndexRun, StoreError> {
    let Context { database, progress, .. } = *context;
    progress.begin("index", asked.len());
    let paths: Vec<RepoPath> = asked.iter().map(|file| rows[*file].path.clone()).collect();
    let mut sink = Sink {
        writer: database.document_writer(&identity.key)?,
        known: database.known_facts(&identity.key, &paths)?,
        rows: DocumentRows::default(),
        documents: Vec::new(),
        failure: None,
    };
    let mut is_wanted = vec![false; rows.len()];
    for file in asked {
        is_wanted[*file] = true;
    }
    let mut keys_of_other_texts: Vec<(usize, DocumentKey)> = Vec::new();
    let outcome = with_request(context, identity, plan, asked, rows, |request| {
        indexer.index(request, &mut |indexed| {
            // The first document of a file counts.
            if std::mem::take(&mut is_wanted[indexed.file]) {
                progress.step();
                let file = indexed.file;
                let Some(mut key) = plan.key(rows, file) else { return };
                // A document is a fact of the content that it was made from.
                let other = request.other_texts.borrow().get(&file).copied();
                if let Some(content_id) = other.and_then(|hash| sink.content_id(hash)) {
                    key.content_id = content_id;
                    keys_of_other_texts.push((file, key.clone()));
                }
                sink.take(key, indexed);
            }
        })
    });
    // Of an import that fails nothing counts.
    if !outcome.raced.is_empty() || indexer.replaces() && outcome.failure.is_some() {
        return Ok(IndexRun { outcome, written: FxHashMap::default(), of_other_texts: FxHashMap::default(), rows: 0 });
    }
    let (written, rows) = sink.finish()?;
    let document = |(file, key): (usize, DocumentKey)| Some((file, *written.get(&key)?));
    let of_other_texts = keys_of_other_texts.into_iter().filter_map(document).collect();
    Ok(IndexRun { outcome, written, of_other_texts, rows })
}

/// Do something with what an indexer is asked for.
pub(crate) fn with_request<T>(
    context: &Context<'_>,
    identity: &IndexerIdentity,
    plan: &IndexPlan,
    asked: &[usize],
    rows: &[FileRow],
    work: impl FnOnce(&IndexRequest<'_>) -> T,
) -> T {
    let Context { system, database, options, .. } = *context;
    let graph = OnceCell::new();
    let load_graph = || {
        let mut interfaces = Interfaces::default();
        // Without them files seem to import nothing, which makes an estimate wrong and nothing else.
        interfaces.load(database, rows).unwrap_or_default();
        interfaces.graph(rows, identity)
    };
    let modules = modules_in_symbols(rows);
    let files: Vec<IndexFile<'_>> = rows
        .iter()
        .zip(&modules)
        .map(|(row, module)| IndexFile { path: &row.path, hash: row.hash, size_bytes: row.state.size_bytes, module })
        .collect();
    work(&IndexRequest {
        system,
        files: &files,
        pending: asked,
        source_roots: &import_roots(rows),
        closure: &|file| graph.get_or_init(load_graph).closure(file),
        lookup_hash: &|file| plan.lookup_hash(rows, file),
        max_bytes: options.scan.max_bytes,
        other_texts: RefCell::default(),
    })
}

/// Takes documents as they come, and writes them in batches.
struct Sink {
    writer: DocumentWriter,
    known: KnownFacts,
    rows: DocumentRows,
    documents: Vec<NewDocument>,
    failure: Option<StoreError>,
}

impl Sink {
    /// The number of a content that need not be one of the repository.
    fn content_id(&mut self, hash: ContentHash) -> Option<ContentId> {
        match self.writer.content_id(hash) {
            Ok(id) => Some(id),
            Err(failure) => {
                self.failure.get_or_insert(failure);
                None
            }
        }
    }

    fn take(&mut self, key: DocumentKey, indexed: Indexed) {
        if self.failure.is_some() {
            return;
        }
        let Indexed { document, producer, producer_version, problems, .. } = indexed;
        let digest = document.digest().to_string();
        let (facts_id, is_known) = self.known.number(&key, &digest);
        if !is_known {
            self.rows.push(facts_id.get(), &document);
        }
        let problems = problems.into_iter().map(|problem| (problem.severity.as_str(), problem.message));
        self.documents.push(NewDocument {
            key,
            digest,
            facts_id,
            language: document.language,
            position_encoding: match document.encoding {
                Column::Utf8 => "UTF-8",
                Column::Utf16 => "UTF-16",
                Column::Utf32 => "UTF-32",
            },
            producer: producer.into_owned(),
            producer_version: producer_version.into_owned(),
            problems: problems.collect(),
        });
        if self.rows.len() >= BATCH_ROWS || self.rows.text_bytes() >= BATCH_BYTES {
            self.failure = self.write().err();
        }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let documents = std::mem::take(&mut self.documents);
        self.writer.write(&documents, self.rows.take())
    }

    fn finish(mut self) -> Result<(FxHashMap<DocumentKey, DocumentId>, usize), StoreError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.write()?;
        self.writer.commit()
    }
}
