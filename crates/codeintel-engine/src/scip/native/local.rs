//! A resolver in this process.

use std::sync::Arc;
use std::thread;

use codeintel_base::ContentHash;
use codeintel_semantic::{DocumentError, ReadSource, Resolver, ResolverOptions};
use codeintel_system::System;

use super::job::{Event, Job};
use super::source::HashedSource;
use super::{Ending, Workforce};

/// Code may be nested as deeply as the parser allows, and types nearly so. Where so much address space cannot be had, less must do.
const STACK_BYTES: [usize; 3] = [512 << 20, 128 << 20, 16 << 20];

/// So many events wait to be taken at most.
const WAITING: usize = 64;

/// Resolves in this process. What it has learnt is kept from job to job.
#[derive(Debug)]
pub(super) struct LocalWorkforce {
    source: Arc<HashedSource>,
    resolver: Option<Resolver>,
}

impl LocalWorkforce {
    pub(super) fn new(system: Arc<dyn System + Send>) -> Self {
        Self { source: Arc::new(HashedSource::new(system)), resolver: None }
    }

    /// Do a job on this thread, whose stack must be large. Ends early where nobody takes the events any more, or a file is not what it was.
    pub(super) fn resolve(&mut self, options: &ResolverOptions, job: &Job, event: &mut dyn FnMut(Event) -> bool) {
        let files = job.project_files();
        self.source.expect(&files, job.max_bytes);
        let mut resolver = match self.resolver.take() {
            Some(mut resolver) if resolver.has_options(options) => {
                resolver.set_files(&files);
                resolver
            }
            _ => Resolver::new(options.clone(), &files, Arc::clone(&self.source) as Arc<dyn ReadSource>),
        };
        for item in &job.items {
            let Some(file) = files.get(item.file as usize) else { continue };
            if self.source.has_raced() || !event(Event::Begun(item.file)) {
                break;
            }
            let made = resolver.document(&file.path, item.lookup_hash.map(ContentHash::from_number), item.level);
            let answer = match made {
                Ok(document) => Event::Made(item.file, Box::new(document)),
                Err(error) => Event::Refused {
                    file: item.file,
                    reason: error.to_string(),
                    // With less known, another try would take more steps. A panic may come of what was known.
                    is_final: !matches!(error, DocumentError::Failed(_)),
                },
            };
            if !event(answer) {
                break;
            }
        }
        let raced = self.source.raced();
        if raced.is_empty() {
            self.resolver = Some(resolver);
            event(Event::Done);
        } else {
            // What was read in the wrong state must not be remembered.
            event(Event::Raced(raced.iter().map(ToString::to_string).collect()));
        }
    }
}

/// Run something on a thread with a large stack.
pub(super) fn with_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let mut work = Some(work);
    let mut refusal = String::new();
    for stack in STACK_BYTES {
        let builder = thread::Builder::new().name("resolve".to_owned()).stack_size(stack);
        let work = &mut work;
        let done = thread::scope(|scope| {
            let run = move || work.take().map(|work| work());
            builder
                .spawn_scoped(scope, run)
                .map_err(|error| error.to_string())?
                .join()
                .map_err(|_| "it crashed".to_owned())
        });
        match done {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => break,
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

impl Workforce for LocalWorkforce {
    fn work(&mut self, options: &ResolverOptions, job: &Job, take: &mut dyn FnMut(Event)) -> Ending {
        let (sender, receiver) = crossbeam_channel::bounded(WAITING);
        let mut ending = Ending::Died { reason: "it crashed".to_owned(), in_flight: None, is_final: false };
        let ended = thread::scope(|scope| {
            let worker = scope.spawn(|| {
                with_large_stack(|| {
                    let sender = sender;
                    self.resolve(options, job, &mut |event| sender.send(event).is_ok());
                })
            });
            for event in receiver {
                match event {
                    Event::Done => ending = Ending::Done,
                    Event::Raced(paths) => ending = Ending::Raced(paths),
                    event => take(event),
                }
            }
            worker.join().unwrap_or_else(|_| Err("it crashed".to_owned()))
        });
        match ended {
            Ok(()) => ending,
            Err(reason) => Ending::Died { reason, in_flight: None, is_final: false },
        }
    }

    fn start_anew(&mut self) {
        self.resolver = None;
    }
}
