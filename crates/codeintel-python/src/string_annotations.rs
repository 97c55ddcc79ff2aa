//! String annotations, parsed as the expressions that they contain.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprSubscript};
use ruff_python_parser::parse_string_annotation;

use crate::ParsedFile;

/// Types that are nested deeper are nobody's.
const DEEPEST: usize = 100;

/// Call a function for each name and attribute in the quoted parts of a file's annotations. What stands in `Literal[...]`, or behind the type in
/// `Annotated[...]`, is no type.
pub(crate) fn in_string_annotations(file: &ParsedFile, found: impl FnMut(&Expr)) {
    let mut annotations = Annotations { source: file.text(), is_quoted: false, depth: 0, found };
    annotations.visit_body(&file.tree.syntax().body);
}

struct Annotations<'a, F> {
    source: &'a str,
    is_quoted: bool,
    depth: usize,
    found: F,
}

impl<'a, F: FnMut(&Expr)> Visitor<'a> for Annotations<'_, F> {
    fn visit_annotation(&mut self, annotation: &'a Expr) {
        self.annotation(annotation);
    }

    // Annotations stand in statements only, and expressions may nest deeper than a stack is.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

impl<F: FnMut(&Expr)> Annotations<'_, F> {
    fn annotation(&mut self, annotation: &Expr) {
        if self.depth < DEEPEST {
            self.depth += 1;
            self.parts(annotation);
            self.depth -= 1;
        }
    }

    fn parts(&mut self, annotation: &Expr) {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) if self.is_quoted => (self.found)(annotation),
            Expr::StringLiteral(string) => {
                let parsed =
                    string.as_single_part_string().and_then(|part| parse_string_annotation(self.source, part).ok());
                if let Some(parsed) = parsed {
                    let outer = std::mem::replace(&mut self.is_quoted, true);
                    self.annotation(parsed.expr());
                    self.is_quoted = outer;
                }
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BinOp(union) => {
                self.annotation(&union.left);
                self.annotation(&union.right);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.annotation(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.annotation(part)),
            Expr::Starred(starred) => self.annotation(&starred.value),
            _ => {}
        }
    }

    fn subscript(&mut self, subscript: &ExprSubscript) {
        self.annotation(&subscript.value);
        let name = match &*subscript.value {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        match (name, &*subscript.slice) {
            ("Literal", _) => {}
            ("Annotated", Expr::Tuple(tuple)) => tuple.elts.iter().take(1).for_each(|part| self.annotation(part)),
            (_, slice) => self.annotation(slice),
        }
    }
}
