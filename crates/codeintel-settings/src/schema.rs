//! The settings as a JSON schema, by which editors complete and check files of settings.

use serde_json::{Map, Value, json};

use crate::definition::Definition;
use crate::definitions::SETTINGS;
use crate::sources::OF_REPOSITORY;

/// The draft that editors of TOML understand.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The JSON schema of `codeintel.toml` or `pyproject.toml`; none for other files. In the second one only the table
/// `tool.codeintel` is described.
pub fn schema(file: &str) -> Option<Value> {
    let (_, tables) = OF_REPOSITORY.into_iter().find(|(name, _)| *name == file)?;
    let mut settings = Map::new();
    for definition in SETTINGS {
        match definition.key.split_once('.') {
            Some((table, key)) => {
                let table = settings.entry(table).or_insert_with(|| closed(&Map::new()));
                table["properties"][key] = of_setting(definition);
            }
            None => settings.extend([(definition.key.to_owned(), of_setting(definition))]),
        }
    }
    let nested = tables
        .iter()
        .rev()
        .fold(closed(&settings), |inner, table| json!({"type": "object", "properties": {*table: inner}}));
    let mut schema = json!({"$schema": DRAFT, "title": "Settings of codeintel"});
    schema.as_object_mut()?.extend(nested.as_object()?.clone());
    Some(schema)
}

/// A table in which no other keys may stand.
fn closed(properties: &Map<String, Value>) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn of_setting(definition: &Definition) -> Value {
    let mut description = definition.doc.to_owned();
    if let Some(words) = definition.otherwise {
        description += &format!("\n\nDefault: {words}.");
    }
    if let Some(values) = definition.shown_guard() {
        description += &format!("\n\nNeeds trust in a repository: {values}.");
    }
    let mut schema = definition.shape.schema();
    schema["description"] = description.into();
    schema["default"] = serde_json::to_value(definition.default()).expect("a value without dates is JSON");
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_in_the_schema_with_its_type_range_words_and_default() {
        let own = schema("codeintel.toml").unwrap();
        let check = |pointer: &str, key: &str, expected: Value| {
            assert_eq!(own.pointer(pointer).unwrap()[key], expected, "{pointer} {key}");
        };
        let count = |table: &str| own.pointer(table).and_then(Value::as_object).map_or(0, Map::len);
        let tables = ["/properties/scip/properties", "/properties/tools/properties", "/properties/query/properties"];
        assert_eq!(count("/properties") - 3 + tables.map(count).iter().sum::<usize>(), SETTINGS.len());
        check("", "additionalProperties", false.into());
        check("/properties/scip", "additionalProperties", false.into());
        check("/properties/jobs", "minimum", 0.into());
        check("/properties/keep_snapshots", "minimum", 1.into());
        check("/properties/keep_snapshots", "default", 10.into());
        check("/properties/gc_share", "maximum", 1.into());
        check("/properties/scip/properties/mode", "enum", json!(["auto", "full", "incremental"]));
        check("/properties/tools/properties/enabled", "default", json!([]));
        check("/properties/query/properties/memory_limit", "default", "2GB".into());
        let pyproject = schema("pyproject.toml").unwrap();
        assert_eq!(pyproject["properties"]["tool"]["properties"]["codeintel"]["properties"], own["properties"]);
        assert_eq!((pyproject.get("additionalProperties"), schema("other.toml")), (None, None));
    }
}
