//! Checkouts that want to run programs, or to write where nobody expects it. Each plants programs that leave a marker if they run.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::oracle::python;
use crate::{Sandbox, stderr};

const SOURCES: &str = "#- good.py\ndef good(x: int) -> int:\n    return x\n\n\nvalue = good(1)\n";

/// Every command that looks at a repository.
const COMMANDS: [&[&str]; 7] = [
    &["ingest"],
    &["ingest", "--full"],
    &["status"],
    &["verify"],
    &["explain", "good.py"],
    &["gc"],
    &["query", "SELECT 1"],
];

impl Sandbox {
    /// A program that leaves a marker, and passes on what it is given.
    fn plant(&self, path: &str) {
        let marker = self.user.path().join("markers");
        self.write(path, format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat 2>/dev/null\nexit 0\n", marker.display()));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Who has left a marker since the last call.
    fn markers(&self) -> Vec<String> {
        let marker = self.user.path().join("markers");
        let found = fs::read_to_string(&marker).unwrap_or_default();
        let _none = fs::remove_file(marker);
        found.lines().map(str::to_owned).collect()
    }

    fn settings_problems(&self) -> Vec<String> {
        self.query("SELECT rel_path || ': ' || message FROM core.problems WHERE stage = 'settings' ORDER BY ALL")
    }
}

/// Settings that name programs and places outside, in both files of a repository.
const CODEINTEL: &str = "#- codeintel.toml\npython = '../outside/venv'\n[scip]\ncommand = ['./evil.sh', '{output}']\nprogram = './evil.sh'\ndocument_output_dir = '../outside/index'\n[tools]\nenabled = ['ruff', 'pyright', 'pyrefly']\nruff = './evil.sh'\npyright = './evil.sh'\npyrefly = './evil.sh'\n";
const PYPROJECT: &str = "#- pyproject.toml\n[project]\nname = 'x'\n[tool.codeintel.scip]\nbackend = 'scip-python'\n";

fn hostile() -> Sandbox {
    let sandbox = Sandbox::new(&format!("{SOURCES}{CODEINTEL}{PYPROJECT}"));
    sandbox.plant("evil.sh");
    for tool in ["ruff", "pyright", "pyrefly", "scip-python", "node", "python", "python3", "git", "sh", "cat", "false"]
    {
        for folder in [".venv/bin", "venv/bin", "node_modules/.bin", ".codeintel/scip/node_modules/.bin", "."] {
            sandbox.plant(&format!("{folder}/{tool}"));
        }
    }
    for folder in [".venv", "venv"] {
        sandbox.write(&format!("{folder}/pyvenv.cfg"), "home = /usr/bin\n");
        fs::create_dir_all(sandbox.path(&format!("{folder}/lib/python3.13/site-packages"))).unwrap();
    }
    sandbox
}

#[test]
fn no_command_runs_what_a_checkout_names_or_holds() {
    let sandbox = hostile();
    // Entries of the PATH that lead into whatever folder one is in.
    let path = format!(".::./node_modules/.bin:node_modules/.bin:{}", std::env::var("PATH").unwrap());
    for args in COMMANDS {
        let output = sandbox.command(args).env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let said = stderr(&output);
        let about_trust: Vec<&str> = said.lines().filter(|line| line.contains("codeintel trust`")).collect();
        assert_eq!(about_trust.len(), 1, "{args:?}: {said}");
        for key in [
            "scip.command",
            "scip.program",
            "scip.backend",
            "scip.document_output_dir",
            "python",
            "tools.ruff",
            "tools.enabled",
        ] {
            assert!(about_trust[0].contains(&format!("`{key}`")), "{key} in {said}");
        }
    }
    assert_eq!(sandbox.markers(), [""; 0]);
    assert_eq!(sandbox.query("SELECT rel_path FROM scip.documents"), ["good.py"]);
    assert!(!sandbox.root().parent().unwrap().join("outside").exists());
    let files: Vec<String> = sandbox
        .settings_problems()
        .iter()
        .filter_map(|row| Some(row.trim_matches('"').split_once(':')?.0.to_owned()))
        .collect();
    assert_eq!(files, ["codeintel.toml", "pyproject.toml"]);
}

#[test]
fn tools_that_are_asked_for_are_not_taken_from_the_checkout_unless_it_is_trusted_or_active() {
    let sandbox = hostile();
    sandbox.write("codeintel.toml", "");
    sandbox.write("pyproject.toml", "");
    let ask = |path: &str, more: &[(&str, String)]| {
        for args in [&["--tools", "ruff,pyright,pyrefly"][..], &["--scip-backend", "scip-python"]] {
            let args = [&["ingest", "--repo", "o/r"], args].concat();
            let mut command = sandbox.command(&args);
            command
                .env("PATH", path)
                .env_remove("VIRTUAL_ENV")
                .envs(more.iter().map(|(key, value)| (*key, value.as_str())));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        }
        sandbox.markers()
    };
    assert_eq!(ask("/usr/bin:/bin:.", &[]), [""; 0]);
    let output = sandbox.command(&["ingest", "--tools", "ruff"]).env("PATH", "/usr/bin:/bin").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let problems = sandbox.query("SELECT message FROM core.problems");
    let reason = "`ruff` was not found (folders of the repository were not searched, because it is not trusted)";
    assert!(problems.len() == 1 && problems[0].contains(reason), "{problems:?}");
    // The control: the same programs do run as soon as somebody wants them to.
    let active = ask("/usr/bin:/bin", &[("VIRTUAL_ENV", sandbox.path(".venv").display().to_string())]);
    assert!(active.iter().any(|line| line.contains(".venv/bin/ruff")), "{active:?}");
    assert!(!active.iter().any(|line| line.contains("node_modules")), "{active:?}");
    sandbox.ok(&["trust"]);
    let trusted = ask("/usr/bin:/bin", &[]);
    for program in [".venv/bin/ruff", ".venv/bin/pyright", ".venv/bin/pyrefly", "node_modules/.bin/scip-python"] {
        assert!(trusted.iter().any(|line| line.contains(program)), "{program} in {trusted:?}");
    }
}

#[test]
fn the_real_tools_run_nothing_that_a_checkout_configures() {
    let Some(python) = python() else { return };
    let sandbox = hostile();
    sandbox.write("codeintel.toml", "");
    sandbox.write("pyproject.toml", "[tool.pyrefly]\npython-interpreter-path = './evil.sh'\n");
    sandbox.write("pyrefly.toml", "python-interpreter-path = './evil.sh'\n");
    sandbox.write("sub/pyrefly.toml", "python-interpreter-path = '../evil.sh'\n");
    sandbox.write("sub/b.py", "import os\n");
    sandbox.write("pyrightconfig.json", r#"{"venvPath": ".", "venv": ".venv"}"#);
    let path = format!(".:{}:/usr/bin:/bin", python.parent().unwrap().display());
    let output = sandbox
        .command(&["ingest", "--format", "json", "--tools", "ruff,pyright,pyrefly"])
        .env("PATH", path)
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    for tool in summary["tools"].as_array().unwrap() {
        assert_eq!(tool["failure"], Value::Null, "{tool}");
    }
    assert_eq!(sandbox.markers(), [""; 0]);
}

#[test]
fn trust_lets_settings_count_until_they_change_and_incremental_equals_fresh() {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.plant("evil.sh");
    let configure = |more: &str| {
        sandbox.write("codeintel.toml", format!("tools.enabled = ['ruff']\ntools.ruff = './evil.sh'\n{more}"));
    };
    configure("");
    sandbox.ingest(&[]);
    assert_eq!((sandbox.settings_problems().len(), sandbox.markers().len()), (1, 0));
    sandbox.assert_verified();
    sandbox.write("good.py", "x = 1\n");
    sandbox.ingest(&["--changed", "good.py"]);
    sandbox.assert_verified();
    let said = sandbox.ok(&["trust"]);
    assert!(said.contains("codeintel.toml: tools.ruff = \"./evil.sh\"") && said.contains("is now trusted"), "{said}");
    sandbox.write("good.py", "x = 2\n");
    sandbox.ingest(&["--changed", "good.py"]);
    assert!(!sandbox.markers().is_empty());
    assert_eq!(sandbox.settings_problems(), [""; 0], "it is gone, although only one file was looked at");
    configure("scip.program = 'x'\n");
    sandbox.ingest(&[]);
    assert_eq!((sandbox.settings_problems().len(), sandbox.markers().len()), (1, 0));
    assert!(sandbox.ok(&["trust", "--list"]).contains("not trusted: its settings have changed"));
    sandbox.ok(&["ingest", "--trust", "--repo", "o/r"]);
    assert!(!sandbox.markers().is_empty());
    configure("jobs = 1\n");
    sandbox.ok(&["ingest", "--repo", "o/r"]);
    assert_eq!(
        (sandbox.settings_problems().len(), sandbox.markers().is_empty()),
        (0, false),
        "harmless settings need no trust"
    );
    assert!(sandbox.ok(&["trust", "--list"]).contains(": trusted"));
    sandbox.ok(&["trust", "--revoke"]);
    sandbox.ingest(&[]);
    assert_eq!((sandbox.settings_problems().len(), sandbox.markers().len()), (1, 0));
    assert_eq!(sandbox.fails(&["trust", "--revoke"]).0, 1);
    // What the user says counts without trust, and hides nothing.
    let output = sandbox.command(&["ingest", "-q", "--tools", "none"]).output().unwrap();
    assert!(stderr(&output).contains("`codeintel trust`"), "{}", stderr(&output));
    let output = sandbox
        .command(&["ingest"])
        .env("CODEINTEL_TOOLS_RUFF", "./evil.sh")
        .env("CODEINTEL_TOOLS_ENABLED", "ruff")
        .output()
        .unwrap();
    assert!(output.status.success() && !sandbox.markers().is_empty());
}

#[test]
fn no_setting_of_a_checkout_writes_outside_or_into_what_others_believe() {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.git(&["init", "-q"]);
    let config = fs::read(sandbox.path(".git/config")).unwrap();
    let outside = sandbox.user.path().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, sandbox.path("out")).unwrap();
    fs::write(outside.join("notes.txt"), "mine").unwrap();
    symlink(outside.join("notes.txt"), sandbox.path("notes.duckdb")).unwrap();
    let shown = outside.display();
    for place in [
        format!("{shown}/x.duckdb"),
        "out/x.duckdb".into(),
        "notes.duckdb".into(),
        ".git/config".into(),
        ".git/x".into(),
    ] {
        sandbox.write("codeintel.toml", format!("db = '{place}'\n"));
        let output = sandbox.run(&["ingest", "--full"]);
        assert!(output.status.success() && stderr(&output).contains("`db` is ignored"), "{place}: {}", stderr(&output));
    }
    for place in [format!("{shown}"), "out".into(), ".git/hooks".into(), "x/../.git".into()] {
        sandbox.write("codeintel.toml", format!("scip.document_output_dir = '{place}'\n"));
        let output = sandbox.run(&["ingest", "--full"]);
        assert!(stderr(&output).contains("`scip.document_output_dir` is ignored"), "{place}: {}", stderr(&output));
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read(outside.join("notes.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(sandbox.path(".git/config")).unwrap(), config);
    assert!(!sandbox.path(".git/hooks/index.scip").exists() && !sandbox.path(".git/x").exists());
    // Inside, both are obeyed without trust.
    sandbox.write("codeintel.toml", "db = 'data/x.duckdb'\nscip.document_output_dir = 'index'\njobs = 1000000\n");
    fs::create_dir(sandbox.path("data")).unwrap();
    let output = sandbox.run(&["ingest"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    assert!(sandbox.path("data/x.duckdb").exists() && sandbox.path("index/index.scip").exists());
    assert!(sandbox.ok(&["verify"]).contains("equals a fresh build"));
}

/// Bytes of every file below a folder, and where every link leads.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                folders.push(path);
            } else {
                let bytes = if kind.is_file() {
                    fs::read(&path).unwrap()
                } else {
                    format!("{:?}", fs::read_link(&path)).into_bytes()
                };
                found.push((path.display().to_string(), bytes));
            }
        }
    }
    found.sort();
    found
}

/// A database that was not made here is left as it is, and another one answers, in every run.
fn assert_rebuilt_beside(sandbox: &Sandbox, why: &str) {
    let before = contents(sandbox.root());
    for args in COMMANDS {
        let output = sandbox.run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(why), "{args:?}: {why} in {}", stderr(&output));
    }
    assert_eq!(sandbox.query("SELECT path FROM core.modules"), ["good.py"]);
    assert!(sandbox.ok(&["status"]).starts_with("up to date"));
    assert!(contents(sandbox.root()) == before, "{why}: a file of the checkout was changed");
}

#[test]
fn a_database_that_came_with_a_checkout_is_never_opened() {
    let other = Sandbox::new("#- good.py\nevil = 1\n");
    other.ingest(&[]);
    let folder = ".codeintel";
    let database = fs::read(other.path(".codeintel/codeintel.duckdb")).unwrap();
    for id in [None, Some(fs::read(other.path(".codeintel/codeintel.duckdb.id")).unwrap())] {
        let sandbox = Sandbox::new(SOURCES);
        sandbox.write(&format!("{folder}/codeintel.duckdb"), &database);
        if let Some(id) = id {
            sandbox.write(&format!("{folder}/codeintel.duckdb.id"), id);
        }
        assert_rebuilt_beside(&sandbox, "`.codeintel/codeintel.duckdb` was not created by this user on this machine");
    }
    for text in ["SQLite format 3\0", "a text of a user", ""] {
        let sandbox = Sandbox::new(SOURCES);
        sandbox.write(&format!("{folder}/codeintel.duckdb"), text);
        assert_rebuilt_beside(&sandbox, "was not created by this user on this machine");
    }
    // Somebody who trusts it opens it, and it is known from then on.
    let sandbox = Sandbox::new(SOURCES);
    sandbox.write(&format!("{folder}/codeintel.duckdb"), &database);
    sandbox.ok(&["ingest", "--trust", "--repo", "o/r"]);
    let output = sandbox.run(&["ingest", "--repo", "o/r"]);
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
    sandbox.assert_verified();
}

#[test]
fn a_database_that_git_tracks_or_that_is_a_link_is_never_opened() {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.git(&["init", "-q"]);
    sandbox.ok(&["ingest", "-q"]);
    assert!(sandbox.run(&["ingest"]).stderr.is_empty());
    sandbox.git(&["add", "-f", ".codeintel/codeintel.duckdb", "good.py"]);
    sandbox.git(&["commit", "-qm", "one"]);
    assert_rebuilt_beside(&sandbox, "git tracks `.codeintel`");
    let elsewhere = Sandbox::new("#- docs/mine.txt\nmine\n#- x.txt\nmine\n");
    let link = |to: &str, name: &str| symlink(elsewhere.path(to), sandbox.path(name)).unwrap();
    fs::remove_dir_all(sandbox.path(".codeintel")).unwrap();
    sandbox.git(&["rm", "-rq", "--cached", ".codeintel"]);
    link("", ".codeintel");
    assert_rebuilt_beside(&sandbox, "`.codeintel` is a symbolic link");
    fs::remove_file(sandbox.path(".codeintel")).unwrap();
    for (to, name) in [
        ("x.txt", "codeintel.duckdb"),
        ("nothing", "codeintel.duckdb"),
        ("x.txt", "codeintel.duckdb.wal"),
        ("x.txt", "codeintel.duckdb.wal.checkpoint"),
        ("docs", "codeintel.duckdb.tmp"),
        ("nothing", "codeintel.duckdb.id"),
        ("nothing", ".gitignore"),
        ("", "scip"),
    ] {
        fs::create_dir(sandbox.path(".codeintel")).unwrap();
        let name = format!(".codeintel/{name}");
        link(to, &name);
        assert_rebuilt_beside(&sandbox, &format!("`{name}` is a symbolic link"));
        fs::remove_file(sandbox.path(&name)).unwrap();
        assert!(Command::new("mkfifo").arg(sandbox.path(&name)).status().unwrap().success());
        assert_rebuilt_beside(&sandbox, &format!("`{name}` is not a"));
        fs::remove_dir_all(sandbox.path(".codeintel")).unwrap();
    }
    assert_eq!(contents(elsewhere.root()).len(), 2);
    // With nothing in the way it is where it was.
    sandbox.ok(&["ingest", "-q"]);
    assert!(sandbox.path(".codeintel/codeintel.duckdb").exists());
}

#[test]
fn a_folder_that_looks_like_a_bare_repository_hides_no_tracked_database() {
    let sandbox = Sandbox::new("#- sub/good.py\nx = 1\n");
    sandbox.git(&["init", "-q"]);
    sandbox.ok(&["ingest", "-q", "sub"]);
    sandbox.write("sub/HEAD", "ref: refs/heads/x\n");
    sandbox.write("sub/objects/x", "");
    sandbox.write("sub/refs/x", "");
    sandbox.git(&["add", "-f", "sub"]);
    sandbox.git(&["commit", "-qm", "one"]);
    let output = sandbox.run(&["query", "--root", "sub", "SELECT 1"]);
    assert!(stderr(&output).contains("git tracks `.codeintel`"), "{}", stderr(&output));
}

#[test]
fn trust_in_a_repository_makes_no_file_of_others_ours() {
    for text in ["mine", "", "SQLite format 3\0more"] {
        let sandbox = Sandbox::new("#- good.py\nx = 1\n#- codeintel.toml\ndb = 'notes.txt'\n");
        sandbox.write("notes.txt", text);
        for args in [&["ingest", "--trust"][..], &["ingest", "--full", "--trust"]] {
            let (code, said) = sandbox.fails(args);
            assert!(code == 2 && said.contains("not a codeintel database"), "{args:?}: {code} {said}");
        }
        let mut names: Vec<_> = fs::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            (names, fs::read(sandbox.path("notes.txt")).unwrap()),
            (vec!["codeintel.toml".into(), "good.py".into(), "notes.txt".into()], text.into())
        );
    }
}

#[test]
fn trust_can_be_listed_and_revoked_whatever_has_become_of_the_repository() {
    let sandbox = Sandbox::new("#- a/good.py\nx = 1\n#- b/good.py\nx = 1\n");
    sandbox.write("a/codeintel.toml", "tools.ruff = \"\"\"x\n  codeintel.toml: \\u001b[31mfake\"\"\"\n");
    for root in ["a", "b"] {
        let said = sandbox.ok(&["trust", root]);
        assert!(!said.contains('\u{1b}') && !said.contains("\n  codeintel.toml: fake"), "{said}");
    }
    sandbox.write("a/codeintel.toml", "nonsense = 1");
    fs::remove_dir_all(sandbox.path("b")).unwrap();
    assert_eq!(sandbox.ok(&["trust", "--list", "a"]).lines().filter(|line| !line.starts_with(' ')).count(), 2);
    for root in ["a", "b"] {
        assert!(sandbox.ok(&["trust", "--revoke", root]).contains("is no longer trusted"));
    }
    assert_eq!(sandbox.ok(&["trust", "--list"]), "");
}

#[test]
fn what_is_no_file_in_place_of_one_of_gits_holds_nothing_up() {
    for name in [".git/HEAD", ".git/index", ".git/config", ".git/info/exclude", ".git/packed-refs", ".git/shallow"] {
        let sandbox = Sandbox::new(SOURCES);
        sandbox.git(&["init", "-q"]);
        sandbox.git(&["add", "good.py"]);
        sandbox.git(&["commit", "-qm", "one"]);
        let _none = fs::remove_file(sandbox.path(name));
        assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
        let begun = std::time::Instant::now();
        sandbox.ok(&["ingest", "-q", "--repo", "o/r"]);
        assert!(begun.elapsed().as_secs() < 50, "{name}");
        let problems = sandbox.query("SELECT message FROM core.problems");
        assert!(
            problems.iter().any(|problem| problem.contains(&format!("{name}` is not a regular file"))),
            "{name}: {problems:?}"
        );
    }
}

#[test]
fn a_repository_that_moves_or_is_copied_keeps_its_database() {
    let sandbox = Sandbox::new("#- a/good.py\nx = 1\n");
    sandbox.ok(&["ingest", "-q", "--repo", "r", "a"]);
    fs::rename(sandbox.path("a"), sandbox.path("b")).unwrap();
    let up_to_date = |root: &str| {
        let output = sandbox.run(&["status", "--repo", "r", root]);
        assert!(output.stderr.is_empty(), "{}", stderr(&output));
        String::from_utf8_lossy(&output.stdout).starts_with("up to date")
    };
    assert!(up_to_date("b"));
    assert!(Command::new("cp").args(["-r", "b", "c"]).current_dir(sandbox.root()).status().unwrap().success());
    sandbox.ok(&["ingest", "-q", "--repo", "r", "c"]);
    assert!(up_to_date("c") && up_to_date("b"));
}

#[test]
fn without_a_folder_for_state_every_run_still_works() {
    let sandbox = Sandbox::new(SOURCES);
    let run = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = sandbox.command(args);
        for name in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        (stderr(&output), String::from_utf8(output.stdout).unwrap())
    };
    let temporary = sandbox.user.path().to_string_lossy().into_owned();
    let unwritable = [("HOME", "/dev/null"), ("XDG_STATE_HOME", "/dev/null/state"), ("TMPDIR", &temporary)];
    for _ in 0..2 {
        let (said, _) = run(&["ingest", "-q"], &unwritable);
        assert_eq!(said, "", "the folder for temporary files is used");
        assert!(run(&["status"], &unwritable).1.starts_with("up to date"));
    }
    fs::remove_dir_all(sandbox.path(".codeintel")).unwrap();
    let nowhere = [("HOME", "/dev/null"), ("TMPDIR", "/dev/null/tmp")];
    let (said, _) = run(&["ingest", "-q"], &nowhere);
    assert!(said.contains("will not be recognized"), "{said}");
    let output = sandbox.command(&["ingest", "-q"]).env_remove("XDG_STATE_HOME").envs(nowhere).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--db FILE"), "{}", stderr(&output));
    let database = sandbox.path(".codeintel/codeintel.duckdb").display().to_string();
    run(&["ingest", "-q", "--db", &database], &nowhere);
    run(&["ingest", "-q", "--trust"], &nowhere);
}

