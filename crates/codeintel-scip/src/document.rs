//! What an index says of one source file, in types of our own.

use std::borrow::Cow;

use codeintel_base::Column;
use scip::types;
use serde::{Deserialize, Serialize};

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

/// One source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The path as the producer wrote it; [`crate::Root::locate`] leads from it to a path of the repository.
    pub relative_path: String,
    /// The language, for example `python`; empty where the producer does not say.
    pub language: String,
    /// What columns count; none where the producer does not say.
    pub encoding: Option<Column>,
    /// The number of what columns count, where the schema does not know it.
    pub unknown_encoding: Option<i32>,
    /// The text that the producer saw, where it says so. It is not written.
    pub text: Option<String>,
    /// Names in the source, in the order of the index.
    pub occurrences: Vec<Occurrence>,
    /// The symbols that the file defines.
    pub symbols: Vec<Symbol>,
    /// Occurrences that were left out because their range is none.
    pub malformed: usize,
}

/// A range of a source: lines from 0, columns from 0 in the document's encoding, the end behind the last character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Range {
    /// First line, from 0.
    pub start_line: u32,
    /// First column, from 0.
    pub start_col: u32,
    /// Last line, from 0.
    pub end_line: u32,
    /// Column behind the last one.
    pub end_col: u32,
}

/// A name in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Occurrence {
    /// Where it is.
    pub range: Range,
    /// The symbol that it stands for. `local N` has a meaning in its document only.
    pub symbol: String,
    /// A sum of [`Role`]s.
    pub roles: u32,
    /// The whole of what it defines or refers to, for example the statement of a function.
    pub enclosing: Option<Range>,
}

/// A role of an occurrence, as a bit of [`Occurrence::roles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// The symbol is defined here.
    Definition = 1,
    /// The symbol is imported here.
    Import = 2,
    /// The symbol is written to.
    Write = 4,
    /// The symbol is read.
    Read = 8,
}

impl Occurrence {
    /// Whether it has a role.
    pub fn is(&self, role: Role) -> bool {
        self.roles & role as u32 != 0
    }

    /// Whether its symbol has a meaning in its document only.
    pub fn is_local(&self) -> bool {
        self.symbol.starts_with("local ")
    }
}

/// What is known of a symbol.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name in the index.
    pub symbol: String,
    /// `Class`, `Method` and so on as the schema spells them; none where the producer does not say.
    pub kind: Option<String>,
    /// Its name in the source; empty where the producer does not say.
    pub display_name: String,
    /// Its declaration in the source language; empty where the producer does not say.
    pub signature: String,
    /// Paragraphs of Markdown.
    pub documentation: Vec<String>,
    /// The symbol around it; empty where the producer does not say.
    pub enclosing_symbol: String,
    /// How it relates to other symbols.
    pub relationships: Vec<Relationship>,
}

impl Symbol {
    /// How many bytes of text it has.
    pub fn text_bytes(&self) -> u64 {
        let texts = [&self.symbol, &self.display_name, &self.signature, &self.enclosing_symbol];
        let related = self.relationships.iter().map(|relationship| &relationship.symbol);
        texts.into_iter().chain(&self.documentation).chain(related).map(|text| text.len() as u64).sum()
    }
}

/// The number that a kind of symbols has in the schema; that of one which the schema does not know is its name.
///
/// ```
/// use codeintel_scip::kind_number;
///
/// assert_eq!(["Class", "Concept", "200", "?"].map(kind_number), [Some(7), Some(86), Some(200), None]);
/// ```
pub fn kind_number(kind: &str) -> Option<i32> {
    use protobuf::Enum as _;
    use types::symbol_information::Kind;

    let known = Kind::VALUES.iter().find(|value| format!("{value:?}") == kind).map(Kind::value);
    known.or_else(|| kind.parse().ok())
}

/// How a symbol relates to another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the schema has four independent flags")]
pub struct Relationship {
    /// The other symbol.
    pub symbol: String,
    /// References to the one are references to the other.
    pub is_reference: bool,
    /// The one implements the other.
    pub is_implementation: bool,
    /// The other is the type of the one.
    pub is_type_definition: bool,
    /// The other takes the place of the one as its definition.
    pub is_definition: bool,
}

/// A place that refers to something, and to what is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unresolved {
    /// Where it is.
    pub range: Range,
    /// The source at the place.
    pub text: String,
    /// What kind of reference it is.
    pub kind: ReferenceKind,
    /// Why it is not known.
    pub reason: Cow<'static, str>,
}

