//! The documents of a repository as an index.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use codeintel_base::RepoPath;
use codeintel_scip::{Header, IndexWriter, JsonWriter, ScipError, Symbol, file_uri};
use codeintel_store::{Database, StoreError};
use codeintel_system::{NewFile, OwnFolder};

/// Why an index cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be written.
    #[error(transparent)]
    Scip(#[from] ScipError),
    /// A file cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// The repository's slug.
    pub repo: &'a str,
    /// Where it is.
    pub root: &'a Path,
    /// Only the documents of these files.
    pub only: Option<&'a [RepoPath]>,
}

/// The files of an index, in both forms.
pub(crate) const INDEX_FILES: [&str; 2] = ["index.scip", "index.scip.json"];

/// Write the documents of a repository's current snapshot into a folder as one index, in both forms; each file appears as a whole. Gives
/// their number.
pub fn export_files(database: &Database, request: ExportRequest<'_>, folder: &OwnFolder) -> Result<usize, ExportError> {
    let io = |source| StoreError::Io { path: folder.path().to_owned(), source };
    let [scip, json] = INDEX_FILES;
    let mut files = [folder.begin(scip).map_err(io)?, folder.begin(json).map_err(io)?];
    let [scip, json] = &mut files;
    let count = export(database, request, scip, json)?;
    files.into_iter().try_for_each(NewFile::finish).map_err(io)?;
    Ok(count)
}

/// Write the documents of a repository's current snapshot as one index, in both forms. Gives their number.
fn export(
    database: &Database,
    request: ExportRequest<'_>,
    scip: &mut dyn Write,
    json: &mut dyn Write,
) -> Result<usize, ExportError> {
    let ExportRequest { repo, only, .. } = request;
    let header = header(database, request)?;
    let mut scip = IndexWriter::new(scip, &header)?;
    let mut json = JsonWriter::new(json, &header)?;
    let mut externals: BTreeMap<String, Symbol> = BTreeMap::new();
    let mut count = 0;
    database.read_documents(repo, only, |stored| {
        scip.document(&stored.document)?;
        json.document(&stored.document)?;
        externals.extend(stored.externals.into_iter().map(|symbol| (symbol.symbol.clone(), symbol)));
        count += 1;
        Ok::<(), ExportError>(())
    })?;
    for symbol in externals.values() {
        scip.external(symbol)?;
        json.external(symbol)?;
    }
    scip.finish()?;
    json.finish()?;
    Ok(count)
}

/// The program that made the documents, if all are by the same one.
fn header(database: &Database, request: ExportRequest<'_>) -> Result<Header, StoreError> {
    let producers = database.producers(request.repo)?;
    let (producer, producer_version) = match <[_; 1]>::try_from(producers) {
        Ok([only]) => only,
        Err(_) => ("codeintel".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    };
    Ok(Header { project_root: file_uri(request.root), producer, producer_version })
}
