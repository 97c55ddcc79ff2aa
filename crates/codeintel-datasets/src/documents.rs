//! SCIP documents to rows.

use arrow_array::RecordBatch;
use codeintel_scip::{Occurrence, PlacedDocument, Role, Symbol};

use crate::table::StoredColumns as _;
use crate::tables::scip::coverage::scip_coverage;
use crate::tables::scip::occurrences::scip_occurrences;
use crate::tables::scip::relationships::scip_relationships;
use crate::tables::scip::symbols::{scip_returned, scip_symbols};
use crate::tables::scip::unresolved::scip_unresolved;

/// Collects the rows of many documents.
#[derive(Debug, Default)]
pub struct DocumentRows {
    occurrences: scip_occurrences::Columns,
    symbols: scip_symbols::Columns,
    returned: scip_returned::Columns,
    relationships: scip_relationships::Columns,
    unresolved: scip_unresolved::Columns,
    coverage: scip_coverage::Columns,
    text_bytes: u64,
}

impl DocumentRows {
    /// Append the rows of a document, in all tables.
    pub fn push(&mut self, facts_id: i32, document: &PlacedDocument) {
        let names = document.occurrences.iter().map(|(occurrence, _)| occurrence.symbol.len() as u64);
        let described = document.symbols.iter().chain(&document.externals).map(Symbol::text_bytes);
        self.text_bytes += names.chain(described).sum::<u64>();
        let alternatives = alternatives(document);
        for ((occurrence, (start_byte, end_byte)), alternatives) in document.occurrences.iter().zip(alternatives) {
            let (range, enclosing) = (occurrence.range, occurrence.enclosing);
            self.occurrences.push(scip_occurrences::Row {
                facts_id,
                start_line: range.start_line as i32,
                start_col: range.start_col as i32,
                end_line: range.end_line as i32,
                end_col: range.end_col as i32,
                start_byte: *start_byte as i32,
                end_byte: *end_byte as i32,
                symbol: &occurrence.symbol,
                roles: occurrence.roles,
                enclosing_start_line: enclosing.map(|range| range.start_line as i32),
                enclosing_start_col: enclosing.map(|range| range.start_col as i32),
                enclosing_end_line: enclosing.map(|range| range.end_line as i32),
                enclosing_end_col: enclosing.map(|range| range.end_col as i32),
                alternatives,
            });
        }
        for (symbols, is_external) in [(&document.symbols, false), (&document.externals, true)] {
            for symbol in symbols {
                self.symbol(facts_id, symbol, is_external);
            }
        }
        for unresolved in &document.unresolved {
            self.unresolved.push(scip_unresolved::Row {
                facts_id,
                start_line: unresolved.range.start_line as i32,
                start_col: unresolved.range.start_col as i32,
                end_line: unresolved.range.end_line as i32,
                end_col: unresolved.range.end_col as i32,
                text: &unresolved.text,
                kind: unresolved.kind.as_str(),
                reason: &unresolved.reason,
            });
        }
        for (start, return_type) in &document.returned {
            self.returned.push(scip_returned::Row { facts_id, start_byte: *start as i32, return_type });
        }
        for coverage in &document.coverage {
            self.coverage.push(scip_coverage::Row {
                facts_id,
                kind: coverage.kind.as_str(),
                total: coverage.total as i32,
                resolved: coverage.resolved as i32,
            });
        }
    }

    fn symbol(&mut self, facts_id: i32, symbol: &Symbol, is_external: bool) {
        fn said(text: &str) -> Option<&str> {
            if text.is_empty() { None } else { Some(text) }
        }
        self.symbols.push(scip_symbols::Row {
            facts_id,
            symbol: &symbol.symbol,
            kind: symbol.kind.as_deref(),
            display_name: said(&symbol.display_name),
            signature: said(&symbol.signature),
            documentation: &serde_json::json!(symbol.documentation).to_string(),
            enclosing_symbol: said(&symbol.enclosing_symbol),
            is_external,
        });
        for relationship in &symbol.relationships {
            self.relationships.push(scip_relationships::Row {
                facts_id,
                symbol: &symbol.symbol,
                related_symbol: &relationship.symbol,
                is_reference: relationship.is_reference,
                is_implementation: relationship.is_implementation,
                is_type_definition: relationship.is_type_definition,
                is_definition: relationship.is_definition,
            });
        }
    }

    /// The number of rows collected.
    pub fn len(&self) -> usize {
        let (symbols, relationships) = (self.symbols.len() + self.returned.len(), self.relationships.len());
        self.occurrences.len() + symbols + relationships + self.unresolved.len() + self.coverage.len()
    }

    /// The bytes of their texts. Of a column with more than 2 GiB no batch can be made.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Whether nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Take the rows: one batch for each table, in the order of the facts' tables.
    pub fn take(&mut self) -> Vec<RecordBatch> {
        self.text_bytes = 0;
        vec![
            self.occurrences.take(),
            self.symbols.take(),
            self.returned.take(),
            self.relationships.take(),
            self.unresolved.take(),
            self.coverage.take(),
        ]
    }
}

/// For each of a document's occurrences, which are sorted by place and symbol, how many symbols the occurrences in its place have that
/// are definitions if it is one.
fn alternatives(document: &PlacedDocument) -> Vec<i32> {
    let mut alternatives = Vec::with_capacity(document.occurrences.len());
    for here in document.occurrences.chunk_by(|(a, _), (b, _)| a.range == b.range) {
        let count = |is_definition: bool| {
            let mut symbols: Vec<&str> = here
                .iter()
                .filter(|(occurrence, _)| occurrence.is(Role::Definition) == is_definition)
                .map(|(occurrence, _)| &*occurrence.symbol)
                .collect();
            // Equal ones stand together.
            symbols.dedup();
            symbols.len() as i32
        };
        let [references, definitions] = [count(false), count(true)];
        let of =
            |(occurrence, _): &(Occurrence, _)| if occurrence.is(Role::Definition) { definitions } else { references };
        alternatives.extend(here.iter().map(of));
    }
    alternatives
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::scip::documents::FACTS;

    #[test]
    fn batches_are_in_the_order_of_the_tables() {
        let tables: Vec<_> = FACTS.tables.iter().map(|table| table.schema()).collect();
        let batches: Vec<_> = DocumentRows::default().take().iter().map(RecordBatch::schema).collect();
        assert_eq!(batches, tables);
    }
}
