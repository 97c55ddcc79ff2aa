//! `analytics.typedness`: how much of each file is annotated.

use crate::dataset::{Dataset, From};
use crate::tables::analytics::{diagnostics, function_types};
use crate::tables::core::ast_nodes;

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.typedness",
    doc: "One row for each parsed file: how much of it is annotated.\n\n\
          Sums over the rows of `analytics.function_types`, whose page says what counts. Type errors are those of the type checkers among the \
          tools that are run (`tools.enabled`), a defect that both report counted once as in `analytics.static_diagnostics`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        path Varchar ! "Path from the repository's root.";
        type_error_count Integer ? "Errors that pyright and pyrefly find; NULL, which means unknown and not zero, where neither has looked at the file.";
        annotation_ratio Json ! "`{params, returns}`: annotated parameters among all of the file, and functions with `->` among all; null where there are none.";
        untyped_defs Integer ! "Functions without any annotation.";
        overlay_needed Boolean ! "Whether types would have to come from elsewhere, such as a stub: there are untyped definitions, or type errors that are known of.";
    },
    from: From::Query(concat!(
        "SELECT s.repo, s.commit, f.rel_path AS path, e.type_errors::INTEGER AS type_error_count, \
           json_object('params', CASE WHEN params > 0 THEN annotated / params END, \
           'returns', CASE WHEN functions > 0 THEN returns / functions END) AS annotation_ratio, \
           untyped_defs::INTEGER AS untyped_defs, untyped_defs > 0 OR coalesce(e.type_errors, 0) > 0 AS overlay_needed \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN (SELECT d.content_id, count(t.node_id) AS functions, \
           sum(t.total_params) AS params, sum(t.annotated_params) AS annotated, count(t.return_type) AS returns, \
           count(t.node_id) FILTER (t.annotated_params = 0 AND t.return_type IS NULL) AS untyped_defs \
           FROM store.ast_definitions d LEFT JOIN store.function_types t ON t.content_id = d.content_id AND t.node_id = d.node_id \
           GROUP BY d.content_id) t USING (content_id) LEFT JOIN (",
        tool_errors!(),
        ") e ON e.snapshot_id = s.snapshot_id AND e.rel_path = f.rel_path"
    )),
    reads: &[&ast_nodes::FACTS, &function_types::FACTS],
    also: &[&diagnostics::FACTS],
};
