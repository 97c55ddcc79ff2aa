//! Indexes in both forms: protobuf, as `index.scip`, and JSON.

use std::io::Write;

use protobuf::Message as _;
use protobuf_json_mapping::{PrintOptions, print_to_string_with_options};
use scip::types;

use crate::document::{Document, Header, Symbol};
use crate::reader::ScipError;

impl Header {
    fn to_message(&self) -> types::Metadata {
        let tool_info = types::ToolInfo {
            name: self.producer.clone(),
            version: self.producer_version.clone(),
            ..types::ToolInfo::default()
        };
        types::Metadata {
            project_root: self.project_root.clone(),
            tool_info: Some(tool_info).into(),
            text_document_encoding: types::TextEncoding::UTF8.into(),
            ..types::Metadata::default()
        }
    }
}

/// Writes `index.scip`, one part at a time.
#[derive(Debug)]
pub struct IndexWriter<W> {
    output: W,
}

impl<W: Write> IndexWriter<W> {
    /// Begin an index.
    pub fn new(output: W, header: &Header) -> Result<Self, ScipError> {
        let mut writer = Self { output };
        let metadata = Some(header.to_message()).into();
        writer.part(&types::Index { metadata, ..types::Index::default() })?;
        Ok(writer)
    }

    /// Write a document.
    pub fn document(&mut self, document: &Document) -> Result<(), ScipError> {
        self.part(&types::Index { documents: vec![document.to_message()], ..types::Index::default() })
    }

    /// Write a symbol that is defined outside of the index.
    pub fn external(&mut self, symbol: &Symbol) -> Result<(), ScipError> {
        self.part(&types::Index { external_symbols: vec![symbol.to_message()], ..types::Index::default() })
    }

    /// Indexes behind one another are one index with the parts of all.
    fn part(&mut self, index: &types::Index) -> Result<(), ScipError> {
        let bytes = index.write_to_bytes().map_err(|error| ScipError::Encode(error.to_string()))?;
        self.output.write_all(&bytes)?;
        Ok(())
    }

    /// End the index and give back what it was written to.
    pub fn finish(mut self) -> Result<W, ScipError> {
        self.output.flush()?;
        Ok(self.output)
    }
}

/// Writes `index.scip.json`, in the shape of `scip print --json`: the fields have the names of the schema, enumerations are
/// numbers, and what is empty is left out. All documents come before all external symbols.
#[derive(Debug)]
pub struct JsonWriter<W> {
    output: W,
    /// The list of parts that is being written.
    list: Option<&'static str>,
}

impl<W: Write> JsonWriter<W> {
    /// Begin an index.
    pub fn new(mut output: W, header: &Header) -> Result<Self, ScipError> {
        write!(output, "{{\"metadata\":{}", json(&header.to_message())?)?;
        Ok(Self { output, list: None })
    }

    /// Write a document.
    pub fn document(&mut self, document: &Document) -> Result<(), ScipError> {
        self.part("documents", &document.to_message())
    }

    /// Write a symbol that is defined outside of the index.
    pub fn external(&mut self, symbol: &Symbol) -> Result<(), ScipError> {
        self.part("external_symbols", &symbol.to_message())
    }

    fn part(&mut self, list: &'static str, message: &impl protobuf::MessageFull) -> Result<(), ScipError> {
        if self.list == Some(list) {
            write!(self.output, ",")?;
        } else {
            let end = if self.list.is_some() { "]" } else { "" };
            write!(self.output, "{end},\"{list}\":[")?;
            self.list = Some(list);
        }
        Ok(write!(self.output, "\n{}", json(message)?)?)
    }

    /// End the index and give back what it was written to.
    pub fn finish(mut self) -> Result<W, ScipError> {
        writeln!(self.output, "{}}}", if self.list.is_some() { "]" } else { "" })?;
        self.output.flush()?;
        Ok(self.output)
    }
}

fn json(message: &impl protobuf::MessageFull) -> Result<String, ScipError> {
    let options = PrintOptions { enum_values_int: true, proto_field_name: true, ..PrintOptions::default() };
    print_to_string_with_options(message, &options).map_err(|error| ScipError::Encode(error.to_string()))
}
