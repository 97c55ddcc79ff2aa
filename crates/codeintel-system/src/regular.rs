//! Reading files where a checkout may have put something else: a FIFO, a device, a link to one, a file without an end.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::scan::Stat;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file any more.
    #[error("the file no longer exists")]
    Gone,
    /// It is a symbolic link that leads out of the repository.
    #[error("the symbolic link leads out of the repository and is not followed")]
    Outside,
    /// It is a FIFO, a socket, a device or a folder.
    #[error("not a regular file")]
    NotAFile,
    /// It is larger than the limit.
    #[error("the file has {size} bytes; the limit is {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The operating system refused.
    #[error("the file cannot be read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Gone,
            _ => Self::Io(error),
        }
    }
}

/// No configuration file that a person writes is larger.
pub(crate) const MAX_CONFIGURATION_BYTES: u64 = 4 << 20;

/// Open a file for reading, if it is a regular one. Never waits for whoever is at the other end of a FIFO.
pub(crate) fn open_regular(path: &Path) -> Result<(File, Metadata), ReadError> {
    // Without NONBLOCK, opening a FIFO would wait for a writer; without NOCTTY, a terminal would become ours.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    // Opening some devices does something, so those that are there already are not opened at all.
    if std::fs::metadata(path)?.is_file() {
        let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() {
            return Ok((file, metadata));
        }
    }
    Err(ReadError::NotAFile)
}

/// Read a regular file with the stat data that it had before, if it has no more than so many bytes.
pub(crate) fn read_regular(path: &Path, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError> {
    let (file, metadata) = open_regular(path)?;
    let size = metadata.len();
    if size > max_bytes {
        return Err(ReadError::TooLarge { size, limit: max_bytes });
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    // It may have grown meanwhile.
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(ReadError::TooLarge { size: bytes.len() as u64, limit: max_bytes });
    }
    Ok((bytes, Stat::of(&metadata)))
}

/// The bytes of a configuration file; an error for what is not a regular file or is too large for one.
pub fn read_configuration(path: &Path) -> Result<Vec<u8>, ReadError> {
    read_regular(path, MAX_CONFIGURATION_BYTES).map(|(bytes, _)| bytes)
}

/// The text of a file that programs write and nobody need have: nothing if it cannot be read.
pub(crate) fn text_or_nothing(path: &Path, max_bytes: u64) -> Option<String> {
    read_regular(path, max_bytes).ok().map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn only_regular_files_within_bounds_are_read_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "abc").unwrap();
        fs::create_dir(at("folder")).unwrap();
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (link, target) in
            [("to_fifo", "fifo"), ("to_zero", "/dev/zero"), ("to_file", "file"), ("to_loop", "to_loop")]
        {
            std::os::unix::fs::symlink(target, at(link)).unwrap();
        }
        let begun = Instant::now();
        let read = |name: &str, max_bytes: u64| match read_regular(&at(name), max_bytes) {
            Ok((bytes, _)) => String::from_utf8(bytes).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!([read("file", 3), read("to_file", 3)], ["abc", "abc"]);
        assert_eq!(read("file", 2), "the file has 3 bytes; the limit is 2");
        assert_eq!(read("gone", 9), "the file no longer exists");
        for name in ["folder", "fifo", "socket", "to_fifo", "to_zero"] {
            assert_eq!(read(name, 9), "not a regular file", "{name}");
        }
        assert!(read("to_loop", 9).starts_with("the file cannot be read"));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
