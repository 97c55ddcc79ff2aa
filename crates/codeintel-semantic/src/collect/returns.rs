//! What a function without a return annotation returns, as far as its own body tells.

use ruff_db::parsed::parsed_module;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Decorator, ExceptHandler, Expr, Stmt, StmtFunctionDef};
use ty_python_semantic::HasType as _;
use ty_python_semantic::types::Type;

use super::Collector;

/// Parts of a type that stand for what is not known, or cannot be said in an annotation.
const UNKNOWN: [&str; 12] = [
    "Unknown",
    "Todo",
    "Divergent",
    "UnspecializedTypeVar",
    "Overload[",
    "def ",
    " @ ",
    " omitted ",
    "<",
    "'",
    " & ",
    "..",
];

impl Collector<'_> {
    /// The type of what a function returns; of what it is awaited for, where it is asynchronous. None where any of it is not known, as for generators
    /// and for what is only declared.
    pub(super) fn returned_type(&self, function: &StmtFunctionDef) -> Option<String> {
        let mut returns = Returns::default();
        returns.visit_body(&function.body);
        if returns.is_generator || self.is_declaration(function) {
            return None;
        }
        let falls = self.falls_through(&function.body)?;
        let mut types: Vec<String> = Vec::new();
        for value in returns.values.iter().flatten() {
            let ty = value.inferred_type(&self.model)?;
            // What cannot be reached returns nothing.
            if !matches!(ty, Type::Never) {
                let text = ty.display(self.db, &self.model.program_environment()).to_string();
                types.extend(alternatives(&spelled(&text)?).map(str::to_owned));
            }
        }
        if falls || returns.values.iter().any(Option::is_none) {
            types.push("None".to_owned());
        }
        // `None` stands last, as people write it.
        types.sort_by_key(|text| text == "None");
        let mut distinct: Vec<String> = Vec::new();
        for text in types {
            if !distinct.contains(&text) {
                distinct.push(text);
            }
        }
        if let [_, _, ..] = distinct[..] {
            for callable in distinct.iter_mut().filter(|text| is_callable(text)) {
                *callable = format!("({callable})");
            }
        }
        Some(if distinct.is_empty() { "NoReturn".to_owned() } else { distinct.join(" | ") })
    }

    /// Whether a function is only declared here: in a stub, as an abstract method, or with a body that says nothing or that somebody else has to write it.
    fn is_declaration(&self, function: &StmtFunctionDef) -> bool {
        let body = match &function.body[..] {
            [Stmt::Expr(docstring), rest @ ..] if docstring.value.is_string_literal_expr() => rest,
            all => all,
        };
        let is_not_implemented = |raised: &Expr| {
            let raised = raised.as_call_expr().map_or(raised, |call| &call.func);
            raised.as_name_expr().is_some_and(|name| name.id == "NotImplementedError")
        };
        let is_abstract = |decorator: &Decorator| {
            let name = match &decorator.expression {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            matches!(name, "abstractmethod" | "abstractproperty" | "overload")
        };
        let is_stub = self.file.file(self.db).is_stub(self.db);
        match body {
            _ if is_stub || function.decorator_list.iter().any(is_abstract) => true,
            [Stmt::Expr(only)] => only.value.is_ellipsis_literal_expr(),
            [.., Stmt::Raise(raise)] if raise.exc.as_deref().is_some_and(is_not_implemented) => true,
            // A protocol's methods are declared with or without words.
            [] | [Stmt::Pass(_)] => self.is_in_protocol(),
            _ => false,
        }
    }

    /// Whether the scope that is visited is a class of which `Protocol` is a base.
    fn is_in_protocol(&self) -> bool {
        let scope = self.scope().to_scope_id(self.db, self.file);
        let module = parsed_module(self.db, self.file.python_file(self.db)).load(self.db);
        let Some(class) = scope.node(self.db).as_class() else { return false };
        class.node(&module).bases().iter().any(|base| {
            let base = base.as_subscript_expr().map_or(base, |generic| &generic.value);
            let name = base.as_name_expr().map(|name| name.id.as_str());
            name.or_else(|| base.as_attribute_expr().map(|base| base.attr.as_str())) == Some("Protocol")
        })
    }

    /// Whether control may reach the end of a block. None where that depends on a context manager, which may swallow exceptions.
    fn falls_through(&self, body: &[Stmt]) -> Option<bool> {
        let Some((last, before)) = body.split_last() else { return Some(true) };
        // What does not return stands last: nobody writes statements that are never reached, and to ask for the type of each call is dear.
        for statement in before.iter().filter(|statement| !statement.is_expr_stmt()) {
            if !self.continues_behind(statement)? {
                return Some(false);
            }
        }
        self.continues_behind(last)
    }

    fn continues_behind(&self, statement: &Stmt) -> Option<bool> {
        Some(match statement {
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => false,
            Stmt::Assert(assert) => !matches!(&*assert.test, Expr::BooleanLiteral(literal) if !literal.value),
            Stmt::Expr(expression) => {
                let is_call = matches!(&*expression.value, Expr::Call(_) | Expr::Await(_));
                !(is_call && matches!(expression.value.inferred_type(&self.model), Some(Type::Never)))
            }
            Stmt::If(node) => {
                let mut falls = self.falls_through(&node.body)?;
                let mut has_else = false;
                for clause in &node.elif_else_clauses {
                    falls |= self.falls_through(&clause.body)?;
                    has_else |= clause.test.is_none();
                }
                falls || !has_else
            }
            Stmt::While(node) => {
                let is_endless = matches!(&*node.test, Expr::BooleanLiteral(literal) if literal.value)
                    || matches!(&*node.test, Expr::NumberLiteral(literal) if literal.value.as_int().is_some_and(|int| int.as_u8() != Some(0)));
                has_break(&node.body) || !is_endless && self.falls_through(&node.orelse)?
            }
            Stmt::For(node) => has_break(&node.body) || self.falls_through(&node.orelse)?,
            Stmt::Try(node) => {
                let body = self.falls_through(&node.body)? && self.falls_through(&node.orelse)?;
                let mut falls = body;
                for handler in &node.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    falls |= self.falls_through(&handler.body)?;
                }
                falls && self.falls_through(&node.finalbody)?
            }
            Stmt::With(node) => {
                if !self.falls_through(&node.body)? {
                    return None;
                }
                true
            }
            Stmt::Match(node) => {
                let mut falls = !node.cases.iter().any(|case| case.guard.is_none() && case.pattern.is_irrefutable());
                for case in &node.cases {
                    falls |= self.falls_through(&case.body)?;
                }
                falls
            }
            _ => true,
        })
    }
}

