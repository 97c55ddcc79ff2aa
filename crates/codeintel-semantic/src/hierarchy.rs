//! Classes and their bases: in which of them a member is defined, and which members it overrides.

use ruff_db::parsed::parsed_module;
use ruff_python_ast::find_node::covering_node;
use ruff_python_ast::{AnyNodeRef, Decorator, Expr, StmtClassDef};
use ty_python_core::definition::{Definition, DefinitionKind};
use ty_python_core::scope::{FileScopeId, NodeWithScopeKind, NodeWithScopeRef, ScopeId, ScopeKind};
use ty_python_core::{attribute_scopes, place_table, semantic_index, use_def_map};
use ty_python_semantic::{
    HasType as _, ImportAliasResolution, ResolvedDefinition, SemanticModel, TypeHierarchyClass,
    definitions_for_attribute, definitions_for_name, type_hierarchy_supertypes,
};

use crate::database::Db;
use crate::modules::identifier;
use crate::symbols::{prefix_of, symbol_of};

/// The classes that a class names as its bases, as far as they are known.
#[salsa::tracked(returns(deref))]
fn bases<'db>(db: &'db dyn Db, class: Definition<'db>) -> Box<[Definition<'db>]> {
    let file = class.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let DefinitionKind::Class(node) = class.kind(db) else { return Box::default() };
    let model = SemanticModel::new(db, file);
    let node = node.node(&module);
    let arguments = node.arguments.as_deref();
    let bases = arguments.into_iter().flat_map(|arguments| &arguments.args);
    let is_outside = db.modules().is_installed(file.file(db).path(db));
    let found = if is_outside { bases_alone(db, &model, node) } else { None };
    let found = found.unwrap_or_else(|| bases.filter_map(|base| class_of(db, &model, base)).collect());
    found.into_iter().filter(|base| *base != class).collect()
}

/// The bases of a class without the types of all else in its module, which would be inferred for that of an expression in it; none
/// if they can not be told so.
fn bases_alone<'db>(db: &'db dyn Db, model: &SemanticModel<'db>, class: &StmtClassDef) -> Option<Vec<Definition<'db>>> {
    let arguments = class.arguments.as_deref().map_or(&[][..], |arguments| &arguments.args);
    let names: Vec<&str> =
        arguments.iter().filter_map(last_name).filter(|name| !matches!(*name, "Generic" | "Protocol")).collect();
    if names.is_empty() && arguments.iter().all(|base| last_name(base).is_some()) {
        return Some(Vec::new());
    }
    let found = type_hierarchy_supertypes(db, &model.program_environment(), class.inferred_type(model)?);
    if found.len() != names.len() {
        return None;
    }
    // In the place of a base that is not known stands `object`.
    let is_named = |(found, &name): (&TypeHierarchyClass<'db>, &&str)| found.name != "object" || name == "object";
    if !found.iter().zip(&names).all(is_named) {
        return None;
    }
    found.iter().map(|found| class_at(db, found)).collect()
}

/// The name of a class in an expression like `module.Class[T]`.
fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr.id),
        Expr::Subscript(subscript) => last_name(&subscript.value),
        _ => None,
    }
}

/// The class statement at a place.
fn class_at<'db>(db: &'db dyn Db, place: &TypeHierarchyClass<'db>) -> Option<Definition<'db>> {
    let file = db.program_file(place.file.file(db));
    let module = parsed_module(db, file.python_file(db)).load(db);
    let node = covering_node(module.syntax().into(), place.selection_range).find_first(|node| node.is_stmt_class_def());
    let AnyNodeRef::StmtClassDef(class) = node.ok()?.node() else { return None };
    semantic_index(db, file).try_definitions(class.into())?.first().copied()
}

/// The class statement that an expression stands for, or of whose instances it is one.
pub(crate) fn class_of<'db>(db: &'db dyn Db, model: &SemanticModel<'db>, expression: &Expr) -> Option<Definition<'db>> {
    let found = expression.inferred_type(model)?.definition(db, &model.program_environment());
    let definition = found.as_ref().and_then(|found| found.definition().copied());
    let is_class = |definition: &Definition<'db>| matches!(definition.kind(db), DefinitionKind::Class(_));
    definition.filter(is_class).or_else(|| decorated_class(db, model, expression))
}

