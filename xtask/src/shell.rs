//! Running other programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// A command that is shown as it runs.
pub(crate) struct Shell(Command);

/// A program by name or path.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Shell {
    let mut command = Command::new(name);
    command.current_dir(root());
    Shell(command)
}

/// The cargo that runs this task.
pub(crate) fn cargo(args: &[&str]) -> Shell {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).args(args)
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_owned(), Path::to_owned)
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

impl Shell {
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: &[S]) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.0.env(key, value);
        self
    }

    /// Run it, and fail if it fails.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        println!("$ {}", shown(&self.0));
        let status = self.0.status().with_context(|| shown(&self.0))?;
        if !status.success() {
            bail!("{} failed: {status}", shown(&self.0));
        }
        Ok(())
    }

    /// Run it silently and give what it prints.
    pub(crate) fn output(mut self) -> anyhow::Result<String> {
        let output = self.0.output().with_context(|| shown(&self.0))?;
        if !output.status.success() {
            bail!("{} failed: {}", shown(&self.0), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
