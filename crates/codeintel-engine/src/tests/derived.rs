//! Derived facts: what they depend on, and when they are made.

use codeintel_datasets::Key;
use codeintel_store::FactsVersion;

use super::world::{World, derived, extracted, names_of, path};

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
    let graph = |wanted: &&mut FactsVersion| wanted.facts.key() == Key::Derivation;
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
