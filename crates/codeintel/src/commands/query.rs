//! `codeintel query`

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use codeintel_base::count;
use codeintel_settings::{Log, SettingsError};
use codeintel_store::{Overdue, Query, QueryError, Reader};
use codeintel_system::limit_memory;

use super::Context;
use crate::args::{Overrides, QueryArgs};
use crate::errors::{CommandError, FAILED, RAISE_TIMEOUT};
use crate::output;
use crate::output_file::{OutputFile, remove_parts};
use crate::rows::{self, Printed, Terminal};

/// How many rows a terminal shows if nothing else is asked for.
const ROWS_OF_TERMINAL: usize = 40;

/// More than a query may be long is not read.
const LONGEST_INPUT: u64 = 2 << 20;

/// What the program needs beside the memory of queries.
const OWN_MEMORY: u64 = 1 << 30;

pub(super) fn run(args: &QueryArgs) -> Result<ExitCode, CommandError> {
    let context = Context::open(&args.root, &Overrides { settings: args.settings.clone(), trust: false })?;
    let database = context.settings.database();
    let output = args.output.as_deref().map(|path| OutputFile::create(path, &database)).transpose()?;
    let sql = if args.sql == "-" { read_input()? } else { args.sql.clone() };
    let limits = &context.settings.values.query;
    let (memory, timeout) = (limits.memory_limit.bytes(), *limits.timeout);
    let reader = Reader::open(&database, context.settings.patience(), memory).map_err(|error| match error {
        QueryError::Store(error) => QueryError::Store(context.blame(error)),
        error => error,
    })?;
    if let Some((found, known)) = reader.outdated() {
        context.note(
            Log::Info,
            &format!("the database was written by an earlier version of codeintel (schema {found}); `codeintel ingest` rebuilds it with schema {known}"),
        );
    }
    // Not all that DuckDB allocates counts for its own limit.
    limit_memory(memory.saturating_add(OWN_MEMORY));
    let overdue = overdue(timeout.as_secs());
    let query = Query { sql, parameters: args.param.clone(), limit: args.limit, timeout, overdue: Some(overdue) };
    let mut rows = reader.query(&query)?;
    let printed = if let Some(mut file) = output {
        let mut buffered = io::BufWriter::new(&mut file);
        let printed = rows::print(&mut buffered, &mut rows, args.format, None)?;
        buffered.flush()?;
        drop(buffered);
        file.finish().map_err(|error| in_file(args, &error))?;
        printed
    } else {
        let mut out = output::stdout();
        let printed = rows::print(&mut out, &mut rows, args.format, terminal(args))?;
        out.flush()?;
        printed
    };
    note(&context, &printed, rows.is_cut());
    Ok(ExitCode::SUCCESS)
}

fn read_input() -> Result<String, CommandError> {
    let mut sql = String::new();
    io::stdin().take(LONGEST_INPUT).read_to_string(&mut sql).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => QueryError::Wrong("the query is not valid UTF-8".to_owned()).into(),
        _ => CommandError::from(error),
    })?;
    Ok(sql)
}

fn in_file(args: &QueryArgs, error: &io::Error) -> SettingsError {
    SettingsError::Root { path: args.output.clone().unwrap_or_default(), message: error.to_string() }
}

/// The terminal that rows are printed on, if they are.
fn terminal(args: &QueryArgs) -> Option<Terminal> {
    let is_terminal = io::stdout().is_terminal();
    let width = || terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    is_terminal.then(|| Terminal { width: width(), rows: args.limit.unwrap_or(ROWS_OF_TERMINAL) })
}

/// Some steps of DuckDB cannot be interrupted. Then the process ends, which harms nothing: it only reads.
#[expect(clippy::exit, reason = "nothing else stops a step that does not end")]
fn overdue(seconds: u64) -> Overdue {
    Arc::new(move || {
        remove_parts();
        let text = format!("error: the query was stopped: it took longer than {seconds} s\nhint: {RAISE_TIMEOUT}");
        let _written = writeln!(io::stderr().lock(), "{text}");
        std::process::exit(i32::from(FAILED));
    })
}

fn note(context: &Context, printed: &Printed, is_cut: bool) {
    let Printed { rows, more, is_at_least, hidden_columns } = *printed;
    if is_cut {
        let first = if rows == 1 { "row is".to_owned() } else { format!("{rows} rows are") };
        context.note(Log::Info, &format!("only the first {first} shown"));
    }
    if more > 0 {
        let least = if is_at_least { "at least " } else { "" };
        let text = format!(
            "{least}{} not shown; `--limit N` shows N rows, `--output FILE` or another format shows all",
            are(more, "more row")
        );
        context.note(Log::Info, &text);
    }
    if hidden_columns > 0 {
        let hidden = are(hidden_columns, "column");
        context.note(Log::Info, &format!("{hidden} not shown: the terminal is too narrow"));
    }
}

fn are(number: usize, word: &str) -> String {
    format!("{} {}", count(number, word), if number == 1 { "is" } else { "are" })
}
