//! Queries over an empty database: values, limits and mistakes.

use std::fs;

use arrow_array::cast::AsArray as _;
use arrow_cast::display::array_value_to_string;

use super::*;

const MEMORY: u64 = 1_000_000_000;

fn reader(dir: &Path) -> Reader {
    let path = dir.join("x.duckdb");
    if !path.exists() {
        Database::open(&path, Access::Write, Duration::ZERO).unwrap().0.close().unwrap();
    }
    Reader::open(&path, Duration::ZERO, MEMORY).unwrap()
}

fn query(sql: &str) -> Query {
    Query { sql: sql.to_owned(), parameters: Vec::new(), limit: None, timeout: Duration::from_mins(1), overdue: None }
}

/// Columns with their kinds, and rows with `|` between the values.
fn answer(reader: &Reader, query: &Query) -> Result<(Vec<Column>, Vec<String>, bool), QueryError> {
    let mut rows = reader.query(query)?;
    let mut texts = Vec::new();
    while let Some(batch) = rows.next_batch()? {
        for at in 0..batch.num_rows() {
            let value = |column: &ArrayRef| {
                if column.is_null(at) { "NULL".to_owned() } else { array_value_to_string(column, at).unwrap() }
            };
            texts.push(batch.columns().iter().map(value).collect::<Vec<_>>().join("|"));
        }
    }
    Ok((rows.columns().to_vec(), texts, rows.is_cut()))
}

fn check(query: &Query, expected: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let (_, rows, _) = answer(&reader(dir.path()), query).unwrap();
    assert_eq!(rows, expected, "{query:?}");
}

fn fails(query: &Query, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let error = answer(&reader(dir.path()), query).unwrap_err();
    assert_eq!(error.to_string(), expected, "{query:?}");
}

#[test]
fn every_type_is_its_value() {
    for (value, expected) in [
        ("true", "true"),
        ("(-128)::TINYINT", "-128"),
        ("9223372036854775807::BIGINT", "9223372036854775807"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
        ("'1234567890123456789012345678901234567890123'::BIGNUM", "1234567890123456789012345678901234567890123"),
        ("12345678901234567890.123456789012345678::DECIMAL(38,18)", "12345678901234567890.123456789012345678"),
        ("0.1::FLOAT", "0.1"),
        ("1.5::DOUBLE", "1.5"),
        ("'nan'::DOUBLE", "NaN"),
        ("'text'", "text"),
        ("DATE '2024-02-29'", "2024-02-29"),
        ("'infinity'::DATE", "infinity"),
        ("TIME '12:00:00.5'", "12:00:00.5"),
        ("'12:00:00.123456789'::TIME_NS", "12:00:00.123456789"),
        ("'12:00:00+02'::TIMETZ", "12:00:00+02"),
        ("TIMESTAMP '2024-01-02 03:04:05.678901'", "2024-01-02 03:04:05.678901"),
        ("'2024-01-02 03:04:05'::TIMESTAMP_S", "2024-01-02 03:04:05"),
        ("'2024-01-02 03:04:05.678'::TIMESTAMP_MS", "2024-01-02 03:04:05.678"),
        ("'2024-01-02 03:04:05.678901234'::TIMESTAMP_NS", "2024-01-02 03:04:05.678901234"),
        ("'-infinity'::TIMESTAMP", "-infinity"),
        ("'294247-01-10 04:00:54.775806'::TIMESTAMP", "294247-01-10 04:00:54.775806"),
        ("INTERVAL 14 MONTH + INTERVAL 3 SECOND", "1 year 2 months 00:00:03"),
        ("'5f0e1f0c-93b4-4b1e-8f3a-6f0e1f0c93b4'::UUID", "5f0e1f0c-93b4-4b1e-8f3a-6f0e1f0c93b4"),
        ("'a\\xFF'::BLOB", "a\\xFF"),
        ("'0101'::BIT", "0101"),
        ("'y'::ENUM('x', 'y')", "y"),
        ("[1, NULL, 3]", "[1,null,3]"),
        ("[1, 2]::INTEGER[2]", "[1,2]"),
        ("{'a': 1, 'b': [{'c': 'x'}]}", r#"{"a":1,"b":[{"c":"x"}]}"#),
        (
            "MAP {'k': 170141183460469231731687303715884105727::HUGEINT}",
            r#"{"k":170141183460469231731687303715884105727}"#,
        ),
        ("row(1, 'a')", "(1, a)"),
        ("union_value(k := 7)", "7"),
        ("'{\"a\":  1.10}'::JSON", "{\"a\":  1.10}"),
        ("NULL", "NULL"),
    ] {
        check(&query(&format!("SELECT {value}")), &[expected]);
    }
}

#[test]
fn columns_keep_their_names_order_and_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let sql = "SELECT 1 AS x, [1] AS x, 'a' AS \"y z\", NULL, true";
    let (columns, _, _) = answer(&reader(dir.path()), &query(sql)).unwrap();
    let columns: Vec<_> = columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
    let (number, json, text) = (ColumnKind::Number, ColumnKind::Json, ColumnKind::Text);
    let last = ("CAST('t' AS BOOLEAN)", ColumnKind::Boolean);
    assert_eq!(columns, [("x", number), ("x", json), ("y z", text), ("NULL", number), last]);
}

#[test]
fn order_and_limit_are_kept_and_comments_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let reader = reader(dir.path());
    let sql = "SELECT i, i::DECIMAL(9, 1) FROM range(5000) t(i) ORDER BY i DESC; -- last first";
    let limited = |limit| answer(&reader, &Query { limit: Some(limit), ..query(sql) }).unwrap();
    let (_, rows, is_cut) = limited(2);
    assert_eq!((rows, is_cut), (vec!["4999|4999.0".to_owned(), "4998|4998.0".to_owned()], true));
    let (_, rows, is_cut) = limited(4000);
    assert_eq!((rows.len(), rows[3999].as_str(), is_cut), (4000, "1000|1000.0", true));
    let (_, rows, is_cut) = limited(5000);
    assert_eq!((rows.len(), is_cut), (5000, false));
    assert_eq!((limited(0).1.len(), limited(0).2), (0, true));
    let (_, rows, _) = answer(&reader, &query(sql)).unwrap();
    assert_eq!((rows.len(), rows[0].as_str(), rows[4999].as_str()), (5000, "4999|4999.0", "0|0.0"));
}

