//! What developers run: `cargo xtask TASK`.
#![expect(clippy::print_stdout, reason = "a developer's tool talks to its developer")]

mod bench;
mod fuzz;
mod indexers;
mod oracle;
mod replay;
mod setup;
mod shell;
mod test_runs;
mod tidy;

use anyhow::{Context as _, bail};

use crate::shell::{cargo, program, root};

const USAGE: &str = "usage: cargo xtask TASK

  demo     build codeintel, ingest Django from PyPI and query it
  setup    install what development needs: a prebuilt libduckdb, a Python environment for the oracles
  ci       everything that must pass: fmt, tidy, clippy, tests of an optimised build, docs
  test     run the tests whose names contain a text [FILTER]
  fmt      format all sources; with --check, list those that are not formatted
  tidy     check the rules that the compiler cannot check
  docs     regenerate the generated pages under docs
  oracle   compare the tables of real packages with CPython and radon [PACKAGE...]
  bench    measure against the plain Python pipeline [--baseline DIR] [--datasets ast|ast,cst] [--runs N] [PACKAGE...];
           with --indexers against scip-python and ty-scip
  replay   ingest the last N commits of a git repository one by one, and compare every K-th with a fresh build
           REPOSITORY N [--every K]
  soak     what takes too long for ci: every test with ten times as many histories, the oracles on all packages, replays of
           200 commits of git repositories, and each fuzz target for 20 minutes [REPOSITORY...]
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
        Some("fmt") => fmt(rest.iter().any(|arg| arg == "--check")),
        Some("test") => test_runs::some(rest),
        Some("tidy") => tidy::run(),
        Some("docs") => docs(),
        Some("oracle") => oracle::run(rest),
        Some("bench") => bench::run(rest),
        Some("replay") => replay::run(rest),
        Some("soak") => soak(rest),
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

/// Format all sources. The modules of datasets are declared by a macro, where rustfmt does not find them.
fn fmt(is_check: bool) -> anyhow::Result<()> {
    let check: &[&str] = if is_check { &["--check"] } else { &[] };
    cargo(&["fmt", "--all"]).args(check).run()?;
    let datasets = tidy::files_below(&root().join("crates/codeintel-datasets/src/tables"), "rs")?;
    program("rustfmt").args(&["--edition", "2024"]).args(check).args(&datasets).run()
}

fn ci() -> anyhow::Result<()> {
    setup::run();
    // Where there is a Python for the oracles, the tests that compare with it must not be skipped.
    if setup::newest_python().is_ok() {
        setup::python_environment().context("ci: the oracles cannot be installed")?;
    }
    fmt(true)?;
    tidy::run()?;
    let features = setup::features();
    // One profile for all, so that dependencies are compiled once: the program that is tested is the optimised one.
    let with = |args: &[&str]| cargo(args).args(features).args(&["--locked", "--profile", "ci"]);
    with(&["clippy", "--workspace", "--all-targets"]).args(&["--", "-D", "warnings"]).run()?;
    test_runs::all()?;
    fuzz::check()?;
    with(&["test", "--workspace", "--doc", "--quiet"]).run()?;
    with(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings").run()?;
    with(&["build", "--workspace"]).run()?;
    println!("ci: all passed");
    Ok(())
}

/// How many histories a property is tried on in a long run.
const CASES: &str = "240";

/// How many commits of a repository are replayed then.
const COMMITS: &str = "200";

fn soak(repositories: &[String]) -> anyhow::Result<()> {
    setup::run();
    let tests = cargo(&["nextest", "run", "--workspace", "--locked", "--profile", "soak", "--cargo-profile", "ci"]);
    tests.args(setup::features()).env("PROPTEST_CASES", CASES).run()?;
    oracle::run(&[])?;
    for repository in repositories {
        replay::run(&[repository.clone(), COMMITS.to_owned()])?;
    }
    fuzz::run(&["--seconds".to_owned(), "1200".to_owned()])
}

fn docs() -> anyhow::Result<()> {
    let tests = [
        "pages_in_docs_are_those_of_the_code",
        "the_page_of_settings_is_that_of_the_code",
        "the_schema_of_settings_is_that_of_the_code",
    ];
    cargo(&["test", "--workspace", "--quiet"])
        .args(setup::features())
        .args(&["--"])
        .args(&tests)
        .env("UPDATE_DOCS", "1")
        .run()
}
