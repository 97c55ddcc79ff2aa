//! The rules of the repository that the compiler cannot check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::setup;
use crate::shell::{cargo, program, root};

/// Who may import whom. A crate that is missing here may import nothing of ours.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("codeintel-base", &[]),
    ("codeintel-system", &["codeintel-base"]),
    ("codeintel-settings", &["codeintel-base", "codeintel-system"]),
    ("codeintel-python", &["codeintel-base"]),
    ("codeintel-scip", &["codeintel-base"]),
    ("codeintel-graph", &["codeintel-base", "codeintel-python"]),
    ("codeintel-datasets", &["codeintel-base", "codeintel-python", "codeintel-graph", "codeintel-scip"]),
    ("codeintel-store", &["codeintel-base", "codeintel-scip", "codeintel-datasets"]),
    ("codeintel-semantic", &["codeintel-base", "codeintel-python", "codeintel-scip"]),
    (
        "codeintel-engine",
        &[
            "codeintel-base",
            "codeintel-system",
            "codeintel-python",
            "codeintel-graph",
            "codeintel-scip",
            "codeintel-semantic",
            "codeintel-datasets",
            "codeintel-store",
        ],
    ),
    (
        "codeintel",
        &[
            "codeintel-base",
            "codeintel-system",
            "codeintel-settings",
            "codeintel-scip",
            "codeintel-datasets",
            "codeintel-store",
            "codeintel-engine",
        ],
    ),
    ("xtask", &[]),
];

/// External crates that only some of ours may use.
const FENCED: &[(&str, &[&str])] = &[
    ("duckdb", &["codeintel-store"]),
    ("ignore", &["codeintel-system"]),
    ("encoding_rs", &["codeintel-system"]),
    ("notify", &["codeintel-system"]),
    ("nix", &["codeintel-system", "xtask"]),
    ("jsonc-parser", &["codeintel-system"]),
    ("ruff_python_ast", &["codeintel-python", "codeintel-semantic"]),
    ("ruff_python_parser", &["codeintel-python", "codeintel-semantic"]),
    ("ruff_text_size", &["codeintel-python", "codeintel-semantic"]),
    ("ruff_db", &["codeintel-semantic"]),
    ("ruff_notebook", &["codeintel-semantic"]),
    ("salsa", &["codeintel-semantic"]),
    ("salsa-macros", &["codeintel-semantic"]),
    ("salsa-macro-rules", &["codeintel-semantic"]),
    ("ty_module_resolver", &["codeintel-semantic"]),
    ("ty_python_core", &["codeintel-semantic"]),
    ("ty_python_semantic", &["codeintel-semantic"]),
    ("ty_vendored", &["codeintel-semantic"]),
    ("scip", &["codeintel-scip"]),
    ("protobuf", &["codeintel-scip"]),
    ("protobuf-json-mapping", &["codeintel-scip"]),
    ("clap", &["codeintel"]),
    ("ctrlc", &["codeintel"]),
    ("tikv-jemallocator", &["codeintel"]),
    ("indicatif", &["codeintel"]),
];

/// The only file that may make a git process: it tells git to run nothing that a repository names.
const MAKES_GIT: &str = "crates/codeintel-system/src/git.rs";

/// How such a process begins.
const GIT_PROCESSES: [&str; 4] = ["Command::new(\"git", "program: \"git", "find(\"git\"", "PathBuf::from(\"git\")"];

