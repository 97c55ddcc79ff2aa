//! The names of other modules, and what they lead to through imports.

use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor as _;
use ruff_python_ast::{AnyRootNodeRef, NodeIndex, Stmt};
use ruff_text_size::{Ranged as _, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};
use ty_module_resolver::{ImportingFile, Module, ModuleName, resolve_module};
use ty_python_core::ProgramFile;

use super::found::Exports;
use super::scopes::{Entry, ModulePath, Source, SourceKind};
use super::walk::Walker;
use crate::database::Db;
use crate::describe::{Declared, Documented, global_kind};

use codeintel_scip::Symbol;

/// A search for what a name of a module leads to ends behind so many names of modules.
const MOST_VISITED: usize = 20_000;

/// What binds the names of a module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ModuleNames {
    names: FxHashMap<Name, Entry>,
    stars: Vec<ModulePath>,
    /// Variables that functions bind by `global`.
    declared: FxHashSet<Name>,
    exports: Exports,
    is_stub: bool,
}

/// The names of a module, from its syntax tree alone.
#[salsa::tracked(returns(ref))]
pub(super) fn module_names<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> ModuleNames {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let text = source_text(db, file.file(db));
    let package = package_of(db, file);
    let mut walker = Walker::of_module(text.as_str(), package.as_deref());
    walker.visit_body(module.suite());
    let mut walked = walker.finish();
    let scope = walked.scopes.swap_remove(0);
    ModuleNames {
        names: scope.names,
        stars: scope.stars,
        declared: walked.declared,
        exports: walked.exports,
        is_stub: file.file(db).is_stub(db),
    }
}

impl ModuleNames {
    /// Whether `global` in a function binds a name.
    pub(super) fn declares(&self, name: &Name) -> bool {
        self.declared.contains(name)
    }

    /// Whether `from module import *` brings a name along that the module or a module behind it has.
    fn exports(&self, name: &Name) -> bool {
        match &self.exports {
            Exports::None => !name.starts_with('_'),
            Exports::Names(names) => names.contains(name),
            Exports::Unknown => true,
        }
    }

    /// Whether a source of a name is one for others, too: in a stub, an import is not, unless it says so.
    fn is_exported(&self, source: &Source) -> bool {
        let is_private = match &source.kind {
            SourceKind::Module { name, is_renamed } => !is_renamed || name.contains('.'),
            SourceKind::From { is_renamed_to_itself, .. } => !is_renamed_to_itself,
            _ => false,
        };
        !(self.is_stub && is_private && self.exports == Exports::None)
    }
}

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'db> {
    Module(ProgramFile<'db>),
    /// A function, class or variable of a module.
    Definition(ProgramFile<'db>, Name, Source),
}

/// A search through modules.
pub(super) struct Search<'db> {
    db: &'db dyn Db,
    visited: FxHashSet<(ProgramFile<'db>, Name)>,
    pub(super) found: Vec<Found<'db>>,
}

/// What leads into a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Name,
    Star,
}

/// The module of a name, for one that imports it.
pub(super) fn module_named<'db>(db: &'db dyn Db, from: ProgramFile<'db>, name: &str) -> Option<Module<'db>> {
    resolve_module(db, importing(db, from), &ModuleName::new(name)?)
}

/// The module that a statement names.
pub(super) fn module_at<'db>(db: &'db dyn Db, from: ProgramFile<'db>, path: &ModulePath) -> Option<Module<'db>> {
    let importing = importing(db, from);
    let name = ModuleName::from_identifier_parts(db, importing, path.name.as_deref(), path.level).ok()?;
    resolve_module(db, importing, &name)
}

/// The name of the package whose own module a file is, if it is one.
pub(super) fn package_of<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> Option<String> {
    let name = || ModuleName::package_for_file(db, importing(db, file)).ok();
    file.file(db).is_package(db).then(name)?.map(|name| name.to_string())
}

fn importing<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> ImportingFile<'db> {
    ImportingFile::File(file.file(db), file.program(db).resolver_environment(db))
}

/// The file of a module.
pub(super) fn file_of<'db>(db: &'db dyn Db, like: ProgramFile<'db>, module: Module<'db>) -> Option<ProgramFile<'db>> {
    Some(ProgramFile::new(db, module.file(db)?, like.program(db)))
}

/// A module inside of another one.
pub(super) fn submodule<'db>(
    db: &'db dyn Db,
    from: ProgramFile<'db>,
    package: &ModuleName,
    name: &Name,
) -> Option<ProgramFile<'db>> {
    let mut full = package.clone();
    full.extend(&ModuleName::new(name)?);
    file_of(db, from, resolve_module(db, importing(db, from), &full)?)
}

impl<'db> Search<'db> {
    pub(super) fn new(db: &'db dyn Db) -> Self {
        Self { db, visited: FxHashSet::default(), found: Vec::new() }
    }

