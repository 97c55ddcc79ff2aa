//! The environment: variables that are settings, the user's folders, and what configures other programs.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use codeintel_base::TOOLS;
use codeintel_system::UserFolders;

use crate::SettingsError;
use crate::kinds::{Shape, truth};

/// Trusts every repository, for machines that run a repository's code anyway.
const TRUST: &str = "CODEINTEL_TRUST";

/// The part of the environment that the program reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Environment {
    /// Where programs are looked for.
    pub search_path: Option<OsString>,
    /// The virtual environment that is active.
    pub active_environment: Option<PathBuf>,
    /// The user's own folders.
    pub user: Option<UserFolders>,
    /// Folders for the state of programs, best first.
    pub state_folders: Vec<PathBuf>,
    /// Variables that configure tools.
    pub tool_variables: BTreeMap<String, String>,
    /// Options of Node.js.
    pub node_options: String,
    /// Whether every repository is trusted.
    pub(crate) trusts_all: bool,
    /// Variables that are settings.
    pub(crate) settings: Vec<(String, String)>,
}

impl Environment {
    /// The environment of this process, with the user's home. Fails if `CODEINTEL_TRUST` is neither true nor false.
    pub(crate) fn of_this_process() -> Result<Self, SettingsError> {
        let variables =
            env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let mut variables: BTreeMap<String, String> = variables.collect();
        if variables.get("HOME").is_none_or(String::is_empty)
            && let Some(home) = env::home_dir()
        {
            variables.insert("HOME".to_owned(), home.to_string_lossy().into_owned());
        }
        Self::of(variables)
    }

    /// An environment of these variables.
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let mut found = Self::default();
        let mut folders = BTreeMap::new();
        let is_of_tool =
            |variable: &str| TOOLS.iter().any(|tool| variable.starts_with(&format!("{}_", tool.to_ascii_uppercase())));
        for (variable, text) in variables {
            match variable.as_str() {
                "PATH" => found.search_path = Some(text.into()),
                "VIRTUAL_ENV" if !text.is_empty() => found.active_environment = Some(text.into()),
                "NODE_OPTIONS" => found.node_options = text,
                TRUST => found.trusts_all = trusts_all(text)?,
                // A relative one would depend on the working directory, and is to be ignored by the rules of these folders.
                "HOME" | "XDG_CONFIG_HOME" | "XDG_STATE_HOME" | "TMPDIR" if Path::new(&text).is_absolute() => {
                    folders.insert(variable, PathBuf::from(text));
                }
                name if is_of_tool(name) || name == "PYTHONPATH" => found.tool_variables.extend([(variable, text)]),
                name if name.starts_with("CODEINTEL_") => found.settings.push((variable, text)),
                _ => {}
            }
        }
        let home = folders.remove("HOME");
        let below_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let config = folders.remove("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let state = folders.remove("XDG_STATE_HOME").into_iter().chain(below_home(".local/state"));
        found.state_folders = state.map(|folder| folder.join("codeintel")).collect();
        let temporary = folders.remove("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
        found.state_folders.push(temporary.join(format!("codeintel-{}", codeintel_system::user_id())));
        found.user = config.map(|config| UserFolders { home: home.unwrap_or_default(), config });
        Ok(found)
    }
}

fn trusts_all(text: String) -> Result<bool, SettingsError> {
    match truth(&text) {
        Some(truth) => Ok(truth),
        None if text.is_empty() => Ok(false),
        None => Err(SettingsError::Wrong {
            place: TRUST.to_owned(),
            key: "trust",
            expected: Shape::Boolean.expected(),
            found: text,
        }),
    }
}
