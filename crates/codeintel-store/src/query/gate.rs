//! What may be run: exactly one statement, which only reads, and only what is in the database.
//!
//! The judge is DuckDB's own parser. `json_serialize_sql` returns the syntax tree of a SELECT and of nothing else; the tree names every
//! table and function, wherever it is nested. Two forms need help, since DuckDB gives no tree for them: EXPLAIN, whose query is judged
//! without the word, and a PIVOT without a list of values, which is judged with one.
//! What runs is the text that was judged, or the text with the word EXPLAIN before it or the lists taken out: neither adds a table,
//! a function or a statement.

use codeintel_datasets::DATASETS;
use duckdb::Connection;

use super::error::QueryError;
use super::functions::{is_allowed_function, is_allowed_table_function, is_bounded};
use super::lexer::{Kind, Token, tokens};
use super::suggestions;
use super::tree::{TableName, Tree};

/// A longer text would take DuckDB more memory than a query should.
const LONGEST: usize = 1 << 20;

/// A text that may be run.
#[derive(Debug)]
pub(super) struct Passed {
    /// One statement without semicolons and comments behind it.
    pub(super) sql: String,
    pub(super) form: Form,
    /// The tables that it reads.
    pub(super) tables: Vec<TableName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Anything that can stand in a FROM clause and be described.
    Select,
    /// SHOW, DESCRIBE and SUMMARIZE: they can stand in a FROM clause and cannot be described by themselves.
    Show,
    Explain,
}

/// Judge a text.
pub(super) fn pass(connection: &Connection, sql: &str) -> Result<Passed, QueryError> {
    if sql.len() > LONGEST {
        return Err(QueryError::TooLong { bytes: sql.len(), longest: LONGEST });
    }
    if sql.contains('\0') {
        return Err(QueryError::Wrong("a query cannot contain a NUL character".to_owned()));
    }
    let mut tokens = tokens(sql);
    while tokens.pop_if(|token| token.is_sign(';')).is_some() {}
    let Some(last) = tokens.last() else { return Err(QueryError::Empty) };
    let sql = &sql[..last.range.end];
    let explained = explained(sql, &tokens);
    // Spaces in place of the words, so that DuckDB's positions are those of the text.
    let select = explained.map_or(sql.to_owned(), |at| format!("{}{}", blank(&sql[..at]), &sql[at..]));
    let tokens = &tokens[tokens.partition_point(|token| token.range.end <= explained.unwrap_or_default())..];
    let Some(first) = tokens.first() else {
        return Err(QueryError::syntax("EXPLAIN needs a query after it", None, sql));
    };
    let mut tree = tree(connection, &select)?;
    let is_pivot = tree.error.is_some() && explained.is_none();
    if is_pivot && let Some(listed) = with_lists(&select, tokens) {
        tree = self::tree(connection, &listed)?;
        // It would be a position in the other text.
        tree.error.iter_mut().for_each(|error| error.position = None);
    }
    if let Some(error) = &tree.error {
        return Err(if !error.message.contains("Only SELECT statements") {
            QueryError::syntax(&error.message, error.position, sql)
        } else if tokens.iter().any(|token| token.is_sign(';')) {
            QueryError::Several
        } else {
            QueryError::NotAQuery(sql[first.range.clone()].to_ascii_uppercase())
        });
    }
    judge(connection, &tree)?;
    let is_show = ["SHOW", "DESCRIBE", "DESC", "SUMMARIZE"].iter().any(|word| first.is(sql, word));
    let form = match explained {
        Some(_) => Form::Explain,
        None if is_show => Form::Show,
        None => Form::Select,
    };
    Ok(Passed { sql: sql.to_owned(), form, tables: tree.tables })
}

