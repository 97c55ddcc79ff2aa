//! Histories of a repository: what is redone after each step, and whether the result equals a fresh build.

mod derived;
mod history;
mod partial;
mod races;
mod world;

use codeintel_base::NoProgress;
use codeintel_datasets::Key;
use codeintel_system::ScanOptions;

use self::world::{all, extracted, names_of};
use crate::plan::DatasetPlan;
use crate::producers::Producers;
use crate::scip::NoIndexer;
use crate::verify::verify;

pub(crate) use self::history::{Step, config, step};
pub(crate) use self::world::{World, path};

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
    assert!(!plan.is_empty() && plan.other == ["kept datasets"]);
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
