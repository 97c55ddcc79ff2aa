//! Queries that users write, and the only way to run one.
//!
//! [`Reader`] opens a database so that nothing in it or beside it can be changed, lets a text pass only if it is one statement that
//! reads ([`gate`]), and returns the rows batch by batch, within limits of memory and time.

mod columns;
mod error;
mod functions;
mod gate;
mod lexer;
mod suggestions;
mod time_limit;
mod tree;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use arrow_array::{Array as _, ArrayRef, RecordBatch, StructArray};
use duckdb::Statement;

use self::columns::Described;
pub use self::columns::{Column, ColumnKind};
pub use self::error::QueryError;
use self::gate::{Form, Passed};
pub use self::time_limit::Overdue;
use self::time_limit::TimeLimit;
use self::tree::TableName;
use crate::database::{Access, Database, Opened};
use crate::error::StoreError;
use crate::schema::SCHEMA_VERSION;

/// A batch of rows may take this part of the memory limit: whoever prints them needs some more for their texts.
const SHARE_OF_A_BATCH: u64 = 8;

/// A database that is open for queries and for nothing else.
#[derive(Debug)]
pub struct Reader {
    database: Database,
    memory: u64,
    outdated: Option<(u32, u32)>,
}

/// What is asked, and how much the answer may cost.
#[derive(Clone)]
pub struct Query {
    /// One statement in DuckDB's SQL.
    pub sql: String,
    /// Values of parameters by their names: `name` is that of `$name`, `1` that of `$1` and of the first `?`. Every value is a text,
    /// which DuckDB converts to the type that is needed.
    pub parameters: Vec<(String, String)>,
    /// At most so many rows are returned.
    pub limit: Option<usize>,
    /// How long DuckDB may take. The time between two batches does not count.
    pub timeout: Duration,
    /// What to do if DuckDB is still busy some seconds after it was interrupted.
    pub overdue: Option<Overdue>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("sql", &self.sql).field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// The rows of a query, batch by batch.
pub struct Rows<'r> {
    statement: Statement<'r>,
    columns: Vec<Column>,
    tables: Vec<TableName>,
    time: TimeLimit,
    limits: Limits,
    /// How many rows may still be returned.
    left: Option<usize>,
    is_cut: bool,
    is_plan: bool,
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).field("left", &self.left).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    memory: u64,
    timeout: Duration,
}

impl Reader {
    /// Open a file for queries, which together use no more than so many bytes of memory. Waits up to `patience` for another process to
    /// let go of it.
    pub fn open(path: &Path, patience: Duration, memory: u64) -> Result<Self, QueryError> {
        let (database, opened) = Database::open(path, Access::ReadAnySchema, patience)?;
        let outdated = match opened {
            Opened::Outdated { found } => Some((found, SCHEMA_VERSION)),
            Opened::Created | Opened::Existing => None,
        };
        // Without a file system nothing can be read or written, not even the database's own files, which DuckDB counts among the
        // allowed paths. What is open stays open.
        let settings = format!(
            "SET memory_limit = '{memory}B'; SET disabled_filesystems = 'LocalFileSystem'; SET lock_configuration = true"
        );
        database.connection.execute_batch(&settings).map_err(StoreError::from)?;
        Ok(Self { database, memory, outdated })
    }

    /// The schema of the file and that of this program, if the file's is older. Its tables are then those of that time.
    pub fn outdated(&self) -> Option<(u32, u32)> {
        self.outdated
    }

