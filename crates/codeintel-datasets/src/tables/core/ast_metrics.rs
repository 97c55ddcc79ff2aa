//! `core.ast_metrics`: sizes and complexity of a file, counted on its tree.

use std::collections::BTreeSet;

use codeintel_python::{Ast, Field, Kind, LineCounts};

use crate::dataset::{Dataset, Extraction, Extractor, Facts, Maker, Sink, Tree};

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
    view: "SELECT s.repo, s.commit, f.rel_path, t.node_count, t.function_count, t.class_count, t.avg_depth, t.max_depth, \
           t.complexity, t.loc, t.logical_loc, t.comment_lines, t.blank_lines \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.ast_metrics t USING (content_id)",
    example: "SELECT rel_path, complexity, loc FROM core.ast_metrics ORDER BY complexity DESC LIMIT 10",
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

/// Whose complexity a node adds to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Function,
    /// The module or a class body, a decorator, a default, or the condition of an `assert`.
    Nobody,
}

/// McCabe's complexity, summed over the functions, plus 1.
fn complexity(ast: &Ast<'_>) -> u32 {
    let mut owners: Vec<Owner> = Vec::with_capacity(ast.nodes.len());
    let mut total = 1;
    // The matches that have a wildcard case already.
    let mut with_wildcard = BTreeSet::new();
    for (id, node) in ast.nodes.iter().enumerate() {
        let parent = node.parent.map(|parent| (&ast.nodes[parent as usize], owners[parent as usize]));
        let owner = match parent {
            None => Owner::Nobody,
            Some((parent, _)) if matches!(parent.kind, Kind::FunctionDef | Kind::AsyncFunctionDef) => {
                if node.field == Some(Field::Body) { Owner::Function } else { Owner::Nobody }
            }
            Some((parent, _)) if matches!(parent.kind, Kind::ClassDef | Kind::Assert) => Owner::Nobody,
            Some((_, owner)) => owner,
        };
        owners.push(owner);
        if matches!(node.kind, Kind::FunctionDef | Kind::AsyncFunctionDef) {
            total += 1;
        }
        if owner == Owner::Function {
            total += points(ast, id as u32, &mut with_wildcard);
        }
    }
    total
}

/// What the node itself adds. What depends on its children is added by the children.
fn points(ast: &Ast<'_>, id: u32, with_wildcard: &mut BTreeSet<u32>) -> u32 {
    let node = &ast.nodes[id as usize];
    let parent = node.parent.map(|parent| &ast.nodes[parent as usize]);
    let parent_kind = parent.map(|parent| parent.kind);
    let own = match node.kind {
        Kind::If | Kind::IfExp | Kind::For | Kind::AsyncFor | Kind::While | Kind::Assert => 1,
        Kind::ExceptHandler | Kind::Comprehension => 1,
        // radon takes off one for any number of `case _` and `case name`.
        Kind::MatchCase => {
            u32::from(!(is_wildcard(ast, id) && node.parent.is_some_and(|parent| with_wildcard.insert(parent))))
        }
        _ => 0,
    };
    let is_first_of_else = node.field == Some(Field::Orelse)
        && node.index == Some(0)
        && matches!(parent_kind, Some(Kind::For | Kind::AsyncFor | Kind::While | Kind::Try | Kind::TryStar));
    let is_later_operand = parent_kind == Some(Kind::BoolOp) && node.index.is_some_and(|index| index > 0);
    let is_filter = node.field == Some(Field::Ifs);
    own + u32::from(is_first_of_else) + u32::from(is_later_operand) + u32::from(is_filter)
}

/// Whether a case is `case _` or `case name`.
fn is_wildcard(ast: &Ast<'_>, case: u32) -> bool {
    let pattern = &ast.nodes[case as usize + 1];
    let has_inner = ast.nodes.get(case as usize + 2).is_some_and(|node| node.parent == Some(case + 1));
    pattern.kind == Kind::MatchAs && !has_inner
}

#[cfg(test)]
mod tests {
    use codeintel_python::ParsedFile;

    use super::*;

    fn check(text: &str, expected: u32) {
        let file = ParsedFile::parse(text);
        assert_eq!(complexity(&Ast::new(&file)), expected, "{text}");
    }

    /// Expected values counted by hand from McCabe's rules; `cargo xtask oracle` compares whole packages with radon.
    #[test]
    fn decisions_in_functions_count() {
        check("x = 1 if a else 2\n", 1);
        check("def f(): pass\n", 2);
        check("def f(a=1 if b else 2):\n  if a and b or c: return\n  elif d: return\n", 6);
        check("def f():\n  for a in b: pass\n  else: pass\n  while c: pass\n", 5);
        check("def f():\n  try: a\n  except B: c\n  except D: e\n  else: g\n  finally: h\n", 5);
        check("def f():\n  return [a for b in c if d if e]\n", 5);
        check("def f():\n  assert a and b, c\n", 3);
        check("def f():\n  match a:\n    case 1: b\n    case _: c\n", 3);
        check("def f():\n  match a:\n    case 1: b\n    case _ if d: c\n    case e: f\n    case 2: g\n", 5);
        check("def f():\n  def g():\n    if a: b\n  class C:\n    x = 1 if a else 2\n", 4);
    }

    #[test]
    fn an_assignment_has_five_nodes() {
        assert_eq!(Ast::new(&ParsedFile::parse("x = 1")).nodes.len(), 5);
    }
}
