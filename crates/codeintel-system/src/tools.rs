//! Other programs: found, asked for their version, run within a time, and stopped together with all that they started.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use codeintel_base::ContentHash;
use nix::sys::resource::{UsageWho, getrusage};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::regular::{MAX_CONFIGURATION_BYTES, open_regular, read_regular, text_or_nothing};
use crate::scan::Stat;

/// The groups of the programs that run now.
static RUNNING: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Larger files are told apart by their times.
const MAX_HASHED: u64 = 16 << 20;

/// Of what a program that ends soon complains of, the first of it will do.
const MAX_COMPLAINT: usize = 64 << 10;

/// After the end of a program its outputs are waited for no longer than this, should somebody else have them open.
const GRACE: Duration = Duration::from_secs(3);

/// Runs other programs.
#[derive(Debug, Clone, Default)]
pub struct ToolRunner {
    /// The folders in which programs are looked for.
    search_path: Vec<PathBuf>,
}

/// A program with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where it is.
    pub program: PathBuf,
    /// What it says of its version; empty where it says nothing.
    pub version: String,
}

/// One run of a program.
#[derive(Debug, Clone)]
pub struct ToolCall {
    /// Where the program is.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Variables that are set for it, besides those that it inherits.
    pub env: Vec<(OsString, OsString)>,
    /// Variables that it does not inherit.
    pub without: &'static [&'static str],
    /// It is stopped after this time.
    pub timeout: Duration,
    /// At most so many bytes of each of its two outputs are kept: the first of standard output, the last of standard
    /// error.
    pub max_output: usize,
}

/// What a program that ended by itself left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// Whether it wrote more than was kept.
    pub is_cut: bool,
    /// The last of what it wrote to standard error.
    pub stderr: String,
}

/// Why a program did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It cannot be started.
    #[error("`{}` cannot be started: {source}", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It took too long and was stopped.
    #[error("`{}` was stopped: it took longer than {seconds} s", program.display())]
    TimedOut {
        /// The program.
        program: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
}

impl ToolOutput {
    /// Why a run was a failure: how the program ended, and the last of what it complained of.
    pub fn failure(&self) -> String {
        let ended =
            self.code.map_or("it was killed by a signal".to_owned(), |code| format!("it exited with code {code}"));
        let said = self.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
        said.map_or(ended.clone(), |said| format!("{ended}: {}", said.chars().take(300).collect::<String>()))
    }
}

impl ToolRunner {
    /// Look for programs in the folders that a variable such as `PATH` lists. Relative ones, and an empty one, which stands for the
    /// working directory, are left out: they would lead into whatever repository is looked at.
    pub fn new(path: Option<&OsStr>) -> Self {
        Self { search_path: path.iter().flat_map(|path| absolute_folders(path)).collect() }
    }