#[test]
fn every_form_of_a_query_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let reader = reader(dir.path());
    let columns = codeintel_datasets::dataset_named("core.modules").unwrap().columns.len();
    let count = |sql: &str| answer(&reader, &query(sql)).unwrap_or_else(|error| panic!("{sql}: {error}")).1.len();
    for (sql, rows) in [
        ("FROM range(3)", 3),
        ("VALUES (1), (2)", 2),
        ("TABLE core.modules", 0),
        ("WITH a AS (SELECT 1) FROM a UNION ALL FROM a", 2),
        ("WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 4) FROM a", 4),
        ("(SELECT 1) EXCEPT (SELECT 1)", 0),
        ("SUMMARIZE SELECT 1 AS a, 2 AS b", 2),
        ("DESCRIBE core.modules", columns),
        ("DESC SELECT 1", 1),
        ("SHOW core.modules", columns),
        ("SHOW DATABASES", 1),
        ("EXPLAIN SELECT 1", 1),
        ("EXPLAIN ANALYZE SELECT 1", 1),
        ("PIVOT (SELECT i % 2 AS k, i FROM range(4) t(i)) ON k USING sum(i)", 1),
        ("PIVOT (SELECT i % 2 AS k, i FROM range(4) t(i)) ON k IN (0, 1) USING sum(i)", 1),
        ("UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b", 2),
        ("SELECT * FROM json_each('[1, 2]')", 2),
        ("SELECT unnest([1, 2, 3])", 3),
        ("SELECT DISTINCT ON (i % 2) i FROM range(9) t(i)", 2),
        ("FROM core.modules TABLESAMPLE 10%", 0),
        ("SELECT * FROM range(3) AS a POSITIONAL JOIN range(2) AS b", 3),
        ("SELECT * FROM range(3) a(i), LATERAL (SELECT i + 1) ", 3),
        ("SELECT list_transform([1], lambda x: x + 1), [x + 1 FOR x IN [1]], COLUMNS(*) FROM range(2)", 2),
        ("FROM duckdb_settings() WHERE name = 'memory_limit'", 1),
        ("FROM information_schema.schemata WHERE schema_name = 'core'", 1),
    ] {
        assert_eq!(count(sql), rows, "{sql}");
    }
    let tables = answer(&reader, &query("SELECT schema || '.' || name FROM (SHOW ALL TABLES)")).unwrap().1;
    let ours = codeintel_datasets::DATASETS.iter().map(|dataset| dataset.name.to_owned());
    assert!(ours.into_iter().all(|name| tables.contains(&name)), "{tables:?}");
    assert!(count("SHOW ALL TABLES") >= tables.len());
    assert!(count("SHOW TABLES FROM core") > 5);
}

