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

/// What to do when a query takes too long.
pub(crate) const RAISE_TIMEOUT: &str = "raise the limit with `--timeout SECONDS`";

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
            Self::Settings(error) => (hint_of_settings(error), WRONG_CALL),
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

fn hint_of_settings(error: &SettingsError) -> Option<&'static str> {
    match error {
        SettingsError::Database(_) => Some(
            "name another database with `--db FILE`, or trust the repository if this one is yours (`codeintel trust --help`)",
        ),
        SettingsError::Unknown { .. } => Some("`codeintel config` lists the settings"),
        SettingsError::Dataset { .. } => Some("`codeintel datasets` lists the tables and columns"),
        SettingsError::Wrong { .. }
        | SettingsError::File { .. }
        | SettingsError::Pattern { .. }
        | SettingsError::Root { .. } => None,
    }
}

fn hint_of_run(error: &EngineError) -> (Option<&'static str>, u8) {
    match error {
        EngineError::Store(error) | EngineError::DamagedAndForeign(error) => hint_of(error),
        EngineError::Export(ExportError::Store(error)) => hint_of(error),
        EngineError::Unknown(_) => {
            (Some("all paths after `--changed` belong to it: put the repository before it"), WRONG_CALL)
        }
        EngineError::NotScanned(_) => (None, WRONG_CALL),
        EngineError::Import(_) | EngineError::Export(_) => (None, FAILED),
    }
}

fn hint_of_query(error: &QueryError) -> (Option<&'static str>, u8) {
    let hint = match error {
        QueryError::Time(_) => return (Some(RAISE_TIMEOUT), FAILED),
        QueryError::Memory(_) => {
            let hint = "select fewer or shorter rows, or raise the limit with `--memory-limit SIZE`, for example `8GB`";
            return (Some(hint), FAILED);
        }
        QueryError::Store(store) => return hint_of(store),
        QueryError::Table { .. } | QueryError::Column { .. } => "`codeintel datasets` lists the tables and columns",
        QueryError::Parameter(_) => "set each parameter once, with `--param NAME=VALUE`",
        QueryError::Empty
        | QueryError::Several
        | QueryError::NotAQuery(_)
        | QueryError::Function(_)
        | QueryError::Unbounded(_)
        | QueryError::File(_)
        | QueryError::Unknown(_) => "docs/query.md describes what a query may contain",
        QueryError::TooLong { .. } | QueryError::Wrong(_) => return (None, WRONG_CALL),
    };
    (Some(hint), WRONG_CALL)
}

