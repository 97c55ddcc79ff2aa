//! Which strings are annotations, told from where they stand.

use ruff_python_ast::{Expr, ExprCall};

/// The last name of `module.Name` or `Name`.
pub(super) fn last_name(expression: &Expr) -> &str {
    match expression {
        Expr::Name(name) => &name.id,
        Expr::Attribute(attribute) => &attribute.attr.id,
        _ => "",
    }
}

/// What the strings in a subscript are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slice {
    /// Annotations, if the subscript stands in one.
    AsAround,
    /// Annotations wherever it stands.
    Annotations,
    /// The first of them is an annotation, if the subscript stands in one.
    First,
    /// Values.
    Values,
}

/// What the strings in the subscript of a value are.
pub(super) fn slice_of(value: &Expr) -> Slice {
    match last_name(value) {
        "Literal" => Slice::Values,
        "Annotated" => Slice::First,
        "Optional" | "Union" | "List" | "Dict" | "Set" | "FrozenSet" | "Tuple" | "Type" | "Callable" | "Iterable"
        | "Iterator" | "Sequence" | "Mapping" | "MutableMapping" | "Generator" | "Awaitable" | "ClassVar" | "Final"
        | "Generic" | "Protocol" => Slice::Annotations,
        _ => Slice::AsAround,
    }
}

/// Which positional arguments of a call are annotations, and whether those of these names are.
pub(super) fn annotated_arguments(call: &ExprCall) -> (std::ops::Range<usize>, &'static [&'static str]) {
    match last_name(&call.func) {
        "cast" => (0..1, &["typ"]),
        "assert_type" => (1..2, &["typ"]),
        "TypeVar" => (1..usize::MAX, &["bound", "default"]),
        "NewType" => (1..2, &["tp"]),
        _ => (0..0, &[]),
    }
}
