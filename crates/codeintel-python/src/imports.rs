//! Import statements, name by name.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{BoolOp, Expr, Identifier, Stmt, UnaryOp};
use ruff_text_size::TextRange;

use crate::ParsedFile;

/// A name that an import statement binds, or all names of a module at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedName<'a> {
    /// First line of the statement, from 1.
    pub lineno: u32,
    /// Last line of the statement.
    pub end_lineno: u32,
    /// How many dots a relative import begins with.
    pub level: u32,
    /// The dotted name of the module as written; none in `from . import a`.
    pub module: Option<&'a str>,
    /// The name taken from the module; none where the module itself is imported, or all its names are.
    pub name: Option<&'a str>,
    /// The name behind `as`.
    pub alias: Option<&'a str>,
    /// Whether it is `from module import *`.
    pub is_star: bool,
    /// Whether it stands where type checkers only go: in `if TYPE_CHECKING:` or in the `else` of its opposite.
    pub is_type_checking: bool,
    /// Whether running its scope may pass it by: it stands in an `if`, a loop, a `try` or a `match` of that scope.
    pub is_conditional: bool,
    /// Names of the enclosing classes and functions, joined by dots; empty for the module.
    pub scope: String,
}

impl<'a> ImportedName<'a> {
    /// All of a file, in the order of the source. Names that are missing from a broken statement are left out.
    pub fn all(file: &'a ParsedFile) -> Vec<Self> {
        let mut imports = Imports { file, place: Place::default(), scope: Vec::new(), found: Vec::new() };
        imports.visit_body(&file.tree.syntax().body);
        imports.found
    }
}

/// What is known of a place in the source besides its scope.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    is_type_checking: bool,
    is_conditional: bool,
}

struct Imports<'a> {
    file: &'a ParsedFile,
    place: Place,
    scope: Vec<&'a str>,
    found: Vec<ImportedName<'a>>,
}

impl<'a> Imports<'a> {
    /// A name of a statement at a place, as if the module were imported.
    fn at(&self, range: TextRange) -> ImportedName<'a> {
        let lines = self.file.lines();
        ImportedName {
            lineno: lines.line(range.start().to_u32()),
            end_lineno: lines.utf8(range.end().to_u32()).line,
            level: 0,
            module: None,
            name: None,
            alias: None,
            is_star: false,
            is_type_checking: self.place.is_type_checking,
            is_conditional: self.place.is_conditional,
            scope: self.scope.join("."),
        }
    }

    fn inside(&mut self, place: Place, visit: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.place, place);
        visit(self);
        self.place = outside;
    }

    /// The body of a class or a function.
    fn scope(&mut self, name: &'a str, body: &'a [Stmt]) {
        self.scope.push(name);
        self.inside(Place { is_conditional: false, ..self.place }, |inner| inner.visit_body(body));
        self.scope.pop();
    }
}

impl<'a> Visitor<'a> for Imports<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in import.names.iter().filter(|alias| !alias.name.is_empty()) {
                    let module = Some(alias.name.as_str());
                    let alias = alias.asname.as_ref().map(Identifier::as_str);
                    self.found.push(ImportedName { module, alias, ..self.at(import.range) });
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map(Identifier::as_str).filter(|module| !module.is_empty());
                for alias in import.names.iter().filter(|alias| !alias.name.is_empty()) {
                    let is_star = alias.name.as_str() == "*";
                    self.found.push(ImportedName {
                        level: import.level,
                        module,
                        name: (!is_star).then_some(alias.name.as_str()),
                        alias: alias.asname.as_ref().map(Identifier::as_str),
                        is_star,
                        ..self.at(import.range)
                    });
                }
            }
            Stmt::FunctionDef(function) => self.scope(&function.name, &function.body),
            Stmt::ClassDef(class) => self.scope(&class.name, &class.body),
            Stmt::If(node) => {
                let outside = self.place;
                let mut is_else_for_types = false;
                let first = (Some(&*node.test), &node.body);
                let more = node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body));
                for (test, body) in std::iter::once(first).chain(more) {
                    let told = test.and_then(is_for_types);
                    let is_type_checking = outside.is_type_checking || is_else_for_types || told == Some(true);
                    self.inside(Place { is_type_checking, is_conditional: true }, |inner| inner.visit_body(body));
                    is_else_for_types |= told == Some(false);
                }
            }
            Stmt::For(_) | Stmt::While(_) | Stmt::Try(_) | Stmt::Match(_) => {
                self.inside(Place { is_conditional: true, ..self.place }, |inner| walk_stmt(inner, statement));
            }
            _ => walk_stmt(self, statement),
        }
    }

    // No statement is inside of an expression.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Whether a condition holds for type checkers only, or for all but them; none where it does not tell.
