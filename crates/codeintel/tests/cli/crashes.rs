//! Runs that are killed, collide, or find no room.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use codeintel_store::{Access, Database};

use crate::{Sandbox, fields, stderr};

/// Files enough for a run to take a while.
fn many(sandbox: &Sandbox, files: usize, salt: usize) {
    for file in 0..files {
        let functions: String = (0..60)
            .map(|i| {
                format!("def f{i}(a, b={salt}):\n    '''Doc {file}.'''\n    return [a + b + {i} for x in a if x]\n\n")
            })
            .collect();
        sandbox.write(&format!("pkg/m{file}.py"), functions);
    }
}

#[test]
fn a_run_that_is_killed_at_any_moment_loses_nothing() {
    let sandbox = Sandbox::new("");
    many(&sandbox, 120, 0);
    let begun = Instant::now();
    sandbox.ingest(&[]);
    let whole = begun.elapsed();
    let mut killed = 0;
    for round in 1..=10_u32 {
        many(&sandbox, 120, round as usize);
        let mut child =
            sandbox.command(&["ingest", "--repo", "o/r"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole * round / 11);
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        // What is there is a whole truth: of this round or of the one before.
        assert_eq!(sandbox.query("SELECT count(*) FROM core.modules"), ["120"]);
        let functions = sandbox.query("SELECT count(*) FROM core.goids WHERE kind = 'function'");
        assert_eq!(functions, ["7200"]);
    }
    assert!(killed > 0, "no run was killed");
    sandbox.ingest(&[]);
    sandbox.assert_verified();
}

#[test]
fn of_two_runs_at_once_one_waits_for_the_other() {
    let sandbox = Sandbox::new("");
    many(&sandbox, 60, 0);
    let runs: Vec<_> = (0..3)
        .map(|_| sandbox.command(&["ingest", "-q", "--repo", "o/r"]).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    sandbox.assert_verified();
}

#[test]
fn who_does_not_wait_is_told_who_holds_the_file() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n");
    sandbox.ingest(&[]);
    let db = sandbox.path(".codeintel/codeintel.duckdb");
    let (held, _) = Database::open(&db, Access::Write, Duration::ZERO).unwrap();
    let output =
        sandbox.command(&["ingest", "-q", "--repo", "o/r"]).env("CODEINTEL_LOCK_TIMEOUT", "0").output().unwrap();
    let said = stderr(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("in use by") && said.contains(&format!("PID {}", std::process::id())), "{said}");
    held.close().unwrap();
    sandbox.ingest(&[]);
    sandbox.assert_verified();
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_full_builds_a_new_one() {
    let sandbox = Sandbox::new("#- a.py\nx = 1\n");
    sandbox.ingest(&[]);
    let db = sandbox.path(".codeintel/codeintel.duckdb");
    fs::write(&db, "this is no database at all ".repeat(1000)).unwrap();
    let (code, said) = sandbox.fails(&["ingest", "--repo", "o/r"]);
    assert!(code == 3 && said.contains("cannot be read") && said.contains("--full"), "{said}");
    assert_eq!(fields(&sandbox.ingest(&["--full"]), ["parsed"]), [1]);
    assert!(db.with_extension("duckdb.old-1").exists(), "nothing is thrown away");
    sandbox.assert_verified();
}

/// Settings for tests of many runs that are not about definitions and references.
const NO_INDEX: &str = "#- codeintel.toml\nscip.backend = \"none\"\n";

/// Overwrite some blocks of a database, one after the other.
fn check_damage(every: usize) {
    let sandbox = Sandbox::new(NO_INDEX);
    many(&sandbox, 40, 0);
    sandbox.ingest(&[]);
    let db = sandbox.path(".codeintel/codeintel.duckdb");
    let good = fs::read(&db).unwrap();
    let block = 256 << 10;
    for start in (0..good.len()).step_by(block * every) {
        let mut bad = good.clone();
        bad[start..(start + block).min(good.len())].fill(0x5a);
        fs::write(&db, bad).unwrap();
        sandbox.ingest(&["--full"]);
        sandbox.assert_verified();
        fs::write(&db, &good).unwrap();
    }
}

#[test]
fn damage_inside_the_file_is_named_and_full_mends_it() {
    check_damage(6);
}

/// For `cargo xtask soak`.
#[test]
fn soak_damage_anywhere_inside_the_file_is_named_and_full_mends_it() {
    check_damage(1);
}

/// Run shell lines with mounts of their own; none where the system does not let us.
fn with_mounts(lines: &str, dir: &Path) -> Option<std::process::Output> {
    let unshare = |line: &str| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", line])
            .current_dir(dir)
            .output()
    };
    match unshare("mount -t tmpfs tmpfs .") {
        Ok(probe) if probe.status.success() => Some(unshare(lines).unwrap()),
        _ => {
            eprintln!("skipped: this system allows no mounts in a namespace of one's own");
            None
        }
    }
}

#[test]
fn a_full_disk_is_named_and_leaves_the_old_truth() {
    let sandbox = Sandbox::new("#- repo/codeintel.toml\nscip.backend = \"none\"\n#- repo/a.py\nx = 1\n");
    let big: String = (0..100_000).map(|i| format!("name_{i} = call_{i}({i}, other_{i})\n")).collect();
    sandbox.write("big.py", big);
    fs::create_dir(sandbox.path("small")).unwrap();
    let program = env!("CARGO_BIN_EXE_codeintel");
    let lines = format!(
        "set -e; mount -t tmpfs -o size=4m tmpfs small
         {program} ingest -q --db small/x.duckdb --repo r repo
         cp big.py repo/b.py
         {program} ingest -q --db small/x.duckdb --repo r repo 2> said && exit 3 || echo code $?
         {program} query --db small/x.duckdb --format csv 'SELECT path FROM core.modules'
         cat said
         mount -o remount,size=200m small
         {program} ingest -q --db small/x.duckdb --repo r repo
         {program} verify -q --db small/x.duckdb --repo r repo"
    );
    let Some(output) = with_mounts(&lines, sandbox.root()) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", stderr(&output));
    let (first, rest) = said.split_once("error: ").unwrap();
    assert!(first == "code 3\npath\na.py\n" && rest.starts_with("the disk is full"), "{said}");
    assert_eq!(
        rest.lines().take_while(|line| !line.starts_with("the database equals")).count(),
        2,
        "a sentence and a hint: {said}"
    );
    assert!(said.contains("equals a fresh build"), "{said}");
}

#[test]
fn full_folders_for_temporary_files_and_for_state_cost_nothing_but_a_line() {
    let sandbox = Sandbox::new("#- repo/a.py\nx = 1\n#- full/x\n");
    let program = env!("CARGO_BIN_EXE_codeintel");
    let lines = format!(
        "set -e; mount -t tmpfs -o size=64k tmpfs full
         mkdir -m 700 full/codeintel; head -c 1m /dev/zero > full/zeros || true
         export TMPDIR=$PWD/full XDG_STATE_HOME=$PWD/full XDG_CONFIG_HOME=$PWD/full HOME=$PWD/full
         {program} ingest -q --repo r repo
         echo 'y = 1' > repo/b.py
         {program} ingest -q --db repo/.codeintel/codeintel.duckdb --repo r repo
         {program} query --root repo --db repo/.codeintel/codeintel.duckdb --format csv 'SELECT path FROM core.modules ORDER BY 1'
         {program} verify -q --db repo/.codeintel/codeintel.duckdb --repo r repo
         rm full/zeros; rm -r repo/.codeintel
         {program} ingest -q --repo r repo; {program} verify -q --repo r repo"
    );
    let Some(output) = with_mounts(&lines, sandbox.root()) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", stderr(&output));
    assert_eq!(said.matches("equals a fresh build").count(), 2, "{said}");
    assert!(said.starts_with("path\na.py\nb.py\n"), "{said}");
    let complaints: Vec<String> =
        stderr(&output).lines().filter(|line| line.contains("recognized")).map(str::to_owned).collect();
    assert_eq!(complaints.len(), 1, "{}", stderr(&output));
}

#[test]
fn a_database_that_was_cut_short_anywhere_is_rebuilt_by_full_in_words_of_ours() {
    let sandbox = Sandbox::new(NO_INDEX);
    many(&sandbox, 10, 0);
    sandbox.ingest(&[]);
    sandbox.ok(&["gc"]);
    let db = sandbox.path(".codeintel/codeintel.duckdb");
    let good = fs::read(&db).unwrap();
    let log = fs::read(db.with_extension("duckdb.wal")).ok();
    for length in
        [0, 1, 100, 4095, 4096, 5000, 8192, 12287, 12288, 20_000, good.len() / 2, good.len() - 262_144, good.len() - 1]
    {
        fs::write(&db, &good[..length]).unwrap();
        if let Some(log) = &log {
            fs::write(db.with_extension("duckdb.wal"), log).unwrap();
        }
        let output = sandbox.run(&["ingest", "--repo", "o/r"]);
        let said = stderr(&output);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{length}: {said}");
        assert!(
            !said.contains("Stack Trace") && !said.contains("assertion") && said.lines().count() <= 2,
            "{length}: {said}"
        );
        if !output.status.success() {
            assert!(said.contains("--full"), "{length}: {said}");
        }
        fs::write(&db, &good[..length]).unwrap();
        sandbox.ingest(&["--full"]);
        sandbox.assert_verified();
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let sandbox = Sandbox::new("#- repo/a.py\nx = 1\n");
    let program = env!("CARGO_BIN_EXE_codeintel");
    let lines = format!(
        "mount --bind repo repo && mount -o remount,ro,bind repo || exit 9
         {program} ingest repo; echo code $?
         {program} ingest -q --db elsewhere.duckdb repo; echo code $?"
    );
    let Some(output) = with_mounts(&lines, sandbox.root()) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said, "code 3\ncode 0\n", "{}", stderr(&output));
    assert!(
        stderr(&output).contains("cannot be written to") && stderr(&output).contains("--db"),
        "{}",
        stderr(&output)
    );
}
