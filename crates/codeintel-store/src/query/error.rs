//! Why a query has no answer, in words for the one who asked.

use std::time::Duration;

use super::suggestions;
use super::tree::TableName;
use crate::error::StoreError;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There are only white space, comments and semicolons.
    #[error("the query is empty")]
    Empty,
    /// There is more than one statement.
    #[error("a query must be a single statement")]
    Several,
    /// It is a statement of another kind.
    #[error("`{0}` is not allowed: a query only reads, with SELECT or one of its short forms")]
    NotAQuery(String),
    /// A function that a query may not call.
    #[error("the function `{0}` is not allowed in a query: it could read or change data outside the tables")]
    Function(String),
    /// A function that some values make DuckDB die of.
    #[error("`{0}` is not allowed in a query: a deeply nested value would crash the program")]
    Unbounded(String),
    /// A file in place of a table.
    #[error("`{0}` is not a table, and a query cannot read files")]
    File(String),
    /// A part of the statement that the gate does not know.
    #[error("this kind of query is not allowed: {0}")]
    Unknown(String),
    /// A table that is not there.
    #[error("there is no table `{name}`{}", suggestions::as_question(.nearest))]
    Table {
        /// Its name in the query.
        name: String,
        /// Similar names.
        nearest: Vec<String>,
    },
    /// A column that is not there.
    #[error("there is no column `{name}`{}{}", suggestions::in_tables(.tables), suggestions::as_question(.nearest))]
    Column {
        /// Its name in the query.
        name: String,
        /// The datasets in the query.
        tables: Vec<&'static str>,
        /// Similar names.
        nearest: Vec<String>,
    },
    /// The text is longer than a query may be.
    #[error("the query has {bytes} bytes; the limit is {longest}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        longest: usize,
    },
    /// Parameters that do not fit the query.
    #[error("{0}")]
    Parameter(String),
    /// Anything else that is wrong with it, in DuckDB's words.
    #[error("{0}")]
    Wrong(String),
    /// It took too long.
    #[error("the query was stopped: it took longer than {} s", .0.as_secs_f64())]
    Time(Duration),
    /// It needed too much memory.
    #[error("the query was stopped: it needs more than {}", bytes_in_words(*.0))]
    Memory(u64),
    /// The database itself cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How DuckDB's own errors about a query begin.
const KINDS_OF_MISTAKES: &[&str] = &[
    "Binder Error: ",
    "Catalog Error: ",
    "Constraint Error: ",
    "Conversion Error: ",
    "Invalid Input Error: ",
    "Invalid Type Error: ",
    "Mismatch Type Error: ",
    "Not implemented Error: ",
    "Out of Range Error: ",
    "Parameter Not Resolved Error: ",
    "Parser Error: ",
    "Permission Error: ",
    "Sequence Error: ",
    "Syntax Error: ",
];

impl QueryError {
    /// What DuckDB says of a query that names these tables.
    pub(super) fn from_duckdb(error: duckdb::Error, tables: &[TableName]) -> Self {
        let message = match error {
            duckdb::Error::DuckDBFailure(_, Some(message)) => message,
            duckdb::Error::NulError(_) => "a query cannot contain a NUL character".to_owned(),
            error @ duckdb::Error::FromSqlConversionFailure(..) => error.to_string(),
            error => return Self::Store(error.into()),
        };
        if let Some(name) = between(&message, "Table with name ", " does not exist") {
            return Self::Table { name: name.to_owned(), nearest: suggestions::tables(name) };
        }
        if let Some(name) = between(&message, "Referenced column \"", "\" not found")
            .or_else(|| between(&message, "does not have a column named \"", "\""))
        {
            let tables = suggestions::datasets(tables);
            return Self::Column { name: name.to_owned(), nearest: suggestions::columns(name, &tables), tables };
        }
        if let Some(kind) = KINDS_OF_MISTAKES.iter().find(|kind| message.starts_with(**kind)) {
            return Self::Wrong(shortened(&message[kind.len()..]));
        }
        Self::Store(StoreError::from(duckdb::Error::DuckDBFailure(
            duckdb::ffi::Error::new(1),
            Some(shortened(&message)),
        )))
    }

