//! Byte offsets to lines and columns, in the three encodings that tools count columns in.

use serde::{Deserialize, Serialize};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Column {
    /// UTF-8 bytes, as CPython's `ast`.
    #[default]
    Utf8,
    /// Code points, as LibCST and Python strings.
    Utf32,
    /// UTF-16 code units, as pyright and scip-python.
    Utf16,
}

/// A place in a text: line from 1, column from 0 in the [`Column`] asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

/// Where the lines of a text begin. Lines end at `\n`, `\r\n` and `\r`, as in Python source; not at form feeds.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    is_ascii: bool,
}

impl LineIndex {
    /// Index a text of less than 4 GiB.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || *byte == b'\r' && bytes.get(i + 1) != Some(&b'\n') {
                starts.push(i as u32 + 1);
            }
        }
        Self { starts, is_ascii: text.is_ascii() }
    }

    /// The line, from 1, that holds a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    /// The same as [`LineIndex::utf8`], faster if the offset is on the line `near` or the one behind it.
    pub fn utf8_near(&self, offset: u32, near: u32) -> Position {
        for line in [near, near + 1] {
            let start = |line: u32| self.starts.get(line as usize - 1).copied();
            if let Some(begin) = start(line)
                && begin <= offset
                && start(line + 1).is_none_or(|end| offset < end)
            {
                return Position { line, column: offset - begin };
            }
        }
        self.utf8(offset)
    }

    /// The byte offset at which a line, from 1, begins; the text's end for lines behind it.
    pub fn line_start(&self, line: u32, text: &str) -> u32 {
        self.starts.get(line as usize - 1).copied().unwrap_or(text.len() as u32)
    }

    /// The position of a byte offset with the column in UTF-8 bytes.
    pub fn utf8(&self, offset: u32) -> Position {
        let line = self.line(offset);
        Position { line, column: offset - self.starts[line as usize - 1] }
    }

    /// The position of a byte offset in `text`, the text that was indexed.
    pub fn position(&self, offset: u32, text: &str, column: Column) -> Position {
        let position = self.utf8(offset);
        if self.is_ascii || column == Column::Utf8 {
            return position;
        }
        let before = &text[(offset - position.column) as usize..offset as usize];
        let columns = match column {
            Column::Utf8 => before.len(),
            Column::Utf32 => before.chars().count(),
            Column::Utf16 => before.encode_utf16().count(),
        };
        Position { line: position.line, column: columns as u32 }
    }

    /// The byte offset of a position in `text`, the text that was indexed. None for a line behind the last one, a column
    /// behind the line's end or one inside of a character.
    pub fn offset(&self, position: Position, text: &str, column: Column) -> Option<u32> {
        let start = *self.starts.get((position.line as usize).checked_sub(1)?)?;
        let end = self.line_start(position.line + 1, text);
        let line = text.get(start as usize..end as usize)?;
        let bytes = if self.is_ascii || column == Column::Utf8 {
            position.column
        } else {
            let width = |char: char| if column == Column::Utf16 { char.len_utf16() as u32 } else { 1 };
            let (mut columns, mut bytes) = (0, 0);
            for char in line.chars() {
                if columns >= position.column {
                    break;
                }
                columns += width(char);
                bytes += char.len_utf8() as u32;
            }
            if columns != position.column {
                return None;
            }
            bytes
        };
        line.is_char_boundary(bytes as usize).then_some(start + bytes)
    }

    /// The number of lines; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at: &str, column: Column, expected: (u32, u32)) {
        let offset = text.find(at).expect("the marker is in the text") as u32;
        let Position { line, column } = LineIndex::new(text).position(offset, text, column);
        assert_eq!((line, column), expected, "{at:?} in {text:?}");
    }

    #[test]
    fn lines_end_at_all_three_line_breaks_and_nowhere_else() {
        check("a\nb\r\nc\rd", "d", Column::Utf8, (4, 0));
        check("a\u{c}b\u{2028}c", "c", Column::Utf8, (1, 6));
        check("\r\nx", "x", Column::Utf8, (2, 0));
    }

    #[test]
    fn columns_count_bytes_code_points_or_utf16_units() {
        check("é😀x", "x", Column::Utf8, (1, 6));
        check("é😀x", "x", Column::Utf32, (1, 2));
        check("é😀x", "x", Column::Utf16, (1, 3));
    }

    #[test]
    fn a_hint_changes_nothing_but_the_cost() {
        let text = "a\nbb\n\ncc";
        let index = LineIndex::new(text);
        for offset in 0..=text.len() as u32 {
            for near in 1..=index.line_count() {
                assert_eq!(index.utf8_near(offset, near), index.utf8(offset), "{offset} near {near}");
            }
        }
    }

    #[test]
    fn positions_lead_back_to_their_offsets() {
        for text in ["", "a\nbb\r\n\rc", "é😀x\n😀"] {
            let index = LineIndex::new(text);
            for column in [Column::Utf8, Column::Utf16, Column::Utf32] {
                for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                    let position = index.position(offset as u32, text, column);
                    assert_eq!(index.offset(position, text, column), Some(offset as u32), "{offset} in {text:?}");
                }
            }
        }
        let none = |text: &str, line, column_number, column| {
            let position = Position { line, column: column_number };
            assert_eq!(LineIndex::new(text).offset(position, text, column), None, "{position:?} in {text:?}");
        };
        none("a\nb", 0, 0, Column::Utf8);
        none("a\nb", 3, 0, Column::Utf8);
        none("a\nb", 1, 3, Column::Utf8);
        none("é", 1, 1, Column::Utf8);
        none("😀", 1, 1, Column::Utf16);
        none("😀", 1, 2, Column::Utf32);
    }

    #[test]
    fn line_starts_are_found_and_clamped() {
        let index = LineIndex::new("a\nbc\n");
        assert_eq!((index.line_start(2, "a\nbc\n"), index.line_start(9, "a\nbc\n")), (2, 5));
        assert_eq!(index.line_count(), 3);
    }
}
