//! Opening and closing the file.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use duckdb::{AccessMode, Config, Connection};

use crate::error::{NO_DATABASE, StoreError};
use crate::schema;

/// A log of this many bytes is read in about 60 ms when the database is opened.
const LONGEST_LOG: u64 = 3 << 20;

/// A log of which so much was there already when the database was opened has grown by small runs, each of which has read it.
const LONGEST_READ_LOG: u64 = 1 << 20;

/// The oldest DuckDB that reads the file. For still older ones each checkpoint would translate the statistics of all columns.
const STORAGE_VERSION: &str = "v1.2.0";

/// What a file of DuckDB has at its start, and where.
const MAGIC: (usize, &[u8]) = (8, b"DUCK");

/// A database is no smaller once it is one.
const HEADER_BYTES: u64 = 3 * 4096;

/// A new file is a database after so long at most.
const CREATION: Duration = Duration::from_secs(1);

/// While much is written, DuckDB keeps no more than this in memory. What was written would otherwise stay there, up to a share of all
/// memory.
const MEMORY_OF_WRITING: &str = "256MB";

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read; the file must exist and may be open elsewhere for reading.
    Read,
    /// The same, and it may have an older schema: its tables are then those of that time.
    ReadAnySchema,
    /// To be brought up to date, or made; nobody else may have it open.
    Write,
    /// The same, but it must exist.
    WriteExisting,
}

/// How a database was found when it was opened for writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It was not there and is empty now.
    Created,
    /// It was there.
    Existing,
    /// It has an older schema. What was opened for reading is that; what was opened for writing is another one, which takes its place
    /// when it is closed.
    Outdated {
        /// The schema that it has.
        found: u32,
    },
}

/// An open database.
#[derive(Debug)]
pub struct Database {
    pub(crate) connection: Connection,
    path: PathBuf,
    /// The size of the log that was there when it was opened.
    log_bytes: u64,
    /// The file of an older schema whose place it takes when it is closed.
    becomes: Option<PathBuf>,
}

