//! The step of a run that is about SCIP documents.

use std::collections::BTreeSet;

use codeintel_base::{NoProgress, Problem, RepoPath, Stage, count};
use codeintel_python::{Interface, ParsedFile};
use codeintel_store::{Database, DocumentId, FileRow, ScanProblemRow, Snapshot, StoreError};
use codeintel_system::{System, decode};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::indexer::{IndexOutcome, IndexRequest, IndexStatus, Indexer};
use super::intake::MAX_PROBLEMS;
use super::plan::{IndexPlan, Interfaces};
use super::state::{IndexState, SilentFile};
use super::write::{IndexReport, run, with_request};
use crate::error::EngineError;
use crate::options::Options;
use crate::plan::{DatasetPlan, StepPlan};
use crate::report::Report;
use crate::run::{Context, Draft, Planned, Step};

/// The dataset that misses rows when an indexer fails.
const DOCUMENTS: &str = "scip.documents";

/// What is said of a file whose document in the index speaks of another text.
const OTHER_TEXT: &str = "the index was built from a different version of this file";

/// Lets an indexer make SCIP documents.
pub(crate) struct IndexStep<'a> {
    indexer: &'a mut dyn Indexer,
    /// What was done, where documents are kept.
    done: Option<Done>,
}

/// What became of the documents of a run.
struct Done {
    plan: IndexPlan,
    outcome: IndexOutcome,
    /// Documents that were made.
    indexed: usize,
    /// Rows that were written.
    rows: usize,
    /// What is kept of it with the snapshot.
    state: IndexState,
}

/// Whether SCIP documents are wanted or there already.
pub(crate) fn keeps_documents(options: &Options, prior: Option<&Snapshot>) -> bool {
    options.index || prior.is_some_and(|prior| prior.files.iter().any(|row| row.document_id.is_some()))
}

impl<'a> IndexStep<'a> {
    pub(crate) fn new(indexer: &'a mut dyn Indexer) -> Self {
        Self { indexer, done: None }
    }
}

impl Step for IndexStep<'_> {
    fn name(&self) -> &'static str {
        "index"
    }

    /// Find the documents that are missing. Contents that have not been extracted yet are parsed for it.
    fn plan(&mut self, context: &Context<'_>, planned: &Planned) -> Result<StepPlan, EngineError> {
        let Context { system, database, options, prior, .. } = *context;
        if !keeps_documents(options, prior) {
            return Ok(StepPlan::default());
        }
        let rows = &planned.draft.files;
        let mut interfaces = Interfaces::default();
        for row in rows.iter().filter(|row| planned.lacks("core.interfaces", row.hash)) {
            if let Ok((bytes, _)) = system.read(&row.path, options.scan.max_bytes)
                && let Ok(text) = decode(&bytes)
            {
                interfaces.add(row.hash, &Interface::of(&ParsedFile::parse(text)));
            }
        }
        let plan = IndexPlan::new(context, self.indexer, rows, interfaces)?;
        let before: Vec<_> = plan.pending.iter().filter_map(|file| rows[*file].document_id).collect();
        let outdated = match &plan.identity {
            Some(identity) => database.documents_of_others(&identity.key, &before)?,
            None => 0,
        };
        if let Some(state) = prior.and_then(|prior| IndexState::read(prior.indexing.as_deref())) {
            self.indexer.remember(&state.memory);
        }
        let can_index = plan.unavailable.is_none() && !plan.pending.is_empty() && self.indexer.makes_documents();
        let index = plan.unavailable.clone().or_else(|| {
            let identity = plan.identity.as_ref().filter(|_| can_index)?;
            let explain = |request: &IndexRequest<'_>| self.indexer.explain(request);
            with_request(context, identity, &plan, &plan.pending, rows, explain)
        });
        let missing = DatasetPlan { dataset: DOCUMENTS, missing: plan.pending.len(), outdated };
        Ok(StepPlan { datasets: vec![missing], index, ..StepPlan::default() })
    }

    fn run(&mut self, context: &Context<'_>, draft: &mut Draft) -> Result<Vec<RepoPath>, EngineError> {
        if !keeps_documents(context.options, context.prior) {
            return Ok(Vec::new());
        }
        let done = Done::make(context, self.indexer, &draft.files)?;
        if let Some(failure) = done.outcome.failure.as_ref().filter(|_| self.indexer.replaces()) {
            return Err(EngineError::Import(failure.clone()));
        }
        let raced = done.outcome.raced.clone();
        done.plan.point(&mut draft.files, context.prior);
        draft.indexing = Some(done.state.as_text());
        self.done = Some(done);
        Ok(raced)
    }

    fn problems(&self) -> Vec<ScanProblemRow> {
        self.done.as_ref().map_or_else(Vec::new, Done::problems)
    }

    fn report(self: Box<Self>, context: &Context<'_>, draft: &Draft, report: &mut Report) -> Result<(), StoreError> {
        report.index = self.done.map(|done| done.report(context, &draft.files)).transpose()?;
        Ok(())
    }
}

