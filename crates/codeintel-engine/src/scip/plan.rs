//! Which documents are there, and which are missing.

use codeintel_base::{ContentHash, RepoPath};
use codeintel_graph::{ImportGraph, ImportingFile, Outside, symbol_modules};
use codeintel_python::{Import, Interface};
use codeintel_store::{ContentId, Database, DocumentId, DocumentKey, FileRow, InterfaceRow, Snapshot, StoreError};
use rustc_hash::{FxHashMap, FxHashSet};

use super::indexer::{Indexer, IndexerIdentity, InterfaceDepth};
use super::state::{IndexState, SilentFile};
use crate::run::Context;

/// What is known of the documents of a snapshot's files before an indexer runs.
#[derive(Debug, Default)]
pub(crate) struct IndexPlan {
    /// Who makes the documents, or made them when it was there.
    pub(crate) identity: Option<IndexerIdentity>,
    /// Why no document can be made.
    pub(crate) unavailable: Option<String>,
    /// The fingerprint of each file.
    pub(crate) fingerprints: Vec<String>,
    /// The document of each file that holds for its content and its fingerprint.
    pub(crate) documents: Vec<Option<DocumentId>>,
    /// The documents of files that have none that holds, and one of another text that an index had.
    pub(crate) of_other_texts: FxHashMap<usize, DocumentId>,
    /// The files that have none and should have one.
    pub(crate) pending: Vec<usize>,
    /// The files that have none, and that the indexer has been asked for in vain often enough.
    pub(crate) given_up: Vec<usize>,
    /// Files that could not be read as text.
    textless: FxHashSet<usize>,
    /// Those of the files that have no document that holds, at least.
    interfaces: Interfaces,
}

/// What files can see of one another.
#[derive(Debug, Default)]
pub(crate) struct Interfaces(FxHashMap<ContentHash, FileInterface>);

#[derive(Debug, PartialEq, Eq)]
struct FileInterface {
    declared: String,
    inferred: String,
    imports: Vec<Import>,
}

impl Interfaces {
    /// Add those of the contents of files, as far as they have been extracted.
    pub(crate) fn load<'a>(
        &mut self,
        database: &Database,
        files: impl IntoIterator<Item = &'a FileRow>,
    ) -> Result<(), StoreError> {
        let missing = files.into_iter().filter(|row| !self.0.contains_key(&row.hash));
        let missing: FxHashMap<ContentId, ContentHash> =
            missing.filter_map(|row| Some((row.content_id?, row.hash))).collect();
        let contents: Vec<ContentId> = missing.keys().copied().collect();
        for InterfaceRow { content_id, declared, inferred, imports } in database.interfaces(&contents)? {
            let imports = imports.lines().filter_map(|import| import.parse().ok()).collect();
            self.0.insert(missing[&content_id], FileInterface { declared, inferred, imports });
        }
        Ok(())
    }

    /// Add that of a content that has not been extracted yet.
    pub(crate) fn add(&mut self, content: ContentHash, interface: &Interface) {
        let interface = FileInterface {
            declared: interface.declared.to_string(),
            inferred: interface.inferred.to_string(),
            imports: interface.imports.clone(),
        };
        self.0.insert(content, interface);
    }

    fn get(&self, content: ContentHash) -> Option<&FileInterface> {
        self.0.get(&content)
    }

    /// Whether others see the same of two contents.
    fn look_the_same(&self, one: ContentHash, other: ContentHash, depth: InterfaceDepth) -> bool {
        let seen = |content| self.get(content).map(|interface| (interface.hash(depth), &interface.imports));
        seen(one) == seen(other)
    }

    fn importing_files<'a>(
        &'a self,
        rows: &'a [FileRow],
        modules: &'a [String],
        depth: InterfaceDepth,
    ) -> Vec<ImportingFile<'a>> {
        let file = |(row, symbol_module): (&'a FileRow, &'a String)| {
            let interface = self.get(row.hash);
            ImportingFile {
                path: row.path.as_str(),
                module: &row.module,
                symbol_module,
                interface: interface.map_or("", |interface| interface.hash(depth)),
                imports: interface.map_or(&[], |interface| &interface.imports),
            }
        };
        rows.iter().zip(modules).map(file).collect()
    }

    /// Which files a file may look into.
    pub(crate) fn graph(&self, rows: &[FileRow], identity: &IndexerIdentity) -> ImportGraph {
        let modules = modules_in_symbols(rows);
        ImportGraph::new(&self.importing_files(rows, &modules, identity.depth), outside(Some(identity)))
    }
}

