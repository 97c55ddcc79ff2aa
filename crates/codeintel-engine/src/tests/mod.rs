//! Histories of a repository: what is redone after each step, and whether the result equals a fresh build.

mod history;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use codeintel_base::{NoProgress, RepoPath};
use codeintel_datasets::{Key, all_facts};
use codeintel_store::{Access, Database, Query, Reader, Wanted};
use codeintel_system::{GitState, MemorySystem, ReadError, Scan, ScanOptions, Stat, System, Walk};
use rustc_hash::FxHashSet;

pub(crate) use self::history::{Step, config, step};
use crate::checks::{Checker, FakeChecker, FakeState, Reach};
use crate::ingest::{EngineError, Producers, Report, Run, ingest};
use crate::options::Options;
use crate::plan::DatasetPlan;
use crate::scip::{FakeIndexer, Indexer, NativeIndexer, NativeOptions, NoIndexer};
use crate::status::status;
use crate::verify::verify;

pub(crate) const SECOND: i64 = 1_000_000_000;

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(Path::new(text)).expect("a path inside the repository")
}

/// A repository in memory and its database on disk.
pub(crate) struct World {
    dir: tempfile::TempDir,
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
        let mut database = self.database();
        let report =
            self.with_producers(|producers| ingest(&*self.system, &mut database, options, producers, &NoProgress));
        database.close().unwrap();
        report
    }

    /// A run that dies after its facts are written, and perhaps others derived from them, and before its pointers move.
    pub(crate) fn crash(&self, derives: bool) {
        let mut database = self.database();
        let mut run = Run::look(&*self.system, &database, &self.options, &FxHashSet::default(), &NoProgress).unwrap();
        run.extract(&*self.system, &mut database, &self.options, &NoProgress).unwrap();
        if derives {
            run.derive(&mut database, &self.options, &NoProgress).unwrap();
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
fn made(report: &Report, key: Key) -> Vec<String> {
    let is_of_key = |name: &str| codeintel_datasets::facts_named(name).is_some_and(|facts| facts.key() == key);
    let made = report.datasets.iter().filter(|dataset| dataset.contents > 0 && is_of_key(dataset.dataset));
    made.map(|dataset| format!("{} {}", dataset.dataset, dataset.contents)).collect()
}

/// Those that were extracted from contents.
fn extracted(report: &Report) -> Vec<String> {
    made(report, Key::Content)
}

/// Those that were derived from others.
fn derived(report: &Report) -> Vec<String> {
    made(report, Key::Derivation)
}

/// All facts of a key.
fn names_of(key: Key) -> Vec<&'static str> {
    all_facts().filter(|facts| facts.key() == key).map(|facts| facts.name).collect()
}

/// All facts of contents, of so many contents each.
fn all(contents: usize) -> Vec<String> {
    names_of(Key::Content).iter().map(|facts| format!("{facts} {contents}")).collect()
}

/// Ingest, make one edit, ingest again: how many files are read, and which contents are extracted for which datasets.
fn check_update(edit: impl FnOnce(&World), hashed: usize, expected: &[String]) {
    let world = World::new(&[("a.py", "x = 1\n"), ("pkg/__init__.py", ""), ("pkg/b.py", "def f(): pass\n")]);
    assert_eq!(extracted(&world.ingest()), all(3));
    edit(&world);
    let reads = world.system.reads();
    let report = world.ingest();
    assert_eq!(extracted(&report), expected);
    assert_eq!(report.hashed, hashed);
    assert!(world.system.reads() - reads <= hashed + 8, "metadata apart, only what changed is read, and once");
    world.assert_equals_fresh();
    let again = world.ingest();
    assert!(!again.wrote && again.hashed == 0, "{again:?}");
}

#[test]
fn nothing_changed_nothing_is_done() {
    check_update(|_| {}, 0, &[]);
}

#[test]
fn an_edit_costs_one_file() {
    check_update(|world| world.write("a.py", "x = 2\n"), 1, &all(1));
}

#[test]
fn a_touch_costs_a_hash() {
    check_update(|world| world.system.touch(&path("a.py")), 1, &[]);
}

#[test]
fn a_new_file_costs_itself() {
    check_update(|world| world.write("c.py", "y = 1\n"), 1, &all(1));
}

#[test]
fn a_copy_shares_the_facts() {
    check_update(|world| world.write("copy.py", "x = 1\n"), 1, &[]);
}

#[test]
fn a_deletion_costs_nothing() {
    check_update(|world| world.system.remove(&path("a.py")), 0, &[]);
}

#[test]
fn a_rename_moves_a_pointer() {
    check_update(|world| world.system.rename(&path("a.py"), &path("z.py")), 1, &[]);
}

#[test]
fn a_package_that_loses_its_init_gets_other_names_and_no_other_facts() {
    check_update(|world| world.system.remove(&path("pkg/__init__.py")), 0, &[]);
}

#[test]
fn metadata_is_no_content() {
    let tags = "- tag: t\n  includes: ['pkg/*']\n";
    check_update(|world| world.write("tags_index.yaml", tags), 0, &[]);
    check_update(|world| world.write("CODEOWNERS", "* @me\n"), 0, &[]);
    check_update(|world| world.write("pyproject.toml", "[tool.poetry]\npackages = [{from = 'pkg'}]\n"), 0, &[]);
}

#[test]
fn a_rename_is_told_from_a_deletion() {
    let world = World::new(&[("a.py", "x = 1\n")]);
    world.ingest();
    world.system.rename(&path("a.py"), &path("b.py"));
    let report = world.ingest();
    assert_eq!((report.renamed, report.added, report.deleted, report.reused), (1, 0, 0, 1));
}

#[test]
fn an_earlier_content_is_known_again() {
    let world = World::new(&[("a.py", "x = 1\n")]);
    world.ingest();
    world.write("a.py", "x = 2\n");
    world.ingest();
    world.write("a.py", "x = 1\n");
    let report = world.ingest();
    assert_eq!((report.changed, report.reused, extracted(&report).len()), (1, 1, 0));
    world.assert_equals_fresh();
}

#[test]
fn a_branch_is_parsed_the_first_time_only() {
    let world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    let switch = |commit: &str, text: &str| {
        world.commit(commit);
        world.write("a.py", text);
        let report = world.ingest();
        world.assert_equals_fresh();
        extracted(&report)
    };
    assert_eq!(switch("main", "x = 1\n"), all(2));
    assert_eq!(switch("topic", "x = 2\n"), all(1));
    assert_eq!(switch("main", "x = 1\n"), Vec::<String>::new());
    assert_eq!(switch("topic", "x = 2\n"), Vec::<String>::new());
    let commits = world.rows("SELECT commit, is_current, files FROM history.snapshots ORDER BY commit");
    assert_eq!(commits, ["main false 2", "topic true 2"]);
    let history = world.rows("SELECT DISTINCT commit, content_hash FROM history.file_state WHERE rel_path = 'a.py'");
    assert_eq!(history.len(), 2);
}

#[test]
fn only_so_many_snapshots_are_kept() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    world.options.keep_snapshots = 2;
    for commit in ["one", "two", "three"] {
        world.commit(commit);
        world.ingest();
    }
    assert_eq!(world.rows("SELECT commit FROM history.snapshots ORDER BY commit"), ["three", "two"]);
    assert_eq!(world.rows("SELECT DISTINCT commit FROM history.modules ORDER BY commit"), ["three", "two"]);
}