/// Words that messages and help texts do without, and what to say in their place.
const STILTED: &[(&str, &str)] = &[
    ("anew", "again, or `rebuilt`"),
    ("any more", "no longer"),
    ("as the settings say", "the setting's name"),
    ("comes about", "is built"),
    ("comes of it", "the result"),
    ("dies of", "crashes on"),
    ("died of", "crashed on"),
    ("does not hold", "is outdated"),
    ("do not hold", "are outdated"),
    ("for good", "permanently"),
    ("goes on", "continues, or happens again"),
    ("inside of", "inside"),
    ("is asked for", "is selected"),
    ("is told", "is passed, or reads"),
    ("look at", "scan, or check"),
    ("looked at", "scanned, or checked"),
    ("nobody", "the component that does not"),
    ("of what is", "the thing's name"),
    ("of which it is known", "known, or resolved"),
    ("put aside", "moved aside"),
    ("says nothing of", "returned nothing for"),
    ("set aside", "moved aside"),
    ("somebody", "another user, or process"),
    ("stand for", "resolve to"),
    ("stands for", "resolves to"),
    ("taken apart", "parsed"),
    ("take the place of", "replace"),
    ("takes the place of", "replaces"),
    ("that holds", "that is up to date"),
    ("what is no", "what is not"),
    ("whoever has made", "whoever created"),
];

/// The crate whose texts are those of the generated pages, which are more than messages.
const PAGES: &str = "crates/codeintel-datasets/";

/// Where a doc comment is a help text.
const HELP: [&str; 2] = ["crates/codeintel/src/args.rs", "crates/codeintel-settings/src/definitions.rs"];

/// Packages in the lock file. Raise it knowingly.
const LOCK_BUDGET: usize = 400;

/// Lines of one source file, its tests included.
const LONGEST_FILE: usize = 500;

/// Lines of a file that has a reason for more.
const LONGEST_FILE_WITH_REASON: usize = 800;

/// Longer files, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[
    ("crates/codeintel-graph/src/fingerprints.rs", "one algorithm; a quarter of the lines are its tests"),
    ("crates/codeintel-python/src/ast/project.rs", "an arm for each class of node of CPython's trees"),
    ("crates/codeintel-python/src/cst/expressions.rs", "an arm for each class of expression of LibCST's trees"),
    ("crates/codeintel-semantic/src/names/resolve.rs", "one algorithm, whose cases refer to one another"),
    ("crates/codeintel-semantic/src/names/walk.rs", "an arm for each class of node that binds or uses names"),
    (
        "crates/codeintel-store/src/database.rs",
        "opening and closing with all that may be wrong with a file, and tests of it",
    ),
    ("crates/codeintel-system/src/own_database.rs", "one protocol; a third of the lines are its tests"),
    ("crates/codeintel/tests/cli/hostile.rs", "a test for each way in which a checkout may be hostile"),
    ("crates/codeintel/tests/cli/scip.rs", "a test for each way to make, take and give indexes"),
];

pub(crate) fn run() -> anyhow::Result<()> {
    let mut problems = Vec::new();
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps", "--offline"]).output()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    imports(&metadata, &mut problems);
    sources(&mut problems)?;
    snapshots(&mut problems)?;
    lock(&mut problems)?;
    pages(&mut problems)?;
    links(&mut problems)?;
    dependencies(&metadata, &mut problems)?;
    spelling(&mut problems);
    if problems.is_empty() {
        println!("tidy: all rules hold");
        return Ok(());
    }
    bail!("tidy:\n  {}", problems.join("\n  "))
}

