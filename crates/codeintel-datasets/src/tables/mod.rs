//! One file for each dataset.

/// The SQL of a qualified name, given the column that holds its part inside the module `f.module`.
macro_rules! qualname {
    ($column:literal) => {
        concat!("CASE WHEN ", $column, " = '' THEN f.module ELSE f.module || '.' || ", $column, " END")
    };
}

pub(crate) mod ast_metrics;
pub(crate) mod ast_nodes;
pub(crate) mod docstrings;
pub(crate) mod file_state;
pub(crate) mod goids;
pub(crate) mod modules;
pub(crate) mod problems;
pub(crate) mod snapshots;
pub(crate) mod tags_index;

/// The tables of names that stand for codes: each table's name in the schema `store`, and its codes and names.
pub fn code_names() -> impl IntoIterator<Item = (&'static str, Vec<(u8, &'static str)>)> {
    ast_nodes::code_names()
}
