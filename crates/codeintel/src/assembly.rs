//! What the settings mean for the engine: its options, who makes documents, and who finds defects.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codeintel_base::TOOLS;
use codeintel_datasets::{Dataset, dataset_named};
use codeintel_engine::checks::{Checker, CheckerOptions, CommandChecker};
use codeintel_engine::scip::{
    ExternalIndexer, ExternalOptions, IndexCommand, IndexMode, Indexer, NativeIndexer, NativeOptions, NoIndexer,
};
use codeintel_engine::{DEFAULT_IGNORED_DIRS, Options};
use codeintel_settings::{Settings, SettingsError, Source, nearest};
use codeintel_store::Wanted;
use codeintel_system::{OsSystem, OwnFolder, PythonEnvironment, ScanOptions, System, ToolRunner};

use crate::commands::worker_program;

/// More threads than this are of use to nobody, and a repository may ask for any number.
const MOST_THREADS: usize = 256;

/// Names of folders that are never entered.
fn ignored_folders(settings: &Settings) -> Vec<String> {
    let named = settings.list("ignore_dirs");
    if named.is_empty() { DEFAULT_IGNORED_DIRS.iter().map(|&name| name.to_owned()).collect() } else { named }
}

/// What the engine is asked to do, by the settings alone.
pub(crate) fn options(settings: &Settings, system: &dyn System) -> Result<Options, SettingsError> {
    let mut options = Options::new(repo(settings, system));
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let or = |number: u64, other: usize| if number == 0 { other } else { number.min(MOST_THREADS as u64) as usize };
    let jobs = or(settings.number("jobs"), cpus);
    options.workers = jobs;
    options.ast_workers = or(settings.number("ast_workers"), jobs);
    options.cst_workers = or(settings.number("cst_workers"), jobs);
    options.commit = settings.text("commit").map(str::to_owned);
    options.keep_snapshots = settings.number("keep_snapshots") as usize;
    options.scan.include = ScanOptions::globs(&settings.list("include_patterns"))?;
    options.scan.exclude = ScanOptions::globs(&settings.list("exclude_patterns"))?;
    options.scan.ignore_files = settings.is_on("ignore_files");
    options.scan.max_bytes = settings.number("max_file_bytes");
    options.scan.threads = jobs;
    options.scan.ignore_dirs = ignored_folders(settings);
    options.problems = settings.problems().to_vec();
    let names = settings.list("datasets");
    options.index = backend(settings) != Backend::None;
    if !names.is_empty() {
        let datasets = names.iter().map(|name| dataset(name)).collect::<Result<Vec<_>, _>>()?;
        options.index &= datasets.iter().any(|dataset| dataset.shows_documents());
        options.datasets = datasets.into_iter().flat_map(Dataset::facts).filter_map(Wanted::new).collect();
    }
    Ok(options)
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
    let is_default = *settings.source("scip.backend") == Source::Default;
    match settings.text("scip.backend") {
        Some("none") => Backend::None,
        Some("native") if !is_default => Backend::Native,
        _ if !settings.list("scip.command").is_empty() => Backend::Command,
        Some("scip-python") => Backend::ScipPython,
        _ => Backend::Native,
    }
}

/// Whether the settings say who makes SCIP documents.
pub(crate) fn names_backend(settings: &Settings) -> bool {
    *settings.source("scip.backend") != Source::Default || !settings.list("scip.command").is_empty()
}

/// What makes SCIP documents, by the settings.
pub(crate) fn indexer(settings: &Settings, system: &OsSystem, stays: bool) -> Box<dyn Indexer> {
    let tools = ToolRunner::new(settings.search_path());
    let project_name = project_name(settings, system);
    let project_version = settings.text("scip.project_version").unwrap_or("0").to_owned();
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
        Backend::ScipPython => IndexCommand::ScipPython(settings.text("scip.program").map(PathBuf::from)),
        Backend::Command => IndexCommand::Custom(settings.list("scip.command")),
    };
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = match settings.number("scip.workers") {
        0 => cpus.min(4),
        workers => workers as usize,
    };
    let options = ExternalOptions {
        command,
        mode: match settings.text("scip.mode") {
            Some("full") => IndexMode::Full,
            Some("incremental") => IndexMode::Incremental,
            _ => IndexMode::Auto,
        },
        workers: workers.min(cpus).min(4),
        timeout: Duration::from_secs(settings.number("scip.timeout")),
        project_name,
        project_version,
        environment: environment(settings, &tools),
        node_options: settings.node_options().to_owned(),
        root,
        is_trusted: settings.is_trusted(),
        folder: index_folder(settings),
    };
    Box::new(ExternalIndexer::new(options, tools))
}

/// The type checkers and linters that are asked for.
pub(crate) fn checkers(settings: &Settings) -> Vec<Box<dyn Checker>> {
    let enabled = settings.list("tools.enabled");
    known_checkers(settings, |tool| enabled.iter().any(|name| name == tool))
}

/// All type checkers and linters that could be asked for.
pub(crate) fn all_checkers(settings: &Settings) -> Vec<Box<dyn Checker>> {
    known_checkers(settings, |_| true)
}

