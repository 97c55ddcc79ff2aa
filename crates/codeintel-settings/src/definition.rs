//! What a setting is: its key, its type and default, the flag that makes it, and which of its values need trust.

use std::ops::Deref;

use toml::Value;

use crate::definitions::{SETTINGS, Values};
use crate::kinds::{Kind, Shape, Size, quoted};
use crate::source::Source;

/// A value and its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it was set.
    pub source: Source,
}

impl<T> Deref for Sourced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A setting: everything about it but its meaning.
#[derive(Debug)]
pub struct Definition {
    /// Its key in files; a dot separates a table from a key in it.
    pub key: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// How its values are written.
    pub shape: Shape,
    /// Which of its values a repository can only set if the user trusts it.
    pub guard: Guard,
    /// The flag that sets it.
    pub flag: Option<Flag>,
    /// What applies by default, if the value is empty or 0.
    pub otherwise: Option<&'static str>,
    accepts: fn(&Value) -> bool,
    slot: fn(&Values) -> &dyn Slot,
    slot_mut: fn(&mut Values) -> &mut dyn Slot,
}

/// A flag and the commands that take it.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Its name, without the dashes.
    pub long: &'static str,
    /// Its short name.
    pub short: Option<char>,
    /// What help texts call its value.
    pub value_name: &'static str,
    /// The names of the commands.
    pub commands: &'static [&'static str],
}

/// Which values let a repository run a program, write or look outside of itself, or take much of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// None: the worst that any value does is a wrong or slow answer.
    Nothing,
    /// All but the empty one.
    Programs,
    /// All but these.
    AllBut(&'static [&'static str]),
    /// Paths that lead out of the repository, or to where version control keeps its own.
    Places,
    /// Numbers, or bytes, above this one.
    Above(u64),
}

/// The value of a setting, of whatever type.
pub(crate) trait Slot {
    fn value(&self) -> Value;
    fn source(&self) -> &Source;
    fn set(&mut self, value: &Value, source: Source);
}

impl<T: Kind> Slot for Sourced<T> {
    fn value(&self) -> Value {
        self.value.write()
    }

    fn source(&self) -> &Source {
        &self.source
    }

    fn set(&mut self, value: &Value, source: Source) {
        let value = T::read(value).expect("a value is checked where it is found");
        *self = Self { value, source };
    }
}

impl Flag {
    pub(crate) const fn new(long: &'static str, value_name: &'static str, commands: &'static [&'static str]) -> Self {
        Self { long, short: None, value_name, commands }
    }

    /// The same with a short name.
    pub(crate) const fn or(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }
}

impl Definition {
    pub(crate) const fn new<T: Kind>(
        key: &'static str,
        doc: &'static str,
        slot: fn(&Values) -> &dyn Slot,
        slot_mut: fn(&mut Values) -> &mut dyn Slot,
    ) -> Self {
        let (guard, flag, otherwise) = (Guard::Nothing, None, None);
        Self {
            key,
            doc,
            shape: T::SHAPE,
            guard,
            flag,
            otherwise,
            accepts: |value| T::read(value).is_some(),
            slot,
            slot_mut,
        }
    }

    pub(crate) const fn guard(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    pub(crate) const fn otherwise(self, words: &'static str) -> Self {
        Self { otherwise: Some(words), ..self }
    }

    pub(crate) const fn flag(self, flag: Flag) -> Self {
        Self { flag: Some(flag), ..self }
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("CODEINTEL_{}", self.key.to_ascii_uppercase().replace('.', "_"))
    }

    /// Whether it can have this value.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        (self.accepts)(value)
    }

    /// The value in a text, as in the environment. Fails with what the value must be.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        self.shape.parse(text).filter(|value| self.accepts(value)).ok_or_else(|| self.shape.expected())
    }

    pub(crate) fn get<'a>(&self, values: &'a Values) -> (Value, &'a Source) {
        let slot = (self.slot)(values);
        (slot.value(), slot.source())
    }

    pub(crate) fn set(&self, values: &mut Values, value: &Value, source: Source) {
        (self.slot_mut)(values).set(value, source);
    }

    /// Its default.
    pub fn default(&self) -> Value {
        self.get(&Values::default()).0
    }

    /// Its default for people.
    pub fn shown_default(&self) -> String {
        match (self.otherwise, self.default()) {
            (Some(words), _) => words.to_owned(),
            (None, Value::String(text)) => text,
            (None, value) => value.to_string(),
        }
    }

    /// Which of its values need trust, for people.
    pub(crate) fn shown_guard(&self) -> Option<String> {
        match self.guard {
            Guard::Nothing => None,
            Guard::Programs => Some("any value".to_owned()),
            Guard::AllBut(harmless) => Some(format!("any value but {}", quoted(harmless))),
            Guard::Places => Some("paths out of the repository or into `.git` and the like".to_owned()),
            Guard::Above(most) if self.shape == Shape::Size => Some(format!("values above {}", Size(most))),
            Guard::Above(most) => Some(format!("values above {most}")),
        }
    }
}

/// The setting with this key. Fails with the most similar key.
pub(crate) fn find(key: &str) -> Result<&'static Definition, Option<&'static str>> {
    let found = SETTINGS.iter().find(|definition| definition.key == key);
    found.ok_or_else(|| nearest(key, SETTINGS.iter().map(|definition| definition.key)))
}

/// The most similar name, if one is similar at all.
pub fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let scored = names.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(score, _)| *score > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// Make the struct of all values, its defaults and the list of definitions from one entry for each setting: what it does, its key,
/// type and default, and options, which are methods of [`Definition`].
macro_rules! settings {
    (
        $(
            $(#[doc = $doc:literal])+
            $name:ident: $kind:ty = $default:expr $(, $option:ident($argument:expr))*;
        )*
        $(
            [$table:ident: $Table:ident]
            $(
                $(#[doc = $inner_doc:literal])+
                $inner:ident: $inner_kind:ty = $inner_default:expr $(, $inner_option:ident($inner_argument:expr))*;
            )*
        )*
    ) => {
        /// The value of every setting.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Values {
            $($(#[doc = $doc])+ pub $name: Sourced<$kind>,)*
            $(#[doc = concat!("The table `", stringify!($table), "`.")] pub $table: $Table,)*
        }

        $(
            #[doc = concat!("The value of every setting in the table `", stringify!($table), "`.")]
            #[derive(Debug, Clone, PartialEq)]
            pub struct $Table {
                $($(#[doc = $inner_doc])+ pub $inner: Sourced<$inner_kind>,)*
            }
        )*

        impl Default for Values {
            fn default() -> Self {
                Self {
                    $($name: Sourced { value: $default, source: Source::Default },)*
                    $($table: $Table {
                        $($inner: Sourced { value: $inner_default, source: Source::Default },)*
                    },)*
                }
            }
        }

        /// Every setting.
        pub static SETTINGS: &[Definition] = &[
            $(
                Definition::new::<$kind>(
                    stringify!($name),
                    concat!($($doc),+).trim_ascii(),
                    |values| &values.$name,
                    |values| &mut values.$name,
                )$(.$option($argument))*,
            )*
            $($(
                Definition::new::<$inner_kind>(
                    concat!(stringify!($table), ".", stringify!($inner)),
                    concat!($($inner_doc),+).trim_ascii(),
                    |values| &values.$table.$inner,
                    |values| &mut values.$table.$inner,
                )$(.$inner_option($inner_argument))*,
            )*)*
        ];
    };
}
pub(crate) use settings;
