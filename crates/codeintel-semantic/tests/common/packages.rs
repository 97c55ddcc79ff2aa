//! Packages that the project's own tests have installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

const PACKAGES: [&str; 3] = ["radon", "docstring_parser", "libcst"];

/// The environment that they are installed in; none, with a word about it, where nobody has made it.
#[expect(clippy::print_stderr, reason = "a test says that it did nothing")]
pub(crate) fn environment() -> Option<PathBuf> {
    // A root with `..` in it is none for ty, which would not find the names of modules below it.
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv").canonicalize().ok();
    if environment.is_none() {
        eprintln!("skipped: there is no .venv; `cargo xtask setup` makes it");
    }
    environment
}

/// Check some packages by their names, each given as the folder that packages are installed in and its name.
pub(crate) fn for_each(environment: &Path, is_wanted: impl Fn(&str) -> bool, check: impl Fn(&Path, &str) + Sync) {
    let python = fs::read_dir(environment.join("lib")).unwrap().next().unwrap().unwrap();
    let root = python.path().join("site-packages");
    thread::scope(|scope| {
        for package in PACKAGES.into_iter().filter(|package| is_wanted(package)) {
            let check = || check(&root, package);
            // As the engine has it: ty follows deep expressions by calling itself.
            thread::Builder::new().stack_size(512 << 20).spawn_scoped(scope, check).unwrap();
        }
    });
}
