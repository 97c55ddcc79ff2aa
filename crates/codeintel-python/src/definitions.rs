//! The named scopes of a file: the module, its classes, functions and methods.

use ruff_python_ast::{Expr, Stmt, StringLiteralValue};
use ruff_text_size::Ranged as _;
use rustc_hash::FxHashMap;

use crate::ast::Ast;
use crate::docstring::clean_docstring;
use crate::{Kind, ParsedFile};

/// The module itself, a class, a function or a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Number of its node in [`Ast::nodes`].
    pub node_id: u32,
    /// What it is.
    pub kind: DefinitionKind,
    /// Names of the enclosing classes and functions and its own, joined by dots; empty for the module.
    pub qualname: String,
    /// The same of the enclosing scope; none for the module.
    pub parent_qualname: Option<String>,
    /// How many definitions of the same kind and qualified name stand before it in the file.
    pub ordinal: u32,
    /// First byte of its name and the byte behind the last one; none for the module.
    pub name_range: Option<(u32, u32)>,
    /// First line, from 1, decorators included; 1 for the module.
    pub start_line: u32,
    /// Last line; none for the module.
    pub end_line: Option<u32>,
    /// Its decorators, if any.
    pub decorators: Option<Decorators<'a>>,
    /// Its docstring as evaluated, not cleaned, with the range of the string in bytes.
    pub docstring: Option<(String, (u32, u32))>,
}

/// The decorators of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decorators<'a> {
    /// Source text of each expression, without the `@`.
    pub texts: Vec<&'a str>,
    /// First line of the first expression.
    pub start_line: u32,
    /// Last line of the last expression.
    pub end_line: u32,
}

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefinitionKind {
    /// The file itself.
    Module,
    /// A class statement.
    Class,
    /// A function whose scope is the module or another function.
    Function,
    /// A function whose scope is a class.
    Method,
}

impl DefinitionKind {
    /// The name used in URNs and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Class => "class",
            Self::Function => "function",
            Self::Method => "method",
        }
    }
}

/// The qualified names of one file take so many bytes at most: a class with a long name repeats it for each of its methods.
const MAX_NAMES_BYTES: usize = 64 << 20;

impl<'a> Definition<'a> {
    /// All definitions of a file in source order, the module first. If their qualified names would take more than 64 MiB, those behind
    /// that are left out.
    pub fn all(file: &'a ParsedFile, ast: &Ast<'a>) -> Vec<Self> {
        let mut found = vec![Self {
            node_id: 0,
            kind: DefinitionKind::Module,
            qualname: String::new(),
            parent_qualname: None,
            ordinal: 0,
            name_range: None,
            start_line: 1,
            end_line: None,
            decorators: None,
            docstring: docstring(file, &file.tree.syntax().body),
        }];
        let mut by_node = FxHashMap::from_iter([(0, 0)]);
        let mut ordinals = FxHashMap::default();
        let mut scopes = Scopes::default();
        let mut names_bytes = 0;
        for (node_id, definition) in &ast.definitions {
            let node = &ast.nodes[*node_id as usize];
            let scope = scopes.around(ast, *node_id);
            let parent: &Self = &found[by_node[&scope]];
            let kind = match (node.kind, parent.kind) {
                (Kind::ClassDef, _) => DefinitionKind::Class,
                (_, DefinitionKind::Class) => DefinitionKind::Method,
                _ => DefinitionKind::Function,
            };
            let qualname = match parent.qualname.as_str() {
                "" => definition.name().to_owned(),
                parent => format!("{parent}.{}", definition.name()),
            };
            names_bytes += qualname.len();
            if names_bytes > MAX_NAMES_BYTES {
                break;
            }
            let decorators = decorators(file, definition.decorators());
            let (start, end) = node.range.expect("definitions have positions");
            let lines = file.lines();
            let name = definition.name_range();
            let ordinal = ordinals.entry((kind, qualname.clone())).or_insert(0);
            let entry = Self {
                node_id: *node_id,
                kind,
                parent_qualname: Some(parent.qualname.clone()),
                qualname,
                ordinal: *ordinal,
                name_range: Some((name.start().to_u32(), name.end().to_u32())),
                start_line: decorators.as_ref().map_or(lines.line(start), |decorators| decorators.start_line),
                end_line: Some(lines.utf8(end).line),
                decorators,
                docstring: docstring(file, definition.body()),
            };
            *ordinal += 1;
            by_node.insert(*node_id, found.len());
            found.push(entry);
        }
        found
    }

