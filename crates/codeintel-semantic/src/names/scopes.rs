//! The scopes of a file, and what binds the names in them.

use std::rc::Rc;

use ruff_python_ast::NodeIndex;
use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};
use ty_python_core::scope::FileScopeId;

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    Lambda,
    Comprehension,
    TypeParameters,
    TypeAlias,
}

impl ScopeKind {
    pub(crate) fn is_annotation(self) -> bool {
        matches!(self, Self::TypeParameters | Self::TypeAlias)
    }
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    /// The name of a class or function.
    pub(crate) name: Name,
    pub(crate) parent: Option<usize>,
    /// The nearest scope around it that is no class: names that are not bound here are looked for there.
    pub(crate) outer: Option<usize>,
    /// What the symbols of its names begin with; none in a file without a name.
    pub(crate) prefix: Option<Rc<str>>,
    /// What stands between the prefix and a type parameter's name.
    pub(crate) owner: String,
    pub(crate) names: FxHashMap<Name, Entry>,
    /// The modules from which all names are imported.
    pub(crate) stars: Vec<ModulePath>,
    /// Attributes that methods of the class bind by more than an addition.
    pub(crate) members: FxHashSet<Name>,
}

/// What is known of a name in a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what a scope says of a name are independent facts")]
pub(crate) struct Entry {
    pub(crate) is_global: bool,
    pub(crate) is_nonlocal: bool,
    pub(crate) is_parameter: bool,
    /// Whether it has a value so far.
    pub(crate) is_bound: bool,
    /// Which kinds of sources there are, but for imports.
    kinds: u8,
    pub(crate) sources: Vec<Source>,
}

/// Something that gives a name its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    /// The statement.
    pub(crate) node: Option<NodeIndex>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceKind {
    Function,
    Class,
    Variable,
    /// A variable with a type and no value.
    Declaration,
    Parameter,
    TypeParameter,
    /// `import a.b` or, if it has another name, `import a.b as c`.
    Module {
        name: Name,
        is_renamed: bool,
    },
    /// `from a import b`.
    From {
        module: ModulePath,
        name: Name,
        is_renamed_to_itself: bool,
    },
    /// `from .a import b` binds `a` in the package's own module.
    Submodule,
}

/// A module as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ModulePath {
    pub(crate) level: u32,
    pub(crate) name: Option<Name>,
}

impl SourceKind {
    pub(crate) fn is_import(&self) -> bool {
        matches!(self, Self::Module { .. } | Self::From { .. } | Self::Submodule)
    }

    /// A bit for each kind but imports.
    fn bit(&self) -> u8 {
        match self {
            Self::Function => 1,
            Self::Class => 2,
            Self::Variable => 4,
            Self::Declaration => 8,
            Self::Parameter => 16,
            Self::TypeParameter => 32,
            Self::Module { .. } | Self::From { .. } | Self::Submodule => 0,
        }
    }
}

impl Entry {
    /// Whether the name belongs to the scope.
    pub(crate) fn is_local(&self) -> bool {
        !self.is_global && !self.is_nonlocal && !self.sources.is_empty()
    }

    /// Whether a variable is among its sources.
    pub(crate) fn has_variable(&self) -> bool {
        self.kinds & (SourceKind::Variable.bit() | SourceKind::Declaration.bit()) != 0
    }

    /// Add a source, once for all of its kind but imports.
    pub(crate) fn add(&mut self, kind: SourceKind, node: Option<NodeIndex>) {
        self.is_bound |= kind != SourceKind::Declaration;
        let is_known = match kind.bit() {
            0 => self.sources.last().is_some_and(|source| source.kind == kind),
            bit => self.kinds & bit != 0,
        };
        self.kinds |= kind.bit();
        if !is_known {
            self.sources.push(Source { kind, node });
        }
    }
}

/// What a scope is called in a target.
pub(crate) fn scope_id(scope: usize) -> FileScopeId {
    FileScopeId::from_usize(scope)
}

/// The scope of such a name.
pub(crate) fn scope_of(id: FileScopeId) -> usize {
    id.as_usize()
}
