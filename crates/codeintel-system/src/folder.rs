//! A folder of codeintel's own, for what it exchanges with other programs.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use codeintel_base::RepoPath;

/// A folder that nobody else writes to. Files appear in it as a whole or not at all.
#[derive(Debug, Clone)]
pub struct OwnFolder(PathBuf);

impl OwnFolder {
    /// A folder, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where something in it is.
    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// A folder in it.
    #[must_use]
    pub fn inner(&self, name: &str) -> Self {
        Self(self.0.join(name))
    }

    /// Make the folder, if it is not there.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(&self.0)
    }

    /// Remove the folder with all that is in it.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
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
        let folder = path.parent().unwrap_or(&self.0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = folder.join(format!(".{name}.{}", std::process::id()));
        fs::create_dir_all(folder)?;
        Ok(NewFile { file: BufWriter::new(File::create(&partial)?), partial, path })
    }

    /// Write a new file where a path of the repository would be, without the detour that makes it appear as a whole.
    pub fn write_source(&self, path: &RepoPath, text: &str) -> io::Result<()> {
        let path = self.at(path.as_str());
        match fs::write(&path, text) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
                fs::write(&path, text)
            }
            result => result,
        }
    }

    /// Give the files of this folder another name in another one, which must not have them yet.
    pub fn link_into(&self, other: &Self) -> io::Result<()> {
        fs::create_dir_all(&other.0)?;
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                Self(entry.path()).link_into(&Self(other.at(entry.file_name())))?;
            } else {
                fs::hard_link(entry.path(), other.at(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Open a file; none if it is not there.
    pub fn open(&self, name: impl AsRef<Path>) -> io::Result<Option<BufReader<File>>> {
        match File::open(self.at(name)) {
            Ok(file) => Ok(Some(BufReader::with_capacity(1 << 16, file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Remove a file, if it is there, and the folders around it that are empty then.
    pub fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let path = self.at(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let inside = path.ancestors().skip(1).take_while(|folder| *folder != self.0);
        // The first one that is not empty ends it.
        let _emptied = inside.map(fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }

    /// The paths of all files, from this folder, sorted.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(path) = entry.path().strip_prefix(&self.0) {
                    found.push(path.to_owned());
                }
            }
        }
        found.sort();
        Ok(found)
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
    fn linked_files_are_the_same_files() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| OwnFolder::new(dir.path().join(name)));
        one.write_source(&RepoPath::new(Path::new("a/b.py")).unwrap(), "x = 1\n").unwrap();
        one.link_into(&two).unwrap();
        assert_eq!(two.files().unwrap(), [Path::new("a/b.py")]);
        assert_eq!(fs::read(two.at("a/b.py")).unwrap(), b"x = 1\n");
    }
}
