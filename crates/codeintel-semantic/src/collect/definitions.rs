//! Functions and classes with their parameters, and what else defines or names something: patterns, `__all__`, annotations in strings.

use ruff_db::parsed::parsed_module;
use ruff_python_ast::visitor::Visitor as _;
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprStringLiteral, Identifier, Parameters, PatternMatchClass, StmtClassDef, StmtFunctionDef,
};
use ty_python_core::definition::Definition;
use ty_python_core::scope::{FileScopeId, NodeWithScopeRef};
use ty_python_semantic::{ImportAliasResolution, definitions_for_name};

use super::visit::Strings;
use super::{Collector, DEFINITION, READ, WRITE};
use crate::hierarchy;
use crate::symbols::{Target, symbol_of};

impl<'db> Collector<'db> {
    pub(super) fn function(&mut self, function: &StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(definition) = self.definition_of(function.into()) {
            let class = self.class_here();
            let overridden =
                class.map(|class| hierarchy::overridden(self.db, class, &function.name)).unwrap_or_default();
            self.define(function.name.range, definition, DEFINITION, overridden);
        }
        if let Some(parameters) = &function.type_params {
            self.visit_type_params(parameters);
        }
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        // Defaults and annotations belong to the scope around the function.
        self.parameters(&function.parameters, self.index.try_node_scope(NodeWithScopeRef::Function(function)));
        self.inside(NodeWithScopeRef::Function(function), |this| this.visit_body(&function.body));
        if function.returns.is_none()
            && let Some(returned) = self.returned_type(function)
        {
            self.part.returned.push((function.name.range.start(), returned));
        }
    }

    pub(super) fn class(&mut self, class: &StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        let definition = self.definition_of(class.into());
        if let Some(definition) = definition {
            let bases = hierarchy::base_symbols(self.db, definition);
            self.define(class.name.range, definition, DEFINITION, bases);
        }
        if let Some(parameters) = &class.type_params {
            self.visit_type_params(parameters);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
            if let Some(definition) = definition {
                self.class_keywords(definition, arguments);
            }
        }
        self.inside(NodeWithScopeRef::Class(class), |this| this.visit_body(&class.body));
    }

    pub(super) fn inside(&mut self, node: NodeWithScopeRef<'_>, visit: impl FnOnce(&mut Self)) {
        let Some(scope) = self.index.try_node_scope(node) else { return };
        self.scopes.push(scope);
        visit(self);
        self.scopes.pop();
    }

    pub(super) fn definition_of(&self, node: AnyNodeRef<'_>) -> Option<Definition<'db>> {
        self.index.try_definitions(node)?.first().copied()
    }

    /// The class in whose body the place is.
    pub(super) fn class_here(&self) -> Option<Definition<'db>> {
        let scope = self.scope().to_scope_id(self.db, self.file);
        let module = parsed_module(self.db, self.file.python_file(self.db)).load(self.db);
        let class = scope.node(self.db).as_class()?;
        self.definition_of(class.node(&module).into())
    }

    /// Parameters with their defaults and annotations; `scope` is that of the function.
    pub(super) fn parameters(&mut self, parameters: &Parameters, scope: Option<FileScopeId>) {
        for parameter in parameters {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
            let parameter = parameter.as_parameter();
            if let Some(annotation) = &parameter.annotation {
                self.visit_annotation(annotation);
            }
            let node = parameters.iter_non_variadic_params().find(|found| found.parameter.range == parameter.range);
            let definition = node.and_then(|node| self.definition_of(node.into()));
            let definition = definition.or_else(|| self.definition_of(parameter.into()));
            let around = std::mem::replace(&mut self.statement, parameter.range);
            match definition {
                Some(definition) if symbol_of(self.db, definition).is_some() => {
                    self.define(parameter.name.range, definition, DEFINITION, Vec::new());
                }
                _ => {
                    if let Some(scope) = scope {
                        let target = Target::Local(scope, parameter.name.as_str().into());
                        self.add(parameter.name.range, target, DEFINITION);
                    }
                }
            }
            self.statement = around;
        }
    }

    /// A string in `__all__` stands for the name that it spells.
    pub(super) fn exported_names(&mut self, value: &Expr) {
        let mut strings = Strings(Vec::new());
        strings.visit_expr(value);
        for (name, range) in strings.0 {
            let found = definitions_for_name(&self.model, &name, value.into(), ImportAliasResolution::ResolveAliases);
            let targets = self.targets(found);
            for target in targets {
                self.add(range, target, READ);
            }
        }
    }

    /// A string that is an annotation is read as one.
    pub(super) fn string(&mut self, string: &ExprStringLiteral) {
        let Some((parsed, model)) = self.model.enter_string_annotation(string) else { return };
        let outer = std::mem::replace(&mut self.model, model);
        let was_in_string = std::mem::replace(&mut self.is_in_string, true);
        self.visit_expr(&parsed.syntax().body);
        (self.model, self.is_in_string) = (outer, was_in_string);
    }

    /// A keyword in a class pattern is an attribute of the class.
    pub(super) fn class_pattern(&mut self, pattern: &PatternMatchClass) {
        let Some(class) = hierarchy::class_of(self.db, &self.model, &pattern.cls) else { return };
        for keyword in &pattern.arguments.keywords {
            let targets = self.members(hierarchy::mro(self.db, class), &keyword.attr);
            for target in targets {
                self.add(keyword.attr.range, target, READ);
            }
        }
    }

    pub(super) fn capture(&mut self, name: Option<&Identifier>, node: AnyNodeRef<'_>) {
        if let Some(name) = name {
            self.bind(name.range, name, self.scope(), Some(node), DEFINITION | WRITE);
        }
    }
}
