//! The numbers that a database gives to what it stores, each of a type of its own. They mean nothing in another database.

use std::fmt;

use duckdb::ToSql;
use duckdb::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i32);

        impl $name {
            /// The number as it stands in columns.
            pub const fn get(self) -> i32 {
                self.0
            }

            /// The number after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i32::column_result(value).map(Self)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
    )*};
}

ids! {
    /// The number of a content: equal bytes have equal numbers.
    ContentId;
    /// The number of a SCIP document.
    DocumentId;
    /// The number of a document's facts: equal facts have equal numbers.
    FactsId;
    /// The number of a tool's findings in one file.
    ReportId;
    /// The number of a derivation.
    DerivationId;
    /// The number of a snapshot.
    SnapshotId;
}

impl ContentId {
    /// The number of the first content.
    pub(crate) const FIRST: Self = Self(1);
}
