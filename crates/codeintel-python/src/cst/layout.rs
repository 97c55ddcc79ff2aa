//! Where the tokens are that ruff's tree does not name: parentheses, commas, operators and keywords.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::ParsedFile;

/// The text and the tokens of a file.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    tokens: &'a [Token],
    /// The same without trivia, or with no more than a little of it in one place.
    significant: &'a [Token],
}

/// So many tokens of trivia, or bytes of white space, are passed over one by one.
const LITTLE_TRIVIA: usize = 64;

/// The tokens of a file without trivia, if somewhere there is so much of it that it must not be passed over again and again.
pub(super) fn without_much_trivia(file: &ParsedFile) -> Option<Vec<Token>> {
    let tokens: &[Token] = file.tree.tokens();
    let mut run = 0;
    let has_much = tokens.iter().any(|token| {
        run = if is_significant(token) { 0 } else { run + 1 };
        run > LITTLE_TRIVIA
    });
    has_much.then(|| tokens.iter().filter(|token| is_significant(token)).copied().collect())
}

/// A range; an empty one where the end would come before the start.
pub(super) fn span(start: TextSize, end: TextSize) -> TextRange {
    TextRange::new(start, end.max(start))
}

/// The first and the last item of a list.
pub(super) fn ends<T>(list: &[T]) -> Option<(&T, &T)> {
    Some((list.first()?, list.last()?))
}

fn is_significant(token: &Token) -> bool {
    !matches!(
        token.kind(),
        TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Newline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile
    )
}

impl<'a> Layout<'a> {
    /// `without_trivia` is what [`without_much_trivia`] gives.
    pub(super) fn new(file: &'a ParsedFile, without_trivia: Option<&'a [Token]>) -> Self {
        let tokens: &[Token] = file.tree.tokens();
        Self { text: file.text(), tokens, significant: without_trivia.unwrap_or(tokens) }
    }

    /// A range without its first and last byte, as far as these are brackets: a broken source may lack the last one.
    pub(super) fn inside(self, range: TextRange) -> TextRange {
        let text = &self.text[range];
        let inner = text.strip_prefix(['(', '[', '{']).unwrap_or(text);
        let start = range.end() - TextSize::of(inner);
        TextRange::at(start, TextSize::of(inner.strip_suffix([')', ']', '}']).unwrap_or(inner)))
    }

    /// All tokens that begin at an offset or behind it.
    fn from(self, offset: TextSize) -> &'a [Token] {
        &self.tokens[self.tokens.partition_point(|token| token.end() <= offset)..]
    }

    /// All tokens that begin before an offset.
    fn before(self, offset: TextSize) -> &'a [Token] {
        &self.tokens[..self.tokens.partition_point(|token| token.start() < offset)]
    }

    /// The first token at an offset or behind it that is no trivia.
    pub(super) fn next(self, offset: TextSize) -> Option<&'a Token> {
        let tokens = &self.significant[self.significant.partition_point(|token| token.end() <= offset)..];
        tokens.iter().find(|token| is_significant(token))
    }

    /// The last token before an offset that is no trivia.
    pub(super) fn previous(self, offset: TextSize) -> Option<&'a Token> {
        let tokens = &self.significant[..self.significant.partition_point(|token| token.start() < offset)];
        tokens.iter().rev().find(|token| is_significant(token))
    }

    /// Where the first token at an offset or behind it begins, or the limit if that comes first.
    pub(super) fn next_start(self, offset: TextSize, limit: TextSize) -> TextSize {
        self.next(offset).map_or(limit, |token| token.start().min(limit))
    }

    /// The range of the first token of a kind within a range.
    pub(super) fn find(self, kind: TokenKind, within: TextRange) -> Option<TextRange> {
        let mut tokens = self.from(within.start()).iter().take_while(|token| token.start() < within.end());
        tokens.find(|token| token.kind() == kind).map(Ranged::range)
    }

    /// The range of the token at an offset or behind it, if it is a comma that ends within a limit.
    pub(super) fn comma(self, offset: TextSize, limit: TextSize) -> Option<TextRange> {
        let comma = self.next(offset).filter(|token| token.kind() == TokenKind::Comma && token.end() <= limit);
        comma.map(Ranged::range)
    }

    /// An element's range with the comma behind it, and the whitespace behind that unless a bracket follows.
    pub(super) fn with_comma(self, range: TextRange, within: TextRange) -> TextRange {
        let Some(comma) = self.comma(range.end(), within.end()) else { return range };
        let next = self.next_start(comma.end(), within.end());
        span(range.start(), if next < within.end() { next } else { comma.end() })
    }

    /// Whether a block stands on lines of its own, behind the line of its colon.
    pub(super) fn is_indented(self, first_statement: TextSize) -> bool {
        self.before(first_statement).last().is_some_and(|token| token.kind() == TokenKind::Indent)
    }

    /// Whether two neighbouring simple statements are on one logical line, with a semicolon between them.
    pub(super) fn is_joined(self, before: TextSize, behind: TextSize) -> bool {
        let gap = &self.text[span(before, behind)];
        !gap.contains(['\n', '\r'])
            || gap.contains('\\') && self.find(TokenKind::Newline, span(before, behind)).is_none()
    }

    /// A range with the parentheses around it, as far as they lie within `limit`.
    pub(super) fn with_parentheses(self, range: TextRange, limit: TextRange) -> TextRange {
        let mut outer = range;
        while let Some(wider) = self.parentheses(outer, limit) {
            outer = wider;
        }
        outer
    }

    /// The innermost parentheses around a range, if they lie within `limit`.
    pub(super) fn parentheses(self, range: TextRange, limit: TextRange) -> Option<TextRange> {
        // Most expressions have none; that can be seen without a search for tokens.
        let text = self.text.as_bytes();
        let start = range.start().to_usize();
        let near = &text[start.saturating_sub(LITTLE_TRIVIA)..start];
        let before = near.iter().rfind(|byte| !matches!(byte, b' ' | b'\t' | b'\\'));
        let may_be_open = match before {
            Some(byte) => matches!(byte, b'(' | b'\n' | b'\r' | 0x0c),
            None => near.len() < start,
        };
        if !may_be_open {
            return None;
        }
        let open = self.previous(range.start()).filter(|token| token.kind() == TokenKind::Lpar)?;
        let close = self.next(range.end()).filter(|token| token.kind() == TokenKind::Rpar)?;
        let outer = span(open.start(), close.end());
        limit.contains_range(outer).then_some(outer)
    }
}
