//! Physical lines, counted by what stands on them.

use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged as _;

use crate::ParsedFile;

/// How many lines a file has, and how many of them hold no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCounts {
    /// Physical lines; a last line without characters does not count.
    pub total: u32,
    /// Lines with nothing but a comment.
    pub comment: u32,
    /// Lines with nothing but white space, outside of strings.
    pub blank: u32,
}

impl LineCounts {
    /// Count the lines of a parsed file.
    pub fn of(file: &ParsedFile) -> Self {
        let lines = file.lines();
        let has_open_end = file.text().is_empty() || file.text().ends_with(['\n', '\r']);
        let total = lines.line_count() - u32::from(has_open_end);
        let is_blank = |line: &u32| {
            let range = lines.line_start(*line, file.text()) as usize..lines.line_start(line + 1, file.text()) as usize;
            file.text()[range].trim().is_empty()
        };
        let (mut comment, mut blank) = (0, 0);
        // The last line that a token stands on.
        let mut last = 0;
        for token in file.tree.tokens() {
            let is_comment = match token.kind() {
                TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => continue,
                TokenKind::EndOfFile => break,
                kind => kind == TokenKind::Comment,
            };
            let first = lines.line(token.start().to_u32());
            if first > last {
                blank += (last + 1..first).filter(is_blank).count();
                comment += u32::from(is_comment);
            }
            last = lines.line(token.end().to_u32().saturating_sub(1).max(token.start().to_u32())).max(last);
        }
        blank += (last + 1..=total).filter(is_blank).count();
        Self { total, comment, blank: blank as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, total: u32, comment: u32, blank: u32) {
        assert_eq!(LineCounts::of(&ParsedFile::parse(text)), LineCounts { total, comment, blank }, "{text:?}");
    }

    #[test]
    fn lines_are_counted_by_what_stands_on_them() {
        check("", 0, 0, 0);
        check("x = 1", 1, 0, 0);
        check("# a\n\nx = 1  # b\n  \n    # c\n", 5, 2, 2);
        check("s = '''a\n\n# not a comment\n'''\n\n", 5, 0, 1);
        check("x = (\n\n  1, # one\n  # two\n)\n", 5, 1, 1);
        check("x = 1 + \\\n    2\n", 2, 0, 0);
        check("x = \\\n\\\n1\n", 3, 0, 0);
        check("f'''\n{x}\n\n'''\n", 4, 0, 0);
    }
}
