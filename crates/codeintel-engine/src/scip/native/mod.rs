//! codeintel's own indexer, with ty's knowledge of types.
//!
//! A document that cannot be made with types, since the resolver dies of it, fails, or exceeds its budget, is made without them, and says so.
//! What one file costs must not depend on what was resolved before it. So whatever happened to it among others, it is tried once more alone,
//! by a resolver that has learnt nothing, and that verdict counts.

mod job;
mod local;
mod process;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use codeintel_base::{ContentHash, PYTHON, Problem, RepoPath, Stage};
use codeintel_scip::PlacedDocument;
use codeintel_semantic::{InstalledModules, Level, MOST_STEPS, ResolverOptions};
use codeintel_system::{InstalledPackage, PythonEnvironment, System};
use rustc_hash::{FxHashMap, FxHashSet};

use self::job::{Event, Item, Job};
use self::local::LocalWorkforce;
use self::process::ProcessWorkforce;
pub use self::process::{WorkerProgram, serve};
use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, InterfaceDepth};
use crate::environment::{dependents, stamp};
use crate::producers::ProducerError;

/// The name of the producer of documents.
const PRODUCER: &str = "codeintel";

/// A run that makes one document in so many, or fewer, is a refresh.
const SMALL_SHARE: usize = 4;

/// What the native indexer is told.
#[derive(Debug, Clone)]
pub struct NativeOptions {
    /// The project's name in symbols.
    pub project_name: String,
    /// Its version in symbols.
    pub project_version: String,
    /// The Python environment in which imports are resolved.
    pub environment: Option<PythonEnvironment>,
    /// Where the repository is.
    pub root: PathBuf,
}

/// Makes documents, in this process or in one that may die of it. What was learnt is kept from run to run.
#[derive(Debug)]
pub struct NativeIndexer {
    options: NativeOptions,
    installed: Installed,
    local: LocalWorkforce,
    /// None where there is to be none, or none could be started.
    process: Option<ProcessWorkforce>,
}

/// The packages of the environment. What their files say is read again when they have changed only.
#[derive(Debug, Default)]
struct Installed {
    packages: Vec<InstalledPackage>,
    stamp: Option<ContentHash>,
    dependents: Vec<String>,
    /// None until a resolver needs them.
    modules: Option<Vec<InstalledModules>>,
}

impl Installed {
    fn update(&mut self, project: &str, packages: Vec<InstalledPackage>) -> ContentHash {
        let stamp = stamp(&packages);
        if self.stamp != Some(stamp) {
            let dependents = dependents(project, &packages);
            *self = Self { packages, stamp: Some(stamp), dependents, modules: None };
        }
        stamp
    }

    fn modules(&mut self) -> &[InstalledModules] {
        let list = |package: &InstalledPackage| InstalledModules {
            name: package.metadata().name,
            version: package.version.clone(),
            modules: package.modules(),
        };
        self.modules.get_or_insert_with(|| self.packages.iter().map(list).collect())
    }
}

/// Does jobs.
trait Workforce: std::fmt::Debug {
    /// Do a job, and hand over what happens as it does.
    fn work(&mut self, options: &ResolverOptions, job: &Job, take: &mut dyn FnMut(Event)) -> Ending;

    /// Do the next job as one that has learnt nothing.
    fn start_anew(&mut self);
}

/// How a job ended.
#[derive(Debug)]
enum Ending {
    /// Everything was done.
    Done,
    /// Files were no longer what they were when they were hashed.
    Raced(Vec<String>),
    /// The resolver died, which file it had begun with, and whether it would die of it again.
    Died { reason: String, in_flight: Option<u32>, is_final: bool },
    /// It could not be started.
    NotStarted(String),
}

/// A resolver that dies so often without having begun with any file is not started again.
const MOST_STILLBORN: usize = 3;

impl NativeIndexer {
    /// An indexer that works in this process, and dies with it.
    pub fn new(options: NativeOptions, system: Arc<dyn System + Send>) -> Self {
        Self { options, installed: Installed::default(), local: LocalWorkforce::new(system), process: None }
    }

