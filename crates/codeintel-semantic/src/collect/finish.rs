//! What was found, as a document.

use std::sync::Arc;

use codeintel_base::{Column, LineIndex, PYTHON};
use codeintel_scip::{Coverage, Occurrence, PlacedDocument, Range, ReferenceKind, Relationship, Symbol, Unresolved};
use ruff_db::source::source_text;
use ruff_text_size::TextRange;
use rustc_hash::{FxHashMap, FxHashSet};
use ty_python_core::ProgramFile;
use ty_python_core::scope::FileScopeId;

use super::part::{Defined, Part};
use super::{DEFINITION, WRITE, sort_key};
use crate::database::Db;
use crate::symbols::{Target, module_symbol, prefix_of};

impl Part {
    /// Variables are defined where they are bound first. What binds them again writes to them.
    fn keep_first_definitions(&mut self) {
        let mut defined = FxHashSet::default();
        for found in &mut self.found {
            if found.roles & DEFINITION == 0 {
                continue;
            }
            if !defined.insert(found.target.clone()) && found.is_binding {
                found.roles = found.roles & !DEFINITION | WRITE;
                found.enclosing = None;
            }
        }
    }

    /// Number the locals, and turn everything into what an index holds.
    pub(super) fn into_document_of<'db>(self, db: &'db dyn Db, file: ProgramFile<'db>) -> PlacedDocument {
        let around = |scope: FileScopeId| {
            let around = prefix_of(db, scope.to_scope_id(db, file)).unwrap_or_default();
            // A module's own symbol is more than what those of its members begin with.
            let module = around.ends_with('/').then(|| module_symbol(db, file)).flatten();
            module.unwrap_or_else(|| around.to_owned())
        };
        self.into_document(source_text(db, file.file(db)).as_str(), around)
    }

    /// The same for a text; `around` names the symbol around the variables of a scope.
    pub(crate) fn into_document(mut self, text: &str, around: impl Fn(FileScopeId) -> String) -> PlacedDocument {
        self.found.sort_by(|a, b| {
            (a.range.start(), a.range.end(), sort_key(&a.target)).cmp(&(
                b.range.start(),
                b.range.end(),
                sort_key(&b.target),
            ))
        });
        self.keep_first_definitions();
        let lines = LineIndex::new(text);
        let range_of = |range: TextRange| {
            let (start, end) = (lines.utf8(range.start().to_u32()), lines.utf8(range.end().to_u32()));
            Range { start_line: start.line - 1, start_col: start.column, end_line: end.line - 1, end_col: end.column }
        };
        let mut locals: FxHashMap<(FileScopeId, Box<str>), usize> = FxHashMap::default();
        let mut local_symbols = Vec::new();
        let mut occurrences: Vec<(Occurrence, (u32, u32))> = Vec::with_capacity(self.found.len());
        for found in self.found {
            let symbol = match found.target {
                Target::Global(symbol) => symbol.into(),
                Target::Local(scope, name) => {
                    let next = locals.len();
                    let number = *locals.entry((scope, name.clone())).or_insert(next);
                    if number == next {
                        local_symbols.push(describe_local(number, around(scope), &name));
                    }
                    format!("local {number}")
                }
            };
            let bytes = (found.range.start().to_u32(), found.range.end().to_u32());
            let (range, enclosing) = (range_of(found.range), found.enclosing.map(range_of));
            occurrences.push((Occurrence { range, symbol, roles: found.roles, enclosing }, bytes));
        }
        occurrences.sort_by(|(a, _), (b, _)| a.cmp(b));
        occurrences.dedup();
        let mut symbols: Vec<Symbol> = self.defined.into_values().map(defined_symbol).collect();
        symbols.extend(local_symbols);
        symbols.sort();
        let mut externals: Vec<Symbol> = self.external.into_values().map(Arc::unwrap_or_clone).collect();
        externals.sort();
        let unresolved = self.unresolved.into_iter().map(|(range, kind, reason)| Unresolved {
            range: range_of(range),
            text: text.get(range.to_std_range()).unwrap_or_default().to_owned(),
            kind,
            reason: reason.into(),
        });
        let mut unresolved: Vec<Unresolved> = unresolved.collect();
        unresolved.sort();
        let mut returned: Vec<(u32, String)> =
            self.returned.into_iter().map(|(start, returned)| (start.to_u32(), returned)).collect();
        returned.sort_unstable();
        let coverage = ReferenceKind::ALL.iter().map(|kind| {
            let (total, resolved) = self.counts.get(kind).copied().unwrap_or_default();
            Coverage { kind: *kind, total, resolved }
        });
        PlacedDocument {
            language: PYTHON.to_owned(),
            encoding: Column::Utf8,
            occurrences,
            symbols,
            externals,
            unresolved,
            coverage: coverage.collect(),
            returned,
            misplaced: 0,
        }
    }
}

fn defined_symbol(defined: Defined) -> Symbol {
    let mut symbol = Arc::unwrap_or_clone(defined.symbol);
    let relationship =
        |symbol: Box<str>| Relationship { symbol: symbol.into(), is_implementation: true, ..Relationship::default() };
    symbol.relationships = defined.relationships.into_iter().map(relationship).collect();
    symbol.relationships.sort();
    symbol
}

fn describe_local(number: usize, enclosing_symbol: String, name: &str) -> Symbol {
    Symbol {
        symbol: format!("local {number}"),
        kind: Some("Variable".to_owned()),
        display_name: name.to_owned(),
        enclosing_symbol,
        ..Symbol::default()
    }
}
