//! `core.goid_crosswalk`: where the entities of `core.goids` are in the other tables.

use crate::dataset::{Dataset, From};
use crate::tables::core::{ast_nodes, cst_nodes};
use crate::tables::scip::documents;

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.goid_crosswalk",
    doc: "One row for each row of `core.goids`: the same module, class, function or method in the other tables.\n\n\
          The table is a view over the facts of the tables that it leads to, so it can never be older than they are. A SCIP symbol \
          is found by the file, the bytes of the name and the kind of the symbol's last descriptor, since the parameters of a function \
          are defined on the same line; a module's is the one defined at the very beginning of the file. A symbol of an index that was \
          made from another content of the file does not count.",
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
        scip_symbol Varchar ? "Symbol that the SCIP index of the file defines at its name; NULL where there is none.";
        ast_node_id Integer ! "`node_id` in `core.ast_nodes`.";
        cst_node_id Integer ? "`node_id` in `core.cst_nodes`.";
        ast_qualname Varchar ! "`qualname` in `core.ast_nodes`.";
    },
    from: From::Query(concat!(
        "SELECT repo, commit, urn AS goid, goid_h128, language AS lang, module_path, rel_path AS file_path, start_line, \
           end_line, scip_symbol, ast_node_id, cst_node_id, qualname AS ast_qualname FROM (",
        goids!(
            ", module_path, scip_symbol, ast_node_id, cst_node_id",
            ", f.module AS module_path, o.symbol AS scip_symbol, d.node_id AS ast_node_id, c.node_id AS cst_node_id",
            " LEFT JOIN store.cst_nodes c ON c.content_id = d.content_id AND c.ast_node_id = d.node_id \
              LEFT JOIN (SELECT x.document_id, x.content_id, t.start_byte, t.end_byte, \
              CASE WHEN t.symbol LIKE '%#' THEN 'class' WHEN t.symbol LIKE '%).' THEN 'function' ELSE 'module' END AS kind, \
              min(t.symbol) AS symbol FROM store.scip_occurrences t JOIN store.documents x USING (facts_id) \
              WHERE t.roles & 1 <> 0 AND (t.symbol LIKE '%#' OR t.symbol LIKE '%).' OR t.symbol LIKE '%/__init__:' \
              OR t.symbol LIKE '%/') GROUP BY ALL) o ON o.document_id = f.document_id AND o.content_id = d.content_id \
              AND o.start_byte = coalesce(d.name_start, 0) AND o.end_byte = coalesce(d.name_end, 0) \
              AND o.kind = CASE d.kind WHEN 'method' THEN 'function' ELSE d.kind END"
        ),
        ")"
    )),
    reads: &[&ast_nodes::FACTS, &cst_nodes::FACTS, &documents::FACTS],
    also: &[],
};
