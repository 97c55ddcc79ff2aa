//! Errors to one sentence, a hint and an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_engine::EngineError;
use codeintel_engine::scip::ImportError;
use codeintel_settings::SettingsError;
use codeintel_store::{QueryError, StoreError};

use crate::output::plain;

/// Exit code of an answer with findings or differences.
pub(crate) const FINDINGS: u8 = 1;
/// Exit code of a call that cannot be carried out as it was made.
const WRONG_CALL: u8 = 2;
/// Exit code of a call that was right and could not be carried out.
pub(crate) const FAILED: u8 = 3;

/// What a command says of a call that it cannot answer with success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// It was done, and there is something to tell of it.
    #[error("{0}")]
    Findings(String),
    /// It cannot be carried out as it was made.
    #[error("{0}")]
    Call(String),
}

/// An error as a person is told of it.
pub(crate) struct Failure {
    message: String,
    hint: Option<&'static str>,
    code: u8,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let broken_pipe = |error: &(dyn std::error::Error + 'static)| {
            let io = error.downcast_ref::<std::io::Error>();
            io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
        };
        if error.chain().any(broken_pipe) {
            return Self { message: String::new(), hint: None, code: 0 };
        }
        let store = error.chain().find_map(|cause| match cause.downcast_ref::<EngineError>() {
            Some(EngineError::Store(store)) => Some(store),
            _ => cause.downcast_ref::<StoreError>().or_else(|| match cause.downcast_ref() {
                Some(QueryError::Store(store)) => Some(store),
                _ => None,
            }),
        });
        let query = error.chain().find_map(|cause| cause.downcast_ref::<QueryError>());
        let is_call = error.chain().any(|cause| {
            cause.is::<SettingsError>()
                || matches!(
                    cause.downcast_ref::<EngineError>(),
                    Some(EngineError::NotScanned(_) | EngineError::Unknown(_))
                )
        });
        let is_unknown =
            |cause: &(dyn std::error::Error + 'static)| matches!(cause.downcast_ref(), Some(EngineError::Unknown(_)));
        let of_changed = "all paths behind `--changed` belong to it: name the repository before it";
        let no_place = error.chain().any(|cause| matches!(cause.downcast_ref(), Some(SettingsError::Database(_))));
        let (hint, code) = match store {
            None if no_place => {
                (Some("name a database with `--db FILE`, or see `codeintel trust --help` if it is yours"), WRONG_CALL)
            }
            Some(store) => hint_of(store),
            None if query.is_some() => query.map_or((None, FAILED), hint_of_query),
            None if error.chain().any(is_unknown) => (Some(of_changed), WRONG_CALL),
            None => (None, if is_call { WRONG_CALL } else { command_code(&error) }),
        };
        Self { message: format!("{error:#}"), hint, code }
    }
}

/// The exit code of what no library has refused.
fn command_code(error: &anyhow::Error) -> u8 {
    let code = error.chain().find_map(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(CommandError::Findings(_)), _) => Some(FINDINGS),
        (Some(CommandError::Call(_)), _) => Some(WRONG_CALL),
        (_, Some(ImportError::Missing(_) | ImportError::NotAFile(_))) => Some(WRONG_CALL),
        _ => None,
    });
    code.unwrap_or(FAILED)
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

/// Print a failure on standard error and give its exit code.
pub(crate) fn report(failure: &Failure) -> ExitCode {
    if failure.code != 0 {
        // Where standard error is closed, the exit code alone must do.
        let mut stderr = std::io::stderr().lock();
        let hint = failure.hint.map_or(String::new(), |hint| format!("\nhint: {hint}"));
        // Messages have lines of their own, and names of a repository in them.
        let message: Vec<String> = failure.message.split('\n').map(plain).collect();
        let _written = writeln!(stderr, "error: {}{hint}", message.join("\n"));
    }
    ExitCode::from(failure.code)
}
