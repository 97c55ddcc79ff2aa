//! What a resolver in a test is told.

use std::path::Path;

use codeintel_semantic::{MOST_STEPS, ResolverOptions};

pub(crate) fn options(root: &Path) -> ResolverOptions {
    ResolverOptions {
        root: root.to_owned(),
        import_roots: vec![String::new()],
        site_packages: Vec::new(),
        packages: Vec::new(),
        python_version: (3, 13),
        project: ("demo".to_owned(), "0".to_owned()),
        most_steps: MOST_STEPS,
    }
}
