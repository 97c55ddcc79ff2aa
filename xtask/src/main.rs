//! What developers run: `cargo xtask TASK`.
#![expect(clippy::print_stdout, reason = "a developer's tool talks to its developer")]

mod bench;
mod fuzz;
mod indexers;
mod oracle;
mod setup;
mod shell;
mod tidy;

use anyhow::{Context as _, bail};

use crate::shell::{cargo, program};

const USAGE: &str = "usage: cargo xtask TASK

  demo     build codeintel, ingest Django from PyPI and query it
  setup    get what developing needs: a prebuilt libduckdb, a Python environment for the oracles
  ci       everything that must hold: fmt, clippy, tests, docs, tidy, release build
  tidy     the rules of the repository that the compiler cannot check
  docs     write the generated pages under docs anew
  oracle   compare the tables of real packages with CPython and radon [PACKAGE...]
  bench    measure against the plain Python pipeline [--baseline DIR] [--datasets ast|ast,cst] [--runs N] [PACKAGE...];
           with --indexers against scip-python and ty-scip
  soak     what takes too long for ci: every test, and each fuzz target for 20 minutes
  fuzz     run fuzz targets on this machine [decode|parse|scip_reader|settings...] [--seconds N]
  install  build a release and print where it is";

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("demo") => demo(),
        Some("setup") => {
            setup::run();
            Ok(())
        }
        Some("ci") => ci(),
        Some("tidy") => tidy::run(),
        Some("docs") => docs(),
        Some("oracle") => oracle::run(rest),
        Some("bench") => bench::run(rest),
        Some("soak") => soak(),
        Some("fuzz") => fuzz::run(rest),
        Some("install") => {
            println!("{}", setup::release_binary()?.display());
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

fn demo() -> anyhow::Result<()> {
    setup::run();
    let codeintel = setup::release_binary()?;
    let django = oracle::unpacked("django==5.2")?;
    let root = django.to_string_lossy().into_owned();
    program(&codeintel).args(&["ingest", "--repo", "django/django", &root]).run()?;
    let sql = "SELECT rel_path, complexity, loc FROM core.ast_metrics ORDER BY complexity DESC LIMIT 5";
    program(&codeintel).args(&["query", "--root", &root, sql]).run()
}

fn ci() -> anyhow::Result<()> {
    setup::run();
    // Where there is a Python for the oracles, the tests that compare with it must not be skipped.
    if setup::newest_python().is_ok() {
        setup::python_environment().context("ci: the oracles cannot be installed")?;
    }
    cargo(&["fmt", "--all", "--check"]).run()?;
    tidy::run()?;
    let features = setup::features();
    let with = |args: &[&str]| cargo(args).args(features).args(&["--locked"]);
    with(&["clippy", "--workspace", "--all-targets"]).args(&["--", "-D", "warnings"]).run()?;
    if cargo(&["nextest", "--version"]).output().is_ok() {
        with(&["nextest", "run", "--workspace", "--profile", "ci"]).run()?;
    } else {
        with(&["test", "--workspace", "--all-targets"]).run()?;
    }
    fuzz::check()?;
    with(&["test", "--workspace", "--doc", "--quiet"]).run()?;
    with(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings").run()?;
    setup::release_binary()?;
    println!("ci: all passed");
    Ok(())
}

fn soak() -> anyhow::Result<()> {
    setup::run();
    let tests = cargo(&["nextest", "run", "--workspace", "--locked", "--profile", "soak"]);
    tests.args(setup::features()).run()?;
    fuzz::run(&["--seconds".to_owned(), "1200".to_owned()])
}

fn docs() -> anyhow::Result<()> {
    let tests = ["pages_in_docs_are_those_of_the_code", "the_page_of_settings_is_that_of_the_code"];
    cargo(&["test", "--workspace", "--quiet"])
        .args(setup::features())
        .args(&["--"])
        .args(&tests)
        .env("UPDATE_DOCS", "1")
        .run()
}
