//! Files as the nodes of graphs: how they are called, which of them import one another, and what follows from that.
//!
//! This crate knows nothing of tables, of disks or of what has changed. It is given paths, names and imports, and gives
//! edges, groups, layers and hashes.
#![warn(clippy::disallowed_methods)]

mod components;
mod fingerprints;
mod import_edges;
mod module_names;

pub use components::{components, layers};
pub use fingerprints::{ImportGraph, ImportingFile, Outside, symbol_modules};
pub use import_edges::{Import as ResolvedImport, ImportEdge, import_edges};
pub use module_names::{ModuleNames, SourceRoots};
