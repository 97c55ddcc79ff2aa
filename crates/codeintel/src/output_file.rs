//! A file that receives an answer: complete, or as it was before.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use codeintel_settings::SettingsError;
use tempfile::{Builder, NamedTempFile};

/// The folder of codeintel's own files in a repository.
const OWN_FOLDER: &str = ".codeintel";

/// Files that are being written. Nobody else removes them when the program is interrupted.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Remove what is not finished.
pub(crate) fn remove_parts() {
    for part in PARTS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _removed = std::fs::remove_file(part);
    }
}

/// A file beside the one that is named, until it takes its place.
pub(crate) struct OutputFile {
    target: PathBuf,
    file: NamedTempFile,
}

impl OutputFile {
    /// Begin a file. It must not be one of codeintel's own, nor one of those of the database.
    pub(crate) fn create(target: &Path, database: &Path) -> Result<Self, SettingsError> {
        let refused = |message: &str| SettingsError::Root { path: target.to_owned(), message: message.to_owned() };
        let io = |error: io::Error| refused(&error.to_string());
        let name = target.file_name().ok_or_else(|| refused("not a file name"))?;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(io)?;
        let target = folder.join(name);
        let is_own = |part: &std::ffi::OsStr| part.to_string_lossy().eq_ignore_ascii_case(OWN_FOLDER);
        if target.iter().any(is_own) {
            return Err(refused("a file in codeintel's own folder"));
        }
        let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
        let is_beside = database.parent() == Some(folder.as_path());
        let database_name = database.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if is_beside && name.to_string_lossy().to_lowercase().starts_with(&database_name) {
            return Err(refused("a file of the database"));
        }
        // A link is replaced, not followed.
        if let Ok(metadata) = target.symlink_metadata()
            && !metadata.is_file()
            && !metadata.is_symlink()
        {
            return Err(refused("not a regular file"));
        }
        let mut builder = Builder::new();
        builder.prefix(".codeintel-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(&folder).map_err(io)?;
        PARTS.lock().unwrap_or_else(PoisonError::into_inner).push(file.path().to_owned());
        Ok(Self { target, file })
    }

    /// Put the file in its place.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        PARTS.lock().unwrap_or_else(PoisonError::into_inner).retain(|part| part != self.file.path());
        self.file.persist(&self.target).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_once_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let (target, database) = (dir.path().join("out.csv"), dir.path().join("x.duckdb"));
        fs::write(&target, "before").unwrap();
        let mut file = OutputFile::create(&target, &database).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&target).unwrap(), "before");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let mut file = OutputFile::create(&target, &database).unwrap();
        file.write_all(b"whole").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "whole");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_of_codeintel_and_what_is_no_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join(".codeintel");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("codeintel.duckdb"), "").unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        fs::write(dir.path().join("other.db"), "").unwrap();
        std::os::unix::fs::symlink(&own, dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("other.db", dir.path().join("link.db")).unwrap();
        let check = |target: &str, database: &str, expected: &str| {
            let created = OutputFile::create(&dir.path().join(target), &dir.path().join(database));
            let error = created.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.ends_with(expected) && !error.is_empty(), "{target}: {error}");
        };
        check(".codeintel/codeintel.duckdb", ".codeintel/codeintel.duckdb", "a file in codeintel's own folder");
        check(".codeintel", ".codeintel/codeintel.duckdb", "a file in codeintel's own folder");
        check("link/x.csv", ".codeintel/codeintel.duckdb", "a file in codeintel's own folder");
        check("folder/../.codeintel/x.csv", "other.db", "a file in codeintel's own folder");
        check("other.db", "other.db", "a file of the database");
        check("OTHER.DB.wal", "other.db", "a file of the database");
        check("other.db.wal.checkpoint", "link.db", "a file of the database");
        check("folder", "other.db", "not a regular file");
        check("/dev/null", "other.db", "not a regular file");
        check("nowhere/x.csv", "other.db", "(os error 2)");
        check("..", "other.db", "not a file name");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 5);
    }
}
