//! Indexers that are other programs: scip-python, or any command that writes an index.

mod config;
mod estimate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_system::{OwnFolder, PythonEnvironment, System, ToolCall, ToolRunner};
use serde_json::Value;

pub use self::estimate::IndexMode;
use self::estimate::{Costs, Decision};
use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, InterfaceDepth};
use super::intake::{Intake, Origin, SCIP_PYTHON};
use crate::environment::{dependents, stamp};
use crate::producers::ProducerError;

/// Lets scip-python visit each file as if it were the only one.
const DOCUMENT_ALONE: &str = include_str!("document_alone.cjs");

/// More of what a program says is not kept.
const MAX_OUTPUT: usize = 16 << 10;

/// Which program makes the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexCommand {
    /// scip-python, at a path or wherever it is found.
    ScipPython(Option<PathBuf>),
    /// A program with its arguments, in which `{root}` stands for the repository, `{output}` for the index to be written and an
    /// argument `{targets}` for the files to be indexed; there are none of these where all files are to be.
    Custom(Vec<String>),
}

/// What an indexer that is another program is told.
#[derive(Debug, Clone)]
pub struct ExternalOptions {
    /// The program.
    pub command: IndexCommand,
    /// What is indexed when something is missing.
    pub mode: IndexMode,
    /// How many programs run at the same time at most.
    pub workers: usize,
    /// A program is stopped after this time.
    pub timeout: Duration,
    /// The project's name in symbols.
    pub project_name: String,
    /// Its version in symbols.
    pub project_version: String,
    /// The Python environment in which imports are resolved.
    pub environment: Option<PythonEnvironment>,
    /// What the user tells Node.js, as in `NODE_OPTIONS`.
    pub node_options: String,
    /// Where the repository is.
    pub root: PathBuf,
    /// Whether programs that lie in the repository may be run.
    pub is_trusted: bool,
    /// Where indexes and what else is exchanged with the program lie.
    pub folder: OwnFolder,
}

/// Lets another program make the documents.
///
/// scip-python does not see the repository itself but a mirror of it with exactly the files that are scanned, in UTF-8, as they were
/// when they were hashed, and with a configuration of ours. So it obeys the scan rules and not the user's `include`, a file that
/// is edited meanwhile does no harm, and the paths of an index are those of the repository.
#[derive(Debug)]
pub struct ExternalIndexer {
    options: ExternalOptions,
    tools: ToolRunner,
    /// The program that was found, with its version.
    program: Option<(PathBuf, String)>,
    /// What it cost before.
    memory: Option<Value>,
}

impl ExternalIndexer {
    /// An indexer that has not looked for its program yet.
    pub fn new(options: ExternalOptions, tools: ToolRunner) -> Self {
        Self { options, tools, program: None, memory: None }
    }

    fn find(&self) -> Result<(PathBuf, String), ProducerError> {
        match &self.options.command {
            IndexCommand::ScipPython(program) => {
                let name =
                    program.as_ref().map_or(SCIP_PYTHON.into(), |program| program.to_string_lossy().into_owned());
                let is_trusted = self.options.is_trusted;
                let folders =
                    [self.options.root.join("node_modules/.bin"), self.options.folder.at("node_modules/.bin")];
                let own = if is_trusted { &folders[..] } else { &[] };
                let hint = Some("install it with `npm install @sourcegraph/scip-python@0.6.6`");
                let program = self.locate(&name, own);
                let program = program.ok_or(ProducerError::NotFound { program: name, is_trusted, hint })?;
                if self.tools.find("node", &[]).is_none() {
                    return Err(ProducerError::NoNode);
                }
                let version = self.tools.version(&program);
                Ok((program, version))
            }
            IndexCommand::Custom(words) => {
                let name = words.first().map(String::as_str).unwrap_or_default();
                let missing = || ProducerError::NotFound { program: name.to_owned(), is_trusted: true, hint: None };
                Ok((self.locate(name, &[]).ok_or_else(missing)?, String::new()))
            }
        }
    }

    /// A program by its path from the repository's root, or by its name.
    fn locate(&self, name: &str, first: &[PathBuf]) -> Option<PathBuf> {
        if name.contains('/') {
            return self.tools.find(&self.options.root.join(name).to_string_lossy(), &[]);
        }
        self.tools.find(name, first)
    }

