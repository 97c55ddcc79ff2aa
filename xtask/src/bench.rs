//! `cargo xtask bench`: what a full build and a refresh cost, beside a plain Python pipeline where one is given.
//!
//! CPU seconds (user and system, of the process and its children) are what to compare; wall times depend on who else
//! uses the machine. Both sides run in turn, so that they see the same machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::Value;

use crate::indexers;
use crate::oracle::unpacked;
use crate::setup;
use crate::shell::{program, root};

const PACKAGES: &[&str] = &["django==5.2", "sympy==1.13.3"];
const EDITS: [usize; 3] = [1, 10, 100];

/// What is measured, as the Python pipeline names it, and our datasets that hold the same.
const FAMILIES: &[(&str, &str)] = &[("ast", "ast_nodes,ast_metrics"), ("ast,cst", "ast_nodes,ast_metrics,cst_nodes")];

struct Options {
    /// Compare indexers instead.
    indexers: bool,
    baseline: Option<PathBuf>,
    /// One of [`FAMILIES`].
    family: (&'static str, &'static str),
    runs: usize,
    packages: Vec<String>,
}

/// What one command cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
    pub(crate) peak_mb: f64,
    file_mb: f64,
    /// Rows written.
    rows: f64,
}

/// The command line for a repository and a database.
type Arguments = Box<dyn Fn(&Path, &Path) -> Vec<String>>;

/// One of the two that are measured.
struct Side {
    name: &'static str,
    full: Arguments,
    refresh: Arguments,
}

pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    if args.first().is_some_and(|arg| arg == "measure") {
        return measured(&args[1..]);
    }
    let options = options(args)?;
    setup::run();
    if options.indexers {
        return indexers::run(&options.packages, options.baseline.as_deref(), options.runs);
    }
    let sides = sides(&options)?;
    for package in &options.packages {
        let corpus = unpacked(package)?;
        println!("\n## {package}\n");
        println!("| scenario | side | CPU s | wall s | peak MB | file MB | rows written |");
        println!("|---|---|---|---|---|---|---|");
        let mut table: Vec<(String, Vec<Cost>)> = Vec::new();
        // Outside of any git repository: a plain folder, for both sides.
        let work = std::env::temp_dir().join("codeintel-bench");
        for scenario in scenarios() {
            let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); sides.len()];
            for run in 0..options.runs {
                for (side, costs) in sides.iter().zip(&mut costs) {
                    costs.push(scenario_cost(&scenario, side, &corpus, &work.join(side.name), run)?);
                }
            }
            let medians: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
            for (side, cost) in sides.iter().zip(&medians) {
                let Cost { cpu, wall, peak_mb, file_mb, rows } = cost;
                println!(
                    "| {scenario} | {} | {cpu:.3} | {wall:.3} | {peak_mb:.0} | {file_mb:.1} | {rows:.0} |",
                    side.name
                );
            }
            table.push((scenario, medians));
        }
        if sides.len() > 1 {
            let ratios =
                table.iter().map(|(scenario, costs)| format!("{scenario} {:.1}x", costs[1].cpu / costs[0].cpu));
            println!("\nCPU of {} over {}: {}", sides[1].name, sides[0].name, ratios.collect::<Vec<_>>().join(", "));
        }
        let database = work.join(sides[0].name).join("full.duckdb").to_string_lossy().into_owned();
        let script = root().join("xtask/bench/raw_append.py").to_string_lossy().into_owned();
        let raw: Value = serde_json::from_str(&program(setup::python()).args(&[script, database]).output()?)?;
        let full = table[0].1[0].cpu;
        println!(
            "Raw append of the same {} rows: {:.3} CPU s; the full build costs {:.1}x of it",
            raw["rows"],
            raw["cpu"].as_f64().unwrap_or(0.0),
            full / raw["cpu"].as_f64().unwrap_or(1.0)
        );
    }
    Ok(())
}

