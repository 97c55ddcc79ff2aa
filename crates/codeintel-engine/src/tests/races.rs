//! Many workers, and files that change under a run.

use std::sync::Mutex;

use codeintel_base::{NoProgress, RepoPath};
use codeintel_system::{GitState, MemorySystem, ReadError, Scan, ScanOptions, Stat, System, Walk};

use super::world::{SECOND, World, path};
use crate::options::Options;
use crate::producers::Producers;
use crate::run::ingest;
use crate::scip::NoIndexer;
use crate::verify::verify;

#[test]
fn results_do_not_depend_on_the_number_of_workers() {
    let texts: Vec<(String, String)> =
        (0..60).map(|i| (format!("m{i}.py"), format!("def f{i}():\n    return {i}\n"))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut world = World::new(&files);
    world.options.workers = 8;
    world.ingest();
    for workers in [1, 2, 8] {
        for (ast_workers, cst_workers) in [(workers, usize::MAX), (usize::MAX, workers), (workers, 1)] {
            world.options = Options { workers: 8, ast_workers, cst_workers, ..world.options };
            world.assert_equals_fresh();
        }
    }
}

/// A file that changes each time it is read, for a while.
struct Restless {
    inner: MemorySystem,
    writes: Mutex<usize>,
}

impl System for Restless {
    fn scan(&self, options: &ScanOptions, only: Option<&[RepoPath]>) -> Scan {
        self.inner.scan(options, only)
    }

    fn rescan(&self, options: &ScanOptions, walk: &Walk, files: &[&RepoPath], scanned_at_ns: i64) -> Option<Scan> {
        self.inner.rescan(options, walk, files, scanned_at_ns)
    }

    fn read(&self, path: &RepoPath, max_bytes: u64) -> Result<(Vec<u8>, Stat), ReadError> {
        let result = self.inner.read(path, max_bytes);
        let mut writes = self.writes.lock().unwrap();
        if path.as_str() == "a.py" && *writes < 3 {
            *writes += 1;
            self.inner.write(path, format!("x = {writes}\n").as_bytes());
        }
        result
    }

    fn exists(&self, path: &RepoPath) -> bool {
        self.inner.exists(path)
    }

    fn now_ns(&self) -> i64 {
        self.inner.now_ns()
    }

    fn git(&self) -> GitState {
        self.inner.git()
    }

    fn slug(&self) -> Option<String> {
        self.inner.slug()
    }
}

#[test]
fn a_file_that_changes_under_the_run_gets_the_facts_of_the_bytes_that_were_hashed() {
    let world = World::new(&[]);
    let system = Restless { inner: MemorySystem::default(), writes: Mutex::new(0) };
    system.inner.write(&path("a.py"), b"x = 0\n");
    let options = Options { held_bytes: 0, ..world.options.clone() };
    let mut producers = Producers { indexer: &mut NoIndexer, checkers: &mut [] };
    let database = world.database();
    ingest(&system, &database, &options, &mut producers, &NoProgress).unwrap();
    database.close().unwrap();
    assert_eq!(world.rows("SELECT count(content_hash) FROM core.file_state"), ["1"]);
    assert_eq!(world.rows("SELECT count(*) FROM core.ast_nodes"), ["4"]);
    let database = world.database();
    system.inner.advance(10 * SECOND);
    ingest(&system, &database, &options, &mut producers, &NoProgress).unwrap();
    let differences =
        verify(&system, &database, &world.dir.path().join("fresh"), &options, &mut producers, &NoProgress).unwrap();
    assert_eq!(differences, []);
}
