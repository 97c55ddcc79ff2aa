//! Columns and stored tables as data, with the row types and Arrow builders that go with them.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Float64Builder, Int32Builder, StringBuilder, UInt8Builder,
    UInt32Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

/// The SQL type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// True or false.
    Boolean,
    /// 8 bits, unsigned.
    UTinyInt,
    /// 32 bits, signed.
    Integer,
    /// 32 bits, unsigned.
    UInteger,
    /// 64 bits, signed.
    BigInt,
    /// 128 bits, unsigned.
    UHugeInt,
    /// 64-bit floating point.
    Double,
    /// Text.
    Varchar,
    /// Bytes.
    Blob,
    /// JSON text.
    Json,
    /// Date and time in UTC.
    Timestamp,
}

impl ColumnType {
    /// The name of the type in DuckDB's SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::UTinyInt => "UTINYINT",
            Self::Integer => "INTEGER",
            Self::UInteger => "UINTEGER",
            Self::BigInt => "BIGINT",
            Self::UHugeInt => "UHUGEINT",
            Self::Double => "DOUBLE",
            Self::Varchar => "VARCHAR",
            Self::Blob => "BLOB",
            Self::Json => "JSON",
            Self::Timestamp => "TIMESTAMP",
        }
    }
}

/// A column of a public table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its SQL type.
    pub ty: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// One or two sentences for the docs.
    pub doc: &'static str,
    /// The SQL of its value, where it is not a stored column of its name.
    pub expression: Option<&'static str>,
}

/// The columns of a public table, with `?` where it may be NULL and `!` where not: `name Type ! "doc";`, or
/// `name Type ! "doc" = "expression";` where it is no stored column (see [`crate::dataset::From`]).
macro_rules! columns {
    ($($name:ident $ty:ident $nullable:tt $doc:literal $(= $expression:expr)?;)+) => {
        &[$($crate::table::Column {
            name: stringify!($name),
            ty: $crate::table::ColumnType::$ty,
            nullable: columns!(@ $nullable),
            doc: $doc,
            expression: columns!(@ expression $($expression)?),
        }),+]
    };
    (@ expression) => { None };
    (@ expression $expression:expr) => { Some($expression) };
    (@ ?) => { true };
    (@ !) => { false };
}

/// A table in the schema `store`. One of facts is keyed by its first column: rows of one content by `content_id`, rows of one SCIP document by
/// `facts_id`, rows of one tool's report on a file by `report_id`, rows that are derived from others by `derivation_id`. It has no other key and no index.
#[derive(Debug)]
pub struct StoredTable {
    /// Its name in the schema `store`.
    pub name: &'static str,
    /// Names, types and whether they may be NULL.
    pub columns: &'static [(&'static str, ColumnType, bool)],
}

