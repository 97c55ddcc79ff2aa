//! Runs that look at some paths only.

use super::world::{SECOND, World, path};
use crate::error::EngineError;
use crate::options::Options;

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
