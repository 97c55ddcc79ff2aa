//! `core.ast_cst`: which nodes of the two trees are the same thing.

use crate::dataset::{Dataset, From};
use crate::tables::core::{ast_nodes, cst_nodes};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.ast_cst",
    doc: "One row for each pair of a node of `core.ast_nodes` and one of `core.cst_nodes` that are the same thing.\n\n\
          Both tables are read from one tree, so the pairs are known and not guessed from positions. Most pairs have the same \
          byte offsets. Where the two trees put the ends of a thing in different places they have not: an AST `Tuple` or \
          `GeneratorExp` includes its parentheses, a block that ends in `a;` its semicolon, an `arg` its annotation but not its \
          star; a `MatchValue` or `MatchSingleton` of the CST includes its parentheses, a type variable no default.\n\n\
          A node has at most one partner. Without one are what only the one tree has a node for: wrappers such as `Element`, \
          `Arg` and `IndentedBlock` there, the literal parts of f-strings here.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        ast_node_id Integer ! "`node_id` in `core.ast_nodes`.";
        cst_node_id Integer ! "`node_id` in `core.cst_nodes`.";
        node_type Varchar ! "Class of the node in the AST.";
        kind Varchar ! "Class of the node in the CST.";
        start_byte Integer ! "Offset of the first byte in the CST, from 0.";
        end_byte Integer ! "Offset behind the last byte in the CST.";
    },
    from: From::Query(
        "SELECT s.repo, s.commit, f.rel_path, a.node_id AS ast_node_id, c.node_id AS cst_node_id, ak.name AS node_type, \
           ck.name AS kind, c.start_byte, c.end_byte \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.cst_nodes c USING (content_id) \
           JOIN store.ast_nodes a ON a.content_id = c.content_id AND a.node_id = c.ast_node_id \
           JOIN store.ast_kinds ak ON ak.code = a.node_type JOIN store.cst_kinds ck ON ck.code = c.kind",
    ),
    reads: &[&ast_nodes::FACTS, &cst_nodes::FACTS],
    also: &[],
};
