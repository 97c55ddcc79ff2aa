//! What an index says of a symbol: its kind, name, declaration and documentation.

use codeintel_python::clean_docstring;
use codeintel_scip::Symbol;
use ruff_db::parsed::{ParsedModuleRef, parsed_module};
use ruff_db::source::source_text;
use ruff_python_ast::visitor::{Visitor, walk_body};
use ruff_python_ast::{AnyParameterRef, Decorator, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};
use ty_python_core::ProgramFile;
use ty_python_core::definition::{Definition, DefinitionKind, ParameterDefinitionNodeKind};
use ty_python_core::scope::{NodeWithScopeKind, ScopeKind};

use crate::database::Db;
use crate::symbols::symbol_name;

/// Declarations are cut behind so many characters.
const LONGEST_SIGNATURE: usize = 400;

/// What is declared, as far as the syntax says it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Declared<'a> {
    /// A function, and whether it stands in a class.
    Function(&'a StmtFunctionDef, bool),
    Class(&'a StmtClassDef),
    /// A parameter with its kind, as it is written.
    Parameter(&'static str, TextRange),
    TypeParameter(TextRange),
    TypeAlias(TextRange),
    /// A target and its value.
    Assignment(&'static str, TextRange, TextRange),
    /// A target, its annotation and its value.
    Annotated(&'static str, TextRange, TextRange, Option<TextRange>),
    /// What is bound in another way.
    Other(&'static str),
}

impl Declared<'_> {
    /// Describe it under its symbol. Assignments can have a string below them.
    pub(crate) fn describe(&self, symbol: &str, name: String, source: &str, below: Option<&str>) -> Symbol {
        let text = |range: TextRange| source.get(range.to_std_range()).unwrap_or_default();
        let (kind, signature, docstring) = match *self {
            Self::Function(node, is_in_class) => {
                (function_kind(node, is_in_class), function_signature(node, &text), docstring_of(&node.body))
            }
            Self::Class(node) => {
                (if is_enum(node) { "Enum" } else { "Class" }, class_signature(node, &text), docstring_of(&node.body))
            }
            Self::Parameter(kind, range) => (kind, vec![text(range)], None),
            Self::TypeParameter(range) => ("TypeParameter", vec![text(range)], None),
            Self::TypeAlias(range) => ("TypeAlias", vec![text(range)], None),
            Self::Assignment(kind, target, value) => (kind, vec![text(target), " = ", text(value)], below),
            Self::Annotated(kind, target, annotation, value) => {
                let mut signature = vec![text(target), ": ", text(annotation)];
                signature.extend(value.iter().flat_map(|value| [" = ", text(*value)]));
                (kind, signature, below)
            }
            Self::Other(kind) => (kind, Vec::new(), None),
        };
        Symbol {
            symbol: symbol.to_owned(),
            kind: Some(kind.to_owned()),
            display_name: name,
            signature: on_one_line(&signature),
            documentation: docstring.iter().map(|docstring| clean_docstring(docstring)).collect(),
            ..Symbol::default()
        }
    }
}

/// Describe a definition under its symbol.
pub(crate) fn describe(db: &dyn Db, definition: Definition<'_>, symbol: &str) -> Symbol {
    let file = definition.program_file(db);
    let module = parsed_module(db, file.python_file(db)).load(db);
    let source = source_text(db, file.file(db));
    let is_in_class = definition.scope(db).scope(db).kind() == ScopeKind::Class;
    let mut below = None;
    let mut variable = |target: Option<&Expr>| {
        below = target.and_then(|target| docstring_below(db, file, target));
        variable_kind(db, definition, &module)
    };
    let declared = match definition.kind(db) {
        DefinitionKind::Function(function) => Declared::Function(function.node(&module), is_in_class),
        DefinitionKind::Class(class) => Declared::Class(class.node(&module)),
        DefinitionKind::Parameter(parameter) => {
            let parameter = parameter_of(parameter, &module);
            Declared::Parameter(parameter_kind(db, definition, &parameter), parameter.range())
        }
        DefinitionKind::TypeVar(_) | DefinitionKind::ParamSpec(_) | DefinitionKind::TypeVarTuple(_) => {
            Declared::TypeParameter(definition.full_range(db, &module).range())
        }
        DefinitionKind::TypeAlias(alias) => Declared::TypeAlias(alias.node(&module).range()),
        DefinitionKind::Assignment(assignment) => {
            let target = assignment.target(&module);
            Declared::Assignment(variable(Some(target)), target.range(), assignment.value(&module).range())
        }
        DefinitionKind::AnnotatedAssignment(assignment) => {
            let (target, annotation) = (assignment.target(&module), assignment.annotation(&module).range());
            let value = assignment.value(&module).map(Ranged::range);
            Declared::Annotated(variable(Some(target)), target.range(), annotation, value)
        }
        _ => Declared::Other(variable(None)),
    };
    let name = definition.name(db).or_else(|| symbol_name(db, definition)).unwrap_or_else(|| last_name(symbol));
    declared.describe(symbol, name, source.as_str(), below)
}

/// Describe a module under its symbol.
pub(crate) fn describe_module(db: &dyn Db, file: ProgramFile<'_>, symbol: &str) -> Symbol {
    let module = parsed_module(db, file.python_file(db)).load(db);
    describe_suite(module.suite(), file.file(db).is_package(db), symbol)
}

/// Describe a module of these statements under its symbol.
pub(crate) fn describe_suite(suite: &[Stmt], is_package: bool, symbol: &str) -> Symbol {
    let name = symbol.strip_suffix("/__init__:").and_then(|symbol| symbol.rsplit(' ').next()).unwrap_or_default();
    Symbol {
        symbol: symbol.to_owned(),
        kind: Some(if is_package { "Package" } else { "Module" }.to_owned()),
        display_name: name.trim_matches('`').to_owned(),
        documentation: docstring_of(suite).iter().map(|docstring| clean_docstring(docstring)).collect(),
        ..Symbol::default()
    }
}

/// The name in a symbol's last descriptor.
fn last_name(symbol: &str) -> String {
    codeintel_scip::last_descriptor(symbol).map_or(String::new(), |(_, name)| name)
}

/// The string below the assignment that a target belongs to.
fn docstring_below<'db>(db: &'db dyn Db, file: ProgramFile<'db>, target: &Expr) -> Option<&'db str> {
    documented_assignments(db, file).below(target.start())
}

/// The assignments of a file that a string follows.
#[salsa::tracked(returns(ref))]
fn documented_assignments<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> Documented {
    let module = parsed_module(db, file.python_file(db)).load(db);
    Documented::of(module.suite())
}

/// Assignments that a string follows, each with its first byte, the byte behind it, and the string.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Documented(Box<[(u32, u32, Box<str>)]>);

impl Documented {
    pub(crate) fn of(suite: &[Stmt]) -> Self {
        let mut documented = DocumentedAssignments(Vec::new());
        documented.visit_body(suite);
        documented.0.sort_unstable();
        Self(documented.0.into())
    }

    /// The string below the assignment in which a target begins.
    pub(crate) fn below(&self, target: TextSize) -> Option<&str> {
        let at = target.to_u32();
        let (_, end, docstring) = self.0[..self.0.partition_point(|(start, ..)| *start <= at)].last()?;
        (at < *end).then_some(docstring)
    }
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

fn docstring_of(body: &[Stmt]) -> Option<&str> {
    ty_python_core::definition::docstring_from_body(body).map(|docstring| docstring.value.to_str())
}

fn function_signature<'t>(node: &'t StmtFunctionDef, text: &impl Fn(TextRange) -> &'t str) -> Vec<&'t str> {
    let keyword = if node.is_async { "async def " } else { "def " };
    let type_parameters = node.type_params.as_deref().map_or("", |parameters| text(parameters.range));
    let mut signature = vec![keyword, &node.name, type_parameters, text(node.parameters.range)];
    signature.extend(node.returns.as_deref().iter().flat_map(|returns| [" -> ", text(returns.range())]));
    signature
}

fn class_signature<'t>(node: &'t StmtClassDef, text: &impl Fn(TextRange) -> &'t str) -> Vec<&'t str> {
    let type_parameters = node.type_params.as_deref().map_or("", |parameters| text(parameters.range));
    let arguments = node.arguments.as_deref().map_or("", |arguments| text(arguments.range));
    vec!["class ", &node.name, type_parameters, arguments]
}

/// A declaration on one line, not too long. Of a long one only the beginning is read.
fn on_one_line(parts: &[&str]) -> String {
    let (mut line, mut length, mut is_behind_space) = (String::new(), 0, false);
    for char in parts.iter().flat_map(|part| part.chars()) {
        if char.is_whitespace() {
            is_behind_space = !line.is_empty();
            continue;
        }
        for char in std::mem::take(&mut is_behind_space).then_some(' ').into_iter().chain([char]) {
            if length == LONGEST_SIGNATURE {
                line.push('…');
                return line;
            }
            line.push(char);
            length += 1;
        }
    }
    line
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
    let is_receiver = scope.class_definition_of_method(db).is_some()
        && receiver(function.node(&module)).is_some_and(|receiver| receiver.range() == parameter.range());
    if is_receiver { "SelfParameter" } else { "Parameter" }
}

/// The parameter of a function that is the object itself if it is a method.
pub(crate) fn receiver(function: &StmtFunctionDef) -> Option<AnyParameterRef<'_>> {
    let is_static = function.decorator_list.iter().any(|decorator| decorator_name(decorator) == "staticmethod");
    function.parameters.iter().next().filter(|_| !is_static)
}

fn variable_kind(db: &dyn Db, definition: Definition<'_>, module: &ParsedModuleRef) -> &'static str {
    match definition.scope(db).node(db) {
        NodeWithScopeKind::Class(class) => member_kind(class.node(module)),
        NodeWithScopeKind::Module => global_kind(&symbol_name(db, definition).unwrap_or_default()),
        _ if symbol_name(db, definition).is_none() => "Field",
        _ => "Variable",
    }
}

/// The kind of a variable of a class.
pub(crate) fn member_kind(class: &StmtClassDef) -> &'static str {
    if is_enum(class) { "EnumMember" } else { "Field" }
}

/// The kind of a variable of a module.
pub(crate) fn global_kind(name: &str) -> &'static str {
    let is_constant = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
    if is_constant { "Constant" } else { "Variable" }
}
