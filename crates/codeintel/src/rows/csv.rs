//! Comma-separated values with a header. NULL is an empty field.

use arrow_array::RecordBatch;
use arrow_csv::WriterBuilder;
use arrow_schema::{ArrowError, SchemaRef};
use codeintel_store::Column;

use super::{Printer, renamed, schema};

pub(super) struct Csv {
    schema: SchemaRef,
}

impl Csv {
    pub(super) fn new(columns: &[Column]) -> Self {
        Self { schema: schema(columns, columns.iter().map(|column| column.name.clone())) }
    }
}

impl Printer for Csv {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        WriterBuilder::new().build(out).write(&RecordBatch::new_empty(self.schema.clone()))
    }

    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        WriterBuilder::new().with_header(false).build(out).write(&renamed(batch, &self.schema)?)
    }
}
