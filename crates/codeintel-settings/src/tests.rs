//! Settings from several places at once, and what is wrong in them.

use std::fs;

use super::*;
use crate::definition::find;

fn read(pyproject: &str, own: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("pyproject.toml"), pyproject).unwrap();
    fs::write(dir.path().join("codeintel.toml"), own).unwrap();
    let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::from_places(dir.path(), false, environment)
}

fn shown(settings: &Settings, key: &str) -> String {
    let (value, source) = find(key).unwrap().get(&settings.values);
    format!("{value} ({source})")
}

#[test]
fn later_places_win() {
    let pyproject = "[tool.codeintel]\njobs = 2\nrepo = 'a/b'\nkeep_snapshots = 3\n";
    let mut settings = read(pyproject, "jobs = 3\nrepo = 'c/d'", &[("CODEINTEL_JOBS", "4"), ("HOME", "x")]).unwrap();
    assert_eq!(shown(&settings, "keep_snapshots"), "3 (pyproject.toml)");
    assert_eq!(shown(&settings, "repo"), "\"c/d\" (codeintel.toml)");
    assert_eq!(shown(&settings, "jobs"), "4 (CODEINTEL_JOBS)");
    assert_eq!(shown(&settings, "ignore_files"), "true (default)");
    settings.set_by_flag(find("jobs").unwrap(), &Value::Integer(5));
    assert_eq!(shown(&settings, "jobs"), "5 (--jobs)");
}

#[test]
fn what_names_a_program_counts_from_the_user_and_from_a_trusted_repository_only() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("repo").canonicalize().unwrap_or_else(|_| dir.path().join("repo"));
    fs::create_dir_all(dir.path().join("config/codeintel")).unwrap();
    fs::create_dir_all(&root).unwrap();
    let root = root.canonicalize().unwrap();
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    write("config/codeintel/config.toml", "jobs = 7\nkeep_snapshots = 7\ntools.ruff = 'mine'\nscip.program = 'mine'");
    write("repo/pyproject.toml", "[tool.codeintel]\njobs = 2\ntools.pyright = './p'\nscip.backend = 'scip-python'");
    write("repo/codeintel.toml", "db = '../x'\ntools = { ruff = './r', timeout = 5 }");
    let config = dir.path().join("config").to_string_lossy().into_owned();
    let read = |is_trusted: bool, more: &[(&str, &str)]| {
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let environment = [("XDG_CONFIG_HOME".to_owned(), config.clone())].into_iter().chain(more);
        Settings::from_places(&root, is_trusted, environment).unwrap()
    };
    let values = |settings: &Settings| {
        let keys = [
            "jobs",
            "keep_snapshots",
            "tools.ruff",
            "tools.pyright",
            "scip.backend",
            "scip.program",
            "db",
            "tools.timeout",
        ];
        keys.map(|key| find(key).unwrap().get(&settings.values).0.to_string().replace('"', ""))
    };
    let untrusted = read(false, &[]);
    assert_eq!(values(&untrusted), ["2", "7", "mine", "", "native", "mine", ".codeintel/codeintel.duckdb", "5"]);
    let rows: Vec<String> =
        untrusted.problems.iter().map(|(file, problem)| format!("{file}: {}", problem.message)).collect();
    let why = "ignored until the repository is trusted, since programs, places outside of it or large limits are named";
    let expected = [
        format!("pyproject.toml: `scip.backend`, `tools.pyright` are {why}"),
        format!("codeintel.toml: `db`, `tools.ruff` are {why}"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(untrusted.warnings().len(), 1, "{:?}", untrusted.warnings());
    let all = ["2", "7", "./r", "./p", "scip-python", "mine", "../x", "5"];
    assert_eq!(values(&read(true, &[])), all);
    assert_eq!(values(&read(false, &[("CODEINTEL_TRUST", "1")])), all);
    assert_eq!(values(&read(false, &[("CODEINTEL_TRUST", "0")])), values(&untrusted));
    assert_eq!(values(&read(false, &[("CODEINTEL_TOOLS_RUFF", "typed")]))[2], "typed");
    untrusted.trusted_repositories().unwrap().grant(&root, untrusted.guarded()).unwrap();
    let trusted = read(false, &[]);
    assert_eq!((values(&trusted), trusted.problems.len(), trusted.warnings().len()), (all.map(str::to_owned), 0, 0));
    write("repo/codeintel.toml", "db = '../y'");
    let changed = read(false, &[]);
    assert_eq!((values(&changed)[3].as_str(), changed.problems.len()), ("", 2), "trust is in all of them together");
}

#[test]
fn what_is_no_file_is_a_problem_and_never_read() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    fs::create_dir(root.join("codeintel.toml")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(root.join("pyproject.toml")).status().unwrap().success());
    let settings = Settings::from_places(root, false, []).unwrap();
    let expected =
        ["pyproject.toml", "codeintel.toml"].map(|file| format!("{file}: not a regular file; nothing in it counts"));
    assert_eq!(settings.warnings(), expected);
}

#[test]
fn a_broken_file_of_other_tools_is_a_problem_and_a_broken_one_of_ours_an_error() {
    let settings = read("a = [", "jobs = 2", &[]).unwrap();
    assert_eq!(shown(&settings, "jobs"), "2 (codeintel.toml)");
    assert!(settings.warnings()[0].starts_with("pyproject.toml:1: ") && settings.warnings().len() == 1);
    assert!(read("", "a = [", &[]).is_err());
}