#[test]
fn an_edit_of_the_same_size_in_the_same_tick_is_seen() {
    let world = World::new(&[("a.py", "x = 1\n")]);
    world.ingest_at_once(&world.options).unwrap();
    world.write("a.py", "x = 2\n");
    let report = world.ingest_at_once(&world.options).unwrap();
    assert_eq!(report.changed, 1);
    assert!(world.ingest().hashed == 1, "still too young for the last scan");
    assert!(world.ingest().hashed == 0, "old enough now");
}

#[test]
fn a_file_that_cannot_be_parsed_keeps_what_can_be_recovered_until_it_is_mended() {
    let world = World::new(&[("a.py", "def f(): pass\n")]);
    world.ingest();
    world.write("a.py", "def f(): pass\nx = (\n");
    let report = world.ingest();
    assert!(report.problems > 0);
    assert_eq!(world.rows("SELECT qualname FROM core.goids WHERE kind = 'function'"), ["a.f"]);
    let again = world.ingest();
    assert_eq!((again.parsed, again.problems), (0, report.problems), "not tried again, and not forgotten");
    world.write("a.py", "def f(): pass\nx = ()\n");
    assert_eq!(world.ingest().problems, 0);
    world.assert_equals_fresh();
}

#[test]
fn bytes_that_are_no_text_are_a_problem_with_a_reason() {
    let world = World::new(&[]);
    world.system.write(&path("a.py"), b"x = '\xe9'\n");
    assert_eq!(world.ingest().problems, 1);
    assert_eq!(world.rows("SELECT stage, lineno FROM core.problems"), ["decode 1"]);
    assert_eq!(world.rows("SELECT count(*) FROM core.modules"), ["1"]);
    world.assert_equals_fresh();
}

