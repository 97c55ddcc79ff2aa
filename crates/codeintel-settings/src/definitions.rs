//! Every setting: what it does, its key, its type and its default, which flag makes it, and which of its values need trust.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use codeintel_system::{DEFAULT_INCLUDE, DEFAULT_MAX_BYTES};

use crate::definition::{Definition, Flag, Guard, Sourced, settings};
use crate::kinds::{Log, ScipBackend, ScipMode, Size, Tools};
use crate::source::Source;

const RUN: &[&str] = &["ingest", "watch"];
const PLAN: &[&str] = &["ingest", "watch", "status"];
const SNAPSHOT: &[&str] = &["ingest", "watch", "status", "verify"];
const INDEX: &[&str] = &["ingest", "watch", "status", "explain", "verify"];
const REPOSITORY: &[&str] = &["ingest", "watch", "status", "explain", "verify", "gc", "import", "export"];
const DATABASE: &[&str] = &["ingest", "watch", "status", "explain", "verify", "gc", "import", "export", "query"];
const QUERY: &[&str] = &["query"];

settings! {
    /// Use this database file.
    db: PathBuf = PathBuf::from(".codeintel/codeintel.duckdb"),
        guard(Guard::Places), flag(Flag::new("db", "FILE", DATABASE));

    /// Use this slug for the repository.
    repo: Option<String> = None,
        otherwise("from the git remote `origin`, else the folder's name"), flag(Flag::new("repo", "SLUG", REPOSITORY));

    /// Use this label for the snapshot.
    commit: Option<String> = None,
        otherwise("HEAD's hash, or `worktree` outside of git"), flag(Flag::new("commit", "LABEL", SNAPSHOT));

    /// Extract these datasets only. Those already in the database are kept up to date as well.
    datasets: Vec<String> = Vec::new(),
        otherwise("all"), flag(Flag::new("datasets", "A,B", PLAN));

    /// Scan the files that match one of these patterns. A pattern without `/` matches the name in any folder.
    include_patterns: Vec<String> = DEFAULT_INCLUDE.iter().map(|&pattern| pattern.to_owned()).collect();

    /// Leave out the files and folders that match one of these patterns.
    exclude_patterns: Vec<String> = Vec::new(),
        otherwise("none");

    /// Leave out the folders with these names.
    ignore_dirs: Vec<String> = Vec::new(),
        otherwise("environments, caches, builds and version control");

    /// Obey `.gitignore`, `.ignore` and git's own excludes.
    ignore_files: bool = true;

    /// Leave out larger files, each with a row in `core.problems`.
    max_file_bytes: NonZero<usize> = NonZero::new(DEFAULT_MAX_BYTES as usize).expect("it is not 0");

    /// Use this many threads to read, parse and extract, at most 256.
    jobs: Option<NonZero<usize>> = None,
        otherwise("the number of CPUs"), flag(Flag::new("jobs", "N", RUN).or('j'));

    /// Parse and extract syntax trees with at most this many threads.
    ast_workers: Option<NonZero<usize>> = None,
        otherwise("as many as `jobs`");

    /// Parse and extract concrete syntax trees with at most this many threads. One parse serves both kinds of trees, so the
    /// lower limit applies where both are wanted.
    cst_workers: Option<NonZero<usize>> = None,
        otherwise("as many as `jobs`");

    /// Resolve imports in the packages of this interpreter or virtual environment.
    python: Option<PathBuf> = None,
        otherwise("the active environment, else `.venv` or `venv`, else the first `python3` on the `PATH`"),
        guard(Guard::Places), flag(Flag::new("python", "PATH", INDEX));

    /// Keep this many commits of a repository.
    keep_snapshots: NonZero<usize> = NonZero::new(10).expect("it is not 0");

    /// Remove the facts that no kept snapshot needs once they exceed this share of all facts.
    gc_share: f64 = 0.5;

    /// Wait this many seconds for another process that has the database open; `0` does not wait.
    lock_timeout: Option<Duration> = Some(Duration::from_secs(30));

    /// Report only errors (`error`), also results (`info`), or also decisions (`debug`) on standard error.
    log: Log = Log::Info;

    [scip: Scip]

    /// Index with codeintel itself (`native`), with `scip-python`, or not at all (`none`), which keeps imported documents for as
    /// long as they are valid.
    backend: ScipBackend = ScipBackend::Native,
        guard(Guard::AllBut(&["native", "none"])), flag(Flag::new("scip-backend", "NAME", INDEX));

    /// Index with this program, by its name or its path from the repository's root, and its arguments, in place of scip-python.
    /// `{root}` is replaced by the repository, `{output}` by the index to write, an argument `{targets}` by the files to index.
    /// Without `{targets}`, or if every file is missing, the program indexes everything.
    command: Vec<String> = Vec::new(),
        otherwise("none"), guard(Guard::Programs);

    /// Run scip-python from this path.
    program: Option<PathBuf> = None,
        otherwise("in `node_modules/.bin` if the repository is trusted, else on the `PATH`"), guard(Guard::Programs);

    /// When documents are missing, let the program index everything (`full`), the missing files (`incremental`), or whichever is
    /// cheaper (`auto`).
    mode: ScipMode = ScipMode::Auto;

    /// Run at most this many indexing programs at the same time.
    workers: Option<NonZero<usize>> = None,
        otherwise("the number of CPUs, but at most 4"), guard(Guard::Above(4));

    /// Stop an indexing program after this many seconds.
    timeout: Duration = Duration::from_hours(1);

    /// Use this project name in symbols.
    project_name: Option<String> = None,
        otherwise("from `pyproject.toml`, else the last part of the repository's slug");

    /// Use this project version in symbols. Changing it changes every symbol.
    project_version: String = "0".to_owned();

    /// Write `index.scip` and `index.scip.json` into this folder after each run that changed them.
    document_output_dir: Option<PathBuf> = None,
        otherwise("they are not written"), guard(Guard::Places);

    [tools: ToolSettings]

    /// Run these type checkers and linters (`pyright`, `pyrefly`, `ruff`, or `none`), each with its own configuration, and keep
    /// their findings.
    enabled: Tools = Tools::default(),
        otherwise("none"), guard(Guard::Programs), flag(Flag::new("tools", "A,B", PLAN));

    /// Run pyright from this path.
    pyright: Option<PathBuf> = None,
        otherwise("beside the interpreter of `python`, in `node_modules/.bin` or on the `PATH`; \
                   in the repository only if it is trusted or its environment is active"),
        guard(Guard::Programs);

    /// Run pyrefly from this path.
    pyrefly: Option<PathBuf> = None,
        otherwise("as for `tools.pyright`"), guard(Guard::Programs);

    /// Run ruff from this path.
    ruff: Option<PathBuf> = None,
        otherwise("as for `tools.pyright`"), guard(Guard::Programs);

    /// Stop a type checker or linter after this many seconds.
    timeout: Duration = Duration::from_hours(1);

    [query: QuerySettings]

    /// Stop a query that needs more memory than this, such as `512MB` or `4GB`, but at least `64MB`.
    memory_limit: Size = Size(2_000_000_000),
        guard(Guard::Above(2_000_000_000)), flag(Flag::new("memory-limit", "SIZE", QUERY));

    /// Stop a query after this many seconds.
    timeout: Duration = Duration::from_mins(1),
        guard(Guard::Above(60)), flag(Flag::new("timeout", "SECONDS", QUERY));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::kinds::Shape;

    use super::*;

    #[test]
    fn settings_are_named_once_and_documented_with_their_words_and_paths_need_trust() {
        let keys: BTreeSet<&str> = SETTINGS.iter().map(|definition| definition.key).collect();
        assert_eq!(keys.len(), SETTINGS.len());
        for definition in SETTINGS {
            let key = definition.key;
            assert!(definition.doc.ends_with('.') && definition.doc.starts_with(char::is_uppercase), "{key}");
            assert!(!definition.shown_default().is_empty(), "{key}");
            assert!(definition.accepts(&definition.default()), "{key}");
            if let Shape::OneOf(words) | Shape::ListOf(words) = definition.shape {
                assert!(words.iter().all(|word| definition.doc.contains(&format!("`{word}`"))), "{key}");
            }
            let is_guarded = definition.guard != Guard::Nothing;
            assert!(is_guarded || !matches!(definition.shape, Shape::Path(_)), "{key}: a path that needs no trust");
        }
    }
}
