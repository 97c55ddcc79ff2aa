//! `analytics.function_types`: what each function says of its types.

use codeintel_python::Signature;
use serde::Serialize;

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};
use crate::tables::core::ast_nodes;
use crate::tables::scip::documents;

stored_table! {
    /// One row for each function and method.
    function_types {
        content_id: Int,
        node_id: Int,
        name_byte: Int,
        total_params: Int,
        annotated_params: Int,
        param_types: Text,
        return_type: Null<Text>,
        is_overload: Flag,
        is_property: Flag,
        is_stub: Flag,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "analytics.function_types",
    version: 2,
    tables: &[&function_types::TABLE],
    uses: &[&ast_nodes::FACTS],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.function_types",
    doc: "One row for each function and method: the annotations of its parameters and of what it returns, as written.\n\n\
          What counts:\n\n\
          - The first positional parameter of a method that is not decorated with `staticmethod` (`self`, `cls`) is left out, annotated or not. \
          A function inside of a method is no method.\n\
          - `*args` and `**kwargs` are parameters like others.\n\
          - Every `def` has a row of its own: each `@overload` and the implementation behind them, the getter, setter and deleter \
          of a property, functions inside of functions, and those of both branches of an `if`.\n\
          - Lambdas have no row, since they cannot be annotated. The parameters of `def f[T]` in brackets are no parameters of the function.\n\
          - An annotation is the text between its first and last character, and counts whatever it says: `Any`, a text in quotes that is \
          evaluated later, or a name that does not exist. `has_return_annotation` is false without `->`, for `__init__` too.\n\
          - Comments such as `# type: (int) -> str` are no annotations.\n\n\
          Where there is no `->`, the native indexer (`scip.backend`) infers what the body returns: the types of all `return` values and `None` where the end can be \
          reached, literals widened to their classes. It takes what is not annotated elsewhere to be unknown, and says nothing of generators, of what is only declared (in stubs and protocols, abstract, with a body of `...` or \
          one that ends with `raise NotImplementedError`), and of bodies that end within a `with`, which may swallow an exception. So a declared `Any` (source `annotation`) is told from \
          what nobody knows (source `unknown`). What is inferred counts neither as annotated nor as typed.\n\n\
          The `coverage report` of pyrefly 1.x counts parameters in the same way (no `self`, but `*args` and `**kwargs`). Unlike this table it leaves \
          functions inside of functions out, has one entry for all overloads and no implementation, takes the first of the `*args` of a method without other parameters for `self`, and does \
          not ask for what Python itself gives: the result of `__init__`, `__repr__`, `__len__` and their like, the name in `__getattr__`, the arguments of `__exit__`.",
    columns: columns! {
        goid_h128 UHugeInt ! "128-bit id, as in `core.goids`; a decimal string in JSON.";
        urn Varchar ! "As in `core.goids`.";
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Always `python`.";
        kind Varchar ! "`function` or `method`.";
        qualname Varchar ! "Module, enclosing scopes and own name, joined by dots.";
        start_line Integer ! "First line, from 1, decorators included.";
        end_line Integer ! "Last line.";
        total_params Integer ! "Parameters that count.";
        annotated_params Integer ! "Those of them with an annotation.";
        unannotated_params Integer ! "Those of them without one.";
        param_typed_ratio Double ? "`annotated_params / total_params`; NULL without parameters.";
        has_return_annotation Boolean ! "Whether there is a `->`.";
        return_type Varchar ? "What stands behind it, as written; where nothing does, what the body is inferred to return, if all of it is known.";
        return_type_source Varchar ! "`annotation`, `inferred`, or `unknown` where `return_type` is NULL.";
        param_types Json ! "List of `{name, kind, type}` of the parameters that count, in order: kinds as in `inspect.Parameter`, in lower case; `type` is null without an annotation.";
        fully_typed Boolean ! "Whether all parameters that count and the result are annotated.";
        partial_typed Boolean ! "Whether some of them are, and some are not.";
        untyped Boolean ! "Whether none of them is.";
        typedness_bucket Varchar ! "`typed`, `partial` or `untyped`, for the three columns before.";
        is_overload Boolean ! "Whether it is decorated with `overload`.";
        is_property Boolean ! "Whether it is decorated with `property`, `cached_property`, `setter` or `deleter`.";
        is_stub Boolean ! "Whether its body is `...`, alone or behind a docstring.";
    },
    from: From::Query(concat!(
        "SELECT goid_h128, urn, repo, commit, rel_path, language, kind, qualname, start_line, end_line, total_params, annotated_params, \
           total_params - annotated_params AS unannotated_params, \
           CASE WHEN total_params > 0 THEN annotated_params / total_params END AS param_typed_ratio, \
           return_type IS NOT NULL AS has_return_annotation, coalesce(return_type, inferred) AS return_type, \
           CASE WHEN return_type IS NOT NULL THEN 'annotation' WHEN inferred IS NOT NULL THEN 'inferred' ELSE 'unknown' END AS return_type_source, \
           param_types::JSON AS param_types, bucket = 'typed' AS fully_typed, bucket = 'partial' AS partial_typed, \
           bucket = 'untyped' AS untyped, bucket AS typedness_bucket, is_overload, is_property, is_stub FROM (",
        goids!(
            ", total_params, annotated_params, param_types, return_type, inferred, is_overload, is_property, is_stub, \
               CASE WHEN annotated_params = 0 AND return_type IS NULL THEN 'untyped' \
               WHEN annotated_params = total_params AND return_type IS NOT NULL THEN 'typed' ELSE 'partial' END AS bucket",
            ", t.total_params, t.annotated_params, t.param_types, t.return_type, r.return_type AS inferred, t.is_overload, t.is_property, t.is_stub",
            " JOIN store.function_types t ON t.content_id = d.content_id AND t.node_id = d.node_id \
               LEFT JOIN store.documents sd ON sd.document_id = CASE WHEN NOT f.is_stale THEN f.document_id END AND sd.content_id = f.content_id \
               LEFT JOIN store.scip_returned r ON r.facts_id = sd.facts_id AND r.start_byte = t.name_byte"
        ),
        ")"
    )),
    reads: &[&ast_nodes::FACTS, &FACTS],
    also: &[&documents::FACTS],
};

/// A parameter in `param_types`.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    kind: &'a str,
    #[serde(rename = "type")]
    annotation: Option<&'a str>,
}

fn extract(columns: &mut Sink<'_, function_types::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    for signature in Signature::all(parsed.file, parsed.ast, parsed.definitions) {
        let parameters = &signature.parameters;
        let shown = parameters.iter().map(|p| Shown { name: p.name, kind: p.kind.as_str(), annotation: p.annotation });
        let shown: Vec<Shown<'_>> = shown.collect();
        columns.push(function_types::Row {
            content_id,
            node_id: signature.node_id as i32,
            name_byte: signature.name_byte as i32,
            total_params: parameters.len() as i32,
            annotated_params: parameters.iter().filter(|parameter| parameter.annotation.is_some()).count() as i32,
            param_types: &serde_json::to_string(&shown).expect("texts can be written as JSON"),
            return_type: signature.returns,
            is_overload: signature.is_overload,
            is_property: signature.is_property,
            is_stub: signature.is_stub,
        });
    }
}
