//! Which documents are made anew, and what is told of those that cannot be.

use super::{IndexReport, IndexStatus};
use crate::tests::{World, path};

const PACKAGE: [(&str, &str); 5] = [
    ("pk/__init__.py", ""),
    ("pk/a.py", "class C:\n    def m(self): pass\n"),
    ("pk/base.py", "class B:\n    def n(self): pass\n"),
    ("pk/b.py", "from pk.a import C\nC\nC().m()\n"),
    ("pk/other.py", "class D:\n    def m(self): pass\nD().m()\n"),
];

fn indexed(files: &[(&str, &str)]) -> World {
    let mut world = World::new(files);
    world.options.index = true;
    world
}

/// Ingest, and give what is told of documents.
fn ingest(world: &World) -> IndexReport {
    world.ingest().index.unwrap()
}

/// The files of the last run of the indexer, if there was one since.
fn asked(world: &World) -> Vec<String> {
    world.indexer.borrow_mut().asked.drain(..).next_back().unwrap_or_default()
}

/// The files in which the names of `pk/b.py` are defined.
fn targets(world: &World) -> Vec<String> {
    world.rows(
        "SELECT regexp_extract(symbol, '`(.*)`', 1) FROM scip.occurrences WHERE rel_path = 'pk/b.py' ORDER BY start_line",
    )
}

/// Edit a package, and look which files are indexed again and what `pk/b.py` refers to.
#[track_caller]
fn check(edits: &[(&str, &str)], expected: &[&str], expected_targets: &[&str]) {
    let world = indexed(&PACKAGE);
    assert_eq!(ingest(&world).indexed, 5);
    asked(&world);
    for (name, text) in edits {
        world.write(name, text);
    }
    let report = ingest(&world);
    assert_eq!((asked(&world).iter().map(String::as_str).collect(), report.stale), (expected.to_vec(), 0));
    assert_eq!(targets(&world), expected_targets);
    world.assert_equals_fresh();
    world.indexer.borrow_mut().asked.clear();
    assert_eq!((ingest(&world).indexed, asked(&world).len()), (0, 0), "nothing is left to do");
}

const INHERITING: &str = "from pk.base import B\nclass C(B):\n    pass\n";

#[test]
fn a_comment_or_a_body_costs_one_document() {
    check(&[("pk/a.py", "# c\nclass C:\n    def m(self): pass\n")], &["pk/a.py"], &["pk/a.py", "pk/a.py"]);
    check(&[("pk/a.py", "class C:\n    def m(self): pass\n\n")], &["pk/a.py"], &["pk/a.py", "pk/a.py"]);
    check(&[("pk/other.py", "class D:\n    def x(self): pass\n")], &["pk/other.py"], &["pk/a.py", "pk/a.py"]);
}

#[test]
fn a_method_that_moves_to_a_base_class_is_followed() {
    let edits = [("pk/a.py", INHERITING), ("pk/base.py", "class B:\n    def m(self): pass\n")];
    check(&edits, &["pk/a.py", "pk/b.py", "pk/base.py"], &["pk/a.py", "pk/base.py"]);
}

#[test]
fn a_name_that_is_another_class_now_is_followed() {
    let edits = [("pk/a.py", "from pk.base import B as C\n"), ("pk/base.py", "class B:\n    def m(self): pass\n")];
    check(&edits, &["pk/a.py", "pk/b.py", "pk/base.py"], &["pk/base.py", "pk/base.py"]);
}

#[test]
fn a_class_that_is_gone_has_no_references() {
    check(&[("pk/a.py", "class E:\n    pass\n")], &["pk/a.py", "pk/b.py"], &[]);
}

#[test]
fn what_changes_two_hops_away_is_seen() {
    let world = indexed(&PACKAGE);
    world.write("pk/a.py", INHERITING);
    world.write("pk/base.py", "class B:\n    def m(self): pass\n");
    ingest(&world);
    world.write("pk/base.py", "from pk.root import R\nclass B(R):\n    pass\n");
    world.write("pk/root.py", "class R:\n    def m(self): pass\n");
    ingest(&world);
    assert_eq!(asked(&world), ["pk/a.py", "pk/b.py", "pk/base.py", "pk/root.py"]);
    assert_eq!(targets(&world), ["pk/a.py", "pk/root.py"]);
    world.assert_equals_fresh();
}