fn is_for_types(test: &Expr) -> Option<bool> {
    match test {
        Expr::Name(name) => (name.id == "TYPE_CHECKING").then_some(true),
        Expr::Attribute(attribute) => (attribute.attr.as_str() == "TYPE_CHECKING").then_some(true),
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => is_for_types(&node.operand).map(|is_for_types| !is_for_types),
        Expr::BoolOp(node) if node.op == BoolOp::And => {
            node.values.iter().any(|value| is_for_types(value) == Some(true)).then_some(true)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each name as `line level module:name as alias in scope`, with `?` where it is conditional and `t` where it is for type checkers.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let file = ParsedFile::parse(text);
        let shown = |import: &ImportedName<'_>| {
            let name = if import.is_star { "*" } else { import.name.unwrap_or("") };
            let mut words = vec![format!(
                "{}-{} {}{}:{name}",
                import.lineno,
                import.end_lineno,
                ".".repeat(import.level as usize),
                import.module.unwrap_or("")
            )];
            words.extend(import.alias.map(|alias| format!("as {alias}")));
            words.extend((!import.scope.is_empty()).then(|| format!("in {}", import.scope)));
            words.extend(import.is_conditional.then(|| "?".to_owned()));
            words.extend(import.is_type_checking.then(|| "t".to_owned()));
            words.join(" ")
        };
        assert_eq!(ImportedName::all(&file).iter().map(shown).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn every_form_of_the_statement() {
        check("import a, b.c as d\n", &["1-1 a:", "1-1 b.c: as d"]);
        check("from a import (b,\n  c as d)\n", &["1-2 a:b", "1-2 a:c as d"]);
        check("from . import a\nfrom ..b import *\n", &["1-1 .:a", "2-2 ..b:*"]);
        check("import a; from b import c\n", &["1-1 a:", "1-1 b:c"]);
        check("import\nfrom a import\nimport b.\n", &["3-3 b.:"]);
    }

    #[test]
    fn scopes_and_conditions_are_those_of_the_scope_around_it() {
        check("class C:\n  def f(self):\n    import a\n", &["3-3 a: in C.f"]);
        check("if x:\n  def f():\n    import a\n  import b\n", &["3-3 a: in f", "4-4 b: ?"]);
        check(
            "try:\n  import a\nexcept E:\n  import b\nelse:\n  import c\nfinally:\n  import d\n",
            &["2-2 a: ?", "4-4 b: ?", "6-6 c: ?", "8-8 d: ?"],
        );
        check(
            "with x:\n  import a\nfor b in c:\n  import d\nmatch e:\n  case 1: import f\n",
            &["2-2 a:", "4-4 d: ?", "6-6 f: ?"],
        );
    }

    #[test]
    fn what_is_for_type_checkers_is_told_from_the_rest() {
        check("if TYPE_CHECKING:\n  import a\nelse:\n  import b\n", &["2-2 a: ? t", "4-4 b: ?"]);
        check(
            "if not t.TYPE_CHECKING:\n  import a\nelif x:\n  import b\nelse:\n  import c\n",
            &["2-2 a: ?", "4-4 b: ? t", "6-6 c: ? t"],
        );
        check("if x and TYPE_CHECKING:\n  def f():\n    import a\n", &["3-3 a: in f t"]);
        check("if x or TYPE_CHECKING:\n  import a\n", &["2-2 a: ?"]);
    }
}
