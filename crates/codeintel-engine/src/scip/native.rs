//! The indexer in this process: codeintel's own, with ty's knowledge of types.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use codeintel_base::{ContentHash, PYTHON, Problem, RepoPath, Stage};
use codeintel_scip::PlacedDocument;
use codeintel_semantic::{InstalledModules, Level, MOST_STEPS, ProjectFile, ReadSource, Resolver, ResolverOptions};
use codeintel_system::{InstalledPackage, PythonEnvironment, System, decode};
use rustc_hash::FxHashMap;

use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, Sight};
use crate::environment::{dependents, stamp};

/// The name of the producer of documents.
const PRODUCER: &str = "codeintel";

/// Code may be nested as deeply as the parser allows, and types nearly so.
const STACK_BYTES: usize = 512 << 20;

/// So many documents wait to be written at most.
const WAITING: usize = 64;

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

/// Makes documents in this process. What it has learnt is kept from run to run.
#[derive(Debug)]
pub struct NativeIndexer {
    options: NativeOptions,
    source: Arc<HashedSource>,
    installed: Installed,
    resolver: Option<Resolver>,
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

impl NativeIndexer {
    /// An indexer that has read nothing yet.
    pub fn new(options: NativeOptions, system: Arc<dyn System + Send>) -> Self {
        let source = Arc::new(HashedSource { system, state: Mutex::default() });
        Self { options, source, installed: Installed::default(), resolver: None }
    }

    fn python_version(&self) -> (u8, u8) {
        let version = self.options.environment.as_ref().and_then(PythonEnvironment::version);
        version.unwrap_or(codeintel_semantic::NEWEST_PYTHON)
    }

    fn resolver(&mut self, request: &IndexRequest<'_>, files: &[ProjectFile]) -> Resolver {
        let NativeOptions { project_name, project_version, environment, root } = &self.options;
        let options = ResolverOptions {
            root: root.clone(),
            import_roots: request.source_roots.to_vec(),
            site_packages: environment.iter().flat_map(|environment| environment.site_packages.clone()).collect(),
            packages: self.installed.modules().to_vec(),
            python_version: self.python_version(),
            project: (project_name.clone(), project_version.clone()),
            most_steps: MOST_STEPS,
        };
        match self.resolver.take() {
            Some(mut resolver) if resolver.has_options(&options) => {
                resolver.set_files(files);
                resolver
            }
            _ => Resolver::new(options, files, Arc::clone(&self.source) as Arc<dyn ReadSource>),
        }
    }
}

impl Indexer for NativeIndexer {
    fn identify(&mut self, _: &dyn System) -> Result<IndexerIdentity, String> {
        let packages = self.options.environment.as_ref().map(PythonEnvironment::packages).unwrap_or_default();
        let NativeOptions { project_name, project_version, .. } = &self.options;
        let (major, minor) = self.python_version();
        let version = codeintel_semantic::VERSION;
        let packages = self.installed.update(project_name, packages);
        Ok(IndexerIdentity {
            key: format!("native {version} {project_name} {project_version} python{major}.{minor} {packages}"),
            sight: Sight::Declared,
            dependents: self.installed.dependents.clone(),
        })
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        let files = request.files.iter();
        let files =
            files.map(|file| ProjectFile { path: file.path.clone(), hash: file.hash, module: file.module.to_owned() });
        let files: Vec<ProjectFile> = files.collect();
        self.source.expect(&files, request.max_bytes);
        let mut resolver = self.resolver(request, &files);
        let source = &self.source;
        let (sender, receiver) = crossbeam_channel::bounded(WAITING);
        let resolver = thread::scope(|scope| {
            let files = request.files;
            // After an edit, and not in a build, the next documents are made from these.
            let is_refresh = request.pending.len() * SMALL_SHARE <= files.len();
            let outlook = |file: usize| if is_refresh { (request.outlook)(file) } else { None };
            let pending: Vec<_> = request.pending.iter().map(|file| (*file, outlook(*file))).collect();
            let resolve = move || {
                for (file, outlook) in pending {
                    // Nothing of this run will count, or nobody listens any more.
                    if source.has_raced() {
                        break;
                    }
                    let made = resolver.document(files[file].path, outlook, Level::Types);
                    if sender.send((file, made.map_err(|error| error.to_string()))).is_err() {
                        break;
                    }
                }
                resolver
            };
            let builder = thread::Builder::new().name("resolve".to_owned()).stack_size(STACK_BYTES);
            let worker = builder.spawn_scoped(scope, resolve).map_err(|error| error.to_string())?;
            for (file, made) in receiver {
                hand_over(indexed(file, made));
            }
            worker.join().map_err(|_| "it failed".to_owned())
        });
        let mut outcome = IndexOutcome { raced: self.source.raced(), ..IndexOutcome::default() };
        match resolver {
            // What was read in the wrong state must not be remembered.
            Ok(resolver) => self.resolver = Some(resolver).filter(|_| outcome.raced.is_empty()),
            Err(reason) => outcome.failure = Some(format!("the native indexer: {reason}")),
        }
        outcome
    }
}

/// The document of a file. One that could not be made is empty, and says why.
fn indexed(file: usize, made: Result<PlacedDocument, String>) -> Indexed {
    let (document, problems) = match made {
        Ok(document) => (document, Vec::new()),
        Err(message) => {
            let empty = PlacedDocument { language: PYTHON.to_owned(), ..PlacedDocument::default() };
            (empty, vec![Problem::error(Stage::Index, message)])
        }
    };
    Indexed { file, document, producer: PRODUCER.into(), producer_version: env!("CARGO_PKG_VERSION").into(), problems }
}

/// The sources of a repository as they were hashed.
struct HashedSource {
    system: Arc<dyn System + Send>,
    state: Mutex<Expected>,
}

#[derive(Default)]
struct Expected {
    hashes: FxHashMap<String, (RepoPath, ContentHash)>,
    max_bytes: u64,
    raced: Vec<RepoPath>,
}

impl std::fmt::Debug for HashedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashedSource").finish_non_exhaustive()
    }
}

impl HashedSource {
    fn state(&self) -> std::sync::MutexGuard<'_, Expected> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, files: &[ProjectFile], max_bytes: u64) {
        let hashes = files.iter().map(|file| (file.path.to_string(), (file.path.clone(), file.hash))).collect();
        *self.state() = Expected { hashes, max_bytes, raced: Vec::new() };
    }

    fn has_raced(&self) -> bool {
        !self.state().raced.is_empty()
    }

    fn raced(&self) -> Vec<RepoPath> {
        self.state().raced.clone()
    }
}

impl ReadSource for HashedSource {
    fn read(&self, path: &str) -> Option<String> {
        let mut state = self.state();
        let (path, hash) = state.hashes.get(path).cloned()?;
        match self.system.read(&path, state.max_bytes) {
            Ok((bytes, _)) if ContentHash::of(&bytes) == hash => decode(&bytes).ok(),
            _ => {
                state.raced.push(path);
                None
            }
        }
    }
}
