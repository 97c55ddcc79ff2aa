//! Stopping a query that takes too long.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use duckdb::InterruptHandle;

/// DuckDB takes notice of an interruption between two of its steps; one step that takes longer than this is not waited for.
const GRACE: Duration = Duration::from_secs(5);

/// An interruption that comes between two calls is forgotten, so it is repeated.
const REPEAT: Duration = Duration::from_millis(20);

/// What to do if a query cannot be interrupted, such as end the process.
pub type Overdue = Arc<dyn Fn() + Send + Sync>;

/// The time that DuckDB may take for one query. What the caller does between two calls does not count.
pub(super) struct TimeLimit {
    watch: Arc<Watch>,
    thread: Option<JoinHandle<()>>,
    left: Duration,
}

#[derive(Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// When the call that is under way must have ended.
    deadline: Option<Instant>,
    is_over: bool,
    is_closed: bool,
}

impl TimeLimit {
    pub(super) fn new(limit: Duration, handle: Arc<InterruptHandle>, overdue: Option<Overdue>) -> Self {
        let watch = Arc::<Watch>::default();
        let watched = Arc::clone(&watch);
        let thread = std::thread::spawn(move || watched.run(&handle, overdue));
        Self { watch, thread: Some(thread), left: limit }
    }

    /// Make one call to DuckDB.
    pub(super) fn during<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        self.watch.lock().deadline = begun.checked_add(self.left);
        self.watch.changed.notify_all();
        let result = call();
        self.watch.lock().deadline = None;
        self.left = self.left.saturating_sub(begun.elapsed());
        result
    }

    /// Whether a call was interrupted.
    pub(super) fn is_over(&self) -> bool {
        self.watch.lock().is_over
    }
}

impl Drop for TimeLimit {
    fn drop(&mut self) {
        self.watch.lock().is_closed = true;
        self.watch.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeLimit").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, handle: &InterruptHandle, mut overdue: Option<Overdue>) {
        let mut state = self.lock();
        while !state.is_closed {
            let Some(deadline) = state.deadline else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let now = Instant::now();
            let mut wait = deadline.saturating_duration_since(now);
            if wait.is_zero() {
                state.is_over = true;
                handle.interrupt();
                if now > deadline + GRACE
                    && let Some(overdue) = overdue.take()
                {
                    overdue();
                }
                wait = REPEAT;
            }
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use duckdb::Connection;

    use super::*;

    const ENDLESS: &str = "SELECT count(*) FROM range(100000000000) a, range(1000) b";

    #[test]
    fn a_call_that_takes_too_long_is_interrupted_and_others_are_not() {
        let connection = Connection::open_in_memory().unwrap();
        let mut limit = TimeLimit::new(Duration::from_millis(200), connection.interrupt_handle(), None);
        let run = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| e.to_string());
        assert_eq!(limit.during(|| run("SELECT 1")), Ok(1));
        // Time between two calls does not count.
        std::thread::park_timeout(Duration::from_millis(300));
        assert_eq!(limit.during(|| run("SELECT 2")), Ok(2));
        assert!(!limit.is_over());
        let error = limit.during(|| run(ENDLESS)).unwrap_err();
        assert!(error.contains("Interrupted") && limit.is_over(), "{error}");
        drop(limit);
        assert_eq!(run("SELECT 3"), Ok(3));
    }
}