/// A type as an annotation would say it: literals as their classes, classes as `type[X]`, without the owners of type variables and what
/// is only known not to be. None where any of it is not known or cannot be said.
fn spelled(text: &str) -> Option<String> {
    let mut spelled = String::new();
    let mut rest = text;
    while let Some((before, literals)) = rest.split_once("Literal[") {
        let (classes, behind) = literal_classes(literals);
        if classes.iter().any(|class| class.contains("omitted")) {
            return None;
        }
        spelled += before;
        spelled += &classes.join(" | ");
        rest = behind;
    }
    spelled += rest;
    let mut types = String::new();
    let mut rest = spelled.as_str();
    while let Some((before, class)) = rest.split_once("<class '") {
        let (name, behind) = class.split_once("'>")?;
        types += &format!("{before}type[{name}]");
        rest = behind;
    }
    types += rest;
    let types = types.replace("float*", "float").replace("complex*", "complex");
    let types = without_names_behind(&without_names_behind(&types, "@"), " & ~");
    (!UNKNOWN.iter().any(|unknown| types.contains(unknown))).then_some(types)
}

/// A text without the dotted names behind a mark and the mark itself, where a name or a bracket stands before it.
fn without_names_behind(text: &str, mark: &str) -> String {
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let mut parts = text.split(mark);
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if left.ends_with(|char: char| is_name(char) || char == ']' || char == ')') {
            left += part.trim_start_matches(is_name);
        } else {
            left += mark;
            left += part;
        }
    }
    left
}

/// Whether a type is that of a function, outside of all brackets.
fn is_callable(text: &str) -> bool {
    let mut depth = 0;
    let mut before = ' ';
    text.chars().any(|char| {
        depth += i32::from(matches!(char, '[' | '(')) - i32::from(matches!(char, ']' | ')'));
        let is_arrow = depth == 0 && before == '-' && char == '>';
        before = char;
        is_arrow
    })
}

/// The parts of a union.
fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    // What a function returns is a part of its type.
    let is_whole = is_callable(text);
    let mut depth = 0;
    text.split(move |char| {
        depth += i32::from(matches!(char, '[' | '(')) - i32::from(matches!(char, ']' | ')'));
        char == '|' && depth == 0 && !is_whole
    })
    .map(|part| {
        let part = part.trim();
        let inner = part.strip_prefix('(').and_then(|part| part.strip_suffix(')'));
        inner.filter(|inner| !["->", "|", "&"].iter().any(|sign| inner.contains(sign))).unwrap_or(part)
    })
}

