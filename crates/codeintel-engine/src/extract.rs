//! Bytes to facts: workers read, decode and parse each pending content once and extract all datasets from that parse.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use codeintel_base::{ContentHash, Problem, Progress, RepoPath, Severity, Stage};
use codeintel_datasets::{Extraction, Parsed, Rows, Tree, Upkeep};
use codeintel_python::{Ast, Cst, Definition, ParsedFile};
use codeintel_store::{FactBatch, Pending, Status, Wanted};
use codeintel_system::{System, decode};
use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

/// Dropping a deeply nested tree takes stack; the memory is only used when it is needed.
const STACK_BYTES: usize = 512 << 20;
/// Rows are sent to the writer in batches of about this size.
const BATCH_ROWS: usize = 16_384;

/// One content to extract, and where its bytes are found.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub(crate) content_id: i32,
    pub(crate) hash: ContentHash,
    pub(crate) path: &'a RepoPath,
    pub(crate) size: i64,
}

/// What all workers share.
pub(crate) struct Extractor<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) wanted: &'a [Wanted],
    pub(crate) pending: &'a [Pending],
    pub(crate) tasks: Vec<Task<'a>>,
    pub(crate) held: Mutex<FxHashMap<ContentHash, Vec<u8>>>,
    pub(crate) max_bytes: u64,
    pub(crate) progress: &'a dyn Progress,
    next: AtomicUsize,
    is_stopped: AtomicBool,
    /// Paths whose bytes were no longer those that were hashed.
    raced: Mutex<Vec<RepoPath>>,
    /// Nanoseconds spent extracting each dataset.
    nanoseconds: Vec<AtomicU64>,
}

impl<'a> Extractor<'a> {
    pub(crate) fn new(
        system: &'a dyn System,
        wanted: &'a [Wanted],
        pending: &'a [Pending],
        mut tasks: Vec<Task<'a>>,
        held: FxHashMap<ContentHash, Vec<u8>>,
        max_bytes: u64,
        progress: &'a dyn Progress,
    ) -> Self {
        // Large ones first, so that all workers end at the same time.
        tasks.sort_by_key(|task| (std::cmp::Reverse(task.size), task.content_id));
        Self {
            system,
            wanted,
            pending,
            tasks,
            held: Mutex::new(held),
            max_bytes,
            progress,
            next: AtomicUsize::new(0),
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
                let sender = sender.clone();
                let builder = std::thread::Builder::new().name(format!("extract-{worker}")).stack_size(STACK_BYTES);
                let spawned = builder.spawn_scoped(scope, move || self.work(&sender));
                spawned.expect("the system can start a thread");
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
        while let Some(task) = self.tasks.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.is_stopped.load(Ordering::Relaxed) {
                return;
            }
            match self.bytes(task) {
                Some(bytes) => self.extract(task.content_id, &bytes, &mut collectors),
                None => self.raced.lock().unwrap_or_else(PoisonError::into_inner).push(task.path.clone()),
            }
            self.progress.step();
            let full = collectors.iter_mut().flatten().filter(|collector| collector.rows.len() >= BATCH_ROWS);
            for collector in full {
                // The writer has failed and will say why.
                if sender.send(collector.take()).is_err() {
                    self.is_stopped.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
        for collector in collectors.iter_mut().flatten().filter(|collector| !collector.contents.is_empty()) {
            if sender.send(collector.take()).is_err() {
                return;
            }
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

    /// Whether a dataset that is read from the concrete tree lacks a content.
    fn needs_cst(&self, content_id: i32) -> bool {
        let is_concrete =
            |wanted: &Wanted| matches!(wanted.dataset.upkeep, Upkeep::PerContent { tree: Tree::Concrete, .. });
        let mut missing = self.wanted.iter().zip(self.pending).filter(|(wanted, _)| is_concrete(wanted));
        missing.any(|(_, pending)| pending.missing.contains(&content_id))
    }

    fn extract(&self, content_id: i32, bytes: &[u8], collectors: &mut [Option<Collector>]) {
        let (file, mut problems) = parse(bytes);
        let needs_cst = self.needs_cst(content_id);
        let projected = file.as_ref().map(|file| {
            catch_unwind(AssertUnwindSafe(|| {
                let ast = Ast::new(file);
                let definitions = Definition::all(file, &ast);
                let cst = needs_cst.then(|| Cst::new(file, &ast));
                (ast, definitions, cst)
            }))
        });
        let projected = match projected {
            Some(Ok(projected)) => Some(projected),
            Some(Err(_)) => {
                problems.push(Problem::error(Stage::Parse, "codeintel failed on this file; please report it"));
                None
            }
            None => None,
        };
        let parsed = file.as_ref().zip(projected.as_ref()).map(|(file, (ast, definitions, cst))| Parsed {
            file,
            ast,
            definitions,
            cst: cst.as_ref(),
        });
        let extraction = Extraction { parsed, problems: &problems };
        let is_problem = problems.iter().any(|problem| problem.severity == Severity::Error);
        let status = if is_problem { Status::Problem } else { Status::Done };
        for ((collector, pending), nanoseconds) in collectors.iter_mut().zip(self.pending).zip(&self.nanoseconds) {
            if let Some(collector) = collector
                && pending.missing.contains(&content_id)
            {
                let start = Instant::now();
                collector.rows.extract(content_id, extraction);
                collector.contents.push((content_id, status));
                nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
            }
        }
    }
}

/// The rows that a worker has of one dataset.
struct Collector {
    dataset: usize,
    rows: Box<dyn Rows>,
    contents: Vec<(i32, Status)>,
}

impl Collector {
    fn new(dataset: usize, wanted: &Wanted) -> Option<Self> {
        match wanted.dataset.upkeep {
            Upkeep::PerContent { rows, .. } => Some(Self { dataset, rows: rows(), contents: Vec::new() }),
            _ => None,
        }
    }

    fn take(&mut self) -> FactBatch {
        FactBatch { dataset: self.dataset, tables: self.rows.take(), contents: std::mem::take(&mut self.contents) }
    }
}

/// Decode and parse. A parser that panics costs one file.
fn parse(bytes: &[u8]) -> (Option<ParsedFile>, Vec<Problem>) {
    match decode(bytes) {
        Err(problem) => (None, vec![problem]),
        Ok(text) => match catch_unwind(AssertUnwindSafe(|| {
            let file = ParsedFile::parse(text);
            let problems = file.problems();
            (file, problems)
        })) {
            Ok((file, problems)) => (Some(file), problems),
            Err(_) => (None, vec![Problem::error(Stage::Parse, "the parser failed on this file; please report it")]),
        },
    }
}
