//! Where a source tells type checkers to look away: comments that silence them, `Any` written out, and casts.

use ruff_python_ast::Expr;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged as _;
use rustc_hash::FxHashSet;

use crate::string_annotations::in_string_annotations;
use crate::{Ast, Field, Kind, ParsedFile};

/// One place where types are not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeEscape<'a> {
    /// What it is.
    pub kind: TypeEscapeKind,
    /// First byte and the byte behind the last one: of the whole comment, of the name or of the call.
    pub range: (u32, u32),
    /// For whom a comment is meant: `type` for all checkers, else the name of one.
    pub tool: Option<&'a str>,
    /// The codes in the brackets of a comment; none where it has no brackets.
    pub codes: Option<Vec<&'a str>>,
}

/// How a source tells type checkers to look away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeEscapeKind {
    /// A comment such as `# type: ignore[code]`.
    Ignore,
    /// `Any` of `typing`, in a name or an attribute.
    Any,
    /// A call of `typing.cast`.
    Cast,
}

impl TypeEscapeKind {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Any => "any",
            Self::Cast => "cast",
        }
    }
}

/// Who reads comments of the form `# NAME: ignore`.
const TOOLS: [&str; 5] = ["type", "mypy", "pyright", "pyrefly", "ty"];

impl<'a> TypeEscape<'a> {
    /// All of a file, in the order of the source.
    pub fn all(file: &'a ParsedFile, ast: &Ast<'a>) -> Vec<Self> {
        let mut found = comments(file);
        found.extend(names(file, ast));
        found.sort_by_key(|escape| (escape.range, escape.kind));
        found
    }
}

fn comments(file: &ParsedFile) -> Vec<TypeEscape<'_>> {
    let comments = file.tree.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
    let escapes = comments.flat_map(|token| {
        let range = (token.start().to_u32(), token.end().to_u32());
        file.text()[token.range()].split('#').filter_map(move |part| {
            let (tool, rest) = part.trim_start().split_once(':')?;
            let tool = TOOLS.into_iter().find(|name| *name == tool)?;
            let rest = rest.trim_start().strip_prefix("ignore")?;
            let brackets = rest.trim_start().strip_prefix('[').and_then(|inner| inner.split_once(']'));
            if brackets.is_none() && rest.starts_with(|next: char| !next.is_whitespace()) {
                return None;
            }
            let codes = brackets
                .map(|(inner, _)| inner.split(',').map(str::trim).filter(|code| !code.is_empty()).collect::<Vec<_>>());
            Some(TypeEscape { kind: TypeEscapeKind::Ignore, range, tool: Some(tool), codes })
        })
    });
    escapes.collect()
}

/// Uses of `Any` and calls of `cast`, by whatever names the file's own imports give them.
fn names(file: &ParsedFile, ast: &Ast<'_>) -> Vec<TypeEscape<'static>> {
    let imported = Imported::of(file, ast);
    if imported.modules.is_empty() && imported.any.is_empty() && imported.cast.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (id, node) in ast.nodes.iter().enumerate() {
        let escape = |kind, node: &crate::AstNode<'_>| {
            node.range.map(|range| TypeEscape { kind, range, tool: None, codes: None })
        };
        let is = |own: &FxHashSet<&str>, name: &str| {
            let below = ast.nodes.get(id + 1);
            match node.kind {
                Kind::Name => {
                    node.name.is_some_and(|name| own.contains(name))
                        && below.is_some_and(|context| context.kind == Kind::Load)
                }
                Kind::Attribute => {
                    let is_module = |value: &crate::AstNode<'_>| {
                        value.kind == Kind::Name && value.name.is_some_and(|name| imported.modules.contains(name))
                    };
                    node.name == Some(name) && below.is_some_and(is_module)
                }
                _ => false,
            }
        };
        if is(&imported.any, "Any") {
            found.extend(escape(TypeEscapeKind::Any, node));
        } else if node.field == Some(Field::Func) && is(&imported.cast, "cast") {
            let call = node.parent.map(|parent| &ast.nodes[parent as usize]);
            found.extend(call.and_then(|call| escape(TypeEscapeKind::Cast, call)));
        }
    }
    in_string_annotations(file, |expression| {
        let is_any = match expression {
            Expr::Name(name) => imported.any.contains(name.id.as_str()),
            Expr::Attribute(attribute) => {
                let is_module = |name: &str| imported.modules.contains(name);
                attribute.attr == *"Any" && attribute.value.as_name_expr().is_some_and(|name| is_module(&name.id))
            }
            _ => false,
        };
        if is_any {
            let range = (expression.start().to_u32(), expression.end().to_u32());
            found.push(TypeEscape { kind: TypeEscapeKind::Any, range, tool: None, codes: None });
        }
    });
    found
}

