//! One walk over the syntax tree: scopes, what binds names in them, and what is to be resolved once all of them are known.

use std::rc::Rc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{
    Visitor, walk_comprehension, walk_except_handler, walk_expr, walk_pattern, walk_stmt, walk_type_param,
};
use ruff_python_ast::{
    Alias, Arguments, Comprehension, ExceptHandler, Expr, ExprAttribute, ExprContext, ExprName, ExprStringLiteral,
    ExprSubscript, Identifier, NodeIndex, Parameters, Pattern, Stmt, StmtClassDef, StmtFunctionDef, StmtImport,
    StmtImportFrom, TypeParam, TypeParams,
};
use ruff_python_ast::{AnyParameterRef, HasNodeIndex as _};
use ruff_python_parser::parse_string_annotation;
use ruff_text_size::{Ranged as _, TextRange};
use rustc_hash::FxHashSet;

use super::found::{Chain, Described, Event, Exports, Read, Walked, What};
use super::scopes::{Entry, ModulePath, Scope, ScopeKind, SourceKind};
use super::strings::{Slice, annotated_arguments, slice_of};
use crate::collect::visit::{Strings, is_exports};
use crate::collect::{DEFINITION, READ, WRITE};
use crate::describe::{Declared, Documented, global_kind, member_kind, receiver};
use crate::modules::identifier;

pub(crate) struct Walker<'w> {
    text: &'w str,
    documented: Option<&'w Documented>,
    /// The name of the package whose own module the file is, if it is one.
    package: Option<&'w str>,
    /// Bodies of functions and classes that can be left out.
    skips_bodies: bool,
    scopes: Vec<Scope>,
    events: Vec<Event>,
    declared: FxHashSet<Name>,
    exports: Exports,
    scope: usize,
    statement: TextRange,
    /// Strings are annotations here.
    is_annotation: bool,
    is_in_string: bool,
    /// The first parameters of the methods around this place, with the scopes of the method and of its class.
    receivers: Vec<(Name, usize, usize)>,
    /// The kinds of variables of the classes around this place.
    member_kinds: Vec<&'static str>,
    /// The statement that binds a name, as far as its description goes.
    binding: Binding,
    visited: usize,
}

/// What binds the names that are visited.
#[derive(Debug, Clone, Copy, Default)]
struct Binding {
    value: Option<TextRange>,
    annotation: Option<TextRange>,
    is_assignment: bool,
    node: Option<NodeIndex>,
}

impl<'w> Walker<'w> {
    /// All of a file.
    pub(crate) fn walk(
        text: &'w str,
        package: Option<&'w str>,
        prefix: Option<&str>,
        documented: &'w Documented,
        suite: &[Stmt],
    ) -> Walked {
        let mut walker = Self::with(text, package, prefix, Some(documented));
        walker.visit_body(suite);
        walker.finish()
    }

    /// For the names of a module only.
    pub(crate) fn of_module(text: &'w str, package: Option<&'w str>) -> Self {
        Self::with(text, package, None, None)
    }

    fn with(text: &'w str, package: Option<&'w str>, prefix: Option<&str>, documented: Option<&'w Documented>) -> Self {
        let mut walker = Self {
            text,
            documented,
            package,
            // Names of a module are bound there by `global` only.
            skips_bodies: documented.is_none() && !text.contains("global"),
            scopes: Vec::new(),
            events: Vec::new(),
            declared: FxHashSet::default(),
            exports: Exports::None,
            scope: 0,
            statement: TextRange::default(),
            is_annotation: false,
            is_in_string: false,
            receivers: Vec::new(),
            member_kinds: Vec::new(),
            binding: Binding::default(),
            visited: 0,
        };
        walker.push_scope(ScopeKind::Module, None, prefix.map(Into::into), Name::default());
        walker
    }

    pub(crate) fn finish(self) -> Walked {
        let Self { scopes, events, declared, exports, visited, .. } = self;
        Walked { scopes, events, declared, exports, visited }
    }

    fn push_scope(&mut self, kind: ScopeKind, parent: Option<usize>, prefix: Option<Rc<str>>, name: Name) -> usize {
        let outer = parent.and_then(|parent| match self.scopes[parent].kind {
            ScopeKind::Class => self.scopes[parent].outer,
            _ => Some(parent),
        });
        let (owner, names, stars, members) = Default::default();
        self.scopes.push(Scope { kind, name, parent, outer, prefix, owner, names, stars, members });
        self.scopes.len() - 1
    }