#[test]
fn rules_that_change_take_files_away_and_bring_them_back() {
    let mut world = World::new(&[("a.py", "x = 1\n"), ("gen/b.py", "y = 1\n")]);
    world.ingest();
    world.options.scan.exclude = ScanOptions::globs(&["gen".to_owned()]).unwrap();
    assert_eq!(world.ingest().deleted, 1);
    world.assert_equals_fresh();
    world.options.scan.exclude = ScanOptions::globs(&[]).unwrap();
    let report = world.ingest();
    assert_eq!((report.added, report.reused), (1, 1));
    world.assert_equals_fresh();
}

#[test]
fn a_new_version_of_one_extraction_redoes_that_one_only() {
    let mut world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    world.ingest();
    world.options.datasets[1].version += 1;
    let plan = world.plan();
    assert!(!plan.is_empty() && plan.other == ["the datasets that are kept"]);
    let is_outdated = |dataset: &&DatasetPlan| (dataset.missing, dataset.outdated) != (0, 0);
    let outdated = plan.datasets.iter().filter(is_outdated);
    let outdated: Vec<_> = outdated.map(|dataset| (dataset.dataset, dataset.missing, dataset.outdated)).collect();
    assert_eq!(outdated, [("core.ast_metrics", 2, 2)]);
    assert_eq!(extracted(&world.ingest()), ["core.ast_metrics 2"]);
    assert_eq!(world.rows("SELECT count(*) FROM core.ast_metrics"), ["2"]);
    world.assert_equals_fresh();
}

#[test]
fn more_datasets_later_extract_only_the_new_ones() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    let datasets = std::mem::take(&mut world.options.datasets);
    world.options.datasets = vec![datasets[1].clone()];
    assert_eq!(extracted(&world.ingest()), ["core.ast_metrics 1", "core.problems 1"]);
    world.assert_equals_fresh();
    world.options.datasets = datasets.clone();
    let others = all(1).into_iter().filter(|facts| *facts != "core.ast_metrics 1" && *facts != "core.problems 1");
    assert_eq!(extracted(&world.ingest()), others.collect::<Vec<_>>());
    // A table that was filled once is kept true, whatever is asked for.
    world.options.datasets = vec![datasets[1].clone()];
    world.write("a.py", "x = 2\n");
    assert_eq!(extracted(&world.ingest()).len(), all(1).len());
    world.assert_equals_fresh();
}

#[test]
fn a_dataset_brings_those_that_its_view_reads() {
    let mut world = World::new(&[("a.py", "def f(): pass\n")]);
    world.options.datasets.retain(|wanted| wanted.key() == "core.cst_nodes");
    assert_eq!(extracted(&world.ingest()), ["core.cst_nodes 1", "core.ast_nodes 1", "core.problems 1"]);
    assert_eq!(world.rows("SELECT qname FROM core.cst_nodes WHERE kind = 'Pass'"), ["a.f"]);
    assert_eq!(world.rows("SELECT ast_node_id, cst_node_id FROM core.goid_crosswalk ORDER BY ALL"), ["0 0", "1 1"]);
    world.assert_equals_fresh();
}

