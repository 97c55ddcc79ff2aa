//! SCIP indexes of any producer: read one document at a time, put right what producers leave open, and written again.
//!
//! This crate knows nothing of Python, of tables or of how an index comes about. It is the only crate that uses `scip`
//! and `protobuf`; their types do not leave it. The format is that of <https://scip-code.org>, version 0.10 of its
//! schema.
#![warn(clippy::disallowed_methods)]

mod decode;
mod descriptor;
mod document;
mod location;
mod place;
mod reader;
mod writer;

pub use descriptor::{DescriptorKind, last_descriptor};
pub use document::{
    Coverage, Document, Header, Occurrence, Range, ReferenceKind, Relationship, Role, Symbol, Unresolved, kind_number,
};
pub use location::{RepositoryFiles, Root, RootError, file_uri};
pub use place::{PlacedDocument, Source};
pub use reader::{IndexPlace, IndexReader, Part, ScipError, shown_path};
pub use writer::{IndexWriter, JsonWriter};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
