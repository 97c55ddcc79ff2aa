//! All that is printed, as a user reads it: one transcript for each topic. What is a mistake in the English is a mistake here.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use codeintel_store::{Access, Database};

use crate::{Sandbox, stderr};

/// The settings keep what is printed the same on every machine.
const SMALL: &str = "#- codeintel.toml
repo = 'o/r'
#- pkg/__init__.py
#- pkg/a.py
'''Module.'''
from pkg import b
def f(x):
    return b.g(x)
#- pkg/b.py
def g(x): return x
";

/// Settings for what is not about definitions and references.
const NO_INDEX: &str = "repo = 'o/r'\nscip.backend = 'none'\n";

/// What is typed, what is printed and the exit code, if it is not 0.
struct Transcript {
    sandbox: Sandbox,
    text: String,
}

impl Transcript {
    fn new(files: &str) -> Self {
        Self { sandbox: Sandbox::new(files), text: String::new() }
    }

    /// Something that is not typed.
    fn note(&mut self, line: &str) {
        self.text += &format!("# {line}\n\n");
    }

    fn run(&mut self, args: &[&str]) {
        let mut command = self.sandbox.command(args);
        self.add(args, &mut command);
    }

    fn add(&mut self, args: &[&str], command: &mut Command) {
        let output = command.env_remove("COLUMNS").output().unwrap();
        self.print(args, &output);
    }

    fn print(&mut self, args: &[&str], output: &Output) {
        let quoted = |arg: &&str| {
            if arg.is_empty() || arg.contains([' ', '*', '(']) { format!("'{arg}'") } else { (*arg).to_owned() }
        };
        let args: Vec<String> = args.iter().map(quoted).collect();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(output);
        let code = output.status.code().filter(|code| *code != 0);
        let code = code.map_or(String::new(), |code| format!("exit code {code}\n"));
        self.text += &format!("$ codeintel {}\n{printed}{code}\n", args.join(" "));
    }

    /// What differs from one run, machine or version to the next.
    fn filters(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        let user = self.sandbox.user.path();
        for (folder, name) in [(self.sandbox.root(), "[root]"), (user, "[user]")] {
            for folder in [folder.canonicalize().unwrap(), folder.to_owned()] {
                settings.add_filter(&regex_of(&folder.to_string_lossy()), name);
            }
        }
        settings.add_filter(&regex_of(env!("CARGO_PKG_VERSION")), "[version]");
        settings.add_filter(r"\b[0-9a-f]{32}\b", "[hash]");
        settings.add_filter(r#""mtime_ns":\d+"#, "\"mtime_ns\":[time]");
        settings.add_filter(r"\(byte \d+", "(byte [n]");
        settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[date and time]");
        settings.add_filter(r"in \d+\.\d+ s\b", "in [time] s");
        settings.add_filter(r": \d+\.\d+ s\n", ": [time] s\n");
        settings.add_filter(r"  +\d+\.\d\d(\s)", "  [s]$1");
        settings.add_filter(r"\d+\.\d MB", "[size] MB");
        settings.add_filter(r"schema \d+", "schema [n]");
        settings.add_filter(r"needs \d+\n", "needs [n]\n");
        settings.add_filter(r"in use by .*", "in use by [program]");
        settings.set_omit_expression(true);
        settings
    }
}

/// A text in which no character means anything else.
fn regex_of(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { String::from(c) } else { format!("\\{c}") }).collect()
}

macro_rules! check {
    ($transcript:expr) => {
        $transcript.filters().bind(|| insta::assert_snapshot!($transcript.text))
    };
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).and_then(|list| list.split("\n\n").next()).unwrap_or_default();
    // What goes on in a second line is indented further.
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !["", "help"].contains(name)).map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_help() {
    let mut transcript = Transcript::new("");
    let mut pending = vec![Vec::new()];
    while let Some(command) = pending.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = transcript.sandbox.ok(&args);
        let below = commands(&help).into_iter().map(|name| [&command[..], &[name]].concat());
        pending.extend(below.collect::<Vec<_>>().into_iter().rev());
        transcript.run(&args);
    }
    check!(transcript);
}

