//! Random histories: whatever happened before, the tables are those of a fresh build.

use std::collections::{BTreeMap, BTreeSet};

use codeintel_system::ScanOptions;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::world::{SECOND, World, all, extracted, path};
use crate::options::Options;

/// One step of a history.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Write(usize, usize),
    Delete(usize),
    Rename(usize, usize),
    Touch(usize),
    Wait(i64),
    Commit(usize),
    Exclude(bool),
    Bump(usize),
    Datasets(usize),
    Fail(bool),
    Checks(u8),
    CheckFails(bool),
    CheckWord(usize),
    Crash { derives: bool },
    Ingest { full: bool, rehash: bool },
    IngestChanged(usize),
    Collect,
}

const PATHS: [&str; 7] =
    ["a.py", "pkg/__init__.py", "pkg/b.py", "pkg/b.pyi", "src/lib/c.py", "tests/test_d.py", "tags_index.yaml"];
const TEXTS: [&[u8]; 14] = [
    b"from pkg.b import C\nC().m()\n",
    b"from a import B\nclass C(B):\n    def n(self): pass\n",
    b"from pkg.b import C as B\nB().n()\n",
    b"class B:\n    def m(self): pass\n",
    b"class B:\n    def m(self) -> int: return 1\n",
    b"",
    b"x = 1\n",
    b"x = 2\n",
    b"def f():\n    '''Doc.'''\n    if a: return 1\n",
    b"class A:\n    @d\n    async def f(self): pass\n    def f(self): pass\n",
    b"from typing import Any, cast\ndef f(a: Any, *b) -> int: return cast(int, a)  # type: ignore[x]\n",
    b"x = (\n",
    b"# coding: latin-1\ns = '\xe9'\n",
    b"\xff",
];

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let file = 0..PATHS.len();
    let datasets = Options::new("").datasets.len();
    prop_oneof![
        6 => (file.clone(), 0..TEXTS.len()).prop_map(|(file, text)| Step::Write(file, text)),
        2 => file.clone().prop_map(Step::Delete),
        2 => (file.clone(), file.clone()).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => file.clone().prop_map(Step::Touch),
        2 => prop_oneof![Just(1), Just(SECOND), Just(60 * SECOND)].prop_map(Step::Wait),
        2 => (0..3_usize).prop_map(Step::Commit),
        1 => any::<bool>().prop_map(Step::Exclude),
        1 => (0..datasets).prop_map(Step::Bump),
        1 => (1..1_usize << datasets).prop_map(Step::Datasets),
        1 => any::<bool>().prop_map(Step::Fail),
        1 => (0..4_u8).prop_map(Step::Checks),
        1 => any::<bool>().prop_map(Step::CheckFails),
        1 => (0..TEXTS.len()).prop_map(Step::CheckWord),
        1 => any::<bool>().prop_map(|derives| Step::Crash { derives }),
        6 => (prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(|(full, rehash)| Step::Ingest { full, rehash }),
        1 => file.prop_map(Step::IngestChanged),
        1 => Just(Step::Collect),
    ]
}

impl World {
    pub(crate) fn take(&mut self, step: &Step) {
        let name = |index: usize| path(PATHS[index]);
        match step {
            Step::Write(file, text) => self.system.write(&name(*file), TEXTS[*text]),
            Step::Delete(file) => self.system.remove(&name(*file)),
            Step::Rename(from, to) => self.system.rename(&name(*from), &name(*to)),
            Step::Touch(file) => self.system.touch(&name(*file)),
            Step::Wait(nanoseconds) => self.system.advance(*nanoseconds),
            Step::Commit(commit) => self.commit(["", "one", "two"][*commit]),
            Step::Exclude(excluded) => {
                let patterns = if *excluded { vec!["pkg".to_owned()] } else { Vec::new() };
                self.options.scan.exclude = ScanOptions::globs(&patterns).unwrap();
            }
            Step::Bump(dataset) => {
                if let Some(wanted) = self.options.datasets.get_mut(*dataset) {
                    wanted.version += 1;
                }
            }
            Step::Datasets(mask) => {
                let all = Options::new("").datasets;
                let asked = all.into_iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
                self.options.datasets = asked.map(|(_, wanted)| wanted).collect();
            }
            Step::Fail(fails) => self.indexer.borrow_mut().fails = *fails,
            Step::Checks(mask) => self.ask_for_checks(*mask),
            Step::CheckFails(fails) => self.fake.borrow_mut().fails = *fails,
            Step::CheckWord(text) => {
                self.fake.borrow_mut().word = String::from_utf8_lossy(TEXTS[*text]).into_owned();
                self.fake.borrow_mut().leaves_out = PATHS.get(*text).map(|path| (*path).to_owned());
            }
            Step::Crash { derives } => self.crash(*derives),
            Step::Ingest { full, rehash } => {
                let options = Options { full: *full, rehash: *rehash, ..self.options.clone() };
                self.ingest_at_once(&options).unwrap();
            }
            Step::IngestChanged(file) => {
                // A refused path is an answer too.
                let options = Options { changed: Some(vec![name(*file)]), ..self.options.clone() };
                let _refused = self.ingest_at_once(&options).is_err();
            }
            Step::Collect => _ = self.database().collect_garbage().unwrap(),
        }
    }
}

