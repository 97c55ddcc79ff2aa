//! Where a value was set.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// No place sets it.
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
    /// Whether the user has set it, and not the repository.
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