#[test]
fn runs_report_what_they_did() {
    let mut transcript = Transcript::new(SMALL);
    transcript.run(&["status"]);
    transcript.run(&["ingest"]);
    transcript.run(&["ingest"]);
    transcript.run(&["status"]);
    transcript.note("An edit, a new file and a new name.");
    transcript.sandbox.write("pkg/b.py", "def g(x): return [x]\n");
    transcript.sandbox.write("pkg/c.py", "import os\n");
    fs::rename(transcript.sandbox.path("pkg/a.py"), transcript.sandbox.path("pkg/d.py")).unwrap();
    transcript.run(&["status"]);
    transcript.run(&["ingest", "--verbose"]);
    transcript.run(&["ingest", "--quiet"]);
    transcript.note("Without an indexer.");
    transcript.sandbox.write("pkg/b.py", "def g(x): return (x,)\n");
    transcript.run(&["ingest", "--scip-backend", "none"]);
    transcript.run(&["status", "--scip-backend", "none"]);
    transcript.run(&["explain", "pkg/b.py"]);
    check!(transcript);
}

#[test]
fn what_goes_wrong_with_files_and_tools_is_a_problem() {
    let mut transcript = Transcript::new(SMALL);
    let sandbox = &transcript.sandbox;
    sandbox.write("broken.py", "x = (\n");
    sandbox.write("encoded.py", "# coding: nonsense\n");
    sandbox.write("latin.py", b"# coding: utf-8\nx = '\xe9'\n");
    sandbox.write("utf16.py", b"\xff\xfex\0");
    sandbox.write("marked.py", "\u{feff}# coding: latin-1\n");
    sandbox.write("large.py", vec![b' '; 70_000]);
    sandbox.write("deep.py", "[".repeat(30_000));
    sandbox.write("steep.py", format!("x = {}0{}\n", "f(".repeat(260), ")".repeat(260)));
    sandbox.write("CODEOWNERS", "x[ @me\n");
    sandbox.write(".gitignore", "[z-a]\n");
    sandbox.write("tags_index.yaml", "tag: x\n");
    sandbox.write("pyproject.toml", "[tool\n");
    sandbox.write("Pkg/b.py", "");
    sandbox.write("codeintel.toml", "repo = 'o/r'\nmax_file_bytes = 60000\ntools.ruff = './ruff'\n");
    std::os::unix::fs::symlink("/etc", sandbox.path("outside")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("outside.py")).unwrap();
    std::os::unix::fs::symlink(".", sandbox.path("around")).unwrap();
    let args = ["ingest", "--tools", "ruff"];
    let mut command = transcript.sandbox.command(&args);
    transcript.add(&args, command.env("CODEINTEL_TOOLS_RUFF", "/nowhere/ruff"));
    transcript.run(&["explain", "broken.py"]);
    let problems = "SELECT coalesce(rel_path, '') || ': ' || severity || ': ' || message AS problem FROM core.problems ORDER BY ALL";
    transcript.run(&["query", problems, "--format", "csv"]);
    check!(transcript);
}

#[test]
fn verify_compares_with_a_fresh_build() {
    let mut transcript = Transcript::new(SMALL);
    transcript.sandbox.write("codeintel.toml", format!("{NO_INDEX}datasets = ['core.docstrings']\n"));
    transcript.sandbox.ok(&["ingest"]);
    transcript.run(&["verify"]);
    transcript.note("An edit that no run has seen.");
    transcript.sandbox.write("pkg/b.py", "class C:\n    'Class.'\n");
    transcript.run(&["verify"]);
    check!(transcript);
}