/// Kinds of references that completeness is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// A name that is read.
    Name,
    /// A name behind a dot.
    Attribute,
    /// A module or a name in an import statement.
    Import,
}

impl ReferenceKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Name, Self::Attribute, Self::Import];

    /// The value of the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Attribute => "attribute",
            Self::Import => "import",
        }
    }
}

/// How many references of a kind there are, and of how many it is known what they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The kind.
    pub kind: ReferenceKind,
    /// All of them.
    pub total: u32,
    /// Those that are known.
    pub resolved: u32,
}

impl Document {
    /// Take the text that the producer saw, if it is another one than that of the file. What ends its lines does not count, nor a
    /// byte order mark.
    pub fn take_other_text(&mut self, text: &str) -> Option<String> {
        let lines = |text: &str| {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            text.replace("\r\n", "\n").replace('\r', "\n")
        };
        self.text.take().filter(|own| own != text && lines(own) != lines(text))
    }

    pub(crate) fn to_message(&self) -> types::Document {
        let encoding = match self.encoding {
            Some(Column::Utf8) => types::PositionEncoding::UTF8CodeUnitOffsetFromLineStart,
            Some(Column::Utf16) => types::PositionEncoding::UTF16CodeUnitOffsetFromLineStart,
            Some(Column::Utf32) => types::PositionEncoding::UTF32CodeUnitOffsetFromLineStart,
            None => types::PositionEncoding::UnspecifiedPositionEncoding,
        };
        types::Document {
            relative_path: self.relative_path.clone(),
            language: self.language.clone(),
            position_encoding: encoding.into(),
            occurrences: self.occurrences.iter().map(Occurrence::to_message).collect(),
            symbols: self.symbols.iter().map(Symbol::to_message).collect(),
            ..types::Document::default()
        }
    }
}

impl Range {
    /// A range as the first versions of the schema write it: three numbers on one line, else four.
    pub(crate) fn from_list(numbers: &[i32]) -> Option<Self> {
        let (start_line, start_col, end_line, end_col) = match *numbers {
            [line, start, end] => (line, start, line, end),
            [start_line, start_col, end_line, end_col] => (start_line, start_col, end_line, end_col),
            _ => return None,
        };
        Self::checked(start_line, start_col, end_line, end_col)
    }

    pub(crate) fn checked(start_line: i32, start_col: i32, end_line: i32, end_col: i32) -> Option<Self> {
        let number = |value: i32| u32::try_from(value).ok();
        let range = Self {
            start_line: number(start_line)?,
            start_col: number(start_col)?,
            end_line: number(end_line)?,
            end_col: number(end_col)?,
        };
        ((range.start_line, range.start_col) <= (range.end_line, range.end_col)).then_some(range)
    }

    fn to_list(self) -> Vec<i32> {
        let numbers = if self.start_line == self.end_line {
            vec![self.start_line, self.start_col, self.end_col]
        } else {
            vec![self.start_line, self.start_col, self.end_line, self.end_col]
        };
        numbers.into_iter().map(|number| number as i32).collect()
    }
}

impl Occurrence {
    fn to_message(&self) -> types::Occurrence {
        types::Occurrence {
            range: self.range.to_list(),
            symbol: self.symbol.clone(),
            symbol_roles: self.roles as i32,
            enclosing_range: self.enclosing.map(Range::to_list).unwrap_or_default(),
            ..types::Occurrence::default()
        }
    }
}

impl Symbol {
    pub(crate) fn to_message(&self) -> types::SymbolInformation {
        let relationship = |relationship: &Relationship| types::Relationship {
            symbol: relationship.symbol.clone(),
            is_reference: relationship.is_reference,
            is_implementation: relationship.is_implementation,
            is_type_definition: relationship.is_type_definition,
            is_definition: relationship.is_definition,
            ..types::Relationship::default()
        };
        let signature = types::Signature { text: self.signature.clone(), ..types::Signature::default() };
        types::SymbolInformation {
            symbol: self.symbol.clone(),
            kind: protobuf::EnumOrUnknown::from_i32(self.kind.as_deref().and_then(kind_number).unwrap_or_default()),
            display_name: self.display_name.clone(),
            signature_documentation: if self.signature.is_empty() { None } else { Some(signature) }.into(),
            documentation: self.documentation.clone(),
            enclosing_symbol: self.enclosing_symbol.clone(),
            relationships: self.relationships.iter().map(relationship).collect(),
            ..types::SymbolInformation::default()
        }
    }
}