fn options(args: &[String]) -> anyhow::Result<Options> {
    let mut options = Options { indexers: false, baseline: None, family: FAMILIES[1], runs: 3, packages: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--indexers" => options.indexers = true,
            "--baseline" => options.baseline = Some(args.next().context("--baseline needs a folder")?.into()),
            "--datasets" => {
                let name = args.next().context("--datasets needs `ast` or `ast,cst`")?;
                let family = FAMILIES.iter().find(|(family, _)| family == name);
                options.family = *family.context("--datasets is `ast` or `ast,cst`")?;
            }
            "--runs" => options.runs = args.next().context("--runs needs a number")?.parse()?,
            flag if flag.starts_with('-') => bail!("unknown flag {flag}"),
            package => options.packages.push(package.to_owned()),
        }
    }
    if options.packages.is_empty() && !options.indexers {
        options.packages = PACKAGES.iter().map(|package| (*package).to_owned()).collect();
    }
    Ok(options)
}

fn sides(options: &Options) -> anyhow::Result<Vec<Side>> {
    let binary = setup::release_binary()?.to_string_lossy().into_owned();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (theirs_family, ours_family) = options.family;
    let ours = move |repo: &Path, db: &Path| {
        let words = [&binary, "ingest", "--quiet", "--format", "json", "--repo", "bench", "--datasets", ours_family];
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend(["--db".to_owned(), text(db), text(repo)]);
        words
    };
    let mut sides = vec![Side { name: "codeintel", full: Box::new(ours.clone()), refresh: Box::new(ours) }];
    if let Some(baseline) = &options.baseline {
        let python = baseline_python(baseline)?;
        let script = baseline.join("seed_baseline.py").canonicalize()?;
        let theirs = move |mode: &'static str| {
            let (python, script) = (python.clone(), script.clone());
            move |repo: &Path, db: &Path| {
                let mut words = vec![text(&python), text(&script), mode.to_owned()];
                words.extend(["--repo".to_owned(), text(repo), "--db".to_owned(), text(db)]);
                words.extend(["--datasets", theirs_family].map(str::to_owned));
                words
            }
        };
        let (full, refresh) = (Box::new(theirs("full")), Box::new(theirs("incremental")));
        sides.push(Side { name: "baseline", full, refresh });
    }
    Ok(sides)
}

/// The interpreter of the plain Python pipeline, with what that needs.
pub(crate) fn baseline_python(baseline: &Path) -> anyhow::Result<PathBuf> {
    let requirements = baseline.join("requirements.txt").to_string_lossy().into_owned();
    installed("venv", "python", &["-r", &requirements])
}

/// A program of a virtual environment of the benchmarks, which is made with some packages if it is not there.
pub(crate) fn installed(environment: &str, name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let environment = root().join("target/bench").join(environment);
    let wanted = environment.join("bin").join(name);
    if !wanted.exists() {
        program(setup::python()).args(&["-m", "venv", &environment.to_string_lossy()]).run()?;
        program(environment.join("bin/python")).args(&["-m", "pip", "install", "--quiet"]).args(packages).run()?;
    }
    Ok(wanted)
}

fn scenarios() -> Vec<String> {
    let edits = EDITS.iter().map(|files| format!("edit {files}"));
    ["full", "no-op"].map(str::to_owned).into_iter().chain(edits).chain(["switch back".to_owned()]).collect()
}

/// Bring a copy of the corpus and its database into the scenario's state, and measure one command.
fn scenario_cost(scenario: &str, side: &Side, corpus: &Path, work: &Path, run: usize) -> anyhow::Result<Cost> {
    let (repo, full, live) = (work.join("repo"), work.join("full.duckdb"), work.join("live.duckdb"));
    if scenario == "full" {
        if work.exists() {
            fs::remove_dir_all(work)?;
        }
        copy_tree(corpus, &repo)?;
        let cost = measure(&(side.full)(&repo, &full), &full)?;
        // What was written last is too young to be vouched for; a run later settles it.
        std::thread::sleep(std::time::Duration::from_millis(50));
        measure(&(side.refresh)(&repo, &full), &full)?;
        return Ok(cost);
    }
    copy_database(&full, &live)?;
    let files = scenario.strip_prefix("edit ").map_or(Ok(if scenario == "no-op" { 0 } else { 100 }), str::parse)?;
    let chosen = chosen_files(&repo, files)?;
    let saved: Vec<(PathBuf, String)> =
        chosen.into_iter().map(|path| Ok((path.clone(), fs::read_to_string(&path)?))).collect::<anyhow::Result<_>>()?;
    for (path, text) in &saved {
        fs::write(path, format!("{text}\n_bench_edit = {run}\n"))?;
    }
    let restore = || saved.iter().try_for_each(|(path, text)| fs::write(path, text));
    if scenario == "switch back" {
        measure(&(side.refresh)(&repo, &live), &live)?;
        restore()?;
    }
    let cost = measure(&(side.refresh)(&repo, &live), &live)?;
    restore()?;
    // The files have other times than in the database of the full build now.
    measure(&(side.refresh)(&repo, &full), &full)?;
    Ok(cost)
}