#[test]
fn a_method_that_shadows_an_inherited_one_is_seen() {
    let world = indexed(&PACKAGE);
    world.write("pk/a.py", INHERITING);
    world.write("pk/base.py", "class B:\n    def m(self): pass\n");
    ingest(&world);
    assert_eq!(targets(&world), ["pk/a.py", "pk/base.py"]);
    world.write("pk/a.py", "from pk.base import B\nclass C(B):\n    def m(self): pass\n");
    ingest(&world);
    assert_eq!(asked(&world), ["pk/a.py", "pk/b.py"]);
    assert_eq!(targets(&world), ["pk/a.py", "pk/a.py"]);
    world.assert_equals_fresh();
}

#[test]
fn a_new_file_that_takes_the_place_of_another_is_found() {
    check(&[("pk/a.pyi", "class C:\n    def m(self): ...\n")], &["pk/a.pyi", "pk/b.py"], &["pk/a.pyi", "pk/a.pyi"]);
}

#[test]
fn documents_of_deleted_files_go_and_earlier_ones_are_known_again() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    let documents = || world.rows("SELECT rel_path FROM scip.documents ORDER BY ALL").len();
    world.system.remove(&path("pk/a.py"));
    let report = ingest(&world);
    assert_eq!((report.documents, report.indexed, documents()), (4, 1, 4), "the one that looked into it");
    assert_eq!(targets(&world), Vec::<String>::new());
    world.write("pk/a.py", PACKAGE[1].1);
    asked(&world);
    let report = ingest(&world);
    assert_eq!((report.documents, report.indexed, asked(&world).len()), (5, 0, 0), "all of that was known");
    assert_eq!(targets(&world), ["pk/a.py", "pk/a.py"]);
    world.assert_equals_fresh();
}

#[test]
fn a_branch_is_indexed_the_first_time_only() {
    let world = indexed(&PACKAGE);
    let switch = |commit: &str, text: &str| {
        world.commit(commit);
        world.write("pk/a.py", text);
        let report = ingest(&world);
        world.assert_equals_fresh();
        report.indexed
    };
    assert_eq!(switch("main", PACKAGE[1].1), 5);
    assert_eq!(switch("topic", "class C:\n    def k(self): pass\n"), 2);
    assert_eq!(switch("main", PACKAGE[1].1), 0);
    assert_eq!(world.rows("SELECT count(*) FROM history.documents"), ["10"]);
}

#[test]
fn another_version_of_the_indexer_makes_all_documents_anew() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    world.indexer.borrow_mut().version = 1;
    assert_eq!(ingest(&world).indexed, 5);
    assert_eq!(world.rows("SELECT DISTINCT producer_version FROM scip.documents"), ["1"]);
    world.assert_equals_fresh();
}

#[test]
fn only_what_another_version_has_made_is_outdated() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    let planned = || {
        let plan = world.plan();
        let documents = plan.datasets.into_iter().find(|dataset| dataset.dataset == "scip.documents").unwrap();
        (documents.missing, documents.outdated)
    };
    assert_eq!(planned(), (0, 0));
    world.write("pk/a.py", "class C:\n    pass\n");
    assert_eq!(planned(), (2, 0), "an interface and who looks into it");
    world.indexer.borrow_mut().version = 1;
    assert_eq!(planned(), (5, 5));
}