#[test]
fn a_pivot_finds_its_columns_whatever_their_types_are() {
    let sql = "PIVOT (SELECT 'a''b' AS k, 1 AS g, 2 AS v UNION ALL SELECT 'c', 1, 3) ON k USING sum(v) GROUP BY g";
    check(&query(sql), &["1|2|3"]);
    check(&Query { limit: Some(9), ..query(&format!("FROM ({sql})")) }, &["1|2|3"]);
}

#[test]
fn parameters_are_texts_that_are_converted() {
    let with = |sql: &str, parameters: &[(&str, &str)]| Query {
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..query(sql)
    };
    let hostile = "`a`'\"; DROP TABLE x; -- $y";
    check(&with("SELECT $name AS n", &[("name", hostile)]), &[hostile]);
    check(&with("SELECT i FROM range(9) t(i) WHERE i = $n", &[("n", "5")]), &["5"]);
    check(
        &with("SELECT i FROM range(9) t(i) WHERE i BETWEEN $a AND $B ORDER BY i", &[("A", "7"), ("b", "10")]),
        &["7", "8"],
    );
    check(&with("SELECT ?, ?", &[("2", "b"), ("1", "a")]), &["a|b"]);
    check(&with("SELECT $n::INTEGER + 1, [$n]", &[("n", "1")]), &["2|[\"1\"]"]);
    check(&with("SELECT '$n', $$ $n $$, $n", &[("n", "x")]), &["$n| $n |x"]);
    check(&with("FROM range($n::BIGINT) LIMIT $l", &[("n", "5"), ("l", "1")]), &["0"]);
    check(&with("SELECT count(*) FROM core.modules WHERE module LIKE $m", &[("m", "%")]), &["0"]);
    let explained = with("EXPLAIN SELECT i FROM range(9) t(i) WHERE i = $n", &[("n", "5")]);
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(answer(&reader(dir.path()), &explained).unwrap().1.len(), 1);
    fails(&with("SELECT $a", &[]), "the parameter `$a` has no value");
    fails(&with("SELECT 1", &[("a", "")]), "the query has no parameter `$a`, or it is set twice");
    fails(&with("SELECT $a", &[("a", "1"), ("a", "2")]), "the query has no parameter `$a`, or it is set twice");
    let error = "Could not convert string 'x' to INT64";
    fails(&with("SELECT i FROM range(9) t(i) WHERE i = $n", &[("n", "x")]), error);
}

#[test]
fn mistakes_are_explained() {
    fails(
        &query("SELECT modul FROM core.modules"),
        "there is no column `modul` in core.modules; did you mean `module`?",
    );
    fails(
        &query("SELECT m.modul FROM core.modules m"),
        "there is no column `modul` in core.modules; did you mean `module`?",
    );
    fails(&query("FROM core.module"), "there is no table `module`; did you mean `core.modules`?");
    fails(&query("FROM modules"), "there is no table `modules`; did you mean `core.modules`?");
    fails(&query("SELECT 1 +"), "syntax error at end of input\nline 1: SELECT 1 +\n                  ^");
}