    /// Visit something in a scope of its own.
    fn inside(&mut self, kind: ScopeKind, name: Option<&Name>, visit: impl FnOnce(&mut Self)) {
        let around = self.scope;
        let prefix = self.scopes[around].prefix.clone();
        let prefix = match (prefix, name) {
            (Some(prefix), Some(name)) => {
                let suffix = if kind == ScopeKind::Class { "#" } else { "()." };
                Some(format!("{prefix}{}{suffix}", identifier(name)).into())
            }
            (prefix, _) => prefix,
        };
        self.scope = self.push_scope(kind, Some(around), prefix, name.cloned().unwrap_or_default());
        visit(self);
        self.scope = around;
    }

    /// Visit something in the scope of type parameters, if there are any.
    fn with_type_parameters(
        &mut self,
        parameters: Option<&TypeParams>,
        owner: impl FnOnce() -> String,
        visit: impl FnOnce(&mut Self),
    ) {
        let Some(parameters) = parameters else { return visit(self) };
        self.inside(ScopeKind::TypeParameters, None, |this| {
            let scope = this.scope;
            this.scopes[scope].owner = owner();
            parameters.type_params.iter().for_each(|parameter| this.visit_type_param(parameter));
            visit(this);
        });
    }

    fn event(&mut self, range: TextRange, what: What) {
        self.event_in(self.scope, range, what);
    }

    fn event_in(&mut self, scope: usize, range: TextRange, what: What) {
        // Without documentation nobody asks for events. What the parser made up has no text.
        if self.documented.is_some() && !range.is_empty() {
            self.events.push(Event { range, scope, statement: self.statement, what });
        }
    }

    fn describe(&self, declared: &Declared<'_>, name: &Name, target: TextRange) -> Described {
        let below = self.documented?.below(target.start());
        Some(Box::new(declared.describe("", name.to_string(), self.text, below)))
    }

    fn entry(&mut self, scope: usize, name: &Name) -> &mut Entry {
        // No name is cloned that is there already.
        let names = &mut self.scopes[scope].names;
        if !names.contains_key(name) {
            names.insert(name.clone(), Entry::default());
        }
        names.get_mut(name).expect("it was inserted")
    }

    /// A name gets a meaning in a scope.
    fn add_source(&mut self, scope: usize, name: &Name, kind: SourceKind, node: Option<NodeIndex>, is_walrus: bool) {
        let entry = self.entry(scope, name);
        if entry.is_global {
            if is_walrus {
                entry.add(kind, node);
            }
            self.declared.insert(name.clone());
        } else if !entry.is_nonlocal || is_walrus {
            entry.add(kind, node);
        }
    }

    /// The scope in which an assignment expression binds.
    fn walrus_scope(&self) -> usize {
        let mut scope = self.scope;
        while self.scopes[scope].kind == ScopeKind::Comprehension {
            scope = self.scopes[scope].parent.unwrap_or_default();
        }
        scope
    }

    /// A variable is bound.
    fn bind(&mut self, range: TextRange, name: &Name, roles: u32, is_walrus: bool) {
        let scope = if is_walrus { self.walrus_scope() } else { self.scope };
        let described = self.describe_variable(scope, range, name);
        let kind = if self.binding.annotation.is_some() && self.binding.value.is_none() {
            SourceKind::Declaration
        } else {
            SourceKind::Variable
        };
        self.add_source(scope, name, kind, self.binding.node, is_walrus);
        self.event_in(scope, range, What::Bind(name.clone(), roles, described));
    }