/// The class statement that an expression names, where nobody knows what its decorators make of it: most give back the class.
fn decorated_class<'db>(db: &'db dyn Db, model: &SemanticModel<'db>, expression: &Expr) -> Option<Definition<'db>> {
    if let Expr::Subscript(generic) = expression {
        return decorated_class(db, model, &generic.value);
    }
    let [found] = &named(model, expression)[..] else { return None };
    let definition = found.definition()?;
    let DefinitionKind::Class(class) = definition.kind(db) else { return None };
    let module = parsed_module(db, definition.python_file(db)).load(db);
    (!class.node(&module).decorator_list.is_empty()).then_some(definition)
}

/// The definitions that a name or an attribute leads to, whatever is known of its type.
pub(crate) fn named<'db>(model: &SemanticModel<'db>, expression: &Expr) -> Vec<ResolvedDefinition<'db>> {
    match expression {
        Expr::Name(name) => definitions_for_name(model, &name.id, name.into(), ImportAliasResolution::ResolveAliases),
        Expr::Attribute(attribute) => definitions_for_attribute(model, attribute),
        _ => Vec::new(),
    }
}

/// A class and its bases in the order in which Python looks for a member. Where the bases contradict one another, they come in the
/// order in which they are met.
#[salsa::tracked(returns(deref), cycle_initial = no_classes)]
pub(crate) fn mro<'db>(db: &'db dyn Db, class: Definition<'db>) -> Box<[Definition<'db>]> {
    let bases = bases(db, class);
    let mut lists: Vec<Vec<Definition<'db>>> = bases.iter().map(|base| mro(db, *base).to_vec()).collect();
    lists.push(bases.to_vec());
    let mut order = vec![class];
    loop {
        lists.retain(|list| !list.is_empty());
        let Some(first) = lists.first().map(|list| list[0]) else { return order.into() };
        let is_free = |candidate: &Definition<'db>| lists.iter().all(|list| !list[1..].contains(candidate));
        let next = lists.iter().map(|list| list[0]).find(is_free).unwrap_or(first);
        for list in &mut lists {
            list.retain(|class| *class != next);
        }
        if !order.contains(&next) {
            order.push(next);
        }
    }
}

fn no_classes<'db>(_: &'db dyn Db, _: salsa::Id, class: Definition<'db>) -> Box<[Definition<'db>]> {
    Box::new([class])
}

/// The scope of a class's body.
fn body<'db>(db: &'db dyn Db, class: Definition<'db>) -> Option<ScopeId<'db>> {
    let file = class.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let DefinitionKind::Class(node) = class.kind(db) else { return None };
    let node: &StmtClassDef = node.node(&module);
    let scope = semantic_index(db, file).try_node_scope(NodeWithScopeRef::Class(node))?;
    Some(scope.to_scope_id(db, file))
}

/// The definitions of a name in a class's body.
fn own_members<'db>(db: &'db dyn Db, class: Definition<'db>, name: &str) -> Vec<Definition<'db>> {
    let Some(scope) = body(db, class) else { return Vec::new() };
    let Some(symbol) = place_table(db, scope).symbol_id(name) else { return Vec::new() };
    let uses = use_def_map(db, scope);
    let bindings = uses.reachable_symbol_bindings(symbol).filter_map(|binding| binding.binding.definition());
    let declarations =
        uses.reachable_symbol_declarations(symbol).filter_map(|declaration| declaration.declaration.definition());
    let mut found: Vec<Definition<'db>> =
        declarations.chain(bindings).filter(|found| found.kind(db).is_user_visible()).collect();
    let mut seen = Vec::new();
    found.retain(|definition| {
        let is_new = !seen.contains(definition);
        seen.push(*definition);
        is_new
    });
    found
}

/// Whether a binding adds to a value that something else has bound.
pub(crate) fn is_addition<'db>(db: &'db dyn Db, definition: Definition<'db>) -> bool {
    matches!(definition.kind(db), DefinitionKind::AugmentedAssignment(_))
}

