//! `analytics.type_escapes`: where a source tells type checkers to look away.

use codeintel_python::TypeEscape;
use serde_json::json;

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// One row for each place.
    type_escapes {
        content_id: Int,
        kind: Text,
        tool: Null<Text>,
        codes: Null<Text>,
        text: Text,
        lineno: Int,
        col_offset: Int,
        end_lineno: Int,
        end_col_offset: Int,
    }
}

/// The texts of one file take so many bytes at most, and so many for each byte of it: a comment may hold many places, and a call others.
/// Behind that they are cut.
const MAX_TEXTS_BYTES: usize = 1 << 20;
const MAX_TEXTS_RATIO: usize = 4;
const CUT_CHARACTERS: usize = 200;

pub(crate) static FACTS: Facts = Facts {
    name: "analytics.type_escapes",
    version: 2,
    tables: &[&type_escapes::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.type_escapes",
    doc: "One row for each place where a source tells type checkers to look away.\n\n\
          Kinds:\n\n\
          - `ignore`: a comment `# type: ignore`, with or without codes in brackets, or the same with `mypy`, `pyright`, `pyrefly` or `ty` in place \
          of `type`. It may stand behind another comment (`# noqa # type: ignore`). What looks like one inside of a string does not count.\n\
          - `any`: `Any` of `typing` or `typing_extensions` wherever its value is used, under the name that the file imports it by, and \
          in annotations that are texts in quotes.\n\
          - `cast`: a call of `cast` of the same modules.\n\n\
          Names are followed through the file's own import statements, and not through assignments or other files.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        kind Varchar ! "`ignore`, `any` or `cast`.";
        tool Varchar ? "For whom a comment is meant: `type` for all checkers, else the name of one.";
        codes Json ? "List of a comment's codes; NULL where it has no brackets.";
        text Varchar ! "Source text: the comment, the name or the call; its first 200 characters where the texts of one file would take more than 4 times its size.";
        lineno Integer ! "First line, from 1.";
        col_offset Integer ! "Column of the first character, from 0, in UTF-8 bytes.";
        end_lineno Integer ! "Last line, from 1.";
        end_col_offset Integer ! "Column behind the last character, from 0, in UTF-8 bytes.";
    },
    from: From::Facts(&type_escapes::TABLE),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, type_escapes::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    let lines = parsed.file.lines();
    let mut left = MAX_TEXTS_BYTES + MAX_TEXTS_RATIO * parsed.file.text().len();
    for escape in TypeEscape::all(parsed.file, parsed.ast) {
        let (start, end) = escape.range;
        let (first, last) = (lines.utf8(start), lines.utf8(end));
        let mut text = &parsed.file.text()[start as usize..end as usize];
        if text.len() > left {
            text = text.char_indices().nth(CUT_CHARACTERS).map_or(text, |(at, _)| &text[..at]);
        }
        left = left.saturating_sub(text.len());
        columns.push(type_escapes::Row {
            content_id,
            kind: escape.kind.as_str(),
            tool: escape.tool,
            codes: escape.codes.map(|codes| json!(codes).to_string()).as_deref(),
            text,
            lineno: first.line as i32,
            col_offset: first.column as i32,
            end_lineno: last.line as i32,
            end_col_offset: last.column as i32,
        });
    }
}
