//! Independent answers: CPython's own tree, LibCST's own tree, and DuckDB's own Python package. `cargo xtask setup` installs both; without
//! them these tests say that they are skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Sandbox, stderr};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn python() -> Option<PathBuf> {
    let python = workspace().join(".venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    eprintln!("skipped: there is no .venv; `cargo xtask setup` makes it");
    None
}

/// The committed odd sources of one folder, and what git would rewrite or refuse to store as text.
fn odd_sources(folder: &str) -> Sandbox {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let sandbox = Sandbox::new("");
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), sandbox.root().join(entry.file_name())).unwrap();
        }
    }
    sandbox.write(
        "crlf.py",
        "@d\r\nclass A:\r\n    '''one\r\n    two'''\r\n    def f(self):\r\n        return f'{self!r:>10}'\r\n",
    );
    sandbox
        .write("crlf_layout.py", "x = (\r\n  a\r\n  # c\r\n , b)\r\nif a: \\\r\n  b\r\nelse:\r\n    '''\r\n''' ;\r\n");
    sandbox.write("cr.py", "x = 1\rif x:\r    y = 2\r");
    sandbox.write("bom.py", "\u{feff}# coding: utf-8\nx = 'é'\n");
    sandbox.write("latin.py", b"# -*- coding: latin-1 -*-\nx = '\xe9' + y\n");
    sandbox.write("cp1251.py", b"#!/usr/bin/python\n# vim: set fileencoding=cp1251 :\n\xe6 = '\xe6'\n");
    sandbox.write("form_feed.py", "x = 1\n\u{c}\ndef f():\n\u{c}    return 2\n");
    sandbox.write("nul.py", "x = '\0'\n");
    sandbox.write("keyword.py", "f((a)=1)\n");
    sandbox.write("utf16.py", b"\xff\xfex\0");
    sandbox.write("empty.py", "");
    sandbox.write("blank.py", "\n\n");
    sandbox.write("comment.py", "# no line break at the end");
    sandbox.write("tabs.py", "if a:\n\tif b:\n\t\tc\t;\td\n");
    sandbox.write("astral.py", "x = '😀'; y = 'é' + z\n'''😀\né''' + é\n变 = f'😀{é}😀' . é\n");
    // Previews are cut behind 200 characters, of one to four bytes, and begin anywhere in a piece of text.
    let long: String = (0..400).map(|i| format!("x{i} = '{}'\n", "aé变😀".repeat(i % 60))).collect();
    sandbox.write("long.py", long);
    // Chains of parents that are long, and that have long runs at both ends and in between.
    let strings = |count: usize| "'a' ".repeat(count);
    let deep = format!(
        "x = {}\ny = f({}, [g, {}[z]])\nv = {}w\nu = {}\n",
        strings(1500),
        strings(8),
        "a + ".repeat(9),
        "[(".repeat(20) + &strings(40) + &")]".repeat(20) + " + ",
        "f".to_owned() + &".g()".repeat(505),
    );
    sandbox.write("deep.py", deep);
    sandbox.ingest(&[]);
    sandbox
}

/// Run a script that compares a sandbox's database with other answers, and give what it says.
pub(crate) fn compared(python: &Path, script: &str, sandbox: &Sandbox) -> String {
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let script = workspace().join("xtask/oracle").join(script);
    let output = Command::new(python).arg(script).arg(sandbox.root()).arg(database).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", stderr(&output));
    assert!(said.contains(": 0 differences"), "{said}");
    said
}

#[test]
fn odd_sources_have_the_tree_of_cpython() {
    let Some(python) = python() else { return };
    compared(&python, "tables.py", &odd_sources(""));
}

#[test]
fn odd_sources_have_the_tree_of_libcst() {
    let Some(python) = python() else { return };
    let check = |folder: &str, refused: &[&str]| {
        let said = compared(&python, "cst.py", &odd_sources(folder));
        let left_out: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("not compared: ")).collect();
        let left_out: Vec<&str> = left_out.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(left_out, refused, "{said}");
    };
    check("", &["broken.py", "cr.py", "keyword.py", "refused_by_libcst.py", "utf16.py"]);
    check("python314", &["cr.py", "keyword.py", "refused_by_libcst.py", "utf16.py"]);
}