    /// What is said of a variable that others can know, where it may be bound for the first time.
    fn describe_variable(&self, scope: usize, range: TextRange, name: &Name) -> Described {
        let here = &self.scopes[scope];
        let entry = here.names.get(name);
        let kind = match here.kind {
            ScopeKind::Class => self.member_kinds.last().copied().unwrap_or("Field"),
            ScopeKind::Module => global_kind(name),
            _ => "Variable",
        };
        let is_global = entry.is_some_and(|entry| entry.is_global);
        let is_known = if is_global {
            self.declared.contains(name)
        } else {
            entry.is_some_and(|entry| !entry.sources.is_empty() && !entry.is_parameter)
        };
        let is_visible = is_global
            || matches!(here.kind, ScopeKind::Class | ScopeKind::Module)
            || entry.is_some_and(|entry| entry.is_parameter || entry.is_nonlocal);
        if !is_visible || is_known && here.kind != ScopeKind::Class && here.kind != ScopeKind::Module {
            return None;
        }
        if is_known && entry.is_some_and(Entry::has_variable) {
            return None;
        }
        self.describe(&self.binding.declared(kind, range), name, range)
    }

    fn read(&self, name: &Name) -> Read {
        let here = &self.scopes[self.scope];
        let is_bound = here.names.get(name).is_some_and(|entry| entry.is_bound);
        Read { name: name.clone(), is_unbound: here.kind == ScopeKind::Class && !is_bound && !self.is_in_string }
    }

    fn name(&mut self, name: &ExprName) {
        match name.ctx {
            ExprContext::Load => {
                let read = self.read(&name.id);
                self.event(name.range, What::Read(read));
            }
            ExprContext::Store => self.bind(name.range, &name.id, DEFINITION | WRITE, false),
            ExprContext::Del | ExprContext::Invalid => {
                self.entry(self.scope, &name.id);
                self.event(name.range, What::Refer(name.id.clone(), WRITE));
            }
        }
    }

    /// A target that is bound in its own way.
    fn bind_target(&mut self, target: &Expr, roles: u32, is_walrus: bool) {
        match target {
            Expr::Name(name) => self.bind(name.range, &name.id, roles, is_walrus),
            Expr::Attribute(attribute) => self.attributes(attribute, roles),
            target => self.visit_expr(target),
        }
    }

    /// A chain of attributes, whose last one is bound with these roles if it is not read.
    fn attributes(&mut self, attribute: &ExprAttribute, roles: u32) {
        let mut chain: Vec<&ExprAttribute> = vec![attribute];
        let mut value = &*attribute.value;
        while let Expr::Attribute(inner) = value {
            chain.push(inner);
            value = &inner.value;
        }
        chain.reverse();
        self.visited += chain.len();
        self.visit_expr(value);
        let base = match value {
            Expr::Name(name) if name.ctx == ExprContext::Load => Some(self.read(&name.id)),
            _ => None,
        };
        if chain.len() == 1
            && attribute.ctx == ExprContext::Store
            && let Some(base) = &base
            && let Some(class) = self.class_of_receiver(&base.name)
        {
            let is_addition = roles & READ != 0;
            let range = attribute.attr.range;
            let described =
                self.describe(&self.binding.declared("Field", attribute.range), &attribute.attr.id, attribute.range);
            if !is_addition {
                self.scopes[class].members.insert(attribute.attr.id.clone());
            }
            let what = What::Member { name: attribute.attr.id.clone(), roles, is_addition, described };
            return self.event_in(class, range, what);
        }
        let part = |attribute: &&ExprAttribute| {
            let roles = match attribute.ctx {
                ExprContext::Load => READ,
                _ => roles & !DEFINITION | WRITE,
            };
            (attribute.attr.id.clone(), attribute.attr.range, roles)
        };
        let parts = chain.iter().map(part).collect();
        self.event(attribute.attr.range, What::Attributes(base, parts));
    }

    /// The class whose method's first parameter a name is.
    fn class_of_receiver(&self, name: &Name) -> Option<usize> {
        let (receiver, method, class) = self.receivers.last()?;
        (receiver == name && self.walrus_scope() == *method).then_some(*class)
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let first = alias.name.split('.').next().unwrap_or_default();
            let bound = alias.asname.as_ref().map_or_else(|| Name::new(first), |name| name.id.clone());
            let kind = SourceKind::Module { name: alias.name.id.clone(), is_renamed: alias.asname.is_some() };
            self.add_source(self.scope, &bound, kind, Some(alias.node_index().load()), false);
            let renamed = alias.asname.as_ref().map(|name| name.range);
            self.event(alias.name.range, What::Import { module: alias.name.id.clone(), renamed, bound });
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let module = ModulePath { level: import.level, name: import.module.as_ref().map(|name| name.id.clone()) };
        if let Some(name) = &import.module {
            self.event(name.range, What::FromModule(module.clone()));
            self.submodule(import, &name.id);
        }
        for alias in &import.names {
            self.import_name(&module, alias);
        }
    }

