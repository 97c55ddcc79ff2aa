//! Checkers that are other programs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use codeintel_base::ContentHash;
use codeintel_system::{
    ConfigurationFiles, PythonEnvironment, ScanOptions, ToolCall, ToolOutput, ToolRunner, UserFolders, configuration,
    parse_configuration, sources_below,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::checker::{CheckFile, CheckRequest, Checked, Checker, CheckerIdentity, KnownProgram, Reach};
use crate::environment::stamp;
use crate::producers::ProducerError;

/// To be raised whenever other findings are read from the same output, or other files taken to be left out.
const VERSION: u32 = 1;

/// More output than this is none that a tool should have.
const MAX_OUTPUT: usize = 1 << 30;

/// What there is to know of a tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) reach: Reach,
    pub(super) configuration: ConfigurationFiles<'static>,
    /// What to do where it is not there.
    pub(super) installation: &'static str,
    pub(super) check: fn(&Call<'_>, &CheckRequest<'_>) -> Result<Checked, ProducerError>,
}

/// What a checker that is another program is told.
#[derive(Debug, Clone)]
pub struct CheckerOptions {
    /// The program; where there is none, it is looked for in the environment, in `node_modules` and on the `PATH`.
    pub program: Option<PathBuf>,
    /// The Python environment in which imports are resolved. Its programs may be run.
    pub environment: Option<PythonEnvironment>,
    /// Where the repository is.
    pub root: PathBuf,
    /// Whether programs that lie in the repository may be run.
    pub is_trusted: bool,
    /// Where a user's own configuration is.
    pub user: Option<UserFolders>,
    /// Folders of these names hold no sources of the repository.
    pub ignored_folders: Vec<String>,
    /// Variables of the environment that configure a tool, or say where modules are found.
    pub variables: BTreeMap<String, String>,
    /// The program is stopped after this time.
    pub timeout: Duration,
}

/// Lets another program find defects.
pub struct CommandChecker {
    tool: &'static Tool,
    options: CheckerOptions,
    runner: ToolRunner,
    /// The program and the configuration that were found.
    found: Option<(PathBuf, BTreeMap<PathBuf, String>)>,
}

impl std::fmt::Debug for CommandChecker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandChecker").field("tool", &self.tool.name).finish_non_exhaustive()
    }
}

impl CommandChecker {
    pub(super) fn of(tool: &'static Tool, options: CheckerOptions, runner: ToolRunner) -> Self {
        Self { tool, options, runner, found: None }
    }

    fn find(&self) -> Result<PathBuf, ProducerError> {
        let CheckerOptions { program, environment, root, is_trusted, .. } = &self.options;
        let name = program.as_ref().map_or(self.tool.name.into(), |program| program.to_string_lossy());
        let of_environment = environment.as_ref().and_then(bin).map(Path::to_owned);
        let of_repository = root.join("node_modules/.bin");
        let own: Vec<PathBuf> = of_environment.into_iter().chain(is_trusted.then_some(of_repository)).collect();
        self.runner.find(&name, &own).ok_or_else(|| ProducerError::NotFound {
            program: name.into_owned(),
            is_trusted: *is_trusted,
            hint: Some(self.tool.installation),
        })
    }

    /// All that findings depend on besides the files.
    fn key(&self, version: &str, configuration: &BTreeMap<PathBuf, String>, files: &[CheckFile<'_>]) -> String {
        let CheckerOptions { environment, variables, root, is_trusted, .. } = &self.options;
        let mut texts = vec![VERSION.to_string(), root.display().to_string(), is_trusted.to_string()];
        texts.extend(configuration.iter().map(|(path, text)| format!("{}\n{text}", path.display())));
        texts.extend(variables.iter().map(|(name, value)| format!("{name}={value}")));
        texts.extend(files.iter().map(|file| file.path.to_string()));
        if self.tool.reach == Reach::Project {
            if let Some(environment) = environment {
                let python = ToolRunner::stamp(&environment.python).unwrap_or_default();
                let (path, version) = (environment.python.display(), environment.version());
                texts.push(format!("{path} {version:?} {python} {}", stamp(&environment.packages())));
            }
            // What is not scanned, such as generated modules that git ignores, is read all the same.
            let is_scanned = |path: &str| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
            let others = sources_below(root, &self.options.ignored_folders).into_iter();
            texts.extend(others.filter(|(path, _)| !is_scanned(path)).map(|(path, stamp)| format!("{path} {stamp}")));
        }
        format!("{version} {}", ContentHash::of(texts.join("\0").as_bytes()))
    }
}

/// The folder of an environment's programs.
fn bin(environment: &PythonEnvironment) -> Option<&Path> {
    environment.python.parent()
}

impl Checker for CommandChecker {
    fn name(&self) -> &'static str {
        self.tool.name
    }

