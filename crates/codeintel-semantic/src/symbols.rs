//! Definitions to symbols, in the descriptors of scip-python.

use ruff_db::parsed::parsed_module;
use ty_python_core::definition::{Definition, DefinitionKind};
use ty_python_core::place::ScopedPlaceId;
use ty_python_core::scope::{FileScopeId, NodeWithScopeKind, ScopeId};
use ty_python_core::{ProgramFile, place_table, semantic_index};

use crate::database::Db;
use crate::hierarchy;
use crate::modules::identifier;

/// What a name of some scope is called in an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The same in all files.
    Global(Box<str>),
    /// A name of a scope of its file only.
    Local(FileScopeId, Box<str>),
}

/// The symbol of a module.
pub(crate) fn module_symbol(db: &dyn Db, file: ProgramFile<'_>) -> Option<String> {
    Some(format!("{}__init__:", db.modules().prefix(file.file(db).path(db))?))
}

/// The beginning that the symbols of a scope's names have in common; none where no other file can know of them, and for files
/// without a name.
#[salsa::tracked(returns(as_deref))]
pub(crate) fn prefix_of<'db>(db: &'db dyn Db, scope: ScopeId<'db>) -> Option<Box<str>> {
    let file = scope.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let around = || {
        let parent = scope.scope(db).parent()?;
        prefix_of(db, parent.to_scope_id(db, file))
    };
    let prefix = match scope.node(db) {
        NodeWithScopeKind::Module => db.modules().prefix(file.file(db).path(db))?,
        NodeWithScopeKind::Class(class) => format!("{}{}#", around()?, identifier(&class.node(&module).name)),
        NodeWithScopeKind::Function(function) => {
            format!("{}{}().", around()?, identifier(&function.node(&module).name))
        }
        _ => around()?.to_owned(),
    };
    Some(prefix.into())
}

/// Variables of a module that functions or classes bind by `global`, sorted. The module itself may bind them or not.
#[salsa::tracked(returns(deref))]
fn declared_globals<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> Box<[Box<str>]> {
    let index = semantic_index(db, file);
    let tables = index.scope_ids().map(|scope| index.place_table(scope.file_scope_id(db)));
    let bound = tables.flat_map(|table| table.symbols().filter(|symbol| symbol.is_global() && symbol.is_bound()));
    let mut names: Vec<Box<str>> = bound.map(|symbol| symbol.name().as_str().into()).collect();
    names.sort_unstable();
    names.dedup();
    names.into()
}

/// A variable of a module that is bound by `global` in a function or class.
pub(crate) fn declared_global<'db>(db: &'db dyn Db, file: ProgramFile<'db>, name: &str) -> Option<Target> {
    declared_globals(db, file).binary_search_by(|known| (**known).cmp(name)).ok()?;
    home(db, FileScopeId::global().to_scope_id(db, file), name)
}

