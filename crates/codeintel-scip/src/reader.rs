//! An index, one part at a time.

use std::io::{BufRead, Read as _};

use protobuf::CodedInputStream;

use crate::decode::{Decoder, Fault, MAX_PART_BYTES, skip};
use crate::document::{Document, Header, Symbol};

/// Why an index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ScipError {
    /// The bytes are no SCIP index.
    #[error("not a complete SCIP index: {reason} ({place})")]
    Decode {
        /// Where it is noticed.
        place: IndexPlace,
        /// What is wrong there.
        reason: String,
    },
    /// The index ends too early.
    #[error("not a complete SCIP index: {declared} bytes expected, {found} found ({place})")]
    Truncated {
        /// Where the part begins that is not whole.
        place: IndexPlace,
        /// The bytes that it says it has.
        declared: u64,
        /// The bytes that are there.
        found: u64,
    },
    /// A part cannot be encoded.
    #[error("part of the index cannot be encoded: {0}")]
    Encode(String),
    /// The first part is not the metadata, as the schema demands.
    #[error("not a SCIP index: it does not begin with its metadata")]
    NoHeader,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A place in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPlace {
    /// Bytes from the beginning of the index.
    pub offset: u64,
    /// The path of the document that it is in, as the producer wrote it.
    pub document: Option<String>,
}

impl IndexPlace {
    fn new(offset: u64, document: Option<String>) -> Self {
        Self { offset, document: document.filter(|path| !path.is_empty()) }
    }
}

impl std::fmt::Display for IndexPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}", self.offset)?;
        self.document.as_ref().map_or(Ok(()), |path| write!(f, ", document `{}`", shown_path(path)))
    }
}

/// A path of an index as it can be shown: in one line, and cut where it is longer than a person would read.
pub fn shown_path(path: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for char in path.chars().take(LONGEST) {
        if char.is_control() { shown.extend(char.escape_default()) } else { shown.push(char) }
    }
    if path.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
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

/// Reads an index. No more than one part of it is in memory at a time, and no part may take more than 256 MiB.
pub struct IndexReader<'a> {
    input: CodedInputStream<'a>,
    /// The bytes of the part that is read.
    part: Vec<u8>,
    has_header: bool,
    is_over: bool,
    is_outline: bool,
    /// What the parts of an outline take in memory.
    outline_bytes: usize,
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

/// Whoever reads an outline keeps all of it; so much memory may it take.
const MAX_OUTLINE_BYTES: usize = 2 * MAX_PART_BYTES;

impl<'a> IndexReader<'a> {
    /// Read from a stream.
    pub fn new(input: &'a mut dyn BufRead) -> Self {
        let input = CodedInputStream::from_buf_read(input);
        let (has_header, is_over, is_outline) = (false, false, false);
        Self { input, part: Vec::new(), has_header, is_over, is_outline, outline_bytes: 0 }
    }

    /// Of documents give nothing but their paths; the rest is checked and not kept. What an index says of external symbols comes
    /// behind them. An index whose outline could be read can be read.
    #[must_use]
    pub fn outline(mut self) -> Self {
        self.is_outline = true;
        self
    }

    /// How many bytes were read.
    pub fn offset(&self) -> u64 {
        self.input.pos()
    }

    fn next_part(&mut self) -> Result<Option<Part>, ScipError> {
        loop {
            let offset = self.input.pos();
            let Some(tag) = self.input.read_raw_tag_or_eof().map_err(|error| error_at(offset, None, error.into()))?
            else {
                return if self.has_header { Ok(None) } else { Err(ScipError::NoHeader) };
            };
            if !self.has_header && tag != METADATA {
                return Err(ScipError::NoHeader);
            }
            match tag {
                METADATA => {
                    let start = self.read(offset, tag)?;
                    self.has_header = true;
                    return self.decode(start, |decoder| Ok(Some(Part::Header(decoder.header()?))));
                }
                DOCUMENTS => {
                    let start = self.read(offset, tag)?;
                    let mut document = Document::default();
                    let decoded = Decoder::new(&self.part, !self.is_outline).map_err(|fault| (0, fault));
                    let decoded = decoded.and_then(|mut decoder| {
                        decoder.document(&mut document).map_err(|fault| (decoder.offset(), fault))
                    });
                    if let Err((offset, fault)) = decoded {
                        return Err(error_at(start + offset, Some(document.relative_path), fault));
                    }
                    self.keep(offset, size_of::<String>() + document.relative_path.len())?;
                    return Ok(Some(Part::Document(document)));
                }
                EXTERNAL_SYMBOLS => {
                    let start = self.read(offset, tag)?;
                    let (symbol, memory) = self.decode(start, |decoder| Ok((decoder.symbol()?, decoder.memory())))?;
                    // It is found by its name, which is there twice then.
                    self.keep(offset, memory + size_of::<String>() + symbol.symbol.len())?;
                    return Ok(Some(Part::External(symbol)));
                }
                // A field of a later version of the schema.
                tag => skip(&mut self.input, tag).map_err(|fault| error_at(offset, None, fault))?,
            }
        }
    }

    /// Read the bytes of a part, which has a length. Gives the offset of the first one.
    fn read(&mut self, offset: u64, tag: u32) -> Result<u64, ScipError> {
        let declared = self.input.read_raw_varint64().map_err(|error| error_at(offset, None, error.into()))?;
        let start = self.input.pos();
        self.part.clear();
        let at_most = declared.min(MAX_PART_BYTES as u64);
        let mut found = (&mut self.input).take(at_most).read_to_end(&mut self.part)? as u64;
        if found == declared {
            return Ok(start);
        }
        // A length that is not true is the more likely mistake, and the better answer.
        found += std::io::copy(&mut (&mut self.input).take(declared - found), &mut std::io::sink())?;
        let mut document = Document::default();
        if tag == DOCUMENTS
            && let Ok(mut decoder) = Decoder::new(&self.part, false)
        {
            // It ends with a fault, of course; what stands before is there.
            let _fault = decoder.document(&mut document);
        }
        if found == declared {
            return Err(error_at(offset, Some(document.relative_path), Fault::TooLarge));
        }
        let place = IndexPlace::new(offset, Some(document.relative_path));
        Err(ScipError::Truncated { place, declared, found })
    }

    fn decode<T>(&self, start: u64, decode: impl FnOnce(&mut Decoder<'_>) -> Result<T, Fault>) -> Result<T, ScipError> {
        let mut decoder = Decoder::new(&self.part, true).map_err(|fault| error_at(start, None, fault))?;
        decode(&mut decoder).map_err(|fault| error_at(start + decoder.offset(), None, fault))
    }

    fn keep(&mut self, offset: u64, bytes: usize) -> Result<(), ScipError> {
        if self.is_outline {
            self.outline_bytes += bytes;
            if self.outline_bytes > MAX_OUTLINE_BYTES {
                let reason = format!(
                    "its external symbols and document paths need more than {} MiB of memory",
                    MAX_OUTLINE_BYTES >> 20
                );
                return Err(ScipError::Decode { place: IndexPlace::new(offset, None), reason });
            }
        }
        Ok(())
    }
}

fn error_at(offset: u64, document: Option<String>, fault: Fault) -> ScipError {
    match fault {
        Fault::Io(error) => ScipError::Io(error),
        fault => ScipError::Decode { place: IndexPlace::new(offset, document), reason: fault.to_string() },
    }
}

impl Iterator for IndexReader<'_> {
    type Item = Result<Part, ScipError>;

    /// The next part. Behind an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let part = self.next_part().transpose();
        self.is_over = !matches!(part, Some(Ok(_)));
        part
    }
}
