//! A repository in memory with its database on disk, and the questions that tests ask of a run.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use codeintel_base::{NoProgress, RepoPath};
use codeintel_datasets::{Key, all_facts};
use codeintel_store::{Access, Database, Query, Reader};
use codeintel_system::{GitState, MemorySystem, System};
use rustc_hash::FxHashSet;

use crate::checks::{Checker, FakeChecker, FakeState, Reach};
use crate::derive::DeriveStep;
use crate::error::EngineError;
use crate::options::Options;
use crate::producers::Producers;
use crate::report::Report;
use crate::run::{Context, Look, ingest, status};
use crate::scip::{FakeIndexer, Indexer, NativeIndexer, NativeOptions};
use crate::verify::verify;

pub(crate) const SECOND: i64 = 1_000_000_000;

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(Path::new(text)).expect("a path inside the repository")
}

/// A repository in memory and its database on disk.
pub(crate) struct World {
    pub(super) dir: tempfile::TempDir,
    pub(crate) system: Arc<MemorySystem>,
    pub(crate) options: Options,
    pub(crate) indexer: RefCell<FakeIndexer>,
    native: Option<Native>,
    /// The checkers that are asked for.
    checks: Vec<Reach>,
    /// What they do.
    pub(crate) fake: Rc<RefCell<FakeState>>,
}

/// Codeintel's own indexer in place of the fake.
enum Native {
    /// One for each run.
    OneShot,
    /// One for all runs.
    Live(Box<RefCell<NativeIndexer>>),
}

