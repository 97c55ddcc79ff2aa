//! Fuzzing: `cargo xtask fuzz [TARGET...] [--seconds N]`.
//!
//! The targets have the layout of cargo-fuzz, which needs a nightly compiler for its sanitizers. Coverage alone, which is what guides
//! the fuzzer, can be had from a stable one.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::shell::{Shell, cargo, program, root};

/// The targets, as `fuzz/Cargo.toml` names them.
const TARGETS: [&str; 4] = ["decode", "parse", "scip_reader", "settings"];

/// What makes the compiler tell the fuzzer which ways were gone.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                        -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// Memory in MiB, and seconds for one input.
const LIMITS: [&str; 3] = ["-rss_limit_mb=2048", "-timeout=10", "-max_len=4096"];

/// Run some targets, or all, one after the other, for so many seconds each.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let mut seconds = 60_u32;
    let mut targets: Vec<&str> = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--seconds" => seconds = rest.next().context("--seconds N")?.parse().context("--seconds N")?,
            target if TARGETS.contains(&target) => targets.push(target),
            other => bail!("there is no fuzz target `{other}`: {}", TARGETS.join(", ")),
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    let host = host()?;
    // With a target of its own, build scripts and macros are built without coverage.
    let built = root().join("target/fuzz").join(&host).join("release");
    let build = manifest(&["build", "--release", "--locked", "--target", &host]);
    build.args(&["--target-dir", "target/fuzz"]).env("RUSTFLAGS", COVERAGE).run()?;
    let folder = root().join("target/fuzz");
    for target in targets {
        let [found, seeds, artifacts] = ["corpus", "seeds", "artifacts"].map(|name| folder.join(name).join(target));
        for made in [&found, &seeds, &artifacts] {
            fs::create_dir_all(made).with_context(|| made.display().to_string())?;
        }
        let prefix = format!("-artifact_prefix={}/", artifacts.display());
        let time = format!("-max_total_time={seconds}");
        let fuzz = program("nice").args(&["-n", "19"]).args(&[built.join(target)]);
        let fuzz = fuzz.env("FUZZ_SEEDS", &seeds.to_string_lossy());
        fuzz.args(&LIMITS).args(&[&*prefix, &*time, "-print_final_stats=1"]).args(&[found, seeds]).run()?;
    }
    Ok(())
}

/// Whether all targets compile. What they depend on is taken from where the workspace's own checks have left it.
pub(crate) fn check() -> anyhow::Result<()> {
    manifest(&["check", "--locked", "--bins", "--profile", "ci", "--target-dir", "target"]).run()
}

fn manifest(args: &[&str]) -> Shell {
    cargo(args).args(&[PathBuf::from("--manifest-path"), root().join("fuzz/Cargo.toml")])
}

/// The platform that the compiler runs on.
fn host() -> anyhow::Result<String> {
    let version = program("rustc").args(&["-vV"]).output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say which platform it runs on")
}
