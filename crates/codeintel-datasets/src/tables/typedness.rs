//! `analytics.typedness`: how much of each file is annotated.

use crate::dataset::{Dataset, Upkeep};

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.typedness",
    doc: "One row for each parsed file: how much of it is annotated.\n\n\
          Sums over the rows of `analytics.function_types`, whose page says what counts. No type checker is run for this table, so \
          `type_error_count` is NULL, which means unknown and not zero.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        path Varchar ! "Path from the repository's root.";
        type_error_count Integer ? "Errors that type checkers found; NULL where none has run.";
        annotation_ratio Json ! "`{params, returns}`: annotated parameters among all of the file, and functions with `->` among all; null where there are none.";
        untyped_defs Integer ! "Functions without any annotation.";
        overlay_needed Boolean ! "Whether types would have to come from elsewhere, such as a stub: there are untyped definitions, or type errors.";
    },
    view: "SELECT s.repo, s.commit, f.rel_path AS path, NULL::INTEGER AS type_error_count, \
           json_object('params', CASE WHEN params > 0 THEN annotated / params END, \
           'returns', CASE WHEN functions > 0 THEN returns / functions END) AS annotation_ratio, \
           untyped_defs::INTEGER AS untyped_defs, untyped_defs > 0 AS overlay_needed \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN (SELECT d.content_id, count(t.node_id) AS functions, \
           sum(t.total_params) AS params, sum(t.annotated_params) AS annotated, count(t.return_type) AS returns, \
           count(t.node_id) FILTER (t.annotated_params = 0 AND t.return_type IS NULL) AS untyped_defs \
           FROM store.ast_definitions d LEFT JOIN store.function_types t ON t.content_id = d.content_id AND t.node_id = d.node_id \
           GROUP BY d.content_id) t USING (content_id)",
    example: "SELECT path, untyped_defs, annotation_ratio FROM analytics.typedness ORDER BY untyped_defs DESC LIMIT 10",
    reads: &["core.ast_nodes", "analytics.function_types"],
    upkeep: Upkeep::View,
};
