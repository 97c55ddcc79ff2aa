//! SCIP documents: imported and exported, made by a scripted program, and made by the real scip-python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use codeintel_base::Column;
use codeintel_scip::{Document, Header, IndexWriter, Occurrence, Range, Relationship, Role, Symbol};
use serde_json::Value;

use crate::oracle::{python, workspace};
use crate::{Sandbox, stderr};

const SOURCES: &str =
    "#- pkg/__init__.py\n#- pkg/a.py\nclass A:\n    def f(self): pass\n#- pkg/b.py\nfrom pkg.a import A\nA().f()\n";

/// An index with a document for each of some files: the first name of each line is an occurrence.
fn index(project_root: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let header = Header {
        project_root: project_root.to_owned(),
        producer: "fake-scip".to_owned(),
        producer_version: "1.0".to_owned(),
    };
    let mut writer = IndexWriter::new(Vec::new(), &header).unwrap();
    let external = "scip-python python std 3 builtins/int#".to_owned();
    for (path, text) in files {
        let symbol = format!("scip-python python pkg 0 `{path}`/__init__:");
        let occurrence = |(line, text): (usize, &str)| {
            let length = text.chars().take_while(|char| char.is_alphanumeric()).count() as u32;
            let (line, roles) = (line as u32, if line == 0 { Role::Definition } else { Role::Read } as u32);
            let enclosing = (line == 0).then_some(Range { start_line: 0, start_col: 0, end_line: 0, end_col: length });
            let symbol = if line == 1 { external.clone() } else { symbol.clone() };
            let range = Range { start_line: line, start_col: 0, end_line: line, end_col: length };
            Occurrence { range, symbol, roles, enclosing }
        };
        let document = Document {
            relative_path: (*path).to_owned(),
            encoding: Some(Column::Utf8),
            occurrences: text.lines().enumerate().map(occurrence).collect(),
            symbols: vec![Symbol {
                symbol,
                kind: Some("Module".to_owned()),
                display_name: (*path).to_owned(),
                documentation: vec!["A \"module\".".to_owned()],
                relationships: vec![Relationship {
                    symbol: external.clone(),
                    is_reference: true,
                    ..Relationship::default()
                }],
                ..Symbol::default()
            }],
            ..Document::default()
        };
        writer.document(&document).unwrap();
    }
    writer.external(&Symbol { symbol: external, signature: "class int".to_owned(), ..Symbol::default() }).unwrap();
    writer.finish().unwrap()
}

const FILES: [(&str, &str); 2] =
    [("pkg/a.py", "class A:\n    def f(self): pass\n"), ("pkg/b.py", "from pkg.a import A\nA().f()\n")];

/// All rows of the tables of documents.
fn rows(sandbox: &Sandbox) -> Vec<String> {
    ["documents", "occurrences", "symbols", "relationships"]
        .iter()
        .flat_map(|table| sandbox.query(&format!("SELECT to_json(t) FROM scip.{table} t ORDER BY ALL")))
        .collect()
}