    /// In a package's own module `from .a.b import c` binds `a`, too.
    fn submodule(&mut self, import: &StmtImportFrom, name: &Name) {
        let Some(package) = self.package.filter(|_| self.scope == 0) else { return };
        let inside = match import.level {
            0 => name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')),
            1 => Some(name.as_str()),
            _ => None,
        };
        let Some(first) = inside.and_then(|inside| inside.split('.').next()).map(Name::new) else { return };
        let is_shadowed = import.names.iter().any(|alias| alias.asname.as_ref().unwrap_or(&alias.name).id == first);
        if !is_shadowed {
            self.add_source(0, &first, SourceKind::Submodule, Some(import.node_index().load()), false);
        }
    }

    fn import_name(&mut self, module: &ModulePath, alias: &Alias) {
        let name = &alias.name.id;
        if name == "*" {
            if !self.scopes[self.scope].stars.contains(module) {
                self.scopes[self.scope].stars.push(module.clone());
            }
            return self.event(alias.name.range, What::Star(module.clone()));
        }
        let bound = alias.asname.as_ref().unwrap_or(&alias.name).id.clone();
        let is_renamed_to_itself = alias.asname.as_ref().is_some_and(|asname| asname.id == *name);
        let kind = SourceKind::From { module: module.clone(), name: name.clone(), is_renamed_to_itself };
        self.add_source(self.scope, &bound, kind, Some(alias.node_index().load()), false);
        let renamed = alias.asname.as_ref().map(|name| name.range);
        self.event(alias.name.range, What::From { module: module.clone(), name: name.clone(), renamed, bound });
    }

    fn function(&mut self, function: &StmtFunctionDef) {
        function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        let (around, name) = (self.scope, &function.name.id);
        let is_in_class = self.scopes[around].kind == ScopeKind::Class;
        let described = self.describe(&Declared::Function(function, is_in_class), name, function.name.range);
        self.event(function.name.range, What::Function(name.clone(), described));
        let descriptor = || format!("{}().", identifier(name));
        self.with_type_parameters(function.type_params.as_deref(), descriptor, |this| {
            if let Some(returns) = &function.returns {
                this.visit_annotation(returns);
            }
            this.outside_of_parameters(&function.parameters, Some(around));
            this.add_source(around, name, SourceKind::Function, Some(function.node_index().load()), false);
            if this.skips_bodies {
                return;
            }
            this.inside(ScopeKind::Function, Some(name), |this| {
                let receiver = if is_in_class { receiver(function) } else { None };
                this.bind_parameters(&function.parameters, receiver);
                let depth = this.receivers.len();
                match receiver {
                    Some(AnyParameterRef::NonVariadic(receiver)) => {
                        this.receivers.push((receiver.parameter.name.id.clone(), this.scope, around));
                    }
                    // A function inside of a method has no object of its own.
                    _ => this.receivers.push((Name::default(), this.scope, around)),
                }
                this.visit_body(&function.body);
                this.receivers.truncate(depth);
            });
        });
    }

    /// Defaults and annotations of parameters, which belong to the scopes around the function.
    fn outside_of_parameters(&mut self, parameters: &Parameters, defaults: Option<usize>) {
        for parameter in parameters {
            if let Some(default) = parameter.default() {
                let here = self.scope;
                self.scope = defaults.unwrap_or(here);
                self.visit_expr(default);
                self.scope = here;
            }
            if let Some(annotation) = &parameter.as_parameter().annotation {
                self.visit_annotation(annotation);
            }
        }
    }

    fn bind_parameters(&mut self, parameters: &Parameters, receiver: Option<AnyParameterRef<'_>>) {
        let around = self.statement;
        for parameter in parameters {
            let is_receiver = receiver.is_some_and(|receiver| receiver.range() == parameter.range());
            let kind = if is_receiver { "SelfParameter" } else { "Parameter" };
            let name = &parameter.name().id;
            let declared = Declared::Parameter(kind, parameter.range());
            let described = self.describe(&declared, name, parameter.range());
            let entry = self.entry(self.scope, name);
            entry.is_parameter = true;
            entry.add(SourceKind::Parameter, None);
            self.statement = parameter.as_parameter().range;
            self.event(parameter.name().range, What::Parameter(name.clone(), described));
        }
        self.statement = around;
    }

