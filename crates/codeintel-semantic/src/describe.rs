//! What an index says of a symbol: its kind, name, declaration and documentation.

use codeintel_python::clean_docstring;
use codeintel_scip::Symbol;
use ruff_db::parsed::{ParsedModuleRef, parsed_module};
use ruff_db::source::source_text;
use ruff_python_ast::visitor::{Visitor, walk_body};
use ruff_python_ast::{AnyParameterRef, Decorator, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged as _, TextRange};
use ty_python_core::ProgramFile;
use ty_python_core::definition::{Definition, DefinitionKind, ParameterDefinitionNodeKind};
use ty_python_core::scope::{NodeWithScopeKind, ScopeKind};

use crate::database::Db;
use crate::symbols::symbol_name;

/// Declarations are cut behind so many characters.
const LONGEST_SIGNATURE: usize = 400;

/// Describe a definition under its symbol.
pub(crate) fn describe(db: &dyn Db, definition: Definition<'_>, symbol: &str) -> Symbol {
    let file = definition.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let source = source_text(db, file.file(db));
    let text = |range: TextRange| source.as_str().get(range.to_std_range()).unwrap_or_default();
    let scope = definition.scope(db);
    let is_in_class = scope.scope(db).kind() == ScopeKind::Class;
    let (kind, signature, docstring) = match definition.kind(db) {
        DefinitionKind::Function(function) => {
            let node = function.node(&module);
            (function_kind(node, is_in_class), function_signature(node, &text), docstring_of(&node.body))
        }
        DefinitionKind::Class(class) => {
            let node = class.node(&module);
            (if is_enum(node) { "Enum" } else { "Class" }, class_signature(node, &text), docstring_of(&node.body))
        }
        DefinitionKind::Parameter(parameter) => {
            let parameter = parameter_of(parameter, &module);
            (parameter_kind(db, definition, &parameter), text(parameter.range()).to_owned(), None)
        }
        DefinitionKind::TypeVar(_) | DefinitionKind::ParamSpec(_) | DefinitionKind::TypeVarTuple(_) => {
            ("TypeParameter", text(definition.full_range(db, &module).range()).to_owned(), None)
        }
        DefinitionKind::TypeAlias(alias) => ("TypeAlias", text(alias.node(&module).range()).to_owned(), None),
        DefinitionKind::Assignment(assignment) => {
            let signature =
                format!("{} = {}", text(assignment.target(&module).range()), text(assignment.value(&module).range()));
            (variable_kind(db, definition, &module), signature, docstring_below(db, file, assignment.target(&module)))
        }
        DefinitionKind::AnnotatedAssignment(assignment) => {
            let target = text(assignment.target(&module).range());
            let mut signature = format!("{target}: {}", text(assignment.annotation(&module).range()));
            if let Some(value) = assignment.value(&module) {
                signature += &format!(" = {}", text(value.range()));
            }
            (variable_kind(db, definition, &module), signature, docstring_below(db, file, assignment.target(&module)))
        }
        _ => (variable_kind(db, definition, &module), String::new(), None),
    };
    let name = definition.name(db).or_else(|| symbol_name(db, definition));
    Symbol {
        symbol: symbol.to_owned(),
        kind: Some(kind.to_owned()),
        display_name: name.unwrap_or_else(|| last_name(symbol)),
        signature: on_one_line(&signature),
        documentation: docstring.iter().map(|docstring| clean_docstring(docstring)).collect(),
        ..Symbol::default()
    }
}

/// Describe a module under its symbol.
pub(crate) fn describe_module(db: &dyn Db, file: ProgramFile<'_>, symbol: &str) -> Symbol {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let is_package = file.file(db).is_package(db);
    let name = symbol.strip_suffix("/__init__:").and_then(|symbol| symbol.rsplit(' ').next()).unwrap_or_default();
    Symbol {
        symbol: symbol.to_owned(),
        kind: Some(if is_package { "Package" } else { "Module" }.to_owned()),
        display_name: name.trim_matches('`').to_owned(),
        documentation: docstring_of(module.suite()).iter().map(|docstring| clean_docstring(docstring)).collect(),
        ..Symbol::default()
    }
}

/// The name in a symbol's last descriptor.
fn last_name(symbol: &str) -> String {
    codeintel_scip::last_descriptor(symbol).map_or(String::new(), |(_, name)| name)
}

/// The string below the assignment that a target belongs to.
fn docstring_below(db: &dyn Db, file: ProgramFile<'_>, target: &Expr) -> Option<String> {
    let documented = documented_assignments(db, file);
    let at = target.start().to_u32();
    let (_, end, docstring) = documented[..documented.partition_point(|(start, ..)| *start <= at)].last()?;
    (at < *end).then(|| docstring.to_string())
}

/// The assignments of a file that a string follows, each with its first byte, the byte behind it, and the string.
#[salsa::tracked(returns(deref))]
fn documented_assignments<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> Box<[(u32, u32, Box<str>)]> {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let mut documented = DocumentedAssignments(Vec::new());
    documented.visit_body(module.suite());
    documented.0.sort_unstable();
    documented.0.into()
}

