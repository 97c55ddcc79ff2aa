//! Which functions a query may call.

/// The functions that may stand in a FROM clause. They read nothing but their arguments, the catalog and the database itself. Whatever
/// is not in this list is refused, so also what a newer DuckDB brings.
const TABLE_FUNCTIONS: &[&str] = &[
    "duckdb_columns",
    "duckdb_constraints",
    "duckdb_databases",
    "duckdb_dependencies",
    "duckdb_functions",
    "duckdb_indexes",
    "duckdb_keywords",
    "duckdb_memory",
    "duckdb_schemas",
    "duckdb_sequences",
    "duckdb_settings",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_views",
    "generate_series",
    "json_each",
    "json_tree",
    "pragma_database_size",
    "pragma_storage_info",
    "pragma_table_info",
    "pragma_version",
    "range",
    "repeat",
    "repeat_row",
    "summary",
    "unnest",
];

/// Functions of expressions that change something beyond their answer, wait, or read what is not in the database.
const REFUSED: &[&str] = &[
    "currval",
    "getenv",
    "json_execute_serialized_sql",
    "json_serialize_plan",
    "nextval",
    "pg_sleep",
    "query",
    "query_table",
    "read_blob",
    "read_text",
    "setseed",
    "sleep_ms",
    "write_log",
];

/// What goes down into a value by recursion and has no bound of its own: of a value that nests a hundred thousand levels deep, DuckDB dies.
/// `variant` stands for a cast to that type.
const UNBOUNDED: &[&str] = &["json_contains", "json_merge_patch", "json_structure", "variant"];

/// Whether a function may be called that a value can kill.
pub(super) fn is_bounded(name: &str) -> bool {
    !UNBOUNDED.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a function may stand in a FROM clause.
pub(super) fn is_allowed_table_function(name: &str) -> bool {
    TABLE_FUNCTIONS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a function may stand in an expression.
pub(super) fn is_allowed_function(name: &str) -> bool {
    !REFUSED.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use duckdb::Connection;

    use super::*;

    /// Functions that DuckDB does not call twice for equal arguments, or whose names sound dangerous, and that are harmless.
    const HARMLESS: &[&str] = &[
        "current_catalog",
        "current_connection_id",
        "current_query",
        "current_query_id",
        "current_setting",
        "current_transaction_id",
        "current_user",
        "error",
        "gen_random_uuid",
        "getvariable",
        "in_search_path",
        "json_extract_path",
        "json_extract_path_text",
        "parse_dirpath",
        "parse_duckdb_log_message",
        "parse_filename",
        "parse_path",
        "pg_conf_load_time",
        "pg_conversion_is_visible",
        "random",
        "session_user",
        "stats",
        "url_decode",
        "url_encode",
        "user",
        "uuid",
        "uuid_extract_version",
        "uuidv4",
        "uuidv7",
        "variant_to_parquet_variant",
        "version",
    ];

    #[test]
    fn every_function_that_may_have_an_effect_is_known_here() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "SELECT DISTINCT function_name FROM duckdb_functions()
            WHERE function_type IN ('scalar', 'macro', 'aggregate') AND (has_side_effects OR regexp_matches(function_name,
            'read|write|file|env|exec|query|load|secret|log_|path|glob|sniff|scan|copy|export|import|http|url|sleep|nextval|\
             setseed|variable|setting|extension|attach|enable|disable|checkpoint|version|parquet|dump|user|catalog|session'))";
        let mut statement = connection.prepare(sql).unwrap();
        let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            assert!(!is_allowed_function(&name) || HARMLESS.contains(&name.as_str()), "{name} must be looked at");
        }
    }

    #[test]
    fn every_allowed_table_function_exists_and_case_does_not_matter() {
        let connection = Connection::open_in_memory().unwrap();
        for name in TABLE_FUNCTIONS {
            let sql = "SELECT count(*) FROM duckdb_functions() WHERE function_name = ? AND function_type = 'table'";
            let found: i64 = connection.query_row(sql, [name], |row| row.get(0)).unwrap();
            assert!(found > 0, "{name}");
        }
        assert!(is_allowed_table_function("Range") && !is_allowed_table_function("READ_CSV"));
        assert!(is_allowed_function("Sum") && !is_allowed_function("NextVal"));
    }
}