/// The first place at which a method of a class binds an attribute of its first parameter, or only adds to it.
fn bound_attribute<'db>(
    db: &'db dyn Db,
    class: Definition<'db>,
    name: &str,
    is_added_to: bool,
) -> Option<Definition<'db>> {
    let index = semantic_index(db, class.program_file(db));
    let is_wanted = |definition: &Definition<'db>| is_addition(db, *definition) == is_added_to;
    attribute_scopes(db, body(db, class)?).find_map(|method| {
        let member = index.place_table(method).member_id_by_instance_attribute_name(name)?;
        let mut bindings = index.use_def_map(method).reachable_member_bindings(member);
        bindings.find_map(|binding| binding.binding.definition().filter(is_wanted))
    })
}

/// The symbols of a member in the first of some classes that has it, each with its definition. What classes only add to is
/// theirs if no other has it.
pub(crate) fn member<'db>(
    db: &'db dyn Db,
    classes: &[Definition<'db>],
    name: &str,
) -> Vec<(Box<str>, Definition<'db>)> {
    let named = |found: Definition<'db>| Some((Box::from(symbol_of(db, found)?), found));
    for is_added_to in [false, true] {
        for class in classes {
            let mut found: Vec<(Box<str>, Definition<'db>)> =
                own_members(db, *class, name).into_iter().filter_map(named).collect();
            if found.is_empty() {
                found.extend(bound_attribute(db, *class, name, is_added_to).and_then(named));
            }
            if !found.is_empty() {
                found.sort_by(|a, b| a.0.cmp(&b.0));
                found.dedup_by(|a, b| a.0 == b.0);
                return found;
            }
        }
    }
    Vec::new()
}

/// The parameters of a name with which a function or class is called.
pub(crate) fn parameters<'db>(db: &'db dyn Db, callee: Definition<'db>, name: &str) -> Vec<Definition<'db>> {
    match callee.kind(db) {
        // What `__new__` takes says nothing where `__init__` takes it again.
        DefinitionKind::Class(_) => constructor_parameters(db, callee, name),
        _ => parameter(db, callee, name).into_iter().collect(),
    }
}

/// The parameters of a name with which a class is called: those of `__init__`, else of `__new__`, else the fields of that name.
fn constructor_parameters<'db>(db: &'db dyn Db, class: Definition<'db>, name: &str) -> Vec<Definition<'db>> {
    let order = mro(db, class);
    for method in ["__init__", "__new__"] {
        let found = member(db, order, method).into_iter();
        let found: Vec<Definition<'db>> = found.filter_map(|(_, method)| parameter(db, method, name)).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let fields = order.iter().map(|class| own_members(db, *class, name)).find(|fields| !fields.is_empty());
    let is_field = |field: &Definition<'db>| matches!(field.kind(db), DefinitionKind::AnnotatedAssignment(_));
    fields.unwrap_or_default().into_iter().filter(is_field).collect()
}

/// The parameter of a name of a function.
fn parameter<'db>(db: &'db dyn Db, function: Definition<'db>, name: &str) -> Option<Definition<'db>> {
    let file = function.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let DefinitionKind::Function(node) = function.kind(db) else { return None };
    let mut parameters = node.node(&module).parameters.iter_non_variadic_params();
    let parameter = parameters.find(|parameter| parameter.parameter.name.as_str() == name)?;
    semantic_index(db, file).try_definitions(AnyNodeRef::from(parameter))?.first().copied()
}

/// The methods that a method of a class overrides, in the nearest base that has any.
pub(crate) fn overridden<'db>(db: &'db dyn Db, class: Definition<'db>, name: &str) -> Vec<Box<str>> {
    let is_function = |found: &Definition<'db>| matches!(found.kind(db), DefinitionKind::Function(_));
    for base in mro(db, class).iter().skip(1) {
        let members = own_members(db, *base, name);
        if !members.is_empty() {
            let functions = members.into_iter().filter(is_function);
            let mut symbols: Vec<Box<str>> =
                functions.filter_map(|found| symbol_of(db, found).map(Into::into)).collect();
            symbols.sort();
            symbols.dedup();
            return symbols;
        }
    }
    Vec::new()
}

/// The symbols of a class's bases.
pub(crate) fn base_symbols<'db>(db: &'db dyn Db, class: Definition<'db>) -> Vec<Box<str>> {
    bases(db, class).iter().filter_map(|base| symbol_of(db, *base).map(Into::into)).collect()
}