struct DocumentedAssignments(Vec<(u32, u32, Box<str>)>);

impl<'a> Visitor<'a> for DocumentedAssignments {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        for pair in body.windows(2) {
            if let [assignment @ (Stmt::Assign(_) | Stmt::AnnAssign(_)), Stmt::Expr(below)] = pair
                && let Some(string) = below.value.as_string_literal_expr()
            {
                let range = assignment.range();
                self.0.push((range.start().to_u32(), range.end().to_u32(), string.value.to_str().into()));
            }
        }
        walk_body(self, body);
    }

    /// No expression holds an assignment of this kind.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

fn docstring_of(body: &[Stmt]) -> Option<String> {
    ty_python_core::definition::docstring_from_body(body).map(|docstring| docstring.value.to_str().to_owned())
}

fn function_signature<'t>(node: &StmtFunctionDef, text: &impl Fn(TextRange) -> &'t str) -> String {
    let keyword = if node.is_async { "async def" } else { "def" };
    let type_parameters = node.type_params.as_deref().map_or("", |parameters| text(parameters.range));
    let returns = node.returns.as_deref().map_or(String::new(), |returns| format!(" -> {}", text(returns.range())));
    format!("{keyword} {}{type_parameters}{}{returns}", node.name, text(node.parameters.range))
}

fn class_signature<'t>(node: &StmtClassDef, text: &impl Fn(TextRange) -> &'t str) -> String {
    let type_parameters = node.type_params.as_deref().map_or("", |parameters| text(parameters.range));
    let arguments = node.arguments.as_deref().map_or("", |arguments| text(arguments.range));
    format!("class {}{type_parameters}{arguments}", node.name)
}

/// A declaration on one line, not too long.
fn on_one_line(signature: &str) -> String {
    let words: Vec<&str> = signature.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST_SIGNATURE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn function_kind(node: &StmtFunctionDef, is_in_class: bool) -> &'static str {
    if !is_in_class {
        return "Function";
    }
    let is = |names: &[&str]| node.decorator_list.iter().any(|decorator| names.contains(&decorator_name(decorator)));
    if is(&["property", "cached_property", "abstractproperty", "setter", "getter", "deleter"]) {
        "Property"
    } else if is(&["staticmethod"]) {
        "StaticMethod"
    } else if node.name.as_str() == "__init__" {
        "Constructor"
    } else {
        "Method"
    }
}

/// The last part of a decorator's name.
fn decorator_name(decorator: &Decorator) -> &str {
    let expression = match &decorator.expression {
        Expr::Call(call) => &call.func,
        other => other,
    };
    match expression {
        Expr::Name(name) => &name.id,
        Expr::Attribute(attribute) => &attribute.attr,
        _ => "",
    }
}

fn is_enum(class: &StmtClassDef) -> bool {
    let names = ["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"];
    let bases = class.arguments.as_deref().into_iter().flat_map(|arguments| &arguments.args);
    let mut last_names = bases.filter_map(|base| match base {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    });
    last_names.any(|name| names.contains(&name))
}

pub(crate) fn parameter_of<'m>(
    parameter: &ParameterDefinitionNodeKind,
    module: &'m ParsedModuleRef,
) -> AnyParameterRef<'m> {
    match parameter {
        ParameterDefinitionNodeKind::VariadicPositionalParameter(node)
        | ParameterDefinitionNodeKind::VariadicKeywordParameter(node) => AnyParameterRef::Variadic(node.node(module)),
        ParameterDefinitionNodeKind::Parameter(node) => AnyParameterRef::NonVariadic(node.node(module)),
    }
}

/// The first parameter of a method is the object itself.
fn parameter_kind(db: &dyn Db, definition: Definition<'_>, parameter: &AnyParameterRef<'_>) -> &'static str {
    let scope = definition.scope(db);
    let module = parsed_module(db, definition.python_file(db)).load(db);
    let NodeWithScopeKind::Function(function) = scope.node(db) else { return "Parameter" };
    let function = function.node(&module);
    let is_first = function.parameters.iter().next().is_some_and(|first| first.range() == parameter.range());
    let is_static = function.decorator_list.iter().any(|decorator| decorator_name(decorator) == "staticmethod");
    if is_first && !is_static && scope.class_definition_of_method(db).is_some() { "SelfParameter" } else { "Parameter" }
}

fn variable_kind(db: &dyn Db, definition: Definition<'_>, module: &ParsedModuleRef) -> &'static str {
    let scope = definition.scope(db);
    match scope.node(db) {
        NodeWithScopeKind::Class(class) if is_enum(class.node(module)) => "EnumMember",
        NodeWithScopeKind::Class(_) => "Field",
        NodeWithScopeKind::Module => {
            let name = symbol_name(db, definition).unwrap_or_default();
            let is_constant = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
            if is_constant { "Constant" } else { "Variable" }
        }
        _ if symbol_name(db, definition).is_none() => "Field",
        _ => "Variable",
    }
}