    fn reach(&self) -> Reach {
        self.tool.reach
    }

    fn identify(
        &mut self,
        files: &[CheckFile<'_>],
        known: Option<KnownProgram<'_>>,
    ) -> Result<CheckerIdentity, ProducerError> {
        let program = self.find()?;
        let stamp = ToolRunner::stamp(&program).unwrap_or_default();
        let version = match known {
            Some(known) if known.stamp == stamp && !stamp.is_empty() => known.version.to_owned(),
            _ => self.runner.version(&program),
        };
        if version.is_empty() {
            return Err(ProducerError::NoVersion(program));
        }
        let mut folders: Vec<&str> = files.iter().flat_map(|file| ancestors(file.path.parent())).collect();
        folders.sort_unstable();
        folders.dedup();
        let CheckerOptions { root, user, .. } = &self.options;
        let own = self.tool.name.to_ascii_uppercase();
        let named = self.options.variables.iter().filter(|(name, _)| **name == format!("{own}_CONFIG"));
        let named = named.map(|(_, path)| root.join(path));
        let configuration = configuration(self.tool.configuration, root, folders, user.as_ref(), named);
        let key = self.key(&version, &configuration, files);
        self.found = Some((program, configuration));
        Ok(CheckerIdentity { version, stamp, key })
    }

    fn check(&mut self, request: &CheckRequest<'_>) -> Result<Checked, ProducerError> {
        let (program, configuration) = self.found.as_ref().expect("a checker is identified before it checks");
        let call = Call { program, configuration, options: &self.options, runner: &self.runner };
        (self.tool.check)(&call, request)
    }
}

/// A folder and those around it, up to the root.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
    })
}

/// A program that is ready to be run in the repository.
pub(super) struct Call<'a> {
    program: &'a Path,
    configuration: &'a BTreeMap<PathBuf, String>,
    options: &'a CheckerOptions,
    runner: &'a ToolRunner,
}

