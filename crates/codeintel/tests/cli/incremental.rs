//! What a refresh does in real repositories.

use std::fs;

use crate::{Sandbox, fields};

#[test]
fn a_branch_switch_and_back_parses_nothing_the_second_time() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n#- b.py\ny = 1\n");
    sandbox.git(&["init", "-q"]);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "one"]);
    assert_eq!(fields(&sandbox.ingest(&[]), ["parsed"]), [2]);
    sandbox.git(&["switch", "-qc", "topic"]);
    sandbox.write("a.py", "x = 2\n");
    sandbox.git(&["mv", "b.py", "c.py"]);
    sandbox.git(&["commit", "-qam", "two"]);
    assert_eq!(fields(&sandbox.ingest(&[]), ["parsed", "changed", "renamed", "reused"]), [1, 1, 1, 1]);
    sandbox.assert_verified();
    for branch in ["main", "topic", "main"] {
        sandbox.git(&["switch", "-q", branch]);
        assert_eq!(fields(&sandbox.ingest(&[]), ["parsed", "changed", "renamed"]), [0, 1, 1]);
        sandbox.assert_verified();
    }
    let shown = sandbox.query("SELECT branch, is_dirty, files FROM core.snapshots WHERE is_current");
    assert_eq!(shown, ["main,false,2"]);
    assert_eq!(sandbox.query("SELECT count(*) FROM core.snapshots"), ["2"]);
    sandbox.write("a.py", "x = 3\n");
    sandbox.ingest(&[]);
    assert_eq!(sandbox.query("SELECT is_dirty FROM core.snapshots WHERE is_current"), ["true"]);
}

#[test]
fn a_commit_of_what_is_there_parses_nothing() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n");
    sandbox.git(&["init", "-q"]);
    assert_eq!(fields(&sandbox.ingest(&[]), ["parsed"]), [1]);
    assert_eq!(sandbox.query("SELECT commit FROM core.snapshots"), ["worktree"]);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "one"]);
    assert_eq!(fields(&sandbox.ingest(&[]), ["parsed", "added"]), [0, 0]);
    assert_eq!(sandbox.query("SELECT length(commit) FROM core.snapshots WHERE is_current"), ["40"]);
}

#[test]
fn ignore_files_and_environments_are_left_out_and_changes_of_rules_are_seen() {
    let sandbox = Sandbox::new(
        "#- a.py\n#- gen/b.py\n#- .venv/lib/c.py\n#- node_modules/d/e.py\n#- build/f.py\n#- deep/.gitignore\nh.py\n#- deep/h.py\n#- deep/i.py\n",
    );
    sandbox.ingest(&[]);
    assert_eq!(sandbox.query("SELECT rel_path FROM core.file_state ORDER BY ALL"), ["a.py", "deep/i.py", "gen/b.py"]);
    sandbox.write(".gitignore", "gen/\n");
    assert_eq!(fields(&sandbox.ingest(&[]), ["deleted"]), [1]);
    sandbox.assert_verified();
    fs::remove_file(sandbox.path("deep/.gitignore")).unwrap();
    assert_eq!(fields(&sandbox.ingest(&[]), ["added"]), [1]);
    sandbox.assert_verified();
}

#[test]
fn an_edit_that_keeps_size_and_times_is_seen() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n");
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let set_time = || fs::File::options().write(true).open(sandbox.path("a.py")).unwrap().set_modified(time).unwrap();
    set_time();
    sandbox.ingest(&[]);
    sandbox.write("a.py", "x = 2\n");
    set_time();
    assert_eq!(fields(&sandbox.ingest(&[]), ["changed"]), [1]);
    sandbox.assert_verified();
}

#[test]
fn folders_that_swap_their_names_are_seen() {
    let sandbox = Sandbox::new("#- v1/a.py\nx = 1\n#- v2/a.py\nx = 2\n");
    std::thread::sleep(std::time::Duration::from_millis(60));
    sandbox.ingest(&[]);
    for (from, to) in [("v1", "t"), ("v2", "v1"), ("t", "v2")] {
        fs::rename(sandbox.path(from), sandbox.path(to)).unwrap();
    }
    assert_eq!(fields(&sandbox.ingest(&[]), ["changed", "parsed"]), [2, 0]);
    sandbox.assert_verified();
}

