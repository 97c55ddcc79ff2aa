//! One run: bring the database up to date with the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use codeintel_base::{ContentHash, Problem, Progress, RepoPath, Stage};
use codeintel_datasets::Key;
use codeintel_graph::ModuleNames;
use codeintel_store::{
    Database, FileRow, Pending, Publication, ScanProblemRow, Snapshot, SnapshotRows, StoreError, TagRow, Wanted,
    Written,
};
use codeintel_system::{GitState, Scan, System, Walk};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checks::{CheckReport, CheckStep, Checker, Checking, Reach};
use crate::derive::DeriveStep;
use crate::extract::{Extractor, Task};
use crate::inventory::{self, Inventory};
use crate::metadata::{Metadata, concerns_all, module_names};
use crate::options::Options;
use crate::plan::{DatasetPlan, Plan};
use crate::scip::{self, IndexReport, IndexStep, Indexer};

/// Why a run could not be completed. What was true before is still there.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An index could not be imported.
    #[error("{0}")]
    Import(String),
    /// A path that was said to have changed is left out of scans.
    #[error("`{0}` is not scanned: it is ignored, excluded or no Python source")]
    NotScanned(RepoPath),
    /// A path that was said to have changed does not exist and never did.
    #[error("`{0}` does not exist, and no such file is known")]
    Unknown(RepoPath),
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The repository.
    pub repo: String,
    /// The commit that the snapshot shows.
    pub commit: String,
    /// Source files.
    pub files: usize,
    /// Files that were read.
    pub hashed: usize,
    /// New files.
    pub added: usize,
    /// Files with other bytes.
    pub changed: usize,
    /// Files that are gone.
    pub deleted: usize,
    /// Files that moved.
    pub renamed: usize,
    /// New, changed and moved files whose facts were all there already.
    pub reused: usize,
    /// Contents that were parsed.
    pub parsed: usize,
    /// Rows of `core.problems`.
    pub problems: usize,
    /// Whether anything was written.
    pub wrote: bool,
    /// The datasets that were kept.
    pub datasets: Vec<DatasetReport>,
    /// What was done for SCIP documents, where they are kept.
    pub index: Option<IndexReport>,
    /// What was done for each type checker and linter that was asked for.
    pub checks: Vec<CheckReport>,
    /// What the look at all files depended on, if this run looked at all.
    pub walk: Option<Walk>,
    /// Wall seconds: scan, hash, extract and write, publish.
    pub seconds: Vec<(&'static str, f64)>,
}

/// What a run did for one dataset.
#[derive(Debug, Clone)]
pub struct DatasetReport {
    /// Its full name.
    pub dataset: &'static str,
    /// Contents that were extracted.
    pub contents: usize,
    /// Rows that were written.
    pub rows: usize,
    /// Seconds spent extracting, over all workers.
    pub seconds: f64,
}

/// Who makes what codeintel itself does not extract.
pub struct Producers<'a> {
    /// Makes SCIP documents.
    pub indexer: &'a mut dyn Indexer,
    /// Type checkers and linters. The findings of others are not shown.
    pub checkers: &'a mut [Box<dyn Checker>],
}

impl std::fmt::Debug for Producers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producers").field("checkers", &self.checkers.len()).finish_non_exhaustive()
    }
}

/// Bring the database up to date. Redoes only what is missing, and moves the snapshot's pointers last.
pub fn ingest(
    system: &dyn System,
    database: &mut Database,
    options: &Options,
    producers: &mut Producers<'_>,
    progress: &dyn Progress,
) -> Result<Report, EngineError> {
    let mut hold = FxHashSet::default();
    let mut options = options.clone();
    // Who looks at the project sees the whole of it.
    if producers.checkers.iter().any(|checker| checker.reach() == Reach::Project) {
        options.changed = None;
    }
    loop {
        let mut run = Run::look(system, database, &options, &hold, progress)?;
        let mut extracted = run.extract(system, database, &options, progress)?;
        if extracted.raced.is_empty() {
            extracted.raced = run.index(system, database, &options, producers.indexer, progress)?;
        }
        if extracted.raced.is_empty() {
            extracted.raced = run.check(system, database, &options, producers.checkers, progress)?;
        }
        if extracted.raced.is_empty() {
            run.derive(database, &options, progress)?;
            return run.publish(database, &options, &extracted);
        }
        // These files are not what they were when they were hashed: look at everything again, and keep their bytes
        // from hashing to parsing.
        hold.extend(extracted.raced);
        options.changed = None;
    }
}