    /// Begin a query.
    pub fn query(&self, query: &Query) -> Result<Rows<'_>, QueryError> {
        let connection = &self.database.connection;
        let limits = Limits { memory: self.memory, timeout: query.timeout };
        let mut time = TimeLimit::new(query.timeout, connection.interrupt_handle(), query.overdue.clone());
        let passed = time.during(|| gate::pass(connection, &query.sql))?;
        let begun = time.during(|| self.begin(query, &passed));
        let (statement, columns) = begun.map_err(|failure| explained(failure, &passed.tables, &time, limits))?;
        let is_plan = passed.form == Form::Explain;
        let (tables, left) = (passed.tables, query.limit);
        Ok(Rows { statement, columns, tables, time, limits, left, is_cut: false, is_plan })
    }

    fn begin(&self, query: &Query, passed: &Passed) -> Result<(Statement<'_>, Vec<Column>), Failure> {
        let sql = &passed.sql;
        if passed.form == Form::Explain {
            let statement = self.run(sql, &query.parameters)?;
            let columns = statement.column_names().into_iter();
            let columns = columns.map(|name| Column { name, kind: ColumnKind::Text }).collect();
            return Ok((statement, columns));
        }
        // The line break ends a comment.
        let description = match passed.form {
            Form::Show => format!("DESCRIBE FROM ({sql}\n)"),
            _ => format!("DESCRIBE {sql}"),
        };
        let types = self.describe(&description, &query.parameters)?;
        let described: Vec<Described> = types.iter().map(|(name, ty)| Described::new(name.clone(), ty)).collect();
        let columns: Vec<Column> = described.iter().map(|described| described.column.clone()).collect();
        if query.limit.is_none() && !described.iter().any(|described| described.is_converted) {
            return Ok((self.run(sql, &query.parameters)?, columns));
        }
        // Columns by numbers, since two may have the same name.
        let names: Vec<String> = (0..described.len()).map(|at| format!("c{at}")).collect();
        let expressions = described.iter().zip(&types).zip(&names);
        let expressions: Vec<String> =
            expressions.map(|((described, (_, ty)), name)| described.expression(name, ty)).collect();
        // One row more shows whether there are more.
        let limit = query.limit.map_or(String::new(), |limit| format!(" LIMIT {}", limit.saturating_add(1)));
        let wrapped = format!("SELECT {} FROM ({sql}\n) AS q({}){limit}", expressions.join(", "), names.join(", "));
        Ok((self.run(&wrapped, &query.parameters)?, columns))
    }

    /// Names and types of the columns.
    fn describe(&self, sql: &str, parameters: &[(String, String)]) -> Result<Vec<(String, String)>, Failure> {
        let mut statement = self.database.connection.prepare(sql)?;
        bind(&mut statement, parameters)?;
        statement.raw_execute()?;
        let mut rows = statement.raw_query();
        let mut columns = Vec::new();
        while let Some(row) = rows.next()? {
            columns.push((row.get(0)?, row.get(1)?));
        }
        Ok(columns)
    }

    fn run(&self, sql: &str, parameters: &[(String, String)]) -> Result<Statement<'_>, Failure> {
        let mut statement = self.database.connection.prepare(sql)?;
        let values = bind(&mut statement, parameters)?;
        // What it returns would panic where reading fails; the statement itself returns batches, too.
        let _batches = statement.stream_arrow(duckdb::params_from_iter(values))?;
        Ok(statement)
    }
}

/// A failure that is not yet explained.
enum Failure {
    Known(QueryError),
    Of(duckdb::Error),
}

impl From<duckdb::Error> for Failure {
    fn from(error: duckdb::Error) -> Self {
        Self::Of(error)
    }
}

/// Give a statement the values of its parameters, and return them in its order.
fn bind<'p>(statement: &mut Statement<'_>, parameters: &'p [(String, String)]) -> Result<Vec<&'p str>, Failure> {
    let mut values = Vec::new();
    let mut used = vec![false; parameters.len()];
    for number in 1..=statement.parameter_count() {
        let name = statement.parameter_name(number)?;
        let Some(at) = parameters.iter().position(|(given, _)| given.eq_ignore_ascii_case(&name)) else {
            let error = format!("the parameter `${name}` has no value");
            return Err(Failure::Known(QueryError::Parameter(error)));
        };
        used[at] = true;
        statement.raw_bind_parameter(number, &parameters[at].1)?;
        values.push(parameters[at].1.as_str());
    }
    match used.iter().position(|used| !used) {
        Some(at) => {
            let error = format!("the query has no parameter `${}`, or it is set twice", parameters[at].0);
            Err(Failure::Known(QueryError::Parameter(error)))
        }
        None => Ok(values),
    }
}

fn explained(failure: Failure, tables: &[TableName], time: &TimeLimit, limits: Limits) -> QueryError {
    let error = match failure {
        Failure::Known(error) => return error,
        Failure::Of(error) => error,
    };
    let message = error.to_string();
    if time.is_over() && message.contains("Interrupt") {
        return QueryError::Time(limits.timeout);
    }
    let signs = ["Out of Memory", "bad allocation", "bad_alloc", "maximum total string size", "allocation size"];
    if signs.iter().any(|sign| message.contains(sign)) {
        return QueryError::Memory(limits.memory);
    }
    QueryError::from_duckdb(error, tables)
}

impl Rows<'_> {
    /// The columns, in the order of the batches.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether the answer is a plan: texts of several lines.
    pub fn is_plan(&self) -> bool {
        self.is_plan
    }

    /// Whether rows were left out because of the limit. Known once all batches are read.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The next rows, in some two thousand at a time. None once all are read.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, QueryError> {
        let Some(batch) = self.step()? else { return Ok(None) };
        let rows = batch.len();
        let shown = self.left.map_or(rows, |left| left.min(rows));
        self.left = self.left.map(|left| left - shown);
        if shown < rows {
            self.is_cut = true;
        }
        if shown == 0 && rows > 0 {
            return Ok(None);
        }
        let batch = RecordBatch::from(if shown < rows { batch.slice(0, shown) } else { batch });
        Ok(Some(batch))
    }

    fn step(&mut self) -> Result<Option<StructArray>, QueryError> {
        let step = self.time.during(|| self.statement.step());
        let failure = |error| explained(Failure::Of(error), &self.tables, &self.time, self.limits);
        let batch = step.map_err(failure)?;
        let bytes = batch.as_ref().map_or(0, |batch| batch.columns().iter().map(ArrayRef::get_array_memory_size).sum());
        if bytes as u64 > self.limits.memory / SHARE_OF_A_BATCH {
            return Err(QueryError::Memory(self.limits.memory));
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests;
