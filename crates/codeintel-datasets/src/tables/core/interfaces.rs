//! `core.interfaces`: what other files can see of a file, and what it imports.

use codeintel_python::Interface;

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// One row for each content. Imports are separated by line breaks.
    interfaces {
        content_id: Int,
        declared: Text,
        inferred: Text,
        imports: Text,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.interfaces",
    version: 1,
    tables: &[&interfaces::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.interfaces",
    doc: "One row for each file: what other files can see of it, as a hash, and what it imports.\n\n\
          What names in a file stand for depends on the files that it imports, and on those that these import, but not on what \
          nobody can see of them. An interface is a file without what is hidden from other files: comments, docstrings, layout, \
          and the bodies of functions as far as they bind no attribute of `self`, no global name, and return what an annotation \
          says. As long as the interfaces of the files that a file may look into are the same, its references are, too.\n\n\
          `declared` counts for resolvers that infer nothing from the bodies of functions. For those that infer what a function \
          without a return annotation returns, `inferred` also has the bodies of such functions. Files without syntax (see \
          `core.problems`) have no row.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        declared Varchar ! "Hash of the interface with the bodies of functions hidden.";
        inferred Varchar ! "Hash of the interface with the bodies of functions without a return annotation visible.";
        imports Json ! "List of imports: `a.b` for `import a.b`, `.a:b,c` for `from .a import b, c`; each once, those with fewer dots first, then sorted." = "CASE WHEN t.imports = '' THEN '[]' ELSE to_json(string_split(t.imports, chr(10))) END::JSON";
    },
    from: From::Facts(&interfaces::TABLE),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, interfaces::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    let interface = Interface::of(parsed.file);
    let imports: Vec<String> = interface.imports.iter().map(ToString::to_string).collect();
    columns.push(interfaces::Row {
        content_id,
        declared: &interface.declared.to_string(),
        inferred: &interface.inferred.to_string(),
        imports: &imports.join("\n"),
    });
}
