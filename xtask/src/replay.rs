//! `cargo xtask replay`: a real history, commit by commit, against fresh builds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::bench::cpu_seconds;
use crate::setup;
use crate::shell::{program, root};

/// Every so many commits the database is compared with a fresh build.
const EVERY: usize = 5;

/// Ingest the last N commits of a repository one after the other, from the oldest on, and compare every K-th with a fresh build.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let usage = "usage: cargo xtask replay REPOSITORY N [--every K]";
    let [repository, count, rest @ ..] = args else { bail!("{usage}") };
    let count: usize = count.parse().context(usage)?;
    let every = match rest {
        [] => EVERY,
        [flag, number] if flag == "--every" => number.parse().context(usage)?,
        _ => bail!("{usage}"),
    };
    let codeintel = setup::release_binary()?;
    let work = root().join("target/replay");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let clone = work.join("clone");
    program("git").args(&["clone", "--quiet", "--no-checkout", repository, &text(&clone)]).run()?;
    let commits = git(&clone, &["rev-list", "--first-parent", "--max-count", &count.to_string(), "HEAD"])?;
    let commits: Vec<&str> = commits.lines().rev().collect();
    println!(
        "\n| commit | files changed | CPU s | parsed | documents resolved | of them other ones | MB |\n|---|---|---|---|---|---|---|"
    );
    let replay = Replay { codeintel, clone, database: work.join("replay.duckdb") };
    let mut totals = Totals::default();
    for (number, commit) in commits.iter().enumerate() {
        git(&replay.clone, &["checkout", "--quiet", "--force", commit])?;
        git(&replay.clone, &["clean", "--quiet", "-fdx"])?;
        let step = replay.ingest()?;
        println!("{}", step.row(commit));
        if number > 0 {
            totals.add(&step);
        }
        let is_last = number + 1 == commits.len();
        if number % every == every - 1 || is_last {
            replay.verify().with_context(|| format!("{commit}: the database differs from a fresh build"))?;
        }
    }
    println!("\n{}", totals.words(&replay, commits.len())?);
    Ok(())
}

/// A repository that is replayed, and its database.
struct Replay {
    codeintel: PathBuf,
    clone: PathBuf,
    database: PathBuf,
}

impl Replay {
    fn args(&self, command: &str) -> Vec<String> {
        let words = [command, "--repo", "replay", "--db", &text(&self.database)].map(str::to_owned);
        words.into_iter().chain([text(&self.clone)]).collect()
    }

    fn ingest(&self) -> anyhow::Result<Step> {
        let before = cpu_seconds()?;
        let printed = program(&self.codeintel).args(&self.args("ingest")).args(&["--format", "json"]).output()?;
        let cpu = cpu_seconds()? - before;
        let summary: Value = serde_json::from_str(&printed)?;
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let changed = ["added", "changed", "deleted", "renamed"].iter().map(|what| number(&summary[*what])).sum();
        Ok(Step {
            cpu,
            changed,
            parsed: number(&summary["parsed"]),
            resolved: number(&summary["scip"]["indexed"]),
            differing: number(&summary["scip"]["differing"]),
            bytes: fs::metadata(&self.database)?.len(),
        })
    }

    /// Fails where the database differs from a fresh build, and says in what.
    fn verify(&self) -> anyhow::Result<()> {
        program(&self.codeintel).args(&self.args("verify")).output().map(drop)
    }
}

/// What one commit cost.
#[derive(Debug)]
struct Step {
    cpu: f64,
    changed: u64,
    parsed: u64,
    resolved: u64,
    differing: u64,
    bytes: u64,
}

impl Step {
    fn row(&self, commit: &str) -> String {
        let Self { cpu, changed, parsed, resolved, differing, bytes } = self;
        let commit = commit.get(..10).unwrap_or(commit);
        format!(
            "| {commit} | {changed} | {cpu:.2} | {parsed} | {resolved} | {differing} | {:.1} |",
            *bytes as f64 / 1e6
        )
    }
}

/// What all commits but the first cost together.
#[derive(Debug, Default)]
struct Totals {
    cpu: Vec<f64>,
    parsed: u64,
    resolved: u64,
    differing: u64,
}

impl Totals {
    fn add(&mut self, step: &Step) {
        self.cpu.push(step.cpu);
        self.parsed += step.parsed;
        self.resolved += step.resolved;
        self.differing += step.differing;
    }

    fn words(mut self, replay: &Replay, commits: usize) -> anyhow::Result<String> {
        self.cpu.sort_by(f64::total_cmp);
        let median = self.cpu.get(self.cpu.len() / 2).copied().unwrap_or(0.0);
        let most = self.cpu.last().copied().unwrap_or(0.0);
        let Self { parsed, resolved, differing, .. } = self;
        let size = fs::metadata(&replay.database)?.len() as f64 / 1e6;
        let fresh = Replay {
            database: replay.database.with_extension("fresh.duckdb"),
            codeintel: replay.codeintel.clone(),
            clone: replay.clone.clone(),
        };
        let full = fresh.ingest()?;
        Ok(format!(
            "{commits} commits: CPU s a commit {median:.2} (median), {most:.2} (most), a fresh build {:.2}; {parsed} files parsed, \
             {resolved} documents resolved, {differing} of them other ones than before; {size:.1} MB, fresh {:.1} MB; equal to fresh builds",
            full.cpu,
            full.bytes as f64 / 1e6
        ))
    }
}

fn git(clone: &Path, args: &[&str]) -> anyhow::Result<String> {
    program("git").args(&["-C", &text(clone)]).args(args).output()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
