//! What can go wrong with the database file.

use std::path::PathBuf;

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("the database is in use by {holder}")]
    Locked {
        /// The other process, as DuckDB names it.
        holder: String,
    },
    /// The file does not exist.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The file is not a database that this version of DuckDB can read.
    #[error("the database cannot be read: {0}")]
    Corrupt(String),
    /// The file is something else, or a database of somebody else.
    #[error("`{}` is not a codeintel database: it is {what}", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// DuckDB failed in a way that it was not made to. With a sound file this is a bug, with a damaged one it is not.
    #[error("DuckDB failed: {0}")]
    Internal(String),
    /// The file or its folder cannot be written to.
    #[error("the database cannot be written to: {0}")]
    ReadOnly(String),
    /// There is no room left. What was committed before is intact.
    #[error("the disk is full: {0}")]
    DiskFull(String),
    /// The file was made by a later version of codeintel.
    #[error(
        "the database was written by a later version of codeintel: it has schema {found}, this version supports {known}"
    )]
    Newer {
        /// The schema of the file.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// The file was made by an earlier version of codeintel.
    #[error(
        "the database was written by an earlier version of codeintel: it has schema {found}, this version needs {known}"
    )]
    Older {
        /// The schema of the file.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// The file has a name that makes the names of tables ambiguous.
    #[error("a database file cannot be named `{0}`: one of its schemas has that name")]
    Name(String),
    /// Anything else that DuckDB says.
    #[error("database error: {0}")]
    Database(String),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder in question.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

impl From<duckdb::Error> for StoreError {
    fn from(error: duckdb::Error) -> Self {
        let message = match error {
            duckdb::Error::DuckDBFailure(_, Some(message)) => message,
            error => error.to_string(),
        };
        Self::of_message(message)
    }
}

/// What a file is that does not begin as a file of DuckDB does.
pub(crate) const NO_DATABASE: &str = "not a DuckDB file";

/// What DuckDB adds for its own developers.
const TRACES: [&str; 2] = ["Stack Trace:", "This error signals an assertion failure within DuckDB"];

impl StoreError {
    /// Whether damage may be the reason, if the file is ours.
    pub fn may_be_damage(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::Internal(_) | Self::NotOurs { what: NO_DATABASE, .. })
    }

    /// What an error means for a file that is known to be codeintel's, or is not.
    #[must_use]
    pub fn in_file(self, is_own: bool) -> Self {
        match self {
            Self::NotOurs { .. } if is_own && self.may_be_damage() => {
                Self::Corrupt("its beginning was overwritten or cut off".to_owned())
            }
            error => error,
        }
    }

    /// DuckDB tells the kinds of its errors by their texts alone.
    fn of_message(mut message: String) -> Self {
        let end = TRACES.iter().filter_map(|trace| message.find(trace)).min();
        message.truncate(end.unwrap_or(message.len()));
        message.truncate(message.trim_end().len());
        let message = message;
        let has = |part: &str| message.contains(part);
        // What a query is wrong in stands in more than one line; nothing else need.
        let first = || message.lines().next().unwrap_or_default().to_owned();
        if has("Could not set lock on file") || has("Conflicting lock is held") {
            let holder = message.split_once("held in ").and_then(|(_, rest)| rest.split_once(". See also"));
            return Self::Locked {
                holder: holder.map_or("another process".to_owned(), |(holder, _)| holder.to_owned()),
            };
        }
        if has("No space left on device") || has("could not allocate block") {
            return Self::DiskFull(first());
        }
        if has("Permission denied") || has("Read-only file system") || has("attached in read-only mode") {
            return Self::ReadOnly(first());
        }
        let is_corrupt = [
            "not a valid DuckDB database file",
            "Corrupt database",
            "checksum",
            "Failed to load metadata",
            "Serialization Error",
            "Trying to read a database file with version number",
            "while replaying WAL",
            "Could not read enough bytes",
            "Attempting to read",
            "Invalid Error",
        ];
        if is_corrupt.iter().any(|part| has(part)) {
            return Self::Corrupt(first());
        }
        if has("INTERNAL Error") || has("FATAL Error") || has("database has been invalidated") {
            return Self::Internal(first());
        }
        Self::Database(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_duckdb_are_told_apart() {
        let lock =
            "IO Error: Could not set lock on file \"x\": Conflicting lock is held in /bin/tool (PID 7). See also https";
        assert_eq!(StoreError::of_message(lock.to_owned()).to_string(), "the database is in use by /bin/tool (PID 7)");
        let is = |message: &str| StoreError::of_message(message.to_owned());
        assert!(matches!(is("IO Error: Could not write: No space left on device"), StoreError::DiskFull(_)));
        assert!(matches!(is("IO Error: Cannot open file: Permission denied"), StoreError::ReadOnly(_)));
        assert!(matches!(
            is("The file \"x\" exists, but it is not a valid DuckDB database file!"),
            StoreError::Corrupt(_)
        ));
        assert!(matches!(is("Binder Error: x"), StoreError::Database(_)));
        let trace =
            "INTERNAL Error: Attempted to access index 5\nof 2\n\nStack Trace:\n\n./libduckdb.so(_ZN6duckdb) [0x7f]\n";
        assert_eq!(is(trace).to_string(), "DuckDB failed: INTERNAL Error: Attempted to access index 5");
        let assertion =
            "INTERNAL Error: x.\nThis error signals an assertion failure within DuckDB. This usually occurs";
        assert_eq!(is(assertion).to_string(), "DuckDB failed: INTERNAL Error: x.");
    }
}