    /// Let the program run for each group, side by side. Gives for each the index that it was to write, and why it failed.
    fn run_all(&self, request: &IndexRequest<'_>, decision: &Decision) -> Vec<(PathBuf, PathBuf, Option<String>)> {
        let everything = [Vec::new()];
        let groups = if decision.groups.is_empty() { &everything[..] } else { &decision.groups };
        let run = |(number, group): (usize, &Vec<usize>)| {
            let paths: Vec<&str> = group.iter().map(|file| request.files[*file].path.as_str()).collect();
            let output = self.options.folder.at(format!("run/index-{number}.scip"));
            let (root, call) = match self.call(request.system, request.source_roots, number, &paths, &output) {
                Ok(call) => call,
                Err(error) => return (self.options.root.clone(), output, Some(error.to_string())),
            };
            let failure = match self.tools.run(&call) {
                Ok(ended) if ended.code == Some(0) => None,
                Ok(ended) => Some(ended.failure()),
                Err(error) => Some(error.to_string()),
            };
            (root, output, failure)
        };
        std::thread::scope(|scope| {
            let runs: Vec<_> = groups.iter().enumerate().map(|group| scope.spawn(move || run(group))).collect();
            runs.into_iter().map(|run| run.join().expect("a run does not panic")).collect()
        })
    }

    /// The call for some files, or for all, and the root that it works in.
    fn call(
        &self,
        system: &dyn System,
        source_roots: &[String],
        number: usize,
        files: &[&str],
        output: &Path,
    ) -> std::io::Result<(PathBuf, ToolCall)> {
        let options = &self.options;
        let (program, _) = self.program.clone().unwrap_or_default();
        let run = options.folder.inner("run");
        let (folder, args, env) = match &options.command {
            IndexCommand::ScipPython(_) => {
                let mirror = run.inner(&format!("mirror-{number}"));
                if number > 0 {
                    run.inner("mirror-0").link_into(&mirror)?;
                    mirror.remove("scip-pyrightconfig.json")?;
                }
                let only = (!files.is_empty()).then_some(files);
                let user = config::of_user(system);
                let config = config::pyright(&user, &options.root, source_roots, options.environment.as_ref(), only);
                mirror.write("scip-pyrightconfig.json", config.to_string().as_bytes())?;
                let words = [
                    "index".into(),
                    ".".into(),
                    "--quiet".into(),
                    "--project-name".into(),
                    options.project_name.clone().into(),
                    "--project-version".into(),
                    options.project_version.clone().into(),
                    "--environment".into(),
                    options.folder.at("environment.json").into_os_string(),
                    "--cwd".into(),
                    mirror.path().as_os_str().to_owned(),
                    "--output".into(),
                    output.as_os_str().to_owned(),
                ];
                let script = run.at("document_alone.cjs");
                let node_options = config::node_options(&options.node_options, &script.to_string_lossy());
                (mirror.path().to_owned(), words.to_vec(), vec![("NODE_OPTIONS".into(), node_options.into())])
            }
            IndexCommand::Custom(words) => {
                let word = |word: &String| -> Vec<OsString> {
                    if word == "{targets}" {
                        return files.iter().map(OsString::from).collect();
                    }
                    let root = options.root.to_string_lossy();
                    vec![word.replace("{root}", &root).replace("{output}", &output.to_string_lossy()).into()]
                };
                (options.root.clone(), words.iter().skip(1).flat_map(word).collect(), Vec::new())
            }
        };
        let call = ToolCall {
            program,
            args,
            folder: folder.clone(),
            env,
            without: &[],
            timeout: options.timeout,
            max_output: MAX_OUTPUT,
        };
        Ok((folder, call))
    }

    /// Make what the program needs to see.
    fn prepare(&self, request: &IndexRequest<'_>, raced: &mut Vec<RepoPath>) -> std::io::Result<()> {
        let folder = &self.options.folder;
        folder.inner("run").clear()?;
        folder.inner("run").create()?;
        if matches!(self.options.command, IndexCommand::Custom(_)) {
            return Ok(());
        }
        folder.inner("run").write("document_alone.cjs", DOCUMENT_ALONE.as_bytes())?;
        let mirror = folder.inner("run").inner("mirror-0");
        for (number, file) in request.files.iter().enumerate() {
            match request.text(number) {
                Ok(Some(source)) => mirror.write_source(file.path, &source.text)?,
                Ok(None) => {}
                Err(path) => raced.push(path),
            }
        }
        let packages = self.options.environment.as_ref().map(PythonEnvironment::packages).unwrap_or_default();
        folder.write("environment.json", config::packages(&packages).to_string().as_bytes())
    }