    /// A mistake in a text that DuckDB has no tree for.
    pub(super) fn syntax(message: &str, position: Option<usize>, sql: &str) -> Self {
        let excerpt = position.map_or(String::new(), |position| excerpt(sql, position));
        Self::Wrong(format!("{}{excerpt}", shortened(message)))
    }
}

fn between<'m>(message: &'m str, before: &str, behind: &str) -> Option<&'m str> {
    message.split_once(before)?.1.split_once(behind).map(|(part, _)| part)
}

/// A message without what DuckDB advises to do with settings that are locked, and without traces of its own code.
fn shortened(message: &str) -> String {
    // The line that DuckDB shows is that of the text around the query.
    let ends =
        ["\n\nLINE ", "\nStack Trace", "\n\nPossible solutions", "\nThis error signals", "Use \"SET ", "\n\nSee also"];
    let end = ends.iter().filter_map(|end| message.find(end)).min().unwrap_or(message.len());
    message[..end].trim_end().to_owned()
}

/// The line of a mistake, and a mark below it.
fn excerpt(sql: &str, position: usize) -> String {
    const WIDTH: usize = 60;
    let position = (0..=position.min(sql.len())).rev().find(|at| sql.is_char_boundary(*at)).unwrap_or_default();
    let number = sql[..position].matches('\n').count() + 1;
    let start = sql[..position].rfind('\n').map_or(0, |at| at + 1);
    let before: Vec<char> = sql[start..position].chars().collect();
    let skipped = before.len().saturating_sub(WIDTH);
    let behind = sql[position..].lines().next().unwrap_or_default();
    let shown: String = before[skipped..].iter().copied().chain(behind.chars().take(WIDTH)).collect();
    let shown: String = shown.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let prefix = format!("line {number}: ");
    format!("\n{prefix}{shown}\n{}^", " ".repeat(prefix.len() + before.len() - skipped))
}

/// 2000000000 is 2 GB.
fn bytes_in_words(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000_u64), ("MB", 1_000_000), ("kB", 1000)];
    let unit = units.iter().find(|(_, size)| bytes >= *size).unwrap_or(&("B", 1));
    let number = format!("{:.1}", bytes as f64 / unit.1 as f64);
    format!("{} {}", number.trim_end_matches(".0"), unit.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let error = duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(message.to_owned()));
        assert_eq!(QueryError::from_duckdb(error, &[]).to_string(), expected);
    }

    #[test]
    fn advice_and_traces_of_duckdb_are_left_out() {
        check("Binder Error: no.\n\nLINE 1: x\n        ^", "no.");
        check(
            "INTERNAL Error: oops\nThis error signals an assertion\n\nStack Trace:\n0x1",
            "DuckDB failed: INTERNAL Error: oops",
        );
        check("Parser Error: Max depth exceeded. Use \"SET max_expression_depth TO x\"", "Max depth exceeded.");
    }

    #[test]
    fn the_place_of_a_mistake_is_marked() {
        let shown = |sql: &str, position| QueryError::syntax("no", Some(position), sql).to_string();
        assert_eq!(shown("SELECT FROM", 7), "no\nline 1: SELECT FROM\n               ^");
        assert_eq!(shown("SELECT 1,\n  é FROM FROM", 20), "no\nline 2:   é FROM FROM\n                 ^");
        let long = format!("SELECT {}, x", "y".repeat(200));
        assert!(shown(&long, 209).lines().all(|line| line.len() < 80));
        assert_eq!(shown("", 5), "no\nline 1: \n        ^");
    }

    #[test]
    fn sizes_are_put_in_words() {
        let words = [2_000_000_000, 1_500_000_000, 64_000_000, 999].map(bytes_in_words);
        assert_eq!(words, ["2 GB", "1.5 GB", "64 MB", "999 B"]);
    }
}
