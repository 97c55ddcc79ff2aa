//! All settings as data: their keys, kinds, defaults and meaning, and which of their values need trust.

use codeintel_base::TOOLS;
use toml::Value;

use crate::SettingsError;

/// A setting that can be made in a file, in the environment or by a flag.
#[derive(Debug)]
pub struct Definition {
    /// Its key in files; a dot stands for a table. In the environment it is `CODEINTEL_` and the key in capitals, with `_`
    /// in place of the dot.
    pub key: &'static str,
    pub(crate) kind: Kind,
    /// The default as shown to people.
    pub default: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// Which values of it a repository can only give if the user trusts it.
    pub guard: Guard,
}

/// Which values let a repository run a program, write or look outside of itself, or take much of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// None: the worst that any value does is a wrong or slow answer.
    Nothing,
    /// All but the empty one.
    Programs,
    /// All but these.
    AllBut(&'static [&'static str]),
    /// Paths that lead out of the repository, or to where version control keeps its own.
    Places,
    /// Numbers, or bytes, above this one.
    Above(u64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Text,
    List,
    ListOf(&'static [&'static str]),
    Boolean,
    OneOf(&'static [&'static str]),
    /// A whole number that is at least so large.
    Number(u64),
    /// From 0 to 1.
    Share,
    /// A number of bytes, with a unit.
    Size,
}

/// All settings. The page `docs/settings.md` is made from this list.
pub const SETTINGS: &[Definition] = &[
    define("db", Kind::Text, ".codeintel/codeintel.duckdb", "Database file, from the repository's root.").guarded(Guard::Places),
    define(
        "repo",
        Kind::Text,
        "",
        "Slug of the repository. Empty: from the git remote `origin`, else the folder's name.",
    ),
    define("commit", Kind::Text, "", "Label of the snapshot. Empty: HEAD's hash, or `worktree` outside of git."),
    define(
        "datasets",
        Kind::List,
        "",
        "Datasets to extract. Empty: all. Those that the database already has are kept true as well.",
    ),
    define(
        "include_patterns",
        Kind::List,
        "*.py, *.pyi",
        "Patterns of the files to scan. A pattern without `/` matches the name in any folder.",
    ),
    define("exclude_patterns", Kind::List, "", "Patterns of files and folders to leave out."),
    define(
        "ignore_dirs",
        Kind::List,
        "",
        "Names of folders that are never entered. Empty: environments, caches, builds and version control.",
    ),
    define("ignore_files", Kind::Boolean, "true", "Whether `.gitignore`, `.ignore` and git's own excludes are obeyed."),
    define("max_file_bytes", Kind::Number(1), "16777216", "Larger files are left out, with a row in `core.problems`."),
    define("jobs", Kind::Number(0), "0", "Threads that read, parse and extract. 0: the number of CPUs."),
    define(
        "ast_workers",
        Kind::Number(0),
        "0",
        "At most so many of them parse and extract syntax trees. 0: no bound of its own.",
    ),
    define(
        "cst_workers",
        Kind::Number(0),
        "0",
        "The same for concrete syntax trees. One parse serves both, so the smaller bound holds where both are wanted.",
    ),
    define(
        "scip.backend",
        Kind::OneOf(&["native", "scip-python", "none"]),
        "native",
        "Who makes SCIP documents: codeintel itself, `scip-python`, or `none`, which keeps those that were imported as long as they hold.",
    ).guarded(Guard::AllBut(&["native", "none"])),
    define(
        "scip.command",
        Kind::List,
        "",
        "Another program, by its name or its path from the repository's root, and its arguments, run in place of scip-python. `{root}` stands for the repository, `{output}` for the \
         index to be written, an argument `{targets}` for the files to be indexed; without that one, and where all files are \
         missing, everything is.",
    ).guarded(Guard::Programs),
    define(
        "scip.program",
        Kind::Text,
        "",
        "Where scip-python is, from the repository's root. Empty: in `node_modules/.bin`, where the repository is trusted, or on the `PATH`.",
    ).guarded(Guard::Programs),
    define(
        "scip.mode",
        Kind::OneOf(&["auto", "full", "incremental"]),
        "auto",
        "What the program indexes when documents are missing: everything, what is missing, or whichever is cheaper.",
    ),
    define(
        "scip.workers",
        Kind::Number(0),
        "0",
        "Programs that index at the same time. 0: the number of CPUs, but at most 4.",
    ),
    define("scip.timeout", Kind::Number(1), "3600", "Seconds after which such a program is stopped."),
    define(
        "scip.project_name",
        Kind::Text,
        "",
        "Name of the project in symbols. Empty: from `pyproject.toml`, else the last part of the repository's slug.",
    ),
    define(
        "scip.project_version",
        Kind::Text,
        "0",
        "Version of the project in symbols. If it changes, all symbols do.",
    ),
    define(
        "scip.document_output_dir",
        Kind::Text,
        "",
        "Folder that receives `index.scip` and `index.scip.json` after each run that changed them. Empty: they are not written.",
    ).guarded(Guard::Places),
    define(
        "python",
        Kind::Text,
        "",
        "Interpreter, or folder of a virtual environment, whose packages imports are resolved in. Empty: the active \
         environment, else `.venv` or `venv`, else the first `python3` on the `PATH`.",
    ).guarded(Guard::Places),
    define(
        "tools.enabled",
        Kind::ListOf(&TOOLS),
        "",
        "Type checkers and linters whose findings are kept: `pyright`, `pyrefly`, `ruff`. Each is run with its own configuration.",
    ).guarded(Guard::Programs),
    define(
        "tools.pyright",
        Kind::Text,
        "",
        "Where pyright is, from the repository's root. Empty: beside the interpreter of `python`, in `node_modules/.bin` or on the `PATH`; in the repository only if it is trusted, or its environment is active.",
    ).guarded(Guard::Programs),
    define("tools.pyrefly", Kind::Text, "", "The same for pyrefly.").guarded(Guard::Programs),
    define("tools.ruff", Kind::Text, "", "The same for ruff.").guarded(Guard::Programs),
    define("tools.timeout", Kind::Number(1), "3600", "Seconds after which such a tool is stopped."),
    define("keep_snapshots", Kind::Number(1), "10", "How many commits of a repository are kept."),
    define(
        "gc_share",
        Kind::Share,
        "0.5",
        "Facts that no kept snapshot needs are removed when they are more than this share.",
    ),
    define("lock_timeout", Kind::Number(0), "30", "Seconds to wait for another process that has the database open."),
    define(
        "log",
        Kind::OneOf(&["error", "info", "debug"]),
        "info",
        "How much is said on standard error: `error`, `info` or `debug`.",
    ),
    define("query.memory_limit", Kind::Size, "2GB", "Memory that a query may use, such as `512MB` or `4GB`.")
        .guarded(Guard::Above(2_000_000_000)),
    define("query.timeout", Kind::Number(1), "60", "Seconds after which a query is stopped.")
        .guarded(Guard::Above(60)),
];

