//! Documents in the text that they speak of.

use codeintel_base::{Column, ContentHash, LineIndex, Position};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::document::{Coverage, Document, Occurrence, Range, Symbol, Unresolved};

/// A document whose occurrences lie in the text of its file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlacedDocument {
    /// The language, for example `python`.
    pub language: String,
    /// What columns count.
    pub encoding: Column,
    /// Occurrences with their first byte and the byte behind the last one, sorted by place, symbol and roles.
    pub occurrences: Vec<(Occurrence, (u32, u32))>,
    /// The symbols that the file defines, sorted.
    pub symbols: Vec<Symbol>,
    /// What is known of symbols from elsewhere that it refers to, sorted.
    pub externals: Vec<Symbol>,
    /// References to what is not known, sorted; only from indexers that tell.
    pub unresolved: Vec<Unresolved>,
    /// How complete it is; only from indexers that tell.
    pub coverage: Vec<Coverage>,
    /// What functions without a return annotation return, by the byte that their name begins at, sorted; only from indexers that tell.
    pub returned: Vec<(u32, String)>,
    /// How many occurrences were left out because their range is none or not in the text.
    pub misplaced: usize,
}

/// The text of a file, as it was and as it was indexed.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The decoded text without its byte order mark.
    pub text: &'a str,
    /// Whether producers that read the file itself count a byte order mark among the columns of its first line.
    pub has_mark: bool,
}

impl<'a> Source<'a> {
    /// A text that may begin with a byte order mark.
    pub fn new(text: &'a str) -> Self {
        let unmarked = text.strip_prefix('\u{feff}');
        Self { text: unmarked.unwrap_or(text), has_mark: unmarked.is_some() }
    }
}

impl Document {
    /// Find the occurrences in the file's text. Columns are those of the document's encoding, or of `default` if it
    /// declares none.
    pub fn place(self, source: Source<'_>, default: Column, externals: Vec<Symbol>) -> PlacedDocument {
        let encoding = self.encoding.unwrap_or(default);
        let lines = LineIndex::new(source.text);
        let mark = match encoding {
            _ if !source.has_mark => 0,
            Column::Utf8 => 3,
            Column::Utf16 | Column::Utf32 => 1,
        };
        let unmarked = |mut range: Range| {
            for (line, column) in [(range.start_line, &mut range.start_col), (range.end_line, &mut range.end_col)] {
                if line == 0 {
                    *column = column.saturating_sub(mark);
                }
            }
            range
        };
        let mut columns = Columns { text: source.text, encoding, lines: &lines, long: FxHashMap::default() };
        let mut offset = |line: u32, column: u32| columns.offset(Position { line: line + 1, column });
        // It is shown as it stands, and so must be a range of some text.
        let is_possible = |range: &Range| {
            range.end_line <= lines.line_count() && range.start_col.max(range.end_col) as usize <= source.text.len()
        };
        let count = self.occurrences.len();
        let mut occurrences: Vec<(Occurrence, (u32, u32))> = self
            .occurrences
            .into_iter()
            .filter_map(|occurrence| {
                let range = unmarked(occurrence.range);
                let enclosing = occurrence.enclosing.map(unmarked).filter(is_possible);
                let bytes = (offset(range.start_line, range.start_col)?, offset(range.end_line, range.end_col)?);
                Some((Occurrence { range, enclosing, ..occurrence }, bytes))
            })
            .collect();
        let misplaced = self.malformed + count - occurrences.len();
        occurrences.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut placed = PlacedDocument {
            language: self.language,
            encoding,
            occurrences,
            symbols: self.symbols,
            externals,
            unresolved: Vec::new(),
            coverage: Vec::new(),
            returned: Vec::new(),
            misplaced,
        };
        placed.symbols.sort();
        placed.externals.sort();
        placed
    }
}

/// Columns of lines to bytes of a text, in time that does not grow with the length of the lines.
struct Columns<'a> {
    text: &'a str,
    encoding: Column,
    lines: &'a LineIndex,
    /// Of long lines, column and byte of every [`STEP`]th character, in the order of the line.
    long: FxHashMap<u32, Vec<(u32, u32)>>,
}

/// Lines with fewer bytes are short.
const LONG_LINE: u32 = 1024;
const STEP: usize = 64;

impl Columns<'_> {
    /// The byte offset of a position; none where there is no such place.
    fn offset(&mut self, position: Position) -> Option<u32> {
        let Self { text, encoding, lines, long } = self;
        if *encoding == Column::Utf8 {
            return lines.offset(position, text, *encoding);
        }
        if position.line > lines.line_count() {
            return None;
        }
        let [start, end] = [position.line, position.line + 1].map(|line| lines.line_start(line, text));
        if end - start < LONG_LINE {
            return lines.offset(position, text, *encoding);
        }
        let line = &text[start as usize..end as usize];
        let width = |char: char| if *encoding == Column::Utf16 { char.len_utf16() as u32 } else { 1 };
        let steps = long.entry(position.line).or_insert_with(|| {
            let (mut column, mut steps) = (0, Vec::new());
            for (number, (byte, char)) in line.char_indices().enumerate() {
                if number % STEP == 0 {
                    steps.push((column, byte as u32));
                }
                column += width(char);
            }
            steps
        });
        let before = steps.partition_point(|(column, _)| *column <= position.column).checked_sub(1)?;
        let (mut column, mut byte) = steps[before];
        for char in line[byte as usize..].chars().take(STEP) {
            if column >= position.column {
                break;
            }
            column += width(char);
            byte += char.len_utf8() as u32;
        }
        (column == position.column).then_some(start + byte)
    }
}

