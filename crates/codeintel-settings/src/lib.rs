//! What was asked for, from all the places where it can be said: defaults, then the user's own file, then `[tool.codeintel]` in
//! `pyproject.toml`, then `codeintel.toml`, then the environment, then flags. Later ones win. What a repository says may need trust.
//!
//! This crate knows how settings are written and which of them count. What they mean is for those who ask for their values.

mod definitions;
mod sources;
mod trust;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use codeintel_base::Problem;
use codeintel_system::UserFolders;
use toml::Value;

pub use self::definitions::{Definition, Guard, SETTINGS, nearest};
use self::definitions::{checked, find};
pub use self::sources::Source;
use self::sources::ignored;
pub use self::trust::{GuardedSetting, TrustedRepositories};

/// A setting that is wrong or not known.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such setting.
    #[error("{source_name}: there is no setting `{key}`{}", as_question(*nearest))]
    Unknown {
        /// Where it stands.
        source_name: String,
        /// Its key.
        key: String,
        /// The most similar one.
        nearest: Option<&'static str>,
    },
    /// It cannot have this value.
    #[error("{source_name}: `{key}` must be {expected}, not `{found}`")]
    Wrong {
        /// Where it stands.
        source_name: String,
        /// Its key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A file of settings cannot be read.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
    /// A dataset that is not known is asked for.
    #[error("there is no dataset `{name}`{}", as_question(*nearest))]
    Dataset {
        /// Its name.
        name: String,
        /// The most similar one.
        nearest: Option<&'static str>,
    },
    /// A pattern of paths is none.
    #[error("{0}")]
    Pattern(#[from] codeintel_system::OptionsError),
    /// A path that was typed cannot be worked with.
    #[error("{}: {message}", path.display())]
    Root {
        /// The path.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The database cannot be used.
    #[error("{0}")]
    Database(String),
}

fn as_question(nearest: Option<&'static str>) -> String {
    nearest.map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// Errors only.
    Error,
    /// What was done, too.
    Info,
    /// What was decided on the way, too.
    Debug,
}

/// Every setting's value with the place that it came from.
#[derive(Debug, PartialEq)]
pub struct Settings {
    root: PathBuf,
    values: BTreeMap<&'static str, (Value, Source)>,
    /// The settings of the repository's files that need trust, whether they are obeyed or not.
    guarded: Vec<GuardedSetting>,
    /// Whether they are, and programs that lie in the repository may be run.
    is_trusted: bool,
    /// What of the repository's files is not obeyed, by file.
    problems: Vec<(String, Problem)>,
    /// The repository's `pyproject.toml`.
    project: toml::Table,
    search_path: Option<OsString>,
    /// The virtual environment that is active.
    active_environment: Option<PathBuf>,
    /// Where the user keeps files of their own.
    user: Option<UserFolders>,
    /// Where the user keeps what programs remember: the first that can be used.
    state_folders: Vec<PathBuf>,
    /// The database that is used, if it is another one than the settings say.
    place: Option<PathBuf>,
    /// Variables that configure tools.
    tool_variables: BTreeMap<String, String>,
    /// What Node.js is told.
    node_options: String,
}

impl Settings {
    /// What is to be said of what does not count in the repository's files: at most one line on trust.
    pub fn warnings(&self) -> Vec<String> {
        let is_on_trust = |file: &str| !self.is_trusted && self.guarded.iter().any(|guarded| guarded.file == file);
        let others = self.problems.iter().filter(|(file, _)| !is_on_trust(file));
        let mut lines: Vec<String> = others.map(|(file, problem)| format!("{file}: {}", problem.message)).collect();
        if !self.is_trusted && !self.guarded.is_empty() {
            let mut keys: Vec<&str> = self.guarded.iter().map(|guarded| guarded.key).collect();
            keys.dedup();
            lines.push(format!(
                "{}: this repository is not trusted, and programs, places outside of it or large limits are named; see `codeintel trust`",
                ignored(&keys)
            ));
        }
        lines
    }

    /// The settings of the repository's files that need trust.
    pub fn guarded(&self) -> &[GuardedSetting] {
        &self.guarded
    }

    /// Whether the user trusts the repository.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// The repositories that the user trusts; none where the user has no folder to say so.
    pub fn trusted_repositories(&self) -> Option<TrustedRepositories> {
        self.user.as_ref().map(TrustedRepositories::of)
    }

    /// Where the user keeps what programs remember.
    pub fn state_folders(&self) -> Vec<PathBuf> {
        self.state_folders.clone()
    }

    /// A flag was given.
    pub fn set(&mut self, key: &'static str, flag: &str, value: Option<impl Into<Value>>) -> Result<(), SettingsError> {
        if let Some(value) = value {
            let value = checked(find(key, flag)?, value.into(), flag)?;
            self.values.insert(key, (value, Source::Flag(flag.to_owned())));
        }
        Ok(())
    }

    /// Every setting with its value and source, in the order of the list.
    pub fn all(&self) -> impl Iterator<Item = (&'static Definition, &Value, &Source)> {
        SETTINGS.iter().map(|definition| {
            let (value, source) = &self.values[definition.key];
            (definition, value, source)
        })
    }

    /// A text that is not empty.
    ///
    /// # Panics
    /// Like all that ask for a value, if there is no setting of this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values[key].0.as_str().filter(|text| !text.is_empty())
    }

    /// The texts of a list.
    pub fn list(&self, key: &str) -> Vec<String> {
        let items = self.values[key].0.as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// A whole number.
    pub fn number(&self, key: &str) -> u64 {
        self.values[key].0.as_integer().unwrap_or_default() as u64
    }

    /// Where the database is: where the settings say, unless another place was decided on.
    pub fn database(&self) -> PathBuf {
        self.place.clone().unwrap_or_else(|| self.named_database())
    }

    /// Where the settings say that the database is.
    pub fn named_database(&self) -> PathBuf {
        self.root.join(self.text("db").unwrap_or_default())
    }

    /// Use another database than the settings say.
    pub fn use_database(&mut self, path: PathBuf) {
        self.place = Some(path);
    }

    /// Whether the database lies where it lies by default, in a folder of codeintel's own.
    pub fn is_default_database(&self) -> bool {
        *self.source("db") == Source::Default
    }

    /// Whether the user means one certain file with the database: it was named by a flag or by an absolute path, or by a trusted repository
    /// and lies outside of it. Any other path leads to what a repository may have brought along.
    pub fn names_one_database(&self) -> bool {
        let is_absolute = Path::new(self.text("db").unwrap_or_default()).is_absolute();
        match self.source("db") {
            Source::Default => false,
            Source::Flag(_) => true,
            Source::User(_) | Source::Environment(_) => is_absolute,
            Source::Repository(file) => self.guarded.iter().any(|guarded| guarded.key == "db" && guarded.file == *file),
        }
    }

    /// Whether something is wanted.
    pub fn is_on(&self, key: &str) -> bool {
        self.values[key].0.as_bool().unwrap_or_default()
    }

    /// Where a value came from.
    pub fn source(&self, key: &str) -> &Source {
        &self.values[key].1
    }

    /// How long to wait for another process that has the database open.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.number("lock_timeout"))
    }

    /// The bytes of memory that a query may use.
    pub fn query_memory(&self) -> u64 {
        self.text("query.memory_limit").and_then(definitions::bytes).unwrap_or_default()
    }

    /// How long a query may take.
    pub fn query_timeout(&self) -> Duration {
        Duration::from_secs(self.number("query.timeout"))
    }

    /// The share of facts above which those that nobody needs are removed.
    pub fn gc_share(&self) -> f64 {
        let value = &self.values["gc_share"].0;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).unwrap_or(1.0)
    }

    /// How much is said on standard error.
    pub fn log(&self) -> Log {
        match self.text("log") {
            Some("error") => Log::Error,
            Some("debug") => Log::Debug,
            _ => Log::Info,
        }
    }

    /// The repository's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What of the repository's files is not obeyed, by file.
    pub fn problems(&self) -> &[(String, Problem)] {
        &self.problems
    }

    /// The repository's `pyproject.toml`.
    pub fn project(&self) -> &toml::Table {
        &self.project
    }

    /// Where programs are looked for.
    pub fn search_path(&self) -> Option<&OsStr> {
        self.search_path.as_deref()
    }

    /// The virtual environment that is active.
    pub fn active_environment(&self) -> Option<&Path> {
        self.active_environment.as_deref()
    }

    /// Where the user keeps files of their own.
    pub fn user(&self) -> Option<&UserFolders> {
        self.user.as_ref()
    }

    /// Variables that configure tools.
    pub fn tool_variables(&self) -> &BTreeMap<String, String> {
        &self.tool_variables
    }

    /// What Node.js is told.
    pub fn node_options(&self) -> &str {
        &self.node_options
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(pyproject: &str, own: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pyproject.toml"), pyproject).unwrap();
        fs::write(dir.path().join("codeintel.toml"), own).unwrap();
        let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Settings::from_places(dir.path(), false, environment)
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
    fn what_names_a_program_counts_from_the_user_and_from_a_trusted_repository_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo").canonicalize().unwrap_or_else(|_| dir.path().join("repo"));
        fs::create_dir_all(dir.path().join("config/codeintel")).unwrap();
        fs::create_dir_all(&root).unwrap();
        let root = root.canonicalize().unwrap();
        let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
        write(
            "config/codeintel/config.toml",
            "jobs = 7\nkeep_snapshots = 7\ntools.ruff = 'mine'\nscip.program = 'mine'",
        );
        write("repo/pyproject.toml", "[tool.codeintel]\njobs = 2\ntools.pyright = './p'\nscip.backend = 'scip-python'");
        write("repo/codeintel.toml", "db = '../x'\ntools = { ruff = './r', timeout = 5 }");
        let config = dir.path().join("config").to_string_lossy().into_owned();
        let read = |is_trusted: bool, more: &[(&str, &str)]| {
            let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let environment = [("XDG_CONFIG_HOME".to_owned(), config.clone())].into_iter().chain(more);
            Settings::from_places(&root, is_trusted, environment).unwrap()
        };
        let values = |settings: &Settings| {
            let keys = [
                "jobs",
                "keep_snapshots",
                "tools.ruff",
                "tools.pyright",
                "scip.backend",
                "scip.program",
                "db",
                "tools.timeout",
            ];
            keys.map(|key| settings.values[key].0.to_string().replace('"', ""))
        };
        let untrusted = read(false, &[]);
        assert_eq!(values(&untrusted), ["2", "7", "mine", "", "native", "mine", ".codeintel/codeintel.duckdb", "5"]);
        let rows: Vec<String> =
            untrusted.problems.iter().map(|(file, problem)| format!("{file}: {}", problem.message)).collect();
        let why =
            "ignored until the repository is trusted, since programs, places outside of it or large limits are named";
        let expected = [
            format!("pyproject.toml: `scip.backend`, `tools.pyright` are {why}"),
            format!("codeintel.toml: `db`, `tools.ruff` are {why}"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(untrusted.warnings().len(), 1, "{:?}", untrusted.warnings());
        let all = ["2", "7", "./r", "./p", "scip-python", "mine", "../x", "5"];
        assert_eq!(values(&read(true, &[])), all);
        assert_eq!(values(&read(false, &[("CODEINTEL_TRUST", "1")])), all);
        assert_eq!(values(&read(false, &[("CODEINTEL_TRUST", "0")])), values(&untrusted));
        assert_eq!(values(&read(false, &[("CODEINTEL_TOOLS_RUFF", "typed")]))[2], "typed");
        untrusted.trusted_repositories().unwrap().grant(&root, untrusted.guarded()).unwrap();
        let trusted = read(false, &[]);
        assert_eq!(
            (values(&trusted), trusted.problems.len(), trusted.warnings().len()),
            (all.map(str::to_owned), 0, 0)
        );
        write("repo/codeintel.toml", "db = '../y'");
        let changed = read(false, &[]);
        assert_eq!((values(&changed)[3].as_str(), changed.problems.len()), ("", 2), "trust is in all of them together");
    }

    #[test]
    fn what_is_no_file_is_a_problem_and_never_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir(root.join("codeintel.toml")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("pyproject.toml")).status().unwrap().success());
        let settings = Settings::from_places(root, false, []).unwrap();
        let expected = ["pyproject.toml", "codeintel.toml"]
            .map(|file| format!("{file}: not a regular file; nothing in it counts"));
        assert_eq!(settings.warnings(), expected);
    }

    #[test]
    fn a_broken_file_of_other_tools_is_a_problem_and_a_broken_one_of_ours_an_error() {
        let settings = read("a = [", "jobs = 2", &[]).unwrap();
        assert_eq!(shown(&settings, "jobs"), "2 (codeintel.toml)");
        assert!(settings.warnings()[0].starts_with("pyproject.toml: ") && settings.warnings().len() == 1);
        assert!(read("", "a = [", &[]).is_err());
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
}
