//! The places that can set settings, read in their order.

use std::path::Path;

use codeintel_base::{Problem, Stage};
use toml::Value;

use crate::definition::{Definition, find};
use crate::definitions::{SETTINGS, Values};
use crate::environment::Environment;
use crate::files::SettingsFile;
use crate::source::Source;
use crate::trust::{GuardedSetting, ignored, needs_trust};
use crate::{Settings, SettingsError};

/// The user's own settings, in the folder of their configurations.
const OF_USER: &str = "codeintel/config.toml";

/// The files of a repository, with the table that has the settings.
pub(crate) const OF_REPOSITORY: [(&str, &[&str]); 2] =
    [("pyproject.toml", &["tool", "codeintel"]), ("codeintel.toml", &[])];

/// A setting that was found in one place.
type Found = (&'static Definition, Value, Source);

impl Settings {
    /// Read all places but the flags, for a repository's root. `is_trusted` trusts it whatever is recorded.
    pub fn read(root: &Path, is_trusted: bool) -> Result<Self, SettingsError> {
        Self::resolve(root, is_trusted, Environment::of_this_process()?)
    }

    /// As [`Settings::read`], with these variables as the environment.
    pub fn from_places(
        root: &Path,
        is_trusted: bool,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        Self::resolve(root, is_trusted, Environment::of(environment)?)
    }

    fn resolve(root: &Path, is_trusted: bool, environment: Environment) -> Result<Self, SettingsError> {
        let mut settings = Self {
            values: Values::default(),
            root: root.to_owned(),
            is_trusted: is_trusted || environment.trusts_all,
            environment,
            guarded: Vec::new(),
            problems: Vec::new(),
            project: toml::Table::new(),
            place: None,
        };
        let mut found = settings.of_user()?;
        found.extend(settings.of_repository()?);
        found.extend(settings.of_environment()?);
        for (definition, value, source) in found {
            definition.set(&mut settings.values, &value, source);
        }
        Ok(settings)
    }

    fn of_user(&self) -> Result<Vec<Found>, SettingsError> {
        let Some(path) = self.environment.user.as_ref().map(|user| user.config.join(OF_USER)) else {
            return Ok(Vec::new());
        };
        let name = path.display().to_string();
        let file = SettingsFile::read(&path, &name, &[]).map_err(|unread| unread.into_error(&name))?;
        let found = file.settings()?.into_iter();
        Ok(found.map(|(definition, value)| (definition, value, Source::User(path.clone()))).collect())
    }

    fn of_environment(&self) -> Result<Vec<Found>, SettingsError> {
        let found = self.environment.settings.iter().map(|(variable, text)| {
            let upper = variable.to_ascii_uppercase();
            let known = SETTINGS.iter().find(|definition| definition.variable() == upper);
            let key = variable.trim_start_matches("CODEINTEL_").to_ascii_lowercase();
            let definition = known.map_or_else(|| find(&key), Ok);
            let unknown = |nearest| SettingsError::Unknown { place: variable.clone(), key: key.clone(), nearest };
            let definition = definition.map_err(unknown)?;
            let value = definition.parse(text).map_err(|expected| SettingsError::Wrong {
                place: variable.clone(),
                key: definition.key,
                expected,
                found: text.clone(),
            })?;
            Ok((definition, value, Source::Environment(variable.clone())))
        });
        found.collect()
    }

    /// The settings in the repository's files. Those that need trust count only if there is trust in exactly them.
    fn of_repository(&mut self) -> Result<Vec<Found>, SettingsError> {
        let mut found = Vec::new();
        for (name, tables) in OF_REPOSITORY {
            let file = match SettingsFile::read(&self.root.join(name), name, tables) {
                Ok(file) => file,
                // `pyproject.toml` belongs to other tools as well, which report what is wrong with it.
                Err(unread) if name == "pyproject.toml" || unread.is_odd => {
                    self.problems.push((name.to_owned(), unread.into_problem()));
                    continue;
                }
                Err(unread) => return Err(unread.into_error(name)),
            };
            for (definition, value) in file.settings()? {
                if needs_trust(&self.root, definition, &value) {
                    self.guarded.push(GuardedSetting { file: name, key: definition.key, value: value.to_string() });
                }
                found.push((definition, value, Source::Repository(name)));
            }
            if name == "pyproject.toml" {
                self.project = file.table;
            }
        }
        self.is_trusted = self.is_trusted
            || self.trusted_repositories().is_some_and(|trusted| trusted.has(&self.root, &self.guarded));
        if self.is_trusted {
            return Ok(found);
        }
        let is_guarded = |key: &str, source: &Source| {
            self.guarded.iter().any(|guarded| guarded.key == key && Source::Repository(guarded.file) == *source)
        };
        found.retain(|(definition, _, source)| !is_guarded(definition.key, source));
        for (name, _) in OF_REPOSITORY {
            let of_file = self.guarded.iter().filter(|guarded| guarded.file == name);
            let keys: Vec<&str> = of_file.map(|guarded| guarded.key).collect();
            if !keys.is_empty() {
                let message = format!(
                    "{} until the repository is trusted, since programs, places outside of it or large limits are named",
                    ignored(&keys)
                );
                self.problems.push((name.to_owned(), Problem::warning(Stage::Settings, message)));
            }
        }
        Ok(found)
    }
}
