//! McCabe's cyclomatic complexity.

use std::collections::BTreeSet;

use crate::{Ast, Field, Kind};

/// Whose complexity a node adds to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Function,
    /// The module or a class body, a decorator, a default, or the condition of an `assert`.
    Other,
}

/// McCabe's complexity as radon counts it, summed over the functions of a file, plus 1 for its own body.
pub fn complexity(ast: &Ast<'_>) -> u32 {
    let mut owners: Vec<Owner> = Vec::with_capacity(ast.nodes.len());
    let mut total = 1;
    // The matches that have a wildcard case already.
    let mut with_wildcard = BTreeSet::new();
    for (id, node) in ast.nodes.iter().enumerate() {
        let parent = node.parent.map(|parent| (&ast.nodes[parent as usize], owners[parent as usize]));
        let owner = match parent {
            None => Owner::Other,
            Some((parent, _)) if matches!(parent.kind, Kind::FunctionDef | Kind::AsyncFunctionDef) => {
                if node.field == Some(Field::Body) { Owner::Function } else { Owner::Other }
            }
            Some((parent, _)) if matches!(parent.kind, Kind::ClassDef | Kind::Assert) => Owner::Other,
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
    use super::*;
    use crate::ParsedFile;

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
}
