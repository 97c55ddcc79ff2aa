//! One file for each command.

mod completions;
mod config;
mod datasets;
mod explain;
mod gc;
mod ingest;
mod place;
mod query;
mod scip;
mod status;
mod trust;
mod verify;
mod watch;
mod worker;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use codeintel_base::{NoProgress, Progress, RepoPath};
use codeintel_settings::{Log, Settings, SettingsError, Source, Sourced};
use codeintel_system::{OsSystem, OwnDatabases};

use self::place::Place;
use crate::args::{Args, Command, Overrides, RunArgs, Verbosity};
use crate::errors::CommandError;
use crate::output::plain;
use crate::progress::Bar;

pub(crate) use self::worker::program as worker_program;

/// Carry out what was asked for.
pub(crate) fn run(args: &Args) -> Result<ExitCode, CommandError> {
    match &args.command {
        Command::Ingest(args) => ingest::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Status(args) => status::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Scip(args) => scip::run(args),
        Command::Query(args) => query::run(args),
        Command::Datasets(args) => datasets::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Gc(args) => gc::run(args),
        Command::Config(args) => config::run(args),
        Command::Worker => worker::run(),
        Command::Trust(args) => trust::run(args),
        Command::Completions { shell } => completions::run(*shell),
    }
}

/// Say something that nobody may miss, on standard error: once, however often it is found, and whatever the settings of a repository say
/// of how much is said.
fn warn_once(line: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(line.to_owned()) {
        // Where standard error is closed, nobody wants to know.
        let _written = writeln!(std::io::stderr().lock(), "{}", plain(line));
    }
}

/// A repository and its settings.
struct Context {
    system: OsSystem,
    settings: Settings,
    place: Place,
}

impl Context {
    /// A repository with its database.
    fn open(root: &Path, overrides: &Overrides) -> Result<Self, SettingsError> {
        let mut context = Self::without_database(root, overrides)?;
        context.find_database()?;
        Ok(context)
    }

    /// A repository of which only the settings are wanted.
    fn without_database(root: &Path, overrides: &Overrides) -> Result<Self, SettingsError> {
        let system = OsSystem::new(root)
            .map_err(|error| SettingsError::Root { path: root.to_owned(), message: error.to_string() })?;
        let mut settings = Settings::read(system.root(), overrides.trust)?;
        overrides.settings.apply(&mut settings);
        settings.warnings().iter().for_each(|line| warn_once(line));
        let own = OwnDatabases::new(settings.environment.state_folders.clone());
        Ok(Self { system, settings, place: Place::named(own) })
    }

    /// For a run with these arguments.
    fn of_run(args: &RunArgs) -> Result<Self, SettingsError> {
        let mut context = Self::open(&args.place.path, &args.place.overrides)?;
        context.set_verbosity(&args.verbosity);
        Ok(context)
    }

    /// A path that was typed, from the repository's root.
    fn inside(&self, path: &Path) -> Result<RepoPath, SettingsError> {
        let root = self.system.root();
        let typed = if path.is_absolute() { path.to_owned() } else { root.join(path) };
        // The path itself may be gone, but the folder around it is taken where it really is, as the root was.
        let mut existing = typed.as_path();
        let mut rest = Vec::new();
        while let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) {
            rest.push(name);
            existing = parent;
            if let Ok(real) = existing.canonicalize() {
                let mut full: PathBuf = real;
                full.extend(rest.iter().rev());
                let has_dots = typed.components().any(|part| part == Component::ParentDir);
                let relative = full.strip_prefix(root).ok().filter(|_| !has_dots || full.starts_with(root));
                if let Some(path) = relative.and_then(|relative| RepoPath::new(relative).ok()) {
                    return Ok(path);
                }
                break;
            }
        }
        let message = format!("not inside the repository {}", root.display());
        Err(SettingsError::Root { path: path.to_owned(), message })
    }

    fn set_verbosity(&mut self, verbosity: &Verbosity) {
        let given = match verbosity {
            Verbosity { quiet: true, .. } => Some((Log::Error, "--quiet")),
            Verbosity { verbose: 1.., .. } => Some((Log::Debug, "--verbose")),
            Verbosity { .. } => None,
        };
        if let Some((value, flag)) = given {
            self.settings.values.log = Sourced { value, source: Source::Flag(flag.to_owned()) };
        }
    }

    /// Do something that takes a while, with a bar unless all is to be quiet.
    fn with_progress<T>(&self, work: impl FnOnce(&dyn Progress) -> T) -> T {
        if *self.settings.values.log == Log::Error {
            return work(&NoProgress);
        }
        let bar = Bar::new();
        let result = work(&bar);
        bar.end();
        result
    }

    /// Say something that is no answer, on standard error.
    fn note(&self, level: Log, text: &str) {
        if *self.settings.values.log >= level {
            // Where standard error is closed, nobody wants to know.
            let _written = writeln!(std::io::stderr().lock(), "{text}");
        }
    }
}
