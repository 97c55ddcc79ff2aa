//! A second process of this program that does a part of its work, so that its death costs that part only.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use crate::tools::Group;

/// No message is longer. A length beyond it is the noise of a process that died.
const LONGEST_MESSAGE: u32 = 1 << 30;

/// Seconds of CPU time that a worker may spend on one item.
const MOST_SECONDS: u64 = 30;

/// Bytes of memory that a worker may hold.
const MOST_BYTES: u64 = 1_600_000_000;

/// How often a worker looks at what it uses.
const LOOK: Duration = Duration::from_millis(20);

/// Exit codes of a worker that ended itself.
const OUT_OF_TIME: i32 = 71;
const OUT_OF_MEMORY: i32 = 72;

/// A process of this program, talked to in messages.
#[derive(Debug)]
pub struct WorkerProcess {
    group: Group,
    /// None when nothing more will be sent.
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkerEnd {
    /// A signal, such as SIGSEGV or SIGKILL, ended it.
    #[error("it was killed by signal {0}")]
    Signal(i32),
    /// It used more CPU time for one item than it may.
    #[error("it needed more than {MOST_SECONDS} s of CPU time")]
    OutOfTime,
    /// It used more memory than it may.
    #[error("it needed more than {} MB of memory", MOST_BYTES / 1_000_000)]
    OutOfMemory,
    /// It ended by itself with this exit code.
    #[error("it exited with code {0}")]
    Code(i32),
}

impl From<ExitStatus> for WorkerEnd {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(OUT_OF_TIME), _) => Self::OutOfTime,
            (Some(OUT_OF_MEMORY), _) => Self::OutOfMemory,
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl WorkerProcess {
    /// Start a program. It ends when this process does, since its standard input ends then.
    pub fn start(program: &Path, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut group = Group::start(&mut command)?;
        let (input, output) = (group.child.stdin.take(), group.child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        Ok(Self { group, input: Some(input), output: Some(BufReader::with_capacity(64 << 10, output)) })
    }

    /// Send a message.
    pub fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        write_message(input, message)
    }

    /// Send nothing more.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// What the worker sends: taken once, so that another thread can read it.
    pub fn take_output(&mut self) -> Option<BufReader<ChildStdout>> {
        self.output.take()
    }

    /// Give back what was taken.
    pub fn return_output(&mut self, output: BufReader<ChildStdout>) {
        self.output = Some(output);
    }

    /// Wait for a worker whose output has ended or makes no sense, and say how it ended.
    pub fn end(mut self) -> WorkerEnd {
        // One that is still there would wait for more.
        self.input = None;
        self.group.child.wait().map_or(WorkerEnd::Code(-1), WorkerEnd::from)
    }
}

/// Write a message: its length in four bytes, little-endian, and then its bytes.
pub fn write_message(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).ok().filter(|length| *length <= LONGEST_MESSAGE);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(message)?;
    output.flush()
}

/// Read a message; none where the input ends, also within a message, as it does when its sender dies.
pub fn read_message(input: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length).ok()?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST_MESSAGE {
        return None;
    }
    let mut message = Vec::new();
    let read = input.take(u64::from(length)).read_to_end(&mut message).ok()?;
    (read == length as usize).then_some(message)
}

/// Ends this process when one item of its work takes too much time, or its work as a whole too much memory.
#[derive(Debug, Default)]
pub struct ItemWatch {
    /// Milliseconds of CPU time that had been used when the item began; none is worked on where it is zero.
    begun: AtomicU64,
}

impl ItemWatch {
    /// Watch, in a thread of its own, for as long as the process lives.
    pub fn start() -> io::Result<&'static Self> {
        let watch: &'static Self = Box::leak(Box::default());
        thread::Builder::new().name("watch".to_owned()).spawn(|| watch.run())?;
        Ok(watch)
    }

    /// An item begins.
    pub fn begin(&self) {
        self.begun.store(cpu_milliseconds().max(1), Ordering::Relaxed);
    }

    /// The item has ended.
    pub fn end(&self) {
        self.begun.store(0, Ordering::Relaxed);
    }

    fn run(&self) {
        loop {
            thread::park_timeout(LOOK);
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == 0 {
                continue;
            }
            if cpu_milliseconds().saturating_sub(begun) > MOST_SECONDS * 1000 {
                end_process(OUT_OF_TIME);
            }
            if resident_bytes().is_some_and(|bytes| bytes > MOST_BYTES) {
                end_process(OUT_OF_MEMORY);
            }
        }
    }
}

/// End this process at once.
#[expect(clippy::exit, reason = "a worker is ended from a thread that watches it")]
pub fn end_process(code: i32) -> ! {
    std::process::exit(code)
}

/// The CPU time of this process so far.
fn cpu_milliseconds() -> u64 {
    let milliseconds = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1000 + time.tv_usec() as u64 / 1000;
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| milliseconds(usage.user_time()) + milliseconds(usage.system_time()))
}

/// The memory of this process that is not swapped out; none where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_were_sent_and_a_cut_one_is_the_end() {
        let mut bytes = Vec::new();
        for message in [&b"one"[..], b"", b"three"] {
            write_message(&mut bytes, message).unwrap();
        }
        let mut input = &bytes[..];
        let messages: Vec<Vec<u8>> = std::iter::from_fn(|| read_message(&mut input)).collect();
        assert_eq!(messages, [b"one".to_vec(), Vec::new(), b"three".to_vec()]);
        for cut in [1, 5, bytes.len() - 1] {
            let mut input = &bytes[..cut];
            assert!(std::iter::from_fn(|| read_message(&mut input)).count() < 3, "{cut}");
        }
        assert_eq!(read_message(&mut &[0xff; 100][..]), None, "no such length");
    }

    #[test]
    fn a_worker_answers_and_its_end_is_told() {
        let start = |script: &str| WorkerProcess::start(Path::new("/bin/sh"), &["-c".into(), script.into()]).unwrap();
        let mut worker = start("cat");
        worker.send(b"hello").unwrap();
        let mut output = worker.take_output().unwrap();
        assert_eq!(read_message(&mut output).as_deref(), Some(&b"hello"[..]));
        drop(worker);
        assert_eq!(read_message(&mut output), None);
        let end = |script: &str| start(script).end();
        assert_eq!(end("kill -SEGV $$"), WorkerEnd::Signal(11));
        assert_eq!(end("exit 71"), WorkerEnd::OutOfTime);
        assert_eq!(end("exit 72"), WorkerEnd::OutOfMemory);
        assert_eq!(end("exit 3"), WorkerEnd::Code(3));
        assert_eq!(WorkerEnd::Signal(6).to_string(), "it was killed by signal 6");
    }

    #[test]
    fn time_and_memory_of_this_process_are_known() {
        assert!(cpu_milliseconds() < 3_600_000);
        assert!(resident_bytes().is_none_or(|bytes| bytes > 1_000_000));
    }
}
