//! `core.ast_nodes`: every node of CPython's `ast` that has a position, and the Module.

use arrow_array::RecordBatch;
use codeintel_python::{Field, Kind};

use crate::dataset::{Dataset, Extraction, Facts, From, Maker, PassOn, Rows, RowsDigest, Tree};
use crate::table::StoredColumns as _;

stored_table! {
    /// The nodes. Types and fields are codes: texts would take a third of the time to write the table.
    ast_nodes {
        content_id: Int,
        node_id: Int,
        parent_id: Null<Int>,
        field: Null<Code>,
        position: Null<Int>,
        node_type: Code,
        name: Null<Text>,
        lineno: Null<Int>,
        col_offset: Null<Int>,
        end_lineno: Null<Int>,
        end_col_offset: Null<Int>,
        start_byte: Null<Int>,
        end_byte: Null<Int>,
    }
}

stored_table! {
    /// What more is known of the modules, classes and functions among the nodes.
    ast_definitions {
        content_id: Int,
        node_id: Int,
        kind: Text,
        qualname: Text,
        parent_qualname: Null<Text>,
        ordinal: Int,
        name_start: Null<Int>,
        name_end: Null<Int>,
        start_line: Int,
        end_line: Null<Int>,
        decorator_start_line: Null<Int>,
        decorator_end_line: Null<Int>,
        decorators: Null<Text>,
        docstring: Null<Text>,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.ast_nodes",
    version: 1,
    tables: &[&ast_nodes::TABLE, &ast_definitions::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Box::<Collected>::default() },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.ast_nodes",
    doc: "One row for each node of CPython's `ast` that has a position, and one for the Module.\n\n\
          Node types, fields, positions and the numbering are those of CPython 3.13, whatever Python is installed; template \
          strings are those of 3.14. `node_id` counts all nodes in pre-order in the order of CPython's `_fields`, those \
          without a position (contexts, operators, `arguments`, ...) included, so that gaps are possible; `parent_id` may \
          name one of them. Byte offsets count in the decoded text as UTF-8, without a byte order mark.\n\n\
          The last six columns are set on Module, ClassDef, FunctionDef and AsyncFunctionDef only. Of a file with syntax \
          errors the table has what could be recovered (see `core.problems`).\n\n\
          Known differences from CPython: an escaped lone surrogate (`\"\\ud800\"`) reads as U+FFFD in `docstring`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        module Varchar ! "Importable name, as in `core.modules`.";
        node_id Integer ! "Number of the node in its file, from 0 (the Module).";
        parent_id Integer ? "Number of the parent node; NULL for the Module.";
        field Varchar ? "The parent's field that holds the node.";
        position Integer ? "Place in that field, from 0, where it is a list.";
        node_type Varchar ! "Class of the node.";
        name Varchar ? "The node's `id`, `name`, `attr`, `arg` or `module`, where it has one.";
        lineno Integer ? "First line, from 1.";
        col_offset Integer ? "Column of the first character, from 0, in UTF-8 bytes.";
        end_lineno Integer ? "Last line, from 1.";
        end_col_offset Integer ? "Column behind the last character, from 0, in UTF-8 bytes.";
        start_byte Integer ? "Offset of the first byte, from 0.";
        end_byte Integer ? "Offset behind the last byte.";
        qualname Varchar ? "Module, enclosing scopes and own name, joined by dots.";
        parent_qualname Varchar ? "`qualname` of the enclosing scope; NULL for the Module.";
        decorator_start_line Integer ? "First line of the first decorator's expression.";
        decorator_end_line Integer ? "Last line of the last decorator's expression.";
        decorators Json ? "List of the decorators' source texts, without `@`.";
        docstring Varchar ? "Docstring, cleaned as `inspect.cleandoc` does.";
    },
    from: From::Query(concat!(
        "SELECT s.repo, s.commit, f.rel_path, f.module, t.node_id, t.parent_id, n.name AS field, t.position, k.name AS node_type, t.name, \
           t.lineno, t.col_offset, t.end_lineno, t.end_col_offset, t.start_byte, t.end_byte, \
           ",
        qualname!("d.qualname"),
        " AS qualname, \
           ",
        qualname!("d.parent_qualname"),
        " AS parent_qualname, \
           d.decorator_start_line, d.decorator_end_line, d.decorators::JSON AS decorators, d.docstring \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.ast_nodes t USING (content_id) \
           JOIN store.ast_kinds k ON k.code = t.node_type LEFT JOIN store.ast_fields n ON n.code = t.field \
           LEFT JOIN store.ast_definitions d ON d.content_id = t.content_id AND d.node_id = t.node_id"
    )),
    reads: &[&FACTS],
    also: &[],
};

