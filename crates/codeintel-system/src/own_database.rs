//! Which database files this user has made on this machine.
//!
//! DuckDB must not open a file that came with a checkout: who can write the bytes of a database can make its reader do much. So each database
//! that lies where a repository may have put one has a random id beside it, in a file of its own, and the user's folder for state knows the
//! ids that were given. A repository cannot know one, unless somebody has handed out their own database together with its id. What git
//! tracks, and what is a symbolic link, is never ours, whatever is written beside it.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use codeintel_base::ContentHash;
use serde::{Deserialize, Serialize};

use crate::git::{self, Git};
use crate::regular::text_or_nothing;

/// So many ids of databases whose place is gone are kept: their repositories may have moved, and be found elsewhere.
const KEPT: usize = 256;

/// The ending of the file with the id.
const ID: &str = ".id";

/// The endings of DuckDB's logs.
const LOGS: [&str; 3] = [".wal", ".wal.checkpoint", ".wal.recovery"];

/// The user's folders for state, and what they know.
#[derive(Debug, Clone)]
pub struct OwnDatabases {
    /// The first that can be written to is used.
    folders: Vec<PathBuf>,
}

/// What is known of a database file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none yet.
    New(Voucher),
    /// This user has made it on this machine.
    Ours(Voucher),
    /// Nobody knows who has made it.
    Unknown,
    /// It is not to be used, for this reason.
    Refused(String),
}

/// What a database was recognized by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voucher {
    /// Git's index when it did not have the database.
    index: Option<Stamp>,
}

/// Device, inode, size, modification and change time of a file. Nobody can set the last one.
type Stamp = (u64, u64, u64, i64, i64);

/// What is known of an id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    /// The database and its log as they were left.
    files: [Option<Stamp>; 2],
    index: Option<Stamp>,
}