#[test]
fn full_extracts_everything_again() {
    let mut world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    world.ingest();
    world.options.full = true;
    assert_eq!(extracted(&world.ingest()), all(2));
    world.options.full = false;
    world.assert_equals_fresh();
}

#[test]
fn a_crash_before_the_pointers_move_costs_only_the_move() {
    let world = World::new(&[("a.py", "x = 1\n")]);
    world.ingest();
    let before = world.rows("SELECT * EXCLUDE (ingested_at) FROM core.snapshots");
    world.write("a.py", "x = 2\n");
    world.write("b.py", "y = 2\n");
    world.crash(false);
    assert_eq!(world.rows("SELECT rel_path FROM core.file_state"), ["a.py"], "readers still have the old truth");
    assert_eq!(world.rows("SELECT * EXCLUDE (ingested_at) FROM core.snapshots"), before);
    let report = world.ingest();
    assert_eq!((report.parsed, report.changed, report.added), (0, 1, 1));
    world.assert_equals_fresh();
}

#[test]
fn what_is_derived_depends_on_what_it_reads_and_on_nothing_else() {
    let everything = |files: usize| -> Vec<String> {
        names_of(Key::Derivation).iter().map(|facts| format!("{facts} {files}")).collect()
    };
    let edges = "SELECT src_module, dst_module FROM graph.import_graph_edges WHERE NOT is_external ORDER BY ALL";
    let mut world = World::new(&[("a.py", "import b\n"), ("b.py", "x = 1\n")]);
    world.commit("one");
    assert_eq!(derived(&world.ingest()), everything(2));
    assert_eq!(world.rows(edges), ["a b"]);
    world.write("b.py", "x = 2\n");
    assert!(derived(&world.ingest()).is_empty(), "no import is another one");
    // Another branch, and back again.
    world.commit("two");
    world.write("b.py", "import a\n");
    assert_eq!(derived(&world.ingest()), everything(2));
    assert_eq!(world.rows(edges), ["a b", "b a"]);
    world.commit("one");
    world.write("b.py", "x = 2\n");
    assert!(derived(&world.ingest()).is_empty(), "this was derived before");
    assert_eq!(world.rows(edges), ["a b"]);
    assert_eq!(world.rows("SELECT count(*) FROM history.import_graph_edges"), ["3"]);
    // A name is enough.
    world.system.rename(&path("b.py"), &path("c.py"));
    assert_eq!(derived(&world.ingest()), everything(2));
    assert_eq!(world.rows(edges), [""; 0]);
    let graph = |wanted: &&mut Wanted| wanted.facts.key() == Key::Derivation;
    world.options.datasets.iter_mut().find(graph).unwrap().version += 1;
    let report = world.ingest();
    assert_eq!((derived(&report).len(), extracted(&report).len()), (1, 0));
    world.assert_equals_fresh();
}

#[test]
fn an_import_leads_where_references_lead_if_two_source_roots_have_the_module() {
    let world =
        World::native(&[("src/m.py", "x = 1\n"), ("x/y/src/m.py", "x = 1\n"), ("z.py", "from m import x\n")], false);
    world.ingest();
    let sql = "SELECT DISTINCT d.rel_path FROM scip.occurrences r JOIN scip.occurrences d USING (symbol) \
               WHERE r.rel_path = 'z.py' AND r.symbol LIKE '%/x.' AND d.is_definition AND d.rel_path <> 'z.py'";
    let referred = world.rows(sql);
    assert_eq!(referred, ["x/y/src/m.py"]);
    assert_eq!(world.rows("SELECT target_path FROM core.imports WHERE rel_path = 'z.py'"), referred);
    assert_eq!(world.rows("SELECT dst_path FROM graph.import_graph_edges WHERE src_path = 'z.py'"), referred);
    world.assert_equals_fresh();
}