fn imports(metadata: &serde_json::Value, problems: &mut Vec<String>) {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let allowed = rules.get(name).copied().unwrap_or_default();
        if !rules.contains_key(name) {
            problems.push(format!("{name} is missing from the table of imports"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let other = dependency["name"].as_str().unwrap_or_default();
            if dependency["path"].is_string() && !allowed.contains(&other) {
                problems.push(format!("{name} must not import {other}"));
            }
            if let Some((_, owners)) = FENCED.iter().find(|(fenced, _)| *fenced == other)
                && !owners.contains(&name)
            {
                problems.push(format!("{name} must not use {other}: only {} may", owners.join(", ")));
            }
        }
    }
}

fn sources(problems: &mut Vec<String>) -> anyhow::Result<()> {
    for path in files_below(&root(), "rs")? {
        let text = fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        if !text.starts_with("//!") {
            problems.push(format!("{shown} does not begin by saying why it exists"));
        }
        let has_reason = LONG_FILES.iter().any(|(long, _)| *long == shown);
        let (lines, longest) = (text.lines().count(), if has_reason { LONGEST_FILE_WITH_REASON } else { LONGEST_FILE });
        if lines > longest {
            problems.push(format!("{shown} has more than {longest} lines"));
        } else if has_reason && lines <= LONGEST_FILE {
            problems.push(format!("{shown} has no more than {LONGEST_FILE} lines and needs no reason for them"));
        }
        // Tests make repositories, and stand at the end of a file or in one of their own.
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_product = shown.starts_with("crates/") && shown.contains("/src/") && !shown.ends_with("tests.rs");
        if is_product && !shown.starts_with(PAGES) {
            problems.extend(stilted(&shown, product));
        }
        if is_product && shown != MAKES_GIT && GIT_PROCESSES.iter().any(|start| product.contains(start)) {
            problems.push(format!("{shown} makes a git process: only {MAKES_GIT} may"));
        }
        for (number, line) in text.lines().enumerate() {
            let is_rule = shown.ends_with("tidy.rs");
            if !is_rule && (line.contains("#[allow(") && !line.contains("reason")) {
                problems.push(format!("{shown}:{}: an allow without a reason", number + 1));
            }
            if !is_rule && ["todo!", "unimplemented!", "FIXME"].iter().any(|word| line.contains(word)) {
                problems.push(format!("{shown}:{}: unfinished", number + 1));
            }
        }
    }
    Ok(())
}

/// Lines with words that users should not have to read.
fn stilted(shown: &str, product: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in product.lines().enumerate() {
        let is_help = HELP.contains(&shown) && line.trim_start().starts_with("///");
        // What is no comment has words in a row in texts only.
        let text = if is_help { line } else { line.split("//").next().unwrap_or_default() }.to_lowercase();
        for (words, instead) in STILTED.iter().filter(|(words, _)| has_words(&text, words)) {
            found.push(format!("{shown}:{}: `{words}` in a message; say instead: {instead}", number + 1));
        }
    }
    found
}

/// Whether a text has these words, and not as a part of others.
fn has_words(text: &str, words: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = text.match_indices(words).map(|(at, _)| (&text[..at], &text[at + words.len()..]));
    places.any(|(before, after)| !before.ends_with(is_of_word) && !after.starts_with(is_of_word))
}

/// Every snapshot must belong to a test.
fn snapshots(problems: &mut Vec<String>) -> anyhow::Result<()> {
    for path in files_below(&root().join("crates"), "snap")? {
        let text = fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let source = text.lines().find_map(|line| line.strip_prefix("source: ")).unwrap_or_default();
        let source = fs::read_to_string(root().join(source)).unwrap_or_default();
        if !is_snapshot_of(&shown, &source) {
            problems.push(format!("{shown} belongs to no test"));
        }
    }
    Ok(())
}

/// Whether a source has the test of a snapshot, whose file is named after it.
fn is_snapshot_of(file: &str, source: &str) -> bool {
    let name = file.trim_end_matches(".snap").rsplit("__").next().unwrap_or_default();
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    source.contains(&format!("fn {name}("))
}

/// Words in all files but those that `typos.toml` names.
fn spelling(problems: &mut Vec<String>) {
    let typos = setup::python().with_file_name("typos");
    if !typos.exists() {
        println!("tidy: spelling is not checked: `cargo xtask setup` installs typos where there is a Python");
        return;
    }
    if program(typos).args(&["--format", "brief"]).run().is_err() {
        problems.push("words are misspelled; what is meant as it is belongs into typos.toml".to_owned());
    }
}

fn lock(problems: &mut Vec<String>) -> anyhow::Result<()> {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let packages = lock.matches("[[package]]").count();
    if packages > LOCK_BUDGET {
        problems.push(format!("Cargo.lock has {packages} packages, more than {LOCK_BUDGET}"));
    }
    Ok(())
}

/// The documents that must exist, and the names of crates that they must mention.
fn pages(problems: &mut Vec<String>) -> anyhow::Result<()> {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    let crates: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    for name in crates {
        if !architecture.contains(&format!("`{name}`")) {
            problems.push(format!("ARCHITECTURE.md does not mention `{name}`"));
        }
    }
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "docs/settings.md",
        "docs/accuracy.md",
    ] {
        if !root().join(page).exists() {
            problems.push(format!("{page} is missing"));
        }
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    for page in files_below(&root().join("docs"), "md")? {
        let shown = page.strip_prefix(root()).unwrap_or(&page).display().to_string();
        let folder = page.parent().and_then(|parent| parent.strip_prefix(root()).ok()).map(Path::to_owned);
        let is_linked = readme.contains(&shown)
            || folder.is_some_and(|folder| readme.contains(&format!("({}/)", folder.display())));
        if !is_linked {
            problems.push(format!("README.md does not lead to {shown}"));
        }
    }
    Ok(())
}

/// Every relative link of a page must lead to a file or a folder.
fn links(problems: &mut Vec<String>) -> anyhow::Result<()> {
    for page in files_below(&root(), "md")? {
        let text = fs::read_to_string(&page)?;
        let folder = page.parent().unwrap_or(&page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let is_local = |target: &&str| !target.contains("://") && !target.starts_with('#') && !target.contains(' ');
        for target in targets.filter(is_local) {
            let file = target.split('#').next().unwrap_or(target);
            if !folder.join(file).exists() {
                let shown = page.strip_prefix(root()).unwrap_or(&page).display().to_string();
                problems.push(format!("{shown} has a link to `{target}`, which leads nowhere"));
            }
        }
    }
    Ok(())
}

/// Dependencies that no source of their package names. Both only pin a version that another dependency leaves open.
const UNNAMED: &[(&str, &str)] = &[("codeintel-semantic", "salsa-macro-rules"), ("codeintel-semantic", "salsa-macros")];

/// Every dependency must be named by a source of its package.
fn dependencies(metadata: &serde_json::Value, problems: &mut Vec<String>) -> anyhow::Result<()> {
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest.parent().context("a manifest lies in a folder")?;
        let sources: Vec<String> =
            files_below(folder, "rs")?.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let other = dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap_or_default();
            let word = other.replace('-', "_");
            let is_named = sources.iter().any(|source| source.contains(&word));
            if !is_named && !UNNAMED.contains(&(name, other)) {
                problems.push(format!("{name} depends on {other} and does not use it"));
            }
        }
    }
    Ok(())
}