    /// Find a program: by its path if the name has a slash, else first in some folders and then in the search path.
    pub fn find(&self, name: &str, first: &[PathBuf]) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(PathBuf::from(name)).filter(|path| is_executable(path));
        }
        let folders = first.iter().chain(&self.search_path);
        folders.map(|folder| folder.join(name)).find(|path| is_executable(path))
    }

    /// The folders in which programs are looked for, as a variable such as `PATH` lists them, with another one before them.
    pub fn search_path_behind(&self, first: &Path) -> OsString {
        let folders = std::iter::once(first).chain(self.search_path.iter().map(PathBuf::as_path));
        // A folder with a colon in its name cannot be listed; nothing can be found there then.
        std::env::join_paths(folders).unwrap_or_default()
    }

    /// What tells a program from another one in its place: where it really is, its size, when it was written, and the version of the
    /// package of its name that it came with. None for a script that came with none, since it may start anything.
    pub fn stamp(program: &Path) -> Option<String> {
        let real = program.canonicalize().ok()?;
        let stat = Stat::of(&fs::metadata(&real).ok()?);
        let mut start = [0; 2];
        let is_script =
            open_regular(&real).is_ok_and(|(mut file, _)| file.read_exact(&mut start).is_ok()) && start == *b"#!";
        let package = npm_version(program).or_else(|| python_package(&real));
        if is_script && package.is_none() {
            return None;
        }
        let package = package.unwrap_or_default();
        Some(format!("{} {} {} {package}", real.display(), stat.size, stat.mtime_ns))
    }

    /// What tells a file from another one in its place: its hash, or for a large one its size and when it was written. None where there
    /// is no file.
    pub fn content_stamp(file: &Path) -> Option<String> {
        let metadata = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
        let hash = || Some(ContentHash::of(&read_regular(file, MAX_HASHED).ok()?.0).to_string());
        let stat = Stat::of(&metadata);
        let times = || format!("{} {}", stat.size, stat.mtime_ns);
        Some(if stat.size <= MAX_HASHED { hash().unwrap_or_else(times) } else { times() })
    }

    /// The version of a program: as the npm package that it belongs to says, which costs no start, else the last word of what it
    /// prints for `--version`.
    pub fn version(&self, program: &Path) -> String {
        npm_version(program).or_else(|| self.printed_version(program)).unwrap_or_default()
    }

    fn printed_version(&self, program: &Path) -> Option<String> {
        let call = ToolCall {
            program: program.to_owned(),
            args: vec!["--version".into()],
            folder: std::env::temp_dir(),
            env: Vec::new(),
            without: &[],
            timeout: Duration::from_secs(30),
            max_output: 4096,
        };
        let output = self.run(&call).ok().filter(|output| output.code == Some(0))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().next().and_then(|line| line.split_whitespace().next_back()).map(str::to_owned)
    }

    /// Run a program to its end, whatever its exit code. When it ends or its time is over, everything that it has started in its process
    /// group ends, too; what has left the group goes on, and is not waited for.
    pub fn run(&self, call: &ToolCall) -> Result<ToolOutput, ToolError> {
        let mut command = Command::new(&call.program);
        command.args(&call.args).current_dir(&call.folder);
        if !self.search_path.is_empty() {
            // It looks for programs of its own where we do.
            command.env("PATH", std::env::join_paths(&self.search_path).unwrap_or_default());
        }
        command.envs(call.env.iter().map(|(key, value)| (key, value)));
        for name in call.without {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let not_started = |source| ToolError::NotStarted { program: call.program.clone(), source };
        let mut group = Group::start(&mut command).map_err(not_started)?;
        let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
        let max_output = call.max_output;
        let first = Reader::start(stdout, Kept::first(max_output));
        let last = Reader::start(stderr, Kept::last(max_output));
        let status = group.wait(call.timeout).map_err(not_started)?;
        // The pipes are closed when nobody in the group has them open any more; who has left the group may keep them open.
        drop(group);
        let deadline = Instant::now() + GRACE;
        let (Kept { bytes: stdout, is_cut, .. }, Kept { bytes: stderr, .. }) =
            (first.finish(deadline), last.finish(deadline));
        let Some(status) = status else {
            return Err(ToolError::TimedOut { program: call.program.clone(), seconds: call.timeout.as_secs() });
        };
        Ok(ToolOutput { code: status.code(), stdout, is_cut, stderr: String::from_utf8_lossy(&stderr).into_owned() })
    }

    /// The CPU seconds that all programs have used that have ended so far.
    pub fn cpu_seconds() -> f64 {
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        getrusage(UsageWho::RUSAGE_CHILDREN)
            .map_or(0.0, |usage| seconds(usage.user_time()) + seconds(usage.system_time()))
    }

    /// Stop every program that runs now. For the last moment of this one.
    pub fn stop_all() {
        for group in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            stop(*group);
        }
    }
}

/// Run a program that ends soon, with all that it starts, and give what it wrote; none when its time is over.
pub(crate) fn output_of(
    command: &mut Command,
    input: Option<Vec<u8>>,
    timeout: Duration,
) -> io::Result<Option<Output>> {
    let deadline = Instant::now() + timeout;
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut group = Group::start(command)?;
    if let (Some(mut pipe), Some(input)) = (group.child.stdin.take(), input) {
        // Who does not read all of it, has an answer without.
        thread::spawn(move || pipe.write_all(&input));
    }
    let first = Reader::start(group.child.stdout.take(), Kept::first(usize::MAX));
    let last = Reader::start(group.child.stderr.take(), Kept::first(MAX_COMPLAINT));
    let (stdout, stderr) = (first.finish(deadline).bytes, last.finish(deadline).bytes);
    let status = group.wait(deadline.saturating_duration_since(Instant::now()))?;
    Ok(status.map(|status| Output { status, stdout, stderr }))
}

