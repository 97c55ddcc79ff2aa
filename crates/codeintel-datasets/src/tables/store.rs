//! The tables in which the store keeps what is no fact: snapshots, the contents and documents that they lead to, and the ledger.
//!
//! Views join them with facts, so they are defined beside the views. The store creates them and writes their rows.

use crate::table::{ColumnType, StoredTable};

/// Columns as in `columns!`, without docs: `name Type !`, with `?` where it may be NULL.
macro_rules! plain_tables {
    ($($table:ident { $($column:ident $ty:ident $nullable:tt),+ $(,)? })+) => {
        /// All of them.
        pub static STORE_TABLES: &[StoredTable] = &[$(StoredTable {
            name: stringify!($table),
            columns: &[$((stringify!($column), ColumnType::$ty, plain_tables!(@ $nullable))),+],
        }),+];
    };
    (@ ?) => { true };
    (@ !) => { false };
}

plain_tables! {
    meta { key Varchar !, value Varchar ! }
    snapshots {
        snapshot_id Integer !, repo Varchar !, commit Varchar !, branch Varchar ?, is_current Boolean !, is_dirty Boolean !,
        scanned_at_ns BigInt !, source_roots Varchar !, datasets Varchar !, walk Varchar ?, indexing Varchar ?,
        ingested_at Timestamp !, codeintel_version Varchar !,
    }
    contents { content_id Integer !, content_hash Varchar ! }
    files {
        snapshot_id Integer !, rel_path Varchar !, language Varchar !, content_id Integer !, content_hash Varchar !,
        size_bytes BigInt !, mtime_ns BigInt !, ctime_ns BigInt !, inode BigInt !, module Varchar !, root Varchar !,
        is_package Boolean !, is_stub Boolean !, is_test Boolean !, tags Varchar !, owners Varchar !, document_id Integer ?,
        fingerprint Varchar !, is_stale Boolean !,
    }
    documents {
        document_id Integer !, facts_id Integer !, indexer Varchar !, rel_path Varchar !, content_id Integer !,
        fingerprint Varchar !, digest Varchar !, language Varchar !, position_encoding Varchar !, producer Varchar !,
        producer_version Varchar !,
    }
    document_problems { document_id Integer !, severity Varchar !, message Varchar ! }
    ledger {
        content_id Integer !, dataset Varchar !, version Integer !, fingerprint Varchar !, status Varchar !,
        extracted_at_ns BigInt !, digest Varchar ?,
    }
    derivations { derivation_id Integer !, facts Varchar !, version Integer !, digest Varchar ! }
    snapshot_derivations { snapshot_id Integer !, derivation_id Integer ! }
    scan_problems {
        snapshot_id Integer !, rel_path Varchar ?, dataset Varchar !, stage Varchar !, severity Varchar !, message Varchar !,
    }
    tags {
        snapshot_id Integer !, tag Varchar !, description Varchar !, includes Varchar !, excludes Varchar !, matches Varchar !,
    }
    tool_runs {
        snapshot_id Integer !, tool Varchar !, tool_version Varchar !, key Varchar !, stamp Varchar !, failure Varchar ?,
    }
    reports { snapshot_id Integer !, tool Varchar !, rel_path Varchar !, report_id Integer ?, digest Varchar ! }
}
