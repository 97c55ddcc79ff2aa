//! How deeply a source nests, before it is parsed.
//!
//! The parser, and whoever drops its tree or walks over it, takes stack for each level. Memory would end before a source of some megabytes
//! does: `((((...` alone nests a level for each byte. So a source that may nest deeper than anybody's does is not parsed.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;
use rustc_hash::FxHashMap;

/// The deepest nesting that is parsed. CPython takes 200 levels of brackets, and some thousand operators in a row.
pub const DEEPEST_NESTING: usize = 100_000;

/// Whether a text may nest deeper than [`DEEPEST_NESTING`].
pub fn nests_too_deeply(text: &str) -> bool {
    // A level takes a byte at least.
    text.len() > DEEPEST_NESTING && nesting(text, DEEPEST_NESTING) > DEEPEST_NESTING
}

/// At least the depth of the tree that the parser makes of a text, as far as a limit.
fn nesting(text: &str, limit: usize) -> usize {
    let mut lexer = lex(text, Mode::Module);
    let mut levels = Levels::default();
    let mut ends_in_string = false;
    while levels.depth() <= limit {
        let kind = lexer.next_token();
        match kind {
            // Inside of a string with replacement fields, the parser may take the beginning of a string without an end for its end.
            TokenKind::EndOfFile => return levels.deepest + if ends_in_string { hidden(text) } else { 0 },
            // The last line ends before the file does.
            TokenKind::Newline | TokenKind::Dedent => ends_in_string |= levels.is_in_string(),
            _ => ends_in_string = false,
        }
        levels.take(kind);
    }
    levels.depth()
}

/// The levels around a token.
#[derive(Debug, Default)]
struct Levels {
    indentation: usize,
    /// Headers of blocks on one line. Only in a broken source there is more than one.
    headers: usize,
    /// What is open, with the operators that stand before it.
    open: Vec<(TokenKind, usize)>,
    /// How many of each kind are open.
    counts: FxHashMap<TokenKind, usize>,
    /// How deep the last one of them is.
    around: usize,
    /// Operators in a row. Each one is a level: their chains are nested to the left or to the right, as those of attributes and calls.
    operators: usize,
    deepest: usize,
    /// Whether the token before was a line break inside of brackets.
    is_line_start: bool,
}

impl Levels {
    fn depth(&self) -> usize {
        self.indentation + self.headers + self.around + self.operators
    }

    fn take(&mut self, kind: TokenKind) {
        // The parser takes a statement on a line of its own to end all brackets that are open.
        if self.is_line_start && begins_statement(kind) {
            self.end_line();
        }
        self.is_line_start = matches!(kind, TokenKind::NonLogicalNewline | TokenKind::Comment);
        match kind {
            TokenKind::Indent => self.indentation += 1,
            TokenKind::Dedent => self.indentation = self.indentation.saturating_sub(1),
            TokenKind::Newline => self.end_line(),
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart
            | TokenKind::Lambda => {
                self.open.push((kind, self.operators));
                *self.counts.entry(kind).or_default() += 1;
                self.around += self.operators + 1;
                self.operators = 0;
            }
            // A call or a subscript holds all that stands before it.
            TokenKind::Rpar => self.close(TokenKind::Lpar, 1),
            TokenKind::Rsqb => self.close(TokenKind::Lsqb, 1),
            TokenKind::Rbrace => self.close(TokenKind::Lbrace, 1),
            TokenKind::FStringEnd => self.close(TokenKind::FStringStart, 0),
            TokenKind::TStringEnd => self.close(TokenKind::TStringStart, 0),
            TokenKind::Colon => match self.open.last() {
                Some((TokenKind::Lambda, _)) => self.close(TokenKind::Lambda, 1),
                Some(_) => self.operators = 0,
                None => self.headers += 1,
            },
            TokenKind::Comma | TokenKind::Semi => self.operators = 0,
            // These are no levels, and chains of them are flat.
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Equal
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::In
            | TokenKind::Is
            | TokenKind::Less
            | TokenKind::Greater
            | TokenKind::LessEqual
            | TokenKind::GreaterEqual
            | TokenKind::EqEqual
            | TokenKind::NotEqual => {}
            _ => self.operators += 1,
        }
        self.deepest = self.deepest.max(self.depth());
    }

