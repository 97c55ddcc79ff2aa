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
    is_outline: bool,
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

/// A field of the message `Document`.
const RELATIVE_PATH: u32 = 1 << 3 | 2;

impl<'a> IndexReader<'a> {
    /// Read from a stream.
    pub fn new(input: &'a mut dyn BufRead) -> Self {
        let input = CodedInputStream::from_buf_read(input);
        Self { input, has_header: false, is_over: false, is_outline: false }
    }

    /// Of documents read nothing but their paths. What an index says of external symbols comes behind them.
    #[must_use]
    pub fn outline(mut self) -> Self {
        self.is_outline = true;
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
                DOCUMENTS if self.is_outline => {
                    let relative_path = self.relative_path().map_err(ScipError::Decode)?;
                    return Ok(Some(Part::Document(Document { relative_path, ..Document::default() })));
                }
                DOCUMENTS => {
                    let document = self.input.read_message().map_err(ScipError::Decode)?;
                    return Ok(Some(Part::Document(Document::from_message(document))));
                }
                EXTERNAL_SYMBOLS => {
                    let symbol = self.input.read_message().map_err(ScipError::Decode)?;
                    return Ok(Some(Part::External(Symbol::from_message(symbol))));
                }
                // A field of a later version of the schema.
                tag => self.skip(tag).map_err(ScipError::Decode)?,
            }
        }
    }

    /// The path of a document, of which nothing else is read.
    fn relative_path(&mut self) -> protobuf::Result<String> {
        let length = self.input.read_raw_varint32()?;
        let limit = self.input.push_limit(length.into())?;
        let mut path = String::new();
        while let Some(tag) = self.input.read_raw_tag_or_eof()? {
            match tag {
                RELATIVE_PATH => path = self.input.read_string()?,
                tag => self.skip(tag)?,
            }
        }
        self.input.pop_limit(limit);
        Ok(path)
    }

    fn skip(&mut self, tag: u32) -> protobuf::Result<()> {
        let wire_type = protobuf::rt::WireType::new(tag & 7);
        let wire_type = wire_type.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidData))?;
        self.input.skip_field(wire_type)
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