#[test]
fn indexes_are_exported_and_imported() {
    let mut transcript = Transcript::new(SMALL);
    transcript.sandbox.ok(&["ingest"]);
    transcript.run(&["scip", "export", "--output", "out"]);
    transcript.run(&["scip", "export", "--documents", "pkg/a.py,pkg/z.py"]);
    transcript.run(&["scip", "import", "out/index.scip"]);
    transcript.run(&["explain", "pkg/a.py"]);
    transcript.sandbox.write("pkg/b.py", "def g(x, y): return x\n");
    transcript.run(&["scip", "import", "out/index.scip"]);
    transcript.run(&["query", "SELECT rel_path, message FROM core.problems ORDER BY ALL"]);
    transcript.run(&["scip", "import", "nowhere.scip"]);
    transcript.run(&["scip", "import", "pkg"]);
    transcript.run(&["scip", "import", "codeintel.toml"]);
    let index = fs::read(transcript.sandbox.path("out/index.scip")).unwrap();
    transcript.sandbox.write("out/index.scip", &index[..index.len() - 100]);
    transcript.run(&["scip", "import", "out/index.scip"]);
    check!(transcript);
}

#[test]
fn garbage_is_collected_and_settings_are_shown() {
    let mut transcript = Transcript::new(SMALL);
    transcript.sandbox.ok(&["ingest"]);
    transcript.sandbox.write("pkg/b.py", "x = 1\n");
    transcript.sandbox.ok(&["ingest"]);
    transcript.run(&["gc"]);
    transcript.run(&["gc"]);
    transcript.run(&["config"]);
    transcript.run(&["datasets", "core.goids"]);
    check!(transcript);
}

#[test]
fn trust_is_given_and_taken_back() {
    let mut transcript = Transcript::new("");
    transcript.run(&["trust"]);
    transcript.sandbox.write("codeintel.toml", "repo = 'o/r'\ntools.ruff = './ruff'\nscip.command = ['./index.sh']\n");
    transcript.run(&["trust", "--list"]);
    transcript.run(&["status"]);
    transcript.run(&["trust"]);
    transcript.run(&["trust", "--list"]);
    transcript.run(&["trust", "--revoke"]);
    transcript.run(&["trust", "--revoke"]);
    check!(transcript);
}

#[test]
fn queries_print_rows_in_every_format() {
    let mut transcript = Transcript::new(SMALL);
    transcript.sandbox.ok(&["ingest"]);
    let sql = "SELECT module, is_package FROM core.modules ORDER BY module";
    for format in ["table", "json", "jsonl", "csv"] {
        transcript.run(&["query", sql, "--format", format]);
    }
    transcript.run(&["query", sql, "--limit", "1"]);
    transcript.run(&["query", sql, "--limit", "2"]);
    transcript.run(&["query", sql, "--output", "rows.csv", "--format", "csv"]);
    check!(transcript);
}

#[test]
fn a_query_that_cannot_be_answered_is_explained() {
    let mut transcript = Transcript::new(&format!("#- codeintel.toml\n{NO_INDEX}#- a.py\n"));
    transcript.sandbox.ok(&["ingest"]);
    for sql in [
        "",
        "SELECT 1; SELECT 2",
        "DELETE FROM core.modules",
        "EXPLAIN",
        "FROM read_csv('x.csv')",
        "SELECT getenv('HOME')",
        "SELECT json_structure('{}')",
        "FROM 'x.csv'",
        "FROM core.module",
        "FROM nothing_like_it",
        "SELECT modul FROM core.modules",
        "SELECT module FROM",
        "SELECT 'a'::INTEGER",
        "SELECT $a",
    ] {
        transcript.run(&["query", sql]);
    }
    transcript.run(&["query", "SELECT 1", "--param", "a=1"]);
    transcript.run(&["query", "SELECT 1", "--param", "a"]);
    transcript.run(&["query", "SELECT 1", "--output", ".codeintel/x"]);
    transcript.run(&["query", "SELECT 1", "--output", "."]);
    transcript.run(&["query", "SELECT 1", "--memory-limit", "1"]);
    check!(transcript);
}