#[test]
fn a_crash_between_deriving_and_publishing_costs_only_the_move() {
    let world = World::new(&[("a.py", "import b\n"), ("b.py", "")]);
    world.ingest();
    world.write("b.py", "import a\n");
    world.crash(true);
    assert_eq!(
        world.rows("SELECT dst_module FROM graph.import_graph_edges"),
        ["b"],
        "readers still have the old truth"
    );
    let report = world.ingest();
    assert_eq!((report.parsed, derived(&report)), (0, Vec::new()));
    assert_eq!(world.rows("SELECT dst_module FROM graph.import_graph_edges ORDER BY ALL"), ["a", "b"]);
    world.assert_equals_fresh();
    assert_eq!(world.rows("SELECT count(*) FROM graph.import_graph_edges WHERE cycle_group = 1"), ["2"]);
}

#[test]
fn derived_facts_that_no_snapshot_shows_are_garbage() {
    let mut world = World::new(&[("a.py", "import b\n"), ("b.py", "")]);
    world.options.keep_snapshots = 1;
    world.ingest();
    world.write("b.py", "import a\n");
    world.ingest();
    world.database().collect_garbage().unwrap();
    assert_eq!(world.rows("SELECT count(*) FROM graph.import_graph_edges"), ["2"]);
    world.write("b.py", "");
    assert_eq!(derived(&world.ingest()).len(), 1, "it is gone and has to be derived again");
    world.assert_equals_fresh();
}

#[test]
fn a_dataset_that_is_derived_brings_what_it_reads() {
    let mut world = World::new(&[("a.py", "import b\n"), ("b.py", "")]);
    world.options.datasets.retain(|wanted| wanted.key() == "graph.import_graph_edges");
    let report = world.ingest();
    assert_eq!(extracted(&report), ["core.imports 2", "core.problems 2"]);
    assert_eq!(derived(&report), ["graph.import_graph_edges 2"]);
    assert_eq!(world.rows("SELECT dst_path FROM graph.import_graph_edges"), ["b.py"]);
    world.assert_equals_fresh();
}

#[test]
fn changed_paths_are_looked_at_and_no_others() {
    let world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n"), ("pkg/c.py", "z = 1\n"), ("skip.txt", "")]);
    world.ingest();
    world.write("a.py", "x = 2\n");
    world.write("b.py", "y = 2\n");
    world.system.remove(&path("pkg/c.py"));
    world.system.advance(10 * SECOND);
    let changed = |paths: &[&str]| {
        let options = Options { changed: Some(paths.iter().map(|p| path(p)).collect()), ..world.options.clone() };
        world.ingest_at_once(&options)
    };
    let report = changed(&["a.py", "pkg/c.py"]).unwrap();
    assert_eq!((report.changed, report.deleted, report.files), (1, 1, 2));
    assert_eq!(changed(&["b.py"]).unwrap().changed, 1);
    world.assert_equals_fresh();
    assert!(matches!(changed(&["skip.txt"]), Err(EngineError::NotScanned(_))));
    assert!(matches!(changed(&["never.py"]), Err(EngineError::Unknown(_))));
}

#[test]
fn a_file_that_was_not_looked_at_and_differs_makes_the_run_look_at_everything() {
    let mut world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    world.ingest();
    world.write("a.py", "x = 2\n");
    world.write("b.py", "y = 2\n");
    world.options.datasets[0].version += 1;
    world.system.advance(10 * SECOND);
    let options = Options { changed: Some(vec![path("a.py")]), held_bytes: 0, ..world.options.clone() };
    assert_eq!(world.ingest_at_once(&options).unwrap().changed, 2);
    world.assert_equals_fresh();
}

#[test]
fn facts_of_some_files_only_are_not_shown() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    world.crash(false);
    let metrics = world.options.datasets[1].clone();
    world.options.datasets = vec![metrics];
    world.write("b.py", "y = 1\n");
    world.ingest();
    assert_eq!(world.rows("SELECT count(*) FROM core.ast_nodes"), ["0"]);
    assert_eq!(world.rows("SELECT count(*) FROM history.goids"), ["0"]);
    assert_eq!(world.rows("SELECT count(*) FROM core.ast_metrics"), ["2"]);
    world.assert_equals_fresh();
}

#[test]
fn changed_paths_vouch_for_no_others() {
    let world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    world.ingest_at_once(&world.options).unwrap();
    // In the same tick as the scan, and of the same size.
    world.write("b.py", "y = 2\n");
    world.system.advance(10 * SECOND);
    world.write("a.py", "x = 2\n");
    let options = Options { changed: Some(vec![path("a.py")]), ..world.options.clone() };
    assert_eq!(world.ingest_at_once(&options).unwrap().changed, 1);
    assert_eq!(world.ingest().changed, 1);
    world.assert_equals_fresh();
}