pub(crate) fn files_below(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files_below(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stilted_words_are_found_in_texts_and_help_and_nowhere_else() {
        let check = |file: &str, line: &str, expected: &[&str]| {
            let found = stilted(file, &format!("\n{line}\n"));
            let expected: Vec<String> = expected.iter().map(|expected| format!("{file}:2: {expected}")).collect();
            assert_eq!(found, expected, "{line}");
        };
        let message = "crates/codeintel-store/src/error.rs";
        let nobody = "`nobody` in a message; say instead: the component that does not";
        check(
            message,
            r#"    #[error("Nobody made {0} anew")]"#,
            &["`anew` in a message; say instead: again, or `rebuilt`", nobody],
        );
        check(message, r#"    #[error("the database is in use by {holder}")]"#, &[]);
        check(message, "    let _somebody_else = begin_anew(path); // Nobody looks at it.", &[]);
        check(message, "    /// Nobody has said anything.", &[]);
        check(HELP[0], "    /// Nobody has said anything.", &[nobody]);
    }

    #[test]
    fn a_snapshot_belongs_to_the_test_that_it_is_named_after() {
        let source = "#[test]\nfn every_command_has_help() {}\n";
        assert!(is_snapshot_of("a/snapshots/cli__messages__every_command_has_help.snap", source));
        assert!(is_snapshot_of("a/snapshots/cli__messages__every_command_has_help-2.snap", source));
        assert!(!is_snapshot_of("a/snapshots/cli__messages__every_command.snap", source));
    }
}
