//! One file to a document: every definition and every reference in it.

mod again;
mod finish;
mod keywords;
pub(crate) mod part;
mod returns;
pub(crate) mod visit;

use std::sync::Arc;

use codeintel_scip::{PlacedDocument, ReferenceKind, Role, Symbol};
use ruff_db::parsed::{ParsedModuleRef, parsed_module};
use ruff_db::source::{SourceText, source_text};
use ruff_python_ast::visitor::Visitor as _;
use ruff_python_ast::{
    Alias, AnyNodeRef, Expr, ExprAttribute, ExprContext, ExprName, ExprStringLiteral, Identifier, Parameters,
    StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom,
};
use ruff_text_size::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use ty_python_core::ast_ids::HasScopedUseId as _;
use ty_python_core::definition::{Definition, DefinitionKind};
use ty_python_core::scope::{FileScopeId, NodeWithScopeKind, NodeWithScopeRef};
use ty_python_core::{ProgramFile, SemanticIndex, semantic_index};
use ty_python_semantic::types::Type;
use ty_python_semantic::{
    HasType as _, ImportAliasResolution, ResolvedDefinition, SemanticModel, definitions_for_attribute,
    definitions_for_imported_symbol, definitions_for_name,
};

pub(crate) use self::again::{Kept, document_again};
use self::part::{Defined, Found, Part};
use self::visit::Strings;
use crate::database::Db;
use crate::describe::{describe, describe_module};
use crate::hierarchy;
use crate::symbols::{Target, declared_global, home, module_symbol, owner, symbol_name, symbol_of};

/// Names that every module has without defining them.
pub(crate) const OF_MODULES: [&str; 9] = [
    "__name__",
    "__file__",
    "__doc__",
    "__package__",
    "__spec__",
    "__loader__",
    "__path__",
    "__builtins__",
    "__debug__",
];

/// Classes that an annotation names for others, too: an `int` is allowed where it says `float`.
const NUMBERS: [&str; 2] = ["float", "complex"];

pub(crate) const NO_SUCH_MODULE: &str = "no such module is known";
pub(crate) const NO_SUCH_NAME: &str = "no such name is known";
pub(crate) const NO_SUCH_ATTRIBUTE: &str = "no such attribute is known";
const UNKNOWN_TYPE: &str = "the type of what it belongs to is not known";
pub(crate) const NOT_IN_SOURCE: &str = "what it stands for has no definition in any source";