impl OwnDatabases {
    /// Look into these folders, in this order.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders }
    }

    /// What is known of a database file that lies in a repository. `root` and the database's path have no symbolic links but those that the
    /// repository has.
    pub fn standing(&self, root: &Path, database: &Path) -> Standing {
        let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
        match obstacle(root, database) {
            Ok(None) => {}
            Ok(Some((path, what))) => return Standing::Refused(format!("`{}` {what}", shown(&path))),
            Err(error) => return Standing::Refused(format!("`{}`: {error}", shown(database))),
        }
        let index = index_of(root).and_then(|path| stamp(&path));
        let voucher = Voucher { index };
        let tracked = || Standing::Refused(format!("git tracks `{}`", shown(database.parent().unwrap_or(database))));
        let known = id_beside(database).and_then(|id| self.record(&id));
        if stamp(database).is_none() {
            let is_there = database.parent().is_some_and(Path::exists);
            if is_there && is_tracked(root, database) {
                return tracked();
            }
            // DuckDB may read the log of a database that is gone.
            let has_log = LOGS.iter().any(|ending| beside(database, ending).symlink_metadata().is_ok());
            return if has_log && known.is_none() { Standing::Unknown } else { Standing::New(voucher) };
        }
        let Some(record) = known else {
            return if is_tracked(root, database) { tracked() } else { Standing::Unknown };
        };
        let is_as_left = record.path == database && record.files == stamps(database);
        if (!is_as_left || record.index != index) && is_tracked(root, database) {
            return tracked();
        }
        Standing::Ours(voucher)
    }

    /// Give a database that is about to be made an id, or one that the user vouches for.
    pub fn adopt(&self, database: &Path, voucher: &Voucher) -> io::Result<()> {
        if id_beside(database).is_some_and(|id| self.record(&id).is_some()) {
            return Ok(());
        }
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.write(&id, &Record { path: database.to_owned(), files: [None; 2], index: voucher.index })?;
        replace(&id_file(database), format!("{id}\n").as_bytes())?;
        self.prune();
        Ok(())
    }

    /// Remember a database as it is now. Where that cannot be written down, it is recognized by its id alone.
    pub fn settle(&self, database: &Path, voucher: &Voucher) {
        let Some(id) = id_beside(database) else { return };
        let record = Record { path: database.to_owned(), files: stamps(database), index: voucher.index };
        if self.record(&id).is_some_and(|before| before != record) {
            let _slower_next_time = self.write(&id, &record);
        }
    }

    /// Remember a database that the user has named: by its path, and with no file beside it.
    pub fn settle_named(&self, database: &Path) {
        let (Some(id), files) = (id_of_path(database), stamps(database)) else { return };
        // What tells it from another file in its place is its inode; its size and times change.
        let files = files.map(|file| file.map(|(device, inode, ..)| (device, inode, 0, 0, 0)));
        let record = Record { path: database.to_owned(), files: [files[0], None], index: None };
        if self.record(&id).as_ref() != Some(&record) {
            let is_new = self.record(&id).is_none();
            let _not_known_then = self.write(&id, &record);
            if is_new {
                self.prune();
            }
        }
    }

    /// Whether a file is one that was remembered as a database of ours, whatever is in it by now.
    pub fn is_known(&self, database: &Path) -> bool {
        let by_id = id_beside(database).is_some_and(|id| self.record(&id).is_some());
        let is_same = |record: Record| {
            let now = stamp(database).map(|(device, inode, ..)| (device, inode, 0, 0, 0));
            now.is_some() && record.files[0] == now
        };
        by_id || id_of_path(database).and_then(|id| self.record(&id)).is_some_and(is_same)
    }

    /// Where the database of a repository lies whose own place is not to be used: in the user's folder.
    pub fn beside(&self, root: &Path) -> Option<PathBuf> {
        let name = ContentHash::of(root.as_os_str().as_encoded_bytes()).to_string();
        let file = |folder: &PathBuf| folder.join("beside").join(&name).join("codeintel.duckdb");
        let known = self.folders.iter().map(file).find(|path| path.exists());
        known.or_else(|| {
            self.folders.iter().find_map(|folder| {
                let database = file(folder);
                private_folder(folder).ok()?;
                private_folder(database.parent()?).ok()?;
                // Names the repository to whoever wonders, and to the one who tidies up.
                replace(&database.with_file_name("root"), root.as_os_str().as_encoded_bytes()).ok()?;
                Some(database)
            })
        })
    }

    fn record(&self, id: &str) -> Option<Record> {
        let read = |folder: &PathBuf| text_or_nothing(&folder.join("databases").join(id), 1 << 16);
        let text = self.folders.iter().filter(|folder| is_private(folder)).find_map(read)?;
        serde_json::from_str(&text).ok()
    }

    fn write(&self, id: &str, record: &Record) -> io::Result<()> {
        let text = serde_json::to_string(record)?;
        let mut result = Err(io::Error::from(io::ErrorKind::NotFound));
        for folder in &self.folders {
            result = private_folder(folder)
                .and_then(|()| private_folder(&folder.join("databases")))
                .and_then(|()| replace(&folder.join("databases").join(id), text.as_bytes()));
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Forget the oldest of those whose place is gone, and databases of repositories that are gone.
    fn prune(&self) {
        for folder in &self.folders {
            let mut records: Vec<_> = entries(&folder.join("databases")).collect();
            if records.len() > KEPT {
                records.sort_by_key(|(_, metadata)| std::cmp::Reverse(metadata.mtime()));
                let is_gone = |path: &Path| {
                    let record = text_or_nothing(path, 1 << 16).and_then(|text| serde_json::from_str(&text).ok());
                    record.is_none_or(|record: Record| !record.path.exists())
                };
                for (path, _) in records.split_off(KEPT) {
                    if is_gone(&path) {
                        let _somebody_else_has = fs::remove_file(path);
                    }
                }
            }
            for (path, _) in entries(&folder.join("beside")) {
                let root = fs::read(path.join("root")).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                if root.is_some_and(|root| !Path::new(&root).exists()) {
                    let _somebody_else_has = fs::remove_dir_all(path);
                }
            }
        }
    }
}

/// What lies where the database and its companions would, and must not be used.
fn obstacle(root: &Path, database: &Path) -> io::Result<Option<(PathBuf, &'static str)>> {
    const LINK: &str = "is a symbolic link";
    let folder = database.parent().unwrap_or(root);
    let mut path = root.to_owned();
    for part in folder.strip_prefix(root).unwrap_or(Path::new("")).components() {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => return Ok(Some((path, LINK))),
            Ok(metadata) if !metadata.is_dir() => return Ok(Some((path, "is not a folder"))),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.file_name().to_string_lossy().into_owned();
        let rest = found.strip_prefix(&name).filter(|rest| rest.is_empty() || rest.starts_with('.'));
        if rest.is_none() && !["scip", ".gitignore"].contains(&found.as_str()) {
            continue;
        }
        let is_folder = rest == Some(".tmp") || found == "scip";
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            return Ok(Some((entry.path(), LINK)));
        }
        if is_folder && !kind.is_dir() {
            return Ok(Some((entry.path(), "is not a folder")));
        }
        if !is_folder && !kind.is_file() {
            return Ok(Some((entry.path(), "is not a regular file")));
        }
    }
    Ok(None)
}

