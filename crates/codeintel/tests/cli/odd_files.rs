//! One odd file: what it costs, and what is there beside it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::{Sandbox, fields, stderr};

/// ty overflows its stack over these aliases.
const DEADLY: &str = "type A = B | int\ntype B = A | str\ndef f(y: A): return y[0]\nf(1)\n";

/// Alternatives of alternatives.
fn dear() -> String {
    let ifs: String =
        (0..120).map(|i| format!("    if a == {i} and isinstance(x, int) or b: x = (x, {i})\n")).collect();
    format!("def f(a, b, c):\n    x = None\n{ifs}    return x\nf(1, 2, 3)\n")
}

const GOOD: &str =
    "#- good.py\nclass C:\n    def m(self) -> int: return 1\n\ndef use(c: C):\n    return c.m()\n\nuse(C())\n";

/// Rows of what is there beside an odd file, and of it.
fn check(name: &str, text: &str, reason: &str) {
    let sandbox = Sandbox::new(GOOD);
    sandbox.write("odd.py", text);
    let summary = sandbox.ingest(&[]);
    assert_eq!(fields(&summary, ["files", "added"]), [2, 2], "{name}");
    let complete = "SELECT status FROM (SELECT count(*) AS n, count(DISTINCT rel_path) AS files FROM core.ast_nodes), \
                    (SELECT CASE WHEN bool_and(NOT is_stale) THEN 'complete' END AS status FROM scip.documents) WHERE files = 2";
    assert_eq!(sandbox.query(complete), ["complete"], "{name}");
    let method = "SELECT count(*) FROM scip.occurrences WHERE rel_path = 'good.py' AND symbol LIKE '%C#m().'";
    assert_eq!(sandbox.query(method), ["2"], "{name}: a definition and a call that needs a type");
    let function = "SELECT count(*) FROM scip.occurrences WHERE rel_path = 'odd.py' AND symbol LIKE '%/f().'";
    assert_eq!(sandbox.query(function), ["2"], "{name}: names are resolved without types");
    let problem = "SELECT message FROM core.problems WHERE rel_path = 'odd.py' AND stage = 'index'";
    let problems = sandbox.query(problem);
    assert!(problems.len() == 1 && problems[0].contains(reason), "{name}: {problems:?}");
    assert_eq!(sandbox.ingest(&[])["scip"]["indexed"], 0, "{name}: it is not tried again");
    sandbox.assert_verified();
    sandbox.write("odd.py", "def f(): pass\nf()\n");
    sandbox.ingest(&[]);
    assert_eq!(sandbox.query(problem), Vec::<String>::new(), "{name}: it is mended");
}

#[test]
fn a_file_that_the_resolver_dies_of_costs_itself_only() {
    check("recursive aliases", DEADLY, "the resolver crashed on this file: it was killed by signal 6");
}

#[test]
fn a_file_that_is_too_dear_is_resolved_without_types() {
    check("alternatives", &dear(), "steps");
}

#[test]
fn a_file_in_very_many_folders_is_resolved_without_types() {
    let sandbox = Sandbox::new(GOOD);
    let deep = format!("{}m.py", "d/".repeat(300));
    sandbox.write(&deep, "from ...m import x\ndef f(): pass\nf()\n");
    sandbox.ingest(&[]);
    let found = "SELECT right(rel_path, 4), count(*) FROM scip.occurrences WHERE symbol LIKE '%m().' OR symbol LIKE '%/f().' GROUP BY ALL ORDER BY 1";
    assert_eq!(sandbox.query(found), ["d.py,2", "m.py,2"]);
    let problem = "SELECT message FROM core.problems WHERE length(rel_path) > 600 AND stage = 'index'";
    let problems = sandbox.query(problem);
    assert!(problems.len() == 1 && problems[0].contains("300 folders"), "{problems:?}");
    sandbox.assert_verified();
}

#[test]
fn a_resolver_that_gets_no_memory_costs_no_syntax_tree() {
    let sandbox = Sandbox::new(GOOD);
    let program = env!("CARGO_BIN_EXE_codeintel");
    // Enough to start and to write; how far the resolver comes depends on the system.
    let script = format!("ulimit -v 1500000; exec '{program}' ingest -q --repo o/r");
    let output = Command::new("sh").args(["-c", &script]).current_dir(sandbox.root()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let kinds = "SELECT count(*) FROM core.ast_nodes WHERE node_type IN ('ClassDef', 'FunctionDef', 'Call')";
    assert_eq!(sandbox.query(kinds), ["6"], "two functions, a class and three calls");
}

#[test]
fn a_worker_ends_with_the_one_who_asked_it() {
    let sandbox = Sandbox::new(GOOD);
    sandbox.write("odd.py", dear());
    let mut run = sandbox.command(&["ingest", "-q", "--repo", "o/r"]).spawn().unwrap();
    let workers = || {
        let is_worker = |entry: &fs::DirEntry| {
            let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
            let is_child = read("stat").rsplit_once(") ").is_some_and(|(_, stat)| {
                stat.split(' ').nth(1) == Some(&run.id().to_string()) && !stat.starts_with('Z')
            });
            is_child && read("cmdline").contains("\0worker")
        };
        let found = fs::read_dir("/proc").unwrap().flatten().filter(is_worker);
        found.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok()).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for _ in 0..600 {
        found = workers();
        if !found.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(found.len(), 1);
    run.kill().unwrap();
    run.wait().unwrap();
    let is_there = || fs::read_to_string(format!("/proc/{}/stat", found[0])).is_ok_and(|stat| !stat.contains(") Z "));
    let mut tries = 0;
    while is_there() && tries < 500 {
        tries += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!is_there(), "the worker has ended");
}