    fn class(&mut self, class: &StmtClassDef) {
        class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        let (around, name) = (self.scope, &class.name.id);
        let described = self.describe(&Declared::Class(class), name, class.name.range);
        let descriptor = || format!("{}#", identifier(name));
        self.with_type_parameters(class.type_params.as_deref(), descriptor, |this| {
            let bases = class.arguments.as_deref().map(|arguments| this.bases(arguments)).unwrap_or_default();
            this.event_in(around, class.name.range, What::Class(name.clone(), described, bases));
            if let Some(arguments) = &class.arguments {
                this.visit_arguments(arguments);
            }
            if !this.skips_bodies {
                this.member_kinds.push(member_kind(class));
                this.inside(ScopeKind::Class, Some(name), |this| this.visit_body(&class.body));
                this.member_kinds.pop();
            }
        });
        self.add_source(around, name, SourceKind::Class, Some(class.node_index().load()), false);
    }

    /// The bases of a class that are named.
    fn bases(&self, arguments: &Arguments) -> Vec<Chain> {
        let base = |base: &Expr| {
            let (mut value, mut attributes) = (base, Vec::new());
            while let Expr::Subscript(subscript) = value {
                value = &subscript.value;
            }
            while let Expr::Attribute(attribute) = value {
                attributes.push(attribute.attr.id.clone());
                value = &attribute.value;
            }
            attributes.reverse();
            Some((self.read(&value.as_name_expr()?.id), self.scope, attributes))
        };
        arguments.args.iter().filter_map(base).collect()
    }

    /// The names of a `global` or `nonlocal` statement.
    fn redirected(&mut self, names: &[Identifier], is_global: bool) {
        for name in names {
            let entry = self.entry(self.scope, &name.id);
            entry.is_global |= is_global;
            entry.is_nonlocal |= !is_global;
            self.event(name.range, What::Refer(name.id.clone(), 0));
        }
    }

    /// Names in `__all__`, and whether these are all that there are.
    fn exported_names(&mut self, value: &Expr, is_known: bool) {
        let mut strings = Strings(Vec::new());
        strings.visit_expr(value);
        for (name, range) in &strings.0 {
            self.event(*range, What::Exported(Name::new(name)));
        }
        if self.scope != 0 {
            return;
        }
        let is_list = match value {
            Expr::List(list) => list.elts.iter().all(Expr::is_string_literal_expr),
            Expr::Tuple(tuple) => tuple.elts.iter().all(Expr::is_string_literal_expr),
            Expr::StringLiteral(_) => true,
            _ => false,
        };
        match (&mut self.exports, is_list && is_known) {
            (exports, false) => *exports = Exports::Unknown,
            (Exports::Unknown, true) => {}
            (Exports::Names(names), true) => names.extend(strings.0.iter().map(|(name, _)| Name::new(name))),
            (exports, true) => {
                *exports = Exports::Names(strings.0.iter().map(|(name, _)| Name::new(name)).collect());
            }
        }
    }

