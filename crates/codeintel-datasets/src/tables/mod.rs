//! One file for each dataset, in a folder for each schema.

use self::core::{ast_nodes, cst_nodes};
use crate::dataset::Dataset;

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

/// The SQL of the errors that tools find in each file: how many each of them finds, how many distinct defects all of them
/// find (`total`), and how many the type checkers (`type_errors`). A count is NULL where no tool that counts has looked at the file.
///
/// Two tools report one defect where their codes are of one kind and the line is the same: where a defect begins within its line,
/// they do not agree.
macro_rules! tool_errors {
    () => {
        "SELECT snapshot_id, rel_path, sum(pyrefly) AS pyrefly, sum(pyright) AS pyright, sum(ruff) AS ruff, sum(defects) AS total, \
           sum(type_errors) AS type_errors FROM (SELECT snapshot_id, rel_path, max(errors) AS defects, \
           max(errors) FILTER (tool <> 'ruff') AS type_errors, sum(errors) FILTER (tool = 'pyrefly') AS pyrefly, \
           sum(errors) FILTER (tool = 'pyright') AS pyright, sum(errors) FILTER (tool = 'ruff') AS ruff FROM ( \
           SELECT p.snapshot_id, p.rel_path, p.tool, t.start_line, coalesce(k.defect, p.tool || t.code) AS defect, \
           count(t.report_id) AS errors FROM store.reports p \
           LEFT JOIN store.diagnostics t ON t.report_id = p.report_id AND t.severity = 'error' \
           LEFT JOIN (VALUES ('pyright', '', 'syntax'), ('pyrefly', 'parse-error', 'syntax'), ('pyrefly', 'invalid-syntax', 'syntax'), ('ruff', 'invalid-syntax', 'syntax'), ('ruff', 'F704', 'syntax'), ('ruff', 'F706', 'syntax'), ('pyright', 'reportAbstractUsage', 'abstract class'), ('pyrefly', 'bad-instantiation', 'abstract class'), \
           ('pyright', 'reportUndefinedVariable', 'undefined name'), ('pyrefly', 'unknown-name', 'undefined name'), \
           ('ruff', 'F821', 'undefined name'), ('pyright', 'reportPossiblyUnbound', 'unbound name'), \
           ('pyright', 'reportPossiblyUnboundVariable', 'unbound name'), \
           ('pyright', 'reportUnboundVariable', 'unbound name'), ('pyrefly', 'unbound-name', 'unbound name'), \
           ('ruff', 'F823', 'unbound name'), ('pyright', 'reportMissingImports', 'import'), \
           ('pyright', 'reportMissingModuleSource', 'import'), ('pyrefly', 'missing-import', 'import'), \
           ('pyrefly', 'missing-source', 'import'), ('pyrefly', 'missing-source-for-stubs', 'import'), \
           ('pyright', 'reportAttributeAccessIssue', 'attribute'), \
           ('pyright', 'reportFunctionMemberAccess', 'attribute'), \
           ('pyright', 'reportOptionalMemberAccess', 'attribute'), ('pyrefly', 'missing-attribute', 'attribute'), \
           ('pyrefly', 'missing-module-attribute', 'attribute'), ('pyright', 'reportArgumentType', 'call'), \
           ('pyright', 'reportCallIssue', 'call'), ('pyright', 'reportOptionalCall', 'call'), \
           ('pyrefly', 'bad-argument-type', 'call'), ('pyrefly', 'bad-argument-count', 'call'), \
           ('pyrefly', 'bad-keyword-argument', 'call'), ('pyrefly', 'missing-argument', 'call'), \
           ('pyrefly', 'unexpected-keyword', 'call'), ('pyrefly', 'unexpected-positional-argument', 'call'), \
           ('pyrefly', 'no-matching-overload', 'call'), ('pyrefly', 'not-callable', 'call'), \
           ('pyright', 'reportOperatorIssue', 'operator'), ('pyright', 'reportOptionalOperand', 'operator'), \
           ('pyright', 'reportIndexIssue', 'operator'), ('pyright', 'reportOptionalSubscript', 'operator'), \
           ('pyright', 'reportOptionalIterable', 'operator'), ('pyright', 'reportOptionalContextManager', 'operator'), \
           ('pyrefly', 'unsupported-operation', 'operator'), ('pyrefly', 'bad-index', 'operator'), \
           ('pyrefly', 'not-iterable', 'operator'), ('pyrefly', 'bad-context-manager', 'operator'), \
           ('pyright', 'reportAssignmentType', 'assignment'), ('pyrefly', 'bad-assignment', 'assignment'), \
           ('pyright', 'reportReturnType', 'return'), ('pyrefly', 'bad-return', 'return'), \
           ('pyright', 'reportIncompatibleMethodOverride', 'override'), \
           ('pyright', 'reportIncompatibleVariableOverride', 'override'), ('pyrefly', 'bad-override', 'override'), \
           ('pyright', 'reportInvalidTypeForm', 'annotation'), ('pyrefly', 'invalid-annotation', 'annotation'), \
           ('pyright', 'reportRedeclaration', 'redefinition'), ('pyrefly', 'redefinition', 'redefinition'), \
           ('ruff', 'F811', 'redefinition'), ('pyright', 'reportUnusedImport', 'unused import'), \
           ('pyrefly', 'unused-import', 'unused import'), ('ruff', 'F401', 'unused import'), \
           ('pyright', 'reportUnusedVariable', 'unused variable'), ('pyrefly', 'unused-variable', 'unused variable'), \
           ('ruff', 'F841', 'unused variable'), ('pyright', 'reportUnusedExpression', 'unused expression'), \
           ('ruff', 'B018', 'unused expression'), ('pyright', 'reportUnusedCoroutine', 'unused coroutine'), \
           ('pyrefly', 'unused-coroutine', 'unused coroutine'), ('pyright', 'reportUnsupportedDunderAll', '__all__'), \
           ('pyrefly', 'bad-dunder-all', '__all__'), ('ruff', 'F822', '__all__')) k(tool, code, defect) \
           ON k.tool = p.tool AND k.code = CASE WHEN t.report_id IS NOT NULL THEN coalesce(t.code, '') END GROUP BY ALL) \
           GROUP BY snapshot_id, rel_path, start_line, defect) GROUP BY snapshot_id, rel_path"
    };
}