/// The folders that a variable such as `PATH` lists, without those that depend on the working directory.
pub(crate) fn absolute_folders(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path).filter(|folder| folder.is_absolute())
}

/// A program and all that it starts.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) child: Child,
}

impl Group {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        // Nothing is started between the moment in which all are stopped and the end.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        running.push(child.id() as i32);
        Ok(Self { child })
    }

    /// None when the time is over.
    fn wait(&mut self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if begun.elapsed() >= timeout {
                return Ok(None);
            }
            thread::park_timeout(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.child.id() as i32;
        stop(group);
        // It has ended or ends now; where it cannot be waited for, there is nothing to wait for.
        let _ended = self.child.wait();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|running| *running != group);
    }
}

fn stop(group: i32) {
    // A group without members is no error for us.
    let _gone = Pid::from_raw(group).map(|group| kill_process_group(group, Signal::KILL));
}

/// What is kept of an output.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    /// Whether the last bytes are kept and not the first.
    is_last: bool,
    is_cut: bool,
}

impl Kept {
    fn first(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    fn last(limit: usize) -> Self {
        Self { limit, is_last: true, ..Self::default() }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.is_cut |= bytes.len() > self.limit.saturating_sub(self.bytes.len());
        if self.is_last {
            self.bytes.extend_from_slice(bytes);
            if self.bytes.len() > 2 * self.limit {
                self.trim();
            }
        } else {
            let wanted = bytes.len().min(self.limit - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..wanted]);
        }
    }

    fn trim(&mut self) {
        self.bytes.drain(..self.bytes.len().saturating_sub(self.limit));
    }
}

/// Reads an output on a thread of its own.
struct Reader {
    /// None as soon as nobody waits for it any more.
    kept: Arc<Mutex<Option<Kept>>>,
    /// Hangs up at the end of the output.
    end: Receiver<()>,
}

impl Reader {
    fn start(pipe: Option<impl Read + Send + 'static>, kept: Kept) -> Self {
        let kept = Arc::new(Mutex::new(Some(kept)));
        let (open, end) = mpsc::channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let _open: Sender<()> = open;
            let mut buffer = [0; 16 << 10];
            let Some(mut pipe) = pipe else { return };
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                match shared.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                    Some(kept) => kept.add(&buffer[..length]),
                    None => return,
                }
            }
        });
        Self { kept, end }
    }

    /// What has come until the output ends, or until a deadline.
    fn finish(self, deadline: Instant) -> Kept {
        // Nothing is ever sent, so this ends when the other side is gone or the time is over.
        let _over = self.end.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        kept.trim();
        kept
    }
}

pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The version in the `package.json` of the npm package that a program lies in.
fn npm_version(program: &Path) -> Option<String> {
    let program = program.canonicalize().ok()?;
    let is_in_package = program.components().any(|part| part.as_os_str() == "node_modules");
    let mut packages = program.ancestors().skip(1).map(|folder| folder.join("package.json")).filter(|_| is_in_package);
    let text = packages.find_map(|package| text_or_nothing(&package, MAX_CONFIGURATION_BYTES))?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    package["version"].as_str().map(str::to_owned)
}