/// DuckDB's tree. The function is named with its schema, since a database may have a macro of the same name.
fn tree(connection: &Connection, sql: &str) -> Result<Tree, QueryError> {
    let call = "SELECT system.main.json_serialize_sql(?::VARCHAR)";
    let json: String =
        connection.query_row(call, [sql], |row| row.get(0)).map_err(|error| QueryError::from_duckdb(error, &[]))?;
    Tree::read(&json).ok_or_else(|| QueryError::Unknown("its syntax tree cannot be read".to_owned()))
}

fn judge(connection: &Connection, tree: &Tree) -> Result<(), QueryError> {
    match tree.statements {
        0 => return Err(QueryError::Empty),
        1 => {}
        _ => return Err(QueryError::Several),
    }
    if let Some(kind) = &tree.unknown {
        return Err(QueryError::Unknown(kind.clone()));
    }
    let refused_in_from = tree.table_functions.iter().find(|name| !is_allowed_table_function(name));
    let refused = refused_in_from.or_else(|| tree.functions.iter().find(|name| !is_allowed_function(name)));
    if let Some(name) = refused {
        return Err(QueryError::Function(name.clone()));
    }
    if let Some(name) = tree.functions.iter().chain(&tree.table_functions).find(|name| !is_bounded(name)) {
        return Err(QueryError::Unbounded(name.clone()));
    }
    let mut database = None;
    for table in tree.tables.iter().chain(&tree.shown) {
        let TableName { catalog, schema, name } = table;
        if let Some(part) = [catalog, schema, name].into_iter().find(|part| is_path(part)) {
            return Err(QueryError::File(part.clone()));
        }
        // DuckDB takes `data.csv` for a file where there is no schema `data`.
        let is_known = |name: &str| name.is_empty() || is_schema(name);
        if is_known(schema) && is_known(catalog) {
            continue;
        }
        if database.is_none() {
            let row = connection.query_row("SELECT current_database()", [], |row| row.get::<_, String>(0));
            database = Some(row.map_err(|error| QueryError::from_duckdb(error, &[]))?);
        }
        let is_database = |name: &str| database.as_ref().is_some_and(|database| database.eq_ignore_ascii_case(name));
        let is_of_database = is_database(catalog) && is_known(schema);
        // A database may be named without the schema `main`.
        let is_short = catalog.is_empty() && is_database(schema) && suggestions::is_dataset(&format!("main.{name}"));
        if !is_of_database && !is_short {
            let named = [catalog, schema, name].map(String::as_str);
            let name = named.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".");
            return Err(QueryError::Table { nearest: suggestions::tables(&name), name });
        }
    }
    Ok(())
}

