//! Independent answers: CPython's own tree, and DuckDB's own Python package. `cargo xtask setup` installs both; without
//! them these tests say that they are skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Sandbox, stderr};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> Option<PathBuf> {
    let python = workspace().join(".venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    eprintln!("skipped: there is no .venv; `cargo xtask setup` makes it");
    None
}

#[test]
fn odd_sources_have_the_tree_of_cpython() {
    let Some(python) = python() else { return };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let sandbox = Sandbox::new("");
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), sandbox.root().join(entry.file_name())).unwrap();
    }
    // What git would rewrite or refuse to store as text.
    sandbox.write(
        "crlf.py",
        "@d\r\nclass A:\r\n    '''one\r\n    two'''\r\n    def f(self):\r\n        return f'{self!r:>10}'\r\n",
    );
    sandbox.write("cr.py", "x = 1\rif x:\r    y = 2\r");
    sandbox.write("bom.py", "\u{feff}# coding: utf-8\nx = 'é'\n");
    sandbox.write("latin.py", b"# -*- coding: latin-1 -*-\nx = '\xe9' + y\n");
    sandbox.write("cp1251.py", b"#!/usr/bin/python\n# vim: set fileencoding=cp1251 :\n\xe6 = '\xe6'\n");
    sandbox.write("form_feed.py", "x = 1\n\u{c}\ndef f():\n\u{c}    return 2\n");
    sandbox.write("nul.py", "x = '\0'\n");
    sandbox.write("utf16.py", b"\xff\xfex\0");
    sandbox.write("empty.py", "");
    sandbox.ingest(&[]);
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let script = workspace().join("xtask/oracle/tables.py");
    let output = Command::new(python).arg(script).arg(sandbox.root()).arg(database).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", stderr(&output));
    assert!(said.contains(": 0 differences"), "{said}");
}

#[test]
fn the_python_package_of_duckdb_reads_every_view() {
    let Some(python) = python() else { return };
    let sandbox = Sandbox::new(
        "#- a.py\n'''Doc.'''\ndef f(): pass\n#- tags_index.yaml\n- tag: t\n  includes: ['*.py']\n#- b.py\nx = (\n",
    );
    sandbox.ingest(&[]);
    let script = "import duckdb, sys\n\
                  c = duckdb.connect(sys.argv[1], read_only=True)\n\
                  views = c.execute(\"SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal\").fetchall()\n\
                  assert len(views) == 18, views\n\
                  for (view,) in views:\n    assert c.execute(f'SELECT * FROM {view}').fetchall(), view\n\
                  print(c.execute('SELECT goid_h128 FROM core.goids').fetchone())";
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let output = Command::new(python).args(["-c", script]).arg(database).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
