//! The patterns of `match`.

use ruff_python_ast::{HasNodeIndex as _, Pattern, PatternArguments, PatternKeyword, PatternMatchMapping};
use ruff_text_size::{Ranged as _, TextRange};

use super::CstKind;
use super::layout::{ends, span};
use super::project::{Below, Projection};

impl<'a> Projection<'a> {
    /// A pattern whose parentheses may reach as far as `limit`.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern, limit: TextRange) {
        let (kind, range) = match pattern {
            // These two own their parentheses.
            Pattern::MatchValue(_) => (CstKind::MatchValue, self.outer_pattern(pattern, limit)),
            Pattern::MatchSingleton(_) => (CstKind::MatchSingleton, self.outer_pattern(pattern, limit)),
            Pattern::MatchSequence(x) if self.layout.text[x.range].starts_with('[') => (CstKind::MatchList, x.range),
            Pattern::MatchSequence(x) => {
                let within = self.within_sequence(&x.patterns, x.range);
                let kind = if within == x.range { CstKind::MatchList } else { CstKind::MatchTuple };
                (kind, self.sequence_range(&x.patterns, within))
            }
            Pattern::MatchMapping(x) => (CstKind::MatchMapping, x.range),
            Pattern::MatchClass(x) => (CstKind::MatchClass, x.range),
            Pattern::MatchStar(x) => (CstKind::MatchStar, self.layout.with_comma(x.range, limit)),
            Pattern::MatchAs(x) => (CstKind::MatchAs, x.range),
            Pattern::MatchOr(x) => (CstKind::MatchOr, x.range),
        };
        self.push_as(pattern.node_index(), kind, range, Below::InPattern(pattern, limit));
    }

    pub(super) fn in_pattern(&mut self, pattern: &'a Pattern, limit: TextRange) {
        match pattern {
            Pattern::MatchValue(x) => self.expr(&x.value),
            Pattern::MatchSingleton(x) => self.leaf(CstKind::Name, x.range),
            Pattern::MatchSequence(x) => {
                let within = self.within_sequence(&x.patterns, x.range);
                self.sequence_elements(&x.patterns, within);
            }
            Pattern::MatchMapping(x) => self.in_mapping(x),
            Pattern::MatchClass(x) => {
                self.expr(&x.cls);
                self.pattern_arguments(&x.arguments);
            }
            Pattern::MatchStar(x) => {
                if let Some(name) = &x.name {
                    self.name(name);
                }
            }
            Pattern::MatchAs(x) => {
                if let Some(pattern) = x.pattern.as_deref() {
                    self.pattern(pattern, x.range);
                }
                if let Some(name) = &x.name {
                    self.name(name);
                }
            }
            Pattern::MatchOr(x) => {
                for (index, alternative) in x.patterns.iter().enumerate() {
                    let range = self.outer_pattern(alternative, limit);
                    let next = x.patterns.get(index + 1).map(|next| self.outer_pattern(next, limit).start());
                    let range = span(range.start(), next.unwrap_or(range.end()));
                    self.push(CstKind::MatchOrElement, range, Below::Alternative(alternative, range, next.is_some()));
                }
            }
        }
    }

    pub(super) fn in_alternative(&mut self, pattern: &'a Pattern, range: TextRange, has_separator: bool) {
        self.pattern(pattern, range);
        if has_separator && let Some(separator) = self.layout.next(self.outer_pattern(pattern, range).end()) {
            self.leaf(CstKind::BitOr, separator.range());
        }
    }

    fn outer_pattern(&self, pattern: &Pattern, limit: TextRange) -> TextRange {
        self.layout.with_parentheses(pattern.range(), limit)
    }

    /// The range between the parentheses of a sequence, or all of it where it has none.
    fn within_sequence(&self, patterns: &[Pattern], range: TextRange) -> TextRange {
        match patterns.first() {
            Some(first) if self.outer_pattern(first, range).start() == range.start() => range,
            _ => self.layout.inside(range),
        }
    }

    fn sequence_range(&self, patterns: &[Pattern], within: TextRange) -> TextRange {
        let Some((first, last)) = ends(patterns) else {
            return TextRange::empty(within.end());
        };
        let end = self.layout.with_comma(self.outer_pattern(last, within), within).end();
        span(self.outer_pattern(first, within).start(), end)
    }

    fn sequence_elements(&mut self, patterns: &'a [Pattern], within: TextRange) {
        for pattern in patterns {
            if let Pattern::MatchStar(_) = pattern {
                self.pattern(pattern, within);
            } else {
                let range = self.layout.with_comma(self.outer_pattern(pattern, within), within);
                self.push(CstKind::MatchSequenceElement, range, Below::Pattern(pattern, within));
            }
        }
    }

    fn in_mapping(&mut self, x: &'a PatternMatchMapping) {
        let within = self.layout.inside(x.range);
        let mut rest = x.rest.as_ref();
        for (key, pattern) in x.keys.iter().zip(&x.patterns) {
            // Only in a source with errors does it not stand last.
            if let Some(rest) = rest.take_if(|rest| rest.start() < key.start()) {
                self.name(rest);
            }
            let value = self.outer_pattern(pattern, within);
            let range = self.layout.with_comma(span(key.start(), value.end()), within);
            self.push(CstKind::MatchMappingElement, range, Below::MappingItem(key, pattern, within));
        }
        if let Some(rest) = rest {
            self.name(rest);
        }
    }

    fn pattern_arguments(&mut self, arguments: &'a PatternArguments) {
        let within = self.layout.inside(arguments.range);
        let mut keywords = arguments.keywords.iter().peekable();
        for pattern in &arguments.patterns {
            // Only in a source with errors do keywords stand before other patterns.
            while let Some(keyword) = keywords.next_if(|keyword| keyword.start() < pattern.start()) {
                self.keyword_pattern(keyword, within);
            }
            self.sequence_elements(std::slice::from_ref(pattern), within);
        }
        for keyword in keywords {
            self.keyword_pattern(keyword, within);
        }
    }

    fn keyword_pattern(&mut self, keyword: &'a PatternKeyword, within: TextRange) {
        let range = self.layout.with_comma(keyword.range, within);
        let below = Below::KeywordPattern(&keyword.attr, &keyword.pattern, keyword.range);
        self.push(CstKind::MatchKeywordElement, range, below);
    }
}