/// A database is its file and its log.
fn copy_database(from: &Path, to: &Path) -> anyhow::Result<()> {
    let log = |path: &Path| PathBuf::from(format!("{}.wal", path.display()));
    for (from, to) in [(from.to_owned(), to.to_owned()), (log(from), log(to))] {
        if to.exists() {
            fs::remove_file(&to)?;
        }
        if from.exists() {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

/// The Python files of a folder with their sizes in bytes.
pub(crate) fn python_files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                let size = fs::metadata(&path)?.len();
                files.push((path, size));
            }
        }
    }
    Ok(files)
}

/// Files spread over the repository, large enough to be worth an edit.
fn chosen_files(repo: &Path, count: usize) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = python_files(repo)?;
    files.retain(|(_, size)| *size > 1000);
    files.sort();
    let step = files.len() as f64 / count.max(1) as f64;
    Ok((0..count.min(files.len())).map(|i| files[((i as f64 + 0.5) * step) as usize].0.clone()).collect())
}

pub(crate) fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

pub(crate) fn median(costs: &[Cost]) -> Cost {
    let middle = |value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Cost {
        cpu: middle(|cost| cost.cpu),
        wall: middle(|cost| cost.wall),
        peak_mb: middle(|cost| cost.peak_mb),
        file_mb: middle(|cost| cost.file_mb),
        rows: middle(|cost| cost.rows),
    }
}

/// Run a command in a process of its own that reports what its children cost.
pub(crate) fn measure(words: &[String], database: &Path) -> anyhow::Result<Cost> {
    let output = Command::new(std::env::current_exe()?).args(["bench", "measure"]).args(words).output()?;
    if !output.status.success() {
        bail!("{} failed: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    let line = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(line.lines().last().unwrap_or_default())?;
    let number = |key: &str| report[key].as_f64().unwrap_or(f64::NAN);
    let bytes = fs::metadata(database).map_or(0, |metadata| metadata.len());
    Ok(Cost {
        cpu: number("cpu"),
        wall: number("wall"),
        peak_mb: number("peak_mb"),
        file_mb: bytes as f64 / 1e6,
        rows: rows_written(&line),
    })
}

/// The rows that a side says it wrote, in the JSON line that it prints.
fn rows_written(printed: &str) -> f64 {
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    let of_line = |line: Value| match (&line["datasets"], &line["written"]) {
        (Value::Array(datasets), _) => datasets.iter().map(|dataset| number(&dataset["rows"])).sum(),
        (_, Value::Object(tables)) => {
            tables.iter().filter(|(name, _)| name.starts_with("core.")).map(|(_, rows)| number(rows)).sum()
        }
        _ => 0.0,
    };
    lines.map(of_line).sum()
}

/// The process that [`measure`] starts.
fn measured(words: &[String]) -> anyhow::Result<()> {
    let (name, args) = words.split_first().context("a command")?;
    let clock = Instant::now();
    let status = Command::new(name).args(args).status()?;
    let wall = clock.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    println!(
        "{}",
        serde_json::json!({"cpu": cpu_seconds()?, "wall": wall, "peak_mb": usage.max_rss() as f64 / 1024.0})
    );
    Ok(())
}

/// The CPU seconds of all programs that this process has run and waited for.
pub(crate) fn cpu_seconds() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
