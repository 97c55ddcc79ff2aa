//! Errors in settings.

use std::path::PathBuf;

/// A setting that is wrong or not known.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such setting.
    #[error("{place}: there is no setting `{key}`{}", as_question(*nearest))]
    Unknown {
        /// The file with line and column, or the variable.
        place: String,
        /// Its key.
        key: String,
        /// The most similar one.
        nearest: Option<&'static str>,
    },
    /// A setting cannot have this value.
    #[error("{place}: `{key}` must be {expected}, not `{found}`")]
    Wrong {
        /// The file with line and column, or the variable.
        place: String,
        /// Its key.
        key: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A file of settings cannot be read.
    #[error("{place}: {message}")]
    File {
        /// The file, with line and column where they are known.
        place: String,
        /// Why.
        message: String,
    },
    /// There is no such dataset.
    #[error("there is no dataset `{name}`{}", as_question(*nearest))]
    Dataset {
        /// Its name.
        name: String,
        /// The most similar one.
        nearest: Option<&'static str>,
    },
    /// A pattern of paths is not valid.
    #[error("{place}: `{key}`: {error}")]
    Pattern {
        /// The file, the variable or the flag.
        place: String,
        /// Its key.
        key: &'static str,
        /// What is wrong.
        error: codeintel_system::OptionsError,
    },
    /// A path in the arguments cannot be used.
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
