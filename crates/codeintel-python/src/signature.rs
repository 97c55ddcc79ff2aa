//! What functions say of their types: the annotations of their parameters and of what they return, as written.

use ruff_python_ast::{Expr, Parameter, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged as _;

use crate::ast::{Ast, DefinitionRef};
use crate::{Definition, DefinitionKind, ParsedFile};

/// The annotations of one function or method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<'a> {
    /// Number of its node in [`Ast::nodes`].
    pub node_id: u32,
    /// The byte that its name begins at.
    pub name_byte: u32,
    /// Its parameters in the order of the source, without the first one of a method that is bound to an object or a class.
    pub parameters: Vec<SignatureParameter<'a>>,
    /// Source text of the annotation behind the arrow.
    pub returns: Option<&'a str>,
    /// Whether it is decorated with `overload`.
    pub is_overload: bool,
    /// Whether it is decorated as a property, or as the setter or deleter of one.
    pub is_property: bool,
    /// Whether its body is `...`, behind a docstring or alone.
    pub is_stub: bool,
}

/// A parameter of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureParameter<'a> {
    /// Its name, without stars.
    pub name: &'a str,
    /// How arguments reach it.
    pub kind: ParameterKind,
    /// Source text of its annotation.
    pub annotation: Option<&'a str>,
}

/// How arguments reach a parameter; the names are those of `inspect.Parameter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// Before a `/`.
    PositionalOnly,
    /// Neither before a `/` nor behind a `*`.
    PositionalOrKeyword,
    /// `*args`.
    VarPositional,
    /// Behind a `*`.
    KeywordOnly,
    /// `**kwargs`.
    VarKeyword,
}

impl ParameterKind {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PositionalOnly => "positional_only",
            Self::PositionalOrKeyword => "positional_or_keyword",
            Self::VarPositional => "var_positional",
            Self::KeywordOnly => "keyword_only",
            Self::VarKeyword => "var_keyword",
        }
    }
}

impl<'a> Signature<'a> {
    /// The signatures of all functions and methods among the definitions of a file, in their order.
    pub fn all(file: &'a ParsedFile, ast: &Ast<'a>, definitions: &[Definition<'a>]) -> Vec<Self> {
        // The module, which stands first, is no statement.
        let statements = ast.definitions.iter().zip(&definitions[1..]);
        let functions = statements.filter_map(|((_, statement), definition)| match statement {
            DefinitionRef::Function(function) => Some((*function, definition)),
            DefinitionRef::Class(_) => None,
        });
        functions.map(|(function, definition)| Self::of(file, function, definition)).collect()
    }

    fn of(file: &'a ParsedFile, function: &'a StmtFunctionDef, definition: &Definition<'a>) -> Self {
        let decorators = definition.decorators.as_ref().map_or(&[][..], |decorators| &decorators.texts);
        let is_decorated = |names: &[&str]| decorators.iter().any(|text| names.contains(&last_name(text)));
        let text = |expression: &'a Expr| &file.text()[expression.range()];
        let is_bound = definition.kind == DefinitionKind::Method && !is_decorated(&["staticmethod"]);
        let mut parameters = parameters(function);
        let first_is_positional = parameters.first().is_some_and(|(kind, _)| {
            matches!(kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
        });
        if is_bound && first_is_positional {
            parameters.remove(0);
        }
        let parameter = |(kind, parameter): (ParameterKind, &'a Parameter)| SignatureParameter {
            name: parameter.name.as_str(),
            kind,
            annotation: parameter.annotation.as_deref().map(text),
        };
        Self {
            node_id: definition.node_id,
            name_byte: function.name.start().to_u32(),
            parameters: parameters.into_iter().map(parameter).collect(),
            returns: function.returns.as_deref().map(text),
            is_overload: is_decorated(&["overload"]),
            is_property: is_decorated(&["property", "cached_property", "setter", "deleter"]),
            is_stub: is_stub(&function.body),
        }
    }
}

/// All parameters in the order of the source.
fn parameters(function: &StmtFunctionDef) -> Vec<(ParameterKind, &Parameter)> {
    let list = &*function.parameters;
    let positional_only = list.posonlyargs.iter().map(|item| (ParameterKind::PositionalOnly, &item.parameter));
    let plain = list.args.iter().map(|item| (ParameterKind::PositionalOrKeyword, &item.parameter));
    let star = list.vararg.iter().map(|parameter| (ParameterKind::VarPositional, &**parameter));
    let keyword_only = list.kwonlyargs.iter().map(|item| (ParameterKind::KeywordOnly, &item.parameter));
    let stars = list.kwarg.iter().map(|parameter| (ParameterKind::VarKeyword, &**parameter));
    positional_only.chain(plain).chain(star).chain(keyword_only).chain(stars).collect()
}

/// The last name of a dotted one.
fn last_name(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted).trim()
}

fn is_stub(body: &[Stmt]) -> bool {
    let is = |statement: &Stmt, test: fn(&Expr) -> bool| matches!(statement, Stmt::Expr(node) if test(&node.value));
    match body {
        [only] => is(only, Expr::is_ellipsis_literal_expr),
        [docstring, last] => is(docstring, Expr::is_string_literal_expr) && is(last, Expr::is_ellipsis_literal_expr),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let file = ParsedFile::parse(text);
        let ast = Ast::new(&file);
        let definitions = Definition::all(&file, &ast);
        let signatures = Signature::all(&file, &ast, &definitions);
        let found: Vec<String> = signatures
            .iter()
            .map(|signature| {
                let parameter = |p: &SignatureParameter<'_>| format!("{}: {}", p.name, p.annotation.unwrap_or("?"));
                let parameters: Vec<String> = signature.parameters.iter().map(parameter).collect();
                format!("({}) -> {}", parameters.join(", "), signature.returns.unwrap_or("?"))
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn all_kinds_of_parameters_are_in_the_order_of_the_source() {
        check(
            "def f(a: int, /, b=1, *args: str, c: 'C' = 2, **kw) -> list[\n int]: pass\n",
            &["(a: int, b: ?, args: str, c: 'C', kw: ?) -> list[\n int]"],
        );
        check("def f[T: int, *Ts](*args: *Ts) -> (T): pass\n", &["(args: *Ts) -> T"]);
    }

    #[test]
    fn the_first_parameter_of_a_method_is_left_out_unless_it_is_static() {
        let class = "class A:\n def a(self: 'A', x): pass\n @classmethod\n def b(cls, /): pass\n @staticmethod\n def c(x): pass\n";
        check(class, &["(x: ?) -> ?", "() -> ?", "(x: ?) -> ?"]);
        check("class A:\n def a(*args): pass\n def b(*, k): pass\n", &["(args: ?) -> ?", "(k: ?) -> ?"]);
        check("class A:\n def a(self):\n  def g(self): pass\n", &["() -> ?", "(self: ?) -> ?"]);
    }

    #[test]
    fn decorators_and_bodies_say_what_a_function_is() {
        let text =
            "@typing.overload\ndef f(): ...\n@property\ndef g():\n '''Doc.'''\n ...\n@g.setter\ndef g(v): pass\n";
        let file = ParsedFile::parse(text);
        let ast = Ast::new(&file);
        let flags = |s: &Signature<'_>| (s.is_overload, s.is_property, s.is_stub);
        let found: Vec<_> = Signature::all(&file, &ast, &Definition::all(&file, &ast)).iter().map(flags).collect();
        assert_eq!(found, [(true, false, true), (false, true, true), (false, true, false)]);
    }
}