/// The classes of the literals in front of a closing bracket, each once, and what stands behind that.
fn literal_classes(literals: &str) -> (Vec<&str>, &str) {
    let mut classes = Vec::new();
    let mut quote = None;
    let mut is_escaped = false;
    let mut start = 0;
    for (at, char) in literals.char_indices() {
        match (quote, char) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), char) if char == open => quote = None,
            (None, '"' | '\'') => quote = Some(char),
            (None, ',' | ']') => {
                let class = class_of_literal(literals[start..at].trim());
                if !classes.contains(&class) {
                    classes.push(class);
                }
                start = at + 1;
                if char == ']' {
                    return (classes, &literals[start..]);
                }
            }
            _ => {}
        }
    }
    (classes, "")
}

fn class_of_literal(literal: &str) -> &str {
    match literal.as_bytes() {
        [b'"' | b'\'', ..] => "str",
        [b'b', b'"' | b'\'', ..] => "bytes",
        [b'0'..=b'9' | b'-', ..] => "int",
        b"True" | b"False" => "bool",
        _ => literal.rsplit_once('.').map_or(literal, |(class, _)| class),
    }
}

/// Whether a loop with this body can be left by a `break` of its own.
fn has_break(body: &[Stmt]) -> bool {
    #[derive(Default)]
    struct Breaks(bool);

    impl<'a> Visitor<'a> for Breaks {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Break(_) => self.0 = true,
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                // A `break` in the body of a loop inside leaves that one.
                Stmt::For(inner) => self.visit_body(&inner.orelse),
                Stmt::While(inner) => self.visit_body(&inner.orelse),
                _ => walk_stmt(self, statement),
            }
        }
    }

    let mut breaks = Breaks::default();
    breaks.visit_body(body);
    breaks.0
}

/// The `return` statements of a function, and whether it is a generator.
#[derive(Default)]
struct Returns<'a> {
    values: Vec<Option<&'a Expr>>,
    is_generator: bool,
}

impl<'a> Visitor<'a> for Returns<'a> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let ends = |statement: &Stmt| {
            matches!(statement, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_))
        };
        let reached = body.iter().position(ends).map_or(body.len(), |last| last + 1);
        for statement in &body[..reached] {
            self.visit_stmt(statement);
        }
        // What stands behind is never reached; but a `yield` there makes a generator.
        let values = self.values.len();
        for statement in &body[reached..] {
            self.visit_stmt(statement);
        }
        self.values.truncate(values);
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // A `return` in `finally` comes last, whatever was returned before.
            Stmt::Try(node) if matches!(node.finalbody.last(), Some(Stmt::Return(_))) => {
                let values = self.values.len();
                walk_stmt(self, statement);
                self.values.truncate(values);
                self.visit_body(&node.finalbody);
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(node) => {
                self.values.push(node.value.as_deref());
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.is_generator = true,
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expression),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_spelled_as_in_annotations() {
        let check = |text: &str, expected: &str| assert_eq!(spelled(text).as_deref().unwrap_or("?"), expected);
        check("int", "int");
        check("Literal[1, -2, True]", "int | bool");
        check("tuple[Literal[\"a, ]\\\"\"], Literal[b\"x\"], Color]", "tuple[str, bytes, Color]");
        check("list[Literal[Color.RED, Color.BLUE]] | None", "list[Color] | None");
        check("Self@m | dict[T@C, int]", "Self | dict[T, int]");
        check("list[<class 'a.B'>] | float*", "list[type[a.B]] | float");
        check("(str & ~AlwaysFalsy & ~int) | None", "(str) | None");
        let unknown = [
            "A @ a.py:1",
            "<module 'sys'>",
            "list[<module 'os'> | <module 'sys'>]",
            "A & B",
            "Literal[1, 2, ... omitted 9 literals]",
        ];
        for text in unknown {
            check(text, "?");
        }
    }

    #[test]
    fn unions_are_taken_apart() {
        let parts: Vec<&str> = alternatives("(str) | dict[str, int | None] | (() -> int) | None").collect();
        assert_eq!(parts, ["str", "dict[str, int | None]", "(() -> int)", "None"]);
        assert_eq!(alternatives("() -> None | int").collect::<Vec<_>>(), ["() -> None | int"]);
    }
}
