//! Aligned columns for people.
//!
//! The widths are those of the first rows. On a terminal no cell is wider than its column, and no line than the terminal; elsewhere
//! nothing is cut, and a later cell that is wider than its column moves what is behind it.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::ArrowError;
use codeintel_store::{Column, ColumnKind};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Printer;

/// So much of a cell is shown, however narrow the terminal is.
const NARROWEST: usize = 6;

/// Each column has a space on both sides.
const PADDING: usize = 2;

pub(super) struct Table {
    names: Vec<String>,
    is_number: Vec<bool>,
    terminal: Option<usize>,
    /// Known once there are rows.
    widths: Option<Vec<usize>>,
}

impl Table {
    /// For a terminal of a width, or for something else.
    pub(super) fn new(columns: &[Column], terminal: Option<usize>) -> Self {
        Self {
            names: columns.iter().map(|column| visible(&column.name)).collect(),
            is_number: columns.iter().map(|column| column.kind == ColumnKind::Number).collect(),
            terminal,
            widths: None,
        }
    }

    fn line(&self, widths: &[usize], cells: &[String], out: &mut Vec<u8>) {
        let mut line = String::new();
        for ((cell, &width), is_number) in cells.iter().zip(widths).zip(&self.is_number) {
            let cut = self.terminal.map(|_| cut(cell, width));
            let cell = cut.as_deref().unwrap_or(cell);
            let blank = " ".repeat(width.saturating_sub(width_of(cell)));
            let (before, behind) = if *is_number { (blank.as_str(), "") } else { ("", blank.as_str()) };
            line.extend([" ", before, cell, behind, " "]);
        }
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }

    fn header(&self, rows: &[Vec<String>], out: &mut Vec<u8>) -> Vec<usize> {
        let of_column = |(at, name): (usize, &String)| {
            rows.iter().map(|row| width_of(&row[at])).chain([width_of(name)]).max().unwrap_or_default()
        };
        let natural: Vec<usize> = self.names.iter().enumerate().map(of_column).collect();
        let widths = self.terminal.map_or(natural.clone(), |terminal| fitted(&natural, terminal));
        self.line(&widths, &self.names, out);
        widths
    }
}

impl Printer for Table {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        let options = FormatOptions::default().with_null("NULL");
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let row = |at| columns.iter().map(|column| Ok(visible(&column.value(at).try_to_string()?))).collect();
        let rows = (0..batch.num_rows()).map(row).collect::<Result<Vec<Vec<String>>, ArrowError>>()?;
        let widths = self.widths.take().unwrap_or_else(|| self.header(&rows, out));
        for row in &rows {
            self.line(&widths, row, out);
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if self.widths.is_none() {
            self.widths = Some(self.header(&[], out));
        }
        Ok(())
    }

    fn hidden_columns(&self) -> usize {
        self.names.len() - self.widths.as_ref().map_or(self.names.len(), Vec::len)
    }
}

/// The widths of as many columns as fit into a line. The widest columns are narrowed first, all to the same width.
fn fitted(natural: &[usize], terminal: usize) -> Vec<usize> {
    let least = |width: &usize| (*width).min(NARROWEST) + PADDING;
    let mut needed = 0;
    let shown = natural.iter().take_while(|width| {
        needed += least(width);
        needed <= terminal
    });
    let natural = &natural[..shown.count().max(1).min(natural.len())];
    let needs = |cap: usize| natural.iter().map(|width| (*width).min(cap) + PADDING).sum::<usize>();
    let widest = natural.iter().copied().max().unwrap_or_default();
    let cap = (NARROWEST..=widest.max(NARROWEST)).rev().find(|cap| needs(*cap) <= terminal).unwrap_or(NARROWEST);
    natural.iter().map(|width| (*width).min(cap)).collect()
}

/// How many columns of characters a text takes. Most are ASCII.
fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// A cell in a column of this width.
fn cut(cell: &str, width: usize) -> String {
    if width_of(cell) <= width {
        return cell.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let kept: String = cell.chars().take_while(fits).collect();
    format!("{kept}…")
}

/// A text in one line, with escapes in place of what would command a terminal or change the order of what is read.
fn visible(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let is_hidden = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(is_hidden) {
        return text.to_owned();
    }
    let escaped = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// The texts of a plan, as they are.
pub(super) struct Plan;

impl Printer for Plan {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        let texts = batch.columns().last().and_then(|column| column.as_string_opt::<i32>());
        for text in texts.into_iter().flatten().flatten() {
            out.extend_from_slice(text.trim_end().as_bytes());
            out.push(b'\n');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, StringArray};

    use super::super::tests::{batch, column};
    use super::*;

    fn printed(terminal: Option<usize>, texts: &[&str]) -> (String, usize) {
        let columns =
            [column("n", ColumnKind::Number), column("text", ColumnKind::Text), column("again", ColumnKind::Text)];
        let numbers: ArrayRef = Arc::new(Int64Array::from((0..texts.len() as i64).map(|n| n * 50).collect::<Vec<_>>()));
        let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let batch = batch(&columns, vec![numbers, texts.clone(), texts]);
        let (mut table, mut out) = (Table::new(&columns, terminal), Vec::new());
        for at in 0..batch.num_rows() {
            table.batch(&batch.slice(at, 1), &mut out).unwrap();
        }
        table.end(&mut out).unwrap();
        (String::from_utf8(out).unwrap(), table.hidden_columns())
    }

    #[test]
    fn columns_are_aligned_by_the_first_rows_and_nothing_is_cut() {
        let expected = " n  text   again\n 0  first  first\n 50  a      a\n 100  longer than that  longer than that\n";
        assert_eq!(printed(None, &["first", "a", "longer than that"]), (expected.to_owned(), 0));
    }

    #[test]
    fn on_a_terminal_cells_are_cut_and_columns_that_do_not_fit_are_hidden() {
        let (text, hidden) = printed(Some(30), &["a text that is too long", "日本語日本語日本語"]);
        assert_eq!(text, " n  text         again\n 0  a text tha…  a text tha…\n …  日本語日本…  日本語日本…\n");
        assert!(text.lines().all(|line| line.width() <= 30) && hidden == 0, "{text}");
        let (text, hidden) = printed(Some(12), &["a text that is too long"]);
        assert_eq!((text.as_str(), hidden), (" n  text\n 0  a text…\n", 1));
        assert!(printed(Some(1), &["x"]).1 == 2);
    }

    #[test]
    fn a_cell_cannot_command_the_terminal_and_stays_in_its_line() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("a\tb\nc", "a\\tb\\nc");
        check("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}");
        check("\u{9b}31m \u{202e}evil", "\\u{9b}31m \\u{202e}evil");
        check("é 日", "é 日");
    }
}
