//! The types that settings have, and how their values are written.

use std::fmt::{self, Debug, Display, Formatter};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use codeintel_base::TOOLS;
use serde_json::json;
use toml::Value;

/// A type that a setting can have.
pub(crate) trait Kind: Debug + PartialEq + Sized {
    const SHAPE: Shape;
    /// A value as it is written in a file; none if it is not of this type.
    fn read(value: &Value) -> Option<Self>;
    fn write(&self) -> Value;
}

/// How values of a type are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text of at least this length.
    Text(u64),
    /// A path of at least this length.
    Path(u64),
    /// A list of texts.
    List,
    /// A list of some of these words.
    ListOf(&'static [&'static str]),
    /// True or false.
    Boolean,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number of at least this size.
    Number(u64),
    /// A number from 0 to 1.
    Share,
    /// A number of bytes with a unit.
    Size,
}

impl Shape {
    /// The same for a value that may be missing.
    const fn or_none(self) -> Self {
        match self {
            Self::Text(_) => Self::Text(0),
            Self::Path(_) => Self::Path(0),
            Self::Number(_) => Self::Number(0),
            other => other,
        }
    }

    /// How a missing value is written.
    fn none(self) -> Value {
        if let Self::Number(_) = self { Value::Integer(0) } else { Value::String(String::new()) }
    }

    /// The value in a text, as in the environment.
    pub(crate) fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Text(_) | Self::Path(_) | Self::OneOf(_) | Self::Size => Some(Value::String(text.to_owned())),
            Self::ListOf(_) if text == "none" => Some(Value::Array(Vec::new())),
            Self::List | Self::ListOf(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(items.map(Value::from).collect::<Vec<_>>().into())
            }
            Self::Boolean => truth(text).map(Value::Boolean),
            Self::Number(_) => text.trim().parse().ok().map(Value::Integer),
            Self::Share => text.trim().parse().ok().map(Value::Float),
        }
    }

    /// What a value must be.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Text(0) => "a text".to_owned(),
            Self::Text(_) => "a text that is not empty".to_owned(),
            Self::Path(0) => "a path".to_owned(),
            Self::Path(_) => "a path that is not empty".to_owned(),
            Self::List => "a list of texts".to_owned(),
            Self::ListOf(words) => format!("a list of {}", quoted(words)),
            Self::Boolean => "true or false".to_owned(),
            Self::OneOf(words) => quoted(words),
            Self::Number(least) => format!("a whole number of at least {least}"),
            Self::Share => "a number from 0 to 1".to_owned(),
            Self::Size => format!("a size of at least {LEAST_SIZE}, such as `512MB` or `4GB`"),
        }
    }

    /// Its JSON schema.
    pub(crate) fn schema(self) -> serde_json::Value {
        match self {
            Self::Text(0) | Self::Path(0) => json!({"type": "string"}),
            Self::Text(least) | Self::Path(least) => json!({"type": "string", "minLength": least}),
            Self::List => json!({"type": "array", "items": {"type": "string"}}),
            Self::ListOf(words) => json!({"type": "array", "items": {"type": "string", "enum": words}}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::OneOf(words) => json!({"type": "string", "enum": words}),
            Self::Number(least) => json!({"type": "integer", "minimum": least}),
            Self::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
            Self::Size => json!({"type": "string", "pattern": "^\\s*[0-9]+\\s*[KMGTkmgt][Ii]?[Bb]\\s*$"}),
        }
    }
}

