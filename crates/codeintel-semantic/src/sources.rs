//! The world as ty sees it: the repository's scanned files as they were hashed, and installed packages on the disk.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use ruff_db::file_revision::FileRevision;
use ruff_db::system::walk_directory::WalkDirectoryBuilder;
use ruff_db::system::{
    DirectoryEntry, FileType, MemoryFileSystem, Metadata, Result, System, SystemPath, SystemPathBuf, SystemVirtualPath,
    WhichError, WhichResult, WritableSystem,
};
use ruff_notebook::{Notebook, NotebookError};
use rustc_hash::FxHashMap;

use crate::hidden::{folded, visible};
use crate::outsize::{self, StarCycles};

/// Larger files of installed packages are not read; no source is nearly as large.
const MOST_INSTALLED_BYTES: u64 = 16 << 20;

/// Reads the sources of a repository.
pub trait ReadSource: Send + Sync {
    /// The decoded text of a file of the repository, without a byte order mark; none where it is no text.
    fn read(&self, path: &str) -> Option<String>;
}

/// The files of a repository, and what lies around it.
#[derive(Clone)]
pub(crate) struct Sources {
    root: SystemPathBuf,
    /// Folders that are read from the disk although they are in the repository.
    installed: Arc<[SystemPathBuf]>,
    tree: Arc<RwLock<Tree>>,
    /// Folders of the repository that imports start from, in the order in which they are searched.
    import_roots: Arc<[String]>,
    judged: Arc<Mutex<Judged>>,
    reader: Arc<dyn ReadSource>,
}

#[derive(Default)]
struct Tree {
    /// Paths from the root, with what tells their contents apart.
    files: FxHashMap<String, u128>,
    /// Paths from the root, with the names and types of what is in them, sorted; the root is empty.
    folders: BTreeMap<String, Vec<(String, FileType)>>,
}

/// What is known of files that may be too large for ty.
#[derive(Default)]
struct Judged {
    /// Paths with what tells their contents apart, and what is too large in them.
    files: FxHashMap<SystemPathBuf, (u128, Option<Arc<str>>)>,
    cycles: StarCycles,
    /// A cycle was found after ty had seen one of its files.
    is_late: bool,
}

/// The files, for those who follow star imports.
struct Followed<'s>(&'s Sources);