    /// The docstring with its indentation removed, as `ast.get_docstring` gives it.
    pub fn clean_docstring(&self) -> Option<String> {
        self.docstring.as_ref().map(|(raw, _)| clean_docstring(raw))
    }
}

/// The nearest definitions around nodes, as far as they were looked for.
#[derive(Debug, Default)]
struct Scopes(FxHashMap<u32, u32>);

impl Scopes {
    /// The number of the nearest definition around a node, or of the module.
    fn around(&mut self, ast: &Ast<'_>, node_id: u32) -> u32 {
        // Each node is passed once: a chain of many `elif` is nested as deeply.
        let mut passed = Vec::new();
        let mut next = ast.nodes[node_id as usize].parent;
        let scope = loop {
            let Some(id) = next else { break 0 };
            let node = &ast.nodes[id as usize];
            if node.kind.is_definition() {
                break id;
            }
            if let Some(scope) = self.0.get(&id) {
                break *scope;
            }
            passed.push(id);
            next = node.parent;
        };
        // The node right around is asked for again by its other children, the ones further out by what is beside it.
        self.0.extend(passed.into_iter().map(|id| (id, scope)));
        scope
    }
}

fn decorators<'a>(file: &'a ParsedFile, list: &'a [ruff_python_ast::Decorator]) -> Option<Decorators<'a>> {
    let (first, last) = (list.first()?, list.last()?);
    Some(Decorators {
        texts: list.iter().map(|decorator| &file.text()[decorator.expression.range()]).collect(),
        start_line: file.lines().line(first.expression.start().to_u32()),
        end_line: file.lines().line(last.expression.end().to_u32()),
    })
}

fn docstring(file: &ParsedFile, body: &[Stmt]) -> Option<(String, (u32, u32))> {
    let Some(Stmt::Expr(statement)) = body.first() else { return None };
    let Expr::StringLiteral(literal) = statement.value.as_ref() else { return None };
    let range = literal.range;
    Some((evaluate(&literal.value, &file.text()[range]), (range.start().to_u32(), range.end().to_u32())))
}

/// The value of a string literal. CPython reads every line break of a source as `\n`.
fn evaluate(value: &StringLiteralValue, source: &str) -> String {
    if !source.contains('\r') {
        return value.to_str().to_owned();
    }
    // Parentheses, since the parts of a joined string may stand on several lines.
    let unix = format!("({})", source.replace("\r\n", "\n").replace('\r', "\n"));
    match ruff_python_parser::parse_expression(&unix).map(ruff_python_parser::Parsed::into_expr) {
        Ok(Expr::StringLiteral(literal)) => literal.value.to_str().to_owned(),
        _ => value.to_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let file = ParsedFile::parse(text);
        let ast = Ast::new(&file);
        let found: Vec<String> = Definition::all(&file, &ast)
            .iter()
            .map(|d| format!("{} {}#{} {}-{:?}", d.kind.as_str(), d.qualname, d.ordinal, d.start_line, d.end_line))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn scopes_nest_and_blocks_do_not() {
        check(
            "class A:\n  if x:\n    def f(self):\n      def g(): pass\n@d\nasync def h(): pass\n",
            &[
                "module #0 1-None",
                "class A#0 1-Some(4)",
                "method A.f#0 3-Some(4)",
                "function A.f.g#0 4-Some(4)",
                "function h#0 5-Some(6)",
            ],
        );
    }

    #[test]
    fn redefinitions_are_numbered_by_kind() {
        check(
            "def f(): pass\ndef f(): pass\nclass f: pass\n",
            &["module #0 1-None", "function f#0 1-Some(1)", "function f#1 2-Some(2)", "class f#0 3-Some(3)"],
        );
    }

    #[test]
    fn decorators_and_docstrings_are_read_from_the_source() {
        let file = ParsedFile::parse("@a.b( 'x' )\n@c\ndef f():\r\n  'one' \"\"\"\r\n  two\\r\"\"\"\r\n");
        let ast = Ast::new(&file);
        let function = &Definition::all(&file, &ast)[1];
        let decorators = function.decorators.as_ref().unwrap();
        assert_eq!((&*decorators.texts, decorators.start_line, decorators.end_line), (&["a.b( 'x' )", "c"][..], 1, 2));
        assert_eq!(function.docstring.as_ref().unwrap().0, "one\n  two\r");
    }
}
