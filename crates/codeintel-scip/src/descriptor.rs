//! The last part of a symbol, which says what it names.

use scip::symbol::parse_symbol;
use scip::types::descriptor::Suffix;

/// What a symbol names, by the suffix of its last descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptorKind {
    /// `a/`: a package or a module.
    Namespace,
    /// `a#`: a class.
    Type,
    /// `a.`: a variable or an attribute.
    Term,
    /// `a().`: a function or a method.
    Method,
    /// `[a]`
    TypeParameter,
    /// `(a)`
    Parameter,
    /// `a:`; with the name `__init__` scip-python's module.
    Meta,
    /// `a!`
    Macro,
    /// `local N`
    Local,
}

/// The kind and the name of a symbol's last descriptor; none where the symbol does not parse.
///
/// ```
/// use codeintel_scip::{DescriptorKind, last_descriptor};
///
/// let symbol = "scip-python python demo 0 `pkg.core`/Core#method().";
/// assert_eq!(last_descriptor(symbol), Some((DescriptorKind::Method, "method".to_owned())));
/// assert_eq!(last_descriptor("local 3"), Some((DescriptorKind::Local, "3".to_owned())));
/// ```
pub fn last_descriptor(symbol: &str) -> Option<(DescriptorKind, String)> {
    if let Some(number) = symbol.strip_prefix("local ") {
        return Some((DescriptorKind::Local, number.to_owned()));
    }
    let last = parse_symbol(symbol).ok()?.descriptors.pop()?;
    let kind = match last.suffix.enum_value().ok()? {
        Suffix::Namespace | Suffix::Package => DescriptorKind::Namespace,
        Suffix::Type => DescriptorKind::Type,
        Suffix::Term => DescriptorKind::Term,
        Suffix::Method => DescriptorKind::Method,
        Suffix::TypeParameter => DescriptorKind::TypeParameter,
        Suffix::Parameter => DescriptorKind::Parameter,
        Suffix::Meta => DescriptorKind::Meta,
        Suffix::Macro => DescriptorKind::Macro,
        Suffix::Local => DescriptorKind::Local,
        Suffix::UnspecifiedSuffix => return None,
    };
    Some((kind, last.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(symbol: &str, kind: DescriptorKind, name: &str) {
        assert_eq!(last_descriptor(symbol), Some((kind, name.to_owned())), "{symbol}");
    }

    #[test]
    fn every_suffix_is_told_apart() {
        check("scip-python python demo 0 `pkg.core`/__init__:", DescriptorKind::Meta, "__init__");
        check("scip-python python demo 0 pkg/core/", DescriptorKind::Namespace, "core");
        check("scip-python python demo 0 `pkg.core`/Core#", DescriptorKind::Type, "Core");
        check("scip-python python demo 0 `pkg.core`/Core#f().(a)", DescriptorKind::Parameter, "a");
        check("scip-python python demo 0 `pkg.core`/Core#`naïve`.", DescriptorKind::Term, "naïve");
        check("scip-python python . . `a`/f(+1).", DescriptorKind::Method, "f");
        check("scip-python python demo 0 `a`/C#[T]", DescriptorKind::TypeParameter, "T");
        check("local 12", DescriptorKind::Local, "12");
    }

    #[test]
    fn what_is_no_symbol_has_none() {
        assert_eq!(last_descriptor(""), None);
        assert_eq!(last_descriptor("scip-python python"), None);
    }
}
