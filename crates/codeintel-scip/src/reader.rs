//! An index, one part at a time.

use std::io::BufRead;

use protobuf::CodedInputStream;
use scip::types;

use crate::document::{Document, Symbol};

/// Why an index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ScipError {
    /// The bytes are no SCIP index, or end too early.
    #[error("not a SCIP index, or a part of one: {0}")]
    Decode(protobuf::Error),
    /// A part cannot be encoded.
    #[error("a part of the index cannot be encoded: {0}")]
    Encode(String),
    /// The first part is not the metadata, as the schema demands.
    #[error("not a SCIP index: it does not begin with its metadata")]
    NoHeader,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What an index says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// URI of the folder that relative paths start from, for example `file:///home/me/project`.
    pub project_root: String,
    /// Name of the program that made the index.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
}

/// A part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// What the index says of itself; the first part.
    Header(Header),
    /// One source file.
    Document(Document),
    /// A symbol that is defined outside of the index.
    External(Symbol),
}

/// Reads an index. No more than one part of it is in memory at a time.
pub struct IndexReader<'a> {
    input: CodedInputStream<'a>,
    has_header: bool,
    is_over: bool,
    skips_documents: bool,
}

impl std::fmt::Debug for IndexReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexReader").field("has_header", &self.has_header).finish_non_exhaustive()
    }
}

/// The fields of the message `Index`, as they are tagged: their number and that they have a length.
const METADATA: u32 = 1 << 3 | 2;
const DOCUMENTS: u32 = 2 << 3 | 2;
const EXTERNAL_SYMBOLS: u32 = 3 << 3 | 2;

impl<'a> IndexReader<'a> {
    /// Read from a stream.
    pub fn new(input: &'a mut dyn BufRead) -> Self {
        let input = CodedInputStream::from_buf_read(input);
        Self { input, has_header: false, is_over: false, skips_documents: false }
    }

    /// Pass over the documents without decoding them. What an index says of external symbols comes behind them.
    #[must_use]
    pub fn without_documents(mut self) -> Self {
        self.skips_documents = true;
        self
    }

    fn part(&mut self) -> Result<Option<Part>, ScipError> {
        loop {
            let Some(tag) = self.input.read_raw_tag_or_eof().map_err(ScipError::Decode)? else {
                return if self.has_header { Ok(None) } else { Err(ScipError::NoHeader) };
            };
            if !self.has_header && tag != METADATA {
                return Err(ScipError::NoHeader);
            }
            match tag {
                METADATA => {
                    let metadata: types::Metadata = self.input.read_message().map_err(ScipError::Decode)?;
                    self.has_header = true;
                    let tool = metadata.tool_info.into_option().unwrap_or_default();
                    return Ok(Some(Part::Header(Header {
                        project_root: metadata.project_root,
                        producer: tool.name,
                        producer_version: tool.version,
                    })));
                }
                DOCUMENTS if !self.skips_documents => {
                    let document = self.input.read_message().map_err(ScipError::Decode)?;
                    return Ok(Some(Part::Document(Document::from_message(document))));
                }
                EXTERNAL_SYMBOLS => {
                    let symbol = self.input.read_message().map_err(ScipError::Decode)?;
                    return Ok(Some(Part::External(Symbol::from_message(symbol))));
                }
                // A field of a later version of the schema.
                tag => {
                    let wire_type = protobuf::rt::WireType::new(tag & 7);
                    let wire_type = wire_type.ok_or_else(|| {
                        ScipError::Decode(std::io::Error::from(std::io::ErrorKind::InvalidData).into())
                    })?;
                    self.input.skip_field(wire_type).map_err(ScipError::Decode)?;
                }
            }
        }
    }
}

impl Iterator for IndexReader<'_> {
    type Item = Result<Part, ScipError>;

    /// The next part. Behind an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let part = self.part().transpose();
        self.is_over = !matches!(part, Some(Ok(_)));
        part
    }
}
