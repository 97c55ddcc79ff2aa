//! The files of a snapshot: which path has which content.

use codeintel_base::{ContentHash, PYTHON, RepoPath};
use duckdb::{Appender, params};

use crate::database::Database;
use crate::error::StoreError;
use crate::ids::{ContentId, DocumentId, SnapshotId};

/// The stat data under which a file's bytes were hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Size in bytes.
    pub size_bytes: i64,
    /// Modification time in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of the inode in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Number of the file in its file system.
    pub inode: i64,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a table")]
pub struct FileRow {
    /// Its path.
    pub path: RepoPath,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// The number of its content; none as long as the database does not know the content.
    pub content_id: Option<ContentId>,
    /// Its stat data.
    pub state: FileState,
    /// The importable name.
    pub module: String,
    /// The source root that it starts from.
    pub root: String,
    /// Whether it is an `__init__` file.
    pub is_package: bool,
    /// Whether it is a stub.
    pub is_stub: bool,
    /// Whether it is a test.
    pub is_test: bool,
    /// JSON list of tags.
    pub tags: String,
    /// JSON list of owners.
    pub owners: String,
    /// The SCIP document that is shown for it.
    pub document_id: Option<DocumentId>,
    /// The fingerprint of what it may look up in other files; empty where no index is kept.
    pub fingerprint: String,
    /// Whether the document was made from another content or with another fingerprint.
    pub is_stale: bool,
}

impl Database {
    /// The files of a snapshot, sorted by path.
    pub(crate) fn files(&self, snapshot_id: SnapshotId) -> Result<Vec<FileRow>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT rel_path, content_hash, content_id, size_bytes, mtime_ns, ctime_ns, inode, module, root, is_package, \
             is_stub, is_test, tags, owners, document_id, fingerprint, is_stale FROM store.files WHERE snapshot_id = ?",
        )?;
        let mut rows = statement.query([snapshot_id])?;
        let mut files = Vec::new();
        while let Some(row) = rows.next()? {
            let (path, hash): (String, String) = (row.get(0)?, row.get(1)?);
            let path = RepoPath::new(path.as_ref()).map_err(|error| StoreError::Corrupt(format!("{path}: {error}")))?;
            let hash = hash.parse().map_err(|error| StoreError::Corrupt(format!("{path}: {error}")))?;
            files.push(FileRow {
                path,
                hash,
                content_id: row.get(2)?,
                state: FileState {
                    size_bytes: row.get(3)?,
                    mtime_ns: row.get(4)?,
                    ctime_ns: row.get(5)?,
                    inode: row.get(6)?,
                },
                module: row.get(7)?,
                root: row.get(8)?,
                is_package: row.get(9)?,
                is_stub: row.get(10)?,
                is_test: row.get(11)?,
                tags: row.get(12)?,
                owners: row.get(13)?,
                document_id: row.get(14)?,
                fingerprint: row.get(15)?,
                is_stale: row.get(16)?,
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

/// Append rows to a table with the columns of `store.files`.
pub(crate) fn append_files<'a>(
    appender: &mut Appender<'_>,
    snapshot_id: i32,
    rows: impl IntoIterator<Item = &'a FileRow>,
) -> Result<(), StoreError> {
    for row in rows {
        appender.append_row(params![
            snapshot_id,
            row.path.as_str(),
            PYTHON,
            row.content_id,
            row.hash.to_string(),
            row.state.size_bytes,
            row.state.mtime_ns,
            row.state.ctime_ns,
            row.state.inode,
            row.module,
            row.root,
            row.is_package,
            row.is_stub,
            row.is_test,
            row.tags,
            row.owners,
            row.document_id,
            row.fingerprint,
            row.is_stale,
        ])?;
    }
    appender.flush()?;
    Ok(())
}
