//! A file's syntax tree as CPython's `ast` would give it: a flat list of nodes in pre-order.

mod classes;
mod kind;
mod project;
mod strings;

pub use kind::{Field, Kind};
pub(crate) use project::DefinitionRef;

use crate::ParsedFile;

/// The nodes of one file in pre-order, in the order of CPython 3.13's `_fields`; the Module is first.
#[derive(Debug)]
pub struct Ast<'a> {
    /// All nodes, those without a position included.
    pub nodes: Vec<AstNode<'a>>,
    /// The function and class statements, by the number of their node.
    pub(crate) definitions: Vec<(u32, DefinitionRef<'a>)>,
}

/// One node of CPython's `ast`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AstNode<'a> {
    /// The node's class.
    pub kind: Kind,
    /// The parent's field that holds this node; none for the Module.
    pub field: Option<Field>,
    /// Number of the parent node; none for the Module.
    pub parent: Option<u32>,
    /// Place in the parent's field, from 0, where that field is a list.
    pub index: Option<u32>,
    /// First byte and the byte behind the last one; none for nodes that CPython gives no position.
    pub range: Option<(u32, u32)>,
    /// The node's `id`, `name`, `attr`, `arg` or `module`, where it has one.
    pub name: Option<&'a str>,
}

impl<'a> Ast<'a> {
    /// Project the tree of a parsed file. Takes no stack that grows with the nesting of the source.
    pub fn new(file: &'a ParsedFile) -> Self {
        project::project(file)
    }

    /// How many named scopes there are: the module, classes and functions.
    pub fn definition_count(&self) -> usize {
        1 + self.definitions.len()
    }
}

#[cfg(test)]
mod tests;
