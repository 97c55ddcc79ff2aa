//! `core.goids`: names for modules, classes, functions and methods that survive edits.

use crate::dataset::{Dataset, Upkeep};

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
    view: concat!(
        "SELECT md5_number(concat_ws(':', repo, language, rel_path, kind, qualname, ordinal)) AS goid_h128, \
           concat('goid:', repo, '/', rel_path, '#python:', kind, ':', qualname, '?s=', start_line, \
           CASE WHEN end_line IS NULL THEN '' ELSE concat('&e=', end_line) END) AS urn, \
           repo, commit, rel_path, language, kind, qualname, ordinal, start_line, end_line FROM (\
           SELECT s.repo, s.commit, f.rel_path, f.language, d.kind, \
           ",
        qualname!("d.qualname"),
        " AS qualname, \
           d.ordinal, d.start_line, d.end_line \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.ast_definitions d USING (content_id))"
    ),
    example: "SELECT urn FROM core.goids WHERE kind = 'method' ORDER BY urn LIMIT 10",
    upkeep: Upkeep::View { reads: &["core.ast_nodes"] },
};