fn hint_of(error: &StoreError) -> (Option<&'static str>, u8) {
    match error {
        StoreError::Locked { .. } => (Some("wait until it has finished, or raise the setting `lock_timeout`"), FAILED),
        StoreError::Missing(_) => (Some("run `codeintel ingest` first"), WRONG_CALL),
        StoreError::Corrupt(_) => (Some("`codeintel ingest --full` moves the file aside and builds a new one"), FAILED),
        StoreError::ReadOnly(_) => (Some("name a writable file with `--db FILE`"), FAILED),
        StoreError::DiskFull(_) => (Some("free some space and run again; committed data is intact"), FAILED),
        StoreError::Newer { .. } => (Some("update codeintel, or name another file with `--db FILE`"), WRONG_CALL),
        StoreError::Older { .. } => {
            (Some("`codeintel ingest` rebuilds it; `codeintel query` can still read it"), WRONG_CALL)
        }
        StoreError::Name(_) => (Some("name another file with `--db FILE`"), WRONG_CALL),
        StoreError::NotOurs { .. } => {
            (Some("the file is left unchanged; name another one with `--db FILE`"), WRONG_CALL)
        }
        StoreError::Internal(_) => {
            (Some("if it happens again, `codeintel ingest --full` rebuilds the database"), FAILED)
        }
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use codeintel_base::RepoPath;
    use codeintel_scip::ScipError;
    use codeintel_system::OptionsError;

    use super::*;

    /// What is printed for each error, and the exit code.
    fn printed<E: Into<CommandError>>(errors: impl IntoIterator<Item = E>) -> String {
        let text = |error: E| {
            let error = error.into();
            let (hint, code) = error.hint();
            let hint = hint.map_or(String::new(), |hint| format!("hint: {hint}\n"));
            format!("error: {error}\n{hint}exit code {code}\n")
        };
        errors.into_iter().map(text).collect::<Vec<_>>().join("\n")
    }

    fn path() -> PathBuf {
        PathBuf::from("/r/x.duckdb")
    }

    fn refused() -> io::Error {
        io::Error::from(io::ErrorKind::PermissionDenied)
    }

    // In each list, a variant that its `match` does not know is missing above it.

    #[test]
    fn every_error_of_the_database_has_a_hint_and_an_exit_code() {
        let errors = [
            StoreError::Locked { holder: "/bin/codeintel (PID 7)".to_owned() },
            StoreError::Missing(path()),
            StoreError::Corrupt("Corrupt database file".to_owned()),
            StoreError::NotOurs { path: path(), what: "an SQLite database" },
            StoreError::Internal("INTERNAL Error: x".to_owned()),
            StoreError::ReadOnly("/r/x.duckdb: Permission denied".to_owned()),
            StoreError::DiskFull("No space left on device".to_owned()),
            StoreError::Newer { found: 9, known: 4 },
            StoreError::Older { found: 3, known: 4 },
            StoreError::Name("core".to_owned()),
            StoreError::Database("Binder Error: x".to_owned()),
            StoreError::Io { path: path(), source: refused() },
        ];
        for error in &errors {
            match error {
                StoreError::Locked { .. }
                | StoreError::Missing(_)
                | StoreError::Corrupt(_)
                | StoreError::NotOurs { .. }
                | StoreError::Internal(_)
                | StoreError::ReadOnly(_)
                | StoreError::DiskFull(_)
                | StoreError::Newer { .. }
                | StoreError::Older { .. }
                | StoreError::Name(_)
                | StoreError::Database(_)
                | StoreError::Io { .. } => {}
            }
        }
        insta::assert_snapshot!(printed(errors));
    }

    #[test]
    fn every_error_of_a_query_has_a_hint_and_an_exit_code() {
        let near = || vec!["core.modules".to_owned()];
        let errors = [
            QueryError::Empty,
            QueryError::Several,
            QueryError::NotAQuery("DELETE".to_owned()),
            QueryError::Function("read_csv".to_owned()),
            QueryError::Unbounded("json_structure".to_owned()),
            QueryError::File("x.csv".to_owned()),
            QueryError::Unknown("NEW_KIND".to_owned()),
            QueryError::Table { name: "modules".to_owned(), nearest: near() },
            QueryError::Column { name: "modul".to_owned(), tables: vec!["core.modules"], nearest: Vec::new() },
            QueryError::TooLong { bytes: 2_000_000, longest: 1_048_576 },
            QueryError::Parameter("the parameter `$a` has no value".to_owned()),
            QueryError::Wrong("Could not convert string 'a' to INT32".to_owned()),
            QueryError::Time(Duration::from_mins(1)),
            QueryError::Memory(2_000_000_000),
            QueryError::Store(StoreError::Missing(path())),
        ];
        for error in &errors {
            match error {
                QueryError::Empty
                | QueryError::Several
                | QueryError::NotAQuery(_)
                | QueryError::Function(_)
                | QueryError::Unbounded(_)
                | QueryError::File(_)
                | QueryError::Unknown(_)
                | QueryError::Table { .. }
                | QueryError::Column { .. }
                | QueryError::TooLong { .. }
                | QueryError::Parameter(_)
                | QueryError::Wrong(_)
                | QueryError::Time(_)
                | QueryError::Memory(_)
                | QueryError::Store(_) => {}
            }
        }
        insta::assert_snapshot!(printed(errors));
    }

    #[test]
    fn every_error_of_a_run_and_of_an_index_has_an_exit_code() {
        let file = || RepoPath::new(Path::new("a.py")).unwrap();
        let runs = [
            EngineError::Store(StoreError::Missing(path())),
            EngineError::DamagedAndForeign(StoreError::NotOurs { path: path(), what: "an SQLite database" }),
            EngineError::Import("x.scip: not a complete SCIP index".to_owned()),
            EngineError::Export(ExportError::Io(refused())),
            EngineError::NotScanned(file()),
            EngineError::Unknown(file()),
        ];
        for error in &runs {
            match error {
                EngineError::Store(_)
                | EngineError::DamagedAndForeign(_)
                | EngineError::Import(_)
                | EngineError::Export(_)
                | EngineError::NotScanned(_)
                | EngineError::Unknown(_) => {}
            }
        }
        let imports = [
            ImportError::Missing("x.scip".into()),
            ImportError::NotAFile("x.scip".into()),
            ImportError::Unreadable { path: "x.scip".into(), error: ScipError::NoHeader },
            ImportError::Changed { path: "x.scip".into(), reason: ScipError::NoHeader },
        ];
        for error in &imports {
            match error {
                ImportError::Missing(_)
                | ImportError::NotAFile(_)
                | ImportError::Unreadable { .. }
                | ImportError::Changed { .. } => {}
            }
        }
        insta::assert_snapshot!([printed(runs), printed(imports)].join("\n"));
    }

    #[test]
    fn every_error_of_settings_and_of_a_call_has_an_exit_code() {
        let place = || "codeintel.toml".to_owned();
        let settings = [
            SettingsError::Unknown { place: place(), key: "job".to_owned(), nearest: Some("jobs") },
            SettingsError::Wrong {
                place: place(),
                key: "jobs",
                expected: "a whole number".to_owned(),
                found: "many".to_owned(),
            },
            SettingsError::File { place: place(), message: "invalid string".to_owned() },
            SettingsError::Dataset { name: "core.godis".to_owned(), nearest: Some("core.goids") },
            SettingsError::Pattern {
                place: "codeintel.toml".to_owned(),
                key: "include_patterns",
                error: OptionsError { pattern: "[".to_owned(), reason: "unclosed character class".to_owned() },
            },
            SettingsError::Root { path: "nowhere".into(), message: refused().to_string() },
            SettingsError::Database("git tracks `.codeintel`, so no database is opened there".to_owned()),
        ];
        let unknown = || EngineError::Unknown(RepoPath::new(Path::new("a.py")).unwrap());
        let commands = [
            CommandError::Findings("the index lacks documents that existed before; 2 documents imported".to_owned()),
            CommandError::Call("there is no document for `a.py`; nothing was written".to_owned()),
            CommandError::Failed("no document was imported".to_owned()),
            CommandError::Changed { place: "in /r".to_owned(), error: Box::new(unknown().into()) },
            CommandError::Export(ExportError::Store(StoreError::Missing(path()))),
            CommandError::Export(ExportError::Scip(ScipError::Encode("x".to_owned()))),
            CommandError::Io(refused()),
        ];
        insta::assert_snapshot!([printed(settings), printed(commands)].join("\n"));
    }

    #[test]
    fn a_broken_pipe_is_silent_success() {
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(error.is_broken_pipe());
        assert!(!CommandError::from(refused()).is_broken_pipe());
    }
}