#[test]
fn a_file_that_is_named_and_not_ours_is_refused_and_left_alone() {
    let sandbox =
        Sandbox::new("#- repo/good.py\nx = 1\n#- text\nmine\n#- sqlite\nSQLite format 3\0more\n#- folder/x\nmine\n");
    assert!(Command::new("mkfifo").arg(sandbox.path("fifo")).status().unwrap().success());
    let check = |name: &str, what: &str| {
        let path = sandbox.path(name).display().to_string();
        let read = || if name == "fifo" { Vec::new() } else { fs::read(&path).unwrap_or_default() };
        let before = read();
        for args in [&["ingest"][..], &["ingest", "--full"], &["status"], &["verify"], &["gc"]] {
            let args = [args, &["repo", "--db", &path]].concat();
            let (code, said) = sandbox.fails(&args);
            let expected = format!("`{path}` is not a codeintel database: it is {what}");
            assert!(code == 2 && said.contains(&expected), "{args:?}: {code} {said}");
            assert!(said.lines().count() <= 2, "{said}");
        }
        assert_eq!(read(), before, "{name}");
        assert!(
            !sandbox.path(&format!("{name}.duckdb.old-1")).exists() && !sandbox.path(&format!("{name}.id")).exists()
        );
    };
    check("text", "not a DuckDB file");
    check("sqlite", "an SQLite database");
    check("folder", "a folder");
    check("fifo", "not a regular file");
    let Some(python) = python() else { return };
    let script = "import duckdb; c = duckdb.connect('theirs.duckdb'); c.execute('CREATE TABLE t AS SELECT 1 AS x')";
    assert!(Command::new(python).args(["-c", script]).current_dir(sandbox.root()).status().unwrap().success());
    check("theirs.duckdb", "a DuckDB database of another program");
}

