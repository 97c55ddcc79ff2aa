//! `cargo xtask bench --indexers`: what definitions and references cost, beside the indexers that others have made.
//!
//! All sides index the same files outside of git, in turn. CPU seconds are those of the process and its children.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use crate::bench::{Cost, baseline_python, copy_tree, installed, measure, median, python_files};
use crate::oracle::unpacked;
use crate::setup;

const PACKAGES: &[&str] = &["requests==2.32.3", "flask==3.1.0", "django==5.2"];
const TY_SCIP: &str = "ty-scip==0.1.0";

/// A large file of Django with many users; of other packages the largest file is edited.
const EDITED: &str = "django/db/models/query.py";

/// Edits of one file while the repository is watched.
const LIVE_EDITS: usize = 6;

/// A name and a command.
type Side = (&'static str, Vec<String>);

pub(crate) fn run(packages: &[String], baseline: Option<&Path>, runs: usize) -> anyhow::Result<()> {
    let defaults: Vec<String> = PACKAGES.iter().map(|package| (*package).to_owned()).collect();
    for package in if packages.is_empty() { &defaults } else { packages } {
        let work = std::env::temp_dir().join("codeintel-bench-indexers");
        if work.exists() {
            fs::remove_dir_all(&work)?;
        }
        copy_tree(&unpacked(package)?, &work.join("repo"))?;
        // Without a repository of git the Python pipeline makes no index.
        fs::create_dir(work.join("repo/.git"))?;
        compare(package, &work, baseline, runs)?;
    }
    Ok(())
}

fn compare(package: &str, work: &Path, baseline: Option<&Path>, runs: usize) -> anyhow::Result<()> {
    let repo = work.join("repo");
    println!("\n## {package}\n\n| scenario | side | CPU s | wall s | peak MB |\n|---|---|---|---|---|");
    let codeintel = |backend: &str| -> anyhow::Result<Vec<String>> {
        let binary = setup::release_binary()?;
        let db = work.join(format!("{backend}.duckdb"));
        let words = ["ingest", "--quiet", "--repo", "bench", "--scip-backend", backend, "--db"].map(str::to_owned);
        let program = format!("CODEINTEL_SCIP_PROGRAM={}", text(&setup::npm_program("scip-python")));
        Ok(["env".to_owned(), program, text(&binary)]
            .into_iter()
            .chain(words)
            .chain([text(&db), text(&repo)])
            .collect())
    };
    let index = |program: PathBuf, options: &[&str]| -> Vec<String> {
        let options = options.iter().map(|option| (*option).to_owned());
        let output = [text(&work.join("index.scip")), "--cwd".to_owned(), text(&repo)];
        [text(&program)].into_iter().chain(options).chain(output).collect()
    };
    let scip_python = setup::npm_program("scip-python");
    let theirs = ["index", ".", "--quiet", "--project-name", "bench", "--project-version", "0", "--output"];
    let mut full: Vec<Side> = vec![
        ("codeintel, all datasets", codeintel("native")?),
        ("codeintel, no index", codeintel("none")?),
        ("scip-python 0.6.6", index(scip_python.clone(), &theirs)),
        ("ty-scip 0.1.0", index(installed("indexers", "ty-scip", &[TY_SCIP])?, &["index", ".", "--quiet", "--output"])),
    ];
    let mut edit: Vec<Side> = vec![("codeintel, one shot", codeintel("native")?)];
    if let Some(baseline) = baseline {
        let python = baseline_python(baseline)?;
        let script = baseline.join("seed_baseline.py").canonicalize()?;
        let words = |mode: &str| {
            let words = [text(&python), text(&script), mode.into(), "--repo".into(), text(&repo), "--db".into()];
            let options = [text(&work.join("baseline.duckdb")), "--datasets".into(), "scip".into()];
            words
                .into_iter()
                .chain(options)
                .chain(["--scip-python".into(), text(&scip_python)])
                .collect::<Vec<String>>()
        };
        full.push(("Python pipeline with scip-python", words("full")));
        full.push(("codeintel with scip-python", codeintel("scip-python")?));
        edit.push(("Python pipeline with scip-python, one file", words("incremental")));
        edit.push(("codeintel with scip-python", codeintel("scip-python")?));
        let mut incremental = codeintel("scip-python")?;
        incremental.insert(1, "CODEINTEL_SCIP_MODE=incremental".to_owned());
        edit.push(("codeintel with scip-python, incremental mode", incremental));
    }
    let full_cost = |words: &[String]| {
        if let Some(database) = words.iter().find(|word| word.ends_with(".duckdb")) {
            remove_database(Path::new(database))?;
        }
        measure(words, &work.join("index.scip"))
    };
    // In turn, so that all sides see the same machine.
    let mut costs: Vec<anyhow::Result<Vec<Cost>>> = full.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..runs {
        for ((_, words), costs) in full.iter().zip(&mut costs) {
            if let Ok(known) = costs {
                match full_cost(words) {
                    Ok(cost) => known.push(cost),
                    Err(error) => *costs = Err(error),
                }
            }
        }
    }
    for ((name, _), costs) in full.iter().zip(costs) {
        report("full", name, costs);
    }
    let file = edited(&repo)?;
    let source = fs::read_to_string(&file)?;
    // The edited text is as young as the run before it only once.
    for (name, words) in &edit {
        let costs = (0..runs).map(|run| {
            thread::sleep(Duration::from_millis(50));
            measure(words, &work.join("index.scip"))?;
            fs::write(&file, with_another_body(&source, run)?)?;
            measure(words, &work.join("index.scip"))
        });
        report("edit of one body", name, costs.collect());
        fs::write(&file, &source)?;
    }
    let cpu = live(&repo, &work.join("native.duckdb"), &file, &source)?;
    println!("| edit of one body | codeintel, watching | {cpu:.3} | | |");
    fs::write(&file, source)?;
    Ok(())
}

fn report(scenario: &str, name: &str, costs: anyhow::Result<Vec<Cost>>) {
    match costs {
        Ok(costs) => {
            let Cost { cpu, wall, peak_mb, .. } = median(&costs);
            println!("| {scenario} | {name} | {cpu:.3} | {wall:.3} | {peak_mb:.0} |");
        }
        Err(error) => {
            let reason = error.to_string();
            let last = reason.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            println!("| {scenario} | {name} | fails: {last} | | |");
        }
    }
}

/// Mean CPU seconds of a refresh while the repository is watched, checkpoints of the database included.
fn live(repo: &Path, database: &Path, file: &Path, source: &str) -> anyhow::Result<f64> {
    let mut watch = Command::new(setup::release_binary()?)
        .args(["watch", "--quiet", "--format", "json", "--repo", "bench", "--db"])
        .args([database, repo])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(watch.stdout.take().context("no output")?).lines();
    let mut next = || lines.next().context("the watch has ended")?.context("the watch cannot be read");
    next()?;
    // The first edit after the start resolves what all later ones look into.
    let mut before = 0.0;
    for edit in 0..=LIVE_EDITS {
        fs::write(file, with_another_body(source, 100 + edit)?)?;
        next()?;
        thread::sleep(Duration::from_millis(500));
        if edit == 0 {
            before = cpu_seconds(watch.id())?;
        }
    }
    let spent = cpu_seconds(watch.id())? - before;
    watch.kill()?;
    watch.wait()?;
    Ok(spent / LIVE_EDITS as f64)
}

/// User and system seconds of a process so far, its finished children included.
fn cpu_seconds(id: u32) -> anyhow::Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).context("only Linux tells what a process costs")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: f64 = fields.skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}

fn edited(repo: &Path) -> anyhow::Result<PathBuf> {
    if repo.join(EDITED).exists() {
        return Ok(repo.join(EDITED));
    }
    let largest = python_files(repo)?.into_iter().max_by_key(|(_, size)| *size);
    Ok(largest.context("no Python file")?.0)
}

/// A source in which a method sets one more local variable.
fn with_another_body(source: &str, run: usize) -> anyhow::Result<String> {
    let at = source.find("\n        return ").context("no method returns anything")?;
    Ok(format!("{}\n        _bench = {run}{}", &source[..at], &source[at..]))
}

fn remove_database(path: &Path) -> anyhow::Result<()> {
    for path in [path.to_owned(), PathBuf::from(format!("{}.wal", path.display()))] {
        if path.exists() {
            fs::remove_file(path)?;
        }
    }
    let shards = PathBuf::from(format!("{}.scip", path.display()));
    if shards.exists() {
        fs::remove_dir_all(shards)?;
    }
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
