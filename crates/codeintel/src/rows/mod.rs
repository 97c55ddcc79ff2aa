//! The rows of a query as text, in the formats that are offered, batch by batch: however many rows there are, only some of them are in
//! memory.

mod csv;
mod json;
mod table;

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use codeintel_store::{Column, ColumnKind, QueryError, Rows};

use self::csv::Csv;
use self::json::{Json, Lines, List};
use self::table::{Plan, Table};
use crate::args::RowFormat;
use crate::errors::CommandError;

/// Where rows are printed if it is a terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Columns of characters.
    pub(crate) width: usize,
    /// At most so many rows are shown.
    pub(crate) rows: usize,
}

/// What was printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) rows: usize,
    /// How many more rows there are that are not shown on the terminal.
    pub(crate) more: usize,
    /// Whether there are even more, which would have taken too long to count.
    pub(crate) is_at_least: bool,
    /// Columns for which the terminal is too narrow.
    pub(crate) hidden_columns: usize,
}

/// A format: it adds text to a buffer.
trait Printer {
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<(), ArrowError> {
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError>;

    fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), ArrowError> {
        Ok(())
    }

    fn hidden_columns(&self) -> usize {
        0
    }
}

/// Print all rows, or what a terminal shows of them.
pub(crate) fn print(
    out: &mut dyn Write,
    rows: &mut Rows<'_>,
    format: RowFormat,
    terminal: Option<Terminal>,
) -> Result<Printed, CommandError> {
    let columns = rows.columns().to_vec();
    let terminal = terminal.filter(|_| format == RowFormat::Table && !rows.is_plan());
    let mut printer: Box<dyn Printer> = match format {
        RowFormat::Table if rows.is_plan() => Box::new(Plan),
        RowFormat::Table => Box::new(Table::new(&columns, terminal.map(|terminal| terminal.width))),
        RowFormat::Json => Box::new(Json::<List>::new(&columns)),
        RowFormat::Jsonl => Box::new(Json::<Lines>::new(&columns)),
        RowFormat::Csv => Box::new(Csv::new(&columns)),
    };
    let most = terminal.map_or(usize::MAX, |terminal| terminal.rows);
    let mut printed = Printed::default();
    let mut text = Vec::new();
    printer.begin(&mut text)?;
    while printed.rows < most
        && let Some(batch) = rows.next_batch()?
    {
        let shown = batch.num_rows().min(most - printed.rows);
        printer.batch(&batch.slice(0, shown), &mut text)?;
        out.write_all(&text)?;
        text.clear();
        printed.rows += shown;
        printed.more = batch.num_rows() - shown;
    }
    printer.end(&mut text)?;
    out.write_all(&text)?;
    if printed.rows == most {
        // Whoever looks at the terminal shall not wait for the count.
        out.flush()?;
        let counted = count(rows, &mut printed.more);
        printed.is_at_least = matches!(counted, Err(QueryError::Time(_)));
        counted.or_else(|error| if printed.is_at_least { Ok(()) } else { Err(error) })?;
    }
    printed.hidden_columns = printer.hidden_columns();
    Ok(printed)
}

fn count(rows: &mut Rows<'_>, more: &mut usize) -> Result<(), QueryError> {
    while let Some(batch) = rows.next_batch()? {
        *more += batch.num_rows();
    }
    Ok(())
}

/// A schema with these columns' names.
fn schema(columns: &[Column], names: impl IntoIterator<Item = String>) -> SchemaRef {
    let fields = columns.iter().zip(names).map(|(column, name)| {
        // The type is that of the batches; this one is for a header without rows.
        let field = Field::new(name, DataType::Utf8, true);
        let is_json = column.kind == ColumnKind::Json;
        if is_json { field.with_metadata([(json::MARK.to_owned(), String::new())].into()) } else { field }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch under other names.
fn renamed(batch: &RecordBatch, schema: &Schema) -> Result<RecordBatch, ArrowError> {
    let fields = schema.fields().iter().zip(batch.columns());
    let fields = fields.map(|(field, values)| field.as_ref().clone().with_data_type(values.data_type().clone()));
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), batch.columns().to_vec())
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, UInt8Array};

    use super::*;

    pub(super) fn column(name: &str, kind: ColumnKind) -> Column {
        Column { name: name.to_owned(), kind }
    }

    pub(super) fn batch(columns: &[Column], values: Vec<ArrayRef>) -> RecordBatch {
        let fields = columns.iter().zip(&values);
        let fields = fields.map(|(column, values)| Field::new(&column.name, values.data_type().clone(), true));
        RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), values).unwrap()
    }

    fn check(mut printer: impl FnMut(&[Column]) -> Box<dyn Printer>, expected: &str) {
        let columns = [
            column("n", ColumnKind::Number),
            column("n", ColumnKind::Json),
            column("t", ColumnKind::Text),
            column("b", ColumnKind::Boolean),
            column("f", ColumnKind::Number),
        ];
        let texts = |values: [Option<&str>; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        let values: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1, -20])),
            texts([Some("[1,{\"a\":1.10}]"), None]),
            texts([Some("a,\"b\"\n\u{1b}[1m"), Some("340282366920938463463374607431768211455")]),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(Float64Array::from(vec![0.1, f64::NAN])),
        ];
        let batch = batch(&columns, values);
        let (mut printer, mut out) = (printer(&columns), Vec::new());
        printer.begin(&mut out).unwrap();
        printer.batch(&batch.slice(0, 1), &mut out).unwrap();
        printer.batch(&batch.slice(1, 1), &mut out).unwrap();
        printer.end(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn every_format_keeps_every_value() {
        check(
            |columns| Box::new(Csv::new(columns)),
            "n,n,t,b,f\n1,\"[1,{\"\"a\"\":1.10}]\",\"a,\"\"b\"\"\n\u{1b}[1m\",true,0.1\n\
             -20,,340282366920938463463374607431768211455,,NaN\n",
        );
        let first = r#"{"n":1,"n_2":[1,{"a":1.10}],"t":"a,\"b\"\n\u001b[1m","b":true,"f":0.1}"#;
        let second = r#"{"n":-20,"n_2":null,"t":"340282366920938463463374607431768211455","b":null,"f":null}"#;
        check(|columns| Box::new(Json::<Lines>::new(columns)), &format!("{first}\n{second}\n"));
        check(|columns| Box::new(Json::<List>::new(columns)), &format!("[\n  {first},\n  {second}\n]\n"));
    }

    #[test]
    fn nothing_is_still_an_answer() {
        let empty = |mut printer: Box<dyn Printer>| {
            let mut out = Vec::new();
            printer.begin(&mut out).unwrap();
            printer.end(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let columns = [column("a", ColumnKind::Number), column("b", ColumnKind::Text)];
        assert_eq!(empty(Box::new(Csv::new(&columns))), "a,b\n");
        assert_eq!(empty(Box::new(Json::<List>::new(&columns))), "[]\n");
        assert_eq!(empty(Box::new(Json::<Lines>::new(&columns))), "");
        assert_eq!(empty(Box::new(Table::new(&columns, None))), " a  b\n");
    }

    #[test]
    fn a_schema_may_change_its_types_with_the_batches() {
        let columns = [column("a", ColumnKind::Number)];
        let batch = batch(&columns, vec![Arc::new(UInt8Array::from(vec![7]))]);
        let found = renamed(&batch, &schema(&columns, ["z".to_owned()])).unwrap();
        assert_eq!((found.schema().field(0).name().as_str(), found.num_rows()), ("z", 1));
    }
}
