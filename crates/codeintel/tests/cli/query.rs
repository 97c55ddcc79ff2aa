//! `codeintel query`: what it prints, and that no query can change anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::{Sandbox, stderr};

const SMALL: &str = "#- pkg/__init__.py\n#- pkg/a.py\n\"\"\"Module.\"\"\"\ndef f(x):\n    return x if x else 1\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    sandbox
}

/// What a hostile statement ends with.
enum End {
    /// Exit code 2 and a sentence with this part.
    Refused(&'static str),
    /// Exit code 0: it says something harmless.
    Harmless,
}

use End::{Harmless, Refused};

const FUNCTION: End = Refused("is not allowed in a query");
const STATEMENT: End = Refused("a query only reads");
const SEVERAL: End = Refused("a single statement");
const FILE: End = Refused("a query cannot read files");
const DEEP: End = Refused("a deeply nested value would crash the program");
const SYNTAX: End = Refused("line 1:");

/// `{db}` is the database, `{dir}` its folder.
const HOSTILE: &[(&str, End)] = &[
    // COPY in all forms.
    ("COPY (SELECT 'x' AS a) TO '{db}' (FORMAT csv, HEADER false, USE_TMP_FILE false)", STATEMENT),
    ("COPY (SELECT 'x' AS a) TO '{db}.wal'", STATEMENT),
    ("COPY (SELECT 'x' AS a) TO '{db}.wal.checkpoint' (FORMAT json)", STATEMENT),
    ("COPY core.modules TO '{dir}/codeintel.duckdb.tmp/x.csv'", STATEMENT),
    ("COPY core.modules FROM '/etc/passwd'", STATEMENT),
    ("COPY FROM DATABASE codeintel TO memory", STATEMENT),
    ("copy\n(select 1) to '{dir}/a.parquet'", STATEMENT),
    // ATTACH and DETACH.
    ("ATTACH '{db}' AS again", STATEMENT),
    ("ATTACH ':memory:' AS m", STATEMENT),
    ("ATTACH IF NOT EXISTS '{dir}/new.duckdb' (READ_WRITE)", STATEMENT),
    ("DETACH codeintel", STATEMENT),
    ("USE memory", STATEMENT),
    // EXPORT and IMPORT.
    ("EXPORT DATABASE '{dir}'", STATEMENT),
    ("EXPORT DATABASE '{dir}/out' (FORMAT parquet)", STATEMENT),
    ("IMPORT DATABASE '{dir}'", STATEMENT),
    // INSTALL and LOAD.
    ("INSTALL httpfs", STATEMENT),
    ("FORCE INSTALL spatial FROM community", STATEMENT),
    ("UPDATE EXTENSIONS", STATEMENT),
    ("LOAD httpfs", STATEMENT),
    ("LOAD '{dir}/evil.duckdb_extension'", STATEMENT),
    ("LOAD json", STATEMENT),
    // SET and RESET.
    ("SET memory_limit='100GB'", STATEMENT),
    ("SET GLOBAL enable_external_access=true", STATEMENT),
    ("RESET disabled_filesystems", STATEMENT),
    ("SET VARIABLE x = 1", STATEMENT),
    ("SET memory_limit='100GB'; SELECT 1", SEVERAL),
    // PRAGMA.
    ("PRAGMA enable_profiling='json'", STATEMENT),
    ("PRAGMA profiling_output='{dir}/profile.json'", STATEMENT),
    ("PRAGMA memory_limit='100GB'", STATEMENT),
    ("PRAGMA import_database('{dir}')", STATEMENT),
    // CALL.
    ("CALL enable_logging(storage='file', storage_config={'path': '{dir}/log'})", STATEMENT),
    ("CALL force_checkpoint()", STATEMENT),
    ("CALL pragma_version()", STATEMENT),
    ("CALL query('SELECT 1')", STATEMENT),
    // CREATE and other changes.
    ("CREATE TABLE x AS SELECT 1", STATEMENT),
    ("CREATE TEMP TABLE x AS SELECT 1", STATEMENT),
    ("CREATE OR REPLACE MACRO main.range(x) AS TABLE FROM read_csv('/etc/passwd')", STATEMENT),
    ("CREATE SECRET s (TYPE s3)", STATEMENT),
    ("DROP VIEW core.modules", STATEMENT),
    ("ALTER TABLE store.meta ADD COLUMN x INTEGER", STATEMENT),
    ("DELETE FROM store.files", STATEMENT),
    ("TRUNCATE store.files", STATEMENT),
    ("UPDATE store.meta SET value = 'x'", STATEMENT),
    ("INSERT INTO store.meta VALUES ('a', 'b')", STATEMENT),
    ("MERGE INTO store.meta USING store.meta m ON true WHEN MATCHED THEN DELETE", STATEMENT),
    ("COMMENT ON TABLE store.meta IS 'x'", STATEMENT),
    ("CHECKPOINT", STATEMENT),
    ("FORCE CHECKPOINT", STATEMENT),
    ("VACUUM", STATEMENT),
    ("BEGIN", STATEMENT),
    ("PREPARE p AS DELETE FROM store.files", STATEMENT),
    ("EXECUTE p", STATEMENT),
    // Functions in a FROM clause.
    ("SELECT * FROM enable_logging(storage='file')", FUNCTION),
    ("FROM enable_profiling(save_location='{dir}/profile.json')", FUNCTION),
    ("FROM checkpoint()", FUNCTION),
    ("FROM force_checkpoint()", FUNCTION),
    ("FROM truncate_duckdb_logs()", FUNCTION),
    ("FROM query('COPY (SELECT 1) TO ''{db}''')", FUNCTION),
    ("FROM query_table('/etc/passwd')", FUNCTION),
    ("FROM json_execute_serialized_sql('{}')", FUNCTION),
    ("FROM duckdb_secrets()", FUNCTION),
    ("FROM which_secret('s3://x', 's3')", FUNCTION),
    ("FROM seq_scan('x')", FUNCTION),
    ("FROM main.READ_CSV('/etc/passwd')", FUNCTION),
    ("FROM system.main.\"read_text\"('/etc/passwd')", FUNCTION),
    ("SELECT nextval('s')", FUNCTION),
    ("SELECT write_log('x')", FUNCTION),
    ("SELECT ('x').write_log()", FUNCTION),
    ("SELECT sleep_ms(100000)", FUNCTION),
    // read_*, glob, sniff_csv and files in place of tables.
    ("FROM read_blob('{db}')", FUNCTION),
    ("FROM read_text('{db}.wal.checkpoint')", FUNCTION),
    ("FROM read_json_auto('{dir}/*')", FUNCTION),
    ("FROM read_parquet('{dir}/x.parquet')", FUNCTION),
    ("FROM read_duckdb('{db}', table_name='meta')", FUNCTION),
    ("FROM glob('/etc/*')", FUNCTION),
    ("FROM glob('{dir}/**')", FUNCTION),
    ("SELECT (SELECT file FROM glob('/*') LIMIT 1)", FUNCTION),
    ("FROM sniff_csv('/etc/passwd')", FUNCTION),
    ("SELECT * FROM sniff_csv('{dir}/.gitignore')", FUNCTION),
    ("DESCRIBE FROM sniff_csv('{db}')", FUNCTION),
    ("FROM parquet_metadata('{dir}/x')", FUNCTION),
    ("FROM '/etc/passwd'", FILE),
    ("FROM 'codeintel.duckdb'", FILE),
    ("FROM \"{db}\"", FILE),
    ("DESCRIBE '/etc/passwd'", FILE),
    ("SUMMARIZE '{dir}/x.csv'", FILE),
    ("FROM codeintel.csv", Refused("there is no table `codeintel.csv`")),
    ("FROM evil.parquet", Refused("there is no table `evil.parquet`")),
    // Nested in common tables, sub-selects and other clauses.
    ("WITH a AS (FROM read_blob('{db}')) FROM a", FUNCTION),
    ("WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT size FROM read_blob('{db}')) FROM a", FUNCTION),
    ("SELECT 1 WHERE EXISTS (FROM checkpoint())", FUNCTION),
    ("SELECT 1 ORDER BY (SELECT count(*) FROM read_text('/etc/passwd'))", FUNCTION),
    ("SELECT 1 LIMIT (SELECT count(*) FROM glob('/*'))", FUNCTION),
    ("SELECT sum(1) OVER (ORDER BY (SELECT count(*) FROM glob('/*')))", FUNCTION),
    ("SELECT list_transform([1], lambda x: (SELECT count(*) FROM read_text('/etc/passwd')))", FUNCTION),
    ("FROM (VALUES ((SELECT count(*) FROM checkpoint())))", FUNCTION),
    ("FROM core.modules, LATERAL (FROM read_text(path))", FUNCTION),
    ("SUMMARIZE FROM read_text('/etc/passwd')", FUNCTION),
    ("PIVOT (FROM read_text('/etc/passwd')) ON filename", FUNCTION),
    ("PIVOT core.modules ON (SELECT content FROM read_text('/etc/passwd'))", Refused("Cannot pivot on subquery")),
    ("PIVOT core.modules ON module; COPY (SELECT 1) TO '{db}'", Refused("syntax error")),
    ("EXPLAIN ANALYZE COPY (SELECT 1) TO '{db}'", STATEMENT),
    ("EXPLAIN ANALYZE SELECT * FROM checkpoint()", FUNCTION),
    ("EXPLAIN (FORMAT json) DELETE FROM store.files", STATEMENT),
    ("EXPLAIN ANALYZE DELETE FROM store.files", STATEMENT),
    // Comments and semicolons.
    ("SELECT 1; DELETE FROM store.files", SEVERAL),
    ("SELECT 1;; COPY (SELECT 1) TO '{db}'; --", SEVERAL),
    ("/* SELECT */ COPY (SELECT 1) TO '{db}'", STATEMENT),
    ("-- SELECT 1\nCOPY (SELECT 1) TO '{db}'", STATEMENT),
    ("SELECT 1 /* /* */ ; COPY (SELECT 1) TO '{db}' */", Harmless),
    ("SELECT '; COPY (SELECT 1) TO ''{db}'''", Harmless),
    ("SELECT $$; COPY (SELECT 1) TO '{db}'$$", Harmless),
    ("SELECT E'\\'; COPY (SELECT 1) TO \\'{db}\\''", Harmless),
    ("EXPLAIN /* */ ; DELETE FROM store.files", SEVERAL),
    ("SELECT 1) AS q; COPY (SELECT 1) TO '{db}'; FROM (SELECT 1", SYNTAX),
    ("SELECT 1) TO '{db}'", SYNTAX),
    ("SELECT 1 -- \n) TO '{db}' --", Refused("line 2:")),
    // Values that DuckDB dies of.
    ("SELECT json_structure(repeat('[',100000)||repeat(']',100000))", DEEP),
    ("SELECT (repeat('[',100000)||repeat(']',100000))::JSON::VARIANT::VARCHAR", DEEP),
    ("SELECT json_contains(repeat('[',2000000)||repeat(']',2000000),'1')", DEEP),
    ("SELECT json_merge_patch('{}', '{}')", DEEP),
    ("SELECT json_serialize_plan('FROM enable_logging(storage=''file'')')", FUNCTION),
    // WITH ... INSERT and what changes by a common table.
    ("WITH a AS (SELECT 1) INSERT INTO store.meta SELECT 'a', 'b' FROM a", STATEMENT),
    ("WITH a AS (INSERT INTO store.meta VALUES ('a', 'b') RETURNING *) FROM a", Refused("A CTE needs a SELECT")),
    ("WITH a AS (SELECT 1) DELETE FROM store.files", STATEMENT),
    ("WITH a AS (SELECT 1) UPDATE store.meta SET value = 'x'", STATEMENT),
    ("SELECT 1 INTO x", Refused("SELECT INTO not supported")),
    // Nothing of all this, and answers that are allowed.
    ("", Refused("the query is empty")),
    (" ;-- \n", Refused("the query is empty")),
    ("SELECT current_setting('memory_limit')", Harmless),
    ("FROM duckdb_settings()", Harmless),
    ("PIVOT core.modules ON module USING count(*)", Harmless),
];

/// All files below a folder, and what a link leads to.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
            found.insert(format!("{}/", path.display()), Vec::new());
        } else if let Ok(link) = fs::read_link(&path) {
            found.insert(path.display().to_string(), link.to_string_lossy().into_owned().into_bytes());
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn no_hostile_statement_changes_a_file() {
    let sandbox = sandbox();
    sandbox.write("x.csv", "a,b\n1,2\n");
    sandbox.write(".codeintel/neighbour.txt", "mine");
    // A log beside the database, as a run leaves it.
    sandbox.write("pkg/a.py", "y = 1\n");
    sandbox.ingest(&[]);
    assert!(sandbox.path(".codeintel/codeintel.duckdb.wal").exists());
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let before = files(sandbox.root());
    assert!(HOSTILE.len() >= 60);
    let mut wrong = Vec::new();
    for (statement, end) in HOSTILE {
        let folder = database.parent().unwrap().display().to_string();
        let sql = statement.replace("{db}", &database.display().to_string()).replace("{dir}", &folder);
        let output = sandbox.run(&["query", &sql]);
        let said = stderr(&output);
        let is_as_expected = match end {
            Harmless => output.status.success(),
            Refused(part) => {
                let is_said = said.starts_with("error: ") && said.contains(part) && !said.contains("Stack Trace");
                output.status.code() == Some(2) && is_said && output.stdout.is_empty()
            }
        };
        if !is_as_expected {
            wrong.push(format!("{sql}: {:?}: {said}", output.status.code()));
        }
        assert!(files(sandbox.root()) == before, "{sql} changed a file");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_link_in_the_place_of_a_log_cannot_be_read() {
    let sandbox = sandbox();
    let link = sandbox.path(".codeintel/codeintel.duckdb.wal.checkpoint");
    std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    for sql in [
        format!("SELECT content FROM read_text('{}')", link.display()),
        format!("SELECT content FROM read_blob('{}')", link.display()),
        format!("FROM '{}'", link.display()),
        format!("FROM read_csv('{}')", link.display()),
        "SELECT 1".to_owned(),
    ] {
        let output = sandbox.run(&["query", &sql]);
        let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        assert!(passwd.lines().all(|line| !printed.contains(line)), "{sql}: {printed}");
    }
    assert_eq!(fs::read_to_string("/etc/passwd").unwrap(), passwd);
}

#[test]
fn values_are_printed_as_values_in_every_format() {
    let sandbox = sandbox();
    let sql = "SELECT 2::BIGINT AS b, ['x', 'y'] AS l, {'a': DATE '2024-01-01'} AS s, 1.50::DECIMAL(9, 2) AS d, \
               'nan'::DOUBLE AS n, MAP {'k': 1} AS m, NULL AS e, 'a\nb' AS t";
    let csv = "b,l,s,d,n,m,e,t\n2,\"[\"\"x\"\",\"\"y\"\"]\",\"{\"\"a\"\":\"\"2024-01-01\"\"}\",1.50,NaN,\"{\"\"k\"\":1}\",,\"a\nb\"\n";
    assert_eq!(sandbox.ok(&["query", sql, "--format", "csv"]), csv);
    let object = r#"{"b":2,"l":["x","y"],"s":{"a":"2024-01-01"},"d":"1.50","n":null,"m":{"k":1},"e":null,"t":"a\nb"}"#;
    assert_eq!(sandbox.ok(&["query", sql, "--format", "jsonl"]), format!("{object}\n"));
    assert_eq!(sandbox.ok(&["query", sql, "--format", "json"]), format!("[\n  {object}\n]\n"));
    let table = " b  l          s                   d       n  m           e  t\n \
                 2  [\"x\",\"y\"]  {\"a\":\"2024-01-01\"}  1.50  NaN  {\"k\":1}  NULL  a\\nb\n";
    assert_eq!(sandbox.ok(&["query", sql]), table);
    for format in ["table", "csv", "json", "jsonl"] {
        let shown = sandbox.ok(&["query", "SHOW ALL TABLES", "--format", format]);
        assert!(shown.contains("ast_nodes") && !shown.contains("Text("), "{shown}");
        sandbox.ok(&["query", "SELECT 1 WHERE false", "--format", format]);
    }
    let plan = sandbox.ok(&["query", "EXPLAIN ANALYZE SELECT count(*) FROM core.modules"]);
    assert!(plan.lines().count() > 10 && !plan.contains("\\n"), "{plan}");
}

#[test]
fn parameters_are_values_whatever_they_hold() {
    let sandbox = sandbox();
    let value = "name=scip-python `a`'\"$x; DROP";
    let shown = sandbox.ok(&["query", "SELECT $name AS v", "--param", value, "--format", "csv"]);
    assert_eq!(shown, "v\n\"scip-python `a`'\"\"$x; DROP\"\n");
    let sql = "SELECT module FROM core.modules WHERE module = $m AND is_package = $p";
    let shown = sandbox.ok(&["query", sql, "--param", "$m=pkg", "--param", "p=true", "--format", "csv"]);
    assert_eq!(shown, "module\npkg\n");
    let (code, said) = sandbox.fails(&["query", "SELECT $a"]);
    assert!(code == 2 && said.contains("`$a` has no value") && said.contains("--param NAME=VALUE"), "{said}");
    let (code, said) = sandbox.fails(&["query", "SELECT 1", "--param", "a"]);
    assert!(code == 2 && said.contains("expected NAME=VALUE"), "{said}");
}

#[test]
fn a_file_receives_all_rows_or_none() {
    let sandbox = sandbox();
    let sql = "SELECT range AS i FROM range(100000)";
    assert_eq!(sandbox.ok(&["query", sql, "--format", "csv", "--output", "out.csv"]), "");
    let text = fs::read_to_string(sandbox.path("out.csv")).unwrap();
    assert!(text.starts_with("i\n0\n") && text.ends_with("\n99999\n") && text.lines().count() == 100_001);
    let late = "SELECT CASE WHEN i < 90000 THEN i ELSE error('late') END AS i FROM range(100000) t(i)";
    let (code, said) = sandbox.fails(&["query", late, "--format", "csv", "--output", "out.csv"]);
    assert!(code == 2 && said.contains("late"), "{said}");
    assert_eq!(fs::read_to_string(sandbox.path("out.csv")).unwrap(), text);
    let before = files(sandbox.root());
    for target in [".codeintel/codeintel.duckdb", ".codeintel/x.csv", "pkg", "/dev/null", "nowhere/x.csv"] {
        let (code, said) = sandbox.fails(&["query", "SELECT 1", "--output", target]);
        assert!(code == 2 && said.contains(target), "{said}");
    }
    assert!(files(sandbox.root()) == before);
}

#[test]
fn limits_of_time_and_memory_end_a_query_with_a_sentence() {
    let sandbox = sandbox();
    let endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b";
    let (code, said) = sandbox.fails(&["query", endless, "--timeout", "1"]);
    let sentence =
        "error: the query was stopped: it took longer than 1 s\nhint: raise the limit with `--timeout SECONDS`\n";
    assert_eq!((code, said.as_str()), (3, sentence));
    // DuckDB takes no notice of an interruption while it computes one value.
    let stubborn = "SELECT levenshtein(repeat('a', 400000), repeat('b', 400000))";
    let (code, said) = sandbox.fails(&["query", stubborn, "--timeout", "1", "--output", "out.csv"]);
    assert_eq!((code, said.as_str()), (3, sentence));
    let left: Vec<_> = fs::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    for sql in [
        "SELECT list(i) FROM range(1000000000) t(i)",
        "SELECT len(range(1000000000))",
        "SELECT len(repeat('x', 4000000000))",
        "SELECT repeat('x', 100000000)",
        "SELECT i, repeat('x', 50000000) FROM range(100) t(i)",
    ] {
        for format in ["csv", "json"] {
            let (code, said) = sandbox.fails(&["query", sql, "--memory-limit", "500MB", "--format", format]);
            assert!(
                code == 3 && said.starts_with("error: the query was stopped: it needs more than 500 MB\nhint: "),
                "{sql}: {said}"
            );
            assert_eq!(said.lines().count(), 2, "{sql}: {said}");
        }
    }
    let (code, said) = sandbox.fails(&["query", "SELECT 1", "--memory-limit", "4"]);
    assert!(code == 2 && said.contains("'4' for '--memory-limit <SIZE>': must be a size"), "{said}");
    let limit = "SELECT current_setting('memory_limit')";
    assert_eq!(sandbox.query(limit), ["1.8 GiB"]);
}

#[test]
fn unknown_names_bring_the_nearest_ones() {
    let sandbox = sandbox();
    let check = |sql: &str, sentence: &str| {
        let (code, said) = sandbox.fails(&["query", sql]);
        assert_eq!((code, said.lines().next().unwrap_or_default()), (2, sentence), "{said}");
    };
    check("FROM core.modulez", "error: there is no table `modulez`; did you mean `core.modules`?");
    check("FROM goids", "error: there is no table `goids`; did you mean `core.goids`?");
    check(
        "SELECT modul FROM core.modules",
        "error: there is no column `modul` in core.modules; did you mean `module`?",
    );
    check("SELEC 1", "error: syntax error at or near \"SELEC\"");
}

#[test]
fn a_table_that_is_no_terminal_has_all_rows_and_a_limit_is_mentioned() {
    let sandbox = sandbox();
    let sql = "SELECT range AS i, repeat('x', range::INTEGER // 1000) AS t FROM range(9000)";
    let shown = sandbox.ok(&["query", sql]);
    assert_eq!(shown.lines().count(), 9001);
    assert!(shown.ends_with(" 8999  xxxxxxxx\n"), "{}", &shown[shown.len() - 100..]);
    let output = sandbox.run(&["query", sql, "--limit", "5000", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 5001);
    assert_eq!(stderr(&output), "only the first 5000 rows are shown\n");
    let output = sandbox.command(&["query", "-"]).stdin(std::process::Stdio::null()).output().unwrap();
    assert!(output.status.code() == Some(2) && stderr(&output).contains("the query is empty"));
}
