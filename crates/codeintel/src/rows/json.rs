//! Rows as JSON objects: one list of them, or one a line.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_json::WriterBuilder;
use arrow_json::writer::{Encoder, EncoderFactory, EncoderOptions, JsonFormat, NullableEncoder, Writer};
use arrow_schema::{ArrowError, FieldRef, SchemaRef};
use codeintel_store::Column;
use serde::de::IgnoredAny;

use super::{Printer, renamed, schema};

/// The metadata of a field whose texts are JSON.
pub(super) const MARK: &str = "codeintel:json";

pub(super) struct Json<F: JsonFormat> {
    schema: SchemaRef,
    writer: Writer<Vec<u8>, F>,
    has_rows: bool,
}

impl<F: Rows> Json<F> {
    pub(super) fn new(columns: &[Column]) -> Self {
        let builder = WriterBuilder::new().with_explicit_nulls(true).with_encoder_factory(Arc::new(JsonColumns));
        Self { schema: schema(columns, unique(columns)), writer: builder.build(Vec::new()), has_rows: false }
    }

    fn drain(&mut self, out: &mut Vec<u8>) {
        out.append(self.writer.get_mut());
    }
}

impl<F: Rows> Printer for Json<F> {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.writer.write(&renamed(batch, &self.schema)?)?;
        self.drain(out);
        self.has_rows |= batch.num_rows() > 0;
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if self.has_rows {
            self.writer.finish()?;
            self.drain(out);
        } else {
            out.extend_from_slice(F::EMPTY.as_bytes());
        }
        Ok(())
    }
}

/// The columns' names, of which the second `n` is `n_2`.
fn unique(columns: &[Column]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |Column { name, .. }: &Column| {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| taken.insert(name.clone())).unwrap_or_default()
    };
    columns.iter().map(name).collect()
}

/// How rows follow each other.
pub(super) trait Rows: JsonFormat {
    /// No rows.
    const EMPTY: &str;
}

impl Rows for List {
    const EMPTY: &str = "[]\n";
}

impl Rows for Lines {
    const EMPTY: &str = "";
}

/// One list, with a line for each row.
#[derive(Debug, Default)]
pub(super) struct List;

impl JsonFormat for List {
    fn start_stream<W: Write>(&self, writer: &mut W) -> Result<(), ArrowError> {
        Ok(writer.write_all(b"[")?)
    }

    fn start_row<W: Write>(&self, writer: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        Ok(writer.write_all(if is_first_row { b"\n  " } else { b",\n  " })?)
    }

    fn end_stream<W: Write>(&self, writer: &mut W) -> Result<(), ArrowError> {
        Ok(writer.write_all(b"\n]\n")?)
    }
}

/// A line for each row.
pub(super) type Lines = arrow_json::writer::LineDelimited;

/// Writes texts that are JSON as what they are.
#[derive(Debug)]
struct JsonColumns;

impl EncoderFactory for JsonColumns {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let texts = array.as_string_opt::<i32>().filter(|_| field.metadata().contains_key(MARK));
        Ok(texts.map(|texts| NullableEncoder::new(Box::new(JsonTexts(texts)), texts.nulls().cloned())))
    }
}

struct JsonTexts<'a>(&'a StringArray);

impl Encoder for JsonTexts<'_> {
    fn encode(&mut self, at: usize, out: &mut Vec<u8>) {
        let text = self.0.value(at);
        let start = out.len();
        if is_json(text) {
            out.extend_from_slice(text.as_bytes());
        } else {
            let known = with_nulls(text);
            let is_known = is_json(&known);
            out.extend_from_slice(if is_known { known } else { serde_json::Value::from(text).to_string() }.as_bytes());
        }
        // Line breaks between values are white space. Within texts there are none.
        out[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// `null` for the numbers that JSON cannot say, as for those that are columns of their own.
fn with_nulls(text: &str) -> String {
    let mut known = String::with_capacity(text.len());
    let (mut is_text, mut at) = (false, 0);
    while let Some(c) = text[at..].chars().next() {
        let number =
            ["NaN", "Infinity", "-Infinity"].iter().find(|number| !is_text && text[at..].starts_with(**number));
        if let Some(number) = number {
            known += "null";
            at += number.len();
            continue;
        }
        known.push(c);
        at += c.len_utf8();
        if is_text && c == '\\' {
            known.extend(text[at..].chars().next());
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
        is_text ^= c == '"';
    }
    known
}

#[cfg(test)]
mod tests {
    use codeintel_store::ColumnKind;

    use super::super::tests::{batch, column};
    use super::*;

    fn check(json: &str, expected: &str) {
        let columns = [column("x", ColumnKind::Json)];
        let mut printer = Json::<Lines>::new(&columns);
        let mut out = Vec::new();
        printer.batch(&batch(&columns, vec![Arc::new(StringArray::from(vec![json]))]), &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line, format!("{{\"x\":{expected}}}\n"));
        serde_json::from_str::<IgnoredAny>(&line).unwrap();
    }

    #[test]
    fn json_is_written_as_it_is() {
        check("{\"a\":  1.10}", "{\"a\":  1.10}");
        check("123456789012345678901234567890", "123456789012345678901234567890");
        check("{\n\"a\":\"\\n\"}", "{ \"a\":\"\\n\"}");
        check(
            &format!("{}{}", "[".repeat(1000), "]".repeat(1000)),
            &format!("{}{}", "[".repeat(1000), "]".repeat(1000)),
        );
    }

    #[test]
    fn what_is_no_json_is_null_or_a_text() {
        check("[NaN,-Infinity,Infinity,\"NaN \\\"Infinity\"]", "[null,null,null,\"NaN \\\"Infinity\"]");
        check("{oops\n", "\"{oops\\n\"");
    }

    #[test]
    fn later_columns_of_a_name_are_numbered() {
        let names = unique(&["n", "n", "n_2", "n"].map(|name| column(name, ColumnKind::Text)));
        assert_eq!(names, ["n", "n_2", "n_2_2", "n_3"]);
    }
}