/// Define the modules of the datasets of each schema, and the list of all datasets. A dataset is one name here, one file in the schema's folder, and
/// one fixture.
macro_rules! datasets {
    ($($schema:ident { $($table:ident),+ $(,)? })+) => {
        $(pub(crate) mod $schema {
            $(pub(crate) mod $table;)+
        })+

        /// Every dataset, in the order in which they are shown to people.
        pub static DATASETS: &[&Dataset] = &[$($(&$schema::$table::DATASET),+),+];

        /// Their fixtures, in the same order.
        pub(crate) static FIXTURES: &[&str] = &[$($(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"), "/tests/datasets/", stringify!($schema), ".", stringify!($table), ".md"
        ))),+),+];
    };
}

pub(crate) mod store;

datasets! {
    core {
        snapshots, modules, file_state, ast_nodes, ast_metrics, docstrings, cst_nodes, ast_cst, goids, goid_crosswalk, interfaces, imports,
        problems,
    }
    graph { import_graph_edges }
    scip { documents, occurrences, symbols, relationships, unresolved, coverage }
    main { scip_index_view }
    analytics { function_types, typedness, type_escapes, diagnostics, static_diagnostics, tags_index }
}

/// The tables of names that stand for codes: each table's name in the schema `store`, and its codes and names.
pub fn code_names() -> impl IntoIterator<Item = (&'static str, Vec<(u8, &'static str)>)> {
    ast_nodes::code_names().into_iter().chain(cst_nodes::code_names())
}