    /// Visit something in which strings are annotations, or are not.
    fn as_annotation(&mut self, is_annotation: bool, visit: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.is_annotation, is_annotation);
        visit(self);
        self.is_annotation = around;
    }

    fn string(&mut self, string: &ExprStringLiteral) {
        let Some(literal) = string.as_single_part_string().filter(|_| self.is_annotation) else { return };
        let Ok(parsed) = parse_string_annotation(self.text, literal) else { return };
        let was_in_string = std::mem::replace(&mut self.is_in_string, true);
        self.visit_expr(parsed.expr());
        self.is_in_string = was_in_string;
    }

    fn subscript(&mut self, subscript: &ExprSubscript) {
        self.visit_expr(&subscript.value);
        let is_annotation = self.is_annotation;
        match slice_of(&subscript.value) {
            Slice::AsAround => self.visit_expr(&subscript.slice),
            Slice::Annotations => self.as_annotation(true, |this| this.visit_expr(&subscript.slice)),
            Slice::Values => self.as_annotation(false, |this| this.visit_expr(&subscript.slice)),
            Slice::First => match &*subscript.slice {
                Expr::Tuple(tuple) => {
                    for (number, element) in tuple.elts.iter().enumerate() {
                        self.as_annotation(is_annotation && number == 0, |this| this.visit_expr(element));
                    }
                }
                slice => self.visit_expr(slice),
            },
        }
    }

    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        let Some((first, rest)) = generators.split_first() else { return };
        // The first iterable is evaluated around the comprehension.
        self.visit_expr(&first.iter);
        self.inside(ScopeKind::Comprehension, None, |this| {
            this.visit_expr(&first.target);
            first.ifs.iter().for_each(|condition| this.visit_expr(condition));
            for generator in rest {
                walk_comprehension(this, generator);
            }
            for element in elements {
                this.visit_expr(element);
            }
        });
    }

    /// Visit a statement that binds names.
    fn binding(&mut self, binding: Binding, visit: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.binding, binding);
        visit(self);
        self.binding = around;
    }

    fn capture(&mut self, name: Option<&Identifier>) {
        if let Some(name) = name {
            self.bind(name.range, &name.id, DEFINITION | WRITE, false);
        }
    }
}

