//! `core.goids`: names for modules, classes, functions and methods that survive edits.

use crate::dataset::{Dataset, From};
use crate::tables::core::ast_nodes;

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.goids",
    doc: "One row for each module, class, function and method: its global object id.\n\n\
          `goid_h128` is what DuckDB's `md5_number('repo:language:rel_path:kind:qualname:ordinal')` gives, so that anybody \
          can compute it again. It names the entity, and survives every edit, commit and line shift that keeps the name. \
          Nested definitions are included; a function is a `method` when the scope around it is a class. Definitions of the \
          same kind and name in one file are told apart by `ordinal`, in the order of the source. The table is a view \
          over the facts of `core.ast_nodes`, so it can never be older than they are.",
    columns: columns! {
        goid_h128 UHugeInt ! "128-bit id; a decimal string in JSON.";
        urn Varchar ! "`goid:<repo>/<rel_path>#python:<kind>:<qualname>?s=<start>&e=<end>`, without `&e=` for modules.";
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Always `python`.";
        kind Varchar ! "`module`, `class`, `function` or `method`.";
        qualname Varchar ! "Module, enclosing scopes and own name, joined by dots.";
        ordinal Integer ! "0 for the first of its kind and name in the file.";
        start_line Integer ! "First line, from 1, decorators included.";
        end_line Integer ? "Last line; NULL for modules.";
    },
    from: From::Query(goids!("", "", "")),
    reads: &[&ast_nodes::FACTS],
    also: &[],
};