/// The symbol of a definition; none for definitions that only their own file knows.
#[salsa::tracked(returns(as_deref))]
pub(crate) fn symbol_of<'db>(db: &'db dyn Db, definition: Definition<'db>) -> Option<Box<str>> {
    let file = definition.program_file(db);
    let scope = definition.scope(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let prefix = || prefix_of(db, scope);
    let owner_prefix = |name: &str| prefix_of(db, owner(db, scope, name).to_scope_id(db, file));
    let symbol = match definition.kind(db) {
        DefinitionKind::Function(function) => {
            let name = &function.node(&module).name;
            format!("{}{}().", owner_prefix(name)?, identifier(name))
        }
        DefinitionKind::Class(class) => {
            let name = &class.node(&module).name;
            format!("{}{}#", owner_prefix(name)?, identifier(name))
        }
        DefinitionKind::Parameter(_) => format!("{}({})", prefix()?, identifier(&symbol_name(db, definition)?)),
        DefinitionKind::TypeVar(_) | DefinitionKind::ParamSpec(_) | DefinitionKind::TypeVarTuple(_) => {
            let owner = match scope.node(db) {
                NodeWithScopeKind::ClassTypeParameters(class) => {
                    format!("{}#", identifier(&class.node(&module).name))
                }
                NodeWithScopeKind::FunctionTypeParameters(function) => {
                    format!("{}().", identifier(&function.node(&module).name))
                }
                NodeWithScopeKind::TypeAliasTypeParameters(alias) => {
                    format!("{}.", identifier(&alias.node(&module).name.as_name_expr()?.id))
                }
                _ => return None,
            };
            format!("{}{owner}[{}]", prefix()?, identifier(&symbol_name(db, definition)?))
        }
        DefinitionKind::Import(_)
        | DefinitionKind::ImportFrom(_)
        | DefinitionKind::ImportFromSubmodule(_)
        | DefinitionKind::StarImport(_)
        | DefinitionKind::LambdaParameter { .. }
        | DefinitionKind::LoopHeader(_)
        | DefinitionKind::NestedBindings(_)
        | DefinitionKind::DictKeyAssignment(_) => return None,
        _ => match definition.place(db) {
            ScopedPlaceId::Symbol(_) => match home(db, scope, &symbol_name(db, definition)?)? {
                Target::Global(symbol) => symbol.into(),
                Target::Local(..) => return None,
            },
            ScopedPlaceId::Member(member) => {
                let name = place_table(db, scope).member(member).as_instance_attribute()?.to_owned();
                let class = hierarchy::class_of_method(db, scope)?;
                return hierarchy::attribute_symbol(db, class, &name);
            }
        },
    };
    Some(symbol.into())
}

/// The name of the symbol that is defined, where it is one.
pub(crate) fn symbol_name(db: &dyn Db, definition: Definition<'_>) -> Option<String> {
    let table = place_table(db, definition.scope(db));
    let ScopedPlaceId::Symbol(symbol) = definition.place(db) else { return None };
    Some(table.symbol(symbol).name().to_string())
}

/// The scope that a name belongs to which is bound in a scope: a `global` or `nonlocal` statement leads to another scope, and so does an assignment
/// expression in a comprehension.
pub(crate) fn owner(db: &dyn Db, scope: ScopeId<'_>, name: &str) -> FileScopeId {
    let file = scope.program_file(db);
    let index = semantic_index(db, file);
    let here = scope.file_scope_id(db);
    let table = index.place_table(here);
    let symbol = table.symbol_id(name).map(|symbol| table.symbol(symbol));
    match symbol {
        Some(symbol) if symbol.is_global() => FileScopeId::global(),
        Some(symbol) if symbol.is_nonlocal() => {
            let mut around = index.visible_ancestor_scopes(here).skip(1);
            let owns = |scope: FileScopeId| {
                let table = index.place_table(scope);
                let symbol = table.symbol_id(name).map(|symbol| table.symbol(symbol));
                symbol.is_some_and(|symbol| symbol.is_local() && !symbol.is_nonlocal())
            };
            around.find_map(|(scope, _)| owns(scope).then_some(scope)).unwrap_or(here)
        }
        _ => here,
    }
}

/// What a variable of a scope is called.
pub(crate) fn home(db: &dyn Db, scope: ScopeId<'_>, name: &str) -> Option<Target> {
    let file = scope.program_file(db);
    let owner = owner(db, scope, name);
    let owner_id = owner.to_scope_id(db, file);
    let suffix = match owner_id.node(db) {
        NodeWithScopeKind::Module | NodeWithScopeKind::Class(_) => Some(format!("{}.", identifier(name))),
        NodeWithScopeKind::Function(function) => {
            // A parameter that is assigned to is still the parameter.
            let module = parsed_module(db, file.python_file(db)).load(db);
            let is_parameter = function.node(&module).parameters.includes(name);
            is_parameter.then(|| format!("({})", identifier(name)))
        }
        _ => None,
    };
    match suffix {
        Some(suffix) => Some(Target::Global(format!("{}{suffix}", prefix_of(db, owner_id)?).into())),
        None => Some(Target::Local(owner, name.into())),
    }
}