/// Whether git tracks the database, something that belongs to it, or for one in a folder of its own, anything in there.
fn is_tracked(root: &Path, database: &Path) -> bool {
    // Asked from the top, git cannot take a folder on the way for a bare repository.
    let Some(top) = git::top(root).filter(|top| git::folder_of(top).is_some()) else { return false };
    let Ok(path) = database.strip_prefix(top) else { return false };
    let in_own = database.strip_prefix(root).is_ok_and(|path| path.starts_with(".codeintel"));
    let folder = path.parent().filter(|_| in_own);
    let paths = match folder {
        Some(folder) => vec![folder.to_string_lossy().into_owned()],
        None => vec![path.to_string_lossy().into_owned(), log_of(path).to_string_lossy().into_owned()],
    };
    let paths: Vec<String> = paths.iter().map(|path| format!(":(literal){path}")).collect();
    let mut args = vec!["ls-files", "-z", "--cached", "--"];
    args.extend(paths.iter().map(String::as_str));
    // Where git does not answer, the id has to do.
    Git::open(top).and_then(|git| git.run(&args)).is_ok_and(|found| !found.is_empty())
}

/// Git's index for a folder, where there is one.
fn index_of(root: &Path) -> Option<PathBuf> {
    Some(git::folder_of(git::top(root)?)?.join("index"))
}

/// The path of what belongs to a database, by its ending.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn id_file(database: &Path) -> PathBuf {
    beside(database, ID)
}

fn log_of(database: &Path) -> PathBuf {
    beside(database, LOGS[0])
}

fn id_beside(database: &Path) -> Option<String> {
    let path = id_file(database);
    // The file of another database would vouch for this one.
    fs::symlink_metadata(&path).ok().filter(Metadata::is_file)?;
    let text = text_or_nothing(&path, 64)?;
    let id = text.trim_end();
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
}

fn id_of_path(database: &Path) -> Option<String> {
    let path = database.canonicalize().ok()?;
    Some(format!("path-{}", ContentHash::of(path.as_os_str().as_encoded_bytes())))
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Some((
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    ))
}

fn stamps(database: &Path) -> [Option<Stamp>; 2] {
    [stamp(database), stamp(&log_of(database))]
}

fn entries(folder: &Path) -> impl Iterator<Item = (PathBuf, Metadata)> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    found.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
}

