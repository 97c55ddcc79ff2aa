//! The program as a user meets it: real folders, real git, real files. What it computes is tested further down.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so and stops")]

mod commands;
mod crashes;
mod hostile;
mod hostile_scip;
mod incremental;
mod messages;
mod odd_files;
mod oracle;
mod query;
mod scip;
mod tools;
mod types;
mod watch;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A repository in a temporary folder, and a user who has never seen another one.
struct Sandbox {
    dir: tempfile::TempDir,
    user: tempfile::TempDir,
    /// Whether the repository is trusted in every run.
    is_trusted: Cell<bool>,
}

impl Sandbox {
    /// Files in one text: `#- path` lines, each followed by the file's lines.
    fn new(files: &str) -> Self {
        let [dir, user] = [(), ()].map(|()| tempfile::tempdir().unwrap());
        let sandbox = Self { dir, user, is_trusted: Cell::new(false) };
        for file in files.split("#- ").skip(1) {
            let (path, text) = file.split_once('\n').unwrap_or((file, ""));
            sandbox.write(path.trim(), text);
        }
        sandbox
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"];
        let status = Command::new("git").args(identity).args(args).current_dir(self.root()).status().unwrap();
        assert!(status.success(), "git {args:?}");
    }

    /// The program, with nothing of the developer's own environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codeintel"));
        command.args(args).current_dir(self.root());
        command.env("XDG_STATE_HOME", self.user.path().join("state"));
        command.env("XDG_CONFIG_HOME", self.user.path().join("config"));
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("CODEINTEL_") {
                command.env_remove(key);
            }
        }
        if self.is_trusted.get() {
            command.env("CODEINTEL_TRUST", "1");
        }
        command
    }

    /// For tests of settings that need trust, and are about something else.
    fn trust(&self) {
        self.is_trusted.set(true);
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Run with success and give what it prints.
    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Run without success and give exit code and what it says.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}");
        (output.status.code().unwrap_or(-1), stderr(&output))
    }

    /// Ingest and give the summary.
    fn ingest(&self, args: &[&str]) -> Value {
        let args = [&["ingest", "--format", "json", "--repo", "o/r"], args].concat();
        serde_json::from_str(&self.ok(&args)).unwrap()
    }

    /// The first column of a query.
    fn query(&self, sql: &str) -> Vec<String> {
        let csv = self.ok(&["query", sql, "--format", "csv"]);
        csv.lines().skip(1).map(str::to_owned).collect()
    }

    fn assert_verified(&self) {
        let output = self.run(&["verify", "--repo", "o/r"]);
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The fields of a summary that a test names.
fn fields<const N: usize>(summary: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| summary[name].as_u64().unwrap_or_else(|| panic!("{name} in {summary}")))
}