#[test]
fn lists_come_from_text_and_from_toml() {
    let settings = read("", "ignore_dirs = ['a']", &[("CODEINTEL_INCLUDE_PATTERNS", "*.py, x/*.pyi")]).unwrap();
    assert_eq!(*settings.values.ignore_dirs, ["a"]);
    assert_eq!(*settings.values.include_patterns, ["*.py", "x/*.pyi"]);
}

/// An error names the file with line and column, or the variable, and the key, with the nearest one for one that is not known.
#[test]
fn mistakes_are_named_with_their_place() {
    let check = |file: &str, text: &str, expected: &str| {
        let (pyproject, own) = if file == "pyproject.toml" { (text, "") } else { ("", text) };
        let error = read(pyproject, own, &[]).unwrap_err();
        assert_eq!(error.to_string(), format!("{file}:{expected}"));
    };
    let own = "codeintel.toml";
    check(own, "job = 1", "1:1: there is no setting `job`; did you mean `jobs`?");
    check(own, "# ä\n\n[scip]\n  worker = 1", "4:3: there is no setting `scip.worker`; did you mean `scip.workers`?");
    check(
        own,
        "scip = { mode = 'auto', 'wörker' = 1 }",
        "1:25: there is no setting `scip.wörker`; did you mean `scip.workers`?",
    );
    check(
        own,
        "scip = { project_name = 'ä', worker = 1 }",
        "1:30: there is no setting `scip.worker`; did you mean `scip.workers`?",
    );
    check(own, "scip.zzz = 1", "1:6: there is no setting `scip.zzz`; did you mean `scip.mode`?");
    check(own, "scip = 1", "1:1: there is no setting `scip`; did you mean `scip.mode`?");
    check(own, "jobs.many = 1", "1:6: there is no setting `jobs.many`; did you mean `jobs`?");
    check(own, "'scip.mode' = 1", "1:15: `scip.mode` must be `auto`, `full`, `incremental`, not `1`");
    check(own, "jobs = 1\nkeep_snapshots = 0", "2:18: `keep_snapshots` must be a whole number of at least 1, not `0`");
    check(own, "jobs = -1", "1:8: `jobs` must be a whole number of at least 0, not `-1`");
    check(own, "gc_share = 1.5", "1:12: `gc_share` must be a number from 0 to 1, not `1.5`");
    check(own, "db = ''", "1:6: `db` must be a path that is not empty, not ``");
    check(own, "ignore_dirs = 'a'", "1:15: `ignore_dirs` must be a list of texts, not `a`");
    check(own, "ignore_files = 'maybe'", "1:16: `ignore_files` must be true or false, not `maybe`");
    check(own, "log = 'loud'", "1:7: `log` must be `error`, `info`, `debug`, not `loud`");
    check(
        own,
        "tools.enabled = ['mypy']",
        "1:17: `tools.enabled` must be a list of `pyrefly`, `pyright`, `ruff`, not `[\"mypy\"]`",
    );
    check(
        own,
        "[query]\nmemory_limit = '1MB'",
        "2:16: `query.memory_limit` must be a size of at least 64MB, such as `512MB` or `4GB`, not `1MB`",
    );
    check(own, "a = 1\nb = [", "2:6: unclosed array, expected `]`");
    check("pyproject.toml", "[tool.codeintel]\nzzz = 1", "2:1: there is no setting `zzz`");
    check(
        "pyproject.toml",
        "[project]\nname = 'x'\n[tool]\ncodeintel.scip.workers = 'all'",
        "4:26: `scip.workers` must be a whole number of at least 0, not `all`",
    );
}

#[test]
fn mistakes_in_the_environment_are_named_with_the_variable() {
    let check = |variable: &str, text: &str, expected: &str| {
        let error = read("", "", &[(variable, text)]).unwrap_err();
        assert_eq!(error.to_string(), format!("{variable}: {expected}"));
    };
    check("CODEINTEL_AST_WORKER", "1", "there is no setting `ast_worker`; did you mean `ast_workers`?");
    check("CODEINTEL_GC_SHARE", "2", "`gc_share` must be a number from 0 to 1, not `2`");
    check("CODEINTEL_JOBS", "many", "`jobs` must be a whole number of at least 0, not `many`");
    check("CODEINTEL_SCIP_MODE", "", "`scip.mode` must be `auto`, `full`, `incremental`, not ``");
    check("CODEINTEL_TRUST", "maybe", "`trust` must be true or false, not `maybe`");
}

#[test]
fn mistakes_in_the_users_own_file_are_named_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("codeintel/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "jobs = 1\nlogg = 'info'").unwrap();
    let environment = [("XDG_CONFIG_HOME".to_owned(), dir.path().to_string_lossy().into_owned())];
    let error = Settings::from_places(&dir.path().join("repo"), false, environment).unwrap_err();
    assert_eq!(error.to_string(), format!("{}:2:1: there is no setting `logg`; did you mean `log`?", path.display()));
}

#[test]
fn more_than_four_indexing_programs_run_for_the_user_and_for_a_trusted_repository_only() {
    for (own, environment, expected, problems) in [
        ("scip.workers = 4", [("HOME", "")], "4 (codeintel.toml)", 0),
        ("scip.workers = 8", [("HOME", "")], "0 (default)", 1),
        ("scip.workers = 8", [("CODEINTEL_TRUST", "1")], "8 (codeintel.toml)", 0),
        ("", [("CODEINTEL_SCIP_WORKERS", "8")], "8 (CODEINTEL_SCIP_WORKERS)", 0),
    ] {
        let settings = read("", own, &environment).unwrap();
        assert_eq!((shown(&settings, "scip.workers").as_str(), settings.problems().len()), (expected, problems));
    }
}