fn scip_of(summary: &Value, key: &str) -> String {
    match &summary["scip"][key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn an_index_is_imported_and_what_does_not_belong_is_refused() {
    let sandbox = Sandbox::new(SOURCES);
    let root = format!("file://{}/pkg", sandbox.root().canonicalize().unwrap().display());
    let files =
        [("a.py", FILES[0].1), ("./b.py", FILES[1].1), ("../../x.py", "x"), ("gone.py", "x\n"), ("a.py", "y\n")];
    sandbox.write("in.scip", index(&root, &files));
    let said = sandbox.ok(&["scip", "import", "in.scip", "--repo", "o/r"]);
    assert!(said.starts_with("2 documents imported"), "{said}");
    let documents = sandbox.query("SELECT rel_path, language, producer, is_stale FROM scip.documents ORDER BY ALL");
    assert_eq!(documents, ["pkg/a.py,python,fake-scip,false", "pkg/b.py,python,fake-scip,false"]);
    assert_eq!(
        sandbox.query(
            "SELECT start_byte, end_byte, is_definition FROM scip.occurrences WHERE rel_path = 'pkg/b.py' ORDER BY ALL"
        ),
        ["0,4,true", "20,21,false"]
    );
    let problems = sandbox.query("SELECT rel_path, dataset, stage, severity, message FROM core.problems ORDER BY ALL");
    let expected = [
        ("../../x.py", "the index has a document outside the repository: `../../x.py`"),
        ("pkg/a.py", "\"the index has a second document for this file, which is left out\""),
        ("pkg/gone.py", "the index has a document that belongs to no source file"),
    ];
    let expected = expected.map(|(path, message)| format!("{path},scip.documents,index,warning,{message}"));
    assert_eq!(problems, expected);
    // An edit makes it stale, in the files that look into the edited one, too.
    sandbox.write("pkg/a.py", "class B:\n    pass\n");
    let summary = sandbox.ingest(&["--scip-backend", "none"]);
    assert_eq!((scip_of(&summary, "stale"), scip_of(&summary, "status")), ("2".to_owned(), "partial".to_owned()));
    let reason = "no indexer is configured to rebuild outdated documents";
    assert_eq!(scip_of(&summary, "reason"), reason);
    let problems = sandbox.query("SELECT message FROM core.problems WHERE rel_path IS NULL");
    assert_eq!(problems, [format!("{reason}; 2 files without an up-to-date document")]);
    sandbox.write("pkg/a.py", FILES[0].1);
    assert_eq!(scip_of(&sandbox.ingest(&["--scip-backend", "none"]), "stale"), "0");
    fs::remove_file(sandbox.path("pkg/b.py")).unwrap();
    sandbox.ingest(&["--scip-backend", "none"]);
    assert_eq!(sandbox.query("SELECT rel_path FROM scip.documents"), ["pkg/a.py"]);
}

#[test]
fn an_index_of_another_checkout_is_placed_by_its_documents() {
    let sandbox = Sandbox::new(SOURCES);
    let check = |root: &str, paths: &[&str]| {
        let files: Vec<(&str, &str)> = paths.iter().copied().zip(FILES.map(|(_, text)| text)).collect();
        sandbox.write("in.scip", index(root, &files));
        sandbox.ok(&["scip", "import", "in.scip"]);
        let documents = sandbox.query("SELECT rel_path FROM scip.documents WHERE NOT is_stale ORDER BY ALL");
        assert_eq!(documents, ["pkg/a.py", "pkg/b.py"], "{paths:?} from {root}");
        assert_eq!(sandbox.query("SELECT count(*) FROM core.problems"), ["0"]);
        fs::remove_dir_all(sandbox.path(".codeintel")).unwrap();
    };
    check("file:///ci/build", &["pkg/a.py", "pkg/b.py"]);
    check("file:///ci/build/pkg", &["a.py", "b.py"]);
    check("file:///ci/build/pkg/a.py", &["", "../b.py"]);
    let here = sandbox.root().canonicalize().unwrap();
    check("file:///elsewhere", &[&format!("{}/pkg/a.py", here.display()), &format!("{}/pkg/b.py", here.display())]);
    check(&format!("file://localhost{}/pkg", here.display()), &["a.py", "b.py"]);
}

#[test]
fn what_an_imported_index_says_of_external_symbols_is_kept() {
    let sandbox = Sandbox::new("#- a.py\nint\nstr\n");
    let header = Header { producer: "scip-python".to_owned(), ..Header::default() };
    let [int, str] = ["int", "str"].map(|name| format!("scip-python python python-stdlib 3.11 builtins/{name}#"));
    let occurrence = |(line, symbol): (u32, &String)| Occurrence {
        range: Range { start_line: line, start_col: 0, end_line: line, end_col: 3 },
        symbol: symbol.clone(),
        ..Occurrence::default()
    };
    let document = Document {
        relative_path: "a.py".to_owned(),
        occurrences: (0..).zip([&int, &str]).map(occurrence).collect(),
        ..Document::default()
    };
    let external = Symbol {
        symbol: int,
        signature: "class int".to_owned(),
        documentation: vec!["A number.".to_owned()],
        ..Symbol::default()
    };
    let mut writer = IndexWriter::new(Vec::new(), &header).unwrap();
    writer.document(&document).unwrap();
    writer.external(&external).unwrap();
    sandbox.write("in.scip", writer.finish().unwrap());
    sandbox.ok(&["scip", "import", "in.scip"]);
    let kept = sandbox
        .query("SELECT symbol[-4:-2], signature, documentation ->> 0 FROM scip.symbols WHERE is_external ORDER BY ALL");
    assert_eq!(kept, ["int,class int,A number.", "str,,"]);
}

#[test]
fn what_is_no_index_is_refused() {
    let sandbox = Sandbox::new(SOURCES);
    let (code, said) = sandbox.fails(&["scip", "import", "nothing.scip"]);
    assert_eq!((code, said.contains("no such file")), (2, true), "{said}");
    let whole = index("", &FILES);
    sandbox.write("half.scip", &whole[..whole.len() - 20]);
    let (code, said) = sandbox.fails(&["scip", "import", "half.scip"]);
    assert_eq!((code, said.contains("not a complete SCIP index")), (3, true), "{said}");
    assert!(!sandbox.path(".codeintel").exists(), "nothing was imported");
}

#[test]
fn an_export_imported_gives_the_same_tables() {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.write("in.scip", index("", &FILES));
    sandbox.ok(&["scip", "import", "in.scip"]);
    sandbox.ok(&["scip", "export", "--output", "out"]);
    let other = Sandbox::new(SOURCES);
    fs::copy(sandbox.path("out/index.scip"), other.path("in.scip")).unwrap();
    other.ok(&["scip", "import", "in.scip"]);
    let all = |sandbox: &Sandbox| {
        let name = sandbox.root().file_name().unwrap().to_string_lossy().into_owned();
        rows(sandbox).iter().map(|row| row.replace(&name, "NAME")).collect::<Vec<_>>()
    };
    assert!(all(&sandbox).len() > 8);
    assert_eq!(all(&sandbox), all(&other));
    // Both forms say the same, and the view shows what they say.
    let json: Value = serde_json::from_slice(&fs::read(sandbox.path("out/index.scip.json")).unwrap()).unwrap();
    let shown = sandbox.query("SELECT to_json(v) FROM scip_index_view v ORDER BY relative_path");
    let document = |text: &String| {
        let mut row: Value = serde_json::from_str(&text.trim_matches('"').replace("\"\"", "\"")).unwrap();
        let row_fields = row.as_object_mut().unwrap();
        row_fields.retain(|field, _| field != "repo" && field != "commit");
        row
    };
    assert_eq!(json["documents"], shown.iter().map(document).collect::<Value>());
    sandbox.ok(&["scip", "export", "--output", "one", "--documents", "pkg/b.py"]);
    let json: Value = serde_json::from_slice(&fs::read(sandbox.path("one/index.scip.json")).unwrap()).unwrap();
    assert_eq!(json["documents"].as_array().unwrap().len(), 1);
    assert_eq!(json["documents"][0]["relative_path"], "pkg/b.py");
}

#[test]
fn an_export_that_fails_leaves_the_last_one_alone() {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.write("in.scip", index("", &FILES));
    sandbox.ok(&["scip", "import", "in.scip"]);
    sandbox.ok(&["scip", "export", "--output", "out"]);
    let written = || ["index.scip", "index.scip.json"].map(|name| fs::read(sandbox.path("out").join(name)).unwrap());
    let before = written();
    let documents = "pkg/a.py,pkg/typo.py,pkg/__init__.py";
    let (code, said) = sandbox.fails(&["scip", "export", "--output", "out", "--documents", documents]);
    assert_eq!(code, 2);
    assert!(said.contains("there is no document for `pkg/typo.py`, `pkg/__init__.py`"), "{said}");
    assert_eq!(written(), before);
    let said = sandbox.ok(&["scip", "export", "--output", "out", "--documents", "pkg/a.py,pkg/a.py"]);
    assert!(said.starts_with("1 document written"), "{said}");
}

/// A repository whose documents are made by a script.
struct Scripted(Sandbox);

impl Scripted {
    fn new() -> Self {
        let sandbox = Sandbox::new(SOURCES);
        sandbox.trust();
        let command = "command = ['./tool.sh', '{output}', '{targets}']";
        sandbox.write("codeintel.toml", format!("[scip]\ntimeout = 2\ndocument_output_dir = 'out'\n{command}\n"));
        let all: Vec<(&str, &str)> = [("pkg/__init__.py", "")].into_iter().chain(FILES).collect();
        sandbox.write("made.scip", index("", &all));
        let scripted = Self(sandbox);
        scripted.does("cp made.scip \"$1\"");
        scripted
    }

    fn does(&self, script: &str) {
        self.0.write("tool.sh", format!("#!/bin/sh\necho \"$@\" >> calls\n{script}\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(self.0.path("tool.sh"), mode).unwrap();
    }

    /// Status, number of documents and reason.
    fn ingest(&self) -> (String, String, String) {
        let summary = self.0.ingest(&[]);
        (scip_of(&summary, "status"), scip_of(&summary, "documents"), scip_of(&summary, "reason"))
    }

    /// The targets of the last call.
    fn targets(&self) -> String {
        let calls = fs::read_to_string(self.0.path("calls")).unwrap_or_default();
        calls
            .lines()
            .last()
            .and_then(|line| line.split_once(' '))
            .map_or(String::new(), |(_, targets)| targets.to_owned())
    }
}

#[test]
fn a_program_of_the_users_makes_the_documents() {
    let scripted = Scripted::new();
    assert_eq!(scripted.ingest(), ("complete".to_owned(), "3".to_owned(), "null".to_owned()));
    assert_eq!(scripted.targets(), "", "everything is missing");
    let written = |name: &str| fs::metadata(scripted.0.path(name)).and_then(|metadata| metadata.modified()).ok();
    let before = [written("out/index.scip"), written("out/index.scip.json")];
    assert!(before.iter().all(Option::is_some));
    scripted.ingest();
    assert_eq!([written("out/index.scip"), written("out/index.scip.json")], before, "nothing changed");
    scripted.0.write("pkg/b.py", "from pkg.a import A\nA\n");
    let output =
        scripted.0.command(&["ingest", "--repo", "o/r"]).env("CODEINTEL_SCIP_MODE", "incremental").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(scripted.targets(), "pkg/b.py");
    assert_ne!(written("out/index.scip"), before[0]);
    scripted.0.assert_verified();
}

#[test]
fn shards_say_what_the_documents_say() {
    let scripted = Scripted::new();
    let path = |name: &str| scripted.0.path(".codeintel/scip/docs").join(name);
    let shards = || {
        let files = Command::new("find").arg(path("")).args(["-type", "f", "-printf", "%P "]).output().unwrap().stdout;
        let mut files: Vec<String> = String::from_utf8(files).unwrap().split_whitespace().map(str::to_owned).collect();
        files.sort();
        files.join(" ")
    };
    let all = "pkg/__init__.py.json pkg/__init__.py.scip pkg/a.py.json pkg/a.py.scip pkg/b.py.json pkg/b.py.scip";
    let read = || {
        ["pkg/a.py.json", "pkg/a.py.scip"]
            .map(|name| String::from_utf8_lossy(&fs::read(path(name)).unwrap()).into_owned())
    };
    scripted.ingest();
    assert_eq!(shards(), all);
    let (first, written) = (read(), fs::metadata(path("pkg/a.py.scip")).unwrap().modified().unwrap());
    assert_eq!(serde_json::from_str::<Value>(&first[0]).unwrap()["documents"][0]["relative_path"], "pkg/a.py");
    scripted.ingest();
    assert_eq!(fs::metadata(path("pkg/a.py.scip")).unwrap().modified().unwrap(), written, "nothing is written again");

    // What was indexed before is not indexed again.
    let edited = "class A:\n    def f(self): pass\nx = 1\n";
    scripted.0.write("pkg/a.py", edited);
    scripted.0.write("made.scip", index("", &[("pkg/__init__.py", ""), ("pkg/a.py", edited), FILES[1]]));
    scripted.ingest();
    assert_ne!(read(), first);
    scripted.0.write("pkg/a.py", FILES[0].1);
    scripted.ingest();
    assert_eq!(read(), first);

    fs::remove_file(scripted.0.path("pkg/b.py")).unwrap();
    scripted.ingest();
    assert_eq!(shards(), "pkg/__init__.py.json pkg/__init__.py.scip pkg/a.py.json pkg/a.py.scip");
    scripted.0.write("pkg/b.py", FILES[1].1);
    scripted.ingest();
    assert_eq!(shards(), all);
    fs::remove_dir_all(path("")).unwrap();
    scripted.ingest();
    assert_eq!((shards(), read()), (all.to_owned(), first));

    scripted.0.ingest(&["--scip-backend", "native"]);
    assert_eq!(shards(), "");
    scripted.ingest();
    assert_eq!(shards(), all);
}

#[test]
fn a_program_that_fails_is_a_state_and_the_next_run_tries_again() {
    let check = |script: &str, status: &str, documents: &str, reason: &str| {
        let scripted = Scripted::new();
        scripted.does(script);
        let (found, count, why) = scripted.ingest();
        assert_eq!((&*found, &*count), (status, documents), "{script}: {why}");
        assert!(why.contains(reason), "{script}: {why}");
        assert_eq!(scripted.0.query("SELECT count(*) FROM core.ast_metrics"), ["3"], "the rest is there");
        let problems = scripted.0.query("SELECT message FROM core.problems WHERE stage = 'index'");
        assert!(problems.len() == 1 && problems[0].contains(reason), "{problems:?}");
        scripted.does("cp made.scip \"$1\"");
        assert_eq!(scripted.ingest().0, "complete", "{script}");
        assert_eq!(scripted.0.query("SELECT count(*) FROM core.problems"), ["0"]);
    };
    check("echo 'it broke' >&2; exit 1", "failed", "0", "it exited with code 1: it broke");
    check("sleep 60", "failed", "0", "took longer than 2 s");
    check("exit 0", "failed", "0", "no index was written");
    check("echo nonsense > \"$1\"", "failed", "0", "SCIP index");
    check("head -c 400 made.scip > \"$1\"", "partial", "1", "not a complete SCIP index");
    check("rm tool.sh", "failed", "0", "no index was written");
}

#[test]
fn a_program_that_cannot_be_found_is_told_and_nothing_else_suffers() {
    let scripted = Scripted::new();
    fs::remove_file(scripted.0.path("tool.sh")).unwrap();
    let (status, documents, reason) = scripted.ingest();
    assert_eq!((&*status, &*documents), ("unavailable", "0"));
    assert!(reason.contains("`./tool.sh` was not found"), "{reason}");
    let sandbox = Sandbox::new(SOURCES);
    let output =
        sandbox.command(&["ingest", "--scip-backend", "scip-python"]).env("PATH", "/usr/bin:/bin").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("npm install @sourcegraph/scip-python"),
        "{said}{}",
        stderr(&output)
    );
}

// That nothing is said of a file may be an accident, so it does not count as an answer; but a program that cannot do better is not run
// for ever.
#[test]
fn a_file_of_which_the_index_says_nothing_is_a_problem_and_asked_for_once_more() {
    let scripted = Scripted::new();
    scripted.0.write("made.scip", index("", &FILES));
    let calls = || fs::read_to_string(scripted.0.path("calls")).unwrap().lines().count();
    for (run, targets) in [(1, ""), (2, "pkg/__init__.py"), (2, "pkg/__init__.py")] {
        let (status, documents, reason) = scripted.ingest();
        assert_eq!((&*status, &*documents), ("partial", "2"));
        assert_eq!(reason, "the indexer returned no document for 1 file");
        assert_eq!((calls(), &*scripted.targets()), (run, targets));
        let problems = scripted.0.query("SELECT rel_path, message FROM core.problems");
        assert_eq!(problems, ["pkg/__init__.py,the indexer returned no document for this file"]);
    }
    scripted.0.write("pkg/__init__.py", "# A package.\n");
    scripted.0.write("made.scip", index("", &[("pkg/__init__.py", "# A package.\n")]));
    assert_eq!(scripted.ingest(), ("complete".to_owned(), "3".to_owned(), "null".to_owned()));
}

#[test]
fn a_program_is_found_from_the_root_of_the_repository() {
    let scripted = Scripted::new();
    let root = scripted.0.root().to_string_lossy().into_owned();
    let elsewhere = tempfile::tempdir().unwrap();
    let output = scripted.0.command(&["ingest", &root]).current_dir(elsewhere.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(scripted.0.query("SELECT count(*) FROM scip.documents"), ["3"]);
}

#[test]
fn another_program_or_file_of_its_own_in_the_same_place_makes_all_documents_anew() {
    let scripted = Scripted::new();
    scripted.0.write("rules.txt", "1");
    scripted.0.write("codeintel.toml", "[scip]\ncommand = ['./tool.sh', '{output}', '--rules={root}/rules.txt']\n");
    let indexed = || scip_of(&scripted.0.ingest(&[]), "indexed");
    assert_eq!([indexed(), indexed()], ["3", "0"]);
    scripted.does("cp made.scip \"$1\" # in another way");
    assert_eq!([indexed(), indexed()], ["3", "0"]);
    scripted.0.write("rules.txt", "2");
    assert_eq!([indexed(), indexed()], ["3", "0"]);
}

#[test]
fn a_database_is_verified_with_the_indexer_that_its_documents_are_by() {
    let scripted = Scripted::new();
    scripted.ingest();
    scripted.0.assert_verified();
    fs::remove_file(scripted.0.path("codeintel.toml")).unwrap();
    let (code, said) = scripted.0.fails(&["verify", "--repo", "o/r"]);
    assert_eq!(code, 2);
    assert!(said.contains("the documents were built by `./tool.sh {output} {targets} "), "{said}");
    assert!(said.contains("`, and the settings name no backend"), "{said}");
    scripted.0.ok(&["verify", "--repo", "o/r", "--scip-backend", "none"]);
    scripted.0.ok(&["scip", "import", "made.scip", "--repo", "o/r"]);
    scripted.0.assert_verified();
    // What stands for scip-python finds the documents, and the settings do not name it.
    let made = scripted.0.path("made.scip").display().to_string();
    scripted.does(&format!("while [ \"$1\" != --output ]; do shift; done\ncp '{made}' \"$2\""));
    let program = scripted.0.path("tool.sh").display().to_string();
    let run = |args: &[&str]| {
        let output = scripted.0.command(args).env("CODEINTEL_SCIP_PROGRAM", &program).output().unwrap();
        (output.status.success(), stderr(&output) + &String::from_utf8_lossy(&output.stdout))
    };
    assert!(run(&["ingest", "--repo", "o/r", "--scip-backend", "scip-python"]).0);
    let by = "SELECT DISTINCT indexer[:11] FROM store.files JOIN store.documents USING (document_id)";
    assert_eq!(scripted.0.query(by), ["scip-python"]);
    let (is_right, said) = run(&["verify", "--repo", "o/r"]);
    assert!(is_right, "{said}");
    fs::remove_file(&program).unwrap();
    let (is_right, said) = run(&["verify", "--repo", "o/r"]);
    assert!(!is_right && said.contains("the documents cannot be verified") && said.contains("was not found"), "{said}");
}

/// The program that `cargo xtask setup` installs.
fn scip_python() -> Option<PathBuf> {
    let program = workspace().join("target/npm/node_modules/.bin/scip-python");
    if program.exists() {
        return program.canonicalize().ok().map(|_| program);
    }
    eprintln!("skipped: there is no scip-python; `cargo xtask setup` installs it with npm");
    None
}

/// A source archive from PyPI, unpacked.
pub(crate) fn package(python: &Path, package: &str) -> Option<Sandbox> {
    let sandbox = Sandbox::new("");
    let folder = sandbox.root().to_string_lossy().into_owned();
    let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "-d", &folder, package];
    let output = Command::new(python).args(args).output().unwrap();
    let archive = fs::read_dir(sandbox.root()).unwrap().flatten().next().map(|entry| entry.path());
    let Some(archive) = archive else {
        eprintln!("skipped: {package} cannot be downloaded: {}", stderr(&output));
        return None;
    };
    let unpacked =
        Command::new("tar").args(["xzf"]).arg(&archive).args(["--strip-components=1", "-C", &folder]).status();
    assert!(unpacked.unwrap().success());
    fs::remove_file(archive).unwrap();
    Some(sandbox)
}

/// Compare the tables with scip-python's own index, decoded by a program that shares nothing with ours.
fn compared(sandbox: &Sandbox, python: &Path, scip_python: &Path, name: &str) {
    let script = workspace().join("xtask/oracle/scip.py");
    let database = sandbox.path(".codeintel/codeintel.duckdb");
    let output =
        Command::new(python).arg(script).arg(sandbox.root()).arg(database).arg(scip_python).arg(name).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains(": 0 differences"), "{said}{}", stderr(&output));
}

#[test]
fn requests_has_the_documents_of_scip_python() {
    let (Some(python), Some(scip_python)) = (python(), scip_python()) else { return };
    let Some(sandbox) = package(&python, "requests==2.32.3") else { return };
    let program = scip_python.to_string_lossy().into_owned();
    sandbox.trust();
    sandbox.write(
        "codeintel.toml",
        format!("[scip]\nbackend = 'scip-python'\nprogram = '{program}'\nproject_name = 'requests'\n"),
    );
    let summary = sandbox.ingest(&[]);
    assert_eq!((scip_of(&summary, "status"), scip_of(&summary, "documents")), ("complete".to_owned(), "34".to_owned()));
    compared(&sandbox, &python, &scip_python, "requests");
}

#[test]
fn requests_is_kept_true_by_scip_python_whatever_is_indexed_together() {
    let (Some(python), Some(scip_python)) = (python(), scip_python()) else { return };
    let Some(sandbox) = package(&python, "requests==2.32.3") else { return };
    let program = scip_python.to_string_lossy().into_owned();
    sandbox.trust();
    let configure = |mode: &str| {
        let settings = format!("backend = 'scip-python'\nprogram = '{program}'\nmode = '{mode}'");
        sandbox.write("codeintel.toml", format!("[scip]\n{settings}\nproject_name = 'requests'\n"));
    };
    let edit = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(sandbox.path(path)).unwrap();
        assert!(text.contains(from), "{path}: {from}");
        sandbox.write(path, text.replacen(from, to, 1));
    };
    configure("auto");
    sandbox.ingest(&[]);
    // CPython's `os.path` has both through `from genericpath import *`.
    let of_star = |symbol: &str| {
        let query = format!("SELECT count(*) > 0 FROM scip.occurrences WHERE symbol LIKE '%genericpath/{symbol}().'");
        sandbox.query(&query) == ["true"]
    };
    assert!(of_star("exists") && of_star("isdir"));
    edit("src/requests/hooks.py", "HOOKS = ", "ZZ = 1\nHOOKS = ");
    sandbox.ingest(&[]);
    sandbox.assert_verified();
    configure("incremental");
    edit("src/requests/utils.py", "    total_length = None\n", "    total_length = None\n    os.path.isdir(\"x\")\n");
    let clear = "        self.poolmanager.clear()\n";
    edit("src/requests/adapters.py", clear, &format!("{clear}        os.path.join(\"x\")\n"));
    let indexed: u32 = scip_of(&sandbox.ingest(&[]), "indexed").parse().unwrap();
    assert!((2..34).contains(&indexed), "{indexed} of 34 files: those that were edited, and those that see the edit");
    sandbox.assert_verified();
    edit("src/requests/hooks.py", "def default_hooks(", "def hooks_by_default(");
    sandbox.ingest(&[]);
    sandbox.assert_verified();
}

#[test]
fn flask_is_kept_true_by_scip_python_in_the_face_of_its_own_settings() {
    let (Some(python), Some(scip_python)) = (python(), scip_python()) else { return };
    let Some(sandbox) = package(&python, "flask==3.1.0") else { return };
    let program = scip_python.to_string_lossy().into_owned();
    sandbox.trust();
    sandbox.write(
        "codeintel.toml",
        format!("[scip]\nbackend = 'scip-python'\nprogram = '{program}'\nproject_name = 'flask'\n"),
    );
    let summary = sandbox.ingest(&[]);
    assert_eq!(scip_of(&summary, "documents"), "83", "and not the 27 that `include` names");
    compared(&sandbox, &python, &scip_python, "flask");
    let edit = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(sandbox.path(path)).unwrap();
        assert!(text.contains(from));
        sandbox.write(path, text.replacen(from, to, 1));
        scip_of(&sandbox.ingest(&[]), "indexed").parse::<usize>().unwrap()
    };
    assert_eq!(edit("src/flask/config.py", "        rv = {}\n", "        rv = dict()\n"), 1, "a body");
    assert!(edit("src/flask/config.py", "    def from_mapping(", "    def from_map(") > 40, "an interface");
    sandbox.assert_verified();
}
