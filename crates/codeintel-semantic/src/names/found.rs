//! What a walk over a syntax tree has found, to be resolved once all scopes are known.

use codeintel_scip::Symbol;
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;
use rustc_hash::FxHashSet;

use super::scopes::{ModulePath, Scope};

/// Something to be resolved.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) range: TextRange,
    pub(crate) scope: usize,
    /// The statement around it.
    pub(crate) statement: TextRange,
    pub(crate) what: What,
}

/// A description whose symbol is not known yet.
pub(crate) type Described = Option<Box<Symbol>>;

#[derive(Debug)]
pub(crate) enum What {
    Read(Read),
    /// A chain of attributes behind a name, or behind anything else.
    Attributes(Option<Read>, Vec<(Name, TextRange, u32)>),
    Bind(Name, u32, Described),
    /// A name in a statement that binds nothing.
    Refer(Name, u32),
    Function(Name, Described),
    /// A class with its bases.
    Class(Name, Described, Vec<Chain>),
    Parameter(Name, Described),
    TypeParameter(Name, Described),
    /// A module that is imported, with the range of its other name and the name that is bound.
    Import {
        module: Name,
        renamed: Option<TextRange>,
        bound: Name,
    },
    /// The module of `from module import`.
    FromModule(ModulePath),
    /// What is imported from it.
    From {
        module: ModulePath,
        name: Name,
        renamed: Option<TextRange>,
        bound: Name,
    },
    Star(ModulePath),
    /// A name in `__all__`.
    Exported(Name),
    /// An attribute of a method's first parameter that is bound; the scope is that of the class.
    Member {
        name: Name,
        roles: u32,
        is_addition: bool,
        described: Described,
    },
}

/// A name that is read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) name: Name,
    /// It stands in a class's body and was not bound there before.
    pub(crate) is_unbound: bool,
}

/// A name and attributes of it.
pub(crate) type Chain = (Read, usize, Vec<Name>);

/// What a module exports by `__all__`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Exports {
    /// There is none.
    #[default]
    None,
    Names(FxHashSet<Name>),
    /// It cannot be told.
    Unknown,
}

/// What a walk has found.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) events: Vec<Event>,
    /// Variables of the module that functions or classes bind by `global`.
    pub(crate) declared: FxHashSet<Name>,
    pub(crate) exports: Exports,
    /// How many nodes were visited.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests hold it to the size of the source"))]
    pub(crate) visited: usize,
}
