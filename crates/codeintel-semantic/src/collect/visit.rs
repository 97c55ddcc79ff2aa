//! What each part of the syntax asks of the collector.

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_pattern, walk_stmt, walk_type_param};
use ruff_python_ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprContext, ExprStringLiteral, Identifier, Pattern, Stmt, StringFlags as _,
    TypeParam,
};
use ruff_text_size::{Ranged as _, TextRange, TextSize};
use ty_python_core::scope::NodeWithScopeRef;
use ty_python_semantic::types::ide_support::typed_dict_key_definition;

use super::{Collector, DEFINITION, READ, WRITE};

impl<'a> Visitor<'a> for Collector<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let around = std::mem::replace(&mut self.statement, statement.range());
        match statement {
            Stmt::FunctionDef(function) => self.function_apart(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::AugAssign(assign) => {
                self.bind_target(&assign.target, assign.into(), DEFINITION | WRITE | READ);
                self.visit_expr(&assign.value);
                if is_exports(&assign.target) {
                    self.exported_names(&assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.visit_expr(value);
                }
                self.visit_annotation(&assign.annotation);
                let write = if assign.value.is_some() { WRITE } else { 0 };
                self.bind_target(&assign.target, assign.into(), DEFINITION | write);
                if is_exports(&assign.target)
                    && let Some(value) = &assign.value
                {
                    self.exported_names(value);
                }
            }
            Stmt::TypeAlias(alias) => {
                if let Expr::Name(name) = &*alias.name {
                    self.bind_name(name, alias.into(), DEFINITION);
                }
                if let Some(parameters) = &alias.type_params {
                    self.visit_type_params(parameters);
                }
                self.visit_expr(&alias.value);
            }
            Stmt::Assign(assign) => {
                walk_stmt(self, statement);
                if assign.targets.iter().any(is_exports) {
                    self.exported_names(&assign.value);
                }
            }
            Stmt::Global(node) => self.redirected(&node.names),
            Stmt::Nonlocal(node) => self.redirected(&node.names),
            // A docstring is no annotation, and need not be asked for its type.
            Stmt::Expr(node) if node.value.is_string_literal_expr() => {}
            _ => walk_stmt(self, statement),
        }
        self.statement = around;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => {
                self.visit_expr(&attribute.value);
                self.attribute(attribute);
            }
            Expr::Call(call) => {
                walk_expr(self, expression);
                self.call(call);
                if let Expr::Attribute(method) = &*call.func
                    && is_exports(&method.value)
                    && matches!(method.attr.as_str(), "append" | "extend" | "remove")
                {
                    call.arguments.args.iter().for_each(|names| self.exported_names(names));
                }
            }
            Expr::Lambda(lambda) => {
                let scope = self.index.try_node_scope(NodeWithScopeRef::Lambda(lambda));
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters, scope);
                }
                self.visit_expr(&lambda.body);
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.bind_target(&named.target, named.into(), DEFINITION | WRITE);
            }
            Expr::StringLiteral(string) => self.string(string),
            Expr::Subscript(subscript) => {
                walk_expr(self, expression);
                if let Expr::StringLiteral(key) = &*subscript.slice
                    && let Some(range) = content_range(key)
                    && let Some(found) = typed_dict_key_definition(&self.model, subscript, key.value.to_str())
                {
                    let roles = if subscript.ctx == ExprContext::Load { READ } else { WRITE };
                    for target in self.targets(vec![found]) {
                        self.add(range, target, roles);
                    }
                }
            }
            _ => walk_expr(self, expression),
        }
    }

    fn visit_type_param(&mut self, parameter: &'a TypeParam) {
        let (name, node): (&Identifier, AnyNodeRef<'_>) = match parameter {
            TypeParam::TypeVar(node) => (&node.name, node.into()),
            TypeParam::ParamSpec(node) => (&node.name, node.into()),
            TypeParam::TypeVarTuple(node) => (&node.name, node.into()),
        };
        if let Some(definition) = self.definition_of(node) {
            let around = std::mem::replace(&mut self.statement, parameter.range());
            self.define(name.range, definition, DEFINITION, Vec::new());
            self.statement = around;
        }
        walk_type_param(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        let around = std::mem::replace(&mut self.statement, node.range);
        self.capture(node.name.as_ref(), node.into());
        self.statement = around;
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(node) => {
                self.capture(node.name.as_ref(), node.name.as_ref().map_or(pattern.into(), Into::into));
            }
            Pattern::MatchStar(node) => {
                self.capture(node.name.as_ref(), node.name.as_ref().map_or(pattern.into(), Into::into));
            }
            Pattern::MatchMapping(node) => {
                self.capture(node.rest.as_ref(), node.rest.as_ref().map_or(pattern.into(), Into::into));
            }
            Pattern::MatchClass(node) => self.class_pattern(node),
            _ => {}
        }
        walk_pattern(self, pattern);
    }
}

impl Collector<'_> {
    /// The names of a `global` or `nonlocal` statement.
    fn redirected(&mut self, names: &[Identifier]) {
        for name in names {
            self.refer_to_owner(name.range, name, self.scope(), 0);
        }
    }
}

pub(crate) fn is_exports(target: &Expr) -> bool {
    target.as_name_expr().is_some_and(|name| name.id == "__all__")
}

/// Strings in an expression, with the range between their quotes.
pub(crate) struct Strings(pub(crate) Vec<(String, TextRange)>);

impl<'a> Visitor<'a> for Strings {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::StringLiteral(string) = expression
            && let Some(range) = content_range(string)
        {
            self.0.push((string.value.to_str().to_owned(), range));
        }
        walk_expr(self, expression);
    }
}

/// The range between the quotes of a string of one part.
pub(crate) fn content_range(string: &ExprStringLiteral) -> Option<TextRange> {
    let literal = string.as_single_part_string()?;
    let (opener, closer) = (literal.flags.opener_len(), literal.flags.closer_len());
    let range = TextRange::new(literal.range.start() + opener, literal.range.end().checked_sub(closer)?);
    (range.len() == TextSize::of(string.value.to_str())).then_some(range)
}