fn is_schema(name: &str) -> bool {
    let others = ["store", "history", "main", "temp", "system", "information_schema", "pg_catalog"];
    let mut known = DATASETS.iter().map(|dataset| dataset.schema()).chain(others);
    known.any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether DuckDB may take a name for that of a file.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\', '.', ':', '*', '?', '[', '~'])
}

/// Where the query behind EXPLAIN and its options begins.
fn explained(sql: &str, tokens: &[Token]) -> Option<usize> {
    let (first, rest) = tokens.split_first()?;
    if !first.is(sql, "EXPLAIN") {
        return None;
    }
    let is_option = |token: &Token| token.kind == Kind::Word || token.is_sign(',');
    let rest = match rest {
        [analyze, rest @ ..] if analyze.is(sql, "ANALYZE") => rest,
        [open, option, ..] if open.is_sign('(') && (option.is(sql, "FORMAT") || option.is(sql, "ANALYZE")) => {
            let end = 1 + rest[1..].iter().take_while(|token| is_option(token)).count();
            if rest.get(end).is_some_and(|token| token.is_sign(')')) { &rest[end + 1..] } else { rest }
        }
        _ => rest,
    };
    Some(rest.first().map_or(sql.len(), |token| token.range.start))
}

fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// The text with a list behind each column that a PIVOT turns into columns without naming the values, if there is one.
fn with_lists(sql: &str, tokens: &[Token]) -> Option<String> {
    let depths = depths(tokens);
    let is_one_of = |at: usize, words: &[&str]| words.iter().any(|word| tokens[at].is(sql, word));
    let mut places = Vec::new();
    for start in (0..tokens.len()).filter(|at| is_one_of(*at, &["PIVOT", "PIVOT_WIDER"])) {
        let depth = depths[start];
        let end = (start..tokens.len()).find(|at| depths[*at] < depth).unwrap_or(tokens.len());
        let Some(on) = (start..end).find(|at| depths[*at] == depth && tokens[*at].is(sql, "ON")) else { continue };
        let is_behind = |at: &usize| depths[*at] == depth && is_one_of(*at, BEHIND_PIVOT_COLUMNS);
        let end = (on..end).find(is_behind).unwrap_or(end);
        let mut has_list = false;
        for at in on + 1..end {
            has_list |= depths[at] == depth && tokens[at].is(sql, "IN");
            if at + 1 == end || (depths[at + 1] == depth && tokens[at + 1].is_sign(',')) {
                places.extend((!has_list).then_some(tokens[at].range.end));
                has_list = false;
            }
        }
    }
    let mut listed = sql.to_owned();
    places.sort_unstable();
    places.dedup();
    // Without quotes, so that a list cannot end a text that the lexer took for something else.
    places.iter().rev().for_each(|place| listed.insert_str(*place, " IN (0) "));
    (!places.is_empty()).then_some(listed)
}

/// What ends the columns of a PIVOT.
const BEHIND_PIVOT_COLUMNS: &[&str] = &["USING", "GROUP", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT"];

/// In how many brackets each token is. A bracket is not in itself.
fn depths(tokens: &[Token]) -> Vec<usize> {
    let mut depth = 0_usize;
    let of_token = |token: &Token| match token.kind {
        Kind::Sign('(' | '[' | '{') => {
            depth += 1;
            depth - 1
        }
        Kind::Sign(')' | ']' | '}') => {
            depth = depth.saturating_sub(1);
            depth
        }
        _ => depth,
    };
    tokens.iter().map(of_token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &str) {
        let connection = Connection::open_in_memory().unwrap();
        let found = pass(&connection, sql).map(|passed| format!("{:?} {}", passed.form, passed.sql));
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), expected, "{sql}");
    }

    #[test]
    fn short_forms_comments_and_semicolons_are_understood() {
        check("SELECT 1 ; ; -- end;", "Select SELECT 1");
        check("/* a */ -- b\n FROM core.modules", "Select /* a */ -- b\n FROM core.modules");
        check("VALUES (1)", "Select VALUES (1)");
        check("TABLE core.modules", "Select TABLE core.modules");
        check(
            "WITH RECURSIVE a AS (SELECT 1 UNION ALL FROM a) FROM a;",
            "Select WITH RECURSIVE a AS (SELECT 1 UNION ALL FROM a) FROM a",
        );
        check(
            "(SELECT 1) UNION BY NAME (SELECT 2) ORDER BY ALL LIMIT 10%",
            "Select (SELECT 1) UNION BY NAME (SELECT 2) ORDER BY ALL LIMIT 10%",
        );
        check("show all tables", "Show show all tables");
        check("DESCRIBE core.modules", "Show DESCRIBE core.modules");
        check("SUMMARIZE SELECT 1", "Show SUMMARIZE SELECT 1");
        check("SHOW TABLES FROM core", "Show SHOW TABLES FROM core");
        check("SELECT ';', $$;$$ -- ;", "Select SELECT ';', $$;$$");
    }

    #[test]
    fn explain_is_judged_by_what_is_behind_it() {
        check("EXPLAIN SELECT 1", "Explain EXPLAIN SELECT 1");
        check("explain analyze (SELECT 1)", "Explain explain analyze (SELECT 1)");
        check("EXPLAIN (ANALYZE, FORMAT JSON) FROM range(3)", "Explain EXPLAIN (ANALYZE, FORMAT JSON) FROM range(3)");
        check(
            "EXPLAIN ANALYZE DELETE FROM t",
            "`DELETE` is not allowed: a query only reads, with SELECT or one of its short forms",
        );
        check("EXPLAIN", "EXPLAIN needs a query after it");
        check(
            "EXPLAIN EXPLAIN SELECT 1",
            "`EXPLAIN` is not allowed: a query only reads, with SELECT or one of its short forms",
        );
        check(
            "EXPLAIN SELECT 1 FROM FROM",
            "syntax error at or near \"FROM\"\nline 1: EXPLAIN SELECT 1 FROM FROM\n                              ^",
        );
    }

    #[test]
    fn a_pivot_without_values_is_judged_with_some() {
        for sql in [
            "PIVOT core.modules ON repo",
            "PIVOT (FROM core.modules) ON repo || ',', (repo || 'x') IN ('x'), module USING count(*), sum(1) GROUP BY commit",
            "WITH p AS (PIVOT core.modules ON repo ORDER BY 1) SELECT count(*) FROM p JOIN p AS q ON (true)",
            "SELECT (SELECT count(*) FROM (PIVOT core.modules ON repo)) AS pivoted",
            "PIVOT core.modules ON repo IN ('a', 'b') USING count(*)",
            "UNPIVOT core.modules ON repo, commit INTO NAME n VALUE v",
        ] {
            check(sql, &format!("Select {sql}"));
        }
        let no_function = |name: &str| {
            format!("the function `{name}` is not allowed in a query: it could read or change data outside the tables")
        };
        check("PIVOT (FROM read_csv('/etc/passwd')) ON x", &no_function("read_csv"));
        check("PIVOT core.modules ON nextval(module) USING count(*)", &no_function("nextval"));
        check("PIVOT '/etc/passwd' ON x", "`/etc/passwd` is not a table, and a query cannot read files");
        check("PIVOT core.modules ON repo; SELECT 1", "a query must be a single statement");
    }

    #[test]
    fn tables_are_those_of_the_database() {
        check("FROM memory.main.scip_index_view", "Select FROM memory.main.scip_index_view");
        check("FROM memory.scip_index_view", "Select FROM memory.scip_index_view");
        check(
            "FROM information_schema.tables, pg_catalog.pg_class",
            "Select FROM information_schema.tables, pg_catalog.pg_class",
        );
        check("FROM memory.csv", "there is no table `memory.csv`");
        check("FROM cor.modules", "there is no table `cor.modules`; did you mean `core.modules`?");
        check("FROM other.core.modules", "there is no table `other.core.modules`; did you mean `core.modules`?");
        for path in ["a.csv", "/etc/passwd", "https://x", "*.parquet", "~/x", "codeintel.duckdb"] {
            check(&format!("FROM \"{path}\""), &format!("`{path}` is not a table, and a query cannot read files"));
            check(&format!("DESCRIBE '{path}'"), &format!("`{path}` is not a table, and a query cannot read files"));
            check(&format!("SUMMARIZE \"{path}\""), &format!("`{path}` is not a table, and a query cannot read files"));
        }
    }

    #[test]
    fn what_is_no_query_is_named() {
        for empty in ["", " ;; ", "-- nothing", "/* nothing"] {
            check(empty, "the query is empty");
        }
        check("SELECT 1; SELECT 2", "a query must be a single statement");
        check("SELECT 1; COPY t TO 'x'", "a query must be a single statement");
        check(
            "/* x */ copy (SELECT 1) TO 'x'",
            "`COPY` is not allowed: a query only reads, with SELECT or one of its short forms",
        );
        check("SELECT '\0'", "a query cannot contain a NUL character");
        check(&" ".repeat(LONGEST + 1), "the query has 1048577 bytes; the limit is 1048576");
    }
}