    /// An indexer that works in a process of its own, or in this one where none can be started.
    pub fn supervised(options: NativeOptions, system: Arc<dyn System + Send>, program: WorkerProgram) -> Self {
        Self { process: Some(ProcessWorkforce::new(program)), ..Self::new(options, system) }
    }

    fn python_version(&self) -> (u8, u8) {
        let version = self.options.environment.as_ref().and_then(PythonEnvironment::version);
        version.unwrap_or(codeintel_semantic::NEWEST_PYTHON)
    }

    fn resolver_options(&mut self, request: &IndexRequest<'_>) -> ResolverOptions {
        let NativeOptions { project_name, project_version, environment, root } = &self.options;
        ResolverOptions {
            root: root.clone(),
            import_roots: request.source_roots.to_vec(),
            site_packages: environment.iter().flat_map(|environment| environment.site_packages.clone()).collect(),
            packages: self.installed.modules().to_vec(),
            python_version: self.python_version(),
            project: (project_name.clone(), project_version.clone()),
            most_steps: MOST_STEPS,
        }
    }
}

impl Indexer for NativeIndexer {
    fn identify(&mut self, _: &dyn System) -> Result<IndexerIdentity, ProducerError> {
        let packages = self.options.environment.as_ref().map(PythonEnvironment::packages).unwrap_or_default();
        let NativeOptions { project_name, project_version, .. } = &self.options;
        let (major, minor) = self.python_version();
        let version = codeintel_semantic::VERSION;
        let packages = self.installed.update(project_name, packages);
        Ok(IndexerIdentity {
            key: format!("native {version} {project_name} {project_version} python{major}.{minor} {packages}"),
            depth: InterfaceDepth::Declared,
            dependents: self.installed.dependents.clone(),
        })
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        let options = self.resolver_options(request);
        let file = |file: &super::IndexFile<'_>| (file.path.to_string(), file.hash.number(), file.module.to_owned());
        let files = request.files.iter().map(file).collect();
        // After an edit, and not in a build, the next documents are made from these.
        let is_refresh = request.pending.len() * SMALL_SHARE <= request.files.len();
        let item = |file: &usize| Item {
            file: *file as u32,
            lookup_hash: Some(*file).filter(|_| is_refresh).and_then(request.lookup_hash).map(ContentHash::number),
            level: Level::Types,
        };
        let mut run = Run {
            options,
            job: Job { files, max_bytes: request.max_bytes, items: request.pending.iter().map(item).collect() },
            refused: Vec::new(),
            hand_over,
        };
        let mut ended = match &mut self.process {
            Some(process) => run.all(process),
            None => run.all(&mut self.local),
        };
        if let Some(process) = &mut self.process {
            process.rest();
            if let Err(Stop::NotStarted(_)) = ended {
                // What can be done in this process is better than nothing.
                self.process = None;
                ended = run.all(&mut self.local);
            }
        }
        match ended {
            Ok(()) => IndexOutcome::default(),
            Err(Stop::Raced(paths)) => IndexOutcome { raced: paths, ..IndexOutcome::default() },
            Err(Stop::NotStarted(reason) | Stop::Failed(reason)) => {
                let failure = Some(format!("the native indexer: {reason}"));
                IndexOutcome { failure, ..IndexOutcome::default() }
            }
        }
    }
}

/// Why a run came to no end.
enum Stop {
    Raced(Vec<RepoPath>),
    NotStarted(String),
    Failed(String),
}

/// The making of the documents of one run.
struct Run<'a> {
    options: ResolverOptions,
    /// What is still to be done.
    job: Job,
    /// Files whose documents were not made, with the reason.
    refused: Vec<Refused>,
    hand_over: &'a mut dyn FnMut(Indexed),
}

struct Refused {
    item: Item,
    reason: String,
    /// Whether another try would be for nothing.
    is_final: bool,
}

