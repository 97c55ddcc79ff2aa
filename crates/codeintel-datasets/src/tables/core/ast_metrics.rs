//! `core.ast_metrics`: sizes and complexity of a file, counted on its tree.

use codeintel_python::{Kind, LineCounts, complexity};

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// One row for each content that could be decoded.
    ast_metrics {
        content_id: Int,
        node_count: Int,
        function_count: Int,
        class_count: Int,
        avg_depth: Double,
        max_depth: Int,
        complexity: Double,
        loc: Int,
        logical_loc: Int,
        comment_lines: Int,
        blank_lines: Int,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.ast_metrics",
    version: 1,
    tables: &[&ast_metrics::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.ast_metrics",
    doc: "One row for each parsed file: sizes and complexity.\n\n\
          `complexity` is the sum of McCabe's cyclomatic complexity over the file's functions, as radon counts it (and as it would \
          if it knew `except*`), plus 1 for the module body. A function counts 1 plus, in its own body and not in those of nested definitions: 1 for each \
          `if`, `elif`, conditional expression, loop, `else` of a loop or a `try`, `except` clause, comprehension `for`, \
          comprehension `if` and `assert` (whose own condition adds nothing more), the operands of each `and` or `or` less \
          one, and the cases of a `match`, less one if there is a case `_`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        node_count Integer ! "All nodes of the tree, contexts and operators included: `x = 1` has 5.";
        function_count Integer ! "Nodes of type FunctionDef and AsyncFunctionDef.";
        class_count Integer ! "Nodes of type ClassDef.";
        avg_depth Double ! "Mean depth of the nodes; the Module has depth 1.";
        max_depth Integer ! "Greatest depth.";
        complexity Double ! "Cyclomatic complexity.";
        loc Integer ! "Physical lines.";
        logical_loc Integer ! "Statements.";
        comment_lines Integer ! "Lines with nothing but a comment.";
        blank_lines Integer ! "Lines with nothing but white space, outside of strings.";
    },
    from: From::Facts(&ast_metrics::TABLE),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, ast_metrics::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    let nodes = &parsed.ast.nodes;
    let count = |is_counted: fn(Kind) -> bool| nodes.iter().filter(|node| is_counted(node.kind)).count() as i32;
    let mut depths: Vec<u32> = Vec::with_capacity(nodes.len());
    for node in nodes {
        depths.push(node.parent.map_or(1, |parent| depths[parent as usize] + 1));
    }
    let lines = LineCounts::of(parsed.file);
    columns.push(ast_metrics::Row {
        content_id,
        node_count: nodes.len() as i32,
        function_count: count(|kind| matches!(kind, Kind::FunctionDef | Kind::AsyncFunctionDef)),
        class_count: count(|kind| kind == Kind::ClassDef),
        avg_depth: depths.iter().map(|depth| f64::from(*depth)).sum::<f64>() / nodes.len() as f64,
        max_depth: depths.iter().copied().max().unwrap_or(1) as i32,
        complexity: f64::from(complexity(parsed.ast)),
        loc: lines.total as i32,
        logical_loc: count(Kind::is_statement),
        comment_lines: lines.comment as i32,
        blank_lines: lines.blank as i32,
    });
}

#[cfg(test)]
mod tests {
    use codeintel_python::{Ast, ParsedFile};

    #[test]
    fn an_assignment_has_five_nodes() {
        assert_eq!(Ast::new(&ParsedFile::parse("x = 1")).nodes.len(), 5);
    }
}
