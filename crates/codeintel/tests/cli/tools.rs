//! Type checkers and linters as they are: pyright, pyrefly and ruff from PyPI, in the environment that `cargo xtask setup` makes. Without it
//! these tests say that they are skipped.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::oracle::{compared, python};
use crate::scip::package;
use crate::{Sandbox, fields};

const ALL: [&str; 2] = ["--tools", "pyright,pyrefly,ruff"];

/// The tools in the environment of the oracles.
fn with_tools(sandbox: &Sandbox, more: &str) -> bool {
    let Some(python) = python() else { return false };
    sandbox.write("codeintel.toml", format!("python = '{}'\n{more}", python.display()));
    sandbox.trust();
    true
}

/// How many files each tool was asked to look at: pyrefly, pyright, ruff.
fn asked(summary: &serde_json::Value) -> Vec<u64> {
    let tools = summary["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["asked"].as_u64().unwrap()).collect()
}

fn assert_equals_the_tools_own_output(name: &str, edited: &str) {
    let Some(python) = python() else { return };
    let Some(sandbox) = package(&python, name) else { return };
    assert!(with_tools(&sandbox, ""));
    let files = fields(&sandbox.ingest(&ALL), ["files"])[0];
    compared(&python, "diagnostics.py", &sandbox);
    compared(&python, "coverage.py", &sandbox);
    compared(&python, "references.py", &sandbox);
    assert_eq!(asked(&sandbox.ingest(&ALL)), [0, 0, 0]);
    let text = fs::read_to_string(sandbox.path(edited)).unwrap();
    sandbox.write(edited, format!("import os, sys\né = '😀'; undefined_name, oś\n{text}def f() -> int: return ''\n"));
    assert_eq!(asked(&sandbox.ingest(&ALL)), [files, files, 1]);
    compared(&python, "diagnostics.py", &sandbox);
    sandbox.assert_verified();
}

#[test]
fn soak_findings_on_requests_are_those_of_the_tools() {
    assert_equals_the_tools_own_output("requests==2.32.3", "src/requests/api.py");
}

#[test]
fn findings_on_flask_are_those_of_the_tools() {
    assert_equals_the_tools_own_output("flask==3.1.0", "src/flask/views.py");
}

#[test]
fn configurations_are_obeyed_and_nothing_is_written() {
    let bad = "import os\nx: int = ''\nundefined\n";
    let sandbox = Sandbox::new("");
    if !with_tools(&sandbox, "") {
        return;
    }
    for path in ["a.py", "sub/b.py", "left/c.py", ".venv/lib/python3.13/site-packages/d.py", "bom.py"] {
        sandbox.write(path, bad);
    }
    sandbox.write("bom.py", format!("\u{feff}é = '😀'; undefined\r{bad}"));
    sandbox.write(".venv/pyvenv.cfg", "home = /usr\n");
    let pyproject = "[tool.pyright]\nexclude = ['left', '.venv']\n\
                     [tool.pyrefly]\nproject-excludes = ['left/**']\n";
    sandbox.write("pyproject.toml", pyproject);
    sandbox.write("ruff.toml", "fix = true\nfix-only = true\nextend = 'base.toml'\nextend-exclude = ['left']\n");
    sandbox.write("base.toml", "[lint]\nselect = ['F401']\n");
    sandbox.ingest(&ALL);
    let Some(python) = python() else { return };
    compared(&python, "diagnostics.py", &sandbox);
    let errors = || {
        sandbox.query(
            "SELECT rel_path, coalesce(pyrefly_errors::VARCHAR, '-'), coalesce(pyright_errors::VARCHAR, '-'), \
             coalesce(ruff_errors::VARCHAR, '-'), coalesce(total_errors::VARCHAR, '-') \
             FROM analytics.static_diagnostics WHERE rel_path <> 'bom.py' ORDER BY rel_path",
        )
    };
    // Pyright and pyrefly find the same two defects, of which `os` is none for them.
    assert_eq!(errors(), ["a.py,2,2,1,3", "left/c.py,-,-,-,-", "sub/b.py,2,2,1,3"]);
    assert_eq!(fs::read_to_string(sandbox.path("a.py")).unwrap(), bad, "`fix` fixes nothing");
    for cache in [".ruff_cache", ".pyrefly", "sub/.ruff_cache"] {
        assert!(!sandbox.path(cache).exists(), "{cache}");
    }
    sandbox.write("base.toml", "[lint]\nselect = ['F401', 'F821']\n");
    assert_eq!(asked(&sandbox.ingest(&ALL)), [0, 0, 4], "a configuration that another one extends");
    sandbox.write("sub/ruff.toml", "[lint]\nselect = []\n");
    assert_eq!(asked(&sandbox.ingest(&ALL)), [0, 0, 4], "a configuration in a folder");
    assert_eq!(errors(), ["a.py,2,2,2,3", "left/c.py,-,-,-,-", "sub/b.py,2,2,0,2"]);
    sandbox
        .write("pyproject.toml", pyproject.replace("exclude = ['left', '.venv']", "reportUndefinedVariable = false"));
    assert_eq!(asked(&sandbox.ingest(&ALL)), [4, 4, 4]);
    assert_eq!(errors(), ["a.py,2,1,2,3", "left/c.py,-,1,-,1", "sub/b.py,2,1,0,2"]);
    compared(&python, "diagnostics.py", &sandbox);
    sandbox.assert_verified();
}

#[test]
fn what_a_tool_reads_besides_the_scanned_files_is_seen() {
    let sandbox = Sandbox::new("#- .gitignore\ngenerated.py\n#- a.py\nfrom generated import x\nfrom b import y\n");
    if !with_tools(&sandbox, "[tools]\nenabled = ['pyright']\n") {
        return;
    }
    sandbox.git(&["init", "-q"]);
    let errors = || sandbox.query("SELECT pyright_errors FROM analytics.static_diagnostics WHERE rel_path = 'a.py'");
    sandbox.ingest(&[]);
    assert_eq!(errors(), ["2"]);
    sandbox.write("generated.py", "x = 1\n");
    assert_eq!(asked(&sandbox.ingest(&[])), [1], "a module that git ignores");
    assert_eq!(errors(), ["1"]);
    sandbox.write("b.py", "y = 1\n");
    sandbox.write("a.py", "from generated import x\nfrom b import y\n\n");
    assert_eq!(asked(&sandbox.ingest(&["--changed", "a.py"])), [2], "the project is looked at as a whole");
    assert_eq!(errors(), ["0"]);
    fs::remove_file(sandbox.path("b.py")).unwrap();
    sandbox.ingest(&[]);
    assert_eq!(errors(), ["1"]);
    sandbox.assert_verified();
}

/// Says that ruff looks at one file.
const LISTS_A: &str = "case $2 in --show-files) echo $PWD/a.py; exit;; esac";

/// A script in place of ruff.
fn install(sandbox: &Sandbox, version: &str, script: &str) {
    sandbox.trust();
    let program = sandbox.path("ruff");
    fs::write(&program, format!("#!/bin/sh\ncase $1 in --version) echo ruff {version}; exit;; esac\n{script}\n"))
        .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Programs in place of a tool: what they do, and what is said of it.
#[test]
fn a_tool_that_fails_is_null_and_a_problem() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n#- codeintel.toml\n[tools]\ntimeout = 1\nruff = './ruff'\n");
    let check = |script: &str, expected: &str| {
        install(&sandbox, "1.2.3", script);
        let summary = sandbox.ingest(&["--tools", "ruff"]);
        assert!(summary["tools"][0]["failure"].as_str().is_some_and(|why| why.contains(expected)), "{summary}");
        let problems = sandbox.query("SELECT stage, dataset, message FROM core.problems");
        assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        let errors =
            "SELECT ruff_errors IS NULL, total_errors IS NULL, has_errors IS NULL FROM analytics.static_diagnostics";
        assert_eq!(sandbox.query(errors), ["true,true,true"]);
        assert_eq!(sandbox.query("SELECT count(*) FROM analytics.diagnostics"), ["0"]);
    };
    check("echo broken >&2; exit 2", "it exited with code 2: broken");
    check("kill -9 $$", "it was killed by a signal");
    check("sleep 60", "took longer than 1 s");
    check(&format!("{LISTS_A}\necho no json"), "cannot be read");
    check(&format!("{LISTS_A}\necho '[{{\"filename\": 1}}]'"), "cannot be read");
    sandbox.write("codeintel.toml", "[tools]\nruff = './nowhere'\n");
    let summary = sandbox.ingest(&["--tools", "ruff"]);
    assert!(summary["tools"][0]["failure"].as_str().is_some_and(|why| why.contains("was not found")), "{summary}");
    sandbox.ingest(&[]);
    assert_eq!(sandbox.query("SELECT count(*) FROM core.problems"), ["0"], "who does not ask is not told");
    sandbox.assert_verified();
}

#[test]
fn another_version_of_a_tool_is_run_again() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n#- codeintel.toml\n[tools]\nenabled = ['ruff']\nruff = './ruff'\n");
    let install_finder = |version: &str, code: &str| {
        let finding = format!(
            r#"[{{"filename": "'$PWD'/a.py", "code": "{code}", "message": "m", "location": {{"row": 1, "column": 1}}, "end_location": {{"row": 1, "column": 2}}}}]"#
        );
        install(&sandbox, version, &format!("{LISTS_A}\necho '{finding}'\nexit 1"));
    };
    let found = || {
        sandbox.query("SELECT tool_version, code, severity, start_line, start_col, end_col FROM analytics.diagnostics")
    };
    install_finder("1.0", "X1");
    assert_eq!(asked(&sandbox.ingest(&[])), [1]);
    assert_eq!(found(), ["1.0,X1,error,1,0,1"]);
    install_finder("1.1", "X22");
    assert_eq!(asked(&sandbox.ingest(&[])), [1]);
    assert_eq!(found(), ["1.1,X22,error,1,0,1"]);
    assert!(sandbox.ok(&["explain", "a.py", "--repo", "o/r"]).contains("ruff      1 finding"));
    install_finder("1.1", "X333");
    assert_eq!(asked(&sandbox.ingest(&[])), [0], "the same version, installed anew");
}