impl outsize::Tree for Followed<'_> {
    fn has(&self, path: &str) -> bool {
        self.0.tree.read().unwrap_or_else(PoisonError::into_inner).files.contains_key(path)
    }

    fn text(&self, path: &str) -> Option<String> {
        self.0.reader.read(&visible(path))
    }

    fn import_roots(&self) -> &[String] {
        &self.0.import_roots
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Where a path leads.
enum Place {
    File(u128),
    Folder(u128),
    Nowhere,
    /// Out of what is scanned.
    Disk,
}

impl Sources {
    pub(crate) fn new(
        root: SystemPathBuf,
        installed: Vec<SystemPathBuf>,
        import_roots: Vec<String>,
        reader: Arc<dyn ReadSource>,
    ) -> Self {
        let (tree, judged) = Default::default();
        Self { root, installed: installed.into(), tree, import_roots: import_roots.into(), judged, reader }
    }

    /// What is too large in a file that ty has read.
    pub(crate) fn outsize(&self, path: &SystemPath) -> Option<Arc<str>> {
        self.judged().files.get(path)?.1.clone()
    }

    /// The text of a file of the repository, whatever ty sees of it.
    pub(crate) fn text(&self, path: &SystemPath) -> Option<String> {
        self.reader.read(&visible(self.inside(path)?))
    }

    /// Whether ty has seen files of a cycle before it was found; then it must read them again.
    pub(crate) fn was_late(&self) -> bool {
        std::mem::take(&mut self.judged().is_late)
    }

    fn judged(&self) -> MutexGuard<'_, Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ty sees of a file.
    fn seen(&self, path: &SystemPath, revision: u128, text: String) -> String {
        let mut judged = self.judged();
        let inside = self.inside(path);
        let cycle = inside.filter(|_| text.contains("import")).and_then(|inside| {
            let was_known = judged.cycles.is_known(inside);
            let size = judged.cycles.large_cycle(&Followed(self), inside, &text)?;
            if !was_known {
                let is_seen = |path: SystemPathBuf| judged.files.get(&path).is_some_and(|(_, reason)| reason.is_none());
                let is_late = judged.cycles.large().any(|inside| is_seen(self.root.join(inside)));
                judged.is_late |= is_late;
            }
            Some(size)
        });
        let known = judged.files.get(path).filter(|(known, _)| *known == revision).map(|(_, reason)| reason.clone());
        let shape = || match inside.and_then(folded) {
            Some(folders) => Some(outsize::in_many_folders(folders)),
            None => outsize::outsize(&text),
        };
        let shape = known.unwrap_or_else(|| shape().map(Arc::from));
        let reason = shape.or_else(|| {
            let size = cycle?;
            let limit = outsize::MOST_IN_STAR_CYCLE;
            Some(format!("{size} modules import each other with `*`; the limit is {limit}").into())
        });
        judged.files.insert(path.to_path_buf(), (revision, reason.clone()));
        if reason.is_some() { outsize::skeleton(&text, cycle.is_some()) } else { text }
    }

    /// Replace the files, given with what tells their contents apart. Gives the paths of files and folders that are others
    /// than before.
    pub(crate) fn set_files<'a>(&self, files: impl Iterator<Item = (&'a str, u128)>) -> Vec<SystemPathBuf> {
        let mut now = Tree::default();
        now.folders.insert(String::new(), Vec::new());
        for (path, revision) in files {
            now.files.insert(path.to_owned(), revision);
            let (mut inner, mut file_type) = (path, FileType::File);
            loop {
                let (folder, name) = inner.rsplit_once('/').unwrap_or(("", inner));
                let is_new = !now.folders.contains_key(folder);
                now.folders.entry(folder.to_owned()).or_default().push((name.to_owned(), file_type));
                if !is_new {
                    break;
                }
                (inner, file_type) = (folder, FileType::Directory);
            }
        }
        for entries in now.folders.values_mut() {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
        }
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed: Vec<&String> = Vec::new();
        for (old, new) in [(&*tree, &now), (&now, &*tree)] {
            changed.extend(
                old.files.iter().filter(|(path, file)| new.files.get(*path) != Some(file)).map(|(path, _)| path),
            );
            let folders = old.folders.iter().filter(|(path, entries)| new.folders.get(*path) != Some(entries));
            changed.extend(folders.map(|(path, _)| path));
        }
        changed.sort();
        changed.dedup();
        let changed: Vec<SystemPathBuf> = changed.into_iter().map(|path| self.root.join(path)).collect();
        *tree = now;
        drop(tree);
        let mut judged = self.judged();
        let mut paths = changed.clone();
        if !changed.is_empty() {
            // Which cycles there are may be different now, and so what ty sees of files that are the same.
            let cycles = std::mem::take(&mut judged.cycles);
            paths.extend(cycles.large().map(|path| self.root.join(path)));
            judged.is_late = cycles.large().next().is_some();
        }
        for path in &paths {
            judged.files.remove(path);
        }
        changed
    }

    fn inside<'p>(&self, path: &'p SystemPath) -> Option<&'p str> {
        if self.installed.iter().any(|folder| path.starts_with(folder)) {
            return None;
        }
        path.strip_prefix(&self.root).ok().map(SystemPath::as_str)
    }

    fn place(&self, path: &SystemPath) -> Place {
        let Some(inside) = self.inside(path) else { return Place::Disk };
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(revision) = tree.files.get(inside) {
            return Place::File(*revision);
        }
        match tree.folders.get(inside) {
            Some(entries) => Place::Folder(revision_of(entries)),
            None => Place::Nowhere,
        }
    }
}

