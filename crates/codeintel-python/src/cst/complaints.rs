//! Nothing of a source is lost: what must hold of the nodes of any text, for the tests and for fuzzing.

use ruff_python_ast::AnyNodeRef;
use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::{Cst, CstKind, CstNode};
use crate::ParsedFile;

/// What does not hold of a file's nodes, though it must for any text:
///
/// - parents come before their children, and ranges are ranges of the text;
/// - the leaves stand in order and apart, so that they and the gaps between them are the text;
/// - a leaf that stands for a token holds that one alone;
/// - every token that is [`promised`] lies in such leaves, unless it [`is_bare`].
pub fn complaints(file: &ParsedFile, cst: &Cst) -> Vec<String> {
    let text = file.text();
    let mut complaints = Vec::new();
    let mut has_children = vec![false; cst.nodes.len()];
    for (id, node) in cst.nodes.iter().enumerate() {
        if node.parent.is_none() != (id == 0) || node.parent.is_some_and(|parent| parent as usize >= id) {
            complaints.push(format!("{id} has the parent {:?}", node.parent));
        } else if let Some(parent) = node.parent {
            has_children[parent as usize] = true;
        }
        if text.get(node.range.0 as usize..node.range.1 as usize).is_none() {
            complaints.push(format!("{node:?} is not in the text"));
            return complaints;
        }
    }
    let tokens = tokens(file);
    let (mut rebuilt, mut end) = (String::new(), 0);
    let mut leaves = Vec::new();
    for (node, _) in cst.nodes.iter().zip(has_children).filter(|(_, has_children)| !has_children) {
        if node.range.0 < end {
            complaints.push(format!("{node:?} begins before {end}"));
            return complaints;
        }
        rebuilt += &text[end as usize..node.range.0 as usize];
        rebuilt += &text[node.range.0 as usize..node.range.1 as usize];
        end = node.range.1;
        let range = range_of(node);
        if is_token(node, text) && !range.is_empty() {
            let held = tokens.iter().filter(|(token, _)| token.range().intersect(range).is_some_and(|r| !r.is_empty()));
            let held = held.filter(|(token, _)| token.kind() != TokenKind::Comma).count();
            let wanted = match node.kind {
                CstKind::IsNot | CstKind::NotIn | CstKind::MatchStar => 2,
                _ => 1,
            };
            if held != wanted && file.problems().is_empty() {
                complaints.push(format!("{node:?} holds {held} tokens"));
            }
            leaves.push(range);
        }
    }
    rebuilt += &text[end as usize..];
    assert_eq!(rebuilt, text);
    let promised = promised(file);
    for (token, is_bare) in tokens {
        // `{` and `}` are written twice in the text of an f-string, and around what LibCST takes for a field in it.
        let is_middle = matches!(token.kind(), TokenKind::FStringMiddle | TokenKind::TStringMiddle);
        let is_lost = |at: u32| {
            let byte = TextRange::at(TextSize::new(at), TextSize::new(1));
            let next = leaves.partition_point(|leaf| leaf.end() <= byte.start());
            promised.iter().any(|range| range.contains_range(byte))
                && leaves.get(next).is_none_or(|leaf| !leaf.contains_range(byte))
                && !(is_middle && matches!(&text[byte.start().to_usize()..][..1], "{" | "}"))
        };
        if !is_bare
            && (token.start().to_u32()..token.end().to_u32())
                .any(|at| text.is_char_boundary(at as usize) && is_lost(at))
        {
            complaints.push(format!("{token:?} is in no leaf"));
        }
    }
    complaints
}

pub(super) fn range_of(node: &CstNode) -> TextRange {
    TextRange::new(node.range.0.into(), node.range.1.into())
}

/// Whether a node without children stands for a token. Others are there without what they may hold: an empty list, a bare
/// `return`.
fn is_token(node: &CstNode, text: &str) -> bool {
    let is_wildcard = || {
        let text = &text[node.range.0 as usize..node.range.1 as usize];
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | ',' | '\\')) == "_"
    };
    match node.kind {
        CstKind::MatchAs | CstKind::MatchStar => is_wildcard(),
        kind => kind.code() >= CstKind::Name.code(),
    }
}

