//! Python text to syntax, once: [`ParsedFile::parse`] never fails, and everything that is known of one file comes
//! from that one parse.
//!
//! This crate knows nothing of files on a disk, of tables or of other files than the one it is given. It is the only
//! crate that uses the `ruff_*` crates; their types do not leave it.
#![warn(clippy::disallowed_methods)]

mod ast;
mod complexity;
mod cst;
mod definitions;
mod docstring;
mod imports;
mod interface;
mod lines;
mod named_enum;
mod nesting;
mod parsed_file;
mod signature;
mod string_annotations;
mod type_escape;

#[cfg(test)]
mod shapes;

pub use ast::{Ast, AstNode, Field, Kind};
pub use complexity::complexity;
#[cfg(any(test, feature = "complaints"))]
pub use cst::complaints;
pub use cst::{Cst, CstKind, CstNode};
pub use definitions::{Decorators, Definition, DefinitionKind};
pub use docstring::{Docstring, DocstringParameter, DocstringStyle, clean_docstring, parse_docstring};
pub use imports::ImportedName;
pub use interface::{Import, Interface};
pub use lines::LineCounts;
pub use nesting::{DEEPEST_NESTING, nests_too_deeply};
pub use parsed_file::ParsedFile;
pub use signature::{ParameterKind, Signature, SignatureParameter};
pub use type_escape::{TypeEscape, TypeEscapeKind};