/// What tells the entries of a folder from others.
fn revision_of(entries: &[(String, FileType)]) -> u128 {
    let bytes = entries
        .iter()
        .flat_map(|(name, file_type)| [name.as_bytes(), &[0, u8::from(file_type.is_directory())]].concat());
    let seed: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    bytes.fold(seed, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl System for Sources {
    fn path_metadata(&self, path: &SystemPath) -> Result<Metadata> {
        match self.place(path) {
            Place::File(revision) => Ok(Metadata::new(FileRevision::new(revision), None, FileType::File)),
            Place::Folder(revision) => Ok(Metadata::new(FileRevision::new(revision), None, FileType::Directory)),
            Place::Nowhere => Err(not_found()),
            #[expect(clippy::disallowed_methods, reason = "installed packages are no part of the repository")]
            Place::Disk => {
                let metadata = fs::metadata(path.as_std_path())?;
                let modified = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos());
                let file_type = if metadata.is_dir() { FileType::Directory } else { FileType::File };
                Ok(Metadata::new(FileRevision::new(modified), None, file_type))
            }
        }
    }

    fn canonicalize_path(&self, path: &SystemPath) -> Result<SystemPathBuf> {
        match self.place(path) {
            Place::File(_) | Place::Folder(_) => Ok(path.to_path_buf()),
            Place::Nowhere => Err(not_found()),
            #[expect(clippy::disallowed_methods, reason = "installed packages are no part of the repository")]
            Place::Disk => {
                let path: PathBuf = fs::canonicalize(path.as_std_path())?;
                SystemPathBuf::from_path_buf(path).map_err(|_| io::ErrorKind::InvalidData.into())
            }
        }
    }

    fn is_same_file(&self, first: &SystemPath, second: &SystemPath) -> Result<bool> {
        Ok(self.canonicalize_path(first)? == self.canonicalize_path(second)?)
    }

    fn which(&self, _: &str) -> WhichResult {
        Err(WhichError::CannotFindBinaryPath)
    }

    fn read_to_string(&self, path: &SystemPath) -> Result<String> {
        match (self.place(path), self.inside(path)) {
            (Place::File(revision), Some(inside)) => {
                let text = self.reader.read(&visible(inside)).ok_or(io::ErrorKind::InvalidData)?;
                Ok(self.seen(path, revision, text))
            }
            #[expect(clippy::disallowed_methods, reason = "installed packages are no part of the repository")]
            (Place::Disk, _) => {
                // An environment may lie in a checkout, and a FIFO in it would be waited for.
                let metadata = fs::metadata(path.as_std_path())?;
                if !metadata.is_file() || metadata.len() > MOST_INSTALLED_BYTES {
                    return Err(not_found());
                }
                let text = fs::read_to_string(path.as_std_path())?;
                Ok(if outsize::outsize(&text).is_some() { outsize::skeleton(&text, false) } else { text })
            }
            _ => Err(not_found()),
        }
    }

    fn read_to_notebook(&self, _: &SystemPath) -> std::result::Result<Notebook, NotebookError> {
        Err(NotebookError::Io(not_found()))
    }

    fn read_virtual_path_to_string(&self, _: &SystemVirtualPath) -> Result<String> {
        Err(not_found())
    }

    fn read_virtual_path_to_notebook(&self, _: &SystemVirtualPath) -> std::result::Result<Notebook, NotebookError> {
        Err(NotebookError::Io(not_found()))
    }

    fn current_directory(&self) -> &SystemPath {
        &self.root
    }

    fn user_config_directory(&self) -> Option<SystemPathBuf> {
        None
    }

    fn cache_dir(&self) -> Option<SystemPathBuf> {
        None
    }

    fn read_directory<'a>(
        &'a self,
        path: &SystemPath,
    ) -> Result<Box<dyn Iterator<Item = Result<DirectoryEntry>> + 'a>> {
        let Some(inside) = self.inside(path) else {
            #[expect(clippy::disallowed_methods, reason = "installed packages are no part of the repository")]
            let entries = fs::read_dir(path.as_std_path())?;
            let entry = |entry: io::Result<fs::DirEntry>| {
                let entry = entry?;
                let file_type = entry.file_type()?;
                let path = SystemPathBuf::from_path_buf(entry.path());
                let path = path.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                let file_type = match file_type {
                    file_type if file_type.is_dir() => FileType::Directory,
                    file_type if file_type.is_symlink() => FileType::Symlink,
                    _ => FileType::File,
                };
                Ok(DirectoryEntry::new(path, file_type))
            };
            // What lies in other projects is not seen, since nobody would notice when it changes.
            let is_seen = |entry: &Result<DirectoryEntry>| {
                !entry.as_ref().is_ok_and(|entry| entry.path().extension() == Some("pth"))
            };
            return Ok(Box::new(entries.map(entry).filter(is_seen)));
        };
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let entries = tree.folders.get(inside).ok_or_else(not_found)?.clone();
        let path = path.to_path_buf();
        Ok(Box::new(
            entries.into_iter().map(move |(name, file_type)| Ok(DirectoryEntry::new(path.join(name), file_type))),
        ))
    }

    fn walk_directory(&self, path: &SystemPath) -> WalkDirectoryBuilder {
        // Nobody walks here: which files there are is known.
        MemoryFileSystem::new().walk_directory(path)
    }

    fn as_writable(&self) -> Option<&dyn WritableSystem> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn dyn_clone(&self) -> Box<dyn System> {
        Box::new(self.clone())
    }
}
