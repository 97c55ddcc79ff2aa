//! The columns of a result, and the forms in which their values leave DuckDB.
//!
//! Booleans, numbers of up to 64 bits and texts are the same in Arrow. Of every other type DuckDB itself writes the text, since only it
//! has all the digits, signs of infinity and zones: 128-bit integers, decimals, dates, times, intervals, bits, blobs and so on. Lists,
//! structs and maps are written as JSON.

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the query. Two columns may have the same.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Arrow's booleans.
    Boolean,
    /// Arrow's integers and floating-point numbers of up to 64 bits.
    Number,
    /// JSON in Arrow's texts. `NaN` and `Infinity`, which JSON does not know, may be in it.
    Json,
    /// Arrow's texts.
    Text,
}

/// A column with its type in DuckDB's words.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) column: Column,
    /// Whether DuckDB is asked for another type than the column has.
    pub(super) is_converted: bool,
}

impl Described {
    pub(super) fn new(name: String, ty: &str) -> Self {
        let (kind, is_converted) = match ty {
            "BOOLEAN" => (ColumnKind::Boolean, false),
            "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" | "UBIGINT"
            | "FLOAT" | "DOUBLE" => (ColumnKind::Number, false),
            "VARCHAR" => (ColumnKind::Text, false),
            "JSON" => (ColumnKind::Json, true),
            _ if is_nested(ty) && !has_nameless_fields(ty) => (ColumnKind::Json, true),
            _ => (ColumnKind::Text, true),
        };
        Self { column: Column { name, kind }, is_converted }
    }

    /// The expression that asks DuckDB for the value in the column `name`, which has this type.
    pub(super) fn expression(&self, name: &str, ty: &str) -> String {
        match self.column.kind {
            _ if !self.is_converted => name.to_owned(),
            // The text of JSON is kept as it is.
            ColumnKind::Json if ty != "JSON" => format!("system.main.to_json({name})::VARCHAR"),
            _ => format!("{name}::VARCHAR"),
        }
    }
}

fn is_nested(ty: &str) -> bool {
    ty.ends_with(']') || ty.starts_with("STRUCT(") || ty.starts_with("MAP(")
}

/// Whether there is a struct in it whose fields have no names, such as `row(1, 2)` has; these would be one key in JSON.
fn has_nameless_fields(ty: &str) -> bool {
    ty.split("STRUCT(").skip(1).any(|fields| {
        let word = fields.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(fields.len());
        let (word, rest) = fields.split_at(word);
        let is_type = ["TIMESTAMP", "TIME"].contains(&word) && rest.starts_with(" WITH TIME ZONE");
        !fields.starts_with('"') && (!rest.starts_with(' ') || is_type) || fields.starts_with("\"NULL\",")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: &str, kind: ColumnKind, expression: &str) {
        let described = Described::new("x".to_owned(), ty);
        assert_eq!((described.column.kind, described.expression("c", ty).as_str()), (kind, expression), "{ty}");
    }

    #[test]
    fn duckdb_writes_what_arrow_would_change() {
        check("BIGINT", ColumnKind::Number, "c");
        check("VARCHAR", ColumnKind::Text, "c");
        check("HUGEINT", ColumnKind::Text, "c::VARCHAR");
        check("TIMESTAMP WITH TIME ZONE", ColumnKind::Text, "c::VARCHAR");
        check("ENUM('a[]', 'STRUCT(')", ColumnKind::Text, "c::VARCHAR");
        check("UNION(a INTEGER)", ColumnKind::Text, "c::VARCHAR");
        check("JSON", ColumnKind::Json, "c::VARCHAR");
        check("INTEGER[3]", ColumnKind::Json, "system.main.to_json(c)::VARCHAR");
        check("MAP(VARCHAR, STRUCT(\"a b\" DATE, c TIME))", ColumnKind::Json, "system.main.to_json(c)::VARCHAR");
    }

    #[test]
    fn structs_without_names_are_texts() {
        check("STRUCT(INTEGER, VARCHAR)", ColumnKind::Text, "c::VARCHAR");
        check("STRUCT(a STRUCT(DECIMAL(18,3)))[]", ColumnKind::Text, "c::VARCHAR");
        check("STRUCT(TIMESTAMP WITH TIME ZONE)", ColumnKind::Text, "c::VARCHAR");
        check("STRUCT(\"TIMESTAMP\" TIMESTAMP WITH TIME ZONE)", ColumnKind::Json, "system.main.to_json(c)::VARCHAR");
    }
}