/// How a file would be indexed if its document were missing, in words, as far as there is a choice.
pub fn index_choice(
    system: &dyn System,
    database: &Database,
    options: &Options,
    indexer: &mut dyn Indexer,
    path: &RepoPath,
) -> Result<Option<String>, EngineError> {
    let Some(prior) = database.snapshot(&options.repo)? else { return Ok(None) };
    let Some(file) = prior.files.iter().position(|row| row.path == *path) else { return Ok(None) };
    let Some(state) = IndexState::read(prior.indexing.as_deref()) else { return Ok(None) };
    indexer.remember(&state.memory);
    let Ok(identity) = indexer.identify(system) else { return Ok(None) };
    let context = Context { system, database, options, prior: Some(&prior), progress: &NoProgress };
    let explain = |request: &IndexRequest<'_>| indexer.explain(request);
    Ok(with_request(&context, &identity, &IndexPlan::default(), &[file], &prior.files, explain))
}

impl Done {
    /// Find the documents that hold, and let the indexer make the others.
    fn make(context: &Context<'_>, indexer: &mut dyn Indexer, rows: &[FileRow]) -> Result<Self, StoreError> {
        let before = context.prior.and_then(|prior| IndexState::read(prior.indexing.as_deref()));
        let mut plan = IndexPlan::new(context, indexer, rows, Interfaces::default())?;
        let asked: Vec<usize> = if indexer.replaces() { (0..rows.len()).collect() } else { plan.pending.clone() };
        let missing = plan.pending.len();
        let mut outcome = IndexOutcome::default();
        let (mut indexed, mut written_rows) = (0, 0);
        let identity = plan.identity.as_ref().filter(|_| plan.unavailable.is_none());
        let identity = identity.filter(|_| !asked.is_empty() && indexer.makes_documents()).cloned();
        let has_run = identity.is_some();
        if let Some(before) = &before {
            indexer.remember(&before.memory);
        }
        if let Some(identity) = identity {
            let done = run(context, indexer, &identity, &plan, &asked, rows)?;
            (outcome, indexed, written_rows) = (done.outcome, done.written.len(), done.rows);
            for file in &asked {
                let document = plan.key(rows, *file).and_then(|key| done.written.get(&key).copied());
                plan.documents[*file] = document.or(plan.documents[*file]);
            }
            let documents = &plan.documents;
            plan.pending.retain(|file| documents[*file].is_none());
            plan.of_other_texts = done.of_other_texts;
            plan.of_other_texts.retain(|file, _| documents[*file].is_none());
            let pending: BTreeSet<usize> = plan.pending.iter().chain(plan.of_other_texts.keys()).copied().collect();
            plan.pending = pending.into_iter().collect();
        }
        let same = before.filter(|before| before.identity == plan.identity);
        let ended_well = has_run && outcome.failure.is_none() && !indexer.replaces();
        let silent = silent_files(&plan, rows, same.as_ref(), ended_well);
        let reason = plan.unavailable.clone().or_else(|| outcome.failure.clone());
        let reason = reason.or_else(|| {
            (!silent.is_empty())
                .then(|| format!("the indexer returned no document for {}", count(silent.len(), "file")))
        });
        let other_texts = other_texts(&plan, rows, &outcome, same.as_ref().filter(|_| !indexer.replaces()));
        let reason = reason.or_else(|| {
            let is_import = indexer.replaces() && !other_texts.is_empty();
            is_import
                .then(|| format!("the index was built from different versions of {}", count(other_texts.len(), "file")))
        });
        let reason = reason.or_else(|| match (indexer.makes_documents(), indexer.replaces()) {
            (false, _) => Some("no indexer is configured to rebuild outdated documents".to_owned()),
            (true, true) => Some("the index lacks documents that existed before".to_owned()),
            (true, false) => None,
        });
        // Of an import nothing can be missing but what its failure has cost.
        let is_complete = plan.lacking().next().is_none() && !(indexer.replaces() && outcome.failure.is_some());
        let status = match plan.pending.len() {
            _ if is_complete => IndexStatus::Complete,
            _ if plan.unavailable.is_some() => IndexStatus::Unavailable,
            left if left == missing && indexed == 0 && outcome.failure.is_some() => IndexStatus::Failed,
            _ => IndexStatus::Partial,
        };
        let mut warnings = outcome.warnings.clone();
        let kept = outcome.other_texts.iter().filter(|path| !other_texts.contains(path.as_str()));
        warnings.extend(
            kept.take(MAX_PROBLEMS)
                .map(|path| (Some(path.to_string()), format!("{OTHER_TEXT}; the up-to-date document is kept"))),
        );
        // A run over everything has said all that there is to say.
        if !has_run || asked.len() < rows.len() {
            warnings.extend(same.iter().flat_map(|before| before.warnings.clone()));
        }
        warnings.sort();
        warnings.dedup();
        let memory = outcome.memory.clone().or_else(|| same.map(|before| before.memory)).unwrap_or(Value::Null);
        let reason = reason.filter(|_| status != IndexStatus::Complete);
        let identity = plan.identity.clone();
        let state = IndexState { identity, status, reason, warnings, memory, silent, other_texts };
        Ok(Self { plan, outcome, indexed, rows: written_rows, state })
    }

