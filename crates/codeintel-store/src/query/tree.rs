//! What a query consists of: DuckDB's own syntax tree of it, which `json_serialize_sql` writes.
//!
//! The tree is read in one pass and without recursion: it nests up to some thousand levels deep, and of most of it nothing is kept.

/// Everything that a query names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) statements: usize,
    pub(super) tables: Vec<TableName>,
    /// Functions in a FROM clause.
    pub(super) table_functions: Vec<String>,
    /// All other functions.
    pub(super) functions: Vec<String>,
    /// What SHOW and DESCRIBE name.
    pub(super) shown: Vec<TableName>,
    /// The first part whose kind is not known here.
    pub(super) unknown: Option<String>,
    pub(super) error: Option<SyntaxError>,
}

/// A table as it is named in a query; parts that are not given are empty.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct TableName {
    pub(super) catalog: String,
    pub(super) schema: String,
    pub(super) name: String,
}

/// Why DuckDB has no tree for a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    /// Bytes from the beginning of the text.
    pub(super) position: Option<usize>,
}

/// The classes of expressions.
const CLASSES: &[&str] = &[
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "DEFAULT",
    "FUNCTION",
    "LAMBDA",
    "LAMBDA_REF",
    "OPERATOR",
    "PARAMETER",
    "POSITIONAL_REFERENCE",
    "STAR",
    "SUBQUERY",
    "TYPE",
    "WINDOW",
];

/// What else has a kind: queries, the parts of a FROM clause, modifiers and orders.
const KINDS: &[&str] = &[
    "ASCENDING",
    "BASE_TABLE",
    "CTE_NODE",
    "DESCENDING",
    "DISTINCT_MODIFIER",
    "EMPTY",
    "EXPRESSION_LIST",
    "JOIN",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "ORDER_DEFAULT",
    "ORDER_MODIFIER",
    "PIVOT",
    "RECURSIVE_CTE_NODE",
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "SHOW_REF",
    "SUBQUERY",
    "TABLE_FUNCTION",
];

impl Tree {
    /// Read what `json_serialize_sql` returns. None if that is no such tree.
    pub(super) fn read(json: &str) -> Option<Self> {
        let mut tree = Self::default();
        let mut open = Vec::<Container>::new();
        let mut rest = json;
        loop {
            rest = rest.trim_start_matches([',', ':', ' ', '\n', '\t', '\r']);
            let Some(first) = rest.bytes().next() else { break };
            match first {
                b'{' | b'[' => {
                    let place = open.last().map_or(Place::Root, Container::place_inside);
                    open.push(Container { object: (first == b'{').then(Object::default), place, key: None });
                    rest = &rest[1..];
                    continue;
                }
                b'}' | b']' => {
                    let closed = open.pop()?;
                    if closed.object.is_some() != (first == b'}') {
                        return None;
                    }
                    if let Some(object) = closed.object {
                        tree.object(object, closed.place);
                    }
                    rest = &rest[1..];
                    if let Some(around) = open.last_mut() {
                        around.end(None);
                    }
                }
                b'"' => {
                    let (text, behind) = rest.split_at(text_length(rest)?);
                    rest = behind;
                    let container = open.last_mut()?;
                    if container.object.is_some() && container.key.is_none() {
                        container.key = Some(Key::named(text.trim_matches('"')));
                        continue;
                    }
                    let is_kept = !matches!(container.key, None | Some(Key::Other));
                    let text = if is_kept { Some(serde_json::from_str(text).ok()?) } else { None };
                    container.end(text);
                }
                _ => {
                    let (word, behind) = rest.split_at(rest.find([',', '}', ']']).unwrap_or(rest.len()));
                    rest = behind;
                    open.last_mut()?.end((word == "true").then(|| word.to_owned()));
                }
            }
            // An item of the list has ended.
            if open.last().is_some_and(|container| container.place == Place::Statements) {
                tree.statements += 1;
            }
        }
        open.is_empty().then_some(tree)
    }

    fn object(&mut self, object: Object, place: Place) {
        let Object { class, kind, function, table, type_id, is_error, error } = object;
        // A cast does what a function would do.
        self.functions.extend(type_id.filter(|id| id == "VARIANT").map(|id| id.to_ascii_lowercase()));
        if is_error && place == Place::Root {
            self.error = Some(error);
        }
        match (class, kind) {
            (Some(class), _) => {
                let is_known = CLASSES.contains(&class.as_str());
                match (function, place) {
                    _ if !is_known => self.unknown(class),
                    (Some(name), Place::TableFunction) => self.table_functions.push(name),
                    (Some(name), _) => self.functions.push(name),
                    (None, _) if class == "FUNCTION" => self.unknown(class),
                    (None, _) => {}
                }
            }
            (None, Some(kind)) => match kind.as_str() {
                "BASE_TABLE" => self.tables.push(table),
                "SHOW_REF" => self.shown.push(table),
                kind if KINDS.contains(&kind) || kind.ends_with("_TYPE_INFO") => {}
                _ => self.unknown(kind),
            },
            (None, None) => {}
        }
    }

    fn unknown(&mut self, kind: String) {
        self.unknown.get_or_insert(kind);
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Root,
    Statements,
    TableFunction,
    Elsewhere,
}

/// An object or a list that has not ended.
struct Container {
    /// None for a list.
    object: Option<Object>,
    place: Place,
    /// The key whose value comes next.
    key: Option<Key>,
}

impl Container {
    /// The place of what begins now.
    fn place_inside(&self) -> Place {
        let kind = self.object.as_ref().and_then(|object| object.kind.as_deref());
        match self.key {
            Some(Key::Statements) if self.place == Place::Root => Place::Statements,
            // The kind comes first. If it ever does not, the stricter rule applies.
            Some(Key::Function) if kind.is_none_or(|kind| kind == "TABLE_FUNCTION") => Place::TableFunction,
            _ => Place::Elsewhere,
        }
    }

