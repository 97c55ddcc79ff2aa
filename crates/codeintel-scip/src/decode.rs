//! The messages of an index, from bytes to types of our own. What is not kept is checked and not stored.
//!
//! An index may come from anywhere. So no length in it is believed before the bytes are there, and what a message takes in
//! memory is counted, since two bytes of a message may be a hundred in memory.

use std::io::BufRead as _;

use codeintel_base::Column;
use protobuf::{CodedInputStream, Enum as _};
use scip::types::symbol_information::Kind;

use crate::document::{Document, Header, Occurrence, Range, Relationship, Symbol};

/// So many bytes may a document or a symbol have, in the index and in memory.
pub(crate) const MAX_PART_BYTES: usize = if cfg!(test) { 2 << 20 } else { 256 << 20 };

/// Why a message cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Wire(#[from] protobuf::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("a field is longer than the message around it")]
    TooLong,
    #[error("a string is not valid UTF-8")]
    NotUtf8,
    #[error("a field has the invalid tag {0}")]
    Tag(u32),
    #[error("it needs more than {} MiB of memory", MAX_PART_BYTES >> 20)]
    TooLarge,
}

type Result<T> = std::result::Result<T, Fault>;

/// Fields as they are tagged: their number and their type on the wire.
const fn number(field: u32) -> u32 {
    field << 3
}

const fn bytes(field: u32) -> u32 {
    field << 3 | 2
}

/// Decodes one message.
pub(crate) struct Decoder<'a> {
    input: CodedInputStream<'a>,
    /// Bytes of memory that it may still take.
    left: usize,
    /// Of documents keep more than their paths.
    is_whole: bool,
}

impl<'a> Decoder<'a> {
    /// Of a document, nothing but its path is kept unless it `is_whole`. All of it is checked.
    pub(crate) fn new(message: &'a [u8], is_whole: bool) -> Result<Self> {
        let mut input = CodedInputStream::from_bytes(message);
        input.push_limit(message.len() as u64)?;
        Ok(Self { input, left: MAX_PART_BYTES, is_whole })
    }

    /// How many bytes of the message were read.
    pub(crate) fn offset(&self) -> u64 {
        self.input.pos()
    }

    /// What it takes in memory, near enough.
    pub(crate) fn memory(&self) -> usize {
        MAX_PART_BYTES - self.left
    }

    pub(crate) fn header(&mut self) -> Result<Header> {
        let mut header = Header::default();
        while let Some(tag) = self.tag()? {
            match tag {
                TOOL_INFO => self.nested(|this, tag| {
                    match tag {
                        TOOL_NAME => header.producer = this.text(true)?,
                        TOOL_VERSION => header.producer_version = this.text(true)?,
                        tag => this.skip(tag)?,
                    }
                    Ok(())
                })?,
                PROJECT_ROOT => header.project_root = self.text(true)?,
                tag => self.skip(tag)?,
            }
        }
        Ok(header)
    }

    /// What was read before a fault is in the document.
    pub(crate) fn document(&mut self, document: &mut Document) -> Result<()> {
        let is_whole = self.is_whole;
        while let Some(tag) = self.tag()? {
            match tag {
                RELATIVE_PATH => document.relative_path = self.text(true)?,
                LANGUAGE => document.language = self.text(is_whole)?,
                OCCURRENCES => match self.occurrence()? {
                    Some(occurrence) if is_whole => document.occurrences.push(occurrence),
                    Some(_) => {}
                    None => document.malformed += usize::from(is_whole),
                },
                SYMBOLS => {
                    let symbol = self.symbol_field(is_whole)?;
                    if is_whole {
                        document.symbols.push(symbol);
                    }
                }
                TEXT => document.text = Some(self.text(is_whole)?).filter(|text| !text.is_empty()),
                POSITION_ENCODING => {
                    let encoding = self.input.read_int32()?;
                    document.encoding = match encoding {
                        1 => Some(Column::Utf8),
                        2 => Some(Column::Utf16),
                        3 => Some(Column::Utf32),
                        _ => None,
                    };
                    document.unknown_encoding = (!(0..=3).contains(&encoding) && is_whole).then_some(encoding);
                    document.encoding = document.encoding.filter(|_| is_whole);
                }
                tag => self.skip(tag)?,
            }
        }
        Ok(())
    }