/// A step of a history in which every run extracts all datasets.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Delete(usize),
    Rename(usize, usize),
    Touch(usize),
    Wait(i64),
    Commit(usize),
    Crash,
    Ingest,
}

fn edit() -> impl Strategy<Value = Edit> {
    let file = 0..PATHS.len() - 1;
    prop_oneof![
        6 => (file.clone(), 0..TEXTS.len()).prop_map(|(file, text)| Edit::Write(file, text)),
        2 => file.clone().prop_map(Edit::Delete),
        2 => (file.clone(), file.clone()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => file.prop_map(Edit::Touch),
        2 => prop_oneof![Just(1), Just(60 * SECOND)].prop_map(Edit::Wait),
        2 => (0..3_usize).prop_map(Edit::Commit),
        1 => Just(Edit::Crash),
        5 => Just(Edit::Ingest),
    ]
}

/// `PROPTEST_CASES` asks for more.
pub(crate) fn config() -> Config {
    #[expect(clippy::disallowed_methods, reason = "a developer's wish, not a setting")]
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn incremental_equals_fresh(steps in prop::collection::vec(step(), 1..14)) {
        let mut world = World::new(&[("a.py", "x = 1\n"), ("pkg/__init__.py", "")]);
        world.options.index = true;
        world.ask_for_checks(3);
        for step in &steps {
            world.take(step);
        }
        world.indexer.borrow_mut().fails = false;
        world.fake.borrow_mut().fails = false;
        world.ingest();
        world.assert_equals_fresh();
    }

    /// A content is extracted in the run that first meets it, for all datasets, and in no other.
    #[test]
    fn what_is_recomputed_is_what_was_never_seen(edits in prop::collection::vec(edit(), 1..20)) {
        let world = World::new(&[]);
        let mut files: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        for edit in edits.iter().chain([&Edit::Ingest]) {
            let name = |index: usize| path(PATHS[index]);
            match *edit {
                Edit::Write(file, text) => {
                    world.system.write(&name(file), TEXTS[text]);
                    files.insert(file, text);
                }
                Edit::Delete(file) => {
                    world.system.remove(&name(file));
                    files.remove(&file);
                }
                Edit::Rename(from, to) => {
                    world.system.rename(&name(from), &name(to));
                    if let Some(text) = files.remove(&from) {
                        files.insert(to, text);
                    }
                }
                Edit::Touch(file) => world.system.touch(&name(file)),
                Edit::Wait(nanoseconds) => world.system.advance(nanoseconds),
                Edit::Commit(commit) => world.commit(["zero", "one", "two"][commit]),
                Edit::Crash => {
                    world.crash(true);
                    seen.extend(files.values());
                }
                Edit::Ingest => {
                    let now: BTreeSet<usize> = files.values().copied().collect();
                    let report = world.ingest_at_once(&world.options).unwrap();
                    let new = now.difference(&seen).count();
                    let expected = if new == 0 { Vec::new() } else { all(new) };
                    prop_assert_eq!(extracted(&report), expected);
                    seen.extend(now);
                }
            }
        }
        world.assert_equals_fresh();
    }
}