/// The number of the user who runs this program.
pub fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Make a folder that only its user can enter.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if is_private(path) { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Whether a folder belongs to the user, and nobody else can write to it.
pub(crate) fn is_private(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == user_id() && found.mode() & 0o022 == 0)
}

/// Let a file appear as a whole, in place of what is there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let _left_by_a_crash = fs::remove_file(&partial);
    let written = File::create_new(&partial).and_then(|mut file| file.write_all(bytes));
    let result = written.and_then(|()| fs::rename(&partial, path));
    if result.is_err() {
        let _not_there = fs::remove_file(&partial);
    }
    result
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    struct Place {
        dir: tempfile::TempDir,
        own: OwnDatabases,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("repo/.codeintel")).unwrap();
            let own = OwnDatabases::new(vec![dir.path().join("state")]);
            Self { dir, own }
        }

        fn root(&self) -> PathBuf {
            self.dir.path().join("repo")
        }

        fn database(&self) -> PathBuf {
            self.root().join(".codeintel/x.duckdb")
        }

        fn standing(&self) -> Standing {
            self.own.standing(&self.root(), &self.database())
        }

        /// A database as a run would leave it.
        fn make(&self) {
            let Standing::New(voucher) = self.standing() else { panic!("{:?}", self.standing()) };
            self.own.adopt(&self.database(), &voucher).unwrap();
            fs::write(self.database(), "database").unwrap();
            self.own.settle(&self.database(), &voucher);
        }

        fn git(&self, args: &[&str]) {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
            let status = Command::new("git").args(identity).args(args).current_dir(self.root()).status().unwrap();
            assert!(status.success(), "{args:?}");
        }
    }

    fn is_ours(standing: &Standing) -> bool {
        matches!(standing, Standing::Ours(_))
    }

    fn refusal(standing: Standing) -> String {
        let Standing::Refused(reason) = standing else { panic!("{standing:?}") };
        reason
    }

    #[test]
    fn a_database_is_known_where_it_was_made_and_after_a_move_and_a_copy() {
        let mut place = Place::new();
        place.make();
        assert!(is_ours(&place.standing()));
        fs::write(place.database(), "written to since").unwrap();
        assert!(is_ours(&place.standing()));
        fs::rename(place.root(), place.dir.path().join("moved")).unwrap();
        let moved = place.dir.path().join("moved");
        assert!(is_ours(&place.own.standing(&moved, &moved.join(".codeintel/x.duckdb"))));
        fs::create_dir_all(place.database().parent().unwrap()).unwrap();
        for name in ["x.duckdb", "x.duckdb.id"] {
            fs::copy(moved.join(".codeintel").join(name), place.root().join(".codeintel").join(name)).unwrap();
        }
        assert!(is_ours(&place.standing()));
        place.own = OwnDatabases::new(vec![place.dir.path().join("state of somebody else")]);
        assert_eq!(place.standing(), Standing::Unknown);
    }

    #[test]
    fn what_nobody_knows_is_told_from_what_must_not_be_used() {
        let place = Place::new();
        fs::write(place.database(), "x").unwrap();
        assert_eq!(place.standing(), Standing::Unknown);
        for forged in ["", "zz", "../../../state/databases/x", &"0".repeat(32), &"0".repeat(5000)] {
            fs::write(id_file(&place.database()), forged).unwrap();
            assert_eq!(place.standing(), Standing::Unknown, "{forged}");
        }
        fs::remove_file(id_file(&place.database())).unwrap();
        fs::remove_file(place.database()).unwrap();
        fs::write(log_of(&place.database()), "a log without its database").unwrap();
        assert_eq!(place.standing(), Standing::Unknown);
        fs::remove_file(log_of(&place.database())).unwrap();
        let link = |name: &str| std::os::unix::fs::symlink("/etc/passwd", place.root().join(name)).unwrap();
        for name in
            ["x.duckdb", "x.duckdb.wal", "x.duckdb.wal.checkpoint", "x.duckdb.tmp", "x.duckdb.id", "scip", ".gitignore"]
        {
            let name = format!(".codeintel/{name}");
            link(&name);
            assert_eq!(refusal(place.standing()), format!("`{name}` is a symbolic link"));
            fs::remove_file(place.root().join(&name)).unwrap();
            fs::write(place.root().join(&name), "").unwrap();
            let is_folder = name.ends_with("tmp") || name.ends_with("scip");
            assert_eq!(matches!(place.standing(), Standing::Refused(_)), is_folder, "{name}");
            fs::remove_file(place.root().join(&name)).unwrap();
            assert!(Command::new("mkfifo").arg(place.root().join(&name)).status().unwrap().success());
            assert!(refusal(place.standing()).contains("is not a"), "{name}");
            fs::remove_file(place.root().join(&name)).unwrap();
        }
        fs::remove_dir(place.root().join(".codeintel")).unwrap();
        link(".codeintel");
        assert_eq!(refusal(place.standing()), "`.codeintel` is a symbolic link");
        fs::remove_file(place.root().join(".codeintel")).unwrap();
        fs::write(place.root().join(".codeintel"), "").unwrap();
        assert_eq!(refusal(place.standing()), "`.codeintel` is not a folder");
    }

    #[test]
    fn what_git_tracks_is_not_ours_even_if_it_was() {
        let place = Place::new();
        place.git(&["init", "-q"]);
        place.make();
        assert!(is_ours(&place.standing()));
        place.git(&["commit", "-q", "--allow-empty", "-m", "another index"]);
        assert!(is_ours(&place.standing()));
        place.git(&["add", "-f", ".codeintel/x.duckdb"]);
        assert_eq!(refusal(place.standing()), "git tracks `.codeintel`");
        place.git(&["rm", "-q", "--cached", ".codeintel/x.duckdb"]);
        assert!(is_ours(&place.standing()));
    }

    #[test]
    fn a_named_database_is_known_by_its_place_and_inode() {
        let place = Place::new();
        let path = place.dir.path().join("named");
        fs::write(&path, "x").unwrap();
        assert!(!place.own.is_known(&path));
        place.own.settle_named(&path);
        fs::write(&path, "damaged").unwrap();
        assert!(place.own.is_known(&path));
        fs::write(place.dir.path().join("other"), "text").unwrap();
        fs::rename(place.dir.path().join("other"), &path).unwrap();
        assert!(!place.own.is_known(&path), "another file in its place");
    }

    #[test]
    fn ids_of_what_is_gone_do_not_gather() {
        let place = Place::new();
        place.make();
        for number in 0..KEPT + 20 {
            let gone = place.root().join(format!(".codeintel/{number}.duckdb"));
            place.own.adopt(&gone, &Voucher::default()).unwrap();
        }
        let count = entries(&place.dir.path().join("state/databases")).count();
        assert!(count <= KEPT + 1, "{count}");
        assert!(is_ours(&place.standing()), "it is there");
        let beside = place.own.beside(Path::new("/nowhere/at/all")).unwrap();
        assert!(beside.parent().unwrap().exists());
        place.own.prune();
        assert!(!beside.parent().unwrap().exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_or_that_others_can_is_passed_over() {
        use std::os::unix::fs::PermissionsExt as _;
        let mut place = Place::new();
        let open = place.dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        place.own = OwnDatabases::new(vec!["/dev/null/state".into(), open, place.dir.path().join("last")]);
        place.make();
        assert!(is_ours(&place.standing()));
        assert!(place.dir.path().join("last/databases").exists());
        let nowhere = OwnDatabases::new(vec!["/dev/null/state".into()]);
        assert!(nowhere.adopt(&place.root().join("y"), &Voucher::default()).is_err());
        assert_eq!(
            (nowhere.beside(&place.root()), nowhere.standing(&place.root(), &place.database())),
            (None, Standing::Unknown)
        );
    }
}
