//! Files of settings, and the position of each setting in them.

use std::path::Path;

use codeintel_base::{Column, LineIndex, Position, Problem, Stage};
use codeintel_system::{ReadError, read_configuration};
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::SettingsError;
use crate::definition::{Definition, find};

/// A file that could be read.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    /// Its name in errors.
    name: String,
    text: String,
    pub(crate) table: toml::Table,
    /// The names of the table that has the settings and of those around it; none for the whole file.
    tables: &'static [&'static str],
}

/// Why a file was not read.
#[derive(Debug)]
pub(crate) struct Unread {
    message: String,
    position: Option<Position>,
    /// Whether it is no regular file of a reasonable size.
    pub(crate) is_odd: bool,
}

impl Unread {
    pub(crate) fn into_error(self, name: &str) -> SettingsError {
        SettingsError::File { place: at(name, self.position), message: self.message }
    }

    /// The problem of a file that a run goes on without.
    pub(crate) fn into_problem(self) -> Problem {
        let problem = Problem::warning(Stage::Settings, format!("{}; nothing in it counts", self.message));
        Problem { lineno: self.position.map(|position| position.line), ..problem }
    }
}

impl SettingsFile {
    /// Read a file, which is empty if there is none.
    pub(crate) fn read(path: &Path, name: &str, tables: &'static [&'static str]) -> Result<Self, Unread> {
        let unread = |message: String| Unread { message, position: None, is_odd: false };
        let text = match read_configuration(path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| unread(error.to_string()))?,
            Err(ReadError::Gone) => String::new(),
            Err(error @ ReadError::Io(_)) => return Err(unread(error.to_string())),
            Err(error) => return Err(Unread { is_odd: true, ..unread(error.to_string()) }),
        };
        let table = toml::from_str(&text).map_err(|error| {
            let position = error.span().map(|span| position(&text, span.start));
            Unread { position, ..unread(error.message().to_owned()) }
        })?;
        Ok(Self { name: name.to_owned(), text, table, tables })
    }

    /// The settings in it. One that is not known or wrong is an error.
    pub(crate) fn settings(&self) -> Result<Vec<(&'static Definition, Value)>, SettingsError> {
        let own = self.tables.iter().try_fold(&self.table, |table, name| table.get(*name)?.as_table());
        let mut settings = Vec::new();
        for (key, value) in flattened("", own.cloned().unwrap_or_default()) {
            let definition = find(&key).map_err(|nearest| {
                let place = self.place(&key, |(key, _)| key);
                SettingsError::Unknown { place, key: key.clone(), nearest }
            })?;
            if !definition.accepts(&value) {
                let place = self.place(&key, |(_, value)| value);
                let expected = definition.shape.expected();
                let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                return Err(SettingsError::Wrong { place, key: definition.key, expected, found });
            }
            settings.push((definition, value));
        }
        Ok(settings)
    }

    /// The file with the line and column of a setting's key or value.
    fn place(&self, key: &str, choose: impl FnOnce((usize, usize)) -> usize) -> String {
        let document = DeTable::parse(&self.text).ok();
        let own = document.as_ref().and_then(|document| {
            self.tables.iter().try_fold(document.get_ref(), |table, name| table.get(*name)?.get_ref().as_table())
        });
        let offsets = own.and_then(|table| offsets("", table, key));
        at(&self.name, offsets.map(|offsets| position(&self.text, choose(offsets))))
    }
}

/// A file with a line and column, both from 1.
fn at(name: &str, position: Option<Position>) -> String {
    match position {
        Some(Position { line, column }) => format!("{name}:{line}:{}", column + 1),
        None => name.to_owned(),
    }
}

fn position(text: &str, offset: usize) -> Position {
    LineIndex::new(text).position(offset as u32, text, Column::Utf32)
}

/// The settings of a table and of those in it, with dots between the names of tables and keys.
fn flattened(prefix: &str, table: toml::Table) -> Vec<(String, Value)> {
    let entry = |(key, value)| match value {
        Value::Table(inner) => flattened(&format!("{prefix}{key}."), inner),
        value => vec![(format!("{prefix}{key}"), value)],
    };
    table.into_iter().flat_map(entry).collect()
}

/// Where a setting's key and its value begin, for a key as [`flattened`] spells it.
fn offsets(prefix: &str, table: &DeTable<'_>, key: &str) -> Option<(usize, usize)> {
    table.iter().find_map(|(name, value)| {
        let full = format!("{prefix}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => offsets(&format!("{full}."), inner, key),
            _ => (full == key).then(|| (name.span().start, value.span().start)),
        }
    })
}
