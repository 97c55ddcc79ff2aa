//! What was asked for, from all the places where it can be said: defaults, then `[tool.codeintel]` in `pyproject.toml`,
//! then `codeintel.toml`, then the environment, then flags. Later ones win.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
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
use codeintel_system::{OsSystem, OwnFolder, PythonEnvironment, ScanOptions, System, ToolRunner, UserFolders};
use toml::Value;

use crate::commands::worker_program;

/// A setting that can be made in a file, in the environment or by a flag.
pub(crate) struct Definition {
    /// Its key in files; a dot stands for a table. In the environment it is `CODEINTEL_` and the key in capitals, with `_`
    /// in place of the dot.
    pub(crate) key: &'static str,
    kind: Kind,
    /// The default as shown to people.
    pub(crate) default: &'static str,
    /// One or two sentences.
    pub(crate) doc: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    List,
    ListOf(&'static [&'static str]),
    Boolean,
    OneOf(&'static [&'static str]),
    /// A whole number that is at least so large.
    Number(u64),
    /// From 0 to 1.
    Share,
}

/// All settings. The page `docs/settings.md` is made from this list.
pub(crate) const SETTINGS: &[Definition] = &[
    define("db", Kind::Text, ".codeintel/codeintel.duckdb", "Database file, from the repository's root."),
    define(
        "repo",
        Kind::Text,
        "",
        "Slug of the repository. Empty: from the git remote `origin`, else the folder's name.",
    ),
    define("commit", Kind::Text, "", "Label of the snapshot. Empty: HEAD's hash, or `worktree` outside of git."),
    define(
        "datasets",
        Kind::List,
        "",
        "Datasets to extract. Empty: all. Those that the database already has are kept true as well.",
    ),
    define(
        "include_patterns",
        Kind::List,
        "*.py, *.pyi",
        "Patterns of the files to scan. A pattern without `/` matches the name in any folder.",
    ),
    define("exclude_patterns", Kind::List, "", "Patterns of files and folders to leave out."),
    define(
        "ignore_dirs",
        Kind::List,
        "",
        "Names of folders that are never entered. Empty: environments, caches, builds and version control.",
    ),
    define("ignore_files", Kind::Boolean, "true", "Whether `.gitignore`, `.ignore` and git's own excludes are obeyed."),
    define("max_file_bytes", Kind::Number(1), "16777216", "Larger files are left out, with a row in `core.problems`."),
    define("jobs", Kind::Number(0), "0", "Threads that read, parse and extract. 0: the number of CPUs."),
    define(
        "ast_workers",
        Kind::Number(0),
        "0",
        "At most so many of them parse and extract syntax trees. 0: no bound of its own.",
    ),
    define(
        "cst_workers",
        Kind::Number(0),
        "0",
        "The same for concrete syntax trees. One parse serves both, so the smaller bound holds where both are wanted.",
    ),
    define(
        "scip.backend",
        Kind::OneOf(&["native", "scip-python", "none"]),
        "native",
        "Who makes SCIP documents: codeintel itself, `scip-python`, or `none`, which keeps those that were imported as long as they hold.",
    ),
    define(
        "scip.command",
        Kind::List,
        "",
        "Another program, by its name or its path from the repository's root, and its arguments, run in place of scip-python. `{root}` stands for the repository, `{output}` for the \
         index to be written, an argument `{targets}` for the files to be indexed; without that one, and where all files are \
         missing, everything is.",
    ),
    define(
        "scip.program",
        Kind::Text,
        "",
        "Where scip-python is, from the repository's root. Empty: in `node_modules/.bin` or on the `PATH`.",
    ),
    define(
        "scip.mode",
        Kind::OneOf(&["auto", "full", "incremental"]),
        "auto",
        "What the program indexes when documents are missing: everything, what is missing, or whichever is cheaper.",
    ),
    define(
        "scip.workers",
        Kind::Number(0),
        "0",
        "Programs that index at the same time. 0: the number of CPUs, but at most 4.",
    ),
    define("scip.timeout", Kind::Number(1), "3600", "Seconds after which such a program is stopped."),
    define(
        "scip.project_name",
        Kind::Text,
        "",
        "Name of the project in symbols. Empty: from `pyproject.toml`, else the last part of the repository's slug.",
    ),
    define(
        "scip.project_version",
        Kind::Text,
        "0",
        "Version of the project in symbols. If it changes, all symbols do.",
    ),
    define(
        "scip.document_output_dir",
        Kind::Text,
        "",
        "Folder that receives `index.scip` and `index.scip.json` after each run that changed them. Empty: they are not written.",
    ),
    define(
        "python",
        Kind::Text,
        "",
        "Interpreter, or folder of a virtual environment, whose packages imports are resolved in. Empty: the active \
         environment, else `.venv` or `venv`, else the first `python3` on the `PATH`.",
    ),
    define(
        "tools.enabled",
        Kind::ListOf(&TOOLS),
        "",
        "Type checkers and linters whose findings are kept: `pyright`, `pyrefly`, `ruff`. Each is run with its own configuration.",
    ),
    define(
        "tools.pyright",
        Kind::Text,
        "",
        "Where pyright is, from the repository's root. Empty: beside the interpreter of `python`, in `node_modules/.bin` or on the `PATH`.",
    ),
    define("tools.pyrefly", Kind::Text, "", "The same for pyrefly."),
    define("tools.ruff", Kind::Text, "", "The same for ruff."),
    define("tools.timeout", Kind::Number(1), "3600", "Seconds after which such a tool is stopped."),
    define("keep_snapshots", Kind::Number(1), "10", "How many commits of a repository are kept."),
    define(
        "gc_share",
        Kind::Share,
        "0.5",
        "Facts that no kept snapshot needs are removed when they are more than this share.",
    ),
    define("lock_timeout", Kind::Number(0), "30", "Seconds to wait for another process that has the database open."),
    define(
        "log",
        Kind::OneOf(&["error", "info", "debug"]),
        "info",
        "How much is said on standard error: `error`, `info` or `debug`.",
    ),
];