impl World {
    /// Each item is a path and a text. An hour passes before the first run.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let options = Options { workers: 2, index: false, ..Options::new("o/r") };
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
            system: Arc::default(),
            options,
            indexer: RefCell::default(),
            native: None,
            checks: Vec::new(),
            fake: Rc::default(),
        };
        world.system.advance(3600 * SECOND);
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    /// The same, with codeintel's own indexer.
    pub(crate) fn native(files: &[(&str, &str)], is_live: bool) -> Self {
        let mut world = Self::new(files);
        world.options.index = true;
        let live = is_live.then(|| Native::Live(Box::new(RefCell::new(world.new_native()))));
        world.native = Some(live.unwrap_or(Native::OneShot));
        world
    }

    fn new_native(&self) -> NativeIndexer {
        let options = NativeOptions {
            project_name: "r".to_owned(),
            project_version: "0".to_owned(),
            environment: None,
            root: PathBuf::from("/r"),
        };
        NativeIndexer::new(options, Arc::clone(&self.system) as Arc<dyn System + Send>)
    }

    fn with_producers<T>(&self, work: impl FnOnce(&mut Producers<'_>) -> T) -> T {
        match &self.native {
            None => self.with_indexer(&mut *self.indexer.borrow_mut(), work),
            Some(Native::OneShot) => self.with_indexer(&mut self.new_native(), work),
            Some(Native::Live(indexer)) => self.with_indexer(&mut *indexer.borrow_mut(), work),
        }
    }

    fn with_indexer<T>(&self, indexer: &mut dyn Indexer, work: impl FnOnce(&mut Producers<'_>) -> T) -> T {
        let checker = |reach: &Reach| -> Box<dyn Checker> {
            Box::new(FakeChecker { reach: *reach, state: Rc::clone(&self.fake) })
        };
        let mut checkers: Vec<_> = self.checks.iter().map(checker).collect();
        work(&mut Producers { indexer, checkers: &mut checkers })
    }

    /// What a run would do.
    pub(crate) fn plan(&self) -> crate::Plan {
        let (database, _) = Database::open(&self.dir.path().join("x.duckdb"), Access::Read, Duration::ZERO).unwrap();
        self.with_producers(|producers| status(&*self.system, &database, &self.options, producers).unwrap())
    }

    /// Ask for the checker that looks at single files, for the one that looks at the project, for both or for none.
    pub(crate) fn ask_for_checks(&mut self, mask: u8) {
        let reaches = [Reach::File, Reach::Project].into_iter().enumerate();
        self.checks = reaches.filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, reach)| reach).collect();
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.system.write(&path(name), text.as_bytes());
    }

    pub(crate) fn commit(&self, hash: &str) {
        self.system.set_git(GitState { commit: Some(hash.to_owned()), ..GitState::default() });
    }

    pub(crate) fn database(&self) -> Database {
        Database::open(&self.dir.path().join("x.duckdb"), Access::Write, Duration::ZERO).unwrap().0
    }

    /// Run a while later, so that no file is too young to be vouched for.
    pub(crate) fn ingest(&self) -> Report {
        self.system.advance(10 * SECOND);
        self.ingest_at_once(&self.options).unwrap()
    }

    pub(crate) fn ingest_at_once(&self, options: &Options) -> Result<Report, EngineError> {
        let database = self.database();
        let report = self.with_producers(|producers| ingest(&*self.system, &database, options, producers, &NoProgress));
        database.close().unwrap();
        report
    }

    /// A run that dies after its facts are written, and perhaps others derived from them, and before its pointers move.
    pub(crate) fn crash(&self, derives: bool) {
        let database = self.database();
        let prior = database.snapshot(&self.options.repo).unwrap();
        let context = Context {
            system: &*self.system,
            database: &database,
            options: &self.options,
            prior: prior.as_ref(),
            progress: &NoProgress,
        };
        let look = Look::new(&context, None, &FxHashSet::default()).unwrap();
        let mut extracted = look.plan(&context).unwrap().extract(&context).unwrap();
        if derives {
            extracted.run(&context, &mut DeriveStep::default()).unwrap();
        }
        database.close().unwrap();
    }

    pub(crate) fn assert_equals_fresh(&self) {
        let scratch = self.dir.path().join("fresh.duckdb");
        let verify = |producers: &mut Producers<'_>| {
            verify(&*self.system, &self.database(), &scratch, &self.options, producers, &NoProgress).unwrap()
        };
        // A fresh build knows nothing of the runs before.
        let differences = match self.native {
            Some(_) => self.with_indexer(&mut self.new_native(), verify),
            None => self.with_producers(verify),
        };
        assert_eq!(differences, []);
    }

    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let path = self.dir.path().join("x.duckdb");
        let reader = Reader::open(&path, Duration::ZERO, 1_000_000_000).unwrap();
        let timeout = Duration::from_mins(1);
        let query = Query { sql: sql.to_owned(), parameters: Vec::new(), limit: None, timeout, overdue: None };
        let mut found = reader.query(&query).unwrap();
        let options = FormatOptions::default().with_null("NULL");
        let mut rows = Vec::new();
        while let Some(batch) = found.next_batch().unwrap() {
            let column = |values| ArrayFormatter::try_new(values, &options).unwrap();
            let columns: Vec<_> = batch.columns().iter().map(|values| column(values.as_ref())).collect();
            let row = |at| columns.iter().map(|column| column.value(at).to_string()).collect::<Vec<_>>().join(" ");
            rows.extend((0..batch.num_rows()).map(row));
        }
        rows
    }
}

/// The names of the facts of a key that were made, with the number of contents that they were made from.
pub(super) fn made(report: &Report, key: Key) -> Vec<String> {
    let is_of_key = |name: &str| codeintel_datasets::facts_named(name).is_some_and(|facts| facts.key() == key);
    let made = report.datasets.iter().filter(|dataset| dataset.contents > 0 && is_of_key(dataset.dataset));
    made.map(|dataset| format!("{} {}", dataset.dataset, dataset.contents)).collect()
}

/// Those that were extracted from contents.
pub(super) fn extracted(report: &Report) -> Vec<String> {
    made(report, Key::Content)
}

/// Those that were derived from others.
pub(super) fn derived(report: &Report) -> Vec<String> {
    made(report, Key::Derivation)
}

/// All facts of a key.
pub(super) fn names_of(key: Key) -> Vec<&'static str> {
    all_facts().filter(|facts| facts.key() == key).map(|facts| facts.name).collect()
}

/// All facts of contents, of so many contents each.
pub(super) fn all(contents: usize) -> Vec<String> {
    names_of(Key::Content).iter().map(|facts| format!("{facts} {contents}")).collect()
}