/// The class whose method, or a comprehension in it, a scope is.
pub(crate) fn class_of_method<'db>(db: &'db dyn Db, scope: ScopeId<'db>) -> Option<Definition<'db>> {
    let file = scope.program_file(db);
    let index = semantic_index(db, file);
    let mut scopes = index.ancestor_scopes(scope.file_scope_id(db));
    let (method, _) = scopes.find(|(_, scope)| scope.kind() == ScopeKind::Function)?;
    index.class_definition_of_method(method)
}

/// The class whose instance, or which itself, a value is that is the first parameter of a method and nothing else.
pub(crate) fn class_of_receiver<'db>(
    db: &'db dyn Db,
    model: &SemanticModel<'db>,
    value: &Expr,
) -> Option<Definition<'db>> {
    let name = value.as_name_expr()?;
    let file = model.program_file();
    let index = semantic_index(db, file);
    let is_bound_in = |scope: FileScopeId| {
        let table = index.place_table(scope);
        table.symbol_id(&name.id).is_some_and(|symbol| table.symbol(symbol).is_local())
    };
    let mut scopes = index.visible_ancestor_scopes(model.scope(name.into())?);
    let (home, _) = scopes.find(|(scope, _)| is_bound_in(*scope))?;
    let class = index.class_definition_of_method(home)?;
    let module = parsed_module(db, file.python_file(db)).load(db);
    let NodeWithScopeKind::Function(function) = home.to_scope_id(db, file).node(db) else { return None };
    let function = function.node(&module);
    let first = function.parameters.iter_non_variadic_params().next()?;
    let is_static =
        |decorator: &Decorator| decorator.expression.as_name_expr().is_some_and(|name| name.id == "staticmethod");
    if first.name().id != name.id || function.decorator_list.iter().any(is_static) {
        return None;
    }
    let symbol = index.place_table(home).symbol_id(&name.id)?;
    let mut bindings = index.use_def_map(home).reachable_symbol_bindings(symbol);
    let is_parameter = |definition: Definition<'db>| matches!(definition.kind(db), DefinitionKind::Parameter(_));
    bindings.all(|binding| binding.binding.definition().is_none_or(is_parameter)).then_some(class)
}

/// What a class or one of its bases says of an attribute.
pub(crate) struct Declared<'db> {
    /// The class that says it.
    pub(crate) class: Definition<'db>,
    pub(crate) definition: Definition<'db>,
    /// It is a property or a method, and not the declaration of a type.
    pub(crate) is_function: bool,
}

/// The property, method or declaration of a name in a class or the nearest of its bases that has one.
pub(crate) fn declaration<'db>(db: &'db dyn Db, class: Definition<'db>, name: &str) -> Option<Declared<'db>> {
    mro(db, class).iter().find_map(|base| {
        own_members(db, *base, name).into_iter().find_map(|definition| {
            let is_function = match definition.kind(db) {
                DefinitionKind::Function(_) => true,
                DefinitionKind::AnnotatedAssignment(_) => false,
                _ => return None,
            };
            Some(Declared { class: *base, definition, is_function })
        })
    })
}

/// The symbol of an attribute that a method of a class binds: that of its declaration, if there is one.
pub(crate) fn attribute_symbol<'db>(db: &'db dyn Db, class: Definition<'db>, name: &str) -> Option<Box<str>> {
    if let Some(symbol) = declaration(db, class, name).and_then(|declared| symbol_of(db, declared.definition)) {
        return Some(symbol.into());
    }
    let prefix = prefix_of(db, body(db, class)?)?;
    Some(format!("{prefix}{}.", identifier(name)).into())
}