/// What defines a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Origin<'db> {
    Definition(Definition<'db>),
    Module(ProgramFile<'db>),
}

/// Collect the document of a file.
pub(crate) fn document<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> PlacedDocument {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let mut collector = Collector::new(db, file);
    collector.module();
    collector.visit_body(module.suite());
    Part::whole(collector.into_parts()).into_document_of(db, file)
}

struct Collector<'db> {
    db: &'db dyn Db,
    file: ProgramFile<'db>,
    /// The file, or a string annotation in it.
    model: SemanticModel<'db>,
    is_in_string: bool,
    index: &'db SemanticIndex<'db>,
    source: SourceText,
    /// The scopes of the module, classes and functions around the place that is visited.
    scopes: Vec<FileScopeId>,
    /// The statement around it.
    statement: TextRange,
    /// What has been found, but for what stands in `parts`.
    part: Part,
    /// What has been found in the functions that were visited and between them, if they are kept apart.
    parts: Option<Vec<Part>>,
    /// What is said of symbols, by what defines them.
    described: FxHashMap<(Origin<'db>, Box<str>), Arc<Symbol>>,
}

pub(crate) const DEFINITION: u32 = Role::Definition as u32;
pub(crate) const IMPORT: u32 = Role::Import as u32;
pub(crate) const WRITE: u32 = Role::Write as u32;
pub(crate) const READ: u32 = Role::Read as u32;

impl<'db> Collector<'db> {
    fn new(db: &'db dyn Db, file: ProgramFile<'db>) -> Self {
        Self {
            db,
            file,
            model: SemanticModel::new(db, file),
            is_in_string: false,
            index: semantic_index(db, file),
            source: source_text(db, file.file(db)),
            scopes: vec![FileScopeId::global()],
            statement: TextRange::default(),
            part: Part::default(),
            parts: None,
            described: FxHashMap::default(),
        }
    }

    fn module(&mut self) {
        let Some(symbol) = module_symbol(self.db, self.file) else { return };
        self.statement = TextRange::up_to(TextSize::of(self.source.as_str()));
        self.note_defined(&symbol, Origin::Module(self.file));
        self.add(TextRange::default(), Target::Global(symbol.into()), DEFINITION);
    }

    /// What is said of a symbol.
    fn describe(&mut self, symbol: &str, origin: Origin<'db>) -> Arc<Symbol> {
        let described = self.described.entry((origin, symbol.into())).or_insert_with(|| {
            Arc::new(match origin {
                Origin::Definition(definition) => describe(self.db, definition, symbol),
                Origin::Module(file) => describe_module(self.db, file, symbol),
            })
        });
        Arc::clone(described)
    }

    /// A symbol is defined here; the first definition counts.
    fn note_defined(&mut self, symbol: &str, origin: Origin<'db>) {
        if !self.part.defined.contains_key(symbol) {
            let defined = Defined { symbol: self.describe(symbol, origin), relationships: Vec::new() };
            self.part.defined.insert(symbol.into(), defined);
        }
    }

    fn scope(&self) -> FileScopeId {
        self.scopes.last().copied().unwrap_or(FileScopeId::global())
    }

    fn add(&mut self, range: TextRange, target: Target, roles: u32) {
        let enclosing = (roles & DEFINITION != 0).then_some(self.statement);
        self.part.found.push(Found { range, target, roles, enclosing, is_binding: false });
    }

    /// One of perhaps several bindings of a variable.
    fn add_binding(&mut self, range: TextRange, target: Target, roles: u32) {
        self.add(range, target, roles);
        self.mark_binding();
    }

    /// What was added last binds a variable.
    fn mark_binding(&mut self) {
        if let Some(found) = self.part.found.last_mut() {
            found.is_binding = true;
        }
    }

    /// A definition of a name with all that is to be said of it.
    fn define(&mut self, range: TextRange, definition: Definition<'db>, roles: u32, relationships: Vec<Box<str>>) {
        let Some(symbol) = symbol_of(self.db, definition) else { return };
        self.note_defined(symbol, Origin::Definition(definition));
        if let Some(defined) = self.part.defined.get_mut(symbol) {
            defined.relate(relationships);
        }
        self.add(range, Target::Global(symbol.into()), roles);
    }

    /// A variable that is bound in a scope.
    fn bind(&mut self, range: TextRange, name: &str, scope: FileScopeId, node: Option<AnyNodeRef<'_>>, roles: u32) {
        let Some(target) = home(self.db, scope.to_scope_id(self.db, self.file), name) else { return };
        let is_of_name =
            |definition: &Definition<'db>| symbol_name(self.db, *definition).is_some_and(|found| found == name);
        let definitions = node.and_then(|node| self.index.try_definitions(node)).unwrap_or_default();
        let definition = definitions.iter().copied().find(is_of_name);
        if let (Target::Global(symbol), Some(definition)) = (&target, definition)
            && roles & DEFINITION != 0
        {
            self.note_defined(symbol, Origin::Definition(definition));
        }
        self.add_binding(range, target, roles);
    }

    /// A name of a scope or of one further out that is not bound here: what is defined under it, or the variable.
    fn refer_to_owner(&mut self, range: TextRange, name: &str, here: FileScopeId, roles: u32) {
        let scope = owner(self.db, here.to_scope_id(self.db, self.file), name);
        let symbol = self.index.place_table(scope).symbol_id(name);
        let bindings = symbol.map(|symbol| self.index.use_def_map(scope).reachable_symbol_bindings(symbol));
        let definitions = bindings.into_iter().flatten().filter_map(|binding| binding.binding.definition());
        let symbols: Vec<&str> = definitions.filter_map(|definition| symbol_of(self.db, definition)).collect();
        match symbols.first() {
            Some(symbol) => self.add(range, Target::Global((*symbol).into()), roles),
            None => self.bind(range, name, here, None, roles),
        }
    }

    /// What is to be written for definitions that were found.
    fn targets(&mut self, found: Vec<ResolvedDefinition<'db>>) -> Vec<Target> {
        let mut targets = Vec::new();
        for found in found {
            let target = match found {
                ResolvedDefinition::Module(file) => self.module_target(file),
                ResolvedDefinition::Definition(definition) => self.definition_target(definition),
                ResolvedDefinition::FileWithRange(_) => None,
            };
            targets.extend(target);
        }
        targets.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        targets.dedup();
        targets
    }

    fn module_target(&mut self, file: ProgramFile<'db>) -> Option<Target> {
        let symbol: Box<str> = module_symbol(self.db, file)?.into();
        self.note_external(&symbol, Origin::Module(file));
        Some(Target::Global(symbol))
    }

    fn definition_target(&mut self, definition: Definition<'db>) -> Option<Target> {
        if let Some(symbol) = symbol_of(self.db, definition) {
            self.note_external(symbol, Origin::Definition(definition));
            return Some(Target::Global(symbol.into()));
        }
        let name = symbol_name(self.db, definition)?;
        if let DefinitionKind::ImportFromSubmodule(_) = definition.kind(self.db) {
            // `from .name import ...` in a package binds `name`, too.
            let package = SemanticModel::new(self.db, definition.program_file(self.db));
            let submodule = package.resolve_module(Some(&name), 1)?;
            return self.module_target(self.program_file(submodule.file(self.db)?));
        }
        if definition.program_file(self.db) != self.file {
            return None;
        }
        let scope = definition.scope(self.db);
        if definition.kind(self.db).is_import() {
            return Some(Target::Local(scope.file_scope_id(self.db), name.into()));
        }
        home(self.db, scope, &name)
    }

    fn note_external(&mut self, symbol: &str, origin: Origin<'db>) {
        if !self.db.modules().is_own(symbol) && !self.part.external.contains_key(symbol) {
            let described = self.describe(symbol, origin);
            self.part.external.insert(symbol.into(), described);
        }
    }

    /// Write references, or note that there is nothing to refer to.
    fn refer(&mut self, range: TextRange, targets: Vec<Target>, roles: u32, kind: ReferenceKind, reason: &'static str) {
        self.part.count(range, kind, targets.is_empty().then_some(reason));
        for target in targets {
            self.add(range, target, roles);
        }
    }

    /// The module that a value is, if it is one.
    fn module_of(&self, ty: Option<Type<'db>>) -> Option<ProgramFile<'db>> {
        match ty? {
            Type::ModuleLiteral(module) => Some(self.program_file(module.module(self.db).file(self.db)?)),
            _ => None,
        }
    }

    fn program_file(&self, file: ruff_db::files::File) -> ProgramFile<'db> {
        ProgramFile::new(self.db, file, self.file.program(self.db))
    }

    fn name(&mut self, name: &ExprName) {
        let range = name.range;
        match name.ctx {
            ExprContext::Load => {
                let targets = self.name_targets(name);
                self.refer(range, targets, READ, ReferenceKind::Name, NO_SUCH_NAME);
            }
            ExprContext::Store => self.bind_name(name, name.into(), DEFINITION | WRITE),
            ExprContext::Del | ExprContext::Invalid => {
                let scope = self.model.scope(name.into()).unwrap_or_else(|| self.scope());
                self.refer_to_owner(range, &name.id, scope, WRITE);
            }
        }
    }

    /// A variable that is bound; `node` is what ty knows the binding by.
    fn bind_name(&mut self, name: &ExprName, node: AnyNodeRef<'_>, roles: u32) {
        let scope = self.model.scope(name.into()).unwrap_or_else(|| self.scope());
        self.bind(name.range, &name.id, scope, Some(node), roles);
    }

    /// The target of a statement that binds one name or attribute in its own way.
    fn bind_target(&mut self, target: &Expr, statement: AnyNodeRef<'_>, roles: u32) {
        match target {
            Expr::Name(name) => self.bind_name(name, statement, roles),
            Expr::Attribute(attribute) => {
                self.visit_expr(&attribute.value);
                if !self.binds_attribute(attribute, statement, roles) {
                    self.refer_to_attribute(attribute, attribute.attr.range, roles & !DEFINITION | WRITE);
                }
            }
            target => self.visit_expr(target),
        }
    }

    fn name_targets(&mut self, name: &ExprName) -> Vec<Target> {
        let module = parsed_module(self.db, self.file.python_file(self.db)).load(self.db);
        let class = self.class_around_unbound(name, &module);
        let node = class.map_or(name.into(), AnyNodeRef::from);
        let (expression, name) = (name, &*name.id);
        let mut found = definitions_for_name(&self.model, name, node, ImportAliasResolution::ResolveAliases);
        if NUMBERS.contains(&name) && found.len() > 1 {
            let is_itself = |found: &ResolvedDefinition<'db>| {
                found.definition().is_some_and(|found| found.name(self.db).is_some_and(|found| found == name))
            };
            found.retain(is_itself);
        }
        // `import a.b` binds `a`, and not the module that it names.
        let is_module = |found: &ResolvedDefinition<'db>| matches!(found, ResolvedDefinition::Module(_));
        if found.iter().all(is_module)
            && let Some(module) = self.module_of(expression.inferred_type(&self.model))
        {
            return self.module_target(module).into_iter().collect();
        }
        let is_empty = found.is_empty();
        let targets = self.targets(found);
        if targets.is_empty()
            && let Some(global) = declared_global(self.db, self.file, name)
        {
            return vec![global];
        }
        if is_empty && OF_MODULES.contains(&name) {
            return self.module_target(self.file).into_iter().collect();
        }
        if is_empty && name == "__class__" {
            let class = hierarchy::class_of_method(self.db, self.scope().to_scope_id(self.db, self.file));
            return class.and_then(|class| self.definition_target(class)).into_iter().collect();
        }
        targets
    }

    /// The class in whose body a name is read that is bound there later only, so that it is looked for around the class.
    fn class_around_unbound<'m>(&self, name: &ExprName, module: &'m ParsedModuleRef) -> Option<&'m StmtClassDef> {
        if self.is_in_string {
            return None;
        }
        let here = self.model.scope(name.into())?;
        let scope = here.to_scope_id(self.db, self.file);
        let NodeWithScopeKind::Class(class) = scope.node(self.db) else { return None };
        let table = self.index.place_table(here);
        table.symbol_id(&name.id).filter(|symbol| table.symbol(*symbol).is_local())?;
        let uses = self.index.use_def_map(here);
        let mut bindings = uses.bindings_at_use(name.scoped_use_id(self.db, self.file));
        let is_bound = bindings.any(|binding| binding.binding.definition().is_some());
        (!is_bound).then(|| class.node(module))
    }

    fn attribute(&mut self, attribute: &ExprAttribute) {
        let range = attribute.attr.range;
        if attribute.ctx == ExprContext::Store && self.binds_attribute(attribute, attribute.into(), DEFINITION | WRITE)
        {
            return;
        }
        let roles = if attribute.ctx == ExprContext::Load { READ } else { WRITE };
        self.refer_to_attribute(attribute, range, roles);
    }

    /// Whether an attribute of a method's first parameter is bound. Then it is defined here, unless a property or a base class
    /// says more of it: then it is written to.
    fn binds_attribute(&mut self, attribute: &ExprAttribute, node: AnyNodeRef<'_>, roles: u32) -> bool {
        if matches!(node, AnyNodeRef::StmtAugAssign(_)) && self.adds_to_attribute(attribute, roles) {
            return true;
        }
        let definitions = self.index.try_definitions(node).unwrap_or_default();
        let is_symbol = |definition: &Definition<'db>| symbol_of(self.db, *definition).is_some();
        let Some(definition) = definitions.iter().copied().find(is_symbol) else { return false };
        let class = hierarchy::class_of_method(self.db, definition.scope(self.db));
        let declared = class.and_then(|class| hierarchy::declaration(self.db, class, &attribute.attr));
        match declared.filter(|declared| Some(declared.class) != class || declared.is_function) {
            Some(declared) => {
                let targets = self.definition_target(declared.definition).into_iter().collect();
                self.refer(attribute.attr.range, targets, roles & !DEFINITION, ReferenceKind::Attribute, NOT_IN_SOURCE);
            }
            None => {
                self.define(attribute.attr.range, definition, roles, Vec::new());
                self.mark_binding();
            }
        }
        true
    }

    /// Whether something is added to an attribute of a method's first parameter that is bound elsewhere.
    fn adds_to_attribute(&mut self, attribute: &ExprAttribute, roles: u32) -> bool {
        let Some(class) = hierarchy::class_of_receiver(self.db, &self.model, &attribute.value) else { return false };
        let found = hierarchy::member(self.db, hierarchy::mro(self.db, class), &attribute.attr);
        if found.iter().all(|(_, definition)| hierarchy::is_addition(self.db, *definition)) {
            return false;
        }
        let targets = self.member_targets(found);
        self.refer(attribute.attr.range, targets, roles & !DEFINITION, ReferenceKind::Attribute, NOT_IN_SOURCE);
        true
    }

    fn refer_to_attribute(&mut self, attribute: &ExprAttribute, range: TextRange, roles: u32) {
        // What ty says of `self` in a method may depend on which method it was asked for first.
        let class = hierarchy::class_of_receiver(self.db, &self.model, &attribute.value);
        if let Some(class) = class {
            let targets = self.members(hierarchy::mro(self.db, class), &attribute.attr);
            if !targets.is_empty() {
                return self.refer(range, targets, roles, ReferenceKind::Attribute, NO_SUCH_ATTRIBUTE);
            }
        }
        let found = definitions_for_attribute(&self.model, attribute);
        let is_empty = found.is_empty();
        let mut targets = self.targets(found);
        let receiver = attribute.value.inferred_type(&self.model);
        if targets.is_empty() {
            targets = self.other_attribute_targets(attribute, receiver);
        }
        let is_unknown = receiver.is_none_or(|ty| matches!(ty, Type::Dynamic(_) | Type::Never | Type::Divergent(_)));
        let reason = match (is_unknown, is_empty) {
            _ if class.is_some() => NO_SUCH_ATTRIBUTE,
            (true, _) => UNKNOWN_TYPE,
            (false, true) => NO_SUCH_ATTRIBUTE,
            (false, false) => NOT_IN_SOURCE,
        };
        self.refer(range, targets, roles, ReferenceKind::Attribute, reason);
    }

    /// What an editor is not told: submodules, and members of `super()`.
    fn other_attribute_targets(&mut self, attribute: &ExprAttribute, receiver: Option<Type<'db>>) -> Vec<Target> {
        if let Some(module) = self.module_of(attribute.inferred_type(&self.model)) {
            return self.module_target(module).into_iter().collect();
        }
        if let Some(module) = self.module_of(receiver)
            && let Some(global) = declared_global(self.db, module, &attribute.attr)
        {
            return vec![global];
        }
        if let Some(Type::BoundSuper(_)) = receiver {
            let scope = self.scope().to_scope_id(self.db, self.file);
            if let Some(class) = hierarchy::class_of_method(self.db, scope) {
                let pivot = attribute.value.as_call_expr().and_then(|call| call.arguments.args.first());
                let pivot = pivot.map_or(Some(class), |pivot| hierarchy::class_of(self.db, &self.model, pivot));
                let order = hierarchy::mro(self.db, class);
                let behind =
                    order.iter().position(|class| Some(*class) == pivot).map_or(order.len(), |place| place + 1);
                return self.members(&order[behind..], &attribute.attr);
            }
        }
        Vec::new()
    }

    fn members(&mut self, classes: &[Definition<'db>], name: &str) -> Vec<Target> {
        self.member_targets(hierarchy::member(self.db, classes, name))
    }

    fn member_targets(&mut self, found: Vec<(Box<str>, Definition<'db>)>) -> Vec<Target> {
        for (symbol, definition) in &found {
            self.note_external(symbol, Origin::Definition(*definition));
        }
        found.into_iter().map(|(symbol, _)| Target::Global(symbol)).collect()
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let module = self.model.resolve_module(Some(alias.name.as_str()), 0);
            let targets = self.imported_module(module.as_ref().and_then(|module| module.file(self.db)));
            let reason = if module.is_some() { NOT_IN_SOURCE } else { NO_SUCH_MODULE };
            self.refer_to_imported(alias, targets, reason);
            let bound = alias
                .asname
                .as_ref()
                .map_or_else(|| alias.name.split('.').next().unwrap_or_default().to_owned(), ToString::to_string);
            self.bind_import(alias, &bound);
        }
    }

    /// What is imported is referred to by its name and by the one that it gets.
    fn refer_to_imported(&mut self, alias: &Alias, targets: Vec<Target>, reason: &'static str) {
        if let Some(asname) = &alias.asname {
            for target in &targets {
                self.add(asname.range, target.clone(), IMPORT);
            }
        }
        self.refer(alias.name.range, targets, IMPORT, ReferenceKind::Import, reason);
    }

    fn imported_module(&mut self, file: Option<ruff_db::files::File>) -> Vec<Target> {
        let file = file.map(|file| self.program_file(file));
        file.and_then(|file| self.module_target(file)).into_iter().collect()
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let name = import.module.as_ref();
        let module = self.model.resolve_module(name.map(Identifier::as_str), import.level);
        if let Some(name) = name {
            for target in self.imported_module(module.as_ref().and_then(|module| module.file(self.db))) {
                self.add(name.range, target, IMPORT);
            }
        }
        let reason = if module.is_some() { NO_SUCH_NAME } else { NO_SUCH_MODULE };
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                let targets = self.imported_module(module.as_ref().and_then(|module| module.file(self.db)));
                self.refer(alias.name.range, targets, IMPORT, ReferenceKind::Import, reason);
                continue;
            }
            let aliases = ImportAliasResolution::ResolveAliases;
            let found = definitions_for_imported_symbol(&self.model, import, &alias.name, aliases);
            let reason = if found.is_empty() { reason } else { NOT_IN_SOURCE };
            let mut targets = self.targets(found);
            if targets.is_empty()
                && let Some(file) = module.as_ref().and_then(|module| module.file(self.db))
            {
                targets.extend(declared_global(self.db, self.program_file(file), &alias.name));
            }
            self.refer_to_imported(alias, targets, reason);
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
            self.bind_import(alias, &bound);
        }
    }

    /// The name that an import binds is one of its scope only; what it stands for is referred to by all who use it.
    fn bind_import(&mut self, alias: &Alias, name: &str) {
        let range = alias.asname.as_ref().unwrap_or(&alias.name).range;
        let target = Target::Local(self.scope(), name.into());
        self.add(range, target, DEFINITION | IMPORT);
    }

    fn function(&mut self, function: &StmtFunctionDef) {
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

    fn class(&mut self, class: &StmtClassDef) {
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

    fn inside(&mut self, node: NodeWithScopeRef<'_>, visit: impl FnOnce(&mut Self)) {
        let Some(scope) = self.index.try_node_scope(node) else { return };
        self.scopes.push(scope);
        visit(self);
        self.scopes.pop();
    }

    fn definition_of(&self, node: AnyNodeRef<'_>) -> Option<Definition<'db>> {
        self.index.try_definitions(node)?.first().copied()
    }

    /// The class in whose body the place is.
    fn class_here(&self) -> Option<Definition<'db>> {
        let scope = self.scope().to_scope_id(self.db, self.file);
        let module = parsed_module(self.db, self.file.python_file(self.db)).load(self.db);
        let class = scope.node(self.db).as_class()?;
        self.definition_of(class.node(&module).into())
    }

    /// Parameters with their defaults and annotations; `scope` is that of the function.
    fn parameters(&mut self, parameters: &Parameters, scope: Option<FileScopeId>) {
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
    fn exported_names(&mut self, value: &Expr) {
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
    fn string(&mut self, string: &ExprStringLiteral) {
        let Some((parsed, model)) = self.model.enter_string_annotation(string) else { return };
        let outer = std::mem::replace(&mut self.model, model);
        let was_in_string = std::mem::replace(&mut self.is_in_string, true);
        self.visit_expr(&parsed.syntax().body);
        (self.model, self.is_in_string) = (outer, was_in_string);
    }

    /// A keyword in a class pattern is an attribute of the class.
    fn class_pattern(&mut self, pattern: &ruff_python_ast::PatternMatchClass) {
        let Some(class) = hierarchy::class_of(self.db, &self.model, &pattern.cls) else { return };
        for keyword in &pattern.arguments.keywords {
            let targets = self.members(hierarchy::mro(self.db, class), &keyword.attr);
            for target in targets {
                self.add(keyword.attr.range, target, READ);
            }
        }
    }

    fn capture(&mut self, name: Option<&Identifier>, node: AnyNodeRef<'_>) {
        if let Some(name) = name {
            self.bind(name.range, name, self.scope(), Some(node), DEFINITION | WRITE);
        }
    }
}

/// An order that does not depend on the order of anything else.
pub(crate) fn sort_key(target: &Target) -> (bool, &str, usize) {
    match target {
        Target::Global(symbol) => (false, symbol, 0),
        Target::Local(scope, name) => (true, name, usize::from(scope.is_global())),
    }
}
