//! A resolver in a process of its own, so that its death costs the file that caused it and nothing else.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use codeintel_semantic::ResolverOptions;
use codeintel_system::{ItemWatch, System, WorkerEnd, WorkerProcess, end_process, read_message, write_message};

use super::job::{Event, Job, Order};
use super::local::{LocalWorkforce, with_large_stack};
use super::{Ending, Workforce};

/// The signal that ends a process whose stack has overflowed.
const ABORTED: i32 = 6;

/// So many messages wait to be taken at most.
const WAITING: usize = 64;

/// A program that works as [`serve`] does.
#[derive(Debug, Clone)]
pub struct WorkerProgram {
    /// Where it is.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Whether it stays between jobs, with what it has learnt.
    pub stays: bool,
}

/// Resolves in another process.
#[derive(Debug)]
pub(super) struct ProcessWorkforce {
    program: WorkerProgram,
    process: Option<WorkerProcess>,
    /// One that is asked for nothing more.
    ended: Option<WorkerProcess>,
    /// The options that the process has been told.
    told: Option<ResolverOptions>,
}

impl ProcessWorkforce {
    pub(super) fn new(program: WorkerProgram) -> Self {
        Self { program, process: None, ended: None, told: None }
    }

    /// There is nothing more to be done in this run.
    pub(super) fn rest(&mut self) {
        if !self.program.stays
            && let Some(mut process) = self.process.take()
        {
            // It ends while this process goes on, which waits for it last.
            process.close_input();
            self.ended = Some(process);
        }
    }

    /// A process that has been told the options and the job.
    fn order(&mut self, options: &ResolverOptions, job: &Job) -> Result<WorkerProcess, String> {
        let encode = |order: Order<'_>| postcard::to_stdvec(&order).map_err(|error| error.to_string());
        let job = encode(Order::Job(Cow::Borrowed(job)))?;
        let mut process = match self.process.take() {
            Some(process) => process,
            None => {
                self.told = None;
                let started = WorkerProcess::start(&self.program.program, &self.program.args);
                started.map_err(|error| error.to_string())?
            }
        };
        // One that has died does not listen; that its output ends says so.
        if self.told.as_ref() != Some(options) {
            let _sent = process.send(&encode(Order::Options(Cow::Borrowed(options)))?);
            self.told = Some(options.clone());
        }
        let _sent = process.send(&job);
        Ok(process)
    }
}

impl Workforce for ProcessWorkforce {
    fn work(&mut self, options: &ResolverOptions, job: &Job, take: &mut dyn FnMut(Event)) -> Ending {
        let mut process = match self.order(options, job) {
            Ok(process) => process,
            Err(reason) => return Ending::NotStarted(reason),
        };
        let Some(mut output) = process.take_output() else {
            return Ending::NotStarted("its output cannot be read".to_owned());
        };
        let (sender, receiver) = crossbeam_channel::bounded(WAITING);
        let mut in_flight = None;
        let mut ending = None;
        let output = thread::scope(|scope| {
            // Read at once, so that the worker need not wait for what is done with its documents.
            let reader = scope.spawn(move || {
                while let Some(message) = read_message(&mut output) {
                    let Ok(event) = postcard::from_bytes(&message) else { break };
                    let is_last = matches!(event, Event::Done | Event::Raced(_));
                    if sender.send(event).is_err() || is_last {
                        break;
                    }
                }
                output
            });
            for event in receiver {
                in_flight = if let Event::Begun(file) = event { Some(file) } else { None };
                match event {
                    Event::Done => ending = Some(Ending::Done),
                    Event::Raced(paths) => ending = Some(Ending::Raced(paths)),
                    event => take(event),
                }
            }
            reader.join().ok()
        });
        match (ending, output) {
            (Some(ending), Some(output)) => {
                process.return_output(output);
                self.process = Some(process);
                ending
            }
            (ending, _) => ending.unwrap_or_else(|| {
                let end = process.end();
                // Who knows less goes deeper and takes longer. Memory, and a signal from elsewhere, may have other reasons.
                let is_final = matches!(end, WorkerEnd::OutOfTime | WorkerEnd::Signal(ABORTED));
                Ending::Died { reason: end.to_string(), in_flight, is_final }
            }),
        }
    }

    fn start_anew(&mut self) {
        self.process = None;
    }
}

/// Work for another process of this program: take jobs from the input and write events to the output until the input ends. Makes the world
/// around a repository from its root.
pub fn serve(
    mut input: impl Read + Send + 'static,
    mut output: impl Write + Send,
    system: impl Fn(&Path) -> Option<Arc<dyn System + Send>> + Send,
) -> Result<(), String> {
    let watch = ItemWatch::start().map_err(|error| error.to_string())?;
    let (sender, receiver) = crossbeam_channel::unbounded();
    let listen = move || {
        while let Some(message) = read_message(&mut input) {
            if sender.send(message).is_err() {
                return;
            }
        }
        // Nobody listens any more. To free all that was learnt would take longer than to end.
        end_process(0);
    };
    thread::Builder::new().name("listen".to_owned()).spawn(listen).map_err(|error| error.to_string())?;
    with_large_stack(move || {
        let mut work: Option<(ResolverOptions, LocalWorkforce)> = None;
        for message in receiver {
            match postcard::from_bytes(&message) {
                Ok(Order::Options(options)) => {
                    let Some(system) = system(&options.root) else { return };
                    work = Some((options.into_owned(), LocalWorkforce::new(system)));
                }
                Ok(Order::Job(job)) => {
                    let Some((options, workforce)) = &mut work else { return };
                    workforce.resolve(options, &job, &mut |event| {
                        let is_begun = matches!(event, Event::Begun(_));
                        if is_begun {
                            watch.begin();
                        } else {
                            watch.end();
                        }
                        let message = postcard::to_stdvec(&event);
                        message.is_ok_and(|message| write_message(&mut output, &message).is_ok())
                    });
                }
                Err(_) => return,
            }
        }
    })
}