/// DuckDB does little with less.
const LEAST_SIZE: u64 = 64_000_000;

/// The bytes of a size: `4GB` are 4,000,000,000, `4GiB` somewhat more.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let units = ["KB", "MB", "GB", "TB"].iter().zip(["KIB", "MIB", "GIB", "TIB"]).zip(1..);
    let unit = unit.trim().to_ascii_uppercase();
    let found = units.into_iter().find_map(|((decimal, binary), power)| match unit.as_str() {
        unit if unit == *decimal => Some(1000_u64.pow(power)),
        unit if unit == binary => Some(1024_u64.pow(power)),
        _ => None,
    });
    number.parse::<u64>().ok()?.checked_mul(found?)
}

const fn define(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Definition {
    Definition { key, kind, default, doc, guard: Guard::Nothing }
}

impl Definition {
    const fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }
}

pub(crate) fn find(key: &str, source_name: &str) -> Result<&'static Definition, SettingsError> {
    SETTINGS.iter().find(|definition| definition.key == key).ok_or_else(|| SettingsError::Unknown {
        source_name: source_name.to_owned(),
        key: key.to_owned(),
        nearest: nearest(key, SETTINGS.iter().map(|definition| definition.key)),
    })
}

/// The most similar name, if one is similar at all.
pub fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let scored = names.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(score, _)| *score > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// A value from text, as in the environment.
pub(crate) fn parse(definition: &Definition, text: &str, source_name: &str) -> Result<Value, SettingsError> {
    let value = match definition.kind {
        Kind::Text | Kind::OneOf(_) | Kind::Size => Some(Value::String(text.to_owned())),
        Kind::List | Kind::ListOf(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.map(|item| Value::String(item.to_owned())).collect::<Vec<_>>().into())
        }
        Kind::Boolean => match text {
            "true" | "1" | "yes" | "on" => Some(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::Number(_) => text.trim().parse().ok().map(Value::Integer),
        Kind::Share => text.trim().parse().ok().map(Value::Float),
    };
    checked(definition, value.unwrap_or_else(|| Value::String(text.to_owned())), source_name)
}

pub(crate) fn checked(definition: &Definition, value: Value, source_name: &str) -> Result<Value, SettingsError> {
    let is_right = match definition.kind {
        Kind::Text => value.is_str(),
        Kind::Size => value.as_str().and_then(bytes).is_some_and(|bytes| bytes >= LEAST_SIZE),
        Kind::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Kind::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_str)),
        Kind::ListOf(words) => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.as_str().is_some_and(|word| words.contains(&word)))),
        Kind::Boolean => value.is_bool(),
        Kind::Number(least) => value.as_integer().is_some_and(|number| u64::try_from(number).is_ok_and(|n| n >= least)),
        Kind::Share => {
            let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
            number.is_some_and(|number| (0.0..=1.0).contains(&number))
        }
    };
    if is_right {
        return Ok(value);
    }
    let expected = match definition.kind {
        Kind::Text => "a text",
        Kind::Size => "a size of at least 64MB, such as `512MB` or `4GB`",
        Kind::OneOf(words) => &quoted(words),
        Kind::List => "a list of texts",
        Kind::ListOf(words) => &format!("a list of {}", quoted(words)),
        Kind::Boolean => "true or false",
        Kind::Number(0) => "a whole number",
        Kind::Number(_) => "a whole number of at least 1",
        Kind::Share => "a number from 0 to 1",
    };
    let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (source_name, expected) = (source_name.to_owned(), expected.to_owned());
    Err(SettingsError::Wrong { source_name, key: definition.key, expected, found })
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
