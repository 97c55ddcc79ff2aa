//! The words and signs of a query, as far as they are needed beside DuckDB's own parser.
//!
//! Nothing is allowed because of what is found here: the gate judges the tree that DuckDB makes of the text. The lexer finds the first
//! word, comments and semicolons at the end, and the places where a PIVOT lacks its list of values.

use std::ops::Range;

/// A word, a sign, a text in quotes or a parameter. Comments and white space are not tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Bytes of the query.
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a plain name or a number.
    Word,
    /// A text, a quoted name or a parameter.
    Other,
    /// Any other character.
    Sign(char),
}

impl Token {
    /// Whether it is this keyword, whatever its case.
    pub(super) fn is(&self, sql: &str, keyword: &str) -> bool {
        self.kind == Kind::Word && sql[self.range.clone()].eq_ignore_ascii_case(keyword)
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// All tokens of a text. What is not closed ends with the text.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (length, kind) = if first.is_whitespace() {
            (first.len_utf8(), None)
        } else if rest.starts_with("--") {
            (rest.find(['\n', '\r']).unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (comment(rest), None)
        } else if first == '\'' || first == '"' {
            (quoted(rest, first, false), Some(Kind::Other))
        } else if first == '$' {
            (dollar(rest), Some(Kind::Other))
        } else if is_of_word(first) {
            let word = rest.find(|c| !is_of_word(c) && c != '$').unwrap_or(rest.len());
            match &rest[..word] {
                "e" | "E" if rest[word..].starts_with('\'') => {
                    (word + quoted(&rest[word..], '\'', true), Some(Kind::Other))
                }
                _ => (word, Some(Kind::Word)),
            }
        } else {
            (first.len_utf8(), Some(Kind::Sign(first)))
        };
        tokens.extend(kind.map(|kind| Token { kind, range: at..at + length }));
        at += length;
    }
    tokens
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace())
}

/// The length of a comment, in which others may nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a text or name in quotes. A quote that is doubled does not end it.
fn quoted(text: &str, quote: char, has_escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if has_escapes && c == '\\' {
            characters.next();
        } else if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of `$tag$...$tag$`, or else of a parameter.
fn dollar(text: &str) -> usize {
    let name = text[1..].find(|c| !is_of_word(c)).map_or(text.len(), |length| length + 1);
    let is_tag = text[name..].starts_with('$') && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return name;
    }
    let tag = &text[..=name];
    text[tag.len()..].find(tag).map_or(text.len(), |at| at + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(sql).into_iter().map(|token| &sql[token.range]).collect();
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn comments_and_white_space_are_no_tokens() {
        check("  -- a\n\tSELECT/* /* ; */ ' */1 -- ;", &["SELECT", "1"]);
        check("/* open", &[]);
        check("-- a\r;", &[";"]);
        check("\u{a0}x\u{2003}", &["x"]);
        check("", &[]);
    }

    #[test]
    fn what_is_in_quotes_is_one_token() {
        check("'a;''b' \"c;\"\"d\"", &["'a;''b'", "\"c;\"\"d\""]);
        check("E'\\';' e'x' xe'y'", &["E'\\';'", "e'x'", "xe", "'y'"]);
        check("$$ ; $$, $a$ $b$ $$ $a$;", &["$$ ; $$", ",", "$a$ $b$ $$ $a$", ";"]);
        check("'open", &["'open"]);
        check("$$open", &["$$open"]);
    }

    #[test]
    fn parameters_words_and_signs_are_told_apart() {
        check("$name=$1+é_1", &["$name", "=", "$1", "+", "é_1"]);
        check("a$b(1.5)", &["a$b", "(", "1", ".", "5", ")"]);
        let sql = "Pivot x";
        let found = tokens(sql);
        assert!(found[0].is(sql, "PIVOT") && !found[1].is(sql, "PIVOT"));
        assert!(tokens("(")[0].is_sign('('));
    }
}