#[test]
fn an_indexer_that_is_missing_stops_nothing_and_leaves_the_last_truth() {
    let world = indexed(&PACKAGE);
    world.indexer.borrow_mut().is_missing = true;
    let report = ingest(&world);
    assert_eq!((report.status, report.documents), (IndexStatus::Unavailable, 0));
    assert_eq!(world.rows("SELECT count(*) FROM core.modules"), ["5"]);
    assert_eq!(
        world.rows("SELECT dataset, stage, severity, message FROM core.problems"),
        ["scip.documents index error `fake` was not found; 5 files without an up-to-date document"]
    );
    world.indexer.borrow_mut().is_missing = false;
    let report = ingest(&world);
    assert_eq!((report.status, report.documents), (IndexStatus::Complete, 5));
    assert_eq!(world.rows("SELECT count(*) FROM core.problems"), ["0"]);
    world.indexer.borrow_mut().is_missing = true;
    assert_eq!(ingest(&world).status, IndexStatus::Complete, "nothing is missing");
    world.write("pk/a.py", "class C:\n    pass\n");
    let report = ingest(&world);
    assert_eq!((report.status, report.documents, report.stale), (IndexStatus::Unavailable, 5, 2));
    let stale = world.rows("SELECT rel_path FROM scip.documents WHERE is_stale ORDER BY ALL");
    assert_eq!(
        (stale, targets(&world)),
        (vec!["pk/a.py".to_owned(), "pk/b.py".to_owned()], vec!["pk/a.py".to_owned(); 2])
    );
    world.write("pk/a.py", PACKAGE[1].1);
    let report = ingest(&world);
    assert_eq!((report.status, report.stale), (IndexStatus::Complete, 0), "back to what was indexed");
    world.indexer.borrow_mut().is_missing = false;
    world.assert_equals_fresh();
}

#[test]
fn what_a_failed_run_has_made_is_kept_and_the_rest_is_tried_again() {
    let world = indexed(&PACKAGE);
    world.indexer.borrow_mut().fails = true;
    let report = ingest(&world);
    assert_eq!((report.status, report.documents), (IndexStatus::Partial, 1));
    assert_eq!(
        world.rows("SELECT message FROM core.problems"),
        ["the fake fails; 4 files without an up-to-date document"]
    );
    world.indexer.borrow_mut().fails = false;
    asked(&world);
    let report = ingest(&world);
    assert_eq!((report.status, report.documents, asked(&world).len()), (IndexStatus::Complete, 5, 4));
    world.assert_equals_fresh();
}

#[test]
fn a_file_of_which_the_indexer_says_nothing_keeps_its_document_and_is_asked_for_once_more() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    world.indexer.borrow_mut().silent = vec!["pk/a.py".to_owned()];
    world.write("pk/a.py", "# c\nclass C:\n    def m(self): pass\n");
    for expected in [&["pk/a.py"][..], &["pk/a.py"], &[]] {
        world.indexer.borrow_mut().asked.clear();
        let report = ingest(&world);
        assert_eq!(asked(&world), expected);
        assert_eq!((report.status, report.documents, report.stale), (IndexStatus::Partial, 5, 1));
        assert_eq!(report.reason.as_deref(), Some("the indexer returned no document for 1 file"));
        assert_eq!(
            world.rows("SELECT rel_path, stage, severity, message FROM core.problems"),
            ["pk/a.py index error the indexer returned no document for this file"]
        );
    }
    world.write("pk/a.py", "# d\nclass C:\n    def m(self): pass\n");
    ingest(&world);
    assert_eq!(asked(&world), ["pk/a.py"], "it is another one now");
    world.indexer.borrow_mut().silent.clear();
    let report = ingest(&world);
    assert_eq!((report.status, report.stale, report.reason), (IndexStatus::Complete, 0, None));
    world.assert_equals_fresh();
}

#[test]
fn equal_facts_are_stored_once() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    world.write("pk/a.py", "class C:\n    def m(self): pass\n    def k(self): pass\n");
    let report = ingest(&world);
    assert_eq!((report.indexed, report.rows), (2, 0), "`pk/b.py` says the same as before, and `pk/a.py` nothing");
    world.assert_equals_fresh();
}

#[test]
fn garbage_goes_with_its_facts() {
    let world = indexed(&PACKAGE);
    ingest(&world);
    world.write("pk/b.py", "from pk.a import C\nC\n");
    ingest(&world);
    assert!(world.database().unreachable_share().unwrap() > 0.0);
    world.database().collect_garbage().unwrap();
    assert!(world.database().unreachable_share().unwrap() < 1e-9);
    world.assert_equals_fresh();
}

#[test]
fn documents_that_are_there_are_kept_true_when_they_are_not_asked_for() {
    let mut world = indexed(&PACKAGE);
    ingest(&world);
    world.options.index = false;
    world.write("pk/a.py", "class E:\n    pass\n");
    assert_eq!(ingest(&world).indexed, 2);
    world.assert_equals_fresh();
}