/// A truth value in a text.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Names in backticks, with commas.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Kind for String {
    const SHAPE: Shape = Shape::Text(1);

    fn read(value: &Value) -> Option<Self> {
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Kind for PathBuf {
    const SHAPE: Shape = Shape::Path(1);

    fn read(value: &Value) -> Option<Self> {
        String::read(value).map(Self::from)
    }

    fn write(&self) -> Value {
        Value::from(&*self.to_string_lossy())
    }
}

impl Kind for NonZero<usize> {
    const SHAPE: Shape = Shape::Number(1);

    fn read(value: &Value) -> Option<Self> {
        Self::new(usize::try_from(value.as_integer()?).ok()?)
    }

    fn write(&self) -> Value {
        Value::Integer(self.get() as i64)
    }
}

/// In seconds.
impl Kind for Duration {
    const SHAPE: Shape = Shape::Number(1);

    fn read(value: &Value) -> Option<Self> {
        let seconds = u64::try_from(value.as_integer()?).ok()?;
        (seconds > 0).then(|| Self::from_secs(seconds))
    }

    fn write(&self) -> Value {
        Value::Integer(self.as_secs() as i64)
    }
}

/// A missing value is written as 0 or an empty text.
impl<T: Kind> Kind for Option<T> {
    const SHAPE: Shape = T::SHAPE.or_none();

    fn read(value: &Value) -> Option<Self> {
        if *value == Self::SHAPE.none() { Some(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or_else(|| Self::SHAPE.none(), T::write)
    }
}

impl Kind for Vec<String> {
    const SHAPE: Shape = Shape::List;

    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn write(&self) -> Value {
        Value::from(self.clone())
    }
}

/// Names of [`TOOLS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools(Vec<&'static str>);

impl Tools {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a tool is one of them.
    pub fn has(&self, tool: &str) -> bool {
        self.0.contains(&tool)
    }
}

impl Kind for Tools {
    const SHAPE: Shape = Shape::ListOf(&TOOLS);

    fn read(value: &Value) -> Option<Self> {
        let known = |item: &Value| TOOLS.into_iter().find(|tool| item.as_str() == Some(tool));
        value.as_array()?.iter().map(known).collect::<Option<_>>().map(Self)
    }

    fn write(&self) -> Value {
        Value::from(self.0.clone())
    }
}

impl Kind for bool {
    const SHAPE: Shape = Shape::Boolean;

    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn write(&self) -> Value {
        Value::Boolean(*self)
    }
}

/// A share, from 0 to 1.
impl Kind for f64 {
    const SHAPE: Shape = Shape::Share;

    fn read(value: &Value) -> Option<Self> {
        let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as Self));
        number.filter(|number| (0.0..=1.0).contains(number))
    }

    fn write(&self) -> Value {
        Value::Float(*self)
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub(crate) u64);

/// DuckDB does little with less.
const LEAST_SIZE: Size = Size(64_000_000);

const UNITS: [(&str, u64); 8] = [
    ("KB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

impl Size {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Read a size: `4GB` are 4,000,000,000 bytes, `4GiB` somewhat more.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
        let (_, bytes) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
        number.parse::<u64>().ok()?.checked_mul(*bytes).map(Self)
    }
}

impl Display for Size {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let units = UNITS.iter().rev().find(|(_, bytes)| self.0.is_multiple_of(*bytes));
        let (name, bytes) = units.expect("a size is a multiple of a unit");
        write!(f, "{}{name}", self.0 / bytes)
    }
}

impl Kind for Size {
    const SHAPE: Shape = Shape::Size;

    fn read(value: &Value) -> Option<Self> {
        value.as_str().and_then(Self::parse).filter(|size| *size >= LEAST_SIZE)
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

macro_rules! words {
    ($(
        #[doc = $doc:literal]
        $name:ident { $(#[doc = $variant_doc:literal] $variant:ident = $word:literal,)+ }
    )+) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = $variant_doc] $variant,)+
        }

        impl Kind for $name {
            const SHAPE: Shape = Shape::OneOf(&[$($word),+]);

            fn read(value: &Value) -> Option<Self> {
                match value.as_str()? {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn write(&self) -> Value {
                Value::from(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }
    )+};
}

words! {
    /// What makes SCIP documents.
    ScipBackend {
        /// codeintel itself.
        Native = "native",
        /// scip-python.
        ScipPython = "scip-python",
        /// Nothing.
        None = "none",
    }

    /// What an indexing program indexes when documents are missing.
    ScipMode {
        /// Whichever is cheaper.
        Auto = "auto",
        /// Everything.
        Full = "full",
        /// The missing files.
        Incremental = "incremental",
    }

    /// How much is reported on standard error.
    Log {
        /// Errors.
        Error = "error",
        /// Results as well.
        Info = "info",
        /// Decisions as well.
        Debug = "debug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_from_text_and_written_as_they_are_read() {
        fn check<T: Kind>(cases: &[(&str, Option<&str>)]) {
            for (text, expected) in cases {
                let read = |text: &str| T::SHAPE.parse(text).and_then(|value| T::read(&value));
                let found = read(text);
                assert_eq!(found.as_ref().map(|value| value.write().to_string()).as_deref(), *expected, "{text}");
                if let Some(value) = found {
                    assert_eq!(T::read(&value.write()), Some(value), "{text}");
                }
            }
        }
        check::<String>(&[("a", Some("\"a\"")), ("", None)]);
        check::<Option<String>>(&[("a", Some("\"a\"")), ("", Some("\"\""))]);
        check::<Option<PathBuf>>(&[("a/b", Some("\"a/b\"")), ("", Some("\"\""))]);
        check::<NonZero<usize>>(&[("1", Some("1")), (" 2 ", Some("2")), ("0", None), ("-1", None), ("x", None)]);
        check::<Option<NonZero<usize>>>(&[("3", Some("3")), ("0", Some("0")), ("-1", None), ("1.5", None)]);
        check::<Duration>(&[("60", Some("60")), ("0", None)]);
        check::<Vec<String>>(&[("a, b,,", Some("[\"a\", \"b\"]")), ("", Some("[]")), ("none", Some("[\"none\"]"))]);
        check::<Tools>(&[("ruff", Some("[\"ruff\"]")), ("none", Some("[]")), ("mypy", None), ("none,ruff", None)]);
        check::<bool>(&[("yes", Some("true")), ("0", Some("false")), ("maybe", None)]);
        check::<f64>(&[("0.5", Some("0.5")), ("1", Some("1.0")), ("2", None), ("NaN", None)]);
        check::<ScipBackend>(&[("scip-python", Some("\"scip-python\"")), ("Native", None)]);
        check::<Size>(&[
            ("512MB", Some("\"512MB\"")),
            ("4 gib", Some("\"4GiB\"")),
            ("2000MB", Some("\"2GB\"")),
            ("64000KB", Some("\"64MB\"")),
            ("63MB", None),
            ("4", None),
            ("4XB", None),
            ("99999999999TB", None),
        ]);
    }
}
