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
    /// The file or its folder cannot be written to.
    #[error("the database cannot be written to: {0}")]
    ReadOnly(String),
    /// There is no room left. What was committed before is intact.
    #[error("the disk is full: {0}")]
    DiskFull(String),
    /// The file was made by a later version of codeintel.
    #[error("the database has schema {found}, made by a later version of codeintel; this one knows schema {known}")]
    Newer {
        /// The schema of the file.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// The file was made by an earlier version of codeintel.
    #[error("the database has schema {found}, made by an earlier version of codeintel; this one knows schema {known}")]
    Older {
        /// The schema of the file.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// The file has a name that makes the names of tables ambiguous.
    #[error("a database cannot be named `{0}`: that is the name of a schema in it")]
    Name(String),
    /// A query that a user wrote is wrong.
    #[error("{0}")]
    Query(String),
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

impl StoreError {
    /// DuckDB tells the kinds of its errors by their texts alone.
    fn of_message(message: String) -> Self {
        let has = |part: &str| message.contains(part);
        if has("Could not set lock on file") || has("Conflicting lock is held") {
            let holder = message.split_once("held in ").and_then(|(_, rest)| rest.split_once(". See also"));
            return Self::Locked {
                holder: holder.map_or("another process".to_owned(), |(holder, _)| holder.to_owned()),
            };
        }
        if has("No space left on device") || has("could not allocate block") {
            return Self::DiskFull(message);
        }
        if has("Permission denied") || has("Read-only file system") || has("attached in read-only mode") {
            return Self::ReadOnly(message);
        }
        let is_corrupt = [
            "not a valid DuckDB database file",
            "Corrupt database",
            "checksum",
            "Failed to load metadata",
            "Serialization Error",
            "Trying to read a database file with version number",
            "while replaying WAL",
        ];
        if is_corrupt.iter().any(|part| has(part)) {
            return Self::Corrupt(message);
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
    }
}