/// What was extracted and written.
pub(crate) struct Extracted {
    /// For each dataset wanted, what was written and the seconds that extracting it took.
    datasets: Vec<(Written, f64)>,
    /// Files that changed between hashing and parsing or indexing.
    raced: Vec<RepoPath>,
}

/// What was found on disk and in the ledger.
pub(crate) struct Run {
    started_ns: i64,
    git: GitState,
    commit: String,
    pub(crate) prior: Option<Snapshot>,
    inventory: Inventory,
    metadata: Metadata,
    pub(crate) source_roots: Vec<String>,
    pub(crate) wanted: Vec<Wanted>,
    /// Facts that are derived from those.
    derived: Vec<Wanted>,
    pub(crate) plan: Plan,
    pub(crate) pending: Vec<Pending>,
    ids: FxHashMap<ContentHash, i32>,
    /// The rows of the new snapshot, sorted by path.
    pub(crate) rows: Vec<FileRow>,
    tags: Vec<TagRow>,
    /// What is known of SCIP documents, where they are kept.
    pub(crate) index: Option<IndexStep>,
    /// What is known from type checkers and linters.
    checks: CheckStep,
    /// What is known of derived facts.
    derivations: DeriveStep,
    /// When all files were last looked at.
    scanned_at_ns: i64,
    /// What that look depended on.
    walk: Option<String>,
    /// The same, if that was now.
    looked: Option<Walk>,
    seconds: Vec<(&'static str, f64)>,
}

impl Run {
    pub(crate) fn look(
        system: &dyn System,
        database: &Database,
        options: &Options,
        hold: &FxHashSet<RepoPath>,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        let clock = Instant::now();
        let started_ns = system.now_ns();
        let prior = database.snapshot(&options.repo)?;
        progress.begin("scan", 0);
        let git = system.git();
        let commit = options.commit.clone().or_else(|| git.commit.clone()).unwrap_or_else(|| "worktree".to_owned());
        let same_commit = prior.as_ref().filter(|prior| prior.commit == commit);
        // Without a snapshot of this commit, nothing can be taken to be as it was.
        let changed = options.changed.as_deref().filter(|_| same_commit.is_some());
        let changed = changed.filter(|changed| !changed.iter().any(concerns_all));
        // What is not looked at now is vouched for by the scan before.
        let scanned_at_ns = match (changed, same_commit) {
            (Some(_), Some(prior)) => prior.scanned_at_ns,
            _ => started_ns,
        };
        let rescan = || {
            let prior = prior.as_ref().filter(|_| changed.is_none() && !options.rehash && hold.is_empty())?;
            let walk: Walk = serde_json::from_str(prior.walk.as_deref()?).ok()?;
            let files: Vec<&RepoPath> = prior.files.iter().map(|row| &row.path).collect();
            system.rescan(&options.scan, &walk, &files, prior.scanned_at_ns)
        };
        let scan = rescan().unwrap_or_else(|| system.scan(&options.scan, changed));
        if let (Some(changed), Some(prior)) = (changed, &prior)
            && (scan.needs_all || changed.iter().any(|path| was_folder(system, prior, path)))
        {
            let options = Options { changed: None, ..options.clone() };
            return Self::look(system, database, &options, hold, progress);
        }
        let walk = match changed {
            Some(_) => prior.as_ref().and_then(|prior| prior.walk.clone()),
            None => scan.walk.as_ref().map(|walk| serde_json::json!(walk).to_string()),
        };
        let looked = scan.walk.clone().filter(|_| changed.is_none());
        let projects = scan.projects.clone();
        if let (Some(changed), Some(prior)) = (changed, &prior) {
            check_changed(system, changed, &scan, prior)?;
        }
        let mut seconds = vec![("scan", clock.elapsed().as_secs_f64())];
        let clock = Instant::now();
        let mut inventory = inventory::take(system, scan, prior.as_ref(), options, hold, progress);
        let mut metadata = Metadata::read(system);
        let source_roots = match (changed, &prior) {
            (Some(changed), Some(prior)) => {
                keep_unchanged(&mut inventory, prior, changed);
                prior.source_roots.clone()
            }
            _ => metadata.source_roots(system, &projects),
        };
        inventory.problems.append(&mut metadata.problems);
        inventory.problems.extend(inventory::case_twins(&inventory.files));
        let of_settings = options.problems.iter();
        inventory.problems.extend(
            of_settings.map(|(path, problem)| ScanProblemRow::new(Some(path.clone()), inventory::MODULES, problem)),
        );
        if let Some(problem) = &git.problem {
            let problem = Problem::warning(Stage::Scan, problem);
            inventory.problems.push(ScanProblemRow::new(None, inventory::MODULES, &problem));
        }
        inventory.problems.sort();
        inventory.problems.dedup();
        let mut plan = Plan::compare(&inventory.files, prior.as_ref());
        plan.hashed = inventory.hashed;
        plan.previous_commit = prior.as_ref().map(|prior| prior.commit.clone()).filter(|previous| *previous != commit);
        let (derived, wanted) =
            wanted(options, prior.as_ref()).into_iter().partition(|wanted| wanted.facts.key() == Key::Derivation);
        let mut run = Self {
            started_ns,
            git,
            commit,
            prior,
            inventory,
            metadata,
            source_roots,
            wanted,
            derived,
            plan,
            pending: Vec::new(),
            ids: FxHashMap::default(),
            rows: Vec::new(),
            tags: Vec::new(),
            index: None,
            checks: CheckStep::default(),
            derivations: DeriveStep::default(),
            scanned_at_ns,
            walk,
            looked,
            seconds: Vec::new(),
        };
        run.ask_ledger(database, options)?;
        run.rows = run.new_rows();
        run.tags = run.metadata.tag_rows();
        run.plan.other = run.other_differences();
        seconds.push(("hash", clock.elapsed().as_secs_f64()));
        run.seconds = seconds;
        Ok(run)
    }