/// The names of modules in symbols.
pub(crate) fn modules_in_symbols(rows: &[FileRow]) -> Vec<String> {
    let files: Vec<(&str, &str)> = rows.iter().map(|row| (row.path.as_str(), &*row.module)).collect();
    symbol_modules(&files)
}

fn outside(identity: Option<&IndexerIdentity>) -> Outside<'_> {
    let dependents = identity.map_or(&[][..], |identity| &identity.dependents);
    Outside { standard_library: codeintel_semantic::standard_library(), dependents }
}

impl FileInterface {
    fn hash(&self, depth: InterfaceDepth) -> &str {
        match depth {
            InterfaceDepth::Declared => &self.declared,
            InterfaceDepth::Inferred => &self.inferred,
        }
    }
}

impl IndexPlan {
    /// Find the documents of a snapshot's files. `interfaces` has those of contents that are not in the database yet. In a full run, all
    /// documents are missing.
    pub(crate) fn new(
        context: &Context<'_>,
        indexer: &mut dyn Indexer,
        rows: &[FileRow],
        mut interfaces: Interfaces,
    ) -> Result<Self, StoreError> {
        let Context { system, database, options, prior, .. } = *context;
        let state = prior.and_then(|prior| IndexState::read(prior.indexing.as_deref()));
        let (identity, unavailable) = match indexer.identify(system) {
            Ok(identity) => (Some(identity), None),
            Err(reason) => (state.as_ref().and_then(|state| state.identity.clone()), Some(reason.to_string())),
        };
        let is_same_indexer = state.as_ref().is_some_and(|state| state.identity == identity);
        let known = prior.filter(|_| is_same_indexer);
        let before: FxHashMap<&RepoPath, &FileRow> =
            prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
        let fingerprints = fingerprints(database, rows, known, &mut interfaces, identity.as_ref())?;
        let mut plan = Self {
            identity,
            unavailable,
            documents: vec![None; rows.len()],
            fingerprints,
            of_other_texts: FxHashMap::default(),
            pending: Vec::new(),
            given_up: Vec::new(),
            textless: FxHashSet::default(),
            interfaces: Interfaces::default(),
        };
        let mut missing = Vec::new();
        for (file, row) in rows.iter().enumerate() {
            let holds = |before: &&&FileRow| {
                let is_same = before.hash == row.hash && before.fingerprint == plan.fingerprints[file];
                is_same && !before.is_stale && !options.full && is_same_indexer
            };
            plan.documents[file] = before.get(&row.path).filter(holds).and_then(|before| before.document_id);
            if plan.documents[file].is_none() {
                missing.push(file);
            }
        }
        // What has no interface could not be read as text.
        interfaces.load(database, missing.iter().map(|file| &rows[*file]))?;
        let (mut unknown, textless): (Vec<usize>, Vec<usize>) =
            missing.into_iter().partition(|file| interfaces.get(rows[*file].hash).is_some());
        plan.textless = textless.into_iter().collect();
        plan.interfaces = interfaces;
        if !options.full
            && let Some(identity) = &plan.identity
        {
            let keys = unknown.iter().filter_map(|file| Some((*file, plan.key(rows, *file)?)));
            let (files, keys): (Vec<usize>, Vec<DocumentKey>) = keys.unzip();
            let found = database.documents(&identity.key, &keys)?;
            for (file, key) in files.into_iter().zip(keys) {
                plan.documents[file] = found.get(&key).copied();
            }
        }
        let had_document = |path: &RepoPath| before.get(path).is_some_and(|before| before.document_id.is_some());
        unknown.retain(|file| plan.documents[*file].is_none());
        let misses_all = indexer.makes_documents() && !indexer.replaces();
        unknown.retain(|file| misses_all || had_document(&rows[*file].path));
        let asked_in_vain = state.filter(|_| is_same_indexer && !options.full);
        let tries =
            |file: usize| asked_in_vain.as_ref().map_or(0, |state| state.tries(&rows[file], &plan.fingerprints[file]));
        (plan.given_up, plan.pending) = unknown.into_iter().partition(|file| tries(*file) >= SilentFile::MAX_TRIES);
        Ok(plan)
    }

