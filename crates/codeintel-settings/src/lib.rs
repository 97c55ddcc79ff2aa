//! Settings, from every place that can set them: the defaults, the user's own file, `[tool.codeintel]` in `pyproject.toml`,
//! `codeintel.toml`, the environment and flags. Later places win. Some values in a repository's files need trust.
//!
//! This crate knows how settings are written and which value counts. What they mean is the program's business.

mod definition;
mod definitions;
#[cfg(test)]
mod docs;
mod environment;
mod error;
mod files;
mod kinds;
mod schema;
mod source;
mod sources;
#[cfg(test)]
mod tests;
mod trust;

use std::path::{Path, PathBuf};
use std::time::Duration;

use codeintel_base::Problem;
use toml::Value;

pub use self::definition::{Definition, Flag, Guard, Sourced, nearest};
pub use self::definitions::{QuerySettings, SETTINGS, Scip, ToolSettings, Values};
pub use self::environment::Environment;
pub use self::error::SettingsError;
pub use self::kinds::{Log, ScipBackend, ScipMode, Shape, Size, Tools};
pub use self::schema::schema;
pub use self::source::Source;
use self::trust::ignored;
pub use self::trust::{GuardedSetting, TrustedRepositories};

/// The settings of a repository.
#[derive(Debug, PartialEq)]
pub struct Settings {
    /// Every setting's value and source.
    pub values: Values,
    /// The environment: the user's folders and what configures other programs.
    pub environment: Environment,
    root: PathBuf,
    /// The settings in the repository's files that need trust, whether they count or not.
    guarded: Vec<GuardedSetting>,
    /// Whether they count, and programs in the repository may be run.
    is_trusted: bool,
    /// What is ignored in the repository's files, by file.
    problems: Vec<(String, Problem)>,
    /// The repository's `pyproject.toml`.
    project: toml::Table,
    /// The database in use, if it is not the one in the settings.
    place: Option<PathBuf>,
}

impl Settings {
    /// Warnings about what is ignored in the repository's files, with at most one line on trust.
    pub fn warnings(&self) -> Vec<String> {
        let is_on_trust = |file: &str| !self.is_trusted && self.guarded.iter().any(|guarded| guarded.file == file);
        let others = self.problems.iter().filter(|(file, _)| !is_on_trust(file));
        let line = |problem: &Problem| problem.lineno.map_or(String::new(), |line| format!(":{line}"));
        let mut lines: Vec<String> =
            others.map(|(file, problem)| format!("{file}{}: {}", line(problem), problem.message)).collect();
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

    /// The settings in the repository's files that need trust.
    pub fn guarded(&self) -> &[GuardedSetting] {
        &self.guarded
    }

    /// Whether the user trusts the repository.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// The repositories that the user trusts; none where the user has no folder to say so.
    pub fn trusted_repositories(&self) -> Option<TrustedRepositories> {
        self.environment.user.as_ref().map(TrustedRepositories::of)
    }

    /// Set a value that was given by a flag.
    ///
    /// # Panics
    /// If the setting cannot have this value; [`Definition::parse`] returns only values that it can have.
    pub fn set_by_flag(&mut self, definition: &Definition, value: &Value) {
        let flag = definition.flag.map_or(definition.key, |flag| flag.long);
        definition.set(&mut self.values, value, Source::Flag(format!("--{flag}")));
    }

    /// Every setting with its value and source, in the order of the list.
    pub fn all(&self) -> impl Iterator<Item = (&'static Definition, Value, &Source)> {
        SETTINGS.iter().map(|definition| {
            let (value, source) = definition.get(&self.values);
            (definition, value, source)
        })
    }

    /// Where the database is: where the settings say, unless another place was decided on.
    pub fn database(&self) -> PathBuf {
        self.place.clone().unwrap_or_else(|| self.named_database())
    }

    /// Where the settings say that the database is.
    pub fn named_database(&self) -> PathBuf {
        self.root.join(&*self.values.db)
    }

    /// Use another database than the settings say.
    pub fn use_database(&mut self, path: PathBuf) {
        self.place = Some(path);
    }

    /// Whether the database lies where it lies by default, in a folder of codeintel's own.
    pub fn is_default_database(&self) -> bool {
        self.values.db.source == Source::Default
    }

    /// Whether the user means one certain file with the database: it was named by a flag or by an absolute path, or by a trusted repository
    /// and lies outside of it. Any other path leads to what a repository may have brought along.
    pub fn names_one_database(&self) -> bool {
        match &self.values.db.source {
            Source::Default => false,
            Source::Flag(_) => true,
            Source::User(_) | Source::Environment(_) => self.values.db.is_absolute(),
            Source::Repository(file) => self.guarded.iter().any(|guarded| guarded.key == "db" && guarded.file == *file),
        }
    }

    /// How long to wait for another process that has the database open.
    pub fn patience(&self) -> Duration {
        self.values.lock_timeout.unwrap_or_default()
    }

    /// The repository's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is ignored in the repository's files, by file.
    pub fn problems(&self) -> &[(String, Problem)] {
        &self.problems
    }

    /// The repository's `pyproject.toml`.
    pub fn project(&self) -> &toml::Table {
        &self.project
    }
}