/// The names behind the codes of node types and of fields, for the tables `store.ast_kinds` and `store.ast_fields`.
pub(crate) fn code_names() -> [(&'static str, Vec<(u8, &'static str)>); 2] {
    [
        ("ast_kinds", Kind::ALL.iter().map(|kind| (kind.code(), kind.as_str())).collect()),
        ("ast_fields", Field::ALL.iter().map(|field| (field.code(), field.as_str())).collect()),
    ]
}

#[derive(Debug, Default)]
struct Collected {
    nodes: ast_nodes::Columns,
    definitions: ast_definitions::Columns,
}

impl Rows for Collected {
    fn extract(
        &mut self,
        content_id: i32,
        extraction: Extraction<'_>,
        pass_on: PassOn<'_>,
        _: &mut RowsDigest,
    ) -> usize {
        let Some(parsed) = extraction.parsed else { return 0 };
        let mut rows = 0;
        let lines = parsed.file.lines();
        let mut line = 1;
        for (node_id, node) in parsed.ast.nodes.iter().enumerate() {
            if node.range.is_none() && node.parent.is_some() {
                continue;
            }
            let range = node.range.map(|(start, end)| {
                let start = lines.utf8_near(start, line);
                line = start.line;
                (start, lines.utf8_near(end, line))
            });
            rows += 1;
            self.nodes.push(ast_nodes::Row {
                content_id,
                node_id: node_id as i32,
                parent_id: node.parent.map(|parent| parent as i32),
                field: node.field.map(Field::code),
                position: node.index.map(|index| index as i32),
                node_type: node.kind.code(),
                name: node.name,
                lineno: range.map(|(start, _)| start.line as i32),
                col_offset: range.map(|(start, _)| start.column as i32),
                end_lineno: range.map(|(_, end)| end.line as i32),
                end_col_offset: range.map(|(_, end)| end.column as i32),
                start_byte: node.range.map(|(start, _)| start as i32),
                end_byte: node.range.map(|(_, end)| end as i32),
            });
            if self.nodes.is_full() {
                pass_on(self.take());
            }
        }
        for definition in parsed.definitions {
            let decorators = definition.decorators.as_ref();
            let texts = decorators.map(|decorators| serde_json::json!(decorators.texts).to_string());
            self.definitions.push(ast_definitions::Row {
                content_id,
                node_id: definition.node_id as i32,
                kind: definition.kind.as_str(),
                qualname: &definition.qualname,
                parent_qualname: definition.parent_qualname.as_deref(),
                ordinal: definition.ordinal as i32,
                name_start: definition.name_range.map(|(start, _)| start as i32),
                name_end: definition.name_range.map(|(_, end)| end as i32),
                start_line: definition.start_line as i32,
                end_line: definition.end_line.map(|line| line as i32),
                decorator_start_line: decorators.map(|decorators| decorators.start_line as i32),
                decorator_end_line: decorators.map(|decorators| decorators.end_line as i32),
                decorators: texts.as_deref(),
                docstring: definition.clean_docstring().as_deref(),
            });
            if self.definitions.is_full() {
                pass_on(self.take());
            }
        }
        rows
    }

    fn is_full(&self) -> bool {
        self.nodes.is_full() || self.definitions.is_full()
    }

    fn take(&mut self) -> Vec<RecordBatch> {
        vec![self.nodes.take(), self.definitions.take()]
    }
}
