//! A file's concrete syntax tree as LibCST would give it: a flat list of nodes in pre-order.

#[cfg(any(test, feature = "complaints"))]
mod complaints;
mod expressions;
mod functions;
mod kind;
mod layout;
mod patterns;
mod project;
mod statements;

#[cfg(any(test, feature = "complaints"))]
pub use complaints::complaints;
pub use kind::CstKind;

use crate::{Ast, ParsedFile};

/// The nodes of one file in pre-order, which is the order in which LibCST visits them; the Module is first.
///
/// Left out are whitespace, comments and punctuation, which LibCST makes nodes of as well.
#[derive(Debug)]
pub struct Cst {
    /// The nodes.
    pub nodes: Vec<CstNode>,
}

/// One node of LibCST's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CstNode {
    /// The node's class.
    pub kind: CstKind,
    /// Number of the parent node; none for the Module.
    pub parent: Option<u32>,
    /// First byte and the byte behind the last one, by the rules of LibCST's `PositionProvider`.
    pub range: (u32, u32),
    /// Number of the node of the [`Ast`] that it stands for, if there is one.
    pub ast: Option<u32>,
}

impl Cst {
    /// Project the tree and the tokens of a parsed file, after its [`Ast`], which gives the numbers of [`CstNode::ast`].
    /// Takes no stack that grows with the nesting of the source.
    ///
    /// ```
    /// use codeintel_python::{Ast, Cst, CstKind, ParsedFile};
    ///
    /// let file = ParsedFile::parse("x = 1\n");
    /// let cst = Cst::new(&file, &Ast::new(&file));
    /// let kinds: Vec<&str> = cst.nodes.iter().map(|node| node.kind.as_str()).collect();
    /// assert_eq!(kinds, ["Module", "SimpleStatementLine", "Assign", "AssignTarget", "Name", "Integer"]);
    /// ```
    pub fn new(file: &ParsedFile, ast: &Ast<'_>) -> Self {
        let mut nodes = Vec::new();
        Self::each(file, ast, |_, node| nodes.push(*node));
        Self { nodes }
    }

    /// Call a function for each node with its number, without keeping them.
    pub fn each(file: &ParsedFile, _ast: &Ast<'_>, found: impl FnMut(u32, &CstNode)) {
        project::project(file, found);
    }
}

#[cfg(test)]
mod lossless;
#[cfg(test)]
mod tests;