/// The names under which a file knows `typing`, its `Any` and its `cast`.
#[derive(Debug, Default)]
struct Imported<'a> {
    modules: FxHashSet<&'a str>,
    any: FxHashSet<&'a str>,
    cast: FxHashSet<&'a str>,
}

impl<'a> Imported<'a> {
    fn of(file: &'a ParsedFile, ast: &Ast<'a>) -> Self {
        let is_typing = |name: Option<&str>| matches!(name, Some("typing" | "typing_extensions"));
        let mut imported = Self::default();
        for alias in ast.nodes.iter().filter(|node| node.kind == Kind::Alias) {
            let (Some(parent), Some((start, end))) = (alias.parent, alias.range) else { continue };
            let statement = &ast.nodes[parent as usize];
            // `Any` or `Any as A`.
            let Some(bound) = file.text()[start as usize..end as usize].split_whitespace().last() else { continue };
            match (statement.kind, alias.name) {
                (Kind::Import, name) if is_typing(name) => _ = imported.modules.insert(bound),
                (Kind::ImportFrom, Some("Any")) if is_typing(statement.name) => _ = imported.any.insert(bound),
                (Kind::ImportFrom, Some("cast")) if is_typing(statement.name) => _ = imported.cast.insert(bound),
                _ => {}
            }
        }
        imported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let file = ParsedFile::parse(text);
        let escapes = TypeEscape::all(&file, &Ast::new(&file));
        let show = |escape: &TypeEscape<'_>| {
            let source = &text[escape.range.0 as usize..escape.range.1 as usize];
            match (escape.tool, &escape.codes) {
                (Some(tool), Some(codes)) => format!("{tool} {codes:?}"),
                (Some(tool), None) => format!("{tool} all"),
                _ => format!("{} {source}", escape.kind.as_str()),
            }
        };
        assert_eq!(escapes.iter().map(show).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn comments_are_read_and_strings_are_not() {
        check("x = 1  # type: ignore\ny = 2 #type:ignore[a, b-c]  # why\n", &["type all", r#"type ["a", "b-c"]"#]);
        check("x = 1  # noqa # pyright: ignore [x]\n", &[r#"pyright ["x"]"#]);
        check("'''\n# type: ignore\n'''\nx = '# type: ignore'\n", &[]);
        check("# type: ignored\n# type: int\n# see type: ignore\n", &[]);
    }

    #[test]
    fn any_and_cast_are_those_of_typing() {
        check(
            "import typing as t\nfrom typing import Any as A, cast\ndef f(x: A, y: t.Any) -> list[A]: return cast(int, x)\n",
            &["any A", "any t.Any", "any A", "cast cast(int, x)"],
        );
        check(
            "import typing\nfrom typing import Any\nx: 'list[Any] | typing.Any' = 'Any'\ndef f(a: list['Any'], b: Literal['Any'], c: 'dict[str, \"Any\"]') -> \"Any\": ...\n",
            &["any Any", "any typing.Any", "any Any", "any Any", "any Any"],
        );
        let deep = format!("from typing import Any\nx: {}'Any'{}\n", "[".repeat(500), "]".repeat(500));
        check(&deep, &[]);
        check("from typing import Any\nx: Annotated['Any', 'Any']\ny: 'not a type ('\n", &["any Any"]);
        check("from mine import Any, cast\nx: Any = cast(int, 1)\n", &[]);
        check("from typing import Any\nAny = 1\nself.Any\n", &[]);
    }
}
