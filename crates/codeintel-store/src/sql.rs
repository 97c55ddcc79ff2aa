//! Pieces of SQL.

use codeintel_base::RepoPath;

use crate::error::StoreError;
use crate::ids::ContentId;

/// Above this number, a list of ids or paths in a query costs more than reading all rows.
pub(crate) const LONGEST_LIST: usize = 1000;

/// A text as a literal of SQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A condition that leaves out most other contents, unless there are so many that it would cost more than they do.
pub(crate) fn condition_on_ids(contents: &[ContentId]) -> String {
    if contents.len() > LONGEST_LIST {
        return String::new();
    }
    format!("AND content_id IN ({})", list(contents))
}

/// Items of a list in SQL.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn repo_path(text: &str) -> Result<RepoPath, StoreError> {
    RepoPath::new(text.as_ref()).map_err(|error| StoreError::Corrupt(format!("{text}: {error}")))
}

pub(crate) fn paths_in<'a>(paths: impl IntoIterator<Item = &'a RepoPath>, count: usize) -> String {
    if count > LONGEST_LIST {
        return String::new();
    }
    let paths = paths.into_iter().map(|path| quoted(path.as_str()));
    format!("AND rel_path IN ({})", list(paths.chain(["''".to_owned()])))
}