impl Binding {
    fn declared(&self, kind: &'static str, target: TextRange) -> Declared<'static> {
        match (self.annotation, self.value) {
            (Some(annotation), value) => Declared::Annotated(kind, target, annotation, value),
            (None, Some(value)) if self.is_assignment => Declared::Assignment(kind, target, value),
            (None, Some(alias)) => Declared::TypeAlias(alias),
            (None, None) => Declared::Other(kind),
        }
    }
}

impl<'a> Visitor<'a> for Walker<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.visited += 1;
        let around = std::mem::replace(&mut self.statement, statement.range());
        let node = Some(statement.node_index().load());
        let binding = std::mem::replace(&mut self.binding, Binding { node, ..Binding::default() });
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                let value = Some(assign.value.range());
                self.binding(Binding { value, is_assignment: true, node, annotation: None }, |this| {
                    assign.targets.iter().for_each(|target| this.visit_expr(target));
                });
                if assign.targets.iter().any(is_exports) {
                    self.exported_names(&assign.value, true);
                }
            }
            Stmt::AugAssign(assign) => {
                self.bind_target(&assign.target, DEFINITION | WRITE | READ, false);
                self.visit_expr(&assign.value);
                if is_exports(&assign.target) {
                    self.exported_names(&assign.value, true);
                }
            }
            Stmt::AnnAssign(assign) => {
                let is_alias = super::strings::last_name(&assign.annotation) == "TypeAlias";
                if let Some(value) = &assign.value {
                    self.as_annotation(is_alias, |this| this.visit_expr(value));
                }
                self.visit_annotation(&assign.annotation);
                let write = if assign.value.is_some() { WRITE } else { 0 };
                let (value, annotation) = (assign.value.as_ref().map(|value| value.range()), assign.annotation.range());
                let binding = Binding { value, annotation: Some(annotation), is_assignment: true, node };
                self.binding(binding, |this| this.bind_target(&assign.target, DEFINITION | write, false));
                if is_exports(&assign.target)
                    && let Some(value) = &assign.value
                {
                    self.exported_names(value, true);
                }
            }
            Stmt::TypeAlias(alias) => {
                let Expr::Name(name) = &*alias.name else { return };
                self.binding(Binding { value: Some(alias.range), node, ..Binding::default() }, |this| {
                    this.bind(name.range, &name.id, DEFINITION, false);
                });
                let owner = || format!("{}.", identifier(&name.id));
                self.with_type_parameters(alias.type_params.as_deref(), owner, |this| {
                    this.inside(ScopeKind::TypeAlias, None, |this| this.visit_annotation(&alias.value));
                });
            }
            Stmt::Global(node) => self.redirected(&node.names, true),
            Stmt::Nonlocal(node) => self.redirected(&node.names, false),
            Stmt::Expr(node) if node.value.is_string_literal_expr() => {}
            _ => walk_stmt(self, statement),
        }
        (self.statement, self.binding) = (around, binding);
    }

    fn visit_annotation(&mut self, annotation: &'a Expr) {
        self.as_annotation(true, |this| this.visit_expr(annotation));
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.visited += 1;
        match expression {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => self.attributes(attribute, DEFINITION | WRITE),
            Expr::StringLiteral(string) => self.string(string),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Call(call) => {
                self.visit_expr(&call.func);
                let (positions, names) = annotated_arguments(call);
                for (number, argument) in call.arguments.args.iter().enumerate() {
                    self.as_annotation(positions.contains(&number), |this| this.visit_expr(argument));
                }
                for keyword in &call.arguments.keywords {
                    let name = keyword.arg.as_ref().map_or("", Identifier::as_str);
                    self.as_annotation(names.contains(&name), |this| this.visit_expr(&keyword.value));
                }
                if let Expr::Attribute(method) = &*call.func
                    && is_exports(&method.value)
                    && matches!(method.attr.as_str(), "append" | "extend" | "remove")
                {
                    let is_known = method.attr.as_str() != "remove";
                    call.arguments.args.iter().for_each(|names| self.exported_names(names, is_known));
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.outside_of_parameters(parameters, None);
                }
                self.inside(ScopeKind::Lambda, None, |this| {
                    if let Some(parameters) = &lambda.parameters {
                        this.bind_parameters(parameters, None);
                    }
                    this.visit_expr(&lambda.body);
                });
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.binding(Binding { node: self.binding.node, ..Binding::default() }, |this| {
                    this.bind_target(&named.target, DEFINITION | WRITE, true);
                });
            }
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::DictComp(node) => match &node.key {
                Some(key) => self.comprehension(&node.generators, &[key, &node.value]),
                None => self.comprehension(&node.generators, &[&node.value]),
            },
            _ => walk_expr(self, expression),
        }
    }

    fn visit_type_param(&mut self, parameter: &'a TypeParam) {
        let name = match parameter {
            TypeParam::TypeVar(node) => &node.name,
            TypeParam::ParamSpec(node) => &node.name,
            TypeParam::TypeVarTuple(node) => &node.name,
        };
        let described = self.describe(&Declared::TypeParameter(parameter.range()), &name.id, name.range);
        self.entry(self.scope, &name.id).add(SourceKind::TypeParameter, None);
        let around = std::mem::replace(&mut self.statement, parameter.range());
        self.event(name.range, What::TypeParameter(name.id.clone(), described));
        self.statement = around;
        self.as_annotation(true, |this| walk_type_param(this, parameter));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        let around = std::mem::replace(&mut self.statement, node.range);
        self.capture(node.name.as_ref());
        self.statement = around;
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.visited += 1;
        match pattern {
            Pattern::MatchAs(node) => self.capture(node.name.as_ref()),
            Pattern::MatchStar(node) => self.capture(node.name.as_ref()),
            Pattern::MatchMapping(node) => self.capture(node.rest.as_ref()),
            _ => {}
        }
        walk_pattern(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outsize::parsed;

    /// Double the size, and the nodes that are visited are twice as many, but for those of the frame.
    fn check(source: impl Fn(usize) -> String) {
        let visited = |size: usize| {
            let text = source(size);
            let documented = Documented::default();
            Walker::walk(&text, None, Some("demo/"), &documented, parsed(&text).unwrap().suite()).visited
        };
        let (one, two) = (visited(500), visited(1_000));
        assert!(two > one && two <= 2 * one, "{one} {two}");
    }

    #[test]
    fn the_work_is_proportional_to_the_size() {
        check(|size| "x = 1\n".repeat(size));
        check(|size| format!("x = a{}\n", ".b".repeat(size)));
        check(|size| format!("x = a{}\n", "[0]".repeat(size)));
        check(|size| format!("x = {}b\n", "a and ".repeat(size)));
        check(|size| format!("if a: pass\n{}", "elif b: pass\n".repeat(size)));
        check(|size| format!("x = {}z{}\n", "[y for y in ".repeat(size / 4), "]".repeat(size / 4)));
        check(|size| format!("x = {}z{}\n", "[".repeat(size / 4), " for y in z]".repeat(size / 4)));
        check(|size| format!("def f(a):\n match a:\n{}", "  case [b, *c]: pass\n".repeat(size)));
        check(|size| "def (\n".repeat(size));
    }
}