impl StoredTable {
    /// The statement that creates the table.
    pub fn ddl(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, ty, nullable)| format!("{name} {}{}", ty.sql(), if *nullable { "" } else { " NOT NULL" }))
            .collect();
        format!("CREATE TABLE store.{} ({})", self.name, columns.join(", "))
    }

    /// The Arrow schema of its batches.
    pub fn schema(&self) -> Arc<Schema> {
        let field = |(name, ty, nullable): &(&str, ColumnType, bool)| {
            let data_type = match ty {
                ColumnType::Boolean => DataType::Boolean,
                ColumnType::UTinyInt => DataType::UInt8,
                ColumnType::UInteger => DataType::UInt32,
                ColumnType::Integer => DataType::Int32,
                ColumnType::Double => DataType::Float64,
                ColumnType::Blob => DataType::Binary,
                _ => DataType::Utf8,
            };
            Field::new(*name, data_type, *nullable)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// How a stored column is written in Rust, in Arrow and in SQL.
pub(crate) trait Stored {
    const TYPE: ColumnType;
    const NULLABLE: bool = false;
    type Value<'a>;
    type Builder: ArrayBuilder + Default + std::fmt::Debug;

    fn push(builder: &mut Self::Builder, value: Self::Value<'_>);

    /// The bytes of the texts in a builder.
    fn text_bytes(_: &Self::Builder) -> usize {
        0
    }
}

/// What tells a value from others of its type.
pub(crate) trait Told {
    /// Add bytes that no other value has, so that values in a row cannot be mistaken for others.
    fn tell(&self, bytes: &mut Vec<u8>);
}

macro_rules! told_by_its_bytes {
    ($($ty:ty),+) => {
        $(impl Told for $ty {
            fn tell(&self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        })+
    };
}

told_by_its_bytes!(u8, u32, i32, f64);

impl Told for bool {
    fn tell(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }
}

impl Told for &[u8] {
    fn tell(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.len() as u64).to_le_bytes());
        bytes.extend(*self);
    }
}

impl Told for &str {
    fn tell(&self, bytes: &mut Vec<u8>) {
        self.as_bytes().tell(bytes);
    }
}

impl<T: Told> Told for Option<T> {
    fn tell(&self, bytes: &mut Vec<u8>) {
        self.is_some().tell(bytes);
        if let Some(value) = self {
            value.tell(bytes);
        }
    }
}

/// UTINYINT.
#[derive(Debug)]
pub(crate) enum Code {}
/// BOOLEAN.
#[derive(Debug)]
pub(crate) enum Flag {}
/// UINTEGER.
#[derive(Debug)]
pub(crate) enum Bits {}
/// INTEGER.
#[derive(Debug)]
pub(crate) enum Int {}
/// DOUBLE.
#[derive(Debug)]
pub(crate) enum Double {}
/// VARCHAR.
#[derive(Debug)]
pub(crate) enum Text {}
/// BLOB.
#[derive(Debug)]
pub(crate) enum Bytes {}
/// A column that may be NULL.
#[derive(Debug)]
pub(crate) struct Null<T>(std::marker::PhantomData<T>);

macro_rules! stored {
    ($kind:ident, $sql:ident, $builder:ty, $a:lifetime => $value:ty $(, $text_bytes:item)?) => {
        impl Stored for $kind {
            const TYPE: ColumnType = ColumnType::$sql;
            type Value<$a> = $value;
            type Builder = $builder;

            fn push(builder: &mut $builder, value: Self::Value<'_>) {
                builder.append_value(value);
            }

            $($text_bytes)?
        }

        impl Stored for Null<$kind> {
            const TYPE: ColumnType = ColumnType::$sql;
            const NULLABLE: bool = true;
            type Value<$a> = Option<$value>;
            type Builder = $builder;

            fn push(builder: &mut $builder, value: Self::Value<'_>) {
                builder.append_option(value);
            }

            $($text_bytes)?
        }
    };
}

stored!(Code, UTinyInt, UInt8Builder, 'a => u8);
stored!(Flag, Boolean, BooleanBuilder, 'a => bool);
stored!(Bits, UInteger, UInt32Builder, 'a => u32);
stored!(Int, Integer, Int32Builder, 'a => i32);
stored!(Double, Double, Float64Builder, 'a => f64);
stored!(Text, Varchar, StringBuilder, 'a => &'a str, fn text_bytes(builder: &StringBuilder) -> usize {
    builder.values_slice().len()
});
stored!(Bytes, Blob, BinaryBuilder, 'a => &'a [u8], fn text_bytes(builder: &BinaryBuilder) -> usize {
    builder.values_slice().len()
});

/// So many rows, or so many bytes of texts, are passed on together.
pub(crate) const BATCH_ROWS: usize = 16_384;
pub(crate) const BATCH_TEXT_BYTES: usize = 4 << 20;

/// What the builders of a stored table have in common.
pub(crate) trait StoredColumns: Default + Send + std::fmt::Debug + 'static {
    type Row<'a>;

    fn push(&mut self, row: Self::Row<'_>);

    /// Add what tells a row from others of its key.
    fn digest(row: &Self::Row<'_>, bytes: &mut Vec<u8>);

    fn len(&self) -> usize;

    /// Whether there are enough rows to be passed on.
    fn is_full(&self) -> bool;

    /// Take the rows collected so far.
    fn take(&mut self) -> RecordBatch;
}

/// Build a batch from the arrays of a table's builders.
pub(crate) fn batch(table: &StoredTable, arrays: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(table.schema(), arrays).expect("builders have the types of the schema by construction")
}

/// Define a stored table in a module of its own: its `Row`, its `Columns` (the builders) and its `TABLE`.
macro_rules! stored_table {
    ($(#[$doc:meta])* $table:ident { $key:ident : $key_ty:ty, $($field:ident : $ty:ty),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) mod $table {
            #[allow(unused_imports, reason = "not every table has every type of column")]
            use crate::table::{
                Bits, Bytes, Code, ColumnType, Double, Flag, Int, Null, Stored, StoredColumns, StoredTable, Text, batch,
            };

            pub(crate) struct Row<'a> { pub(crate) $key: <$key_ty as Stored>::Value<'a>, $(pub(crate) $field: <$ty as Stored>::Value<'a>),+ }

            pub(crate) static TABLE: StoredTable = StoredTable {
                name: stringify!($table),
                columns: &[
                    (stringify!($key), <$key_ty as Stored>::TYPE, <$key_ty as Stored>::NULLABLE),
                    $((stringify!($field), <$ty as Stored>::TYPE, <$ty as Stored>::NULLABLE)),+
                ],
            };

            #[derive(Debug, Default)]
            pub(crate) struct Columns { len: usize, $key: <$key_ty as Stored>::Builder, $($field: <$ty as Stored>::Builder),+ }

            impl StoredColumns for Columns {
                type Row<'a> = Row<'a>;

                fn push(&mut self, row: Row<'_>) {
                    <$key_ty as Stored>::push(&mut self.$key, row.$key);
                    $(<$ty as Stored>::push(&mut self.$field, row.$field);)+
                    self.len += 1;
                }

                fn digest(row: &Row<'_>, bytes: &mut Vec<u8>) {
                    $(crate::table::Told::tell(&row.$field, bytes);)+
                }

                fn len(&self) -> usize {
                    self.len
                }

                fn is_full(&self) -> bool {
                    let text_bytes = 0 $(+ <$ty as Stored>::text_bytes(&self.$field))+;
                    self.len >= crate::table::BATCH_ROWS || text_bytes >= crate::table::BATCH_TEXT_BYTES
                }

                fn take(&mut self) -> arrow_array::RecordBatch {
                    self.len = 0;
                    batch(&TABLE, vec![std::sync::Arc::new(self.$key.finish()), $(std::sync::Arc::new(self.$field.finish())),+])
                }
            }
        }
    };
}