    /// What went wrong.
    fn problems(&self) -> Vec<ScanProblemRow> {
        let warning = |(path, message): &(Option<String>, String)| {
            ScanProblemRow::new(path.clone(), DOCUMENTS, &Problem::warning(Stage::Index, message))
        };
        let other_texts = &self.state.other_texts;
        let of_other_text = other_texts.iter().take(MAX_PROBLEMS).map(|path| {
            let problem = Problem::error(Stage::Index, OTHER_TEXT);
            ScanProblemRow::new(Some(path.clone()), DOCUMENTS, &problem)
        });
        let more = (other_texts.len() > MAX_PROBLEMS).then(|| {
            let more = count(other_texts.len() - MAX_PROBLEMS, "more file");
            let message = format!("the index was built from different versions of {more}");
            ScanProblemRow::new(None, DOCUMENTS, &Problem::error(Stage::Index, message))
        });
        let silent = self.state.silent.iter().filter(|silent| !other_texts.contains(&silent.path)).map(|silent| {
            let problem = Problem::error(Stage::Index, "the indexer returned no document for this file");
            ScanProblemRow::new(Some(silent.path.clone()), DOCUMENTS, &problem)
        });
        // Silent files have rows of their own.
        let is_told =
            self.plan.unavailable.is_none() && self.outcome.failure.is_none() && !self.state.silent.is_empty();
        let failure = self.state.reason.as_ref().filter(|_| !is_told).map(|reason| {
            let message =
                format!("{reason}; {} without an up-to-date document", count(self.plan.lacking().count(), "file"));
            ScanProblemRow::new(None, DOCUMENTS, &Problem::error(Stage::Index, message))
        });
        self.state.warnings.iter().map(warning).chain(silent).chain(of_other_text).chain(more).chain(failure).collect()
    }

    /// What to report of it.
    fn report(self, context: &Context<'_>, rows: &[FileRow]) -> Result<IndexReport, StoreError> {
        let Context { database, prior, .. } = *context;
        let (before, now) = (prior.map(|prior| shown(&prior.files)), shown(rows));
        let other = before.iter().flatten().filter_map(|(path, before)| Some((*before, *now.get(path)?)));
        let other: Vec<(DocumentId, DocumentId)> = other.filter(|(before, now)| before != now).collect();
        Ok(IndexReport {
            differing: database.differing_documents(&other)?,
            indexer: self.state.identity.map(|identity| identity.key),
            status: self.state.status,
            reason: self.state.reason,
            mode: self.outcome.mode,
            documents: rows.iter().filter(|row| row.document_id.is_some()).count(),
            indexed: self.indexed,
            stale: rows.iter().filter(|row| row.is_stale).count(),
            rows: self.rows,
            is_changed: before.is_none_or(|before| before != now),
        })
    }
}

/// The documents of files that have one.
fn shown(rows: &[FileRow]) -> FxHashMap<&RepoPath, DocumentId> {
    rows.iter().filter_map(|row| Some((&row.path, row.document_id?))).collect()
}

/// The files without a document that holds of which an index, the last one or one before, had a document of another text.
fn other_texts(
    plan: &IndexPlan,
    rows: &[FileRow],
    outcome: &IndexOutcome,
    before: Option<&IndexState>,
) -> BTreeSet<String> {
    let now = outcome.other_texts.iter().map(RepoPath::as_str);
    let before = before.iter().flat_map(|before| before.other_texts.iter().map(String::as_str));
    let lacks = |path: &str| {
        let file = rows.binary_search_by(|row| row.path.as_str().cmp(path));
        file.is_ok_and(|file| plan.documents[file].is_none())
    };
    now.chain(before).filter(|path| lacks(path)).map(str::to_owned).collect()
}

/// The files without a document of which the indexer was asked in vain, now or before.
fn silent_files(plan: &IndexPlan, rows: &[FileRow], before: Option<&IndexState>, ended_well: bool) -> Vec<SilentFile> {
    let asked = plan.pending.iter().map(|file| (*file, u32::from(ended_well)));
    let tries = asked.chain(plan.given_up.iter().map(|file| (*file, 0)));
    let silent = tries.filter_map(|(file, now)| {
        let (row, fingerprint) = (&rows[file], &*plan.fingerprints[file]);
        let tries = now + before.map_or(0, |before| before.tries(row, fingerprint));
        (tries > 0).then(|| SilentFile::new(row, fingerprint, tries))
    });
    silent.collect()
}