    /// A value has ended: a text, `true` or something else.
    fn end(&mut self, text: Option<String>) {
        let (Some(object), Some(key)) = (&mut self.object, self.key.take()) else { return };
        match key {
            Key::Class => object.class = text,
            Key::Type => object.kind = text,
            Key::Id => object.type_id = text,
            Key::FunctionName => object.function = text,
            Key::CatalogName => object.table.catalog = text.unwrap_or_default(),
            Key::SchemaName => object.table.schema = text.unwrap_or_default(),
            Key::TableName => object.table.name = text.unwrap_or_default(),
            Key::Error => object.is_error = text.is_some(),
            Key::ErrorMessage => object.error.message = text.unwrap_or_default(),
            Key::Position => object.error.position = text.and_then(|text| text.parse().ok()),
            Key::Function | Key::Statements | Key::Other => {}
        }
    }
}

/// What is noted of an object until it ends.
#[derive(Default)]
struct Object {
    class: Option<String>,
    kind: Option<String>,
    function: Option<String>,
    table: TableName,
    /// The id of a type.
    type_id: Option<String>,
    is_error: bool,
    error: SyntaxError,
}

#[derive(Clone, Copy)]
enum Key {
    Class,
    Type,
    Id,
    FunctionName,
    Function,
    CatalogName,
    SchemaName,
    TableName,
    Statements,
    Error,
    ErrorMessage,
    Position,
    Other,
}

impl Key {
    fn named(name: &str) -> Self {
        match name {
            "class" => Self::Class,
            "type" => Self::Type,
            "id" => Self::Id,
            "function_name" => Self::FunctionName,
            "function" => Self::Function,
            "catalog_name" => Self::CatalogName,
            "schema_name" => Self::SchemaName,
            "table_name" => Self::TableName,
            "statements" => Self::Statements,
            "error" => Self::Error,
            "error_message" => Self::ErrorMessage,
            "position" => Self::Position,
            _ => Self::Other,
        }
    }
}

/// The length of the text in quotes that a text begins with.
fn text_length(json: &str) -> Option<usize> {
    let mut bytes = json.bytes().enumerate().skip(1);
    loop {
        match bytes.next()? {
            (at, b'"') => return Some(at + 1),
            (_, b'\\') => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use duckdb::Connection;

    use super::*;

    fn tree(sql: &str) -> Tree {
        let connection = Connection::open_in_memory().unwrap();
        let json: String =
            connection.query_row("SELECT json_serialize_sql(?::VARCHAR)", [sql], |row| row.get(0)).unwrap();
        Tree::read(&json).unwrap()
    }

    fn check(sql: &str, tables: &[&str], table_functions: &[&str], functions: &[&str]) {
        let tree = tree(sql);
        let names = |tables: &[TableName]| -> Vec<String> {
            tables.iter().map(|TableName { catalog, schema, name }| format!("{catalog}|{schema}|{name}")).collect()
        };
        assert_eq!(names(&tree.tables), tables, "{sql}");
        assert_eq!(tree.table_functions, table_functions, "{sql}");
        assert_eq!(tree.functions, functions, "{sql}");
        assert_eq!((tree.statements, tree.unknown, tree.error), (1, None, None), "{sql}");
    }

    #[test]
    fn tables_and_functions_are_found_wherever_they_are() {
        check(
            "SELECT f(a) FROM x.y WHERE b IN (FROM z JOIN q.w.v ON g(1))",
            &["|x|y", "||z", "q|w|v"],
            &[],
            &["f", "g"],
        );
        check("WITH c AS (FROM read_csv('a')) FROM c, 'b.csv'", &["||c", "||b.csv"], &["read_csv"], &[]);
        check("SELECT row_number() OVER (ORDER BY h(1)) FROM range(k(3))", &[], &["range"], &["h", "row_number", "k"]);
        check("FROM t ORDER BY (SELECT m() FROM u) LIMIT n()", &["||u", "||t"], &[], &["m", "n"]);
        check("SELECT x::VARIANT[], 'VARIANT' AS id FROM t", &["||t"], &[], &["variant"]);
        check("PIVOT t ON x IN ('a') USING sum(y)", &["||t"], &[], &["sum"]);
        check(
            "SELECT list_transform([1], lambda x: p(x)) FROM a.query('x') UNION FROM (VALUES (o()))",
            &[],
            &["query"],
            &["list_value", "p", "list_transform", "o"],
        );
    }

    #[test]
    fn errors_and_several_statements_are_reported() {
        let error = tree("SELECT 'a' FROM FROM").error.unwrap();
        assert_eq!((error.message.as_str(), error.position), ("syntax error at or near \"FROM\"", Some(16)));
        assert_eq!(tree("SELECT 1; SELECT 2").statements, 2);
        assert_eq!(tree("-- nothing").statements, 0);
    }

    #[test]
    fn texts_of_the_query_are_not_taken_for_its_tree() {
        let sql = r#"SELECT '"},{"type":"TABLE_FUNCTION"', 'a\', "}]""\" AS "{[" FROM t"#;
        check(sql, &["||t"], &[], &[]);
        assert_eq!(Tree::read("{\"statements\":[}"), None);
        assert_eq!(Tree::read("{\"statements\":[{}"), None);
    }

    #[test]
    fn the_deepest_query_that_duckdb_reads_is_read() {
        let sql = format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(990), " END".repeat(990));
        assert_eq!(tree(&sql).statements, 1);
        assert_eq!(tree(&format!("SELECT 1{}", "+1".repeat(990))).functions.len(), 990);
    }
}