impl Database {
    /// Open a file. Waits up to `patience` for another process to let go of it.
    pub fn open(path: &Path, access: Access, patience: Duration) -> Result<(Self, Opened), StoreError> {
        let is_read = matches!(access, Access::Read | Access::ReadAnySchema);
        if access != Access::Write && !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        // DuckDB names a database by its file, and would take `core.modules` for a table of such a one.
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if schema::is_schema(&stem) {
            return Err(StoreError::Name(stem));
        }
        let log_bytes = size_of(&log_of(path));
        let begun = Instant::now();
        while let Err(error) = check_kind(path) {
            // Another process may be making the file just now.
            let is_young = size_of(path) < HEADER_BYTES && fs::metadata(path).is_ok_and(|found| found.is_file());
            if !is_young || begun.elapsed() >= patience.min(CREATION) {
                return Err(error);
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let connection = connect(path, access, patience)?;
        if !is_read {
            // To try FSST on all texts takes half the time of a checkpoint, for a file that is a tenth smaller.
            connection
                .execute_batch("PRAGMA disable_checkpoint_on_shutdown; SET disabled_compression_methods = 'fsst'")?;
        }
        let database = Self { connection, path: path.to_owned(), log_bytes, becomes: None };
        match schema::version(&database.connection)? {
            Some(schema::SCHEMA_VERSION) => {
                if !is_read {
                    schema::update(&database.connection)?;
                }
                Ok((database, Opened::Existing))
            }
            Some(found) if found > schema::SCHEMA_VERSION => {
                Err(StoreError::Newer { found, known: schema::SCHEMA_VERSION })
            }
            Some(found) if access == Access::ReadAnySchema => Ok((database, Opened::Outdated { found })),
            Some(found) if access == Access::Write => {
                drop(database);
                Self::begin_anew(path, found, patience)
            }
            Some(found) => Err(StoreError::Older { found, known: schema::SCHEMA_VERSION }),
            None if !schema::is_empty(&database.connection)? => {
                Err(StoreError::NotOurs { path: path.to_owned(), what: "a DuckDB database of another program" })
            }
            None if access == Access::Write => {
                schema::create(&database.connection)?;
                Ok((database, Opened::Created))
            }
            None => Err(StoreError::Missing(path.to_owned())),
        }
    }

    /// Open the file beside one of an older schema that is to take its place. What a run before has left in it is used.
    fn begin_anew(path: &Path, found: u32, patience: Duration) -> Result<(Self, Opened), StoreError> {
        let beside = successor_of(path);
        let mut opened = Self::open(&beside, Access::Write, patience);
        // What another program or another version has left there, or a crash has damaged, is of no use.
        let is_of_use = match &opened {
            Ok((_, opened)) => !matches!(opened, Opened::Outdated { .. }),
            Err(StoreError::NotOurs { .. } | StoreError::Newer { .. }) => false,
            Err(error) => !error.may_be_damage(),
        };
        if !is_of_use {
            drop(opened);
            Self::remove(&beside)?;
            Self::remove(&successor_of(&beside))?;
            opened = Self::open(&beside, Access::Write, patience);
        }
        let (mut database, _) = opened?;
        // Whoever had it open may have put it in its place meanwhile.
        let connection = connect(path, Access::Read, patience)?;
        if schema::version(&connection)? == Some(schema::SCHEMA_VERSION) {
            drop((connection, database));
            Self::remove(&beside)?;
            return Self::open(path, Access::Write, patience);
        }
        database.becomes = Some(path.to_owned());
        Ok((database, Opened::Outdated { found }))
    }

    /// An empty database that is nowhere.
    pub fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        let database = Self { connection, path: PathBuf::new(), log_bytes: 0, becomes: None };
        schema::create(&database.connection)?;
        Ok(database)
    }

    /// Put a file out of the way, with its log, beside its place, and give its new path.
    pub fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
        let io = |source| StoreError::Io { path: path.to_owned(), source };
        let names = (1..).map(|number| path.with_extension(format!("duckdb.old-{number}")));
        let aside =
            names.into_iter().find(|aside| !aside.exists()).unwrap_or_else(|| path.with_extension("duckdb.old"));
        if log_of(path).exists() {
            fs::rename(log_of(path), log_of(&aside)).map_err(io)?;
        }
        fs::rename(path, &aside).map_err(io)?;
        Ok(aside)
    }