    /// What tells a custom program, and the files that its arguments name, from others in their places.
    fn stamps(&self, program: &Path, words: &[String]) -> ContentHash {
        let root = &self.options.root;
        let named = words.iter().skip(1).flat_map(|word| {
            let word = word.replace("{root}", &root.to_string_lossy());
            let value = word.split_once('=').map(|(_, value)| root.join(value));
            [Some(root.join(&word)), value]
        });
        let files = std::iter::once(program.to_owned()).chain(named.flatten());
        let stamps: Vec<String> = files.filter_map(|file| ToolRunner::content_stamp(&file)).collect();
        ContentHash::of(stamps.join("\0").as_bytes())
    }

    fn has_targets(&self) -> bool {
        match &self.options.command {
            IndexCommand::ScipPython(_) => true,
            IndexCommand::Custom(words) => words.iter().any(|word| word == "{targets}"),
        }
    }

    fn decide(&self, request: &IndexRequest<'_>) -> Decision {
        let mode = if self.has_targets() { self.options.mode } else { IndexMode::Full };
        Decision::new(request, mode, self.options.workers, Costs::read(self.memory.as_ref()))
    }
}

impl Indexer for ExternalIndexer {
    fn identify(&mut self, system: &dyn System) -> Result<IndexerIdentity, ProducerError> {
        let (program, version) = match self.program.clone() {
            Some(found) => found,
            None => self.find()?,
        };
        let ExternalOptions { command, project_name, project_version, environment, .. } = &self.options;
        let packages = environment.as_ref().map(PythonEnvironment::packages).unwrap_or_default();
        let key = match command {
            IndexCommand::ScipPython(_) => {
                let user = Value::Object(config::of_user(system)).to_string();
                let packages = stamp(&packages).to_string();
                let settings = ContentHash::of([&user, &packages, DOCUMENT_ALONE].join("\0").as_bytes());
                format!("{SCIP_PYTHON} {version} {project_name} {project_version} {settings}")
            }
            IndexCommand::Custom(words) => format!("{} {}", words.join(" "), self.stamps(&program, words)),
        };
        self.program = Some((program, version));
        let dependents = dependents(project_name, &packages);
        Ok(IndexerIdentity { key, depth: InterfaceDepth::Inferred, dependents })
    }

    fn remember(&mut self, memory: &Value) {
        self.memory = Some(memory.clone());
    }

    fn explain(&self, request: &IndexRequest<'_>) -> Option<String> {
        Some(self.decide(request).reason)
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        let decision = self.decide(request);
        let mut outcome = IndexOutcome { mode: Some(decision.reason.clone()), ..IndexOutcome::default() };
        if let Err(error) = self.prepare(request, &mut outcome.raced) {
            outcome.failure = Some(format!("{}: {error}", self.options.folder.path().display()));
        }
        if !outcome.raced.is_empty() || outcome.failure.is_some() {
            return outcome;
        }
        let before = ToolRunner::cpu_seconds();
        let runs = self.run_all(request, &decision);
        let cpu_seconds = ToolRunner::cpu_seconds() - before;
        if matches!(self.options.command, IndexCommand::Custom(_)) {
            // The program has read the files themselves.
            outcome.raced.extend((0..request.files.len()).filter_map(|file| request.text(file).err()));
            if !outcome.raced.is_empty() {
                return outcome;
            }
        }
        let mut intake = Intake::new(request, Origin::Runs);
        for (root, output, failure) in &runs {
            let folder = self.options.folder.inner("run");
            let opened = folder.open(output).map_err(|error| error.to_string());
            let opened = opened.and_then(|file| file.ok_or_else(|| "no index was written".to_owned()));
            let read =
                opened.and_then(|mut file| intake.index(root, &mut file, hand_over).map_err(|error| error.to_string()));
            let failure =
                failure.clone().or_else(|| read.err().map(|error| format!("the index cannot be read: {error}")));
            outcome.failure = outcome.failure.or_else(|| failure.map(|failure| format!("{}: {failure}", self.name())));
        }
        if outcome.failure.is_none() {
            outcome.memory = Some(Costs::read(self.memory.as_ref()).after(&decision, cpu_seconds));
        }
        intake.finish(&mut outcome);
        // What is left is removed at the start of the next run.
        let _removed = self.options.folder.inner("run").clear();
        outcome
    }

    fn shards(&self) -> Option<String> {
        Some(match &self.options.command {
            IndexCommand::ScipPython(_) => format!("{SCIP_PYTHON} "),
            IndexCommand::Custom(words) => words.join(" "),
        })
    }
}

impl ExternalIndexer {
    fn name(&self) -> &str {
        match &self.options.command {
            IndexCommand::ScipPython(_) => SCIP_PYTHON,
            IndexCommand::Custom(words) => words.first().map(String::as_str).unwrap_or_default(),
        }
    }
}
