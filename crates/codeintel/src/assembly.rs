//! What the settings mean for the engine: its options, its indexer and its checkers.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeintel_datasets::{Dataset, dataset_named};
use codeintel_engine::Options;
use codeintel_engine::checks::{Checker, CheckerOptions, CommandChecker};
use codeintel_engine::scip::{
    ExternalIndexer, ExternalOptions, IndexCommand, IndexMode, Indexer, NativeIndexer, NativeOptions, NoIndexer,
};
use codeintel_settings::{
    Scip, ScipBackend, ScipMode, Settings, SettingsError, Source, Sourced, ToolSettings, nearest,
};
use codeintel_store::FactsVersion;
use codeintel_system::{
    DEFAULT_IGNORED_DIRS, OsSystem, OwnFolder, Patterns, PythonEnvironment, ScanOptions, System, ToolRunner,
};

use crate::commands::worker_program;

/// More threads than this are of use to nobody, and a repository may ask for any number.
const MOST_THREADS: usize = 256;

/// Names of folders that are never entered.
fn ignored_folders(settings: &Settings) -> Vec<String> {
    let named = settings.values.ignore_dirs.value.clone();
    if named.is_empty() { DEFAULT_IGNORED_DIRS.iter().map(|&name| name.to_owned()).collect() } else { named }
}

/// The patterns of a setting.
fn patterns(key: &'static str, patterns: &Sourced<Vec<String>>) -> Result<Patterns, SettingsError> {
    let wrong = |error| SettingsError::Pattern { place: patterns.source.to_string(), key, error };
    ScanOptions::globs(patterns).map_err(wrong)
}

/// What the engine is asked to do, by the settings alone.
pub(crate) fn options(settings: &Settings, system: &dyn System) -> Result<Options, SettingsError> {
    let values = &settings.values;
    let mut options = Options::new(repo(settings, system));
    let or = |number: Option<NonZero<usize>>, other| number.map_or(other, |number| number.get().min(MOST_THREADS));
    let jobs = or(*values.jobs, cpus());
    options.workers = jobs;
    options.ast_workers = or(*values.ast_workers, jobs);
    options.cst_workers = or(*values.cst_workers, jobs);
    options.commit.clone_from(&values.commit);
    options.keep_snapshots = values.keep_snapshots.get();
    options.scan.include = patterns("include_patterns", &values.include_patterns)?;
    options.scan.exclude = patterns("exclude_patterns", &values.exclude_patterns)?;
    options.scan.ignore_files = *values.ignore_files;
    options.scan.max_bytes = values.max_file_bytes.get() as u64;
    options.scan.threads = jobs;
    options.scan.ignore_dirs = ignored_folders(settings);
    options.problems = settings.problems().to_vec();
    options.index = backend(settings) != Backend::None;
    if !values.datasets.is_empty() {
        let datasets = values.datasets.iter().map(|name| dataset(name)).collect::<Result<Vec<_>, _>>()?;
        options.index &= datasets.iter().any(|dataset| dataset.shows_documents());
        options.datasets = datasets.into_iter().flat_map(Dataset::facts).filter_map(FactsVersion::new).collect();
    }
    Ok(options)
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Who makes SCIP documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Native,
    None,
    ScipPython,
    Command,
}

/// A command that is given is meant to be run, unless something else was asked for.
fn backend(settings: &Settings) -> Backend {
    let Scip { backend, command, .. } = &settings.values.scip;
    match (**backend, &backend.source) {
        (ScipBackend::None, _) => Backend::None,
        (ScipBackend::Native, source) if *source != Source::Default => Backend::Native,
        _ if !command.is_empty() => Backend::Command,
        (ScipBackend::ScipPython, _) => Backend::ScipPython,
        (ScipBackend::Native, _) => Backend::Native,
    }
}

/// Whether the settings say who makes SCIP documents.
pub(crate) fn names_backend(settings: &Settings) -> bool {
    let Scip { backend, command, .. } = &settings.values.scip;
    backend.source != Source::Default || !command.is_empty()
}

/// What makes SCIP documents, by the settings.
pub(crate) fn indexer(settings: &Settings, system: &OsSystem, stays: bool) -> Box<dyn Indexer> {
    let tools = ToolRunner::new(settings.environment.search_path.as_deref());
    let scip = &settings.values.scip;
    let project_name = project_name(settings, system);
    let project_version = scip.project_version.value.clone();
    let root = settings.root().to_owned();
    let command = match backend(settings) {
        Backend::None => return Box::new(NoIndexer),
        Backend::Native => {
            let environment = environment(settings, &tools);
            let options = NativeOptions { project_name, project_version, environment, root };
            let system = Arc::new(system.clone());
            return Box::new(match worker_program(stays) {
                Some(program) => NativeIndexer::supervised(options, system, program),
                None => NativeIndexer::new(options, system),
            });
        }
        Backend::ScipPython => IndexCommand::ScipPython(scip.program.value.clone()),
        Backend::Command => IndexCommand::Custom(scip.command.value.clone()),
    };
    let options = ExternalOptions {
        command,
        mode: match *scip.mode {
            ScipMode::Full => IndexMode::Full,
            ScipMode::Incremental => IndexMode::Incremental,
            ScipMode::Auto => IndexMode::Auto,
        },
        workers: scip.workers.map_or_else(|| cpus().min(4), NonZero::get),
        timeout: *scip.timeout,
        project_name,
        project_version,
        environment: environment(settings, &tools),
        node_options: settings.environment.node_options.clone(),
        root,
        is_trusted: settings.is_trusted(),
        folder: index_folder(settings),
    };
    Box::new(ExternalIndexer::new(options, tools))
}