/// The tokens but comments and whitespace, each with whether LibCST has no node for it, or none that has rows.
fn tokens(file: &ParsedFile) -> Vec<(&Token, bool)> {
    let mut tokens = Vec::new();
    // The one before on the same logical line, whether that begins with the `from` of an import, and for each open
    // bracket how many `for` still wait for their `in`.
    let (mut previous, mut is_import, mut open) = (None, false, vec![0]);
    for token in file.tree.tokens() {
        let kind = token.kind();
        match kind {
            TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
            TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile => {
                previous = None;
                open = vec![0];
                continue;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => open.push(0),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if open.len() > 1 => drop(open.pop()),
            _ => {}
        }
        is_import = match previous {
            None | Some(TokenKind::Semi | TokenKind::Colon) => kind == TokenKind::From,
            _ => is_import && matches!(kind, TokenKind::Dot | TokenKind::Ellipsis),
        };
        let waiting = open.last_mut().expect("the outermost one is never closed");
        let is_bare = match kind {
            TokenKind::For => {
                *waiting += 1;
                true
            }
            TokenKind::In if *waiting > 0 => {
                *waiting -= 1;
                true
            }
            // The dots of a relative import, the `@` of a decorator, the conversion of a replacement field.
            TokenKind::Ellipsis => is_import,
            TokenKind::At => previous.is_none(),
            TokenKind::Name => previous == Some(TokenKind::Exclamation),
            // As a prefix, or in `except*`; `ParamStar` and `ImportStar` are looked after by the comparison with LibCST.
            TokenKind::Star | TokenKind::DoubleStar => !previous.is_some_and(ends_operand),
            kind => is_bare(kind),
        };
        tokens.push((token, is_bare));
        previous = Some(kind);
    }
    tokens
}

fn ends_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd
            | TokenKind::Ellipsis
            | TokenKind::None
            | TokenKind::True
            | TokenKind::False
            | TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
    )
}

/// Punctuation, and the keywords that belong to their statement or expression.
fn is_bare(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Lpar
            | TokenKind::Rpar
            | TokenKind::Lsqb
            | TokenKind::Rsqb
            | TokenKind::Lbrace
            | TokenKind::Rbrace
            | TokenKind::FStringStart
            | TokenKind::FStringEnd
            | TokenKind::TStringStart
            | TokenKind::TStringEnd
            | TokenKind::Colon
            | TokenKind::Comma
            | TokenKind::Semi
            | TokenKind::Dot
            | TokenKind::Equal
            | TokenKind::ColonEqual
            | TokenKind::Rarrow
            | TokenKind::Exclamation
            | TokenKind::As
            | TokenKind::Assert
            | TokenKind::Await
            | TokenKind::Case
            | TokenKind::Class
            | TokenKind::Def
            | TokenKind::Del
            | TokenKind::Elif
            | TokenKind::Else
            | TokenKind::Except
            | TokenKind::Finally
            | TokenKind::From
            | TokenKind::Global
            | TokenKind::If
            | TokenKind::Import
            | TokenKind::Lambda
            | TokenKind::Lazy
            | TokenKind::Match
            | TokenKind::Nonlocal
            | TokenKind::Raise
            | TokenKind::Return
            | TokenKind::Try
            | TokenKind::Type
            | TokenKind::While
            | TokenKind::With
            | TokenKind::Yield
    )
}

/// Where no token may be lost: everywhere, or, in a source with errors, in the statements of the module with no error in
/// them or beside them, and in the names and literals that were recovered from the others.
fn promised(file: &ParsedFile) -> Vec<TextRange> {
    let whole = TextRange::new(TextSize::default(), TextSize::of(file.text()));
    let errors = file.tree.errors();
    if errors.is_empty() {
        return vec![whole];
    }
    let body = &file.tree.syntax().body;
    let mut ranges = Vec::new();
    for (index, stmt) in body.iter().enumerate() {
        let start = index.checked_sub(1).map_or(whole.start(), |before| body[before].end());
        let end = body.get(index + 1).map_or(whole.end(), Ranged::start);
        if errors.iter().all(|error| error.location.end() < start || error.location.start() > end) {
            ranges.push(stmt.range());
        }
    }
    let mut recovered = Recovered(ranges);
    walk_body(&mut recovered, body);
    recovered.0
}

struct Recovered(Vec<TextRange>);

impl<'a> SourceOrderVisitor<'a> for Recovered {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        if matches!(
            node,
            AnyNodeRef::ExprName(_)
                | AnyNodeRef::ExprNumberLiteral(_)
                | AnyNodeRef::ExprBooleanLiteral(_)
                | AnyNodeRef::ExprNoneLiteral(_)
                | AnyNodeRef::ExprEllipsisLiteral(_)
                | AnyNodeRef::StringLiteral(_)
                | AnyNodeRef::BytesLiteral(_)
                | AnyNodeRef::InterpolatedStringLiteralElement(_)
                | AnyNodeRef::Identifier(_)
        ) {
            self.0.push(node.range());
        }
        TraversalSignal::Traverse
    }
}