#[test]
fn functions_have_the_annotations_that_cpython_sees() {
    let Some(python) = python() else { return };
    compared(&python, "annotations.py", &odd_sources(""));
    for package in ["docstring_parser", "libcst", "radon"] {
        let sandbox = Sandbox::new("");
        copy_sources(&installed(&python).join(package), &sandbox.path(package));
        sandbox.ingest(&["--datasets", "function_types,type_escapes"]);
        compared(&python, "annotations.py", &sandbox);
    }
}

#[test]
fn imports_are_those_of_cpython_and_their_graph_is_that_of_grimp() {
    let Some(python) = python() else { return };
    compared(&python, "imports.py", &odd_sources(""));
    // Imports of every form, in a package, between packages, and of what is not there.
    let sandbox = Sandbox::new(
        "#- pk/__init__.py\nfrom . import a\nfrom . import nothing\nimport pk.missing\nimport pk.a.b.c\nimport os.path\n\
         #- pk/a.py\nfrom typing import TYPE_CHECKING\nimport pk.sub.m as q\nfrom pk.sub import *\nfrom .sub import m, zz\n\
         if TYPE_CHECKING:\n    from .b import x\nelif q:\n    import other\ndef f():\n    import pk.b; import pk\n\
         from .nope import y\nfrom .. import toofar\n\
         #- pk/b.py\nfrom pk import a\nfrom pk.a import (\n  f,\n  g as h)\nfrom pk.b import me\nimport foo.bar\nfrom foo import qux\n\
         #- pk/sub/__init__.py\n#- pk/sub/m.py\nfrom ..sub.m import x\nfrom ...a import z\nfrom other import *\n\
         #- other/__init__.py\nwith open(x) as y:\n  import other.deep\n#- other/deep.py\ntry:\n  import pk.b\nexcept: pass\n\
         #- src/third/__init__.py\nimport third.t, pk\n#- src/third/t.py\nclass C:\n  from . import u\n#- src/third/u.py\n\
         #- script.py\nimport third\n",
    );
    sandbox.ingest(&["--datasets", "imports,import_graph_edges"]);
    compared(&python, "imports.py", &sandbox);
    for package in ["grimp", "libcst", "networkx", "radon", "pip"] {
        let sandbox = Sandbox::new("");
        copy_sources(&installed(&python).join(package), &sandbox.path(package));
        sandbox.ingest(&["--datasets", "imports,import_graph_edges"]);
        compared(&python, "imports.py", &sandbox);
    }
}

/// Where the packages of a Python are.
fn installed(python: &Path) -> PathBuf {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new(python).args(["-c", script]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Copy a folder's Python sources, and those of the folders below it.
fn copy_sources(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy_sources(&from, &to);
        } else if from.extension().is_some_and(|extension| extension == "py") {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

/// A join whose conditions are not all equal keys compares each row with each: it costs what the repository costs squared.
#[test]
fn the_python_package_of_duckdb_reads_every_view_and_no_join_is_quadratic() {
    let Some(python) = python() else { return };
    let sandbox = Sandbox::new(
        "#- a.py\n'''Doc.'''\nimport b\ndef f(): pass  # type: ignore\nclass C: pass\nclass D(C): missing\n#- tags_index.yaml\n- tag: t\n  includes: ['*.py']\n#- b.py\nx = (\n",
    );
    sandbox.write("codeintel.toml", format!("python = '{}'\n", python.display()));
    sandbox.trust();
    sandbox.ingest(&["--tools", "ruff"]);
    let datasets = sandbox.ok(&["datasets", "--format", "json"]);
    let datasets: serde_json::Value = serde_json::from_str(&datasets).unwrap();
    let script = "import duckdb, sys\n\
                  c = duckdb.connect(sys.argv[1], read_only=True)\n\
                  views = c.execute(\"SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal\").fetchall()\n\
                  assert len(views) == 2 * int(sys.argv[2]), views\n\
                  for (view,) in views:\n    assert c.execute(f'SELECT * FROM {view}').fetchall(), view\n\
                  \x20   plan = c.execute(f'EXPLAIN SELECT * FROM {view}').fetchone()[1]\n\
                  \x20   assert 'BLOCKWISE_NL_JOIN' not in plan and 'CROSS_PRODUCT' not in plan, plan\n\
                  print(c.execute('SELECT goid_h128 FROM core.goids').fetchone())";
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let output = Command::new(python)
        .args(["-c", script])
        .arg(database)
        .arg(datasets.as_array().unwrap().len().to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
