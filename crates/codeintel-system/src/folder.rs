//! A folder of codeintel's own, for what it exchanges with other programs.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use codeintel_base::RepoPath;

use crate::own_database::{is_private, private_folder};
use crate::regular::ReadError;
use crate::regular::open_regular;

/// A folder that nobody else writes to. Files appear in it as a whole or not at all, and nothing is written, moved or removed through a
/// symbolic link in it.
#[derive(Debug, Clone)]
pub struct OwnFolder {
    path: PathBuf,
    /// The part of the path that was given by somebody who may mean a link: nothing below it may be one.
    anchor: PathBuf,
}

impl OwnFolder {
    /// A folder, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { anchor: path.clone(), path }
    }

    /// A folder of that name in another one, which must not be a symbolic link either.
    pub fn below(anchor: impl Into<PathBuf>, name: &str) -> Self {
        let anchor = anchor.into();
        Self { path: anchor.join(name), anchor }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where something in it is.
    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// A folder in it.
    #[must_use]
    pub fn inner(&self, name: &str) -> Self {
        Self { path: self.path.join(name), anchor: self.anchor.clone() }
    }

    /// Make the folder, if it is not there.
    pub fn create(&self) -> io::Result<()> {
        self.check(&self.path)?;
        fs::create_dir_all(&self.path)
    }

    /// Make the folder, if it is not there, for nobody else than its user.
    pub fn create_private(&self) -> io::Result<()> {
        self.check(&self.path)?;
        private_folder(&self.path)
    }

    /// Whether the folder belongs to the user, and nobody else can write to it.
    pub fn is_private(&self) -> bool {
        is_private(&self.path)
    }

    /// An error if a folder on the way to a path is a symbolic link.
    fn check(&self, path: &Path) -> io::Result<()> {
        let below = path.strip_prefix(&self.anchor).unwrap_or(path);
        let mut folder = self.anchor.clone();
        for part in below.components() {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(metadata) if metadata.is_symlink() => {
                    let message = format!("`{}` is a symbolic link; nothing is written through it", folder.display());
                    return Err(io::Error::other(message));
                }
                Ok(_) => {}
                // What is not there leads nowhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Remove the folder with all that is in it.
    pub fn clear(&self) -> io::Result<()> {
        self.check(self.path.parent().unwrap_or(&self.path))?;
        // A link in the folder's own place is removed itself.
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Write a file, replacing the one that is there.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.begin(name)?;
        file.write_all(bytes)?;
        file.finish()
    }

    /// Begin to write a file, which will replace the one that is there.
    pub fn begin(&self, name: impl AsRef<Path>) -> io::Result<NewFile> {
        let path = self.at(name);
        let folder = path.parent().unwrap_or(&self.path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = folder.join(format!(".{name}.{}", std::process::id()));
        self.check(folder)?;
        fs::create_dir_all(folder)?;
        Ok(NewFile { file: BufWriter::new(create(&partial)?), partial, path })
    }

    /// Write a new file where a path of the repository would be, without the detour that makes it appear as a whole.
    pub fn write_source(&self, path: &RepoPath, text: &str) -> io::Result<()> {
        let path = self.at(path.as_str());
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.check(path.parent().unwrap_or(&self.path))?;
                fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
                File::create_new(&path)?
            }
            result => result?,
        };
        file.write_all(text.as_bytes())
    }

    /// Give the files of this folder another name in another one, which must not have them yet.
    pub fn link_into(&self, other: &Self) -> io::Result<()> {
        other.create()?;
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let inner = |folder: &Self| Self { path: folder.at(entry.file_name()), anchor: folder.anchor.clone() };
                inner(self).link_into(&inner(other))?;
            } else {
                fs::hard_link(entry.path(), other.at(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Open a file; none if it is not there.
    pub fn open(&self, name: impl AsRef<Path>) -> io::Result<Option<BufReader<File>>> {
        match open_regular(&self.at(name)) {
            Ok((file, _)) => Ok(Some(BufReader::with_capacity(1 << 16, file))),
            Err(ReadError::Gone) => Ok(None),
            Err(ReadError::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }

    /// Whether something is there that is no file: a folder, a pipe, a device. To open these may take for ever.
    pub fn is_other_than_file(&self, name: impl AsRef<Path>) -> bool {
        fs::metadata(self.at(name)).is_ok_and(|metadata| !metadata.is_file())
    }

    /// Remove a file, if it is there, and the folders around it that are empty then.
    pub fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let path = self.at(name);
        self.check(path.parent().unwrap_or(&self.path))?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let inside = path.ancestors().skip(1).take_while(|folder| *folder != self.path);
        // The first one that is not empty ends it.
        let _emptied = inside.map(fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }

    /// The paths of all files, from this folder, sorted.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        self.check(&self.path)?;
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(path) = entry.path().strip_prefix(&self.path) {
                    found.push(path.to_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// A new file at a path at which only a run of ours that was cut short may have left one.
fn create(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            File::create_new(path)
        }
        result => result,
    }
}

/// A file that is being written. One that is not finished does not appear.
#[derive(Debug)]
pub struct NewFile {
    file: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Let the file appear.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        fs::rename(&self.partial, &self.path)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // It is there only if it was not finished.
        let _removed = fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_and_go_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OwnFolder::new(dir.path().join("own"));
        assert_eq!(folder.files().unwrap(), Vec::<PathBuf>::new());
        folder.write("a/b/c.txt", b"1").unwrap();
        folder.write("a/b/c.txt", b"2").unwrap();
        folder.write("a/d.txt", b"3").unwrap();
        let mut unfinished = folder.begin("a/e.txt").unwrap();
        unfinished.write_all(b"4").unwrap();
        drop(unfinished);
        assert_eq!(folder.files().unwrap(), [Path::new("a/b/c.txt"), Path::new("a/d.txt")]);
        assert_eq!(fs::read(folder.at("a/b/c.txt")).unwrap(), b"2");
        assert!(folder.open("a/x").unwrap().is_none() && folder.open("a/d.txt").unwrap().is_some());
        folder.remove("a/b/c.txt").unwrap();
        folder.remove("a/b/c.txt").unwrap();
        assert!(!folder.at("a/b").exists() && folder.at("a/d.txt").exists());
        folder.clear().unwrap();
        folder.clear().unwrap();
        assert!(!folder.path().exists());
    }

    #[test]
    fn nothing_is_written_or_removed_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        let link = |target: &str, path: &str| std::os::unix::fs::symlink(at(target), at(path)).unwrap();
        fs::create_dir_all(at("mine/docs")).unwrap();
        fs::create_dir_all(at("own")).unwrap();
        fs::write(at("mine/docs/a.txt"), "mine").unwrap();
        link("mine", "own/scip");
        link("own", "meant");
        let folder = OwnFolder::below(at("own"), "scip");
        assert!(folder.write("docs/a.txt", b"x").is_err() && folder.write("b.txt", b"x").is_err());
        assert!(
            folder.remove("docs/a.txt").is_err() && folder.inner("docs").clear().is_err() && folder.files().is_err()
        );
        assert!(folder.inner("docs").create().is_err());
        assert_eq!(fs::read(at("mine/docs/a.txt")).unwrap(), b"mine");
        folder.clear().unwrap();
        assert!(at("mine/docs/a.txt").exists() && !at("own/scip").exists(), "the link itself is removed");
        // A file that is to be replaced, and the one that is written before, may be links, too.
        let meant = OwnFolder::new(at("meant"));
        link("mine/docs/a.txt", "own/index.scip");
        link("mine/docs/a.txt", &format!("own/.index.scip.{}", std::process::id()));
        meant.write("index.scip", b"x").unwrap();
        assert_eq!(fs::read(at("own/index.scip")).unwrap(), b"x");
        link("mine/docs/a.txt", "own/s.py");
        assert!(meant.write_source(&RepoPath::new(Path::new("s.py")).unwrap(), "x").is_err());
        assert_eq!(fs::read(at("mine/docs/a.txt")).unwrap(), b"mine");
    }

    #[test]
    fn linked_files_are_the_same_files() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| OwnFolder::new(dir.path().join(name)));
        one.write_source(&RepoPath::new(Path::new("a/b.py")).unwrap(), "x = 1\n").unwrap();
        one.link_into(&two).unwrap();
        assert_eq!(two.files().unwrap(), [Path::new("a/b.py")]);
        assert_eq!(fs::read(two.at("a/b.py")).unwrap(), b"x = 1\n");
    }
}
