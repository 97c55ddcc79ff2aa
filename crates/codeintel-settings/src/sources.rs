//! The places where settings are made, read in their order.

use std::collections::BTreeMap;
use std::env;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use codeintel_base::{Problem, Stage, TOOLS};
use codeintel_system::{ReadError, UserFolders, read_configuration};
use toml::Value;

use crate::definitions::{SETTINGS, checked, find, parse};
use crate::trust::{GuardedSetting, needs_trust};
use crate::{Settings, SettingsError};

/// The user's own settings, in the folder of their configurations.
const OF_USER: &str = "codeintel/config.toml";

/// Trusts every repository, for machines that run a repository's code anyway.
const TRUST: &str = "CODEINTEL_TRUST";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody has said anything.
    Default,
    /// The user's own file.
    User(PathBuf),
    /// A file of the repository.
    Repository(&'static str),
    /// A variable.
    Environment(String),
    /// A flag.
    Flag(String),
}

impl Source {
    /// Whether the user has said so, and not the repository.
    pub fn is_of_user(&self) -> bool {
        matches!(self, Self::User(_) | Self::Environment(_) | Self::Flag(_))
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::User(path) => write!(f, "{}", path.display()),
            Self::Repository(name) => f.write_str(name),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

impl Settings {
    /// Read all places but the flags, for a repository's root. `is_trusted` says that the user trusts it whatever is written down.
    pub fn read(root: &Path, is_trusted: bool) -> Result<Self, SettingsError> {
        Self::from_places(root, is_trusted, environment())
    }

    /// What the environment says of the user, and nothing else.
    pub(crate) fn of_environment() -> Self {
        let mut settings = Self::empty(Path::new(""), false);
        // A variable that is wrong is said by those who need it.
        let _wrong = settings.read_environment(environment());
        settings
    }

    fn empty(root: &Path, is_trusted: bool) -> Self {
        Self {
            root: root.to_owned(),
            values: BTreeMap::new(),
            guarded: Vec::new(),
            is_trusted,
            problems: Vec::new(),
            project: toml::Table::new(),
            search_path: None,
            active_environment: None,
            user: None,
            state_folders: Vec::new(),
            place: None,
            tool_variables: BTreeMap::new(),
            node_options: String::new(),
        }
    }

    /// As [`Settings::read`], with these variables for an environment.
    pub fn from_places(
        root: &Path,
        is_trusted: bool,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::empty(root, is_trusted);
        let of_settings = settings.read_environment(environment)?;
        for definition in SETTINGS {
            let value = parse(definition, definition.default, "default")?;
            settings.values.insert(definition.key, (value, Source::Default));
        }
        settings.read_own_file()?;
        settings.read_repository()?;
        for (variable, text) in of_settings {
            let name = variable.trim_start_matches("CODEINTEL_").to_ascii_lowercase();
            let known = SETTINGS.iter().find(|definition| definition.key.replace('.', "_") == name);
            let definition = known.map_or_else(|| find(&name, &variable), Ok)?;
            let value = parse(definition, &text, &variable)?;
            settings.values.insert(definition.key, (value, Source::Environment(variable)));
        }
        Ok(settings)
    }

    /// Keep what concerns us, and give the variables that are settings.
    fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<(String, String)>, SettingsError> {
        let mut folders = BTreeMap::new();
        let mut of_settings = Vec::new();
        let is_of_tool =
            |variable: &str| TOOLS.iter().any(|tool| variable.starts_with(&format!("{}_", tool.to_ascii_uppercase())));
        for (variable, text) in environment {
            match variable.as_str() {
                "PATH" => self.search_path = Some(text.into()),
                "VIRTUAL_ENV" if !text.is_empty() => self.active_environment = Some(text.into()),
                "NODE_OPTIONS" => self.node_options = text,
                TRUST => self.is_trusted |= is_true(&text)?,
                // A relative one would depend on the working directory, and is to be ignored by the rules of these folders.
                "HOME" | "XDG_CONFIG_HOME" | "XDG_STATE_HOME" | "TMPDIR" if Path::new(&text).is_absolute() => {
                    folders.insert(variable, PathBuf::from(text));
                }
                name if is_of_tool(name) || name == "PYTHONPATH" => self.tool_variables.extend([(variable, text)]),
                name if name.starts_with("CODEINTEL_") => of_settings.push((variable, text)),
                _ => {}
            }
        }
        let home = folders.remove("HOME");
        let below_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let config = folders.remove("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let state = folders.remove("XDG_STATE_HOME").into_iter().chain(below_home(".local/state"));
        self.state_folders = state.map(|folder| folder.join("codeintel")).collect();
        let temporary = folders.remove("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
        self.state_folders.push(temporary.join(format!("codeintel-{}", codeintel_system::user_id())));
        self.user = config.map(|config| UserFolders { home: home.unwrap_or_default(), config });
        Ok(of_settings)
    }

    fn read_own_file(&mut self) -> Result<(), SettingsError> {
        let Some(path) = self.user.as_ref().map(|user| user.config.join(OF_USER)) else { return Ok(()) };
        let name = path.display().to_string();
        match read_toml(&path) {
            Ok(table) => {
                for (key, value) in flattened("", table) {
                    let definition = find(&key, &name)?;
                    let value = checked(definition, value, &name)?;
                    self.values.insert(definition.key, (value, Source::User(path.clone())));
                }
                Ok(())
            }
            Err(FileError::Odd(message) | FileError::Wrong(message)) => {
                Err(SettingsError::File { path: name, message })
            }
        }
    }

    /// The repository's files. What stands in them and needs trust counts only if there is trust in exactly that.
    fn read_repository(&mut self) -> Result<(), SettingsError> {
        let mut found = Vec::new();
        for name in ["pyproject.toml", "codeintel.toml"] {
            let path = self.root.join(name);
            let table = match read_toml(&path) {
                Ok(table) => table,
                Err(FileError::Odd(message)) => {
                    let problem = Problem::warning(Stage::Settings, format!("{message}; nothing in it counts"));
                    self.problems.push((name.to_owned(), problem));
                    continue;
                }
                // It belongs to other tools, too, which will say so.
                Err(FileError::Wrong(message)) if name == "pyproject.toml" => {
                    let problem = Problem::warning(Stage::Settings, format!("{message}; nothing in it counts"));
                    self.problems.push((name.to_owned(), problem));
                    continue;
                }
                Err(FileError::Wrong(message)) => {
                    return Err(SettingsError::File { path: path.display().to_string(), message });
                }
            };
            let own = if name == "pyproject.toml" {
                let own = table.get("tool").and_then(|tool| tool.get("codeintel")).and_then(Value::as_table).cloned();
                self.project = table;
                own.unwrap_or_default()
            } else {
                table
            };
            for (key, value) in flattened("", own) {
                let definition = find(&key, name)?;
                let value = checked(definition, value, name)?;
                if needs_trust(&self.root, definition, &value) {
                    self.guarded.push(GuardedSetting { file: name, key: definition.key, value: value.to_string() });
                }
                found.push((definition, value, name));
            }
        }
        self.is_trusted = self.is_trusted
            || self.trusted_repositories().is_some_and(|trusted| trusted.has(&self.root, &self.guarded));
        let is_ignored = |key: &str, file: &str| {
            !self.is_trusted && self.guarded.iter().any(|guarded| guarded.key == key && guarded.file == file)
        };
        found.retain(|(definition, _, file)| !is_ignored(definition.key, file));
        for (definition, value, file) in found {
            self.values.insert(definition.key, (value, Source::Repository(file)));
        }
        for file in ["pyproject.toml", "codeintel.toml"] {
            let of_file = self.guarded.iter().filter(|guarded| guarded.file == file);
            let keys: Vec<&str> = of_file.map(|guarded| guarded.key).collect();
            if self.is_trusted || keys.is_empty() {
                continue;
            }
            let message = format!(
                "{} until the repository is trusted, since programs, places outside of it or large limits are named",
                ignored(&keys)
            );
            self.problems.push((file.to_owned(), Problem::warning(Stage::Settings, message)));
        }
        Ok(())
    }
}

/// The environment of this process, with the user's home.
fn environment() -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> =
        env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))).collect();
    if environment.get("HOME").is_none_or(String::is_empty)
        && let Some(home) = env::home_dir()
    {
        environment.insert("HOME".to_owned(), home.to_string_lossy().into_owned());
    }
    environment
}

