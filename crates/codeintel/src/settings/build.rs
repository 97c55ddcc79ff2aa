//! What the settings mean for the engine: its options, who makes documents, and who finds defects.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codeintel_datasets::{Dataset, dataset_named};
use codeintel_engine::checks::{Checker, CheckerOptions, CommandChecker, TOOLS};
use codeintel_engine::scip::{
    ExternalIndexer, ExternalOptions, IndexCommand, IndexMode, Indexer, NativeIndexer, NativeOptions, NoIndexer,
};
use codeintel_engine::{DEFAULT_IGNORED_DIRS, Options};
use codeintel_store::Wanted;
use codeintel_system::{OsSystem, OwnFolder, PythonEnvironment, ScanOptions, System, ToolRunner};

use super::definitions::nearest;
use super::{Settings, SettingsError, Source};
use crate::commands::worker_program;

/// More threads than this are of use to nobody, and a repository may ask for any number.
const MOST_THREADS: usize = 256;

impl Settings {
    /// Names of folders that are never entered.
    fn ignored_folders(&self) -> Vec<String> {
        let named = self.list("ignore_dirs");
        if named.is_empty() { DEFAULT_IGNORED_DIRS.iter().map(|&name| name.to_owned()).collect() } else { named }
    }

    /// What the engine is asked to do, by the settings alone.
    pub(crate) fn options(&self, system: &dyn System) -> Result<Options, SettingsError> {
        let mut options = Options::new(self.repo(system));
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let or = |number: u64, other: usize| if number == 0 { other } else { number.min(MOST_THREADS as u64) as usize };
        let jobs = or(self.number("jobs"), cpus);
        options.workers = jobs;
        options.ast_workers = or(self.number("ast_workers"), jobs);
        options.cst_workers = or(self.number("cst_workers"), jobs);
        options.commit = self.text("commit").map(str::to_owned);
        options.keep_snapshots = self.number("keep_snapshots") as usize;
        options.scan.include = ScanOptions::globs(&self.list("include_patterns"))?;
        options.scan.exclude = ScanOptions::globs(&self.list("exclude_patterns"))?;
        options.scan.ignore_files = self.values["ignore_files"].0.as_bool().unwrap_or(true);
        options.scan.max_bytes = self.number("max_file_bytes");
        options.scan.threads = jobs;
        options.scan.ignore_dirs = self.ignored_folders();
        options.problems.clone_from(&self.problems);
        let names = self.list("datasets");
        options.index = self.backend() != Backend::None;
        if !names.is_empty() {
            let datasets = names.iter().map(|name| dataset(name)).collect::<Result<Vec<_>, _>>()?;
            options.index &= datasets.iter().any(|dataset| dataset.shows_documents());
            options.datasets = datasets.into_iter().flat_map(Dataset::facts).filter_map(Wanted::new).collect();
        }
        Ok(options)
    }
}

/// Who makes SCIP documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Native,
    None,
    ScipPython,
    Command,
}

impl Settings {
    /// A command that is given is meant to be run, unless something else was asked for.
    fn backend(&self) -> Backend {
        let is_default = *self.source("scip.backend") == Source::Default;
        match self.text("scip.backend") {
            Some("none") => Backend::None,
            Some("native") if !is_default => Backend::Native,
            _ if !self.list("scip.command").is_empty() => Backend::Command,
            Some("scip-python") => Backend::ScipPython,
            _ => Backend::Native,
        }
    }

    /// Whether the settings say who makes SCIP documents.
    pub(crate) fn names_backend(&self) -> bool {
        *self.source("scip.backend") != Source::Default || !self.list("scip.command").is_empty()
    }

    /// What makes SCIP documents, by the settings.
    pub(crate) fn indexer(&self, system: &OsSystem, stays: bool) -> Box<dyn Indexer> {
        let tools = ToolRunner::new(self.search_path.as_deref());
        let project_name = self.project_name(system);
        let project_version = self.text("scip.project_version").unwrap_or("0").to_owned();
        let root = self.root.clone();
        let command = match self.backend() {
            Backend::None => return Box::new(NoIndexer),
            Backend::Native => {
                let environment = self.environment(&tools);
                let options = NativeOptions { project_name, project_version, environment, root };
                let system = Arc::new(system.clone());
                return Box::new(match worker_program(stays) {
                    Some(program) => NativeIndexer::supervised(options, system, program),
                    None => NativeIndexer::new(options, system),
                });
            }
            Backend::ScipPython => IndexCommand::ScipPython(self.text("scip.program").map(PathBuf::from)),
            Backend::Command => IndexCommand::Custom(self.list("scip.command")),
        };
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = match self.number("scip.workers") {
            0 => cpus.min(4),
            workers => workers as usize,
        };
        let options = ExternalOptions {
            command,
            mode: match self.text("scip.mode") {
                Some("full") => IndexMode::Full,
                Some("incremental") => IndexMode::Incremental,
                _ => IndexMode::Auto,
            },
            workers: workers.min(cpus).min(4),
            timeout: Duration::from_secs(self.number("scip.timeout")),
            project_name,
            project_version,
            environment: self.environment(&tools),
            node_options: self.node_options.clone(),
            root,
            is_trusted: self.is_trusted,
            folder: self.index_folder(),
        };
        Box::new(ExternalIndexer::new(options, tools))
    }