#[test]
fn a_link_to_what_is_not_scanned_is_no_source() {
    let sandbox = Sandbox::new("#- good.py\nx = 1\n#- .env\nSECRET = 1\n#- build/gen.py\ny = 1\n");
    sandbox.git(&["init", "-q"]);
    for (to, name) in [
        (".git/config", "a.py"),
        (".env", "b.py"),
        ("build/gen.py", "c.py"),
        (".git", "folder"),
        ("good.py", "kept.py"),
        (".codeintel/codeintel.duckdb", "d.py"),
        (".git/config", "CODEOWNERS"),
    ] {
        symlink(to, sandbox.path(name)).unwrap();
    }
    // What would make everything a source, does not make git's files sources.
    for settings in [
        "",
        "include_patterns = ['*']\nignore_dirs = ['nothing']\nignore_files = false\nexclude_patterns = ['.env', 'build', 'CODEOWNERS', '*.toml']\n",
    ] {
        sandbox.write("codeintel.toml", settings);
        sandbox.ingest(&[]);
        assert_eq!(sandbox.query("SELECT path FROM core.modules ORDER BY ALL"), ["good.py", "kept.py"], "{settings}");
        sandbox.assert_verified();
    }
    let told = sandbox.query("SELECT rel_path FROM core.problems WHERE rel_path LIKE '%.py' ORDER BY ALL");
    assert_eq!(told, ["a.py", "b.py", "c.py", "d.py"]);
}