#[test]
fn problems_that_lie_in_no_content_follow_their_cause_in_partial_runs_too() {
    let world =
        World::new(&[("a.py", ""), ("A.py", ""), ("b.py", ""), ("tags_index.yaml", "a: b"), ("CODEOWNERS", "[ @x\n")]);
    assert_eq!(world.ingest().problems, 2);
    world.write("b.py", "y = 1\n");
    world.write("tags_index.yaml", "");
    world.system.advance(10 * SECOND);
    let changed = |name: &str| {
        let options = Options { changed: Some(vec![path(name)]), ..world.options.clone() };
        world.ingest_at_once(&options).unwrap()
    };
    assert_eq!(changed("b.py").problems, 1, "names that differ in case only");
    world.assert_equals_fresh();
    world.write("pyproject.toml", "[tool.poetry]\npackages = [{from = 'lib'}]\n");
    changed("pyproject.toml");
    world.assert_equals_fresh();
    world.system.remove(&path("A.py"));
    assert_eq!(changed("A.py").problems, 0);
    world.assert_equals_fresh();
}

#[test]
fn a_dataset_that_is_named_twice_is_extracted_once() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    let twice = world.options.datasets[0].clone();
    world.options.datasets.push(twice);
    world.ingest();
    world.assert_equals_fresh();
}

#[test]
fn facts_that_another_snapshot_replaced_are_made_anew() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    world.ingest();
    // Another repository with the same content and another version of one extraction.
    world.options.repo = "other".to_owned();
    world.options.datasets[1].version += 1;
    assert_eq!(extracted(&world.ingest()), ["core.ast_metrics 1"]);
    world.options.repo = "o/r".to_owned();
    world.options.datasets[1].version -= 1;
    assert_eq!(extracted(&world.ingest()), ["core.ast_metrics 1"]);
}

#[test]
fn a_slug_that_looks_like_a_table_is_compared_too() {
    let mut world = World::new(&[("a.py", "x = 1\n")]);
    world.options.repo = "acme/store.files".to_owned();
    world.ingest();
    world.write("a.py", "x = 2\n");
    let scratch = world.dir.path().join("fresh.duckdb");
    let mut producers = Producers { indexer: &mut NoIndexer, checkers: &mut [] };
    let differences =
        verify(&*world.system, &world.database(), &scratch, &world.options, &mut producers, &NoProgress).unwrap();
    assert!(!differences.is_empty());
    world.ingest();
    world.assert_equals_fresh();
}

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
    let mut database = world.database();
    ingest(&system, &mut database, &options, &mut producers, &NoProgress).unwrap();
    database.close().unwrap();
    assert_eq!(world.rows("SELECT count(content_hash) FROM core.file_state"), ["1"]);
    assert_eq!(world.rows("SELECT count(*) FROM core.ast_nodes"), ["4"]);
    let mut database = world.database();
    system.inner.advance(10 * SECOND);
    ingest(&system, &mut database, &options, &mut producers, &NoProgress).unwrap();
    let differences =
        verify(&system, &database, &world.dir.path().join("fresh"), &options, &mut producers, &NoProgress).unwrap();
    assert_eq!(differences, []);
}

#[test]
fn garbage_is_what_no_snapshot_needs() {
    let world = World::new(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    world.ingest();
    world.write("a.py", "x = 2\n");
    world.ingest();
    let database = world.database();
    // One of three contents, and none of the derivations.
    let things = 3.0 + names_of(Key::Derivation).len() as f64;
    assert!((database.unreachable_share().unwrap() - 1.0 / things).abs() < 1e-9);
    assert_eq!(database.collect_garbage().unwrap().contents, 1);
    world.assert_equals_fresh();
    world.write("a.py", "x = 1\n");
    assert_eq!(extracted(&world.ingest()), all(1), "collected facts are extracted again");
    world.assert_equals_fresh();
}