    pub(crate) fn symbol(&mut self) -> Result<Symbol> {
        let (mut symbol, mut repeated) = (Symbol::default(), Repeated::default());
        self.charge(size_of::<Symbol>())?;
        while let Some(tag) = self.tag()? {
            self.field_of_symbol(&mut symbol, &mut repeated, tag, true)?;
        }
        self.charge(repeated.bytes())?;
        Ok(symbol)
    }

    fn symbol_field(&mut self, is_kept: bool) -> Result<Symbol> {
        let (mut symbol, mut repeated) = (Symbol::default(), Repeated::default());
        self.charge(size_of::<Symbol>())?;
        self.nested(|this, tag| this.field_of_symbol(&mut symbol, &mut repeated, tag, is_kept))?;
        self.charge(repeated.bytes())?;
        Ok(symbol)
    }

    fn field_of_symbol(&mut self, symbol: &mut Symbol, repeated: &mut Repeated, tag: u32, is_kept: bool) -> Result<()> {
        match tag {
            SYMBOL => {
                let before = self.left;
                symbol.symbol = self.text(is_kept)?;
                repeated.name_bytes = before - self.left;
            }
            DOCUMENTATION => {
                let text = self.text_with(is_kept, escapes)?;
                self.charge(size_of::<String>())?;
                if is_kept {
                    symbol.documentation.push(text);
                }
            }
            RELATIONSHIPS => {
                repeated.times += 1;
                let relationship = self.relationship(is_kept)?;
                if is_kept {
                    symbol.relationships.push(relationship);
                }
            }
            KIND => {
                let number = self.input.read_int32()?;
                symbol.kind = match Kind::from_i32(number) {
                    _ if !is_kept => None,
                    Some(Kind::UnspecifiedKind) => None,
                    Some(kind) => Some(format!("{kind:?}")),
                    None => Some(number.to_string()),
                };
            }
            DISPLAY_NAME => symbol.display_name = self.text(is_kept)?,
            SIGNATURE => self.nested(|this, tag| {
                match tag {
                    SIGNATURE_TEXT => symbol.signature = this.text(is_kept)?,
                    tag => this.skip(tag)?,
                }
                Ok(())
            })?,
            ENCLOSING_SYMBOL => symbol.enclosing_symbol = self.text(is_kept)?,
            tag => self.skip(tag)?,
        }
        Ok(())
    }

    fn relationship(&mut self, is_kept: bool) -> Result<Relationship> {
        let mut relationship = Relationship::default();
        self.charge(size_of::<Relationship>())?;
        self.nested(|this, tag| {
            match tag {
                RELATED_SYMBOL => relationship.symbol = this.text(is_kept)?,
                IS_REFERENCE => relationship.is_reference = this.input.read_bool()?,
                IS_IMPLEMENTATION => relationship.is_implementation = this.input.read_bool()?,
                IS_TYPE_DEFINITION => relationship.is_type_definition = this.input.read_bool()?,
                IS_DEFINITION => relationship.is_definition = this.input.read_bool()?,
                tag => this.skip(tag)?,
            }
            Ok(())
        })?;
        Ok(relationship)
    }