    /// The type checkers and linters that are asked for.
    pub(crate) fn checkers(&self) -> Vec<Box<dyn Checker>> {
        let enabled = self.list("tools.enabled");
        self.known_checkers(|tool| enabled.iter().any(|name| name == tool))
    }

    /// All type checkers and linters that could be asked for.
    pub(crate) fn all_checkers(&self) -> Vec<Box<dyn Checker>> {
        self.known_checkers(|_| true)
    }

    fn known_checkers(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Box<dyn Checker>> {
        let runner = ToolRunner::new(self.search_path.as_deref());
        let wanted: Vec<&str> = TOOLS.into_iter().filter(|tool| is_wanted(tool)).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        // A tool runs the interpreter of its environment, and programs that lie beside it.
        let environment = if self.is_trusted { self.environment(&runner) } else { self.own_environment(&runner) };
        // A name without a folder is looked for.
        let program = |name: &str| if name.contains('/') { self.root.join(name) } else { PathBuf::from(name) };
        let checker = |tool: &str| {
            let options = CheckerOptions {
                program: self.text(&format!("tools.{tool}")).map(program),
                environment: environment.clone(),
                root: self.root.clone(),
                is_trusted: self.is_trusted,
                user: self.user.clone(),
                ignored_folders: self.ignored_folders(),
                variables: self.tool_variables.clone(),
                timeout: Duration::from_secs(self.number("tools.timeout")),
            };
            Some(Box::new(CommandChecker::new(tool, options, runner.clone())?) as Box<dyn Checker>)
        };
        wanted.into_iter().filter_map(checker).collect()
    }

    /// The environment whose packages are read.
    fn environment(&self, tools: &ToolRunner) -> Option<PythonEnvironment> {
        let python = tools.find("python3", &[]);
        let named = self.text("python").map(Path::new);
        PythonEnvironment::find(&self.root, named, self.active_environment.as_deref(), python.as_deref())
    }

    /// The environment that the user has named or activated, or the one on the `PATH`; never one only because it lies in the repository.
    fn own_environment(&self, tools: &ToolRunner) -> Option<PythonEnvironment> {
        let python = tools.find("python3", &[]);
        match self.text("python").filter(|_| self.source("python").is_of_user()) {
            Some(named) => PythonEnvironment::of(&self.root.join(named)),
            None => {
                [&self.active_environment, &python].into_iter().flatten().find_map(|path| PythonEnvironment::of(path))
            }
        }
    }

    fn project_name(&self, system: &dyn System) -> String {
        let at = |path: &[&str]| {
            let (last, tables) = path.split_last()?;
            let table = tables.iter().try_fold(&self.project, |table, key| table.get(*key)?.as_table())?;
            table.get(*last)?.as_str().map(str::to_owned)
        };
        let given = self.text("scip.project_name").map(str::to_owned);
        let named = given.or_else(|| at(&["project", "name"])).or_else(|| at(&["tool", "poetry", "name"]));
        named.unwrap_or_else(|| self.repo(system).rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Where what is exchanged with indexers lies: beside the database.
    pub(crate) fn index_folder(&self) -> OwnFolder {
        let database = self.database();
        let stem = database.file_stem().unwrap_or_default().to_string_lossy();
        let name = if self.is_default_database() { "scip".to_owned() } else { format!("{stem}.scip") };
        OwnFolder::below(database.parent().unwrap_or(&self.root), &name)
    }

    /// The folder that receives the index as files.
    pub(crate) fn document_output_dir(&self) -> Option<OwnFolder> {
        self.text("scip.document_output_dir").map(|folder| OwnFolder::new(self.root.join(folder)))
    }
}

/// Find a dataset by name.
pub(crate) fn dataset(name: &str) -> Result<&'static Dataset, SettingsError> {
    dataset_named(name).ok_or_else(|| {
        let names = codeintel_datasets::DATASETS.iter().flat_map(|dataset| [dataset.name, dataset.table()]);
        SettingsError::Dataset { name: name.to_owned(), nearest: nearest(name, names) }
    })
}
