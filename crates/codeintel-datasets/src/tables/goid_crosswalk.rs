//! `core.goid_crosswalk`: where the entities of `core.goids` are in the other tables.

use crate::dataset::{Dataset, Upkeep};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.goid_crosswalk",
    doc: "One row for each row of `core.goids`: the same module, class, function or method in the other tables.\n\n\
          The table is a view over the facts of the tables that it leads to, so it can never be older than they are.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        goid Varchar ! "`urn` in `core.goids`.";
        goid_h128 UHugeInt ! "128-bit id, as in `core.goids`; a decimal string in JSON.";
        lang Varchar ! "Always `python`.";
        module_path Varchar ! "Importable name of the module, as in `core.modules`.";
        file_path Varchar ! "Path from the repository's root.";
        start_line Integer ! "First line, from 1, decorators included.";
        end_line Integer ? "Last line; NULL for modules.";
        scip_symbol Varchar ? "Symbol of its definition in a SCIP index; NULL where there is none.";
        ast_node_id Integer ! "`node_id` in `core.ast_nodes`.";
        cst_node_id Integer ? "`node_id` in `core.cst_nodes`.";
        ast_qualname Varchar ! "`qualname` in `core.ast_nodes`.";
    },
    view: concat!(
        "SELECT repo, commit, urn AS goid, goid_h128, language AS lang, module_path, rel_path AS file_path, start_line, \
           end_line, NULL::VARCHAR AS scip_symbol, ast_node_id, cst_node_id, qualname AS ast_qualname FROM (",
        goids!(
            ", module_path, ast_node_id, cst_node_id",
            ", f.module AS module_path, d.node_id AS ast_node_id, c.node_id AS cst_node_id",
            " LEFT JOIN store.cst_nodes c ON c.content_id = d.content_id AND c.ast_node_id = d.node_id"
        ),
        ")"
    ),
    example: "SELECT file_path, ast_qualname, ast_node_id, cst_node_id FROM core.goid_crosswalk ORDER BY ALL LIMIT 10",
    reads: &["core.ast_nodes", "core.cst_nodes"],
    upkeep: Upkeep::View,
};
