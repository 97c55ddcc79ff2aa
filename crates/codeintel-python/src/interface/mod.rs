//! What other files can see of a file, in one hash, and what it imports.
//!
//! A resolver that follows a name into another file sees that file's bindings, signatures, bases, annotations and
//! attributes, and never most of its function bodies, comments or docstrings. As long as what it sees is the same, so
//! is what it finds. The hash is taken over the tokens of a file without those that lie in a hidden range, so that
//! whatever is not known to be hidden counts.

mod body;
mod imports;

use codeintel_base::ContentHash;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange, TextSize};

pub use imports::Import;

use crate::ParsedFile;

/// What other files can see of a file, and what it imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Hash of what a resolver sees that takes a function to return what it is annotated with, and nothing known where
    /// it is not.
    pub declared: ContentHash,
    /// Hash of what a resolver sees that also infers from its body what a function without an annotation returns.
    pub inferred: ContentHash,
    /// What is imported anywhere in the file, sorted, each once.
    pub imports: Vec<Import>,
}

impl Interface {
    /// Take the interface of a parsed file.
    pub fn of(file: &ParsedFile) -> Self {
        let body = &file.tree.syntax().body;
        Self {
            declared: visible(file, InterfaceDepth::Declared, body),
            inferred: visible(file, InterfaceDepth::Inferred, body),
            imports: imports::all(body),
        }
    }
}

/// What a resolver does with functions that have no return annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InterfaceDepth {
    Declared,
    Inferred,
}

/// What of a file is hidden from others.
#[derive(Debug)]
struct Hidden {
    depth: InterfaceDepth,
    /// In the order of the source, none inside of another.
    ranges: Vec<TextRange>,
    /// What is known of hidden bodies, a byte for each.
    marks: Vec<u8>,
}

impl Hidden {
    fn hide(&mut self, range: TextRange) {
        if !range.is_empty() {
            self.ranges.push(range);
        }
    }

    /// Statements of the module or of a class.
    fn block(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match statement {
                Stmt::Expr(expression) if matches!(*expression.value, Expr::StringLiteral(_)) => {
                    self.hide(expression.range);
                }
                Stmt::FunctionDef(function) => self.function(function),
                Stmt::ClassDef(class) => self.block(&class.body),
                compound => {
                    for block in blocks(compound) {
                        self.block(block);
                    }
                }
            }
        }
    }
}

/// The blocks of a compound statement that opens no scope, in the order of the source.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(node) => {
            let clauses = node.elif_else_clauses.iter().map(|clause| &*clause.body);
            std::iter::once(&*node.body).chain(clauses).collect()
        }
        Stmt::For(node) => vec![&node.body, &node.orelse],
        Stmt::While(node) => vec![&node.body, &node.orelse],
        Stmt::With(node) => vec![&node.body],
        Stmt::Try(node) => {
            let handlers = node.handlers.iter().filter_map(|handler| handler.as_except_handler());
            let handlers = handlers.map(|handler| &*handler.body);
            std::iter::once(&*node.body).chain(handlers).chain([&*node.orelse, &*node.finalbody]).collect()
        }
        Stmt::Match(node) => node.cases.iter().map(|case| &*case.body).collect(),
        _ => Vec::new(),
    }
}

/// Hash the tokens that are not hidden. In place of indentation and line breaks, which depend on what is hidden around
/// them, the column of each line's first token counts.
fn visible(file: &ParsedFile, depth: InterfaceDepth, body: &[Stmt]) -> ContentHash {
    let mut hidden = Hidden { depth, ranges: Vec::new(), marks: Vec::new() };
    hidden.block(body);
    let text = file.text();
    let mut ranges = hidden.ranges.iter().peekable();
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut is_line_start = true;
    for token in file.tree.tokens() {
        while ranges.peek().is_some_and(|range| range.end() <= token.start()) {
            ranges.next();
        }
        let is_hidden = ranges.peek().is_some_and(|range| range.start() <= token.start());
        let source = &text[token.range()];
        match token.kind() {
            TokenKind::Newline => is_line_start = true,
            TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile => {}
            TokenKind::Comment if !is_read_by_type_checkers(source) => {}
            _ => {
                if !is_hidden {
                    if is_line_start {
                        bytes.push(b'\n');
                        bytes.extend(column(file, token.start()).to_le_bytes());
                    }
                    bytes.extend(source.as_bytes());
                    bytes.push(0);
                }
                is_line_start = false;
            }
        }
    }
    bytes.push(b'\n');
    bytes.extend(hidden.marks);
    ContentHash::of(&bytes)
}

fn column(file: &ParsedFile, offset: TextSize) -> u32 {
    file.lines().utf8(offset.to_u32()).column
}

/// Annotations in comments, and settings of pyright.
fn is_read_by_type_checkers(comment: &str) -> bool {
    let text = comment.trim_start_matches('#').trim_start();
    let is_annotation = text.strip_prefix("type:").is_some_and(|rest| !rest.trim_start().starts_with("ignore"));
    is_annotation || text.starts_with("pyright:")
}

#[cfg(test)]
mod tests;
