//! `core.cst_nodes`: every node of LibCST's tree but whitespace and punctuation.

use arrow_array::RecordBatch;
use codeintel_base::CodePoints;
use codeintel_python::{Cst, CstKind, CstNode};

use crate::dataset::{Dataset, Extraction, Facts, From, Maker, Parsed, PassOn, Rows, RowsDigest, Tree};
use crate::table::StoredColumns as _;
use crate::tables::core::ast_nodes;

stored_table! {
    /// The nodes. The chain of the ancestors' kinds is a text of one character for each of them, of which a long run of
    /// one kind is told by its length; NULL where there are none or too many.
    cst_nodes {
        content_id: Int,
        node_id: Int,
        parent_id: Null<Int>,
        kind: Code,
        ancestors: Null<Text>,
        start_line: Int,
        start_col: Int,
        end_line: Int,
        end_col: Int,
        start_byte: Int,
        end_byte: Int,
        definition_id: Int,
        ast_node_id: Null<Int>,
    }
}

stored_table! {
    /// The decoded texts, from which previews are cut, in pieces: where a join repeats a piece for each of its nodes, it
    /// must not repeat a whole file. Each goes on into the next one by the length of a preview.
    source_pieces {
        content_id: Int,
        piece: Int,
        text: Bytes,
    }
}

/// A piece begins at each multiple of so many bytes. The view knows it, too.
const PIECE_BYTES: usize = 2048;

/// The first 200 characters take at most so many bytes.
const PREVIEW_BYTES: usize = 800;

/// The SQL of a preview. Where its last byte is inside of a character, that of one of the three bytes before is not.
macro_rules! preview {
    () => {
        concat!(
            "left(coalesce(",
            preview!("800"),
            ", ",
            preview!("799"),
            ", ",
            preview!("798"),
            ", ",
            preview!("797"),
            "), 200)"
        )
    };
    ($length:literal) => {
        concat!(
            "try(decode(x.text[t.start_byte % 2048 + 1:t.start_byte % 2048 + least(t.end_byte - t.start_byte, ",
            $length,
            ")]))"
        )
    };
}

/// Below this depth `parents` is NULL: spelled out, the chains of one file take space in proportion to the square of it.
const MAX_LEVELS: usize = 10_000;

/// So many characters a stored chain may have, for the same reason.
const MAX_CHARACTERS: usize = 1000;

/// All chains of one file have so many levels at most, spelled out, and so many for each byte of it. Behind that there are none. Those of real
/// files have some two for each byte.
const MAX_CHAINS_LEVELS: usize = 4 << 20;
const MAX_CHAINS_RATIO: usize = 16;

/// Of a run of one kind so many are written out; one character says how many more there are.
const WRITTEN_OUT: usize = 8;

/// This character and those behind it are lengths. The view knows it, too.
const FIRST_LENGTH: u32 = 0x1000;

/// The SQL of a chain with its runs written out. Nearly all chains are ASCII, and so they are.
macro_rules! chain {
    () => {
        "CASE WHEN strlen(t.ancestors) = length(t.ancestors) THEN t.ancestors ELSE array_to_string(list_transform(\
           string_split(t.ancestors, ''), lambda c, i: CASE WHEN unicode(c) >= 4096 \
           THEN repeat(t.ancestors[i - 1], unicode(c) - 4096) ELSE c END), '') END"
    };
}

/// The character that stands for the first kind in `ancestors`. Kinds that have children come first, so that nearly
/// all of them are ASCII.
const FIRST_CHARACTER: u32 = '!' as u32;