    /// None where the range is none. A typed range counts before a list of numbers.
    fn occurrence(&mut self) -> Result<Option<Occurrence>> {
        let is_kept = self.is_whole;
        let (mut symbol, mut roles) = (String::new(), 0);
        let [mut range, mut enclosing] = [Numbers::default(), Numbers::default()];
        let [mut typed_range, mut typed_enclosing] = [None, None];
        self.nested(|this, tag| {
            match tag {
                RANGE => this.numbers(&mut range)?,
                RANGE_NUMBER => range.push(this.input.read_int32()?),
                OCCURRENCE_SYMBOL => symbol = this.text(is_kept)?,
                ROLES => roles = this.input.read_int32()? as u32,
                ENCLOSING_RANGE => this.numbers(&mut enclosing)?,
                ENCLOSING_RANGE_NUMBER => enclosing.push(this.input.read_int32()?),
                SINGLE_LINE_RANGE => typed_range = Some(this.single_line()?),
                MULTI_LINE_RANGE => typed_range = Some(this.multi_line()?),
                SINGLE_LINE_ENCLOSING_RANGE => typed_enclosing = Some(this.single_line()?),
                MULTI_LINE_ENCLOSING_RANGE => typed_enclosing = Some(this.multi_line()?),
                tag => this.skip(tag)?,
            }
            Ok(())
        })?;
        let range = typed_range.unwrap_or_else(|| Range::from_list(range.list()));
        let enclosing = typed_enclosing.unwrap_or_else(|| Range::from_list(enclosing.list()));
        let Some(range) = range else { return Ok(None) };
        self.charge(size_of::<Occurrence>())?;
        Ok(Some(Occurrence { range, symbol, roles, enclosing }))
    }

    fn single_line(&mut self) -> Result<Option<Range>> {
        let [line, start, end, _] = self.four_numbers()?;
        Ok(Range::checked(line, start, line, end))
    }

    fn multi_line(&mut self) -> Result<Option<Range>> {
        let [start_line, start, end_line, end] = self.four_numbers()?;
        Ok(Range::checked(start_line, start, end_line, end))
    }

    /// A message of four numbers.
    fn four_numbers(&mut self) -> Result<[i32; 4]> {
        let mut numbers = [0; 4];
        self.nested(|this, tag| {
            match (1..).zip(&mut numbers).find(|(field, _)| tag == number(*field)) {
                Some((_, number)) => *number = this.input.read_int32()?,
                None => this.skip(tag)?,
            }
            Ok(())
        })?;
        Ok(numbers)
    }

    /// Numbers without tags.
    fn numbers(&mut self, numbers: &mut Numbers) -> Result<()> {
        let limit = self.begin()?;
        while !self.input.eof()? {
            numbers.push(self.input.read_int32()?);
        }
        self.input.pop_limit(limit);
        Ok(())
    }

    /// Do something with each field of a message in this one.
    fn nested(&mut self, mut field: impl FnMut(&mut Self, u32) -> Result<()>) -> Result<()> {
        let limit = self.begin()?;
        while let Some(tag) = self.tag()? {
            field(self, tag)?;
        }
        self.input.pop_limit(limit);
        Ok(())
    }

    /// Let what has a length be all that there is.
    fn begin(&mut self) -> Result<u64> {
        let length = self.input.read_raw_varint64()?;
        if length > self.input.bytes_until_limit() {
            return Err(Fault::TooLong);
        }
        Ok(self.input.push_limit(length)?)
    }

    fn tag(&mut self) -> Result<Option<u32>> {
        match self.input.read_raw_tag_or_eof()? {
            Some(tag) if tag >> 3 == 0 => Err(Fault::Tag(tag)),
            tag => Ok(tag),
        }
    }

    fn text(&mut self, is_kept: bool) -> Result<String> {
        self.text_with(is_kept, |_| 0)
    }

    /// A text that is written with so many bytes more.
    fn text_with(&mut self, is_kept: bool, more: fn(&str) -> usize) -> Result<String> {
        let length = self.input.read_raw_varint64()?;
        let rest = self.input.fill_buf()?;
        let bytes = usize::try_from(length).ok().and_then(|length| rest.get(..length)).ok_or(Fault::TooLong)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotUtf8)?;
        let (length, more) = (bytes.len(), more(text));
        let text = if is_kept { text.to_owned() } else { String::new() };
        self.input.consume(length);
        self.charge(length + more)?;
        Ok(text)
    }

    /// Pass over a field of a later version of the schema, or one that nobody needs.
    fn skip(&mut self, tag: u32) -> Result<()> {
        skip(&mut self.input, tag)
    }

    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or(Fault::TooLarge)?;
        Ok(())
    }
}

