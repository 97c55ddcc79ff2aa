//! The tables behind the views, and the views.

use codeintel_datasets::{DATASETS, Facts, Key, STORE_TABLES, StoredTable, all_facts};
use duckdb::{Connection, OptionalExt as _};

use crate::error::StoreError;

/// Raised when [`STORE_TABLES`] change; an older file is then rebuilt.
pub(crate) const SCHEMA_VERSION: u32 = 4;

/// The snapshots that the views of `core` and its like show.
pub(crate) const CURRENT: &str = "SELECT * FROM store.snapshots WHERE is_current";

/// The names of the tables of facts with a key.
pub(crate) fn tables_keyed_by(key: Key) -> impl Iterator<Item = &'static str> {
    all_facts().filter(move |facts| facts.key() == key).flat_map(|facts| facts.tables).map(|table| table.name)
}

/// Whether a name is that of a schema in the file or of DuckDB itself.
pub(crate) fn is_schema(name: &str) -> bool {
    let names = DATASETS.iter().map(|dataset| dataset.schema()).chain(["store", "history", "main", "system", "temp"]);
    names.into_iter().any(|schema| schema.eq_ignore_ascii_case(name))
}

/// The schema version of a file, or none for an empty one.
pub(crate) fn version(connection: &Connection) -> Result<Option<u32>, StoreError> {
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'store' AND table_name = 'meta'",
        [],
        |row| row.get(0),
    )?;
    if tables == 0 {
        return Ok(None);
    }
    match meta(connection, "schema_version") {
        Ok(Some(text)) => text.parse().map(Some).map_err(|_| StoreError::Corrupt(format!("schema version `{text}`"))),
        Err(error) if error.may_be_damage() => Err(error),
        // Another program may have a table of that name.
        Ok(None) | Err(_) => Ok(None),
    }
}

/// Whether nobody has made anything in a file.
pub(crate) fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let lists = ["tables()", "views()", "schemas()", "sequences()", "functions()", "types()"];
    // Not all of them tell what is built in, and those that do not show nothing of it.
    let count = |list: &&str| {
        let internal = if *list == "tables()" || *list == "sequences()" { "" } else { "AND NOT internal" };
        format!("(SELECT count(*) FROM duckdb_{list} WHERE database_name = current_database() {internal})")
    };
    let sql = format!("SELECT {}", lists.iter().map(count).collect::<Vec<_>>().join(" + "));
    Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))? == 0)
}

/// Create all tables and views in an empty file.
pub(crate) fn create(connection: &Connection) -> Result<(), StoreError> {
    let tables = STORE_TABLES.iter().map(StoredTable::ddl).collect::<Vec<_>>().join("; ");
    connection.execute_batch(&format!("BEGIN; CREATE SCHEMA store; {tables}"))?;
    set_meta(connection, "schema_version", &SCHEMA_VERSION.to_string())?;
    connection.execute_batch("COMMIT")?;
    update(connection)
}

/// Bring the datasets' tables and all views to what this program defines. Cheap when nothing changed.
pub(crate) fn update(connection: &Connection) -> Result<(), StoreError> {
    let views = format!("{}{}", code_tables(), views());
    let fingerprint = format!("{:016x}", fingerprint(&definitions(&views)));
    if meta(connection, "definitions")?.as_deref() == Some(&fingerprint) {
        return Ok(());
    }
    connection.execute_batch("BEGIN")?;
    for facts in all_facts() {
        update_tables(connection, facts)?;
    }
    connection.execute_batch(&views)?;
    set_meta(connection, "definitions", &fingerprint)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Create the tables of some facts. Where they had other columns before, the facts are forgotten and made anew.
fn update_tables(connection: &Connection, facts: &Facts) -> Result<(), StoreError> {
    let key = format!("tables of {}", facts.name);
    let ddl: Vec<String> = facts.tables.iter().map(|table| table.ddl()).collect();
    let ddl = ddl.join("; ");
    if ddl.is_empty() || meta(connection, &key)?.as_deref() == Some(&ddl) {
        return Ok(());
    }
    for table in facts.tables {
        connection.execute_batch(&format!("DROP TABLE IF EXISTS store.{}", table.name))?;
    }
    connection.execute_batch(&ddl)?;
    let forget_in_snapshots = || {
        let forget = format!("{{\"{}\": null}}", facts.name);
        connection.execute("UPDATE store.snapshots SET datasets = json_merge_patch(datasets, ?)", [forget])
    };
    match facts.key() {
        Key::Content => {
            connection.execute("DELETE FROM store.ledger WHERE dataset = ?", [facts.name])?;
            forget_in_snapshots()?;
        }
        Key::Derivation => {
            let of_facts = "(SELECT derivation_id FROM store.derivations WHERE facts = ?)";
            let sql = format!("DELETE FROM store.snapshot_derivations WHERE derivation_id IN {of_facts}");
            connection.execute(&sql, [facts.name])?;
            connection.execute("DELETE FROM store.derivations WHERE facts = ?", [facts.name])?;
            forget_in_snapshots()?;
        }
        Key::Document => connection.execute_batch(
            "DELETE FROM store.documents; DELETE FROM store.document_problems; \
             UPDATE store.files SET document_id = NULL, is_stale = false; UPDATE store.snapshots SET indexing = NULL",
        )?,
        Key::Report => connection.execute_batch("DELETE FROM store.tool_runs; DELETE FROM store.reports")?,
    }
    set_meta(connection, &key, &ddl)
}

/// The statements that fill the tables of names behind codes.
fn code_tables() -> String {
    let table = |(name, codes): (&str, Vec<(u8, &str)>)| {
        let rows: Vec<String> = codes.iter().map(|(code, text)| format!("({code}::UTINYINT, '{text}')")).collect();
        format!("CREATE OR REPLACE TABLE store.{name} AS SELECT * FROM (VALUES {}) t(code, name);\n", rows.join(", "))
    };
    codeintel_datasets::code_names().into_iter().map(table).collect()
}

/// The statements that create the views: `core.x` over the current snapshots, `history.x` over all.
fn views() -> String {
    let mut schemas: Vec<&str> = DATASETS.iter().map(|dataset| dataset.schema()).chain(["history"]).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let schemas = schemas.iter().map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
    let views = DATASETS.iter().flat_map(|dataset| {
        let view =
            |name: &str, snapshots: &str| format!("CREATE OR REPLACE VIEW {name} AS {}", dataset.view_of(snapshots));
        let comments = dataset.columns.iter().map(|column| {
            format!("COMMENT ON COLUMN {}.{} IS '{}'", dataset.name, column.name, column.doc.replace('\'', "''"))
        });
        [view(dataset.name, CURRENT), view(&format!("history.{}", dataset.table()), "SELECT * FROM store.snapshots")]
            .into_iter()
            .chain(comments)
    });
    schemas.chain(views).collect::<Vec<_>>().join(";\n")
}

fn definitions(views: &str) -> String {
    let tables = all_facts().flat_map(|facts| facts.tables).map(|table| table.ddl());
    format!("{views}{}", tables.collect::<String>())
}

/// FNV-1a: a name for a text that is the same in every run.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn meta(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let value = connection.query_row("SELECT value FROM store.meta WHERE key = ?", [key], |row| row.get(0));
    Ok(value.optional()?)
}

fn set_meta(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM store.meta WHERE key = ?", [key])?;
    connection.execute("INSERT INTO store.meta VALUES (?, ?)", [key, value])?;
    Ok(())
}