    /// Find the numbers of all contents, and which facts they lack.
    fn ask_ledger(&mut self, database: &Database, options: &Options) -> Result<(), StoreError> {
        let known = self.prior.iter().flat_map(|prior| &prior.files).map(|row| (row.hash, row.content_id));
        self.ids = known.collect();
        let mut unknown: Vec<ContentHash> =
            self.inventory.files.iter().map(|file| file.hash).filter(|hash| !self.ids.contains_key(hash)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let found = if unknown.is_empty() { FxHashMap::default() } else { database.content_ids(&unknown)? };
        // Contents without a number get one that is surely free, to count them by; they are numbered before they are written.
        let mut placeholder = -1;
        for hash in &unknown {
            let id = found.get(hash).copied().unwrap_or_else(|| {
                placeholder -= 1;
                placeholder
            });
            self.ids.insert(*hash, id);
        }
        // A published snapshot is complete in the datasets that it names, so the ledger is asked for new contents only;
        // unless facts of another version are there, which another snapshot may have put in the place of its own.
        let states = database.ledger_states()?;
        let is_uniform =
            |wanted: &Wanted| states.iter().all(|(key, state)| key != wanted.key() || *state == wanted.state());
        let prior_ids: FxHashSet<i32> =
            self.prior.iter().flat_map(|prior| &prior.files).map(|row| row.content_id).collect();
        let mut all: Vec<i32> = self.inventory.files.iter().map(|file| self.ids[&file.hash]).collect();
        all.sort_unstable();
        all.dedup();
        let new: Vec<i32> = all.iter().copied().filter(|id| !prior_ids.contains(id)).collect();
        let pending = |wanted: &Wanted| {
            let is_named =
                |prior: &Snapshot| prior.datasets.get(wanted.key()) == Some(&wanted.state()) && is_uniform(wanted);
            let is_complete = !options.full && self.prior.as_ref().is_some_and(is_named);
            database.pending(if is_complete { &new } else { &all }, wanted, options.full)
        };
        self.pending = self.wanted.iter().map(pending).collect::<Result<_, _>>()?;
        let counts = self.wanted.iter().zip(&self.pending).map(|(wanted, pending)| DatasetPlan {
            dataset: wanted.key(),
            missing: pending.missing.len(),
            outdated: pending.stale.len(),
        });
        self.plan.datasets = counts.collect();
        let hashes: FxHashMap<&RepoPath, ContentHash> =
            self.inventory.files.iter().map(|file| (&file.path, file.hash)).collect();
        let is_there = |path: &RepoPath| {
            let id = self.ids[&hashes[path]];
            self.pending.iter().all(|pending| !pending.missing.contains(&id))
        };
        self.plan.reused = self.plan.new_pointers().filter(|path| is_there(path)).count();
        Ok(())
    }

    /// Give new contents their numbers.
    fn number_contents(&mut self, database: &mut Database) -> Result<(), StoreError> {
        let mut new: Vec<ContentHash> = Vec::new();
        let mut seen = FxHashSet::default();
        for file in &self.inventory.files {
            if self.ids[&file.hash] < 0 && seen.insert(file.hash) {
                new.push(file.hash);
            }
        }
        let numbered = database.add_contents(&new)?;
        for (hash, id) in new.iter().map(|hash| (hash, numbered[hash])) {
            let placeholder = self.ids.insert(*hash, id);
            for pending in &mut self.pending {
                if placeholder.is_some_and(|placeholder| pending.missing.remove(&placeholder)) {
                    pending.missing.insert(id);
                }
            }
        }
        for row in &mut self.rows {
            row.content_id = self.ids[&row.hash];
        }
        Ok(())
    }

    pub(crate) fn extract(
        &mut self,
        system: &dyn System,
        database: &mut Database,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Extracted, EngineError> {
        let clock = Instant::now();
        self.number_contents(database)?;
        let mut tasks = Vec::new();
        let mut files: FxHashMap<i32, usize> = FxHashMap::default();
        for file in &self.inventory.files {
            *files.entry(self.ids[&file.hash]).or_default() += 1;
        }
        for file in &self.inventory.files {
            let content_id = self.ids[&file.hash];
            if self.pending.iter().any(|pending| pending.missing.contains(&content_id))
                && let Some(files) = files.remove(&content_id)
            {
                let size = file.state.size_bytes;
                tasks.push(Task { content_id, hash: file.hash, path: &file.path, size, files });
            }
        }
        if tasks.is_empty() {
            let datasets = self.wanted.iter().map(|_| (Written::default(), 0.0)).collect();
            return Ok(Extracted { datasets, raced: Vec::new() });
        }
        let held = std::mem::take(&mut self.inventory.held);
        let max_bytes = options.scan.max_bytes;
        let extractor = Extractor::new(system, &self.wanted, &self.pending, tasks, held, max_bytes, progress);
        let trees = self.wanted.iter().zip(&self.pending).filter(|(_, pending)| !pending.missing.is_empty());
        let bounds = trees.filter_map(|(wanted, _)| wanted.facts.tree()).map(|tree| options.workers_for(tree));
        let workers = bounds.min().unwrap_or(options.workers);
        let written = extractor
            .run(workers, |batches| database.write_facts(&self.wanted, &self.pending, self.started_ns, batches))?;
        let raced = extractor.raced();
        self.seconds.push(("extract and write", clock.elapsed().as_secs_f64()));
        Ok(Extracted { datasets: written.into_iter().zip(extractor.seconds()).collect(), raced })
    }

    fn publish(
        mut self,
        database: &mut Database,
        options: &Options,
        extracted: &Extracted,
    ) -> Result<Report, EngineError> {
        let clock = Instant::now();
        let wrote = self.publish_rows(database, options)?;
        self.seconds.push(("publish", clock.elapsed().as_secs_f64()));
        let dataset = |(wanted, (written, seconds)): (&Wanted, &(Written, f64))| DatasetReport {
            dataset: wanted.key(),
            contents: written.contents,
            rows: written.rows,
            seconds: *seconds,
        };
        let index = self.index.take().map(|step| step.report(database, &self.rows, self.prior.as_ref())).transpose()?;
        let parsed = extracted.datasets.iter().map(|(written, _)| written.contents).max().unwrap_or(0);
        Ok(Report {
            repo: options.repo.clone(),
            files: self.plan.files,
            hashed: self.plan.hashed,
            added: self.plan.added.len(),
            changed: self.plan.changed.len(),
            deleted: self.plan.deleted.len(),
            renamed: self.plan.renamed.len(),
            reused: self.plan.reused,
            parsed,
            problems: database.problem_count(&options.repo)?,
            wrote: wrote || parsed > 0,
            index,
            checks: self.checks.reports,
            datasets: self
                .wanted
                .iter()
                .zip(&extracted.datasets)
                .map(dataset)
                .chain(self.derivations.reports)
                .collect(),
            walk: self.looked,
            seconds: self.seconds,
            commit: self.commit,
        })
    }

    /// Find the SCIP documents of all files, and let an indexer make those that are missing. Gives the files that changed
    /// meanwhile.
    fn index(
        &mut self,
        system: &dyn System,
        database: &Database,
        options: &Options,
        indexer: &mut dyn Indexer,
        progress: &dyn Progress,
    ) -> Result<Vec<RepoPath>, EngineError> {
        let clock = Instant::now();
        if !keeps_documents(options, self.prior.as_ref()) {
            return Ok(Vec::new());
        }
        let world = scip::World { system, database, source_roots: &self.import_roots(), options, progress };
        let step = IndexStep::take(&world, indexer, &self.rows, self.prior.as_ref())?;
        if let Some(failure) = step.failure().filter(|_| indexer.replaces()) {
            return Err(EngineError::Import(failure.to_owned()));
        }
        if step.raced().is_empty() {
            step.point(&mut self.rows, self.prior.as_ref());
            self.inventory.problems.extend(step.problems());
            self.inventory.problems.sort();
        }
        let raced = step.raced().to_vec();
        self.index = Some(step);
        self.seconds.push(("index", clock.elapsed().as_secs_f64()));
        Ok(raced)
    }

    /// Let type checkers and linters look at what they have to. Gives the files that changed meanwhile.
    fn check(
        &mut self,
        system: &dyn System,
        database: &Database,
        options: &Options,
        checkers: &mut [Box<dyn Checker>],
        progress: &dyn Progress,
    ) -> Result<Vec<RepoPath>, StoreError> {
        let clock = Instant::now();
        let checking = Checking { system, database, options, progress, rows: &self.rows, prior: self.prior.as_ref() };
        self.checks = CheckStep::take(checking, checkers)?;
        self.inventory.problems.extend(self.checks.problems());
        self.inventory.problems.sort();
        if !checkers.is_empty() {
            self.seconds.push(("check", clock.elapsed().as_secs_f64()));
        }
        Ok(std::mem::take(&mut self.checks.raced))
    }

    /// Derive what is to be had from the facts that are there now.
    pub(crate) fn derive(
        &mut self,
        database: &mut Database,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<(), StoreError> {
        let clock = Instant::now();
        self.derivations =
            DeriveStep::take(database, options, &self.derived, &self.rows, self.prior.as_ref(), progress)?;
        if !self.derivations.reports.is_empty() {
            self.seconds.push(("derive", clock.elapsed().as_secs_f64()));
        }
        Ok(())
    }

    /// The folders that imports start from.
    pub(crate) fn import_roots(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.root.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn new_rows(&self) -> Vec<FileRow> {
        let names = module_names(self.inventory.files.iter().map(|file| file.path.as_str()), &self.source_roots);
        let before: FxHashMap<&RepoPath, &FileRow> =
            self.prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row)).collect();
        let row = |file: &inventory::InventoryFile| {
            let path = file.path.as_str();
            let described = self.metadata.describe(&names, path);
            FileRow {
                path: file.path.clone(),
                hash: file.hash,
                content_id: self.ids[&file.hash],
                state: file.state,
                module: described.module,
                root: names.root(path).to_owned(),
                is_package: ModuleNames::is_package(path),
                is_stub: ModuleNames::is_stub(path),
                is_test: ModuleNames::is_test(path),
                tags: described.tags,
                owners: described.owners,
                document_id: before.get(&file.path).and_then(|before| before.document_id),
                fingerprint: before.get(&file.path).map_or(String::new(), |before| before.fingerprint.clone()),
                is_stale: before.get(&file.path).is_some_and(|before| before.is_stale),
            }
        };
        self.inventory.files.iter().map(row).collect()
    }

    fn same_commit(&self) -> Option<&Snapshot> {
        self.prior.as_ref().filter(|prior| prior.commit == self.commit)
    }

    /// What of the last snapshot is no longer true, besides the files that the plan lists.
    fn other_differences(&self) -> Vec<String> {
        let Some(prior) = self.same_commit() else { return Vec::new() };
        let plan = &self.plan;
        let listed: FxHashSet<&RepoPath> = plan.new_pointers().chain(&plan.touched).collect();
        let (changed, _) = difference(&prior.files, &self.rows);
        let renamed = changed.iter().filter(|row| !listed.contains(&row.path)).count();
        let now = self.wanted.iter().chain(&self.derived).map(|wanted| (wanted.key().to_owned(), wanted.state()));
        let now: BTreeMap<String, String> = now.collect();
        let mut differences = Vec::new();
        if renamed > 0 {
            differences.push(format!("module names, tags or owners of {renamed} files"));
        }
        for (differs, what) in [
            (
                !prior.problems.iter().filter(|problem| is_of_scan(problem)).eq(&self.inventory.problems),
                "what the scan complains of",
            ),
            (prior.tags != self.tags, "the tags that are declared"),
            (prior.source_roots != self.source_roots, "the source roots that are declared"),
            (prior.branch != self.git.branch, "the branch"),
            (prior.is_dirty != self.git.is_dirty, "whether there are uncommitted changes"),
            (prior.datasets != now, "the datasets that are kept"),
        ] {
            if differs {
                differences.push(what.to_owned());
            }
        }
        differences
    }

    /// Write what differs from the last snapshot; gives whether anything does.
    fn publish_rows(&mut self, database: &mut Database, options: &Options) -> Result<bool, StoreError> {
        let is_same_walk = self.prior.as_ref().is_some_and(|prior| prior.walk == self.walk);
        let indexing = self.index.as_ref().map(|step| step.state.as_text());
        let is_same_index = self.prior.as_ref().is_some_and(|prior| {
            prior.indexing == indexing && prior.problems == self.inventory.problems && prior.files == self.rows
        });
        let is_same_check = self.prior.as_ref().is_some_and(|prior| prior.tools == self.checks.runs);
        let is_same_derivation = self.prior.as_ref().is_some_and(|prior| prior.derivations == self.derivations.all);
        let is_same = is_same_walk && is_same_index && is_same_check && is_same_derivation;
        if is_same && self.plan.is_empty() && !self.inventory.had_racy {
            return Ok(false);
        }
        let report_rows = self.checks.findings.take();
        let rows = &self.rows;
        let datasets: Vec<&Wanted> = self.wanted.iter().chain(&self.derived).collect();
        let same_commit = self.same_commit();
        let (changed, removed) = same_commit.map_or_else(Default::default, |prior| difference(&prior.files, rows));
        // Past a share of the files it is cheaper to write all rows than to look for some.
        let is_patch = same_commit.is_some() && (changed.len() + removed.len()) * 4 < rows.len().max(64);
        let problems_differ = same_commit.is_none_or(|prior| prior.problems != self.inventory.problems);
        let tags_differ = same_commit.is_none_or(|prior| prior.tags != self.tags);
        database.publish(&Publication {
            repo: &options.repo,
            commit: &self.commit,
            branch: self.git.branch.as_deref(),
            is_dirty: self.git.is_dirty,
            scanned_at_ns: self.scanned_at_ns,
            now_ns: self.started_ns,
            walk: self.walk.as_deref(),
            indexing: indexing.as_deref(),
            source_roots: &self.source_roots,
            datasets: &datasets,
            rows: if is_patch {
                SnapshotRows::Patch { removed, changed }
            } else {
                SnapshotRows::Replace(rows.iter().collect())
            },
            problems: problems_differ.then_some(&self.inventory.problems),
            tags: tags_differ.then_some(&self.tags),
            tools: &self.checks.runs,
            tools_before: same_commit.map(|prior| prior.tools.as_slice()),
            report_rows,
            derivations: same_commit
                .is_none_or(|prior| prior.derivations != self.derivations.all)
                .then_some(&self.derivations.all),
            keep: options.keep_snapshots,
            codeintel_version: env!("CARGO_PKG_VERSION"),
        })?;
        Ok(true)
    }
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

/// Whether SCIP documents are wanted or there already.
pub(crate) fn keeps_documents(options: &Options, prior: Option<&Snapshot>) -> bool {
    options.index || prior.is_some_and(|prior| prior.files.iter().any(|row| row.document_id.is_some()))
}

/// Whether a problem comes from the scan, and not from an indexer or a checker.
fn is_of_scan(problem: &ScanProblemRow) -> bool {
    problem.stage != Stage::Index.as_str() && problem.stage != Stage::Check.as_str()
}

/// Rows that are new or differ, and paths that are gone. Both lists are sorted by path.
fn difference<'a>(before: &'a [FileRow], now: &'a [FileRow]) -> (Vec<&'a FileRow>, Vec<&'a RepoPath>) {
    let old: FxHashMap<&RepoPath, &FileRow> = before.iter().map(|row| (&row.path, row)).collect();
    let new: FxHashSet<&RepoPath> = now.iter().map(|row| &row.path).collect();
    let changed = now.iter().filter(|row| old.get(&row.path) != Some(row)).collect();
    let removed = before.iter().map(|row| &row.path).filter(|path| !new.contains(path)).collect();
    (changed, removed)
}

/// Whether a path that is gone led to files. It may have been a link to a folder, and another link may lead there now.
fn was_folder(system: &dyn System, prior: &Snapshot, path: &RepoPath) -> bool {
    let is_below = |file: &RepoPath| file != path && path.holds(file.as_str());
    !system.exists(path) && prior.files.iter().any(|row| is_below(&row.path))
}

/// Every path that was said to have changed must have been found, or be gone.
fn check_changed(system: &dyn System, changed: &[RepoPath], scan: &Scan, prior: &Snapshot) -> Result<(), EngineError> {
    for path in changed {
        let is_found = scan.files.iter().any(|file| path.holds(file.path.as_str()))
            || scan.problems.iter().any(|p| p.path.as_deref().is_some_and(|shown| path.holds(shown)));
        let is_known = prior.files.iter().any(|row| path.holds(row.path.as_str()))
            || prior.problems.iter().any(|p| p.path.as_deref().is_some_and(|shown| path.holds(shown)));
        match (is_found, system.exists(path), is_known) {
            (true, _, _) | (false, false, true) => {}
            // What was known and is ignored now is gone, as a full scan would find.
            (false, true, true) => {}
            (false, true, false) => return Err(EngineError::NotScanned(path.clone())),
            (false, false, false) => return Err(EngineError::Unknown(path.clone())),
        }
    }
    Ok(())
}

/// Add the files and problems of the last snapshot that were not looked at.
fn keep_unchanged(inventory: &mut Inventory, prior: &Snapshot, changed: &[RepoPath]) {
    let is_kept = |path: &str| !changed.iter().any(|outer| outer.holds(path));
    for row in prior.files.iter().filter(|row| is_kept(row.path.as_str())) {
        inventory.files.push(inventory::InventoryFile { path: row.path.clone(), hash: row.hash, state: row.state });
    }
    inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
    // Problems of files that are scanned, of metadata and of settings are found anew in every run.
    let files: FxHashSet<&str> = inventory.files.iter().map(|file| file.path.as_str()).collect();
    let is_kept = |path: &str| is_kept(path) && !files.contains(path) && !Metadata::is_read_always(path);
    let is_of_settings = |problem: &ScanProblemRow| problem.stage == Stage::Settings.as_str();
    let kept = prior.problems.iter().filter(|problem| is_of_scan(problem) && !is_of_settings(problem));
    let kept = kept.filter(|problem| problem.path.as_deref().is_some_and(is_kept));
    inventory.problems.extend(kept.cloned());
}
