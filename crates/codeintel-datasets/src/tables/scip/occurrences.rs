//! `scip.occurrences`: names in the source and the symbols that they stand for.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

stored_table! {
    /// One row for each occurrence of a document.
    scip_occurrences {
        facts_id: Int,
        start_line: Int,
        start_col: Int,
        end_line: Int,
        end_col: Int,
        start_byte: Int,
        end_byte: Int,
        symbol: Text,
        roles: Bits,
        enclosing_start_line: Null<Int>,
        enclosing_start_col: Null<Int>,
        enclosing_end_line: Null<Int>,
        enclosing_end_col: Null<Int>,
        alternatives: Int,
    }
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "scip.occurrences",
    doc: "One row for each place in a file where a symbol is defined or referred to.\n\n\
          Lines and columns count from 0, columns in the encoding that `scip.documents` names; the end is behind the last character. \
          Byte offsets count in the decoded text as UTF-8, without a byte order mark, as in `core.ast_nodes`. A symbol that begins \
          with `local ` has a meaning in its file only and must not be joined with those of other files.\n\n\
          Where a name may stand for several things, there is one row for each of them, and `alternatives` is their number. \
          A name that an import binds is defined there as a local symbol, and everything that uses it refers to what was imported.\n\n\
          Roles are those of SCIP: 1 definition, 2 import, 4 write, 8 read, and others that a producer may set.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        start_line Integer ! "First line, from 0.";
        start_col Integer ! "First column, from 0.";
        end_line Integer ! "Last line, from 0.";
        end_col Integer ! "Column behind the last one.";
        start_byte Integer ! "Offset of the first byte, from 0.";
        end_byte Integer ! "Offset behind the last byte.";
        symbol Varchar ! "SCIP symbol.";
        roles UInteger ! "Sum of the roles.";
        is_definition Boolean ! "Whether the symbol is defined here." = "t.roles & 1 <> 0";
        is_import Boolean ! "Whether the symbol is imported here." = "t.roles & 2 <> 0";
        is_write Boolean ! "Whether the symbol is written to here." = "t.roles & 4 <> 0";
        is_read Boolean ! "Whether the symbol is read here." = "t.roles & 8 <> 0";
        is_local Boolean ! "Whether the symbol has a meaning in this file only." = "starts_with(t.symbol, 'local ')";
        enclosing_start_line Integer ? "First line, from 0, of the whole definition or reference.";
        enclosing_end_line Integer ? "Its last line.";
        alternatives Integer ! "How many symbols are defined, or how many are referred to, in this place.";
    },
    from: From::Facts(&scip_occurrences::TABLE),
    reads: &[&documents::FACTS],
    also: &[],
};
