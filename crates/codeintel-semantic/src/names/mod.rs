//! A document without types: names, imports and definitions through scopes alone.
//!
//! Nothing of ty's is asked but the syntax trees and where modules are. The work is proportional to the size of the source,
//! whatever its shape.

pub(crate) mod found;
mod modules;
mod resolve;
pub(crate) mod scopes;
mod strings;
pub(crate) mod walk;

use codeintel_scip::PlacedDocument;
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_python_ast::Stmt;
use ty_python_core::ProgramFile;

use self::resolve::Resolution;
use self::walk::Walker;
use crate::database::Db;
use crate::describe::Documented;
use crate::outsize;

/// The document of a file, with the references that need no type.
pub(crate) fn document<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> PlacedDocument {
    let module = parsed_module(db, file.python_file(db)).load(db);
    document_of(db, file, source_text(db, file.file(db)).as_str(), module.suite())
}

/// The document of a file with this text in place of the one that the database has.
pub(crate) fn document_of_text<'db>(db: &'db dyn Db, file: ProgramFile<'db>, text: &str) -> PlacedDocument {
    let module = outsize::parsed(text);
    document_of(db, file, text, module.as_ref().map_or(&[][..], |module| module.suite()))
}

fn document_of<'db>(db: &'db dyn Db, file: ProgramFile<'db>, text: &str, suite: &[Stmt]) -> PlacedDocument {
    let prefix = db.modules().prefix(file.file(db).path(db));
    let package = modules::package_of(db, file);
    let documented = Documented::of(suite);
    let walked = Walker::walk(text, package.as_deref(), prefix.as_deref(), &documented, suite);
    Resolution::new(db, file, walked).document(text, suite)
}