/// How many bytes a text takes more in JSON, which documentation is kept as.
fn escapes(text: &str) -> usize {
    let more = |byte: &u8| match byte {
        b'"' | b'\\' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.as_bytes().iter().map(more).sum()
}

/// The name of a symbol, which is kept once for each of its relationships.
#[derive(Default)]
struct Repeated {
    name_bytes: usize,
    times: usize,
}

impl Repeated {
    fn bytes(&self) -> usize {
        self.name_bytes.saturating_mul(self.times)
    }
}

/// Pass over a field.
pub(crate) fn skip(input: &mut CodedInputStream<'_>, tag: u32) -> Result<()> {
    use protobuf::rt::WireType;

    match WireType::new(tag & 7).ok_or(Fault::Tag(tag))? {
        // No version of the schema has groups.
        WireType::StartGroup | WireType::EndGroup => Err(Fault::Tag(tag)),
        WireType::LengthDelimited => {
            let length = input.read_raw_varint64()?;
            let passed = std::io::copy(&mut std::io::Read::take(input, length), &mut std::io::sink())?;
            if passed == length { Ok(()) } else { Err(Fault::TooLong) }
        }
        other => Ok(input.skip_field(other)?),
    }
}

/// The numbers of a range; of more than it can have, no more than one.
#[derive(Default)]
struct Numbers {
    values: [i32; 5],
    count: usize,
}

impl Numbers {
    fn push(&mut self, value: i32) {
        if let Some(place) = self.values.get_mut(self.count) {
            *place = value;
            self.count += 1;
        }
    }

    fn list(&self) -> &[i32] {
        &self.values[..self.count]
    }
}

const TOOL_INFO: u32 = bytes(2);
const TOOL_NAME: u32 = bytes(1);
const TOOL_VERSION: u32 = bytes(2);
const PROJECT_ROOT: u32 = bytes(3);

const RELATIVE_PATH: u32 = bytes(1);
const OCCURRENCES: u32 = bytes(2);
const SYMBOLS: u32 = bytes(3);
const LANGUAGE: u32 = bytes(4);
const TEXT: u32 = bytes(5);
const POSITION_ENCODING: u32 = number(6);

const SYMBOL: u32 = bytes(1);
const DOCUMENTATION: u32 = bytes(3);
const RELATIONSHIPS: u32 = bytes(4);
const KIND: u32 = number(5);
const DISPLAY_NAME: u32 = bytes(6);
const SIGNATURE: u32 = bytes(7);
const SIGNATURE_TEXT: u32 = bytes(5);
const ENCLOSING_SYMBOL: u32 = bytes(8);

const RELATED_SYMBOL: u32 = bytes(1);
const IS_REFERENCE: u32 = number(2);
const IS_IMPLEMENTATION: u32 = number(3);
const IS_TYPE_DEFINITION: u32 = number(4);
const IS_DEFINITION: u32 = number(5);

const RANGE: u32 = bytes(1);
const RANGE_NUMBER: u32 = number(1);
const OCCURRENCE_SYMBOL: u32 = bytes(2);
const ROLES: u32 = number(3);
const ENCLOSING_RANGE: u32 = bytes(7);
const ENCLOSING_RANGE_NUMBER: u32 = number(7);
const SINGLE_LINE_RANGE: u32 = bytes(8);
const MULTI_LINE_RANGE: u32 = bytes(9);
const SINGLE_LINE_ENCLOSING_RANGE: u32 = bytes(10);
const MULTI_LINE_ENCLOSING_RANGE: u32 = bytes(11);
