//! Rows to text, in the formats that are offered.

use std::io::{self, Write};

use codeintel_store::{QueryResult, Value};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Map;

use crate::args::RowFormat;

/// Print the rows of a query.
pub(crate) fn rows(out: &mut dyn Write, result: &QueryResult, format: RowFormat) -> anyhow::Result<()> {
    match format {
        RowFormat::Table => {
            let mut table = table(result.columns.iter().map(String::as_str));
            let is_number = |column: &usize| {
                let mut values = result.rows.iter().map(|row| &row[*column]);
                values.all(|value| matches!(value, Value::Literal(text) if text.parse::<f64>().is_ok()))
            };
            for row in &result.rows {
                table.add_row(row.iter().map(plain));
            }
            for column in (0..result.columns.len()).filter(is_number) {
                if let Some(column) = table.column_mut(column) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
            writeln!(out, "{table}")?;
        }
        RowFormat::Json => {
            out.write_all(b"[")?;
            for (at, row) in result.rows.iter().enumerate() {
                let comma = if at > 0 { "," } else { "" };
                write!(out, "{comma}\n  {}", object(&result.columns, row))?;
            }
            let end: &[u8] = if result.rows.is_empty() { b"]\n" } else { b"\n]\n" };
            out.write_all(end)?;
        }
        RowFormat::Jsonl => {
            for row in &result.rows {
                writeln!(out, "{}", object(&result.columns, row))?;
            }
        }
        RowFormat::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(&result.columns)?;
            for row in &result.rows {
                let cells = row.iter().map(|value| if *value == Value::Null { "" } else { plain(value) });
                writer.write_record(cells)?;
            }
            writer.flush()?;
        }
    }
    Ok(())
}

/// An empty table with a header.
pub(crate) fn table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}

fn plain(value: &Value) -> &str {
    match value {
        Value::Null => "NULL",
        Value::Literal(text) | Value::Json(text) | Value::Text(text) => text,
    }
}

/// A row as a JSON object. Where two columns have one name, the later one is numbered.
fn object(columns: &[String], row: &[Value]) -> serde_json::Value {
    let mut object = Map::new();
    for (column, value) in columns.iter().zip(row) {
        let mut name = column.clone();
        let mut number = 1;
        while object.contains_key(&name) {
            number += 1;
            name = format!("{column}_{number}");
        }
        object.insert(name, json(value));
    }
    serde_json::Value::Object(object)
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        // What JSON cannot say, such as NaN, stays text.
        Value::Literal(text) | Value::Json(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
        }
        Value::Text(text) => serde_json::Value::String(text.clone()),
    }
}

/// Standard output, buffered.
pub(crate) fn stdout() -> io::BufWriter<io::StdoutLock<'static>> {
    io::BufWriter::new(io::stdout().lock())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: RowFormat, expected: &str) {
        let text = |text: &str| Value::Text(text.to_owned());
        let result = QueryResult {
            columns: vec!["n".to_owned(), "n".to_owned(), "t".to_owned()],
            rows: vec![
                vec![Value::Literal("1".to_owned()), Value::Json("[1]".to_owned()), text("a,b")],
                vec![Value::Literal("20".to_owned()), Value::Null, text("340282366920938463463374607431768211455")],
            ],
            is_cut: false,
        };
        let mut out = Vec::new();
        rows(&mut out, &result, format).unwrap();
        let lines: Vec<String> =
            String::from_utf8(out).unwrap().lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn every_format_keeps_every_value() {
        check(RowFormat::Csv, "n,n,t\n1,[1],\"a,b\"\n20,,340282366920938463463374607431768211455");
        check(
            RowFormat::Jsonl,
            "{\"n\":1,\"n_2\":[1],\"t\":\"a,b\"}\n{\"n\":20,\"n_2\":null,\"t\":\"340282366920938463463374607431768211455\"}",
        );
        check(RowFormat::Table, "  n  n     t\n  1  [1]   a,b\n 20  NULL  340282366920938463463374607431768211455");
    }
}