const fn define(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Definition {
    Definition { key, kind, default, doc }
}

/// A setting that is wrong or not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("{source_name}: there is no setting `{key}`{}", nearest.map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?")))]
    Unknown { source_name: String, key: String, nearest: Option<&'static str> },
    #[error("{source_name}: `{key}` must be {expected}, not `{found}`")]
    Wrong { source_name: String, key: &'static str, expected: String, found: String },
    #[error("{path}: {message}")]
    File { path: String, message: String },
    #[error("there is no dataset `{name}`{}", nearest.map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?")))]
    Dataset { name: String, nearest: Option<&'static str> },
    #[error("{0}")]
    Pattern(#[from] codeintel_system::OptionsError),
    #[error("{}: {message}", path.display())]
    Root { path: PathBuf, message: String },
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Log {
    Error,
    Info,
    Debug,
}

/// Every setting's value with the place that it came from.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    root: PathBuf,
    values: BTreeMap<&'static str, (Value, String)>,
    /// The repository's `pyproject.toml`.
    project: toml::Table,
    search_path: Option<OsString>,
    /// The virtual environment that is active.
    active_environment: Option<PathBuf>,
    /// Where the user keeps files of their own.
    user: Option<UserFolders>,
    /// Variables that configure tools.
    tool_variables: BTreeMap<String, String>,
    /// What Node.js is told.
    node_options: String,
}

impl Settings {
    /// Read all places but the flags, for a repository's root.
    pub(crate) fn read(root: &Path) -> Result<Self, SettingsError> {
        let environment =
            env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::from_places(root, environment)
    }

    fn from_places(root: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let mut settings = Self {
            root: root.to_owned(),
            values: BTreeMap::new(),
            project: toml::Table::new(),
            search_path: None,
            active_environment: None,
            user: None,
            tool_variables: BTreeMap::new(),
            node_options: String::new(),
        };
        for definition in SETTINGS {
            let value = parse(definition, definition.default, "default")?;
            settings.values.insert(definition.key, (value, "default".to_owned()));
        }
        let pyproject = read_toml(&root.join("pyproject.toml"))?;
        let tool = pyproject.get("tool").and_then(|tool| tool.get("codeintel")).and_then(Value::as_table);
        for (table, name) in
            [(tool.cloned(), "pyproject.toml"), (Some(read_toml(&root.join("codeintel.toml"))?), "codeintel.toml")]
        {
            for (key, value) in table.map(|table| flattened("", table)).unwrap_or_default() {
                let definition = find(&key, name)?;
                settings.values.insert(definition.key, (checked(definition, value, name)?, name.to_owned()));
            }
        }
        let (mut home, mut config) = (None, None);
        let is_of_tool =
            |variable: &str| TOOLS.iter().any(|tool| variable.starts_with(&format!("{}_", tool.to_ascii_uppercase())));
        for (variable, text) in environment {
            match variable.as_str() {
                "PATH" => settings.search_path = Some(text.into()),
                "VIRTUAL_ENV" if !text.is_empty() => settings.active_environment = Some(text.into()),
                "NODE_OPTIONS" => settings.node_options = text,
                "HOME" => home = Some(PathBuf::from(text)),
                "XDG_CONFIG_HOME" if !text.is_empty() => config = Some(PathBuf::from(text)),
                name if is_of_tool(name) || name == "PYTHONPATH" => settings.tool_variables.extend([(variable, text)]),
                _ => settings.set_from_environment(&variable, &text)?,
            }
        }
        settings.user = home.map(|home| UserFolders { config: config.unwrap_or_else(|| home.join(".config")), home });
        settings.project = pyproject;
        Ok(settings)
    }

    fn set_from_environment(&mut self, variable: &str, text: &str) -> Result<(), SettingsError> {
        let Some(name) = variable.strip_prefix("CODEINTEL_") else { return Ok(()) };
        let name = name.to_ascii_lowercase();
        let known = SETTINGS.iter().find(|definition| definition.key.replace('.', "_") == name);
        let definition = known.map_or_else(|| find(&name, variable), Ok)?;
        self.values.insert(definition.key, (parse(definition, text, variable)?, variable.to_owned()));
        Ok(())
    }

    /// A flag was given.
    pub(crate) fn set(
        &mut self,
        key: &'static str,
        flag: &str,
        value: Option<impl Into<Value>>,
    ) -> Result<(), SettingsError> {
        if let Some(value) = value {
            let value = checked(find(key, flag)?, value.into(), flag)?;
            self.values.insert(key, (value, flag.to_owned()));
        }
        Ok(())
    }

    /// Every setting with its value and source, in the order of the list.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static Definition, &Value, &str)> {
        SETTINGS.iter().map(|definition| {
            let (value, source) = &self.values[definition.key];
            (definition, value, source.as_str())
        })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.values[key].0.as_str().filter(|text| !text.is_empty())
    }

    fn list(&self, key: &str) -> Vec<String> {
        let items = self.values[key].0.as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn number(&self, key: &str) -> u64 {
        self.values[key].0.as_integer().unwrap_or_default() as u64
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join(self.text("db").unwrap_or_default())
    }

    /// Whether the database lies where it lies by default, in a folder of codeintel's own.
    pub(crate) fn is_default_database(&self) -> bool {
        self.values["db"].1 == "default"
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.number("lock_timeout"))
    }

    pub(crate) fn gc_share(&self) -> f64 {
        let value = &self.values["gc_share"].0;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).unwrap_or(1.0)
    }

    pub(crate) fn log(&self) -> Log {
        match self.text("log") {
            Some("error") => Log::Error,
            Some("debug") => Log::Debug,
            _ => Log::Info,
        }
    }

    pub(crate) fn repo(&self, system: &dyn System) -> String {
        let from_folder = || self.root.file_name().map(|name| name.to_string_lossy().into_owned());
        let given = self.text("repo").map(str::to_owned);
        given.or_else(|| system.slug()).or_else(from_folder).unwrap_or_else(|| "repository".to_owned())
    }

    /// Names of folders that are never entered.
    fn ignored_folders(&self) -> Vec<String> {
        let named = self.list("ignore_dirs");
        if named.is_empty() { DEFAULT_IGNORED_DIRS.iter().map(|&name| name.to_owned()).collect() } else { named }
    }

    /// What the engine is asked to do, by the settings alone.
    pub(crate) fn options(&self, system: &dyn System) -> Result<Options, SettingsError> {
        let mut options = Options::new(self.repo(system));
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let or = |number: u64, other: usize| if number == 0 { other } else { number as usize };
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
        let is_default = self.values["scip.backend"].1 == "default";
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
        self.values["scip.backend"].1 != "default" || !self.list("scip.command").is_empty()
    }

    /// What makes SCIP documents, by the settings. With `stays`, what it has learnt is kept for the next run.
    pub(crate) fn indexer(&self, system: &OsSystem, stays: bool) -> Box<dyn Indexer> {
        let tools = ToolRunner::new(self.search_path.as_deref());
        let project_name = self.project_name(system);
        let project_version = self.text("scip.project_version").unwrap_or("0").to_owned();
        let environment = self.environment(&tools);
        let root = self.root.clone();
        let command = match self.backend() {
            Backend::None => return Box::new(NoIndexer),
            Backend::Native => {
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
            environment,
            node_options: self.node_options.clone(),
            root,
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
        let environment = self.environment(&runner);
        // A name without a folder is looked for.
        let program = |name: &str| if name.contains('/') { self.root.join(name) } else { PathBuf::from(name) };
        let checker = |tool: &str| {
            let options = CheckerOptions {
                program: self.text(&format!("tools.{tool}")).map(program),
                environment: environment.clone(),
                root: self.root.clone(),
                user: self.user.clone(),
                ignored_folders: self.ignored_folders(),
                variables: self.tool_variables.clone(),
                timeout: Duration::from_secs(self.number("tools.timeout")),
            };
            Some(Box::new(CommandChecker::new(tool, options, runner.clone())?) as Box<dyn Checker>)
        };
        wanted.into_iter().filter_map(checker).collect()
    }

    fn environment(&self, tools: &ToolRunner) -> Option<PythonEnvironment> {
        let python = tools.find("python3", &[]);
        let named = self.text("python").map(Path::new);
        PythonEnvironment::find(&self.root, named, self.active_environment.as_deref(), python.as_deref())
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
        OwnFolder::new(if self.is_default_database() {
            database.with_file_name("scip")
        } else {
            database.with_extension("scip")
        })
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

fn find(key: &str, source_name: &str) -> Result<&'static Definition, SettingsError> {
    SETTINGS.iter().find(|definition| definition.key == key).ok_or_else(|| SettingsError::Unknown {
        source_name: source_name.to_owned(),
        key: key.to_owned(),
        nearest: nearest(key, SETTINGS.iter().map(|definition| definition.key)),
    })
}

/// The most similar name, if one is similar at all.
fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let scored = names.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(score, _)| *score > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// The settings of a table and of those in it, with dots between the names of tables and keys.
fn flattened(prefix: &str, table: toml::Table) -> Vec<(String, Value)> {
    let entry = |(key, value)| match value {
        Value::Table(inner) => flattened(&format!("{prefix}{key}."), inner),
        value => vec![(format!("{prefix}{key}"), value)],
    };
    table.into_iter().flat_map(entry).collect()
}

fn read_toml(path: &Path) -> Result<toml::Table, SettingsError> {
    let error = |message: String| SettingsError::File { path: path.display().to_string(), message };
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|found: toml::de::Error| error(found.message().to_owned())),
        Err(found) if found.kind() == std::io::ErrorKind::NotFound => Ok(toml::Table::new()),
        Err(found) => Err(error(found.to_string())),
    }
}

/// A value from text, as in the environment.
fn parse(definition: &Definition, text: &str, source_name: &str) -> Result<Value, SettingsError> {
    let value = match definition.kind {
        Kind::Text | Kind::OneOf(_) => Some(Value::String(text.to_owned())),
        Kind::List | Kind::ListOf(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.map(|item| Value::String(item.to_owned())).collect::<Vec<_>>().into())
        }
        Kind::Boolean => match text {
            "true" | "1" | "yes" | "on" => Some(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::Number(_) => text.trim().parse().ok().map(Value::Integer),
        Kind::Share => text.trim().parse().ok().map(Value::Float),
    };
    checked(definition, value.unwrap_or_else(|| Value::String(text.to_owned())), source_name)
}

fn checked(definition: &Definition, value: Value, source_name: &str) -> Result<Value, SettingsError> {
    let is_right = match definition.kind {
        Kind::Text => value.is_str(),
        Kind::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Kind::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_str)),
        Kind::ListOf(words) => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.as_str().is_some_and(|word| words.contains(&word)))),
        Kind::Boolean => value.is_bool(),
        Kind::Number(least) => value.as_integer().is_some_and(|number| u64::try_from(number).is_ok_and(|n| n >= least)),
        Kind::Share => {
            let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
            number.is_some_and(|number| (0.0..=1.0).contains(&number))
        }
    };
    if is_right {
        return Ok(value);
    }
    let expected = match definition.kind {
        Kind::Text => "a text",
        Kind::OneOf(words) => &quoted(words),
        Kind::List => "a list of texts",
        Kind::ListOf(words) => &format!("a list of {}", quoted(words)),
        Kind::Boolean => "true or false",
        Kind::Number(0) => "a whole number",
        Kind::Number(_) => "a whole number of at least 1",
        Kind::Share => "a number from 0 to 1",
    };
    let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (source_name, expected) = (source_name.to_owned(), expected.to_owned());
    Err(SettingsError::Wrong { source_name, key: definition.key, expected, found })
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use codeintel_engine::{DEFAULT_INCLUDE, DEFAULT_MAX_BYTES};

    use super::*;

    fn read(pyproject: &str, own: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pyproject.toml"), pyproject).unwrap();
        fs::write(dir.path().join("codeintel.toml"), own).unwrap();
        let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Settings::from_places(dir.path(), environment)
    }

    fn shown(settings: &Settings, key: &str) -> String {
        settings
            .all()
            .find(|(found, ..)| found.key == key)
            .map(|(_, value, source)| format!("{value} ({source})"))
            .unwrap()
    }

    #[test]
    fn later_places_win() {
        let pyproject = "[tool.codeintel]\njobs = 2\nrepo = 'a/b'\nkeep_snapshots = 3\n";
        let mut settings =
            read(pyproject, "jobs = 3\nrepo = 'c/d'", &[("CODEINTEL_JOBS", "4"), ("HOME", "x")]).unwrap();
        assert_eq!(shown(&settings, "keep_snapshots"), "3 (pyproject.toml)");
        assert_eq!(shown(&settings, "repo"), "\"c/d\" (codeintel.toml)");
        assert_eq!(shown(&settings, "jobs"), "4 (CODEINTEL_JOBS)");
        assert_eq!(shown(&settings, "ignore_files"), "true (default)");
        settings.set("jobs", "--jobs", Some(5_i64)).unwrap();
        assert_eq!(shown(&settings, "jobs"), "5 (--jobs)");
    }

    #[test]
    fn lists_come_from_text_and_from_toml() {
        let settings = read("", "ignore_dirs = ['a']", &[("CODEINTEL_INCLUDE_PATTERNS", "*.py, x/*.pyi")]).unwrap();
        assert_eq!(settings.list("ignore_dirs"), ["a"]);
        assert_eq!(settings.list("include_patterns"), ["*.py", "x/*.pyi"]);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let check = |pyproject: &str, own: &str, environment: &[(&str, &str)], expected: &str| {
            assert_eq!(read(pyproject, own, environment).unwrap_err().to_string(), expected);
        };
        check("", "job = 1", &[], "codeintel.toml: there is no setting `job`; did you mean `jobs`?");
        check("[tool.codeintel]\nzzz = 1", "", &[], "pyproject.toml: there is no setting `zzz`");
        check(
            "",
            "",
            &[("CODEINTEL_AST_WORKER", "1")],
            "CODEINTEL_AST_WORKER: there is no setting `ast_worker`; did you mean `ast_workers`?",
        );
        check(
            "",
            "keep_snapshots = 0",
            &[],
            "codeintel.toml: `keep_snapshots` must be a whole number of at least 1, not `0`",
        );
        check(
            "",
            "",
            &[("CODEINTEL_GC_SHARE", "2")],
            "CODEINTEL_GC_SHARE: `gc_share` must be a number from 0 to 1, not `2.0`",
        );
        check(
            "",
            "tools.enabled = ['mypy']",
            &[],
            "codeintel.toml: `tools.enabled` must be a list of `pyrefly`, `pyright`, `ruff`, not `[\"mypy\"]`",
        );
        check("", "ignore_files = 'maybe'", &[], "codeintel.toml: `ignore_files` must be true or false, not `maybe`");
    }

    /// `UPDATE_DOCS=1 cargo test -p codeintel` writes the page anew.
    #[test]
    fn the_page_of_settings_is_that_of_the_code() {
        let mut page = "# Settings\n\nEach setting can be made in `[tool.codeintel]` of `pyproject.toml`, in `codeintel.toml`, in the \
                        environment and, for some, by a flag; later places win. `scip.mode` is the key `mode` of a table `scip` there. \
                        Lists in the environment are separated by commas. A key that is not known is an error. `codeintel config` prints every value and where it came from.\n\n\
                        | key | environment | default | meaning |\n|---|---|---|---|\n"
            .to_owned();
        for Definition { key, default, doc, .. } in SETTINGS {
            let variable = key.to_ascii_uppercase().replace('.', "_");
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            page += &format!("| `{key}` | `CODEINTEL_{variable}` | {default} | {doc} |\n");
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
        let settings = read("", "", &[]).unwrap();
        assert_eq!(settings.list("include_patterns"), DEFAULT_INCLUDE);
        assert_eq!(settings.number("max_file_bytes"), DEFAULT_MAX_BYTES);
    }
}