/// Which settings do not count, in words.
pub(crate) fn ignored(keys: &[&str]) -> String {
    let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("{} {} ignored", names.join(", "), if keys.len() == 1 { "is" } else { "are" })
}

/// Why a file was not read.
enum FileError {
    /// It is no file that could be read.
    Odd(String),
    /// It can be read and is wrong, or the system refuses.
    Wrong(String),
}

fn read_toml(path: &Path) -> Result<toml::Table, FileError> {
    let bytes = match read_configuration(path) {
        Ok(bytes) => bytes,
        Err(ReadError::Gone) => return Ok(toml::Table::new()),
        Err(error @ ReadError::Io(_)) => return Err(FileError::Wrong(error.to_string())),
        Err(error) => return Err(FileError::Odd(error.to_string())),
    };
    let text = String::from_utf8(bytes).map_err(|error| FileError::Wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| FileError::Wrong(error.message().to_owned()))
}

/// The settings of a table and of those in it, with dots between the names of tables and keys.
fn flattened(prefix: &str, table: toml::Table) -> Vec<(String, Value)> {
    let entry = |(key, value)| match value {
        Value::Table(inner) => flattened(&format!("{prefix}{key}."), inner),
        value => vec![(format!("{prefix}{key}"), value)],
    };
    table.into_iter().flat_map(entry).collect()
}

fn is_true(text: &str) -> Result<bool, SettingsError> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(SettingsError::Wrong {
            source_name: TRUST.to_owned(),
            key: "trust",
            expected: "true or false".to_owned(),
            found: text.to_owned(),
        }),
    }
}
