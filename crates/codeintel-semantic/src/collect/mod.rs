//! One file to a document: every definition and every reference in it.

mod attributes;
mod definitions;
mod finish;
mod imports;
mod incremental;
mod keywords;
pub(crate) mod part;
mod returns;
pub(crate) mod visit;

use std::sync::Arc;

use codeintel_scip::{PlacedDocument, ReferenceKind, Role, Symbol};
use ruff_db::parsed::{ParsedModuleRef, parsed_module};
use ruff_db::source::{SourceText, source_text};
use ruff_python_ast::visitor::Visitor as _;
use ruff_python_ast::{AnyNodeRef, Expr, ExprContext, ExprName, StmtClassDef};
use ruff_text_size::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use ty_python_core::ast_ids::HasScopedUseId as _;
use ty_python_core::definition::{Definition, DefinitionKind};
use ty_python_core::scope::{FileScopeId, NodeWithScopeKind};
use ty_python_core::{ProgramFile, SemanticIndex, semantic_index};
use ty_python_semantic::types::Type;
use ty_python_semantic::{
    HasType as _, ImportAliasResolution, ResolvedDefinition, SemanticModel, definitions_for_name,
};

pub(crate) use self::incremental::{Memo, reuse};
use self::part::{Defined, Found, Part};
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

pub(crate) const NO_SUCH_MODULE: &str = "unknown module";
pub(crate) const NO_SUCH_NAME: &str = "unknown name";
pub(crate) const NO_SUCH_ATTRIBUTE: &str = "unknown attribute";
const UNKNOWN_TYPE: &str = "the type of the object is unknown";
pub(crate) const NOT_IN_SOURCE: &str = "its definition is in no source file";

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
}

/// An order that does not depend on the order of anything else.
pub(crate) fn sort_key(target: &Target) -> (bool, &str, usize) {
    match target {
        Target::Global(symbol) => (false, symbol, 0),
        Target::Local(scope, name) => (true, name, usize::from(scope.is_global())),
    }
}
