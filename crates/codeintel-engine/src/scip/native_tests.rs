//! The native indexer in histories of a repository: what it says is never older than the sources, in one process or in many.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::tests::{Step, World, config, step};

const PACKAGE: [(&str, &str); 4] = [
    ("pk/__init__.py", ""),
    ("pk/a.py", "class C:\n    def m(self): pass\n"),
    ("pk/base.py", "class B:\n    def n(self): pass\n"),
    ("pk/b.py", "from pk.a import C\nC().m()\n"),
];

const INHERITING: &str = "from pk.base import B\nclass C(B):\n    pass\n";
const BASE: &str = "class B:\n    def m(self): pass\n";

/// What the second line of `pk/b.py` refers to: a class and its method, by their descriptors.
fn called(world: &World) -> Vec<String> {
    world.rows(
        "SELECT split_part(symbol, ' ', 5) FROM scip.occurrences WHERE rel_path = 'pk/b.py' AND start_line = 1 AND symbol NOT LIKE 'local %' ORDER BY start_col",
    )
}

/// Edits, the number of documents that are made anew for them, and what is referred to then.
type Expected<'a> = (&'a [(&'a str, &'a str)], usize, &'a [&'a str]);

#[track_caller]
fn check(steps: &[Expected<'_>]) {
    for is_live in [false, true] {
        let world = World::native(&PACKAGE, is_live);
        assert_eq!(world.ingest().index.unwrap().indexed, 4);
        assert_eq!(called(&world), ["`pk.a`/C#", "`pk.a`/C#m()."]);
        for (edits, indexed, expected) in steps {
            for (name, text) in *edits {
                world.write(name, text);
            }
            let report = world.ingest().index.unwrap();
            assert_eq!((report.indexed, report.stale), (*indexed, 0), "live: {is_live}");
            assert_eq!(called(&world), *expected, "live: {is_live}");
            world.assert_equals_fresh();
        }
    }
}

#[test]
fn a_method_moves_to_a_base_class_and_then_two_hops_away() {
    check(&[
        (&[("pk/a.py", INHERITING), ("pk/base.py", BASE)], 3, &["`pk.a`/C#", "`pk.base`/B#m()."]),
        (
            &[
                ("pk/base.py", "from pk.root import R\nclass B(R):\n    pass\n"),
                ("pk/root.py", "class R:\n    def m(self): pass\n"),
            ],
            4,
            &["`pk.a`/C#", "`pk.root`/R#m()."],
        ),
    ]);
}

#[test]
fn a_name_becomes_another_class() {
    check(&[(
        &[("pk/a.py", "from pk.base import B as C\n"), ("pk/base.py", BASE)],
        3,
        &["`pk.base`/B#", "`pk.base`/B#m()."],
    )]);
}

#[test]
fn a_method_shadows_an_inherited_one() {
    check(&[
        (&[("pk/a.py", INHERITING), ("pk/base.py", BASE)], 3, &["`pk.a`/C#", "`pk.base`/B#m()."]),
        (
            &[("pk/a.py", "from pk.base import B\nclass C(B):\n    def m(self): pass\n")],
            2,
            &["`pk.a`/C#", "`pk.a`/C#m()."],
        ),
    ]);
}

#[test]
fn a_class_goes_and_comes_back() {
    check(&[
        (&[("pk/a.py", "class E:\n    pass\n")], 2, &[]),
        (&[("pk/a.py", PACKAGE[1].1)], 0, &["`pk.a`/C#", "`pk.a`/C#m()."]),
    ]);
}

#[test]
fn a_comment_or_a_body_costs_one_document() {
    check(&[
        (&[("pk/a.py", "# c\nclass C:\n    def m(self): pass\n")], 1, &["`pk.a`/C#", "`pk.a`/C#m()."]),
        (&[("pk/base.py", "class B:\n    def n(self): x = 1\n")], 1, &["`pk.a`/C#", "`pk.a`/C#m()."]),
    ]);
}

#[test]
fn a_stub_takes_the_place_of_a_source() {
    check(&[(&[("pk/a.pyi", "class C:\n    def m(self) -> None: ...\n")], 2, &["`pk.a`/C#", "`pk.a`/C#m()."])]);
}

#[test]
fn an_inferred_return_type_is_followed_through_a_body() {
    let call = "from pk.a import make\nmake().m()\n";
    for is_live in [false, true] {
        let world = World::native(&PACKAGE, is_live);
        world.write("pk/b.py", call);
        world.write("pk/a.py", "class C:\n    def m(self): pass\ndef make() -> C:\n    return C()\n");
        world.ingest();
        assert_eq!(called(&world), ["`pk.a`/make().", "`pk.a`/C#m()."]);
        let other = "class D:\n    def m(self): pass\n";
        world.write("pk/a.py", &format!("{other}def make() -> D:\n    return D()\n"));
        world.ingest();
        assert_eq!(called(&world), ["`pk.a`/make().", "`pk.a`/D#m()."], "live: {is_live}");
        world.assert_equals_fresh();
    }
}

/// What Python accepts and indexers stumble over.
const ODD: [(&str, &[u8]); 16] = [
    ("class/def.py", b"def f(): pass\nf()\n"),
    ("migrations/0001_initial.py", b"class Migration: pass\nMigration\n"),
    ("my-tool/run-me.py", b"def go(): pass\ngo()\n"),
    ("latin.py", b"# coding: latin-1\ncaf\xe9 = 1\nprint(caf\xe9)\n"),
    ("broken.py", b"def f(:\n    pass\nx = 1\nprint(x)\n"),
    ("binary.py", b"\xff\xfe\x00"),
    ("script", b""),
    ("ns/inner/mod.py", b"def deep(): pass\n"),
    ("use_ns.py", b"from ns.inner.mod import deep\ndeep()\n"),
    ("stubbed.py", b"def f(x): return x\n"),
    ("stubbed.pyi", b"def f(x: int) -> int: ...\n"),
    ("use_stub.py", b"import stubbed\nstubbed.f(1)\n"),
    ("src/lib/core.py", b"def run(): pass\n"),
    ("tests/test_core.py", b"from lib.core import run\nrun()\n"),
    ("json.py", b"def dumps(): pass\n"),
    ("typing.py", b"import json\njson.dumps()\n"),
];

#[test]
fn everything_that_python_accepts_has_a_document() {
    let world = World::native(&[], false);
    for (name, bytes) in ODD {
        world.system.write(&crate::tests::path(name), bytes);
    }
    let report = world.ingest();
    let index = report.index.unwrap();
    assert_eq!((index.documents, index.stale), (report.files - 1, 0), "all but the one that is no text");
    assert_eq!(report.files, ODD.len() - 1, "all but the file that is no source");
    assert_eq!(world.rows("SELECT rel_path FROM core.problems WHERE stage = 'index'"), Vec::<String>::new());
    let referred = |path: &str| {
        world.rows(&format!(
            "SELECT DISTINCT split_part(symbol, ' ', 5) FROM scip.occurrences
             WHERE rel_path = '{path}' AND symbol NOT LIKE 'local %' AND roles & 1 = 0 AND symbol LIKE '% r 0 %' ORDER BY ALL"
        ))
    };
    for (path, expected) in [
        ("class/def.py", vec!["`class.def`/f()."]),
        ("migrations/0001_initial.py", vec!["`migrations.0001_initial`/Migration#"]),
        ("my-tool/run-me.py", vec!["`my-tool.run-me`/go()."]),
        ("latin.py", vec!["latin/`café`."]),
        ("broken.py", vec!["broken/x."]),
        ("use_ns.py", vec!["`ns.inner.mod`/__init__:", "`ns.inner.mod`/deep()."]),
        ("use_stub.py", vec!["stubbed/__init__:", "stubbed/f()."]),
        ("tests/test_core.py", vec!["`lib.core`/__init__:", "`lib.core`/run()."]),
        ("typing.py", vec!["json/__init__:", "json/dumps()."]),
    ] {
        assert_eq!(referred(path), expected, "{path}");
    }
    world.assert_equals_fresh();
}

/// Bodies of functions. All but the last two change nothing that others can see.
const BODIES: [&str; 8] = [
    "pass",
    "return p",
    "x = [y for y in (p, C)]; return x",
    "import os.path as z; return z.join",
    "'''Doc.'''; return lambda a, b=C: (a, b, [c for c in a])",
    "print(missing, D.one, three)  # more",
    "self.size = 2",
    "global G; G = C",
];

/// A module of two functions with such bodies, and one that looks at all that others can see; some of that is one of two things.
fn functions(bodies: [usize; 2], is_sized: bool) -> String {
    let [one, two] = bodies.map(|body| BODIES[body]);
    let size = if is_sized { "size: int = 1" } else { "other = C" };
    format!(
        "from pk.a import C\nclass D(C):\n    {size}\n    def one(self, p): {one}\n    def two(self) -> None:\n        {two}\n        x = self.one\n\
         # between\n@staticmethod\ndef three(q=lambda p: p):\n    return C().m(), D().m(), D().size.real, D().other, G\nthree()\n"
    )
}

/// A step in a history of bodies.
#[derive(Debug, Clone)]
enum BodyStep {
    /// Give a function of `pk/b.py` another body.
    Body(usize, usize),
    /// Change what else others can see of `pk/b.py`.
    Size,
    /// Change what `pk/b.py` can see of `pk/a.py`.
    Base(bool),
    Ingest,
}

fn body_step() -> impl Strategy<Value = BodyStep> {
    prop_oneof![
        6 => (0..2_usize, 0..BODIES.len()).prop_map(|(function, body)| BodyStep::Body(function, body)),
        1 => Just(BodyStep::Size),
        1 => any::<bool>().prop_map(BodyStep::Base),
        5 => Just(BodyStep::Ingest),
    ]
}

proptest! {
    #![proptest_config(Config { cases: config().cases / 2, ..config() })]

    #[test]
    fn bodies_change_and_documents_equal_fresh_ones(steps in prop::collection::vec(body_step(), 1..16)) {
        let world = World::native(&PACKAGE, true);
        let (mut bodies, mut is_sized) = ([0; 2], true);
        for step in std::iter::once(BodyStep::Ingest).chain(steps).chain([BodyStep::Ingest]) {
            match step {
                BodyStep::Body(function, body) => bodies[function] = body,
                BodyStep::Size => is_sized = !is_sized,
                BodyStep::Base(inherits) => world.write("pk/a.py", if inherits { INHERITING } else { PACKAGE[1].1 }),
                BodyStep::Ingest => {
                    world.write("pk/b.py", &functions(bodies, is_sized));
                    world.ingest();
                }
            }
        }
        world.assert_equals_fresh();
    }
}

proptest! {
    #![proptest_config(Config { cases: config().cases / 2, ..config() })]

    #[test]
    fn incremental_equals_fresh(steps in prop::collection::vec(step(), 1..12), is_live: bool) {
        let mut world = World::native(&[("a.py", "x = 1\n"), ("pkg/__init__.py", "")], is_live);
        for step in &steps {
            // Such an indexer does not fail by being told to, and what failed in the end could not be compared.
            if !matches!(step, Step::Fail(_) | Step::CheckFails(_)) {
                world.take(step);
            }
        }
        world.ingest();
        world.assert_equals_fresh();
    }
}