#[test]
fn what_is_no_file_in_place_of_a_configuration_is_a_problem_and_holds_nothing_up() {
    let names = [
        "codeintel.toml",
        "pyproject.toml",
        "sub/pyproject.toml",
        "CODEOWNERS",
        "tags_index.yaml",
        "ruff.toml",
        "pyrightconfig.json",
    ];
    for name in names {
        let sandbox = Sandbox::new("#- good.py\nx = 1\n#- sub/b.py\nx = 1\n");
        assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
        let output = Command::new("timeout")
            .arg("50")
            .arg(env!("CARGO_BIN_EXE_codeintel"))
            .args(["ingest", "--repo", "o/r", "--tools", "ruff,pyright"])
            .current_dir(sandbox.root())
            .env("XDG_STATE_HOME", sandbox.user.path())
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {:?} {}", output.status, stderr(&output));
        let sandbox_query = |sql: &str| {
            let output = sandbox
                .command(&["query", sql, "--format", "csv"])
                .env("XDG_STATE_HOME", sandbox.user.path())
                .output()
                .unwrap();
            String::from_utf8(output.stdout).unwrap().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(sandbox_query("SELECT count(*) FROM scip.documents"), ["2"], "{name}");
        let told = sandbox_query("SELECT rel_path FROM core.problems WHERE message LIKE '%not a regular file%'");
        // Those of tools are read by the tools, which were not found here.
        let expected = if name.starts_with("ruff") || name.starts_with("pyright") { vec![] } else { vec![name] };
        assert_eq!(told, expected, "{name}");
    }
}