#[test]
fn time_and_memory_are_limited() {
    let dir = tempfile::tempdir().unwrap();
    let reader = reader(dir.path());
    let short = |sql: &str| Query { timeout: Duration::from_millis(300), ..query(sql) };
    let endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b";
    let error = answer(&reader, &short(endless)).unwrap_err();
    assert!(matches!(error, QueryError::Time(_)) && error.to_string().ends_with("longer than 0.3 s"), "{error}");
    let rows = "SELECT a.range, b.range FROM range(100000000000) a, range(1000) b";
    assert!(matches!(answer(&reader, &short(rows)), Err(QueryError::Time(_))));
    let large = "SELECT list(i) FROM range(1000000000) t(i)";
    let error = answer(&reader, &query(large)).unwrap_err();
    assert!(matches!(error, QueryError::Memory(_)) && error.to_string().ends_with("more than 1 GB"), "{error}");
    // One value that could not be printed.
    assert!(matches!(answer(&reader, &query("SELECT repeat('x', 200000000)")), Err(QueryError::Memory(_))));
    assert_eq!(answer(&reader, &query("SELECT 1")).unwrap().1, ["1"]);
}

#[test]
fn the_settings_of_a_reader_cannot_be_changed_and_files_not_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let reader = reader(dir.path());
    let path = dir.path().join("x.duckdb");
    let files = || -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let entries = fs::read_dir(dir.path()).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect();
        files.sort();
        files
    };
    let before = files();
    // What no query can say: the second line of defence.
    let path = path.display();
    for sql in [
        "SET memory_limit = '8GB'".to_owned(),
        "SET disabled_filesystems = ''".to_owned(),
        "RESET lock_configuration".to_owned(),
        format!("FROM read_blob('{path}')"),
        format!("FROM read_text('{path}.wal')"),
        format!("FROM '{path}'"),
        format!("COPY (SELECT 'x') TO '{path}' (FORMAT csv, USE_TMP_FILE false)"),
        format!("COPY (SELECT 'x') TO '{path}.wal'"),
        format!("COPY (SELECT 'x') TO '{path}.wal.checkpoint' (FORMAT json)"),
        format!("ATTACH '{path}' AS again"),
        "ATTACH '/tmp/codeintel-other.duckdb' AS other".to_owned(),
        "DELETE FROM store.meta".to_owned(),
        "INSTALL icu".to_owned(),
        "LOAD '/tmp/x.duckdb_extension'".to_owned(),
    ] {
        assert!(reader.database.connection.execute_batch(&sql).is_err(), "{sql}");
    }
    assert_eq!(answer(&reader, &query("SELECT current_setting('temp_directory')")).unwrap().1, [""]);
    drop(reader);
    assert!(files() == before);
}

#[test]
fn a_macro_of_the_database_cannot_take_the_place_of_the_gate() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.duckdb");
    let (database, _) = Database::open(&path, Access::Write, Duration::ZERO).unwrap();
    let lie = "{\"error\":false,\"statements\":[{\"node\":{\"type\":\"SELECT_NODE\"}}]}";
    let macros = format!(
        "CREATE MACRO main.json_serialize_sql(x) AS '{lie}'; CREATE MACRO main.to_json(x) AS 'lie'; \
         CREATE SCHEMA IF NOT EXISTS core; CREATE MACRO core.json_serialize_sql(x) AS '{lie}'"
    );
    database.connection.execute_batch(&macros).unwrap();
    database.close().unwrap();
    let reader = Reader::open(&path, Duration::ZERO, MEMORY).unwrap();
    assert!(matches!(answer(&reader, &query("DELETE FROM store.meta")), Err(QueryError::NotAQuery(_))));
    assert!(matches!(answer(&reader, &query("FROM read_csv('x')")), Err(QueryError::Function(_))));
    assert_eq!(answer(&reader, &query("SELECT [1]")).unwrap().1, ["[1]"]);
}

#[test]
fn batches_are_texts_numbers_and_booleans_only() {
    let dir = tempfile::tempdir().unwrap();
    let reader = reader(dir.path());
    let mut rows = reader.query(&query("SELECT 'x'::VARCHAR, DATE '2024-01-01', [1], 1.5")).unwrap();
    let batch = rows.next_batch().unwrap().unwrap();
    assert!(batch.columns().iter().all(|column| column.as_string_opt::<i32>().is_some()), "{batch:?}");
    assert!(rows.next_batch().unwrap().is_none() && rows.next_batch().unwrap().is_none());
}
