//! One file for each command.

mod completions;
mod config;
mod datasets;
mod explain;
mod gc;
mod ingest;
mod query;
mod status;
mod verify;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use codeintel_base::{NoProgress, Progress};
use codeintel_system::OsSystem;
use toml::Value;

use crate::args::{Args, Command, DatabaseArgs, Selection, Verbosity};
use crate::progress::Bar;
use crate::settings::{Log, Settings, SettingsError};

/// Carry out what was asked for.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Ingest(args) => ingest::run(args),
        Command::Status(args) => status::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Query(args) => query::run(args),
        Command::Datasets(args) => datasets::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Gc(args) => gc::run(args),
        Command::Config(args) => config::run(args),
        Command::Completions { shell } => completions::run(*shell),
    }
}

/// A repository and its settings.
struct Context {
    system: OsSystem,
    settings: Settings,
}

impl Context {
    fn open(root: &Path, database: &DatabaseArgs) -> Result<Self, SettingsError> {
        let system = OsSystem::new(root)
            .map_err(|error| SettingsError::Root { path: root.to_owned(), message: error.to_string() })?;
        let mut settings = Settings::read(system.root())?;
        // A file named on the command line is meant from the working directory.
        let db = database.db.as_deref().map(std::path::absolute).transpose();
        let db = db.map_err(|error| SettingsError::Root { path: root.to_owned(), message: error.to_string() })?;
        settings.set("db", "--db", db.map(|db| db.to_string_lossy().into_owned()))?;
        settings.set("repo", "--repo", database.repo.clone())?;
        Ok(Self { system, settings })
    }

    fn set_selection(&mut self, selection: &Selection) -> Result<(), SettingsError> {
        let list = |names: &Vec<String>| Value::Array(names.iter().cloned().map(Value::String).collect());
        self.settings.set("datasets", "--datasets", selection.datasets.as_ref().map(list))?;
        self.settings.set("commit", "--commit", selection.commit.clone())
    }

    fn set_verbosity(&mut self, verbosity: &Verbosity) -> Result<(), SettingsError> {
        self.settings.set("log", "--quiet", verbosity.quiet.then_some("error"))?;
        self.settings.set("log", "--verbose", (verbosity.verbose > 0).then_some("debug"))
    }

    /// Do something that takes a while, with a bar unless all is to be quiet.
    fn with_progress<T>(&self, work: impl FnOnce(&dyn Progress) -> T) -> T {
        if self.settings.log() == Log::Error {
            return work(&NoProgress);
        }
        let bar = Bar::new();
        let result = work(&bar);
        bar.finish();
        result
    }

    /// Say something that is no answer, on standard error.
    fn note(&self, level: Log, text: &str) {
        if self.settings.log() >= level {
            // Where standard error is closed, nobody wants to know.
            let _written = writeln!(std::io::stderr().lock(), "{text}");
        }
    }
}