/// The metadata's folder of the Python package that has a program's name, in the environment that the program lies in.
fn python_package(program: &Path) -> Option<String> {
    let name = program.file_name()?.to_string_lossy().into_owned();
    let libraries = fs::read_dir(program.parent()?.parent()?.join("lib")).ok()?.flatten();
    let packages =
        libraries.filter_map(|library| fs::read_dir(library.path().join("site-packages")).ok()).flatten().flatten();
    let mut names = packages.map(|package| package.file_name().to_string_lossy().into_owned());
    names.find(|package| package.starts_with(&format!("{name}-")) && package.ends_with(".dist-info"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(script: &str, timeout: Duration) -> ToolCall {
        ToolCall {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            folder: std::env::temp_dir(),
            env: vec![("GREETING".into(), "hello".into())],
            without: &[],
            timeout,
            max_output: 10,
        }
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn outputs_are_kept_within_bounds_and_the_exit_code_is_told() {
        let runner = ToolRunner::default();
        let output = runner.run(&call("printf $GREETING; printf '0123456789abc' >&2; exit 3", LONG)).unwrap();
        let expected =
            ToolOutput { code: Some(3), stdout: b"hello".to_vec(), is_cut: false, stderr: "3456789abc".to_owned() };
        assert_eq!(output, expected);
        let output = runner.run(&call("head -c 100000 /dev/zero", LONG)).unwrap();
        assert_eq!((output.stdout.len(), output.is_cut, output.code), (10, true, Some(0)));
        assert_eq!(runner.run(&call("kill -9 $$", LONG)).unwrap().code, None);
    }

    #[test]
    fn what_hangs_is_stopped_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("marker");
        let script = format!("(sleep 2; touch '{}') & sleep 60", marker.display());
        let begun = Instant::now();
        let result = ToolRunner::default().run(&call(&script, Duration::from_millis(200)));
        assert!(matches!(result, Err(ToolError::TimedOut { .. })), "{result:?}");
        assert!(begun.elapsed() < Duration::from_secs(30));
        thread::park_timeout(Duration::from_millis(2500));
        assert!(!marker.exists(), "the child of the child goes on");
    }

    #[test]
    fn what_is_left_behind_does_not_hold_us_up() {
        let begun = Instant::now();
        assert_eq!(ToolRunner::default().run(&call("sleep 60 & exit 0", LONG)).unwrap().code, Some(0));
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn what_has_left_the_group_and_holds_an_output_does_not_hold_us_up() {
        let begun = Instant::now();
        let runner = ToolRunner::default();
        let output = runner.run(&call("echo said; setsid sleep 20 & exit 0", LONG)).unwrap();
        assert_eq!((output.code, &*output.stdout), (Some(0), &b"said\n"[..]));
        let result = runner.run(&call("(setsid sleep 20 &); sleep 20", Duration::from_millis(200)));
        assert!(matches!(result, Err(ToolError::TimedOut { .. })), "{result:?}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_file_is_told_from_another_one_by_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let stamp = |text: &str| {
            fs::write(dir.path().join("f"), text).unwrap();
            ToolRunner::content_stamp(&dir.path().join("f"))
        };
        let [one, other, again] = ["a", "b", "a"].map(stamp);
        assert!(one.is_some() && one != other && one == again);
        assert_eq!([dir.path(), &dir.path().join("g")].map(ToolRunner::content_stamp), [None, None]);
    }

    #[test]
    fn programs_are_found_by_path_or_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("node_modules/tool");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), r#"{"version": "1.2.3"}"#).unwrap();
        let program = folder.join("tool.sh");
        fs::write(&program, "#!/bin/sh\necho tool 4.5.6\n").unwrap();
        let runner = ToolRunner::new(Some("/nowhere:/bin".as_ref()));
        assert_eq!(runner.find(&program.to_string_lossy(), &[]), None, "not executable yet");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(runner.find(&program.to_string_lossy(), &[]).as_ref(), Some(&program));
        assert_eq!(runner.find("tool.sh", std::slice::from_ref(&folder)).as_ref(), Some(&program));
        assert_eq!(runner.find("sh", &[]), Some("/bin/sh".into()));
        assert_eq!(runner.find("tool.sh", &[]), None);
        assert_eq!(runner.version(&program), "1.2.3");
        let plain = dir.path().join("tool.sh");
        fs::rename(&program, &plain).unwrap();
        assert_eq!(runner.version(&plain), "4.5.6");
        assert_eq!(runner.version(Path::new("/bin/false")), "");
    }
}
