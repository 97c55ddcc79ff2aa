//! `core.modules`: the source files by their importable names.

use crate::dataset::{Dataset, From};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.modules",
    doc: "One row for each source file.\n\n\
          `module` is the importable name: the source root is stripped, and `pkg/__init__.py` is `pkg`. Source roots are \
          the folders that a `pyproject.toml` declares, folders named `src` that are no package, folders with a \
          `pyproject.toml` or `setup.py` of their own, and the repository's root; the deepest one that holds the file \
          counts, unless a package lies above it. Folders without `__init__.py` below a source root are namespace \
          packages. A `-stubs` suffix of a top-level folder is dropped (PEP 561), so that a stub has the name of what it \
          describes.\n\n\
          `tags` come from `tags_index.yaml` at the root (see `analytics.tags_index`), `owners` from the `CODEOWNERS` \
          file at the root, in `.github/` or in `docs/`, whichever is found first; the last matching line wins.",
    columns: columns! {
        module Varchar ! "Importable name; of a file that nothing can import, what its path would give.";
        path Varchar ! "Path from the repository's root." = "f.rel_path";
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        language Varchar ! "Always `python`.";
        tags Json ! "List of tags, sorted.";
        owners Json ! "List of owners, in the order of the `CODEOWNERS` line.";
        content_hash Varchar ! "BLAKE2b of the raw bytes with a 16-byte digest, in hex.";
        is_package Boolean ! "Whether the file is an `__init__.py` or `__init__.pyi`.";
        is_stub Boolean ! "Whether the file is a `.pyi`.";
        is_test Boolean ! "Whether the file is named `test_*`, `*_test` or `conftest`, or lies below a folder `test` or `tests`.";
    },
    from: From::Files,
    reads: &[],
    also: &[],
};
