//! `scip_index_view`: documents as an index prints them.

use crate::dataset::{Dataset, Upkeep};

pub(crate) static DATASET: Dataset = Dataset {
    name: "main.scip_index_view",
    doc: "One row for each indexed source file, in the shape in which `scip print --json` prints a document.\n\n\
          A range is a list of three or four numbers: line, first column, column behind the last one, with the last line before the \
          latter where there is more than one. What is empty is left out. External symbols of an index are in `scip.symbols`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        relative_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Language.";
        position_encoding Varchar ! "Name of the encoding in SCIP's schema.";
        occurrences Json ! "List of objects: `range`, `symbol`, `symbolRoles`, `enclosingRange`.";
        symbols Json ! "List of objects: `symbol`, `kind`, `displayName`, `documentation`, `enclosingSymbol`, \
                        `signatureDocumentation`, `relationships`.";
    },
    view: concat!(
        "SELECT s.repo, s.commit, f.rel_path AS relative_path, d.language, \
           CASE d.position_encoding WHEN 'UTF-8' THEN 'UTF8CodeUnitOffsetFromLineStart' \
           WHEN 'UTF-16' THEN 'UTF16CodeUnitOffsetFromLineStart' ELSE 'UTF32CodeUnitOffsetFromLineStart' END AS position_encoding, \
           coalesce((SELECT to_json(list(json_merge_patch('{}', {'range': ",
        range!("o.start_line", "o.start_col", "o.end_line", "o.end_col"),
        ", 'symbol': o.symbol, 'symbolRoles': nullif(o.roles, 0), 'enclosingRange': ",
        range!("o.enclosing_start_line", "o.enclosing_start_col", "o.enclosing_end_line", "o.enclosing_end_col"),
        "}::JSON) ORDER BY o.start_line, o.start_col, o.end_line, o.end_col, o.symbol, o.roles)) \
           FROM store.scip_occurrences o WHERE o.facts_id = d.facts_id), '[]'::JSON) AS occurrences, \
           coalesce((SELECT to_json(list(json_merge_patch('{}', {'symbol': y.symbol, 'kind': y.kind, 'displayName': y.display_name, \
           'documentation': nullif(y.documentation, '[]')::JSON, 'enclosingSymbol': y.enclosing_symbol, \
           'signatureDocumentation': CASE WHEN y.signature IS NOT NULL THEN {'text': y.signature} END, \
           'relationships': (SELECT list(json_merge_patch('{}', {'symbol': r.related_symbol, \
           'isReference': nullif(r.is_reference, false), 'isImplementation': nullif(r.is_implementation, false), \
           'isTypeDefinition': nullif(r.is_type_definition, false), 'isDefinition': nullif(r.is_definition, false)}::JSON) \
           ORDER BY r.related_symbol) FROM store.scip_relationships r WHERE r.facts_id = y.facts_id AND r.symbol = y.symbol)}::JSON) \
           ORDER BY y.symbol, y.documentation)) FROM store.scip_symbols y \
           WHERE y.facts_id = d.facts_id AND NOT y.is_external), '[]'::JSON) AS symbols \
           FROM {snapshots} s JOIN store.files f USING (snapshot_id) JOIN store.documents d USING (document_id)"
    ),
    example: "SELECT relative_path, json_array_length(occurrences) AS occurrences FROM main.scip_index_view ORDER BY ALL LIMIT 10",
    reads: &["scip.documents", "scip.occurrences", "scip.symbols", "scip.relationships"],
    upkeep: Upkeep::View,
};