    /// Look for a name of a module.
    pub(super) fn name(&mut self, file: ProgramFile<'db>, name: &Name, by: By) {
        let names = module_names(self.db, file);
        if by == By::Star && !names.exports(name)
            || self.visited.len() == MOST_VISITED
            || !self.visited.insert((file, name.clone()))
        {
            return;
        }
        let sources = names.names.get(name).map(|entry| entry.sources.as_slice()).unwrap_or_default();
        for source in sources.iter().filter(|source| by == By::Name || names.is_exported(source)) {
            self.source(file, name, source);
        }
        for star in &names.stars {
            self.star(file, star, name);
        }
    }

    /// Look for a name that is imported by a star, if the module has it.
    pub(super) fn star(&mut self, from: ProgramFile<'db>, star: &ModulePath, name: &Name) {
        let module = module_at(self.db, from, star);
        if let Some(file) = module.and_then(|module| file_of(self.db, from, module)) {
            self.name(file, name, By::Star);
        }
    }

    /// What a source of a module's name leads to.
    fn source(&mut self, file: ProgramFile<'db>, name: &Name, source: &Source) {
        match &source.kind {
            kind if kind.is_import() => self.import(file, name, kind),
            _ => self.found.push(Found::Definition(file, name.clone(), source.clone())),
        }
    }

    /// What an import in a file leads to.
    pub(super) fn import(&mut self, file: ProgramFile<'db>, bound: &Name, kind: &SourceKind) {
        match kind {
            SourceKind::Module { name, .. } => {
                let module = module_named(self.db, file, name).and_then(|module| file_of(self.db, file, module));
                self.found.extend(module.map(Found::Module));
            }
            SourceKind::From { module, name, .. } => self.imported(file, module, name),
            SourceKind::Submodule => {
                let path = ModulePath { level: 1, name: Some(bound.clone()) };
                let module = module_at(self.db, file, &path).and_then(|module| file_of(self.db, file, module));
                self.found.extend(module.map(Found::Module));
            }
            _ => {}
        }
    }

    /// Look for what `from module import name` imports.
    pub(super) fn imported(&mut self, from: ProgramFile<'db>, module: &ModulePath, name: &Name) {
        let Some(module) = module_at(self.db, from, module) else { return };
        let before = self.found.len();
        if let Some(file) = file_of(self.db, from, module) {
            self.name(file, name, By::Name);
        }
        if self.found.len() == before {
            self.found.extend(submodule(self.db, from, module.name(self.db), name).map(Found::Module));
        }
    }
}

/// Describe a definition of a module.
pub(super) fn describe_found(
    db: &dyn Db,
    file: ProgramFile<'_>,
    name: &Name,
    node: Option<NodeIndex>,
    symbol: &str,
) -> Symbol {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let text = source_text(db, file.file(db));
    let kind = global_kind(name);
    let mut target = TextRange::default();
    let declared = match node.map(|node| module.get_by_index(node)) {
        Some(AnyRootNodeRef::Stmt(Stmt::FunctionDef(function))) => Declared::Function(function, false),
        Some(AnyRootNodeRef::Stmt(Stmt::ClassDef(class))) => Declared::Class(class),
        Some(AnyRootNodeRef::Stmt(Stmt::TypeAlias(alias))) => Declared::TypeAlias(alias.range),
        Some(AnyRootNodeRef::Stmt(Stmt::Assign(assign))) => {
            target = target_named(&assign.targets, name);
            Declared::Assignment(kind, target, assign.value.range())
        }
        Some(AnyRootNodeRef::Stmt(Stmt::AnnAssign(assign))) => {
            target = assign.target.range();
            let value = assign.value.as_ref().map(|value| value.range());
            Declared::Annotated(kind, target, assign.annotation.range(), value)
        }
        _ => Declared::Other(kind),
    };
    let documented = Documented::of(module.suite());
    declared.describe(symbol, name.to_string(), text.as_str(), documented.below(target.start()))
}

/// The range of a name among the targets of an assignment.
fn target_named(targets: &[ruff_python_ast::Expr], name: &Name) -> TextRange {
    struct Target<'n>(&'n Name, Option<TextRange>);
    impl<'a> ruff_python_ast::visitor::Visitor<'a> for Target<'_> {
        fn visit_expr(&mut self, expression: &'a ruff_python_ast::Expr) {
            match expression {
                ruff_python_ast::Expr::Name(found) if found.id == *self.0 => self.1 = self.1.or(Some(found.range)),
                _ => ruff_python_ast::visitor::walk_expr(self, expression),
            }
        }
    }
    let mut target = Target(name, None);
    for expression in targets {
        target.visit_expr(expression);
    }
    target.1.unwrap_or_default()
}
