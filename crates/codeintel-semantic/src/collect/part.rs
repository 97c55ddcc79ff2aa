//! What has been found in a document or in a part of it, without any tie to the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use codeintel_scip::{ReferenceKind, Symbol};
use ruff_text_size::{TextRange, TextSize};

use crate::symbols::Target;

/// What has been found.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// In the order of the visit.
    pub(super) found: Vec<Found>,
    /// What is defined here, as the first definition has it.
    pub(super) defined: BTreeMap<Box<str>, Defined>,
    /// What is referred to and defined outside of the repository.
    pub(super) external: BTreeMap<Box<str>, Arc<Symbol>>,
    pub(super) unresolved: Vec<(TextRange, ReferenceKind, &'static str)>,
    /// Where the name of a function without a return annotation begins, and what it returns nevertheless.
    pub(super) returned: Vec<(TextSize, String)>,
    /// How many references of a kind there are, and how many of them lead somewhere.
    pub(super) counts: BTreeMap<ReferenceKind, (u32, u32)>,
}

#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) range: TextRange,
    pub(super) target: Target,
    pub(super) roles: u32,
    pub(super) enclosing: Option<TextRange>,
    /// It binds a variable, which is defined by the first binding and written to by the others.
    pub(super) is_binding: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Defined {
    pub(super) symbol: Arc<Symbol>,
    pub(super) relationships: Vec<Box<str>>,
}

impl Defined {
    /// Add relationships, each once.
    pub(super) fn relate(&mut self, relationships: Vec<Box<str>>) {
        for relationship in relationships {
            if !self.relationships.contains(&relationship) {
                self.relationships.push(relationship);
            }
        }
    }
}

impl Part {
    /// All that was found in some parts.
    pub(super) fn whole(parts: Vec<Self>) -> Self {
        parts
            .into_iter()
            .reduce(|mut whole, next| {
                whole.append(next);
                whole
            })
            .unwrap_or_default()
    }

    /// Add what was found behind it.
    fn append(&mut self, next: Self) {
        self.found.extend(next.found);
        for (symbol, defined) in next.defined {
            match self.defined.get_mut(&symbol) {
                Some(known) => known.relate(defined.relationships),
                None => {
                    self.defined.insert(symbol, defined);
                }
            }
        }
        for (symbol, described) in next.external {
            self.external.entry(symbol).or_insert(described);
        }
        self.unresolved.extend(next.unresolved);
        self.returned.extend(next.returned);
        for (kind, (total, resolved)) in next.counts {
            let counts = self.counts.entry(kind).or_default();
            *counts = (counts.0 + total, counts.1 + resolved);
        }
    }
}