/// The type checkers and linters that are asked for.
pub(crate) fn checkers(settings: &Settings) -> Vec<Box<dyn Checker>> {
    known_checkers(settings, |tool| settings.values.tools.enabled.has(tool))
}

/// All type checkers and linters that could be asked for.
pub(crate) fn all_checkers(settings: &Settings) -> Vec<Box<dyn Checker>> {
    known_checkers(settings, |_| true)
}

fn known_checkers(settings: &Settings, is_wanted: impl Fn(&str) -> bool) -> Vec<Box<dyn Checker>> {
    let ToolSettings { pyright, pyrefly, ruff, timeout, .. } = &settings.values.tools;
    let runner = ToolRunner::new(settings.environment.search_path.as_deref());
    let known = [("pyrefly", pyrefly), ("pyright", pyright), ("ruff", ruff)];
    let wanted: Vec<_> = known.into_iter().filter(|(tool, _)| is_wanted(tool)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    // A tool runs the interpreter of its environment, and programs that lie beside it.
    let environment =
        if settings.is_trusted() { environment(settings, &runner) } else { own_environment(settings, &runner) };
    // A name without a folder is looked for.
    let is_name = |path: &Path| !path.as_os_str().as_encoded_bytes().contains(&b'/');
    let program = |path: &PathBuf| if is_name(path) { path.clone() } else { settings.root().join(path) };
    let checker = |(tool, path): (&str, &Sourced<Option<PathBuf>>)| {
        let options = CheckerOptions {
            program: path.as_ref().map(program),
            environment: environment.clone(),
            root: settings.root().to_owned(),
            is_trusted: settings.is_trusted(),
            user: settings.environment.user.clone(),
            ignored_folders: ignored_folders(settings),
            variables: settings.environment.tool_variables.clone(),
            timeout: **timeout,
        };
        Some(Box::new(CommandChecker::new(tool, options, runner.clone())?) as Box<dyn Checker>)
    };
    wanted.into_iter().filter_map(checker).collect()
}

/// The environment whose packages are read.
fn environment(settings: &Settings, tools: &ToolRunner) -> Option<PythonEnvironment> {
    let python = tools.find("python3", &[]);
    let (named, active) = (settings.values.python.as_deref(), settings.environment.active_environment.as_deref());
    PythonEnvironment::find(settings.root(), named, active, python.as_deref())
}

/// The environment that the user has named or activated, or the one on the `PATH`; never one only because it lies in the repository.
fn own_environment(settings: &Settings, tools: &ToolRunner) -> Option<PythonEnvironment> {
    let python = tools.find("python3", &[]);
    match &settings.values.python {
        Sourced { value: Some(named), source } if source.is_of_user() => {
            PythonEnvironment::of(&settings.root().join(named))
        }
        _ => {
            let active = settings.environment.active_environment.as_deref();
            [active, python.as_deref()].into_iter().flatten().find_map(PythonEnvironment::of)
        }
    }
}

fn project_name(settings: &Settings, system: &dyn System) -> String {
    let at = |path: &[&str]| {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(settings.project(), |table, key| table.get(*key)?.as_table())?;
        table.get(*last)?.as_str().map(str::to_owned)
    };
    let given = settings.values.scip.project_name.value.clone();
    let named = given.or_else(|| at(&["project", "name"])).or_else(|| at(&["tool", "poetry", "name"]));
    named.unwrap_or_else(|| repo(settings, system).rsplit('/').next().unwrap_or_default().to_owned())
}

/// Where what is exchanged with indexers lies: beside the database.
pub(crate) fn index_folder(settings: &Settings) -> OwnFolder {
    let database = settings.database();
    let stem = database.file_stem().unwrap_or_default().to_string_lossy();
    let name = if settings.is_default_database() { "scip".to_owned() } else { format!("{stem}.scip") };
    OwnFolder::below(database.parent().unwrap_or(settings.root()), &name)
}

/// The folder that receives the index as files.
pub(crate) fn document_output_dir(settings: &Settings) -> Option<OwnFolder> {
    settings.values.scip.document_output_dir.as_ref().map(|folder| OwnFolder::new(settings.root().join(folder)))
}

/// The slug of the repository: as it is given, else from the git remote, else the folder's name.
pub(crate) fn repo(settings: &Settings, system: &dyn System) -> String {
    let from_folder = || settings.root().file_name().map(|name| name.to_string_lossy().into_owned());
    let given = settings.values.repo.value.clone();
    given.or_else(|| system.slug()).or_else(from_folder).unwrap_or_else(|| "repository".to_owned())
}

/// Find a dataset by name.
pub(crate) fn dataset(name: &str) -> Result<&'static Dataset, SettingsError> {
    dataset_named(name).ok_or_else(|| {
        let names = codeintel_datasets::DATASETS.iter().flat_map(|dataset| [dataset.name, dataset.table()]);
        SettingsError::Dataset { name: name.to_owned(), nearest: nearest(name, names) }
    })
}

#[cfg(test)]
mod tests {
    use codeintel_base::TOOLS;

    use super::*;

    #[test]
    fn every_tool_has_a_checker() {
        let settings = Settings::from_places(Path::new("/nowhere"), false, []).unwrap();
        assert_eq!((all_checkers(&settings).len(), checkers(&settings).len()), (TOOLS.len(), 0));
    }
}
