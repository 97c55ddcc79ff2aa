//! `cargo xtask oracle`: the tables of real packages against the answers of CPython and LibCST.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::setup;
use crate::shell::{program, root};

/// Compared when no package is named, after the standard library of the oracle's own Python.
const PACKAGES: &[&str] = &["django==5.2", "requests==2.32.3", "flask==3.1.0"];

pub(crate) fn run(packages: &[String]) -> anyhow::Result<()> {
    setup::run();
    let codeintel = setup::release_binary()?;
    let mut places = Vec::new();
    if packages.is_empty() {
        let library =
            program(setup::python()).args(&["-c", "import os; print(os.path.dirname(os.__file__))"]).output()?;
        places.push(PathBuf::from(library.trim()));
    }
    let named: Vec<&str> =
        if packages.is_empty() { PACKAGES.to_vec() } else { packages.iter().map(String::as_str).collect() };
    for package in named {
        places.push(unpacked(package)?);
    }
    let mut failed = Vec::new();
    for place in places {
        println!("oracle: {}", place.display());
        let database = root().join("target/oracle.duckdb");
        for file in [&database, &database.with_extension("duckdb.wal")] {
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        let database = database.to_string_lossy().into_owned();
        let place_text = place.to_string_lossy().into_owned();
        program(&codeintel).args(&["ingest", "--quiet", "--repo", "oracle", "--db", &database, &place_text]).run()?;
        for script in ["tables.py", "cst.py", "annotations.py", "coverage.py", "imports.py", "references.py"] {
            let path = root().join("xtask/oracle").join(script).to_string_lossy().into_owned();
            if program(setup::python()).args(&[&path, &place_text, &database]).run().is_err() {
                failed.push(format!("{place_text} ({script})"));
            }
        }
        if place.starts_with(root()) && scip(&codeintel, &place_text, &database).is_err() {
            failed.push(format!("{place_text} (scip.py)"));
        }
    }
    if !failed.is_empty() {
        bail!("differences in {}", failed.join(", "));
    }
    Ok(())
}

/// The documents that scip-python makes for us, against its own index.
fn scip(codeintel: &Path, place: &str, database: &str) -> anyhow::Result<()> {
    let scip_python = setup::npm_program("scip-python").to_string_lossy().into_owned();
    let args = ["ingest", "--quiet", "--repo", "oracle", "--db", database, "--scip-backend", "scip-python", place];
    program(codeintel)
        .args(&args)
        .env("CODEINTEL_SCIP_PROGRAM", &scip_python)
        .env("CODEINTEL_SCIP_PROJECT_NAME", "oracle")
        .run()?;
    let script = root().join("xtask/oracle/scip.py").to_string_lossy().into_owned();
    program(setup::python()).args(&[&script, place, database, &scip_python, "oracle"]).run()
}

/// A package from PyPI, downloaded and unpacked once.
pub(crate) fn unpacked(package: &str) -> anyhow::Result<PathBuf> {
    let folder = root().join("target/corpora").join(package.replace("==", "-"));
    if folder.exists() {
        return Ok(folder);
    }
    let wheels = root().join("target/wheels").join(package.replace("==", "-"));
    let wheels_text = wheels.to_string_lossy().into_owned();
    let python = setup::any_python()?;
    program(&python)
        .args(&["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", &wheels_text, package])
        .run()?;
    let wheel = fs::read_dir(&wheels)?.flatten().next().context("pip downloaded nothing")?.path();
    let partial = folder.with_extension("partial");
    fs::create_dir_all(&partial)?;
    unzip(&python, &wheel, &partial)?;
    fs::rename(partial, &folder)?;
    Ok(folder)
}

fn unzip(python: &Path, wheel: &Path, folder: &Path) -> anyhow::Result<()> {
    let (wheel, folder) = (wheel.to_string_lossy().into_owned(), folder.to_string_lossy().into_owned());
    program(python).args(&["-m", "zipfile", "-e", &wheel, &folder]).run()
}
