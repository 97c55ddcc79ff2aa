//! The second part of a run: which facts the disk asks for, and which of them the ledger lacks.

use codeintel_base::ContentHash;
use codeintel_datasets::{FindingRows, Key};
use codeintel_graph::ModuleNames;
use codeintel_store::{ContentId, Derivations, FileRow, Pending, Snapshot, StoreError, Wanted};
use codeintel_system::Walk;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Context, Draft, EngineError, Look};
use crate::inventory::InventoryFile;
use crate::metadata::{Metadata, module_names};
use crate::options::Options;
use crate::plan::Plan;
use crate::scip::keeps_documents;

/// What a run is going to do.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) draft: Draft,
    pub(super) ledger: Ledger,
    pub(super) started_ns: i64,
    /// The bytes of some of the files that were hashed.
    pub(super) held: FxHashMap<ContentHash, Vec<u8>>,
    /// Whether a file was hashed only because its time was too close to the last scan.
    pub(super) had_racy: bool,
    pub(super) looked: Option<Walk>,
    pub(super) seconds: Vec<(&'static str, f64)>,
}

impl Planned {
    /// Whether a content lacks some facts that are wanted.
    pub(crate) fn lacks(&self, facts: &str, content: ContentHash) -> bool {
        let Ledger { wanted, pending, .. } = &self.ledger;
        let pending = wanted.iter().zip(pending).find(|(wanted, _)| wanted.key() == facts);
        let is_missing = |pending: &Pending| {
            self.ledger.number(content).is_none_or(|content_id| pending.missing.contains(&content_id))
        };
        pending.is_some_and(|(_, pending)| is_missing(pending))
    }
}

impl Look {
    /// Ask the ledger what is missing.
    pub(crate) fn plan(self, context: &Context<'_>) -> Result<Planned, EngineError> {
        let Self { started_ns, scanned_at_ns, git, commit, inventory, metadata, source_roots, walk, looked, seconds } =
            self;
        let wanted = wanted(context.options, context.prior);
        let ledger = Ledger::ask(context, &inventory.files, &wanted)?;
        let draft = Draft {
            commit,
            branch: git.branch,
            is_dirty: git.is_dirty,
            scanned_at_ns,
            walk,
            files: rows(context.prior, &inventory.files, &metadata, &source_roots, &ledger),
            source_roots,
            wanted,
            problems: inventory.problems,
            tags: metadata.tag_rows(),
            indexing: None,
            tools: Vec::new(),
            findings: FindingRows::default(),
            derivations: Derivations::default(),
        };
        let plan = Plan::new(context.prior, &draft, &ledger, inventory.hashed);
        let (held, had_racy) = (inventory.held, inventory.had_racy);
        Ok(Planned { plan, draft, ledger, started_ns, held, had_racy, looked, seconds })
    }
}

/// What the ledger says of the facts that are extracted from contents.
pub(crate) struct Ledger {
    /// The facts that are wanted.
    pub(crate) wanted: Vec<Wanted>,
    /// The contents that lack them, those in `new` not counted.
    pub(crate) pending: Vec<Pending>,
    numbers: FxHashMap<ContentHash, ContentId>,
    /// Contents without a number: they lack everything. In the order of the files that have them.
    pub(crate) new: Vec<ContentHash>,
}

impl Ledger {
    fn ask(context: &Context<'_>, files: &[InventoryFile], wanted: &[Wanted]) -> Result<Self, StoreError> {
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
            |wanted: &Wanted| states.iter().all(|(key, state)| key != wanted.key() || *state == wanted.state());
        let pending = |wanted: &Wanted| {
            let is_named =
                |prior: &Snapshot| prior.datasets.get(wanted.key()) == Some(&wanted.state()) && is_uniform(wanted);
            let is_complete = !options.full && prior.is_some_and(is_named);
            database.pending(if is_complete { &unseen } else { &all }, wanted, options.full)
        };
        let wanted: Vec<Wanted> = wanted.iter().filter(|wanted| wanted.facts.key() == Key::Content).cloned().collect();
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

/// The rows of the files. What is known of their documents is as it was.
fn rows(
    prior: Option<&Snapshot>,
    files: &[InventoryFile],
    metadata: &Metadata,
    source_roots: &[String],
    ledger: &Ledger,
) -> Vec<FileRow> {
    let names = module_names(files.iter().map(|file| file.path.as_str()), source_roots);
    let before: FxHashMap<_, &FileRow> =
        prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
    let row = |file: &InventoryFile| {
        let path = file.path.as_str();
        let described = metadata.describe(&names, path);
        let before = before.get(&file.path);
        FileRow {
            path: file.path.clone(),
            hash: file.hash,
            content_id: ledger.number(file.hash),
            state: file.state,
            module: described.module,
            root: names.root(path).to_owned(),
            is_package: ModuleNames::is_package(path),
            is_stub: ModuleNames::is_stub(path),
            is_test: ModuleNames::is_test(path),
            tags: described.tags,
            owners: described.owners,
            document_id: before.and_then(|before| before.document_id),
            fingerprint: before.map_or(String::new(), |before| before.fingerprint.clone()),
            is_stale: before.is_some_and(|before| before.is_stale),
        }
    };
    files.iter().map(row).collect()
}

/// The datasets asked for with those that they read, and those that the snapshot has: a table that was filled once is
/// kept true. Problems are always wanted, or a file that fails would fail unseen.
///
/// Documents depend on interfaces.
fn wanted(options: &Options, prior: Option<&Snapshot>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for asked in &options.datasets {
        if !wanted.iter().any(|wanted| wanted.key() == asked.key()) {
            wanted.push(asked.clone());
        }
    }
    let needed = options.datasets.iter().flat_map(|asked| asked.facts.needs()).map(|facts| facts.name);
    let kept = prior.iter().flat_map(|prior| prior.datasets.keys().map(String::as_str));
    let interfaces = keeps_documents(options, prior).then_some("core.interfaces");
    for key in needed.chain(kept).chain(interfaces).chain(["core.problems"]) {
        let is_asked = wanted.iter().any(|wanted| wanted.key() == key);
        if let Some(kept) = codeintel_datasets::facts_named(key).and_then(Wanted::new)
            && !is_asked
        {
            wanted.push(kept);
        }
    }
    wanted
}