impl PlacedDocument {
    /// A hash of all that it says.
    pub fn digest(&self) -> ContentHash {
        let mut bytes = Vec::with_capacity(self.occurrences.len() * 100);
        let mut add = |text: &str, numbers: &[u32]| {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
            for number in numbers {
                bytes.extend(number.to_le_bytes());
            }
        };
        let numbers = |range: Range| [range.start_line, range.start_col, range.end_line, range.end_col];
        add(&self.language, &[self.encoding as u32, self.misplaced as u32]);
        for (occurrence, (start, end)) in &self.occurrences {
            add(&occurrence.symbol, &[occurrence.roles, *start, *end]);
            add("", &numbers(occurrence.range));
            add("", occurrence.enclosing.map(numbers).as_ref().map_or(&[], |numbers| &numbers[..]));
        }
        for (symbols, is_external) in [(&self.symbols, 0), (&self.externals, 1)] {
            for symbol in symbols {
                // The debug form names every field and escapes every text.
                add(&format!("{symbol:?}"), &[is_external]);
            }
        }
        for unresolved in &self.unresolved {
            add(&unresolved.text, &numbers(unresolved.range));
            add(&unresolved.reason, &[unresolved.kind as u32]);
        }
        for coverage in &self.coverage {
            add("", &[coverage.kind as u32, coverage.total, coverage.resolved]);
        }
        for (start, text) in &self.returned {
            add(text, &[*start]);
        }
        ContentHash::of(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start_line: u32, start_col: u32, end_line: u32, end_col: u32) -> Range {
        Range { start_line, start_col, end_line, end_col }
    }

    fn check(source: Source<'_>, encoding: Option<Column>, ranges: &[Range], expected: &[&str], misplaced: usize) {
        let occurrence = |range: &Range| Occurrence { range: *range, ..Occurrence::default() };
        let document =
            Document { encoding, occurrences: ranges.iter().map(occurrence).collect(), ..Document::default() };
        let placed = document.place(source, Column::Utf16, Vec::new());
        let texts: Vec<&str> =
            placed.occurrences.iter().map(|(_, (start, end))| &source.text[*start as usize..*end as usize]).collect();
        assert_eq!((texts, placed.misplaced), (expected.to_vec(), misplaced));
    }

    #[test]
    fn occurrences_are_found_in_all_encodings() {
        let source = Source { text: "é = '😀'; x\r\ny\n", has_mark: false };
        check(
            source,
            Some(Column::Utf8),
            &[range(1, 0, 1, 1), range(0, 0, 0, 2), range(0, 13, 0, 14)],
            &["é", "x", "y"],
            0,
        );
        check(source, None, &[range(0, 0, 0, 1), range(0, 10, 0, 11)], &["é", "x"], 0);
        check(source, Some(Column::Utf32), &[range(0, 9, 0, 10)], &["x"], 0);
    }

    #[test]
    fn what_does_not_lie_in_the_text_is_counted() {
        let source = Source { text: "x = 1\n", has_mark: false };
        check(source, None, &[range(0, 0, 0, 1), range(0, 0, 0, 9), range(5, 0, 5, 1)], &["x"], 2);
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let source = Source { text: "x = 1\ny\n", has_mark: true };
        check(
            source,
            Some(Column::Utf8),
            &[range(0, 3, 0, 4), range(0, 0, 0, 0), range(1, 0, 1, 1)],
            &["", "x", "y"],
            0,
        );
        check(source, Some(Column::Utf16), &[range(0, 1, 0, 2)], &["x"], 0);
    }

    #[test]
    fn the_order_of_an_index_does_not_count() {
        let source = Source { text: "a b\n", has_mark: false };
        let occurrence = |start, symbol: &str| Occurrence {
            range: range(0, start, 0, start + 1),
            symbol: symbol.to_owned(),
            ..Occurrence::default()
        };
        let digest = |occurrences| {
            let document = Document { occurrences, ..Document::default() };
            document.place(source, Column::Utf8, Vec::new()).digest()
        };
        let [a, b] = [occurrence(0, "x"), occurrence(2, "y")];
        assert_eq!(digest(vec![a.clone(), b.clone()]), digest(vec![b.clone(), a.clone()]));
        assert_ne!(digest(vec![a.clone(), b]), digest(vec![a]));
    }
}