    /// Close the file. What was committed is safe before; the log is written into the file itself once it has grown, since
    /// that rewrites whole row groups however little was added.
    ///
    /// A file that takes the place of one of an older schema does so now. A crash leaves either of them whole.
    pub fn close(self) -> Result<(), StoreError> {
        if let Some(place) = self.becomes {
            self.connection.execute_batch("CHECKPOINT")?;
            // After its checkpoint it has no log, and must not get that of the other one.
            let io = |source| StoreError::Io { path: place.clone(), source };
            match fs::remove_file(log_of(&place)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
                _ => {}
            }
            fs::rename(&self.path, &place).map_err(io)?;
            return self.connection.close().map_err(|(_, error)| error.into());
        }
        let log_bytes = size_of(&log_of(&self.path));
        if log_bytes > LONGEST_LOG || (self.log_bytes > LONGEST_READ_LOG && log_bytes > self.log_bytes) {
            let _little = MemoryLimit::on(&self.connection)?;
            self.connection.execute_batch("CHECKPOINT")?;
        }
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Remove a database file and its log, if they are there.
    pub fn remove(path: &Path) -> Result<(), StoreError> {
        for path in [log_of(path), path.to_owned()] {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Io { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Read every row of every table, and so every checksum of the file.
    pub fn check(&self) -> Result<(), StoreError> {
        let sql =
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'store'";
        let mut statement = self.connection.prepare(sql)?;
        let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for table in tables {
            let sql = format!("SELECT count(*) FROM (SELECT hash(t) AS h FROM store.{table} t) WHERE h = 0");
            self.connection.query_row(&sql, [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the file in bytes.
    pub fn size_bytes(&self) -> u64 {
        size_of(&self.path)
    }
}

/// An error for what is there and is no file that DuckDB may have written.
fn check_kind(path: &Path) -> Result<(), StoreError> {
    let not_ours = |what| Err(StoreError::NotOurs { path: path.to_owned(), what });
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    if !metadata.is_file() {
        return not_ours(if metadata.is_dir() { "a folder" } else { "not a regular file" });
    }
    let mut start = Vec::with_capacity(16);
    let read = fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    // What cannot be read, DuckDB says better.
    let Ok(_) = read else { return Ok(()) };
    match start.get(MAGIC.0..MAGIC.0 + MAGIC.1.len()) {
        Some(magic) if magic == MAGIC.1 => Ok(()),
        _ if start.starts_with(b"SQLite format 3") => not_ours("an SQLite database"),
        _ => not_ours(NO_DATABASE),
    }
}

/// The size of a file, which need not be there.
fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// As long as it is there, DuckDB uses little memory, for all connections.
#[derive(Debug)]
pub(crate) struct MemoryLimit(Connection);

impl MemoryLimit {
    pub(crate) fn on(connection: &Connection) -> Result<Self, StoreError> {
        let connection = connection.try_clone()?;
        // Where more than that cannot be freed now, it is done without.
        let _set = connection.execute_batch(&format!("SET memory_limit = '{MEMORY_OF_WRITING}'"));
        Ok(Self(connection))
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // A limit that is left costs time and nothing else.
        let _reset = self.0.execute_batch("RESET memory_limit");
    }
}

fn connect(path: &Path, access: Access, patience: Duration) -> Result<Connection, StoreError> {
    let begun = Instant::now();
    let mut tries = 0;
    loop {
        tries += 1;
        match Connection::open_with_flags(path, config(access)?).map_err(StoreError::from) {
            Err(StoreError::Locked { .. }) if begun.elapsed() < patience => {}
            // Another process may be making the file just now, and may have done so since it was looked at.
            Err(StoreError::Corrupt(_))
                if begun.elapsed() < patience.min(CREATION) && (tries == 1 || size_of(path) < HEADER_BYTES) => {}
            result => return result,
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn config(access: Access) -> Result<Config, StoreError> {
    let config = Config::default().enable_autoload_extension(false)?.with("autoinstall_known_extensions", "false")?;
    Ok(match access {
        // Whoever reads must not reach outside of the file. A folder for what does not fit into memory would be in that of the database.
        Access::Read | Access::ReadAnySchema => config
            .access_mode(AccessMode::ReadOnly)?
            .with("temp_directory", "")?
            .enable_external_access(false)?
            .with("allow_persistent_secrets", "false")?,
        // More threads have little to do for those who write, and wait for it busily.
        Access::Write | Access::WriteExisting => config
            .access_mode(AccessMode::ReadWrite)?
            .threads(1)?
            .with("storage_compatibility_version", STORAGE_VERSION)?,
    })
}

/// The file that is to take the place of one of an older schema.
fn successor_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

/// DuckDB's write-ahead log, a part of the database while it is there.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".wal");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn a_new_file_has_all_views_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        let (database, opened) = Database::open(&path, Access::Write, AT_ONCE).unwrap();
        assert_eq!(opened, Opened::Created);
        for dataset in codeintel_datasets::DATASETS {
            for view in [dataset.name.to_owned(), format!("history.{}", dataset.table())] {
                let sql = format!("SELECT count(*) FROM {view}");
                let rows: i64 = database.connection.query_row(&sql, [], |row| row.get(0)).unwrap();
                assert_eq!(rows, 0, "{view}");
            }
            let mut statement = database.connection.prepare(&format!("DESCRIBE {}", dataset.name)).unwrap();
            let columns: Vec<(String, String)> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
            let documented: Vec<(String, String)> =
                dataset.columns.iter().map(|column| (column.name.to_owned(), column.ty.sql().to_owned())).collect();
            assert_eq!(columns, documented, "{}", dataset.name);
        }
        database.close().unwrap();
        assert_eq!(Database::open(&path, Access::Write, AT_ONCE).unwrap().1, Opened::Existing);
    }

    #[test]
    fn an_older_schema_is_read_until_its_successor_is_there_and_a_newer_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        let open = |access| Database::open(&path, access, AT_ONCE);
        let set = |version: u32| {
            let (database, _) = open(Access::Write).unwrap();
            let sql = format!("UPDATE store.meta SET value = '{version}' WHERE key = 'schema_version'");
            database.connection.execute_batch(&sql).unwrap();
            database.close().unwrap();
        };
        let outdated = Opened::Outdated { found: 0 };
        set(0);
        assert!(matches!(open(Access::Read), Err(StoreError::Older { found: 0, .. })));
        assert!(matches!(open(Access::WriteExisting), Err(StoreError::Older { found: 0, .. })));
        // A run that ends too early, and one that does not.
        for ends in [false, true] {
            let (database, opened) = open(Access::Write).unwrap();
            assert_eq!(opened, outdated);
            assert_eq!(open(Access::ReadAnySchema).unwrap().1, outdated, "it can be read meanwhile");
            if ends {
                database.close().unwrap();
            }
        }
        assert_eq!(open(Access::Read).unwrap().1, Opened::Existing);
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["x.duckdb"], "nothing is left behind");
        set(99);
        assert!(matches!(open(Access::Write), Err(StoreError::Newer { found: 99, .. })));
        assert!(matches!(open(Access::ReadAnySchema), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn what_was_left_beside_an_older_schema_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        let (database, _) = Database::open(&path, Access::Write, AT_ONCE).unwrap();
        database.connection.execute_batch("UPDATE store.meta SET value = '0' WHERE key = 'schema_version'").unwrap();
        database.close().unwrap();
        let outdated = fs::read(&path).unwrap();
        let log = fs::read(log_of(&path)).unwrap();
        for left_by_another_version in [false, true] {
            fs::write(&path, &outdated).unwrap();
            fs::write(log_of(&path), &log).unwrap();
            if left_by_another_version {
                fs::write(successor_of(&path), &outdated).unwrap();
                fs::write(log_of(&successor_of(&path)), &log).unwrap();
            } else {
                fs::write(successor_of(&path), "text").unwrap();
            }
            let (database, opened) = Database::open(&path, Access::Write, AT_ONCE).unwrap();
            assert_eq!(opened, Opened::Outdated { found: 0 });
            database.close().unwrap();
            assert_eq!(Database::open(&path, Access::Read, AT_ONCE).unwrap().1, Opened::Existing);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
        }
    }

    #[test]
    fn a_log_is_written_into_the_file_when_it_is_long_or_has_been_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        Database::open(&path, Access::Write, AT_ONCE).unwrap().0.close().unwrap();
        // Texts are as long in the log as they are.
        let grow = |bytes: u64| {
            let (database, _) = Database::open(&path, Access::Write, AT_ONCE).unwrap();
            let sql = format!("INSERT INTO store.meta SELECT 'k', repeat('x', 1000) FROM range({})", bytes / 1000);
            database.connection.execute_batch(&sql).unwrap();
            database.close().unwrap();
            size_of(&log_of(&path))
        };
        let kept = grow(LONGEST_READ_LOG + 1000);
        assert!(kept > LONGEST_READ_LOG && kept < LONGEST_LOG, "{kept}");
        assert_eq!(grow(1000), 0, "it has been read");
        assert_eq!(grow(LONGEST_LOG), 0, "it is long");
    }

    #[test]
    fn a_file_that_another_process_is_making_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (path, made) = (dir.path().join("x.duckdb"), dir.path().join("y.duckdb"));
        Database::open(&made, Access::Write, AT_ONCE).unwrap().0.close().unwrap();
        fs::write(&path, [0; 100]).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::park_timeout(Duration::from_millis(200));
                fs::copy(&made, &path).unwrap();
            });
            Database::open(&path, Access::Write, Duration::from_secs(5)).unwrap().0.close().unwrap();
        });
        fs::write(&path, [0; 100]).unwrap();
        assert!(matches!(Database::open(&path, Access::Write, AT_ONCE), Err(StoreError::NotOurs { .. })));
    }

    #[test]
    fn documents_are_written_with_memory_limit() {
        let dir = tempfile::tempdir().unwrap();
        let (database, _) = Database::open(&dir.path().join("x.duckdb"), Access::Write, AT_ONCE).unwrap();
        let limit = || {
            let sql = "SELECT current_setting('memory_limit')";
            database.connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
        };
        let before = limit();
        let writer = database.document_writer("x").unwrap();
        assert_eq!(limit(), "244.1 MiB");
        drop(writer);
        assert_eq!(limit(), before);
    }

    #[test]
    fn a_file_named_like_a_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = |name: &str| Database::open(&dir.path().join(name), Access::Write, AT_ONCE);
        assert!(matches!(open("core.duckdb"), Err(StoreError::Name(_))));
        assert!(matches!(open("store.db"), Err(StoreError::Name(_))));
        open("odd \" name.duckdb").unwrap();
    }

    #[test]
    fn what_is_not_ours_is_refused_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("text"), "text of a user ".repeat(2000)).unwrap();
        fs::write(at("short"), "x").unwrap();
        fs::write(at("empty"), "").unwrap();
        fs::write(at("sqlite"), [b"SQLite format 3\0".as_slice(), &[0; 5000]].concat()).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, sql) in [
            ("tables.duckdb", "CREATE TABLE t(x INTEGER); INSERT INTO t VALUES (1)"),
            ("views.duckdb", "CREATE VIEW v AS SELECT 1"),
            ("macros.duckdb", "CREATE MACRO m(x) AS x + 1"),
            ("types.duckdb", "CREATE TYPE e AS ENUM ('a')"),
            ("sequences.duckdb", "CREATE SEQUENCE s"),
            ("schemas.duckdb", "CREATE SCHEMA theirs"),
            ("named_alike.duckdb", "CREATE SCHEMA store; CREATE TABLE store.meta(key VARCHAR, value VARCHAR)"),
            ("other_meta.duckdb", "CREATE SCHEMA store; CREATE TABLE store.meta(x INTEGER)"),
        ] {
            for log in [false, true] {
                let path = at(&format!("{log}-{name}"));
                let theirs = Connection::open(&path).unwrap();
                let keep = if log { "PRAGMA disable_checkpoint_on_shutdown" } else { "SELECT 1" };
                theirs.execute_batch(&format!("{keep}; {sql}")).unwrap();
                drop(theirs);
                assert_eq!(log_of(&path).exists(), log);
            }
        }
        let files = || {
            let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> = entries.map(|path| (fs::read(&path).unwrap_or_default(), path)).collect();
            files.sort();
            files
        };
        let before = files();
        for (_, path) in before.iter().filter(|(_, path)| path.extension().is_none_or(|ending| ending != "wal")) {
            for access in [Access::Read, Access::Write, Access::WriteExisting] {
                let error = Database::open(path, access, AT_ONCE).unwrap_err();
                assert!(matches!(error, StoreError::NotOurs { .. }), "{}: {error}", path.display());
            }
        }
        assert!(files() == before, "a file was changed");
    }

    #[test]
    fn a_database_that_was_cut_short_is_damaged_and_can_be_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.duckdb");
        let (database, _) = Database::open(&path, Access::Write, AT_ONCE).unwrap();
        database.connection.execute_batch("CHECKPOINT").unwrap();
        database.close().unwrap();
        let whole = fs::read(&path).unwrap();
        for length in [4096, 8192, 12288, 20000, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let result = Database::open(&path, Access::Write, AT_ONCE).and_then(|(database, _)| database.check());
            if let Err(error) = result {
                assert!(error.may_be_damage(), "{length}: {error:?}");
                assert_eq!(error.to_string().lines().count(), 1, "{error}");
            }
        }
        let aside = Database::set_aside(&path).unwrap();
        assert!(aside.exists() && !path.exists());
        Database::open(&path, Access::Write, AT_ONCE).unwrap();
    }
}
