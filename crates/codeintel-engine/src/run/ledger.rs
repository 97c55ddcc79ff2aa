//! What the ledger says of the contents that are on disk.

use codeintel_base::ContentHash;
use codeintel_datasets::Key;
use codeintel_store::{ContentId, FactsVersion, MissingFacts, Snapshot, StoreError};
use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use crate::inventory::InventoryFile;

/// What the ledger says of the facts that are extracted from contents.
pub(crate) struct Ledger {
    /// The facts that are wanted.
    pub(crate) wanted: Vec<FactsVersion>,
    /// The contents that lack them, those in `new` not counted.
    pub(crate) pending: Vec<MissingFacts>,
    numbers: FxHashMap<ContentHash, ContentId>,
    /// Contents without a number: they lack everything. In the order of the files that have them.
    pub(crate) new: Vec<ContentHash>,
}

impl Ledger {
    pub(super) fn ask(
        context: &Context<'_>,
        files: &[InventoryFile],
        wanted: &[FactsVersion],
    ) -> Result<Self, StoreError> {
        let Context { database, options, prior, .. } = *context;
        let before = prior.iter().flat_map(|prior| &prior.files);
        let mut numbers: FxHashMap<ContentHash, ContentId> =
            before.filter_map(|row| Some((row.hash, row.content_id?))).collect();
        let prior_ids: FxHashSet<ContentId> = numbers.values().copied().collect();
        let mut seen = FxHashSet::default();
        let contents: Vec<ContentHash> = files.iter().map(|file| file.hash).filter(|hash| seen.insert(*hash)).collect();
        let unknown: Vec<ContentHash> = contents.iter().copied().filter(|hash| !numbers.contains_key(hash)).collect();
        if !unknown.is_empty() {
            numbers.extend(database.content_ids(&unknown)?);
        }
        let new: Vec<ContentHash> = unknown.into_iter().filter(|hash| !numbers.contains_key(hash)).collect();
        let all: Vec<ContentId> = contents.iter().filter_map(|hash| numbers.get(hash).copied()).collect();
        let unseen: Vec<ContentId> = all.iter().copied().filter(|id| !prior_ids.contains(id)).collect();
        // A published snapshot is complete in the datasets that it names, so the ledger is asked for new contents only;
        // unless facts of another version are there, which another snapshot may have put in the place of its own.
        let states = database.ledger_states()?;
        let is_uniform =
            |wanted: &FactsVersion| states.iter().all(|(key, state)| key != wanted.key() || *state == wanted.state());
        let pending = |wanted: &FactsVersion| {
            let is_named =
                |prior: &Snapshot| prior.datasets.get(wanted.key()) == Some(&wanted.state()) && is_uniform(wanted);
            let is_complete = !options.full && prior.is_some_and(is_named);
            database.pending(if is_complete { &unseen } else { &all }, wanted, options.full)
        };
        let wanted: Vec<FactsVersion> =
            wanted.iter().filter(|wanted| wanted.facts.key() == Key::Content).cloned().collect();
        let pending = wanted.iter().map(pending).collect::<Result<_, _>>()?;
        Ok(Self { wanted, pending, numbers, new })
    }

    pub(crate) fn number(&self, content: ContentHash) -> Option<ContentId> {
        self.numbers.get(&content).copied()
    }

    /// Whether nothing of a content is missing.
    pub(crate) fn has_all_of(&self, content: ContentHash) -> bool {
        self.number(content).is_some_and(|id| self.pending.iter().all(|pending| !pending.missing.contains(&id)))
    }

    /// Give new contents their numbers.
    pub(super) fn number_new(&mut self, context: &Context<'_>) -> Result<(), StoreError> {
        let numbers = context.database.add_contents(&self.new)?;
        for pending in &mut self.pending {
            pending.missing.extend(numbers.values());
        }
        self.numbers.extend(numbers);
        self.new.clear();
        Ok(())
    }
}
