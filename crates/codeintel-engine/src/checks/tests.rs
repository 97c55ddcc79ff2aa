//! Which files a checker is asked to look at again.

use crate::tests::World;

fn world(files: &[(&str, &str)]) -> World {
    let mut world = World::new(files);
    world.fake.borrow_mut().word = "bad".to_owned();
    world.ask_for_checks(3);
    world
}

/// Ingest; which files each checker was asked for, the one that looks at single files first.
fn asked(world: &World) -> Vec<String> {
    world.fake.borrow_mut().asked.clear();
    world.ingest();
    let asked = world.fake.borrow().asked.iter().map(|paths| paths.join(" ")).collect();
    world.assert_equals_fresh();
    asked
}

fn errors(world: &World) -> Vec<String> {
    world.rows(
        "SELECT rel_path, ruff_errors, pyright_errors, pyrefly_errors, total_errors, has_errors \
         FROM analytics.static_diagnostics ORDER BY rel_path",
    )
}

const NOTHING: [String; 0] = [];

#[test]
fn an_edit_costs_one_file_or_the_project() {
    let world = world(&[("a.py", "bad\n"), ("b.py", "x = 1\n"), ("c.py", "x = 1\nbad\n")]);
    assert_eq!(asked(&world), ["a.py b.py c.py", "a.py b.py c.py"]);
    // `x = 1` stands in two files, and so does `bad`; where both tools complain of one line it is one defect each.
    assert_eq!(errors(&world), ["a.py 1 1 NULL 2 true", "b.py 0 1 NULL 1 true", "c.py 1 2 NULL 3 true"]);
    assert_eq!(asked(&world), NOTHING);
    world.write("b.py", "x = 2\n");
    assert_eq!(asked(&world), ["b.py", "a.py b.py c.py"]);
    assert_eq!(errors(&world), ["a.py 1 1 NULL 2 true", "b.py 0 0 NULL 0 false", "c.py 1 1 NULL 2 true"]);
    world.system.rename(&crate::tests::path("b.py"), &crate::tests::path("d.py"));
    assert_eq!(asked(&world), ["d.py", "a.py c.py d.py"]);
    world.system.remove(&crate::tests::path("d.py"));
    assert_eq!(asked(&world), ["a.py c.py"]);
    world.fake.borrow_mut().word = "x = 1".to_owned();
    assert_eq!(asked(&world), ["a.py c.py", "a.py c.py"], "another configuration");
}

#[test]
fn only_reports_that_moved_are_written() {
    let world = world(&[("a.py", "bad\n"), ("b.py", "x = 1\n"), ("c.py", "bad\n")]);
    let moved = |world: &World| world.ingest().checks.iter().map(|check| check.moved).collect::<Vec<_>>();
    assert_eq!(moved(&world), [2, 2]);
    world.write("b.py", "y = 1\n");
    assert_eq!(moved(&world), [0, 0]);
    world.write("c.py", "good\n");
    assert_eq!(moved(&world), [1, 2]);
    assert_eq!(
        world.rows("SELECT count(*) FROM store.diagnostics"),
        ["4"],
        "those of earlier reports are kept for a while"
    );
    assert_eq!(world.rows("SELECT count(*) FROM analytics.diagnostics"), ["1"]);
    world.database().collect_garbage().unwrap();
    assert_eq!(world.rows("SELECT count(*) FROM store.diagnostics"), ["1"]);
    world.assert_equals_fresh();
}

#[test]
fn a_failure_is_null_and_a_problem_and_is_tried_again() {
    let world = world(&[("a.py", "bad\n")]);
    let problems = |world: &World| world.rows("SELECT dataset, stage, severity, message FROM core.problems");
    asked(&world);
    world.fake.borrow_mut().fails = true;
    world.write("a.py", "bad\nworse\n");
    asked(&world);
    assert_eq!(errors(&world), ["a.py NULL NULL NULL NULL NULL"]);
    assert_eq!(
        problems(&world),
        [
            "analytics.diagnostics check error pyright: its output is too long",
            "analytics.diagnostics check error ruff: its output is too long"
        ]
    );
    assert_eq!(asked(&world).len(), 2, "both are tried again");
    world.fake.borrow_mut().fails = false;
    asked(&world);
    assert_eq!((errors(&world), problems(&world)), (vec!["a.py 1 0 NULL 1 true".to_owned()], Vec::new()));
    world.fake.borrow_mut().is_missing = true;
    asked(&world);
    assert_eq!(errors(&world), ["a.py NULL NULL NULL NULL NULL"]);
    assert_eq!(problems(&world)[0], "analytics.diagnostics check error pyright: `fake` was not found");
}

#[test]
fn who_is_not_asked_for_shows_nothing() {
    let mut world = world(&[("a.py", "bad\n")]);
    asked(&world);
    world.ask_for_checks(1);
    assert_eq!(asked(&world), NOTHING);
    assert_eq!(errors(&world), ["a.py 1 NULL NULL 1 true"]);
    world.ask_for_checks(0);
    asked(&world);
    assert_eq!(errors(&world), ["a.py NULL NULL NULL NULL NULL"]);
}

#[test]
fn a_branch_that_was_checked_before_is_not_checked_again_as_a_project() {
    let world = world(&[("a.py", "bad\n"), ("b.py", "bad\n")]);
    let switch = |commit: &str, text: &str| {
        world.commit(commit);
        world.write("a.py", text);
        asked(&world)
    };
    assert_eq!(switch("main", "bad\n").len(), 2);
    assert_eq!(switch("topic", "good\n"), ["a.py", "a.py b.py"]);
    assert_eq!(switch("main", "bad\n"), ["a.py"]);
    assert_eq!(errors(&world), ["a.py 1 1 NULL 2 true", "b.py 1 1 NULL 2 true"]);
    assert_eq!(
        world.rows("SELECT commit, tool, count(*) FROM history.diagnostics GROUP BY ALL ORDER BY ALL"),
        ["main pyright 2", "main ruff 2", "topic ruff 1"]
    );
}

#[test]
fn a_file_that_the_configuration_leaves_out_is_not_said_to_be_clean() {
    let world = world(&[("a.py", "bad\n"), ("b.py", "bad\n")]);
    world.fake.borrow_mut().leaves_out = Some("b.py".to_owned());
    asked(&world);
    assert_eq!(errors(&world), ["a.py 1 1 NULL 2 true", "b.py NULL NULL NULL NULL NULL"]);
    assert_eq!(asked(&world), NOTHING, "it is not asked for again");
}

#[test]
fn type_errors_are_part_of_typedness() {
    let mut world = world(&[("a.py", "bad\n"), ("b.py", "bad\n")]);
    let typedness = |world: &World| {
        world.rows("SELECT path, type_error_count, overlay_needed FROM analytics.typedness ORDER BY ALL")
    };
    asked(&world);
    assert_eq!(typedness(&world), ["a.py 1 true", "b.py 1 true"]);
    world.ask_for_checks(1);
    asked(&world);
    assert_eq!(typedness(&world), ["a.py NULL false", "b.py NULL false"], "linters find no type errors");
}
