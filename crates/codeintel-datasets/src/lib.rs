//! The tables as code: one file for each dataset, holding its columns with their docs, its extraction from a parsed
//! file or its derivation, its view and its version; its fixture lies beside the sources.
//!
//! This crate knows nothing of DuckDB's API, of files on a disk or of what has changed. It turns one parsed file into
//! rows, and says in SQL how rows become what users read.
#![warn(clippy::disallowed_methods)]

#[macro_use]
mod table;
mod dataset;
mod docs;
mod documents;
mod findings;
pub mod fixture;
mod list;
mod owners;
mod tables;
mod tags;

pub use dataset::{Dataset, Extraction, Facts, From, Key, Maker, Parsed, PassOn, Rows, RowsDigest, Tree};
pub use docs::page;
pub use documents::DocumentRows;
pub use findings::FindingRows;
pub use list::{DATASETS, all_facts, dataset_named, facts_named};
pub use owners::CodeOwners;
pub use table::{Column, ColumnType, StoredTable};
pub use tables::code_names;
pub use tables::store::STORE_TABLES;
pub use tags::{Tag, TagsError, TagsIndex};