impl Call<'_> {
    /// Run it in the repository, as from a shell in which the environment is active. Any exit code but some is a failure.
    pub(super) fn run(&self, args: &[impl AsRef<OsStr>], codes: &[i32]) -> Result<ToolOutput, ProducerError> {
        let CheckerOptions { environment, root, timeout, .. } = self.options;
        let mut env: Vec<(OsString, OsString)> = vec![("PYRIGHT_PYTHON_IGNORE_WARNINGS".into(), "1".into())];
        if let Some(environment) = environment
            && let Some(bin) = bin(environment)
        {
            env.push(("PATH".into(), self.runner.search_path_behind(bin)));
            if environment.is_virtual {
                env.push(("VIRTUAL_ENV".into(), environment.prefix.clone().into()));
            }
        }
        let call = ToolCall {
            program: self.program.to_owned(),
            args: args.iter().map(|arg| arg.as_ref().to_owned()).collect(),
            folder: root.clone(),
            env,
            without: &["RUFF_OUTPUT_FILE", "RUFF_OUTPUT_FORMAT"],
            timeout: *timeout,
            max_output: MAX_OUTPUT,
        };
        let output = self.runner.run(&call)?;
        match output.code {
            Some(code) if codes.contains(&code) && !output.is_cut => Ok(output),
            Some(code) if codes.contains(&code) => Err(ProducerError::TooMuchOutput),
            _ => Err(ProducerError::Failed(output)),
        }
    }

    /// Whether programs that lie in the repository may be run.
    pub(super) fn is_trusted(&self) -> bool {
        self.options.is_trusted
    }

    /// The interpreter of the environment.
    pub(super) fn interpreter(&self) -> Option<&Path> {
        self.options.environment.as_ref().map(|environment| environment.python.as_path())
    }

    /// A path from the root, if it lies below; given from the root or absolutely.
    pub(super) fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        if !path.starts_with('/') {
            return Some(path.strip_prefix("./").unwrap_or(path));
        }
        path.strip_prefix(self.options.root.to_str()?)?.strip_prefix('/')
    }

    /// The places of the pending files that the nearest configuration does not include, or excludes. It is a file of its own, or a table in
    /// `pyproject.toml`; paths in it start from its folder.
    pub(super) fn left_out(&self, request: &CheckRequest<'_>, rules: &Rules) -> Vec<usize> {
        let rules = rules.otherwise.filter(|_| self.nearest(rules).is_none()).unwrap_or(rules);
        let root = &self.options.root;
        let (folder, settings) = self.nearest(rules).unwrap_or_else(|| (root, Map::new()));
        let listed = |key: &str| settings.get(key).and_then(Value::as_array).filter(|list| !list.is_empty());
        let texts = |list: &'_ Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        let mut excluded: Vec<String> = rules.exclude.iter().filter_map(|key| listed(key)).flat_map(texts).collect();
        excluded.extend(rules.always_excluded.iter().map(|&text| text.to_owned()));
        // What cannot be read as a pattern, the tool itself complains of.
        let compiled = |patterns: Vec<String>| {
            ScanOptions::globs(&patterns.iter().flat_map(|pattern| below(pattern, folder)).collect::<Vec<_>>()).ok()
        };
        let included = listed(rules.include).map(texts).and_then(compiled);
        let excluded = compiled(excluded);
        let is_in_environment = |path: &str| {
            let folders = ancestors(path).skip(1);
            let mut files = folders.map(|folder| root.join(folder).join("pyvenv.cfg"));
            files.any(|file| self.configuration.contains_key(&file))
        };
        let is_left_out = |file: &usize| {
            let path = request.files[*file].path.as_str();
            let full = root.join(path);
            let full = full.strip_prefix(folder).unwrap_or(&full).to_string_lossy();
            !request.is_source(*file)
                || is_in_environment(path)
                || included.as_ref().is_some_and(|included| !included.is_match(&full))
                || excluded.as_ref().is_some_and(|excluded| excluded.is_match(&full))
        };
        request.pending.iter().copied().filter(is_left_out).collect()
    }

    fn nearest(&self, rules: &Rules) -> Option<(&Path, Map<String, Value>)> {
        let read = |folder: &Path, name: &str| parse_configuration(self.configuration.get(&folder.join(name))?);
        let own = |folder: &Path| rules.files.iter().find_map(|file| read(folder, file)?.as_object().cloned());
        let table = |folder: &Path| read(folder, "pyproject.toml")?["tool"][rules.table].as_object().cloned();
        let folders = || self.options.root.ancestors();
        if rules.files_first
            && let Some(found) = folders().find_map(|folder| Some((folder, own(folder)?)))
        {
            return Some(found);
        }
        folders().find_map(|folder| Some((folder, own(folder).or_else(|| table(folder))?)))
    }
}

/// What a program printed.
pub(super) fn parse<T: DeserializeOwned>(output: ToolOutput) -> Result<T, ProducerError> {
    serde_json::from_slice(&output.stdout).map_err(|error| {
        let printed = String::from_utf8_lossy(&output.stdout);
        let first = printed.lines().next().unwrap_or_default().chars().take(100).collect();
        ProducerError::Unreadable { error, first, output }
    })
}

/// How a configuration says which files are checked.
pub(super) struct Rules {
    /// The files of a configuration.
    pub(super) files: &'static [&'static str],
    /// Whether such a file in any folder around the repository comes before the table in `pyproject.toml`.
    pub(super) files_first: bool,
    /// The table in `pyproject.toml`.
    pub(super) table: &'static str,
    /// The key of the files that are included.
    pub(super) include: &'static str,
    /// The keys of those that are excluded, and of those about which nothing is told.
    pub(super) exclude: &'static [&'static str],
    /// What is excluded in any case.
    pub(super) always_excluded: &'static [&'static str],
    /// Whose configuration is taken where there is none.
    pub(super) otherwise: Option<&'static Rules>,
}

/// Patterns, from the folder of a configuration, for all that a path in it stands for: itself, and what is below.
fn below(pattern: &str, folder: &Path) -> Vec<String> {
    let own = folder.to_string_lossy();
    let pattern = pattern.strip_prefix(&*own).unwrap_or(pattern);
    let pattern = pattern.trim_start_matches("./").trim_matches('/');
    if pattern.is_empty() || pattern == "." {
        return vec!["/**".to_owned()];
    }
    vec![format!("/{pattern}"), format!("/{pattern}/**")]
}
