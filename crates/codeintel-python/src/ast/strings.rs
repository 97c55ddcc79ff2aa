//! The parts of f-strings and t-strings, as CPython groups them.

use ruff_python_ast::{ConversionFlag, InterpolatedElement, InterpolatedStringElement};
use ruff_text_size::{Ranged as _, TextRange, TextSize};

use super::Kind;
use super::project::Item;

/// Collects the `values` of a `JoinedStr` or `TemplateStr`.
pub(super) struct StringParts<'a> {
    text: &'a str,
    /// The node that a replacement field becomes.
    interpolation: Kind,
    parts: Vec<Item<'a>>,
    /// The literal text since the last replacement field, and whether any of its pieces is not empty.
    literal: Option<(TextRange, bool)>,
}

impl<'a> StringParts<'a> {
    pub(super) fn new(text: &'a str, interpolation: Kind) -> Self {
        Self { text, interpolation, parts: Vec::new(), literal: None }
    }

    pub(super) fn literal(&mut self, has_text: bool, range: TextRange) {
        self.literal = Some(match self.literal {
            Some((before, had_text)) => (before.cover(range), had_text || has_text),
            None => (range, has_text),
        });
    }

    pub(super) fn elements(&mut self, elements: &'a [InterpolatedStringElement]) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => self.literal(!literal.value.is_empty(), literal.range),
                InterpolatedStringElement::Interpolation(element) => {
                    if element.debug_text.is_some() {
                        self.literal(true, self.debug_range(element));
                    }
                    self.flush();
                    self.parts.push(Item::Interpolation(element, self.interpolation));
                }
            }
        }
    }

    /// The text of `{x = !r:>5}` that the string shows as it stands: `x = `.
    fn debug_range(&self, element: &InterpolatedElement) -> TextRange {
        let brace = TextSize::from(1);
        let start = element.start() + brace;
        let end = element.format_spec.as_ref().map_or(element.end(), |spec| spec.start()) - brace;
        let shown = &self.text[TextRange::new(start, end)];
        let conversion = if element.conversion == ConversionFlag::None { None } else { shown.rfind('!') };
        TextRange::at(start, TextSize::of(&shown[..conversion.unwrap_or(shown.len())]))
    }

    fn flush(&mut self) {
        if let Some((range, true)) = self.literal.take() {
            self.parts.push(Item::Literal(range));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Item<'a>> {
        self.flush();
        self.parts
    }
}