    fn end_line(&mut self) {
        self.open.clear();
        self.counts.clear();
        (self.headers, self.around, self.operators) = (0, 0, 0);
    }

    /// Close what is open down to one of a kind. In a broken source there may be none.
    fn close(&mut self, kind: TokenKind, more: usize) {
        if self.counts.get(&kind).is_none_or(|count| *count == 0) {
            return;
        }
        while let Some((open, before)) = self.open.pop() {
            *self.counts.entry(open).or_default() -= 1;
            self.around -= before + 1;
            self.operators = before + more;
            if open == kind {
                return;
            }
        }
    }

    /// Whether a string with replacement fields is open.
    fn is_in_string(&self) -> bool {
        let is_open = |kind| self.counts.get(&kind).is_some_and(|count| *count > 0);
        is_open(TokenKind::FStringStart) || is_open(TokenKind::TStringStart)
    }
}

/// What a string at the end of a text may hide, if it has no end: all that stands behind the last of its quotes.
fn hidden(text: &str) -> usize {
    let start = ["'''", "\"\"\""].into_iter().filter_map(|quotes| text.rfind(quotes)).min().unwrap_or(text.len());
    text[start..].bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count()
}

/// Whether a token begins a statement, and stands nowhere else.
fn begins_statement(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Def
            | TokenKind::Class
            | TokenKind::Return
            | TokenKind::Import
            | TokenKind::While
            | TokenKind::With
            | TokenKind::Try
            | TokenKind::Raise
            | TokenKind::Assert
            | TokenKind::Del
            | TokenKind::Pass
            | TokenKind::Break
            | TokenKind::Continue
            | TokenKind::Global
            | TokenKind::Nonlocal
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: usize) {
        assert_eq!(nesting(text, usize::MAX), expected, "{text}");
    }

    #[test]
    fn brackets_blocks_and_operators_in_a_row_are_levels() {
        check("x = 1\ny = [2, 3]\n", 1);
        check("x = ((((1))))\n", 4);
        check("f()[0](1).a\n", 4);
        check("a + b - c, d + e\n", 2);
        check("not not - ~x\n", 4);
        check("lambda a, b: lambda c, d: lambda: 1\n", 3);
        check("if a:\n  if b:\n    f(x)\n", 3);
        check("x if y else z if y else z\n", 4);
        check("f'{f'{x}'}'\n", 4);
        check("async async async x\n", 3);
        check("((((\ndef f(\n# c\nclass A(((((\n", 7);
    }

    #[test]
    fn what_stands_side_by_side_is_no_deeper() {
        check(&format!("x = [{}]\n", "(-1, f(2)), ".repeat(1000)), 3);
        check(&"x = f(1)\n".repeat(1000), 1);
        check(&"'((((' # ((((\n".repeat(1000), 0);
        check(&format!("x = {}\n", "a and b == ".repeat(1000)), 0);
        check(&format!("x = {}\n", "f'{a}' 'b' ".repeat(1000)), 2);
        check(&format!("f({})\n", "lambda a, b: -a, ".repeat(1000)), 3);
    }

    #[test]
    fn a_bracket_of_another_kind_closes_nothing() {
        check(&"[)".repeat(100), 100);
        check(&format!("x = f'''{{''' #\n{}", "(".repeat(1000)), 1008);
    }

    #[test]
    fn only_what_cannot_be_parsed_within_memory_is_too_deep() {
        let nested =
            |open: &str, count: usize, close: &str| format!("{}x{}\n", open.repeat(count), close.repeat(count));
        assert!(!nests_too_deeply(&nested("[", 99_999, "]")));
        for open in ["(", "-", "not ", "lambda:", "a.", "f'{", "{1:", "a**", "[x for x in "] {
            assert!(nests_too_deeply(&nested(open, 100_001, "")), "{open}");
        }
        assert!(!nests_too_deeply(&"x = f(-1)[2].y\n".repeat(200_000)));
        assert!(!nests_too_deeply(&format!("x = [{}]\n", "-1, ".repeat(1_000_000))));
    }
}
