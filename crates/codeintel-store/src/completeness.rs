//! How complete the SCIP documents of a snapshot are, in numbers.

use crate::database::Database;
use crate::error::StoreError;

/// How many references of one kind in one package are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageCoverage {
    /// The first part of the names of its modules.
    pub package: String,
    /// `name`, `attribute` or `import`.
    pub kind: String,
    /// References of the kind.
    pub total: u64,
    /// The resolved ones.
    pub resolved: u64,
}

impl Database {
    /// The coverage of each package of a repository's current snapshot, sorted by package and kind.
    pub fn coverage(&self, repo: &str) -> Result<Vec<PackageCoverage>, StoreError> {
        let sql = "SELECT split_part(module, '.', 1) AS package, kind, sum(total)::BIGINT, sum(resolved)::BIGINT \
                   FROM scip.coverage JOIN core.modules ON modules.repo = coverage.repo AND modules.path = coverage.rel_path \
                   WHERE coverage.repo = ? GROUP BY ALL ORDER BY ALL";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([repo], |row| {
            Ok(PackageCoverage { package: row.get(0)?, kind: row.get(1)?, total: row.get(2)?, resolved: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many documents of the current snapshot speak of an older state of their file or of what it looks into.
    pub fn stale_documents(&self, repo: &str) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM scip.documents WHERE repo = ? AND is_stale";
        let count: i64 = self.connection.query_row(sql, [repo], |row| row.get(0))?;
        Ok(count as usize)
    }
}
