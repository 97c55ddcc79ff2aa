//! Comparing two databases, table by table.

use std::path::Path;

use codeintel_datasets::{DATASETS, Dataset};

use crate::database::Database;
use crate::error::StoreError;
use crate::schema::CURRENT;
use crate::sql::quoted;

/// How many differing rows are shown of a table.
const EXAMPLES: usize = 5;

/// The name under which the other file is attached.
const OTHER: &str = "codeintel_other";

/// Columns that say when and by which program a database was built.
const NOT_COMPARED: &[&str] = &["ingested_at", "codeintel_version"];

/// Rows of one table that only one of two databases has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table's full name.
    pub dataset: &'static str,
    /// Whether the rows are in the other database only, or in this one only.
    pub is_missing: bool,
    /// How many rows.
    pub count: usize,
    /// The first few of them as JSON.
    pub examples: Vec<String>,
}

impl Database {
    /// Compare the current rows of a repository with those of another file, both ways. The database must be open for
    /// writing, which keeps it as it is meanwhile. The tables in `left_out` are not compared.
    pub fn compare_with(&self, other: &Path, repo: &str, left_out: &[&str]) -> Result<Vec<Difference>, StoreError> {
        let connection = &self.connection;
        let mine: String = connection.query_row("SELECT current_database()", [], |row| row.get(0))?;
        connection.execute_batch(&format!("ATTACH {} AS {OTHER} (READ_ONLY)", quoted(&other.to_string_lossy())))?;
        let mut differences = Vec::new();
        for dataset in DATASETS.iter().filter(|dataset| !left_out.contains(&dataset.name)) {
            let is_current = dataset.columns.iter().any(|column| column.name == "is_current");
            let condition = format!("repo = {}{}", quoted(repo), if is_current { " AND is_current" } else { "" });
            let rows =
                |file: &str| format!("SELECT {} FROM ({}) WHERE {condition}", columns(dataset), view_of(dataset, file));
            for (is_missing, from, without) in [(true, OTHER, &*mine), (false, &*mine, OTHER)] {
                let difference = format!("({} EXCEPT ALL {})", rows(from), rows(without));
                let sql = format!("SELECT count(*) FROM {difference}");
                let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
                if count > 0 {
                    let sql = format!("SELECT to_json(d)::VARCHAR FROM {difference} d ORDER BY ALL LIMIT {EXAMPLES}");
                    let mut statement = connection.prepare(&sql)?;
                    let examples = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                    differences.push(Difference { dataset: dataset.name, is_missing, count: count as usize, examples });
                }
            }
        }
        connection.execute_batch(&format!("DETACH {OTHER}"))?;
        Ok(differences)
    }
}

fn columns(dataset: &Dataset) -> String {
    let names = dataset.columns.iter().map(|column| column.name).filter(|name| !NOT_COMPARED.contains(name));
    names.collect::<Vec<_>>().join(", ")
}

/// The query of a dataset's view over an attached file.
fn view_of(dataset: &'static Dataset, file: &str) -> String {
    dataset.view_of(CURRENT).replace("store.", &format!("\"{}\".store.", file.replace('"', "\"\"")))
}