    /// The files that should have a document and have none.
    pub(crate) fn lacking(&self) -> impl Iterator<Item = usize> {
        self.pending.iter().chain(&self.given_up).copied()
    }

    /// A hash of all that a file may look up: what the indexer can see of it and of others.
    pub(crate) fn lookup_hash(&self, rows: &[FileRow], file: usize) -> Option<ContentHash> {
        let identity = self.identity.as_ref()?;
        let interface = self.interfaces.get(rows[file].hash)?;
        let imports: Vec<String> = interface.imports.iter().map(ToString::to_string).collect();
        let mut texts = vec![&*identity.key, &*self.fingerprints[file], interface.hash(identity.depth)];
        texts.extend(imports.iter().map(String::as_str));
        Some(ContentHash::of(texts.join("\n").as_bytes()))
    }

    /// What the facts of a file depend on; nothing as long as the database does not know its content.
    pub(crate) fn key(&self, rows: &[FileRow], file: usize) -> Option<DocumentKey> {
        let FileRow { path, content_id, .. } = &rows[file];
        let fingerprint = self.fingerprints[file].clone();
        Some(DocumentKey { path: path.clone(), content_id: (*content_id)?, fingerprint })
    }

    /// Let the files point at their documents. What has none that holds keeps the one that it had, marked as stale; unless it is no
    /// text any more, of which no document will ever speak.
    pub(crate) fn point(&self, rows: &mut [FileRow], prior: Option<&Snapshot>) {
        let before: FxHashMap<&RepoPath, &FileRow> =
            prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
        for (file, row) in rows.iter_mut().enumerate() {
            let fingerprint = &self.fingerprints[file];
            let last =
                before.get(&row.path).filter(|_| self.documents[file].is_none() && !self.textless.contains(&file));
            let last = last.filter(|last| last.document_id.is_some());
            let of_other_text = self.of_other_texts.get(&file).copied().filter(|_| self.documents[file].is_none());
            let document = self.documents[file].or(of_other_text);
            row.document_id = document.or(last.and_then(|last| last.document_id));
            row.is_stale = of_other_text.is_some()
                || last.is_some_and(|last| last.is_stale || last.hash != row.hash || last.fingerprint != *fingerprint);
            row.fingerprint.clone_from(fingerprint);
        }
    }
}

/// The fingerprints of all files.
fn fingerprints(
    database: &Database,
    rows: &[FileRow],
    known: Option<&Snapshot>,
    interfaces: &mut Interfaces,
    identity: Option<&IndexerIdentity>,
) -> Result<Vec<String>, StoreError> {
    let depth = identity.map_or(InterfaceDepth::Inferred, |identity| identity.depth);
    if let Some(known) = known
        && let Some(fingerprints) = unchanged(database, rows, known, interfaces, depth)?
    {
        return Ok(fingerprints);
    }
    interfaces.load(database, rows)?;
    let modules = modules_in_symbols(rows);
    let files = interfaces.importing_files(rows, &modules, depth);
    Ok(ImportGraph::new(&files, outside(identity)).fingerprints(&files).iter().map(ToString::to_string).collect())
}

/// The fingerprints of the last snapshot, where nothing that others can see has changed since. Costs a look at the
/// contents that are new.
fn unchanged(
    database: &Database,
    rows: &[FileRow],
    known: &Snapshot,
    interfaces: &mut Interfaces,
    depth: InterfaceDepth,
) -> Result<Option<Vec<String>>, StoreError> {
    let is_same_file = |(row, old): (&FileRow, &FileRow)| row.path == old.path && row.module == old.module;
    let has_fingerprint = |old: &FileRow| !old.fingerprint.is_empty();
    if rows.len() != known.files.len()
        || !rows.iter().zip(&known.files).all(is_same_file)
        || !known.files.iter().all(has_fingerprint)
    {
        return Ok(None);
    }
    let changed: Vec<(&FileRow, &FileRow)> =
        rows.iter().zip(&known.files).filter(|(row, old)| row.hash != old.hash).collect();
    interfaces.load(database, changed.iter().flat_map(|(row, old)| [*row, *old]))?;
    if !changed.iter().all(|(row, old)| interfaces.look_the_same(row.hash, old.hash, depth)) {
        return Ok(None);
    }
    Ok(Some(known.files.iter().map(|old| old.fingerprint.clone()).collect()))
}
