//! Tells the program where the prebuilt libduckdb is, so that it runs wherever it is copied to on this machine.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_none()
        && let Some(dir) = env::var_os("DUCKDB_LIB_DIR")
        && let Ok(dir) = Path::new(&dir).canonicalize()
    {
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{}", dir.display());
    }
}
