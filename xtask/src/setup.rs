//! What developing needs and a fresh machine lacks.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::shell::{cargo, program, root, target};

/// The prebuilt library of the DuckDB that the crate `duckdb` was made for.
const LIBDUCKDB: &str = "1.5.6-r.1";

/// What the oracles and the tests import or run, and what checks the spelling.
const PYTHON_PACKAGES: &[&str] = &[
    "duckdb>=1.5.5,<1.6",
    "docstring_parser==0.18.0",
    "grimp==3.20",
    "libcst==1.9.0",
    "networkx==3.6.1",
    "pyarrow",
    "pyrefly==1.4.1",
    "pyright[nodejs]==1.1.414",
    "radon==6.0.1",
    "ruff==0.17.6",
    "typos==1.52.0",
];

/// Indexers that are compared with.
const NPM_PACKAGES: &[&str] = &["@sourcegraph/scip-python@0.6.6"];

/// Get what is missing. Without npm DuckDB is compiled from source; without Python 3.13 the oracles are skipped.
pub(crate) fn run() {
    if let Err(error) = libduckdb() {
        println!("setup: no prebuilt libduckdb ({error:#}); DuckDB will be compiled from source, which takes a while");
    }
    if let Err(error) = npm_packages() {
        println!("setup: no packages from npm ({error:#}); tests that need them will be skipped");
    }
    match python_environment() {
        Ok(python) => println!("setup: oracles use {}", python.display()),
        Err(error) => println!("setup: no Python for the oracles ({error:#}); their tests will be skipped"),
    }
}

/// A program that an npm package has installed.
pub(crate) fn npm_program(name: &str) -> PathBuf {
    root().join("target/npm/node_modules/.bin").join(name)
}

fn npm_packages() -> anyhow::Result<()> {
    let folder = root().join("target/npm");
    let marker = folder.join("packages");
    let wanted = NPM_PACKAGES.join("\n");
    if std::fs::read_to_string(&marker).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let prefix = folder.to_string_lossy().into_owned();
    program("npm")
        .args(&["install", "--silent", "--no-audit", "--no-fund", "--prefix", &prefix])
        .args(NPM_PACKAGES)
        .run()?;
    std::fs::write(marker, wanted)?;
    Ok(())
}

/// The cargo arguments that choose how DuckDB is linked.
pub(crate) fn features() -> &'static [&'static str] {
    if has_prebuilt() { &[] } else { &["--features", "codeintel/bundled"] }
}

/// The release build of the program.
pub(crate) fn release_binary() -> anyhow::Result<PathBuf> {
    cargo(&["build", "--release", "--locked", "-p", "codeintel"]).args(features()).run()?;
    Ok(target().join("release/codeintel"))
}

/// Python of the environment that [`run`] makes.
pub(crate) fn python() -> PathBuf {
    root().join(".venv/bin/python")
}

/// The environment's Python, or any that has pip.
pub(crate) fn any_python() -> anyhow::Result<PathBuf> {
    let candidates = [python(), "python3".into(), "python".into()];
    let has_pip = |python: &PathBuf| program(python).args(&["-m", "pip", "--version"]).output().is_ok();
    candidates.into_iter().find(has_pip).context("there is no Python with pip")
}

fn has_prebuilt() -> bool {
    let folder = std::env::var_os("DUCKDB_LIB_DIR").map_or_else(|| root().join(".duckdb"), PathBuf::from);
    ["libduckdb.so", "libduckdb.dylib"].iter().any(|name| folder.join(name).exists())
}

fn libduckdb() -> anyhow::Result<()> {
    if has_prebuilt() {
        return Ok(());
    }
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => bail!("none is published for {os} on {arch}"),
    };
    let folder = root().join(".duckdb");
    std::fs::create_dir_all(&folder)?;
    let package = format!("@duckdb/node-bindings-{platform}@{LIBDUCKDB}");
    let folder_text = folder.to_string_lossy().into_owned();
    let packed = program("npm").args(&["pack", "--silent", "--pack-destination", &folder_text, &package]).output()?;
    let archive = folder.join(packed.trim().lines().last().context("npm pack printed no file name")?);
    let archive_text = archive.to_string_lossy().into_owned();
    let library = if platform.starts_with("darwin") { "package/libduckdb.dylib" } else { "package/libduckdb.so" };
    program("tar").args(&["-xzf", &archive_text, "-C", &folder_text, "--strip-components=1", library]).run()?;
    std::fs::remove_file(archive)?;
    Ok(())
}

/// The Python of the oracles, made if it is not there.
pub(crate) fn python_environment() -> anyhow::Result<PathBuf> {
    let python = python();
    let marker = root().join(".venv/packages");
    let wanted = PYTHON_PACKAGES.join("\n");
    if std::fs::read_to_string(&marker).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let base = newest_python()?;
    program(&base).args(&["-m", "venv", "--clear", ".venv"]).run()?;
    program(&python).args(&["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES).run()?;
    std::fs::write(marker, wanted)?;
    Ok(python)
}

/// CPython 3.13: its tree is what `core.ast_nodes` promises.
pub(crate) fn newest_python() -> anyhow::Result<PathBuf> {
    let mut candidates: Vec<PathBuf> = vec!["python3.13".into(), "python3".into()];
    if let Some(home) = std::env::var_os("HOME") {
        let versions = PathBuf::from(home).join(".pyenv/versions");
        let installed = std::fs::read_dir(versions).into_iter().flatten().flatten().map(|entry| entry.path());
        candidates.extend(installed.map(|version| version.join("bin/python3")));
    }
    let is_right = |python: &PathBuf| {
        let version = program(python).args(&["-c", "import sys; print(*sys.version_info[:2])"]).output();
        version.is_ok_and(|version| version.trim() == "3 13")
    };
    candidates.into_iter().find(is_right).context("there is no Python 3.13")
}