impl Run<'_> {
    fn all(&mut self, workforce: &mut dyn Workforce) -> Result<(), Stop> {
        self.work_off(workforce)?;
        for refused in std::mem::take(&mut self.refused) {
            if refused.is_final {
                self.refused.push(refused);
            } else {
                workforce.start_anew();
                self.job.items = vec![refused.item];
                self.work_off(workforce)?;
            }
        }
        let refused = std::mem::take(&mut self.refused);
        for Refused { item, reason, .. } in &refused {
            self.without_types(workforce, *item, reason)?;
        }
        Ok(())
    }

    /// Do all that is to be done. Whoever dies is replaced, and the file that it died of is left out.
    fn work_off(&mut self, workforce: &mut dyn Workforce) -> Result<(), Stop> {
        let mut stillborn = 0;
        while !self.job.items.is_empty() {
            let (ending, answered) = self.work(workforce, &[]);
            match ending {
                Ending::Done => return Ok(()),
                Ending::Died { reason, in_flight, is_final } => {
                    stillborn = if answered > 0 || in_flight.is_some() { 0 } else { stillborn + 1 };
                    if stillborn == MOST_STILLBORN {
                        return Err(Stop::Failed(reason));
                    }
                    let died = |item: &Item| Some(item.file) == in_flight;
                    let dead = self.job.items.iter().copied().find(died);
                    self.job.items.retain(|item| !died(item));
                    let reason = format!("the resolver crashed on this file: {reason}");
                    self.refused.extend(dead.map(|item| Refused { item, reason, is_final }));
                }
                Ending::Raced(paths) => return Err(raced(&paths)),
                Ending::NotStarted(reason) => return Err(Stop::NotStarted(reason)),
            }
        }
        Ok(())
    }

    /// The document of a file at the level that asks for no types. If even that fails, it is empty.
    fn without_types(&mut self, workforce: &mut dyn Workforce, item: Item, reason: &str) -> Result<(), Stop> {
        let message = format!("{reason}; names, imports and definitions are resolved without types");
        self.job.items = vec![Item { lookup_hash: None, level: Level::Names, ..item }];
        let (ending, _) = self.work(workforce, &[Problem::error(Stage::Index, message)]);
        let failure = match ending {
            Ending::Raced(paths) => return Err(raced(&paths)),
            Ending::NotStarted(reason) => return Err(Stop::NotStarted(reason)),
            Ending::Died { reason, .. } => Some(format!("the resolver crashed on this file: {reason}")),
            Ending::Done => self.refused.pop().map(|refused| refused.reason),
        };
        self.job.items.clear();
        if let Some(failure) = failure {
            let message = format!("{reason}; the document is empty, because without types {failure}");
            let document = PlacedDocument { language: PYTHON.to_owned(), ..PlacedDocument::default() };
            (self.hand_over)(indexed(item.file, document, vec![Problem::error(Stage::Index, message)]));
        }
        Ok(())
    }

    /// Let the job be done, hand over its documents, each with these problems, and take what was answered off the job. Gives the number of
    /// answers, too.
    fn work(&mut self, workforce: &mut dyn Workforce, problems: &[Problem]) -> (Ending, usize) {
        let mut answered = FxHashSet::default();
        let items: FxHashMap<u32, Item> = self.job.items.iter().map(|item| (item.file, *item)).collect();
        let ending = workforce.work(&self.options, &self.job, &mut |event| match event {
            Event::Made(file, document) => {
                answered.insert(file);
                (self.hand_over)(indexed(file, *document, problems.to_vec()));
            }
            Event::Refused { file, reason, is_final } => {
                answered.insert(file);
                let item = items.get(&file).copied();
                self.refused.extend(item.map(|item| Refused { item, reason, is_final }));
            }
            Event::Begun(_) | Event::Raced(_) | Event::Done => {}
        });
        self.job.items.retain(|item| !answered.contains(&item.file));
        (ending, answered.len())
    }
}

fn raced(paths: &[String]) -> Stop {
    Stop::Raced(paths.iter().filter_map(|path| RepoPath::new(path.as_ref()).ok()).collect())
}

fn indexed(file: u32, document: PlacedDocument, problems: Vec<Problem>) -> Indexed {
    Indexed {
        file: file as usize,
        document,
        producer: PRODUCER.into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        problems,
    }
}
