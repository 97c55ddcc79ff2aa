//! `scip_index_view`: documents as an index prints them.

use crate::dataset::{Dataset, From};
use crate::tables::scip::documents;

/// The SQL of the number that the kind of a symbol `y` has in the schema. A kind that the schema does not know is a number already.
macro_rules! kind_number {
    () => {
        "coalesce(try_cast(y.kind AS INTEGER), list_position(['Array', 'Assertion', 'AssociatedType', 'Attribute', 'Axiom', 'Boolean', 'Class', 'Constant', 'Constructor', \
         'DataFamily', 'Enum', 'EnumMember', 'Event', 'Fact', 'Field', 'File', 'Function', 'Getter', 'Grammar', 'Instance', \
         'Interface', 'Key', 'Lang', 'Lemma', 'Macro', 'Method', 'MethodReceiver', 'Message', 'Module', 'Namespace', 'Null', \
         'Number', 'Object', 'Operator', 'Package', 'PackageObject', 'Parameter', 'ParameterLabel', 'Pattern', 'Predicate', \
         'Property', 'Protocol', 'Quasiquoter', 'SelfParameter', 'Setter', 'Signature', 'Subscript', 'String', 'Struct', \
         'Tactic', 'Theorem', 'ThisParameter', 'Trait', 'Type', 'TypeAlias', 'TypeClass', 'TypeFamily', 'TypeParameter', 'Union', \
         'Value', 'Variable', 'Contract', 'Error', 'Library', 'Modifier', 'AbstractMethod', 'MethodSpecification', \
         'ProtocolMethod', 'PureVirtualMethod', 'TraitMethod', 'TypeClassMethod', 'Accessor', 'Delegate', 'MethodAlias', \
         'SingletonClass', 'SingletonMethod', 'StaticDataMember', 'StaticEvent', 'StaticField', 'StaticMethod', 'StaticProperty', \
         'StaticVariable', '', 'Extension', 'Mixin', 'Concept'], y.kind))"
    };
}

pub(crate) static DATASET: Dataset = Dataset {
    name: "main.scip_index_view",
    doc: "One row for each indexed source file, in the shape in which `scip print --json` prints a document.\n\n\
          A range is a list of three or four numbers: line, first column, column behind the last one, with the last line before the \
          latter where there is more than one. Enumerations are numbers, as in SCIP's schema. What is empty is left out. External symbols \
          of an index are in `scip.symbols`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        relative_path Varchar ! "Path from the repository's root.";
        language Varchar ! "Language.";
        position_encoding Integer ! "What columns count: 1 UTF-8 bytes, 2 UTF-16 code units, 3 code points.";
        occurrences Json ! "List of objects: `range`, `symbol`, `symbol_roles`, `enclosing_range`.";
        symbols Json ! "List of objects: `symbol`, `kind`, `display_name`, `documentation`, `enclosing_symbol`, \
                        `signature_documentation`, `relationships`.";
    },
    from: From::Query(concat!(
        "SELECT s.repo, s.commit, f.rel_path AS relative_path, d.language, \
           CASE d.position_encoding WHEN 'UTF-8' THEN 1 WHEN 'UTF-16' THEN 2 ELSE 3 END AS position_encoding, \
           coalesce((SELECT to_json(list(json_merge_patch('{}', {'range': ",
        range!("o.start_line", "o.start_col", "o.end_line", "o.end_col"),
        ", 'symbol': o.symbol, 'symbol_roles': nullif(o.roles, 0), 'enclosing_range': ",
        range!("o.enclosing_start_line", "o.enclosing_start_col", "o.enclosing_end_line", "o.enclosing_end_col"),
        "}::JSON) ORDER BY o.start_line, o.start_col, o.end_line, o.end_col, o.symbol, o.roles)) \
           FROM store.scip_occurrences o WHERE o.facts_id = d.facts_id), '[]'::JSON) AS occurrences, \
           coalesce((SELECT to_json(list(json_merge_patch('{}', {'symbol': y.symbol, 'kind': ",
        kind_number!(),
        ", 'display_name': y.display_name, \
           'documentation': nullif(y.documentation, '[]')::JSON, 'enclosing_symbol': y.enclosing_symbol, \
           'signature_documentation': CASE WHEN y.signature IS NOT NULL THEN {'text': y.signature} END, \
           'relationships': (SELECT list(json_merge_patch('{}', {'symbol': r.related_symbol, \
           'is_reference': nullif(r.is_reference, false), 'is_implementation': nullif(r.is_implementation, false), \
           'is_type_definition': nullif(r.is_type_definition, false), 'is_definition': nullif(r.is_definition, false)}::JSON) \
           ORDER BY r.related_symbol) FROM store.scip_relationships r WHERE r.facts_id = y.facts_id AND r.symbol = y.symbol)}::JSON) \
           ORDER BY y.symbol, y.documentation)) FROM store.scip_symbols y \
           WHERE y.facts_id = d.facts_id AND NOT y.is_external), '[]'::JSON) AS symbols \
           FROM {snapshots} s JOIN store.files f USING (snapshot_id) JOIN store.documents d USING (document_id)"
    )),
    reads: &[&documents::FACTS],
    also: &[],
};

#[cfg(test)]
mod tests {
    #[test]
    fn kinds_have_the_numbers_of_the_schema() {
        let names = kind_number!().split('\'').skip(1).step_by(2);
        let wrong = names
            .zip(1..)
            .filter(|(name, number)| !name.is_empty() && codeintel_scip::kind_number(name) != Some(*number));
        assert_eq!(wrong.collect::<Vec<_>>(), []);
        assert_eq!(kind_number!().matches('\'').count(), 2 * 86);
    }
}
