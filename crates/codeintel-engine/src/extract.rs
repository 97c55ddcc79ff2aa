//! Bytes to facts: workers read, decode and parse each pending content once and extract all datasets from that parse.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use codeintel_base::{ContentHash, Problem, Progress, RepoPath, Severity, Stage, count};
use codeintel_datasets::{Extraction, Maker, Parsed, Rows, RowsDigest};
use codeintel_python::{Ast, DEEPEST_NESTING, Definition, ParsedFile, nests_too_deeply};
use codeintel_store::{ContentId, FactBatch, FactsOf, FactsVersion, MissingFacts, Status};
use codeintel_system::{System, decode};
use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

/// Dropping a deeply nested tree takes stack; the memory is only used when it is needed.
const STACK_BYTES: [usize; 3] = [512 << 20, 64 << 20, 8 << 20];
/// Sources of so many bytes are worked on at the same time, or one that is larger. Its tree may take a hundred times the memory of a source.
const MAX_BYTES_AT_ONCE: i64 = 16 << 20;
/// The dataset of what went wrong.
const PROBLEMS: &str = "core.problems";

/// One content to extract, and where its bytes are found.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub(crate) content_id: ContentId,
    pub(crate) hash: ContentHash,
    pub(crate) path: &'a RepoPath,
    pub(crate) size: i64,
    /// How many files have this content.
    pub(crate) files: usize,
}

/// What all workers share.
pub(crate) struct Extractor<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) wanted: &'a [FactsVersion],
    pub(crate) pending: &'a [MissingFacts],
    pub(crate) tasks: Vec<Task<'a>>,
    queue: Queue,
    pub(crate) held: Mutex<FxHashMap<ContentHash, Vec<u8>>>,
    pub(crate) max_bytes: u64,
    pub(crate) progress: &'a dyn Progress,
    is_stopped: AtomicBool,
    /// Paths whose bytes were no longer those that were hashed.
    raced: Mutex<Vec<RepoPath>>,
    /// Nanoseconds spent extracting each dataset.
    nanoseconds: Vec<AtomicU64>,
}

