//! What a function without a return annotation returns, as far as its own body tells.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFunctionDef};
use ty_python_semantic::HasType as _;
use ty_python_semantic::types::Type;

use super::Collector;

/// Parts of a type that stand for what is not known.
const UNKNOWN: [&str; 3] = ["Unknown", "Todo", "Divergent"];

impl Collector<'_> {
    /// The type of what a function returns; of what it is awaited for, where it is asynchronous. None where any of it is not known, as for generators
    /// and for what is only declared.
    pub(super) fn returned_type(&self, function: &StmtFunctionDef) -> Option<String> {
        let mut returns = Returns::default();
        returns.visit_body(&function.body);
        if returns.is_generator || is_declaration(&function.body) {
            return None;
        }
        let mut types: Vec<String> = Vec::new();
        let falls = self.falls_through(&function.body)?;
        let implicit = returns.values.iter().any(Option::is_none) || falls;
        for value in returns.values.iter().flatten() {
            let ty = value.inferred_type(&self.model)?;
            // What cannot be reached returns nothing.
            if !matches!(ty, Type::Never) {
                types.push(widened(&ty.display(self.db, &self.model.program_environment()).to_string()));
            }
        }
        if implicit {
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
        let text = if distinct.is_empty() { "NoReturn".to_owned() } else { distinct.join(" | ") };
        (!UNKNOWN.iter().any(|unknown| text.contains(unknown))).then_some(text)
    }

    /// Whether control may reach the end of a block. None where that depends on a context manager, which may swallow exceptions.
    fn falls_through(&self, body: &[Stmt]) -> Option<bool> {
        for statement in body {
            if !self.continues_behind(statement)? {
                return Some(false);
            }
        }
        Some(true)
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
                !is_endless || has_break(&node.body)
            }
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

/// Literals as their classes: `Literal[1]` is more than an annotation would say.
fn widened(text: &str) -> String {
    let Some(literals) = text.strip_prefix("Literal[").and_then(|rest| rest.strip_suffix(']')) else {
        return text.to_owned();
    };
    let class = match literals.as_bytes() {
        [b'"' | b'\'', ..] => "str",
        [b'b', b'"' | b'\'', ..] => "bytes",
        [b'0'..=b'9' | b'-', ..] => "int",
        _ if literals == "True" || literals == "False" => "bool",
        _ => literals.split('.').next().unwrap_or(literals),
    };
    class.to_owned()
}

/// Whether a body says nothing: `...`, or that it has to be written elsewhere.
fn is_declaration(body: &[Stmt]) -> bool {
    let rest = match body {
        [Stmt::Expr(docstring), rest @ ..] if docstring.value.is_string_literal_expr() => rest,
        all => all,
    };
    let is_not_implemented = |raised: &Expr| {
        let raised = raised.as_call_expr().map_or(raised, |call| &call.func);
        raised.as_name_expr().is_some_and(|name| name.id == "NotImplementedError")
    };
    match rest {
        [Stmt::Expr(only)] => only.value.is_ellipsis_literal_expr(),
        [Stmt::Raise(raise)] => raise.exc.as_deref().is_some_and(is_not_implemented),
        _ => false,
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
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
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
