//! The settings of a repository that nobody trusts: `codeintel.toml`, `pyproject.toml` and variables, with NUL between them.
#![no_main]

use std::fs;
use std::path::{Component, Path};
use std::sync::LazyLock;

use codeintel_settings::{Guard, Settings, Source};
use libfuzzer_sys::fuzz_target;

/// An empty repository.
static ROOT: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("there is a place for temporary files"));

fuzz_target!(init: codeintel_fuzz::write_seeds("settings"), |bytes: &[u8]| {
    let root = ROOT.path().canonicalize().expect("it is there");
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    for name in ["codeintel.toml", "pyproject.toml"] {
        fs::write(root.join(name), parts.next().unwrap_or_default()).expect("it can be written");
    }
    let variables = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    // What is trusted is not what is asked here.
    let variables = variables.filter(|(name, _)| *name != "CODEINTEL_TRUST" && !name.starts_with("XDG_") && *name != "HOME");
    let variables: Vec<(String, String)> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let read = || Settings::from_places(&root, false, variables.clone());
    match read() {
        Ok(settings) => {
            for (definition, value, source) in settings.all() {
                let Source::Repository(_) = source else { continue };
                let text = value.as_str().unwrap_or_default();
                let is_harmless = match definition.guard {
                    Guard::Nothing => true,
                    Guard::Programs => text.is_empty() && value.as_array().is_none_or(Vec::is_empty),
                    Guard::AllBut(harmless) => harmless.contains(&text),
                    Guard::Places => stays_inside(&root, text),
                    Guard::Above(most) => value.as_integer().is_none_or(|number| number as u64 <= most),
                };
                assert!(is_harmless, "{} = {value}", definition.key);
            }
            assert_eq!(read().expect("as before"), settings);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

/// Whether a path from the root leads to a place in it and not in `.git`. There are no links.
fn stays_inside(root: &Path, path: &str) -> bool {
    let mut depth = 0_usize;
    let inside = match Path::new(path).strip_prefix(root) {
        Ok(inside) => inside,
        Err(_) if path.starts_with('/') => return false,
        Err(_) => Path::new(path),
    };
    inside.components().all(|part| match part {
        Component::Normal(name) => {
            depth += 1;
            !name.eq_ignore_ascii_case(".git")
        }
        Component::ParentDir if depth == 0 => false,
        Component::ParentDir => {
            depth -= 1;
            true
        }
        Component::CurDir => true,
        Component::RootDir | Component::Prefix(_) => false,
    })
}
