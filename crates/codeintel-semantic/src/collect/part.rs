//! What has been found in a document or in a part of it, without any tie to the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use codeintel_scip::{ReferenceKind, Symbol};
use ruff_text_size::{TextRange, TextSize};

use crate::symbols::Target;

/// What has been found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// In the order of the visit.
    pub(crate) found: Vec<Found>,
    /// What is defined here, as the first definition has it.
    pub(crate) defined: BTreeMap<Box<str>, Defined>,
    /// What is referred to and defined outside of the repository.
    pub(crate) external: BTreeMap<Box<str>, Arc<Symbol>>,
    pub(crate) unresolved: Vec<(TextRange, ReferenceKind, &'static str)>,
    /// Where the name of a function without a return annotation begins, and what it returns nevertheless.
    pub(crate) returned: Vec<(TextSize, String)>,
    /// How many references of a kind there are, and how many of them lead somewhere.
    pub(crate) counts: BTreeMap<ReferenceKind, (u32, u32)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) range: TextRange,
    pub(crate) target: Target,
    pub(crate) roles: u32,
    pub(crate) enclosing: Option<TextRange>,
    /// It binds a variable, which is defined by the first binding and written to by the others.
    pub(crate) is_binding: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Defined {
    pub(crate) symbol: Arc<Symbol>,
    pub(crate) relationships: Vec<Box<str>>,
}

impl Defined {
    /// Add relationships, each once.
    pub(crate) fn relate(&mut self, relationships: Vec<Box<str>>) {
        for relationship in relationships {
            if !self.relationships.contains(&relationship) {
                self.relationships.push(relationship);
            }
        }
    }
}

impl Part {
    /// Count a reference, with the reason why it leads nowhere if it does not.
    pub(crate) fn count(&mut self, range: TextRange, kind: ReferenceKind, reason: Option<&'static str>) {
        let (total, resolved) = self.counts.entry(kind).or_default();
        *total += 1;
        match reason {
            Some(reason) => self.unresolved.push((range, kind, reason)),
            None => *resolved += 1,
        }
    }

    /// All that was found in some parts.
    pub(crate) fn whole(parts: Vec<Self>) -> Self {
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
