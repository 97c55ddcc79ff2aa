//! Every command, its answer and its exit code.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::{Sandbox, fields, stderr};

const SMALL: &str = "#- pkg/__init__.py\n#- pkg/a.py\n\"\"\"Module.\"\"\"\ndef f(x):\n    return x if x else 1\n";

#[test]
fn ingest_writes_into_its_own_folder_only_and_queries_answer() {
    let sandbox = Sandbox::new(SMALL);
    let summary = sandbox.ingest(&[]);
    assert_eq!(fields(&summary, ["files", "hashed", "added", "parsed", "problems"]), [2, 2, 2, 2, 0]);
    let mut entries: Vec<_> =
        fs::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    entries.sort();
    assert_eq!(entries, [".codeintel", "pkg"]);
    let goids = sandbox.query("SELECT urn FROM core.goids ORDER BY urn");
    assert_eq!(
        goids,
        [
            "goid:o/r/pkg/__init__.py#python:module:pkg?s=1",
            "goid:o/r/pkg/a.py#python:function:pkg.a.f?s=2&e=3",
            "goid:o/r/pkg/a.py#python:module:pkg.a?s=1"
        ]
    );
    let recomputed = "SELECT count(*) FROM core.goids WHERE goid_h128 = \
                      md5_number(concat_ws(':', repo, language, rel_path, kind, qualname, ordinal))";
    assert_eq!(sandbox.query(recomputed), ["3"]);
    sandbox.assert_verified();
    sandbox.git(&["init", "-q"]);
    sandbox.git(&["check-ignore", "-q", ".codeintel/codeintel.duckdb"]);
}

#[test]
fn every_format_prints_the_same_rows() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    let sql = "SELECT module, is_package FROM core.modules ORDER BY module";
    assert_eq!(sandbox.ok(&["query", sql, "--format", "csv"]), "module,is_package\npkg,true\npkg.a,false\n");
    let jsonl = "{\"module\":\"pkg\",\"is_package\":true}\n{\"module\":\"pkg.a\",\"is_package\":false}\n";
    assert_eq!(sandbox.ok(&["query", sql, "--format", "jsonl"]), jsonl);
    let json: serde_json::Value = serde_json::from_str(&sandbox.ok(&["query", sql, "--format", "json"])).unwrap();
    assert_eq!(json[1]["module"], "pkg.a");
    assert!(sandbox.ok(&["query", sql]).contains("pkg.a"));
    assert_eq!(sandbox.ok(&["query", sql, "--format", "csv", "--limit", "1"]), "module,is_package\npkg,true\n");
}

#[test]
fn a_query_cannot_change_the_database() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    let (code, said) = sandbox.fails(&["query", "DELETE FROM store.files"]);
    assert!(code == 2 && said.contains("only reads"), "{said}");
    let (code, said) = sandbox.fails(&["query", "SELECT nothing FROM core.modules"]);
    assert!(code == 2 && said.contains("nothing") && said.contains("hint:"), "{said}");
    assert_eq!(sandbox.query("SELECT count(*) FROM core.modules"), ["2"]);
}

#[test]
fn status_says_what_would_be_done_and_does_nothing() {
    let sandbox = Sandbox::new(SMALL);
    assert!(sandbox.ok(&["status"]).contains("added  pkg/a.py"));
    assert!(!sandbox.path(".codeintel").exists());
    let (code, said) = sandbox.fails(&["query", "SELECT 1"]);
    assert!(code == 2 && said.contains("codeintel ingest"), "{said}");
    sandbox.ingest(&[]);
    assert!(sandbox.ok(&["status", "--repo", "o/r"]).starts_with("up to date: 2 files"));
    sandbox.write("CODEOWNERS", "* @me\n");
    assert!(sandbox.ok(&["status", "--repo", "o/r"]).contains("module names, tags or owners of 2 files"));
    sandbox.write("pkg/a.py", "x = 1\n");
    sandbox.write("pkg/b.py", "y = 1\n");
    for _ in 0..2 {
        let status = sandbox.ok(&["status", "--repo", "o/r"]);
        for line in ["changed  pkg/a.py", "added  pkg/b.py", "core.ast_nodes: 2 file contents to extract"] {
            assert!(status.contains(line), "{line} in {status}");
        }
    }
}

