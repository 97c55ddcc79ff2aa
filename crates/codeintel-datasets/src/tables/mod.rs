//! One file for each dataset.

/// The SQL of a qualified name, given the column that holds its part inside the module `f.module`.
macro_rules! qualname {
    ($column:literal) => {
        concat!("CASE WHEN ", $column, " = '' THEN f.module ELSE f.module || '.' || ", $column, " END")
    };
}

/// The SQL of the global object ids of the definitions `d`, with more columns and joins.
macro_rules! goids {
    ($names:literal, $columns:literal, $joins:literal) => {
        concat!(
            "SELECT md5_number(concat_ws(':', repo, language, rel_path, kind, qualname, ordinal)) AS goid_h128, \
               concat('goid:', repo, '/', rel_path, '#python:', kind, ':', qualname, '?s=', start_line, \
               CASE WHEN end_line IS NULL THEN '' ELSE concat('&e=', end_line) END) AS urn, \
               repo, commit, rel_path, language, kind, qualname, ordinal, start_line, end_line",
            $names,
            " FROM (SELECT s.repo, s.commit, f.rel_path, f.language, d.kind, ",
            qualname!("d.qualname"),
            " AS qualname, d.ordinal, d.start_line, d.end_line",
            $columns,
            " FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.ast_definitions d USING (content_id)",
            $joins,
            ")"
        )
    };
}

/// The SQL of a range as a list of three or four numbers, NULL where the first line is.
macro_rules! range {
    ($start_line:literal, $start_col:literal, $end_line:literal, $end_col:literal) => {
        concat!(
            "CASE WHEN ",
            $start_line,
            " = ",
            $end_line,
            " THEN [",
            $start_line,
            ", ",
            $start_col,
            ", ",
            $end_col,
            "] WHEN ",
            $start_line,
            " IS NOT NULL THEN [",
            $start_line,
            ", ",
            $start_col,
            ", ",
            $end_line,
            ", ",
            $end_col,
            "] END"
        )
    };
}

pub(crate) mod ast_cst;
pub(crate) mod ast_metrics;
pub(crate) mod ast_nodes;
pub(crate) mod cst_nodes;
pub(crate) mod docstrings;
pub(crate) mod file_state;
pub(crate) mod function_types;
pub(crate) mod goid_crosswalk;
pub(crate) mod goids;
pub(crate) mod interfaces;
pub(crate) mod modules;
pub(crate) mod problems;
pub(crate) mod scip_coverage;
pub(crate) mod scip_documents;
pub(crate) mod scip_index_view;
pub(crate) mod scip_occurrences;
pub(crate) mod scip_relationships;
pub(crate) mod scip_symbols;
pub(crate) mod scip_unresolved;
pub(crate) mod snapshots;
pub(crate) mod tags_index;
pub(crate) mod type_escapes;
pub(crate) mod typedness;

/// The tables of names that stand for codes: each table's name in the schema `store`, and its codes and names.
pub fn code_names() -> impl IntoIterator<Item = (&'static str, Vec<(u8, &'static str)>)> {
    ast_nodes::code_names().into_iter().chain(cst_nodes::code_names())
}
