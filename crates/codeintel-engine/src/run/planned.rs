//! The second part of a run: which facts the disk asks for, and which of them the ledger lacks.

use codeintel_base::ContentHash;
use codeintel_datasets::FindingRows;
use codeintel_graph::ModuleNames;
use codeintel_store::{Derivations, FactsVersion, FileRow, MissingFacts, Snapshot};
use codeintel_system::Walk;
use rustc_hash::FxHashMap;

use super::context::Context;
use super::draft::Draft;
use super::ledger::Ledger;
use super::look::Look;
use crate::error::EngineError;
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
        let is_missing = |pending: &MissingFacts| {
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
fn wanted(options: &Options, prior: Option<&Snapshot>) -> Vec<FactsVersion> {
    let mut wanted: Vec<FactsVersion> = Vec::new();
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
        if let Some(kept) = codeintel_datasets::facts_named(key).and_then(FactsVersion::new)
            && !is_asked
        {
            wanted.push(kept);
        }
    }
    wanted
}