#[test]
fn explain_tells_all_of_one_file() {
    let sandbox = Sandbox::new("#- a.py\nx = (\n#- b.py\nx = (\n");
    sandbox.ingest(&[]);
    let told = sandbox.ok(&["explain", "a.py", "--repo", "o/r"]);
    for part in ["module    a", "same as   b.py", "core.ast_nodes", "problem", "error at line"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let output = sandbox.run(&["explain", "c.py", "--repo", "o/r"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn verify_finds_what_differs() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    sandbox.assert_verified();
    sandbox.write("pkg/a.py", "x = 1\n");
    let output = sandbox.run(&["verify", "--repo", "o/r"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("core.ast_nodes") && said.contains("missing from the database"), "{said}");
    let left = fs::read_dir(sandbox.path(".codeintel")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains("verify")), "the fresh build is gone: {left:?}");
}

#[test]
fn gc_shrinks_and_keeps_the_truth() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    sandbox.write("pkg/a.py", "x = 1\n");
    sandbox.ingest(&[]);
    assert!(sandbox.ok(&["gc"]).contains("removed the facts of 1 file content"));
    sandbox.assert_verified();
}

#[test]
fn datasets_config_and_completions_answer() {
    let sandbox = Sandbox::new("#- codeintel.toml\njobs = 3\n");
    assert!(sandbox.ok(&["datasets"]).contains("core.ast_metrics"));
    assert!(sandbox.ok(&["datasets", "goids"]).contains("goid_h128"));
    let (code, said) = sandbox.fails(&["datasets", "godis"]);
    assert!(code == 2 && said.contains("did you mean `goids`?"), "{said}");
    let config: serde_json::Value = serde_json::from_str(&sandbox.ok(&["config", "--format", "json"])).unwrap();
    assert_eq!((&config["jobs"]["value"], &config["jobs"]["source"]), (&3.into(), &"codeintel.toml".into()));
    let schema: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["config", "--schema", "codeintel.toml"])).unwrap();
    assert_eq!(schema["properties"]["jobs"]["type"], "integer");
    assert!(sandbox.ok(&["completions", "bash"]).contains("codeintel"));
}

#[test]
fn wrong_settings_and_paths_are_refused_with_a_reason() {
    let sandbox = Sandbox::new("#- codeintel.toml\nkeep_snapshot = 3\n");
    let (code, said) = sandbox.fails(&["ingest"]);
    let message = "error: codeintel.toml:1:1: there is no setting `keep_snapshot`; did you mean `keep_snapshots`?";
    assert!(code == 2 && said.starts_with(message), "{said}");
    sandbox.write("codeintel.toml", "");
    let output = sandbox.command(&["ingest"]).env("CODEINTEL_JOBS", "many").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (code, said) = sandbox.fails(&["ingest", "nowhere"]);
    assert!(code == 2 && said.contains("nowhere"), "{said}");
    sandbox.write("a.py", "");
    sandbox.write("notes.txt", "");
    sandbox.ingest(&[]);
    for (path, part) in [
        ("../x.py", "not inside"),
        ("/etc/passwd", "not inside"),
        ("notes.txt", "not scanned"),
        ("b.py", "does not exist"),
    ] {
        let (code, said) = sandbox.fails(&["ingest", "--repo", "o/r", "--changed", path]);
        assert!(code == 2 && said.contains(part), "{path}: {said}");
    }
    // A repository that was named behind the paths is one of them.
    sandbox.write("repo/c.py", "");
    let (code, said) = sandbox.fails(&["ingest", "--repo", "o/r", "--changed", "c.py", "repo"]);
    let root = sandbox.root().canonicalize().unwrap();
    let message = format!("error: --changed in {}: `c.py` does not exist and is not in the database", root.display());
    assert!(code == 2 && said.contains(&message), "{said}");
    assert!(said.contains("hint: all paths after `--changed` belong to it"), "{said}");
    let (_, said) = sandbox.fails(&["ingest", "--repo", "o/r", "--changed", "a.py", "/etc"]);
    assert!(said.contains("--changed (put the repository before it)"), "{said}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.ingest(&[]);
    let mut child = sandbox
        .command(&["query", "SELECT * FROM range(200000)", "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// `tests/corpus/databases` has databases as earlier versions of codeintel have made them of these two files.
#[test]
fn a_database_of_an_earlier_version_answers_until_it_is_rebuilt_and_nothing_is_left_of_it() {
    let sandbox = Sandbox::new("#- a.py\nimport b\ndef f(): return b.g()\n#- b.py\ndef g() -> int:\n    return 1\n");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/databases");
    let mut count = 0;
    for packed in fs::read_dir(corpus).unwrap() {
        count += 1;
        let packed = fs::File::open(packed.unwrap().path()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.duckdb");
        std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut fs::File::create(&path).unwrap()).unwrap();
        let db = path.to_str().unwrap();
        let query = |sql: &str| {
            let output = sandbox.run(&["query", "--db", db, "--format", "csv", sql]);
            (String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output))
        };
        let (rows, said) = query("SELECT rel_path FROM core.file_state ORDER BY ALL");
        assert_eq!(rows, "rel_path\na.py\nb.py\n");
        assert!(
            said.contains("earlier version of codeintel (schema ") && said.contains("`codeintel ingest` rebuilds it"),
            "{said}"
        );
        let (code, said) = sandbox.fails(&["verify", "--db", db, "--repo", "o/r"]);
        assert_eq!(code, 2);
        assert!(said.contains("written by an earlier version of codeintel"), "{said}");
        let output = sandbox.run(&["ingest", "--db", db, "--repo", "o/r"]);
        let said = stderr(&output);
        assert!(output.status.success() && said.contains("rebuilding for version "), "{said}");
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let is_of_the_database =
            |name: &&std::ffi::OsString| ["old.duckdb", "old.scip"].map(Into::into).contains(*name);
        assert!(names.iter().all(|name| is_of_the_database(&name)), "{names:?}");
        let (rows, said) = query("SELECT dst_path FROM graph.import_graph_edges");
        assert_eq!((rows.as_str(), said.as_str()), ("dst_path\nb.py\n", ""));
        sandbox.ok(&["verify", "--db", db, "--repo", "o/r"]);
    }
    assert!(count > 0);
}
