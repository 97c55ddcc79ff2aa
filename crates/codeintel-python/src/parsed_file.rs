//! One parse of one file.

use codeintel_base::{LineIndex, Problem, Severity, Stage, first_problems};
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Parsed, UnsupportedSyntaxErrorKind, parse_unchecked_source};

/// A file's text with its syntax tree, tokens and line index.
///
/// Texts begin without a byte order mark and are shorter than 4 GiB. Dropping the tree of a deeply nested source takes
/// stack in proportion to the nesting, so parse on threads with large stacks (256 MiB serve 100,000 levels).
#[derive(Debug)]
pub struct ParsedFile {
    text: Box<str>,
    lines: LineIndex,
    pub(crate) tree: Parsed<ModModule>,
}

impl ParsedFile {
    /// Parse a text. Never fails: what could not be parsed is left out and listed by [`ParsedFile::problems`].
    ///
    /// ```
    /// use codeintel_python::{Ast, Kind, ParsedFile};
    ///
    /// let file = ParsedFile::parse("x = 1\n");
    /// let kinds: Vec<Kind> = Ast::new(&file).nodes.iter().map(|node| node.kind).collect();
    /// assert_eq!(kinds, [Kind::Module, Kind::Assign, Kind::Name, Kind::Store, Kind::Constant]);
    /// ```
    pub fn parse(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let tree = parse_unchecked_source(&text, PySourceType::Python);
        Self { lines: LineIndex::new(&text), tree, text }
    }

    /// The source text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the lines begin.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// What CPython would refuse: syntax errors in source order, then NUL characters; the first of them, where there are very many.
    pub fn problems(&self) -> Vec<Problem> {
        type Message<'a> = &'a dyn std::fmt::Display;
        let syntax =
            self.tree.errors().iter().map(|error| (error.location.start().to_u32(), &error.error as Message<'_>));
        // What older versions of Python accepted, and no other than that.
        let removed = self.tree.unsupported_syntax_errors().iter();
        let removed =
            removed.filter(|error| error.kind == UnsupportedSyntaxErrorKind::ParenthesizedKeywordArgumentName);
        let message = "The name of a keyword argument cannot be in parentheses";
        let removed = removed.map(|error| (error.range.start().to_u32(), &message as Message<'_>));
        let mut syntax: Vec<(u32, Message<'_>)> = syntax.chain(removed).collect();
        syntax.sort_by_key(|(offset, _)| *offset);
        let nul = self.text.find('\0').map(|at| (at as u32, &"source code cannot contain null bytes" as Message<'_>));
        let problem = |(offset, message): (u32, Message<'_>)| {
            let position = self.lines.utf8(offset);
            Problem {
                stage: Stage::Parse,
                severity: Severity::Error,
                message: message.to_string(),
                lineno: Some(position.line),
                col_offset: Some(position.column),
            }
        };
        first_problems(syntax.into_iter().chain(nul).map(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_places_and_the_rest_is_kept() {
        let file = ParsedFile::parse("a = 1\nb = (\nc = '\0'\n");
        let places: Vec<_> = file.problems().iter().map(|p| (p.lineno, p.col_offset)).collect();
        assert!(places.len() >= 2, "{places:?}");
        assert_eq!(places.last(), Some(&(Some(3), Some(5))), "the NUL comes last");
        assert!(crate::Ast::new(&file).nodes.iter().any(|node| node.name == Some("a")));
    }

    #[test]
    fn a_keyword_in_parentheses_is_refused_and_newer_syntax_is_not() {
        let places = |text: &str| -> Vec<_> {
            ParsedFile::parse(text).problems().iter().map(|p| (p.lineno, p.col_offset)).collect()
        };
        assert_eq!(
            places("x = 1\nf(b=2, (a)=1)\nclass C((d)=3): 1 = 2\n"),
            [(Some(2), Some(7)), (Some(3), Some(8)), (Some(3), Some(16)),]
        );
        assert_eq!(places("match x:\n case (a): f(a=(1))\ntry: x = t'{(a)=}'\nexcept A, B: pass\n"), []);
    }

    #[test]
    fn good_source_has_no_problems() {
        assert_eq!(ParsedFile::parse("def f(): ...\r\n").problems(), []);
    }
}