#[test]
fn a_label_is_verified_as_a_label_and_a_view_brings_its_facts() {
    let sandbox = Sandbox::new("#- a.py\ndef f(): pass\n");
    sandbox.ingest(&["--commit", "release-1", "--datasets", "goids"]);
    assert_eq!(sandbox.query("SELECT kind FROM core.goids ORDER BY kind"), ["function", "module"]);
    assert_eq!(sandbox.query("SELECT commit FROM core.snapshots"), ["release-1"]);
    sandbox.assert_verified();
}

#[test]
fn a_hook_of_another_repository_does_not_mislead() {
    let (other, sandbox) = (Sandbox::new("#- a.py\n"), Sandbox::new("#- b.py\n"));
    for repository in [&other, &sandbox] {
        repository.git(&["init", "-q"]);
        repository.git(&["add", "-A"]);
    }
    other.git(&["commit", "-qm", "other"]);
    let status =
        sandbox.command(&["ingest", "-q", "--repo", "o/r"]).env("GIT_DIR", other.path(".git")).status().unwrap();
    assert!(status.success());
    assert_eq!(sandbox.query("SELECT commit FROM core.snapshots"), ["worktree"]);
}

#[test]
fn odd_files_are_problems_and_the_rest_is_ingested() {
    let sandbox = Sandbox::new("#- ok.py\nx = 1\n#- broken.py\ndef f(:\n  pass\n");
    sandbox.write("latin.py", b"# coding: latin-1\ns = '\xe9'\n");
    sandbox.write("binary.py", b"\xff\xfe\x00\x01");
    sandbox.write("nul.py", b"x = '\0'\n");
    std::os::unix::fs::symlink("/nowhere", sandbox.path("gone.py")).unwrap();
    let summary = sandbox.ingest(&[]);
    assert_eq!(fields(&summary, ["files"]), [5]);
    let problems = sandbox.query("SELECT DISTINCT rel_path, stage FROM core.problems ORDER BY ALL");
    assert_eq!(problems, ["binary.py,decode", "broken.py,parse", "gone.py,scan", "nul.py,parse"]);
    sandbox.assert_verified();
}

#[test]
fn deep_nesting_is_no_problem() {
    let sandbox = Sandbox::new("");
    sandbox.write("parens.py", "(".repeat(10_000) + "1" + &")".repeat(10_000) + "\n");
    sandbox.write("sum.py", format!("x = 0{}\n", " + 1".repeat(100_000)));
    let ifs: String = (0..1000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    sandbox.write("ifs.py", ifs + &" ".repeat(1000) + "pass\n");
    assert_eq!(fields(&sandbox.ingest(&[]), ["parsed", "problems"]), [3, 1]);
    let problem = sandbox.query("SELECT rel_path || ' ' || stage FROM core.problems");
    assert_eq!(problem, ["ifs.py index"], "no types are inferred so deep down");
    let depths = sandbox.query("SELECT max_depth FROM core.ast_metrics ORDER BY rel_path");
    // Module, 1000 Ifs, the innermost condition, its context. Parentheses are no nodes: Module, Expr, Constant. Module,
    // Assign, 100,000 BinOps that nest to the left, the first Constant.
    assert_eq!(depths, ["1003", "3", "100003"]);
    assert_eq!(sandbox.query("SELECT count(*) FROM core.ast_nodes WHERE rel_path = 'sum.py'"), ["200004"]);
}

#[test]
fn two_repositories_share_a_file_without_sharing_rows() {
    let (one, two) = (Sandbox::new("#- a.py\nx = 1\n"), Sandbox::new("#- b.py\nx = 1\n"));
    let db = one.path("shared.duckdb").to_string_lossy().into_owned();
    one.ok(&["ingest", "-q", "--db", &db, "--repo", "one"]);
    two.ok(&["ingest", "-q", "--db", &db, "--repo", "two"]);
    let sql = "SELECT repo, rel_path FROM core.file_state ORDER BY ALL";
    assert_eq!(one.ok(&["query", sql, "--db", &db, "--format", "csv"]), "repo,rel_path\none,a.py\ntwo,b.py\n");
    assert!(!two.path(".codeintel").exists());
}
