//! Queries that users write.

use duckdb::types::Value as DuckValue;

use crate::database::Database;
use crate::error::StoreError;

/// A value of a result, as text with what is needed to print it in other forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// A boolean, or a number that a double holds exactly or is itself.
    Literal(String),
    /// JSON, or a list, map or struct as JSON.
    Json(String),
    /// Anything else as text; 128-bit integers are here, so that no digit is lost.
    Text(String),
}

/// The rows of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryResult {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
    /// Whether rows were left out because of the limit.
    pub is_cut: bool,
}

impl Database {
    /// Run one statement. Of its rows at most `limit` are returned.
    pub fn query(&self, sql: &str, limit: Option<usize>) -> Result<QueryResult, StoreError> {
        let sql = sql.trim().trim_end_matches(';');
        let user = |error: duckdb::Error| match StoreError::from(error) {
            StoreError::Database(message) => StoreError::Query(message),
            StoreError::ReadOnly(_) => StoreError::Query("a query cannot change the database".to_owned()),
            other => other,
        };
        let described = self.connection.prepare(&format!("DESCRIBE {sql}\n")).and_then(|mut statement| {
            let column = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            statement.query_map([], column)?.collect::<Result<Vec<(String, String)>, _>>()
        });
        let Ok(columns) = described else { return self.query_plainly(sql, limit).map_err(user) };
        // Every value is asked for as text, so that DuckDB itself writes what Rust has no type for.
        let names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        let texts = columns.iter().zip(&names).map(|((_, ty), name)| match form(ty) {
            Form::Nested => format!("to_json({name})::VARCHAR"),
            Form::Literal | Form::Json | Form::Text => format!("{name}::VARCHAR"),
        });
        let wrapped = format!(
            "SELECT {} FROM ({sql}\n) AS q({}){}",
            texts.collect::<Vec<_>>().join(", "),
            names.join(", "),
            limit.map_or(String::new(), |limit| format!(" LIMIT {}", limit + 1)),
        );
        let mut statement = self.connection.prepare(&wrapped).map_err(user)?;
        let mut found = statement.query([]).map_err(user)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(user)? {
            let value = |(at, (_, ty)): (usize, &(String, String))| {
                let text: Option<String> = row.get(at).map_err(user)?;
                Ok(match (text, form(ty)) {
                    (None, _) => Value::Null,
                    (Some(text), Form::Literal) => Value::Literal(text),
                    (Some(text), Form::Json | Form::Nested) => Value::Json(text),
                    (Some(text), Form::Text) => Value::Text(text),
                })
            };
            rows.push(columns.iter().enumerate().map(value).collect::<Result<_, StoreError>>()?);
        }
        Ok(cut(
            QueryResult { columns: columns.into_iter().map(|(name, _)| name).collect(), rows, is_cut: false },
            limit,
        ))
    }

    /// For statements that cannot stand in a FROM clause, such as EXPLAIN.
    fn query_plainly(&self, sql: &str, limit: Option<usize>) -> Result<QueryResult, duckdb::Error> {
        let mut statement = self.connection.prepare(sql)?;
        let mut found = statement.query([])?;
        let columns = found.as_ref().map(duckdb::Statement::column_names).unwrap_or_default();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let value = |at| {
                Ok(match row.get::<_, DuckValue>(at)? {
                    DuckValue::Null => Value::Null,
                    DuckValue::Text(text) => Value::Text(text),
                    other => Value::Text(format!("{other:?}")),
                })
            };
            rows.push((0..columns.len()).map(value).collect::<Result<_, duckdb::Error>>()?);
        }
        Ok(cut(QueryResult { columns, rows, is_cut: false }, limit))
    }
}

fn cut(mut result: QueryResult, limit: Option<usize>) -> QueryResult {
    if let Some(limit) = limit
        && result.rows.len() > limit
    {
        result.rows.truncate(limit);
        result.is_cut = true;
    }
    result
}

enum Form {
    Literal,
    Json,
    Nested,
    Text,
}

fn form(ty: &str) -> Form {
    match ty {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER"
        | "UBIGINT" | "FLOAT" | "DOUBLE" => Form::Literal,
        "JSON" => Form::Json,
        _ if ty.ends_with(']') || ty.starts_with("STRUCT(") || ty.starts_with("MAP(") => Form::Nested,
        _ => Form::Text,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::database::Access;

    fn check(sql: &str, limit: Option<usize>, columns: &[&str], rows: &[&str]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        Database::open(&path, Access::Write, Duration::ZERO).unwrap().0.close().unwrap();
        let (database, _) = Database::open(&path, Access::Read, Duration::ZERO).unwrap();
        let result = database.query(sql, limit).unwrap();
        assert_eq!(result.columns, columns, "{sql}");
        let found: Vec<String> = result.rows.iter().map(|row| format!("{row:?}")).collect();
        assert_eq!(found, rows, "{sql}");
    }

    #[test]
    fn values_keep_every_digit_and_their_kind() {
        check(
            "SELECT 340282366920938463463374607431768211455::UHUGEINT AS x, [1, 2] AS x, '{\"a\":1}'::JSON AS j, \
             NULL AS n, 1.5::DOUBLE AS d; ",
            None,
            &["x", "x", "j", "n", "d"],
            &[
                r#"[Text("340282366920938463463374607431768211455"), Json("[1,2]"), Json("{\"a\":1}"), Null, Literal("1.5")]"#,
            ],
        );
    }

    #[test]
    fn order_and_limit_hold_and_comments_do_no_harm() {
        let sql = "SELECT i FROM range(5) t(i) ORDER BY i DESC -- last first";
        check(sql, Some(2), &["i"], &[r#"[Literal("4")]"#, r#"[Literal("3")]"#]);
    }

    #[test]
    fn a_query_cannot_write_and_says_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        Database::open(&path, Access::Write, Duration::ZERO).unwrap().0.close().unwrap();
        let (database, _) = Database::open(&path, Access::Read, Duration::ZERO).unwrap();
        let out = dir.path().join("out.csv");
        for sql in ["DELETE FROM store.meta", &format!("COPY (SELECT 1) TO '{}'", out.display()), "SELEC 1", ""] {
            assert!(database.query(sql, None).is_err(), "{sql}");
        }
        assert!(!out.exists());
        assert!(database.query("EXPLAIN SELECT 1", None).is_ok());
    }
}