fn known_checkers(settings: &Settings, is_wanted: impl Fn(&str) -> bool) -> Vec<Box<dyn Checker>> {
    let runner = ToolRunner::new(settings.search_path());
    let wanted: Vec<&str> = TOOLS.into_iter().filter(|tool| is_wanted(tool)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    // A tool runs the interpreter of its environment, and programs that lie beside it.
    let environment =
        if settings.is_trusted() { environment(settings, &runner) } else { own_environment(settings, &runner) };
    // A name without a folder is looked for.
    let program = |name: &str| if name.contains('/') { settings.root().join(name) } else { PathBuf::from(name) };
    let checker = |tool: &str| {
        let options = CheckerOptions {
            program: settings.text(&format!("tools.{tool}")).map(program),
            environment: environment.clone(),
            root: settings.root().to_owned(),
            is_trusted: settings.is_trusted(),
            user: settings.user().cloned(),
            ignored_folders: ignored_folders(settings),
            variables: settings.tool_variables().clone(),
            timeout: Duration::from_secs(settings.number("tools.timeout")),
        };
        Some(Box::new(CommandChecker::new(tool, options, runner.clone())?) as Box<dyn Checker>)
    };
    wanted.into_iter().filter_map(checker).collect()
}

/// The environment whose packages are read.
fn environment(settings: &Settings, tools: &ToolRunner) -> Option<PythonEnvironment> {
    let python = tools.find("python3", &[]);
    let named = settings.text("python").map(Path::new);
    PythonEnvironment::find(settings.root(), named, settings.active_environment(), python.as_deref())
}

/// The environment that the user has named or activated, or the one on the `PATH`; never one only because it lies in the repository.
fn own_environment(settings: &Settings, tools: &ToolRunner) -> Option<PythonEnvironment> {
    let python = tools.find("python3", &[]);
    match settings.text("python").filter(|_| settings.source("python").is_of_user()) {
        Some(named) => PythonEnvironment::of(&settings.root().join(named)),
        None => {
            [settings.active_environment(), python.as_deref()].into_iter().flatten().find_map(PythonEnvironment::of)
        }
    }
}

fn project_name(settings: &Settings, system: &dyn System) -> String {
    let at = |path: &[&str]| {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(settings.project(), |table, key| table.get(*key)?.as_table())?;
        table.get(*last)?.as_str().map(str::to_owned)
    };
    let given = settings.text("scip.project_name").map(str::to_owned);
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
    settings.text("scip.document_output_dir").map(|folder| OwnFolder::new(settings.root().join(folder)))
}

/// The slug of the repository: as it is given, else from the git remote, else the folder's name.
pub(crate) fn repo(settings: &Settings, system: &dyn System) -> String {
    let from_folder = || settings.root().file_name().map(|name| name.to_string_lossy().into_owned());
    let given = settings.text("repo").map(str::to_owned);
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
    use std::{env, fs};

    use codeintel_engine::{DEFAULT_INCLUDE, DEFAULT_MAX_BYTES};
    use codeintel_settings::{Definition, Guard, SETTINGS};

    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p codeintel` writes the page anew.
    #[test]
    fn the_page_of_settings_is_that_of_the_code() {
        let mut page = "# Settings\n\nEach setting can be made in the user's own file (`codeintel/config.toml` in `$XDG_CONFIG_HOME`, else in `~/.config`), in \
                        `[tool.codeintel]` of `pyproject.toml`, in `codeintel.toml`, in the environment and, for some, by a flag; later places win. `scip.mode` is the key `mode` of a table `scip` there. \
                        Lists in the environment are separated by commas. A key that is not known is an error. `codeintel config` prints every value and where it came from.\n\n\
                        A setting with a \u{2020} counts in a file of the repository only if the repository is [trusted](trust.md): it names a program, or a place \
                        outside of the repository. With (\u{2020}) that holds for places outside of the repository, and in folders such as `.git`, or for \
                        numbers above the one that is named, only.\n\n\
                        | key | environment | default | meaning |\n|---|---|---|---|\n"
            .to_owned();
        for Definition { key, default, doc, guard, .. } in SETTINGS {
            let mark = match guard {
                Guard::Nothing => String::new(),
                Guard::Places => " (\u{2020})".to_owned(),
                Guard::Programs | Guard::AllBut(_) => " \u{2020}".to_owned(),
                Guard::Above(most) => format!(" (\u{2020} above {most})"),
            };
            let variable = key.to_ascii_uppercase().replace('.', "_");
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            page += &format!("| `{key}`{mark} | `CODEINTEL_{variable}` | {default} | {doc} |\n");
        }
        let list = |items: &[&str]| items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ");
        page += &format!("\nFolders that are never entered by default: {}.\n", list(DEFAULT_IGNORED_DIRS));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(path, &page).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap_or_default(), page, "docs/settings.md is out of date");
    }

    #[test]
    fn defaults_are_those_of_the_engine() {
        let settings = Settings::from_places(tempfile::tempdir().unwrap().path(), false, []).unwrap();
        assert_eq!(settings.list("include_patterns"), DEFAULT_INCLUDE);
        assert_eq!(settings.number("max_file_bytes"), DEFAULT_MAX_BYTES);
    }
}
