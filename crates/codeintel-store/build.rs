//! Finds the prebuilt libduckdb, or explains how to get one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    let Some(library) = env::var_os("DUCKDB_LIB_DIR").and_then(|dir| library_in(Path::new(&dir))) else {
        panic!(
            "\n\nThere is no libduckdb to link.\n\
             - `cargo xtask setup` puts a prebuilt one into `.duckdb` (needs npm), or\n\
             - set DUCKDB_LIB_DIR to a folder that holds libduckdb of DuckDB 1.5, or\n\
             - build with `--features bundled` to compile DuckDB from source (a C++ compiler, about 40 CPU minutes).\n"
        );
    };
    println!("cargo:rerun-if-changed={}", library.display());
    // Cargo looks for libraries at run time only below its target folder.
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let link = out.join(library.file_name().expect("the library has a name"));
    if link.symlink_metadata().is_ok() {
        fs::remove_file(&link).expect("OUT_DIR can be written to");
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&library, &link).expect("OUT_DIR can be written to");
    #[cfg(not(unix))]
    fs::copy(&library, &link).map(drop).expect("OUT_DIR can be written to");
    println!("cargo:rustc-link-search=native={}", out.display());
}

fn library_in(dir: &Path) -> Option<PathBuf> {
    let names = ["libduckdb.so", "libduckdb.dylib", "duckdb.dll", "libduckdb_static.a"];
    names.iter().map(|name| dir.join(name)).find(|path| path.exists()).and_then(|path| path.canonicalize().ok())
}