pub(crate) static FACTS: Facts = Facts {
    name: "core.cst_nodes",
    version: 3,
    tables: &[&cst_nodes::TABLE, &source_pieces::TABLE],
    uses: &[&ast_nodes::FACTS],
    maker: Maker::Parse { tree: Tree::Concrete, rows: || Box::<Collected>::default() },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.cst_nodes",
    doc: "One row for each node of LibCST's concrete syntax tree that has a position, except whitespace and punctuation.\n\n\
          Kinds and spans are those of LibCST 1.9 and its `PositionProvider`: columns count code points, a decorated \
          definition starts at its own keyword, an expression does not include its parentheses. Left out are `Comment`, \
          `EmptyLine`, `Newline`, `ParenthesizedWhitespace`, `SimpleWhitespace`, `TrailingWhitespace`, `AssignEqual`, \
          `Colon`, `Comma`, `Dot`, `Semicolon`, and the brackets (`LeftParen`, `RightParen`, `LeftSquareBracket`, \
          `RightSquareBracket`, `LeftCurlyBrace`, `RightCurlyBrace`). `node_id` numbers the rows in pre-order, which is the \
          order in which LibCST visits them.\n\n\
          Byte offsets count in the decoded text as UTF-8, without a byte order mark, as in `core.ast_nodes`; \
          `core.ast_cst` says which rows of the two tables are the same thing. Of a file with syntax errors the table has \
          what could be recovered (see `core.problems`).\n\n\
          Known differences from LibCST: sources that LibCST refuses or does not give back byte for byte have rows as their \
          text says; the docs page on accuracy lists them.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        node_id Integer ! "Number of the node in its file, from 0 (the Module).";
        parent_id Integer ? "Number of the parent node; NULL for the Module.";
        kind Varchar ! "Class of the node.";
        start_line Integer ! "First line, from 1.";
        start_col Integer ! "Column of the first character, from 0, in code points.";
        end_line Integer ! "Last line, from 1. The Module ends at the start of the line behind the last one.";
        end_col Integer ! "Column behind the last character, from 0, in code points.";
        start_byte Integer ! "Offset of the first byte, from 0.";
        end_byte Integer ! "Offset behind the last byte.";
        text_preview Varchar ! "The first 200 characters of the node's source text.";
        parents Json ? "List of the kinds of the ancestors, from the Module down; NULL for nodes more than 10,000 levels deep, or 1,000 where a run of one kind, as of \
          strings in a row, counts as nine at most, and where the chains of one file would have more than four million levels and 16 for each byte of it.";
        qname Varchar ! "Module and enclosing scopes, joined by dots. A definition and its decorators count as inside of it.";
    },
    from: From::Query(concat!(
        "SELECT s.repo, s.commit, f.rel_path, t.node_id, t.parent_id, k.name AS kind, t.start_line, t.start_col, t.end_line, \
           t.end_col, t.start_byte, t.end_byte, \
           ",
        preview!(),
        " AS text_preview, \
           coalesce(list_transform(string_split(",
        chain!(),
        ", ''), lambda c: \
           enum_range(NULL::ENUM({cst_kinds}))[unicode(c) - 32])::JSON, CASE WHEN t.parent_id IS NULL THEN '[]'::JSON END) \
           AS parents, \
           ",
        qualname!("d.qualname"),
        " AS qname \
           FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.cst_nodes t USING (content_id) \
           JOIN store.cst_kinds k ON k.code = t.kind \
           JOIN store.source_pieces x ON x.content_id = t.content_id AND x.piece = t.start_byte // 2048 \
           JOIN store.ast_definitions d ON d.content_id = t.content_id AND d.node_id = t.definition_id"
    )),
    reads: &[&ast_nodes::FACTS, &FACTS],
    also: &[],
};

/// The names behind the codes of kinds, for the table `store.cst_kinds`.
pub(crate) fn code_names() -> [(&'static str, Vec<(u8, &'static str)>); 1] {
    [("cst_kinds", CstKind::ALL.iter().map(|kind| (kind.code(), kind.as_str())).collect())]
}

#[derive(Debug, Default)]
struct Collected {
    nodes: cst_nodes::Columns,
    pieces: source_pieces::Columns,
}

/// The nodes from the root down to the one that was visited last.
#[derive(Debug, Default)]
struct Chain {
    nodes: Vec<ChainNode>,
    /// Their kinds as they are stored.
    kinds: String,
}

#[derive(Debug)]
struct ChainNode {
    node_id: u32,
    /// The definition that it is in.
    definition_id: u32,
    kind: CstKind,
    /// How many nodes of its kind end with it.
    run: usize,
    /// Characters of the chain up to here.
    characters: usize,
}

impl Chain {
    /// Go back to a node on the chain, or to none.
    fn cut_behind(&mut self, node_id: Option<u32>) {
        while let Some(ChainNode { run, .. }) = self.nodes.pop_if(|last| Some(last.node_id) != node_id) {
            self.kinds.pop();
            self.kinds.extend(length(run - 1));
        }
    }