impl<'a> Extractor<'a> {
    pub(crate) fn new(
        system: &'a dyn System,
        wanted: &'a [FactsVersion],
        pending: &'a [MissingFacts],
        tasks: Vec<Task<'a>>,
        held: FxHashMap<ContentHash, Vec<u8>>,
        max_bytes: u64,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            system,
            wanted,
            pending,
            queue: Queue::new(&tasks),
            tasks,
            held: Mutex::new(held),
            max_bytes,
            progress,
            is_stopped: AtomicBool::new(false),
            raced: Mutex::new(Vec::new()),
            nanoseconds: wanted.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Extract all tasks with so many workers, handing the batches to `write` as they come.
    pub(crate) fn run<R>(&self, workers: usize, write: impl FnOnce(crossbeam_channel::IntoIter<FactBatch>) -> R) -> R {
        self.progress.begin("extract", self.tasks.len());
        let (sender, receiver) = crossbeam_channel::bounded(4 * workers.max(1));
        std::thread::scope(|scope| {
            for worker in 0..workers.clamp(1, self.tasks.len().max(1)) {
                // Where so much address space cannot be had, less must do: for fewer workers, or for less deeply nested sources.
                let is_started =
                    STACK_BYTES.into_iter().take(if worker == 0 { STACK_BYTES.len() } else { 1 }).any(|stack| {
                        let sender = sender.clone();
                        let builder = std::thread::Builder::new().name(format!("extract-{worker}")).stack_size(stack);
                        builder.spawn_scoped(scope, move || self.work(&sender)).is_ok()
                    });
                if !is_started {
                    assert!(worker > 0, "the system can start one thread");
                    break;
                }
            }
            drop(sender);
            write(receiver.into_iter())
        })
    }

    /// Paths that changed between hashing and parsing.
    pub(crate) fn raced(&self) -> Vec<RepoPath> {
        self.raced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seconds of CPU spent on each dataset, over all workers.
    pub(crate) fn seconds(&self) -> Vec<f64> {
        self.nanoseconds.iter().map(|nanoseconds| nanoseconds.load(Ordering::Relaxed) as f64 / 1e9).collect()
    }

    fn work(&self, sender: &Sender<FactBatch>) {
        let mut collectors: Vec<Option<Collector>> =
            self.wanted.iter().enumerate().map(|(dataset, wanted)| Collector::new(dataset, wanted)).collect();
        while let Some(taken) = self.queue.take() {
            let task = &self.tasks[taken.task];
            match self.bytes(task) {
                Some(bytes) => self.extract(task, &bytes, &mut collectors, sender),
                None => self.raced.lock().unwrap_or_else(PoisonError::into_inner).push(task.path.clone()),
            }
            self.progress.step();
            for collector in collectors.iter_mut().flatten().filter(|collector| collector.rows.is_full()) {
                self.send(sender, collector.take());
            }
            if self.is_stopped.load(Ordering::Relaxed) {
                return;
            }
        }
        for collector in collectors.iter_mut().flatten().filter(|collector| !collector.contents.is_empty()) {
            self.send(sender, collector.take());
        }
    }

    fn send(&self, sender: &Sender<FactBatch>, batch: FactBatch) {
        // The writer has failed and will say why.
        if sender.send(batch).is_err() {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
    }

    /// The bytes that were hashed, or none if they are no longer to be had.
    fn bytes(&self, task: &Task<'_>) -> Option<Vec<u8>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&task.hash);
        if held.is_some() {
            return held;
        }
        match self.system.read(task.path, self.max_bytes) {
            Ok((bytes, _)) if ContentHash::of(&bytes) == task.hash => Some(bytes),
            Ok(_) | Err(_) => None,
        }
    }

    fn extract(&self, task: &Task<'_>, bytes: &[u8], collectors: &mut [Option<Collector>], sender: &Sender<FactBatch>) {
        let content_id = task.content_id;
        let (file, mut problems) = parse(bytes);
        let projected = file.as_ref().and_then(|file| {
            guarded(&mut problems, || {
                let ast = Ast::new(file);
                let definitions = Definition::all(file, &ast);
                (ast, definitions)
            })
        });
        let parsed = file.as_ref().zip(projected.as_ref());
        let parsed = parsed.map(|(file, (ast, definitions))| Parsed { file, ast, definitions });
        if let Some(Parsed { ast, definitions, .. }) = parsed
            && ast.definition_count() > definitions.len()
        {
            let left_out = count(ast.definition_count() - definitions.len(), "definition");
            let message = format!("the qualified names in this file are too long: {left_out} left out");
            problems.push(Problem::error(Stage::Parse, message));
        }
        // What goes wrong in one dataset is a problem, so problems come last.
        let is_last = |wanted: &FactsVersion| wanted.key() == PROBLEMS;
        for last in [false, true] {
            let all = collectors.iter_mut().zip(self.wanted).zip(self.pending).zip(&self.nanoseconds);
            for (((collector, wanted), pending), nanoseconds) in all {
                if let Some(collector) = collector
                    && is_last(wanted) == last
                    && pending.missing.contains(&content_id)
                {
                    let start = Instant::now();
                    let dataset = collector.dataset;
                    let mut pass_on = |tables| self.send(sender, FactBatch { dataset, tables, contents: Vec::new() });
                    let known = problems.clone();
                    let extraction = Extraction { parsed, problems: &known };
                    let rows = &mut collector.rows;
                    let mut digest = RowsDigest::new(collector.has_digests);
                    let rows = guarded(&mut problems, || {
                        rows.extract(content_id.get(), extraction, &mut pass_on, &mut digest)
                    });
                    let rows = rows.unwrap_or(0) * task.files;
                    let is_problem = problems.iter().any(|problem| problem.severity == Severity::Error);
                    let status = if is_problem { Status::Problem } else { Status::Done };
                    collector.contents.push(FactsOf { content_id, status, digest: digest.finish(), rows });
                    nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Tasks that wait, and how much is worked on.
struct Queue {
    state: Mutex<QueueState>,
    has_changed: Condvar,
}

struct QueueState {
    /// Sizes and places of the tasks.
    waiting: BTreeSet<(i64, usize)>,
    bytes_taken: i64,
}

/// A task that is worked on until this is dropped.
struct Taken<'a> {
    queue: &'a Queue,
    task: usize,
    size: i64,
}

impl Queue {
    fn new(tasks: &[Task<'_>]) -> Self {
        let waiting = tasks.iter().enumerate().map(|(place, task)| (task.size, place)).collect();
        Self { state: Mutex::new(QueueState { waiting, bytes_taken: 0 }), has_changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The largest task that may be worked on beside the others: so all workers end at the same time. Waits for them if there is none, and
    /// gives none if nothing waits any more.
    fn take(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        loop {
            let largest = match state.bytes_taken {
                0 => state.waiting.last().copied(),
                taken => state.waiting.range(..=(MAX_BYTES_AT_ONCE - taken, usize::MAX)).next_back().copied(),
            };
            if let Some((size, task)) = largest {
                state.waiting.remove(&(size, task));
                state.bytes_taken += size;
                return Some(Taken { queue: self, task, size });
            }
            if state.waiting.is_empty() {
                return None;
            }
            state = self.has_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.queue.lock().bytes_taken -= self.size;
        self.queue.has_changed.notify_all();
    }
}

/// The rows that a worker has of one dataset.
struct Collector {
    dataset: usize,
    rows: Box<dyn Rows>,
    /// Whether others are derived from the rows.
    has_digests: bool,
    contents: Vec<FactsOf>,
}

impl Collector {
    fn new(dataset: usize, wanted: &FactsVersion) -> Option<Self> {
        match wanted.facts.maker {
            Maker::Parse { rows, .. } => {
                let has_digests = wanted.facts.are_read();
                Some(Self { dataset, rows: rows(), has_digests, contents: Vec::new() })
            }
            Maker::Document | Maker::Report | Maker::Derived { .. } => None,
        }
    }

    fn take(&mut self) -> FactBatch {
        FactBatch { dataset: self.dataset, tables: self.rows.take(), contents: std::mem::take(&mut self.contents) }
    }
}

/// Decode and parse. A parser that panics costs one file.
fn parse(bytes: &[u8]) -> (Option<ParsedFile>, Vec<Problem>) {
    let text = match decode(bytes) {
        Ok(text) if nests_too_deeply(&text) => {
            let message = format!("the source nests deeper than {DEEPEST_NESTING} levels and is not parsed");
            return (None, vec![Problem::error(Stage::Parse, message)]);
        }
        Ok(text) => text,
        Err(problem) => return (None, vec![problem]),
    };
    let mut problems = Vec::new();
    let parsed = guarded(&mut problems, || {
        let file = ParsedFile::parse(text);
        let problems = file.problems();
        (file, problems)
    });
    match parsed {
        Some((file, problems)) => (Some(file), problems),
        None => (None, problems),
    }
}

/// Do something with one file. Whatever panics costs what it was to give, and is a problem of the file.
fn guarded<T>(problems: &mut Vec<Problem>, work: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    if result.is_none() {
        problems.push(Problem::error(Stage::Parse, "codeintel crashed on this file; please report this bug"));
    }
    result
}