#[test]
fn a_wrong_call_is_explained() {
    let mut transcript = Transcript::new(SMALL);
    transcript.run(&["ingset"]);
    transcript.run(&["ingest", "--fully"]);
    transcript.run(&["ingest", "--changed"]);
    transcript.run(&["ingest", "nowhere"]);
    transcript.run(&["datasets", "core.godis"]);
    transcript.run(&["ingest", "--datasets", "core.godis"]);
    transcript.run(&["ingest", "--tools", "mypy"]);
    for command in [&["query", "SELECT 1"][..], &["verify"], &["gc"], &["explain", "pkg/a.py"], &["scip", "export"]] {
        transcript.run(command);
    }
    transcript.sandbox.ok(&["ingest", "--scip-backend", "none"]);
    transcript.run(&["explain", "pkg/z.py"]);
    transcript.sandbox.write("notes.txt", "");
    for path in ["pkg/z.py", "notes.txt", "/etc/passwd"] {
        transcript.run(&["ingest", "--changed", path]);
    }
    transcript.note("Broken settings.");
    for settings in ["keep_snapshot = 3", "keep_snapshots = 'many'", "include_patterns = ['[']", "jobs = "] {
        transcript.sandbox.write("codeintel.toml", settings);
        transcript.text += &format!("$ echo \"{settings}\" > codeintel.toml\n");
        transcript.run(&["ingest"]);
    }
    check!(transcript);
}

#[test]
fn a_database_that_cannot_be_used_is_explained() {
    let mut transcript = Transcript::new(SMALL);
    let sandbox = &transcript.sandbox;
    sandbox.write("codeintel.toml", NO_INDEX);
    sandbox.write("other/text.duckdb", "mine");
    sandbox.write("other/sqlite.duckdb", "SQLite format 3\0more");
    for db in ["other/text.duckdb", "other/sqlite.duckdb", "other", "other/core.duckdb"] {
        transcript.run(&["ingest", "--db", db]);
    }
    transcript.run(&["ingest", "--full", "--db", "other/text.duckdb"]);

    transcript.note("Another process has it open.");
    transcript.sandbox.ok(&["ingest"]);
    let db = transcript.sandbox.path(".codeintel/codeintel.duckdb");
    let (held, _) = Database::open(&db, Access::Write, Duration::ZERO).unwrap();
    let mut command = transcript.sandbox.command(&["ingest"]);
    transcript.add(&["ingest"], command.env("CODEINTEL_LOCK_TIMEOUT", "0"));
    held.close().unwrap();

    transcript.note("It is damaged.");
    let good = fs::read(&db).unwrap();
    fs::write(&db, &good[100..]).unwrap();
    transcript.run(&["ingest"]);
    transcript.run(&["ingest", "--full"]);

    transcript.note("An earlier version has written it.");
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/databases");
    let packed = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    let old = transcript.sandbox.path("old.duckdb");
    let mut packed = flate2::read::GzDecoder::new(fs::File::open(packed).unwrap());
    std::io::copy(&mut packed, &mut fs::File::create(&old).unwrap()).unwrap();
    transcript.run(&["verify", "--db", "old.duckdb"]);
    transcript.run(&["query", "--db", "old.duckdb", "SELECT count(*) AS files FROM core.modules"]);
    transcript.run(&["ingest", "--quiet", "--db", "old.duckdb"]);
    transcript.run(&["ingest", "--db", "old.duckdb", "--repo", "o/other"]);

    transcript.note("Another user has written it.");
    let elsewhere = transcript.sandbox.user.path().join("elsewhere");
    let mut command = transcript.sandbox.command(&["ingest", "--quiet"]);
    transcript.add(&["ingest", "--quiet"], command.env("XDG_STATE_HOME", &elsewhere));
    transcript.sandbox.write("codeintel.toml", "db = 'data/x.duckdb'\n");
    transcript.sandbox.write("data/x.duckdb", &good);
    transcript.run(&["ingest", "--quiet"]);
    check!(transcript);
}

#[test]
fn an_interrupted_program_prints_nothing_more() {
    let mut transcript = Transcript::new(&format!("#- codeintel.toml\n{NO_INDEX}#- a.py\n"));
    let args = ["watch", "--format", "json"];
    let mut command = transcript.sandbox.command(&args);
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(watch.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert!(Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap().success());
    let output = watch.wait_with_output().unwrap();
    transcript.print(&args, &output);
    check!(transcript);
}