    fn push(&mut self, node_id: u32, definition_id: u32, kind: CstKind) {
        let last = self.nodes.last();
        let run = 1 + last.filter(|last| last.kind == kind).map_or(0, |last| last.run);
        let characters = last.map_or(0, |last| last.characters) + usize::from(run <= WRITTEN_OUT + 1);
        match length(run) {
            Some(length) => {
                if run > WRITTEN_OUT + 1 {
                    self.kinds.pop();
                }
                self.kinds.push(length);
            }
            None => self.kinds.extend(char::from_u32(FIRST_CHARACTER + u32::from(kind.code()))),
        }
        self.nodes.push(ChainNode { node_id, definition_id, kind, run, characters });
    }

    /// The ancestors of what is below the last node.
    fn ancestors(&self) -> Option<&str> {
        let last = self.nodes.last()?;
        (self.nodes.len() <= MAX_LEVELS && last.characters <= MAX_CHARACTERS).then_some(self.kinds.as_str())
    }

    fn definition_id(&self) -> u32 {
        self.nodes.last().map_or(0, |last| last.definition_id)
    }
}

/// The character behind the written out part of a run.
fn length(run: usize) -> Option<char> {
    let more = run.min(MAX_LEVELS).checked_sub(WRITTEN_OUT + 1)? + 1;
    char::from_u32(FIRST_LENGTH + more as u32)
}

impl Collected {
    /// Returns the number of nodes.
    fn extract_nodes(&mut self, content_id: i32, parsed: Parsed<'_>, pass_on: PassOn<'_>) -> usize {
        let mut rows = 0;
        let (text, lines) = (parsed.file.text(), parsed.file.lines());
        let points = CodePoints::new(text);
        let column = |position: codeintel_base::Position, offset: u32| {
            (points.before(offset) - points.before(offset - position.column)) as i32
        };
        let mut chain = Chain::default();
        let mut line = 1;
        let mut left = MAX_CHAINS_LEVELS + MAX_CHAINS_RATIO * text.len();
        Cst::each(parsed.file, parsed.ast, |node_id, node: &CstNode| {
            chain.cut_behind(node.parent);
            let definition_id = match node.ast {
                Some(ast) if node.kind.is_definition() => ast,
                _ => chain.definition_id(),
            };
            let (start_byte, end_byte) = node.range;
            let start = lines.utf8_near(start_byte, line);
            line = start.line;
            let end = lines.utf8_near(end_byte, line);
            // LibCST takes the last line to end in a line break, whether it does or not.
            let is_unfinished = node.parent.is_none() && !text.is_empty() && !text.ends_with(['\n', '\r']);
            let levels = chain.nodes.len();
            let ancestors = chain.ancestors().filter(|_| levels <= left);
            left -= if ancestors.is_some() { levels } else { 0 };
            rows += 1;
            self.nodes.push(cst_nodes::Row {
                content_id,
                node_id: node_id as i32,
                parent_id: node.parent.map(|parent| parent as i32),
                kind: node.kind.code(),
                ancestors,
                start_line: start.line as i32,
                start_col: column(start, start_byte),
                end_line: end.line as i32 + i32::from(is_unfinished),
                end_col: if is_unfinished { 0 } else { column(end, end_byte) },
                start_byte: start_byte as i32,
                end_byte: end_byte as i32,
                definition_id: definition_id as i32,
                ast_node_id: node.ast.map(|ast| ast as i32),
            });
            if self.nodes.is_full() {
                pass_on(self.take());
            }
            chain.push(node_id, definition_id, node.kind);
        });
        rows
    }
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
        let rows = self.extract_nodes(content_id, parsed, pass_on);
        let text = parsed.file.text().as_bytes();
        for piece in 0..=text.len() / PIECE_BYTES {
            let start = piece * PIECE_BYTES;
            let end = text.len().min(start + PIECE_BYTES + PREVIEW_BYTES);
            self.pieces.push(source_pieces::Row { content_id, piece: piece as i32, text: &text[start..end] });
            if self.pieces.is_full() {
                pass_on(self.take());
            }
        }
        rows
    }

    fn is_full(&self) -> bool {
        self.nodes.is_full() || self.pieces.is_full()
    }

    fn take(&mut self) -> Vec<RecordBatch> {
        vec![self.nodes.take(), self.pieces.take()]
    }
}
