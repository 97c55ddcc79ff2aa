//! `core.docstrings`: docstrings taken apart.

use codeintel_python::{DocstringParameter, clean_docstring, parse_docstring};
use serde_json::json;

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// One row for each docstring.
    docstrings {
        content_id: Int,
        node_id: Int,
        lineno: Int,
        end_lineno: Int,
        kind: Text,
        qualname: Text,
        raw_docstring: Text,
        style: Text,
        short_desc: Null<Text>,
        long_desc: Null<Text>,
        params: Text,
        returns: Text,
        raises: Text,
        examples: Text,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.docstrings",
    version: 1,
    tables: &[&docstrings::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.docstrings",
    doc: "One row for each docstring of a module, class, function or method.\n\n\
          Styles: `google` (`Args:`), `numpy` (underlined sections), `sphinx` (`:param x:`), `epytext` (`@param x:`) and \
          `plain`. `params` is a list of `{name, type, desc, default}`, `returns` of `{name, type, desc}` (yielded values \
          included), `raises` of `{type, desc}`, `examples` of texts; what a docstring does not say is null.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        module Varchar ! "Importable name, as in `core.modules`.";
        qualname Varchar ! "Module, enclosing scopes and own name, joined by dots." = qualname!("t.qualname");
        kind Varchar ! "`module`, `class`, `function` or `method`.";
        lineno Integer ! "First line of the string, from 1.";
        end_lineno Integer ! "Last line of the string.";
        raw_docstring Varchar ! "The string's value, with its indentation.";
        style Varchar ! "The convention that it follows.";
        short_desc Varchar ? "First paragraph, on one line.";
        long_desc Varchar ? "The prose between the first paragraph and the first section.";
        params Json ! "Parameters.";
        returns Json ! "Results.";
        raises Json ! "Exceptions.";
        examples Json ! "Examples.";
    },
    from: From::Facts(&docstrings::TABLE),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, docstrings::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    for definition in parsed.definitions {
        let Some((raw, (start, end))) = &definition.docstring else { continue };
        let docstring = parse_docstring(&clean_docstring(raw));
        let list = |items: &[DocstringParameter], item: fn(&DocstringParameter) -> serde_json::Value| {
            items.iter().map(item).collect::<serde_json::Value>().to_string()
        };
        columns.push(docstrings::Row {
            content_id,
            node_id: definition.node_id as i32,
            lineno: parsed.file.lines().line(*start) as i32,
            end_lineno: parsed.file.lines().line(*end) as i32,
            kind: definition.kind.as_str(),
            qualname: &definition.qualname,
            raw_docstring: raw,
            style: docstring.style.as_str(),
            short_desc: docstring.short_desc.as_deref(),
            long_desc: docstring.long_desc.as_deref(),
            params: &list(
                &docstring.params,
                |p| json!({"name": p.name, "type": p.type_name, "desc": p.description, "default": p.default}),
            ),
            returns: &list(&docstring.returns, |p| {
                let name = if p.name.is_empty() { None } else { Some(&p.name) };
                json!({"name": name, "type": p.type_name, "desc": p.description})
            }),
            raises: &list(&docstring.raises, |p| json!({"type": p.type_name, "desc": p.description})),
            examples: &json!(docstring.examples).to_string(),
        });
    }
}
