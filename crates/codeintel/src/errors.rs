//! Errors to one sentence, a hint and an exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use arrow_schema::ArrowError;
use codeintel_engine::EngineError;
use codeintel_engine::scip::{ExportError, ImportError};
use codeintel_settings::SettingsError;
use codeintel_store::{QueryError, StoreError};
use codeintel_system::WatchError;

use crate::output::plain;

/// Exit code of an answer with findings or differences.
pub(crate) const FINDINGS: u8 = 1;
/// Exit code of a call that cannot be carried out as it was made.
const WRONG_CALL: u8 = 2;
/// Exit code of a call that was right and could not be carried out.
pub(crate) const FAILED: u8 = 3;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// It was done, and there is something to report.
    #[error("{0}")]
    Findings(String),
    /// It cannot be carried out as it was called.
    #[error("{0}")]
    Call(String),
    /// It was called right and could not be carried out.
    #[error("{0}")]
    Failed(String),
    /// A path of `--changed` is of no use.
    #[error("--changed {place}: {error}")]
    Changed {
        /// What the paths belong to.
        place: String,
        /// What is wrong with it.
        error: Box<CommandError>,
    },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// An answer cannot be printed.
    #[error(transparent)]
    Rows(#[from] ArrowError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Interrupts cannot be handled.
    #[error(transparent)]
    Signal(#[from] ctrlc::Error),
}

impl CommandError {
    /// What to do next, and the exit code.
    fn hint(&self) -> (Option<&'static str>, u8) {
        match self {
            Self::Findings(_) => (None, FINDINGS),
            Self::Call(_) => (None, WRONG_CALL),
            Self::Changed { error, .. } => error.hint(),
            Self::Settings(SettingsError::Database(_)) => {
                (Some("name a database with `--db FILE`, or see `codeintel trust --help` if it is yours"), WRONG_CALL)
            }
            Self::Settings(_) => (None, WRONG_CALL),
            Self::Engine(error) => hint_of_run(error),
            Self::Store(error) => hint_of(error),
            Self::Query(error) => hint_of_query(error),
            Self::Import(ImportError::Missing(_) | ImportError::NotAFile(_)) => (None, WRONG_CALL),
            Self::Export(ExportError::Store(error)) => hint_of(error),
            Self::Failed(_)
            | Self::Import(_)
            | Self::Export(_)
            | Self::Watch(_)
            | Self::Rows(_)
            | Self::Json(_)
            | Self::Io(_)
            | Self::Signal(_) => (None, FAILED),
        }
    }

    /// Whether nobody reads the answer any more, which is no failure.
    fn is_broken_pipe(&self) -> bool {
        let is_broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        match self {
            Self::Io(error) => is_broken(error),
            Self::Json(error) => error.io_error_kind() == Some(io::ErrorKind::BrokenPipe),
            _ => false,
        }
    }
}

fn hint_of_run(error: &EngineError) -> (Option<&'static str>, u8) {
    match error {
        EngineError::Store(error) | EngineError::DamagedAndForeign(error) => hint_of(error),
        EngineError::Export(ExportError::Store(error)) => hint_of(error),
        EngineError::Unknown(_) => {
            (Some("all paths behind `--changed` belong to it: name the repository before it"), WRONG_CALL)
        }
        EngineError::NotScanned(_) => (None, WRONG_CALL),
        EngineError::Import(_) | EngineError::Export(_) => (None, FAILED),
    }
}

fn hint_of_query(error: &QueryError) -> (Option<&'static str>, u8) {
    let hint = match error {
        QueryError::Time(_) => return (Some("a higher limit is given with `--timeout SECONDS`"), FAILED),
        QueryError::Memory(_) => {
            let hint =
                "ask for fewer or shorter rows, or give a higher limit with `--memory-limit SIZE`, such as `8GB`";
            return (Some(hint), FAILED);
        }
        QueryError::Store(store) => return hint_of(store),
        QueryError::Table { .. } | QueryError::Column { .. } => "`codeintel datasets` lists tables and columns",
        QueryError::Parameter(_) => "values are given with `--param NAME=VALUE`",
        QueryError::Empty
        | QueryError::Several
        | QueryError::NotAQuery(_)
        | QueryError::Function(_)
        | QueryError::Unbounded(_)
        | QueryError::File(_)
        | QueryError::Unknown(_) => "what a query may be is in docs/query.md",
        QueryError::TooLong { .. } | QueryError::Wrong(_) => return (None, WRONG_CALL),
    };
    (Some(hint), WRONG_CALL)
}

fn hint_of(error: &StoreError) -> (Option<&'static str>, u8) {
    match error {
        StoreError::Locked { .. } => (Some("wait for it to end, or set `lock_timeout` higher"), FAILED),
        StoreError::Missing(_) => (Some("run `codeintel ingest` first"), WRONG_CALL),
        StoreError::Corrupt(_) => (Some("`codeintel ingest --full` moves the file aside and builds a new one"), FAILED),
        StoreError::ReadOnly(_) => (Some("give a place that can be written to with `--db FILE`"), FAILED),
        StoreError::DiskFull(_) => (Some("free some space and run again; what was there before is intact"), FAILED),
        StoreError::Newer { .. } => (Some("update codeintel, or give another file with `--db FILE`"), WRONG_CALL),
        StoreError::Older { .. } => {
            (Some("`codeintel ingest` rebuilds it; `codeintel query` reads it as it is"), WRONG_CALL)
        }
        StoreError::Name(_) => (Some("give another name with `--db FILE`"), WRONG_CALL),
        StoreError::NotOurs { .. } => (Some("it is left as it is; give another file with `--db FILE`"), WRONG_CALL),
        StoreError::Internal(_) => (Some("if it goes on, `codeintel ingest --full` rebuilds the database"), FAILED),
        StoreError::Database(_) | StoreError::Io { .. } => (None, FAILED),
    }
}

/// Print an error on standard error and give its exit code.
pub(crate) fn report(error: &CommandError) -> ExitCode {
    if error.is_broken_pipe() {
        return ExitCode::SUCCESS;
    }
    let (hint, code) = error.hint();
    let hint = hint.map_or(String::new(), |hint| format!("\nhint: {hint}"));
    // Messages have lines of their own, and names of a repository in them.
    let message: Vec<String> = error.to_string().split('\n').map(plain).collect();
    // Where standard error is closed, the exit code alone must do.
    let _written = writeln!(io::stderr().lock(), "error: {}{hint}", message.join("\n"));
    ExitCode::from(code)
}
