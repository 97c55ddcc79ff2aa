//! How much the resolver works, in steps that do not depend on the machine.
//!
//! A step is one question that a query of ty's asks of another one, whether the answer is known already or not. Types that grow without
//! end, alternatives that multiply and cycles that do not settle all ask without end, so that a bound of steps stops each of them, and
//! at the same point on every machine.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

use salsa::{Event, EventKind};

/// Counts the steps of a database that one thread works with.
#[derive(Debug)]
pub(crate) struct Effort {
    steps: AtomicU64,
    limit: AtomicU64,
}

/// What is thrown when the limit is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exhausted;

impl Default for Effort {
    fn default() -> Self {
        Self { steps: AtomicU64::new(0), limit: AtomicU64::new(u64::MAX) }
    }
}

impl Effort {
    /// Count from zero, up to a limit.
    pub(crate) fn begin(&self, limit: u64) {
        self.steps.store(0, Ordering::Relaxed);
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Count no further, and give the steps since the beginning.
    pub(crate) fn end(&self) -> u64 {
        self.limit.store(u64::MAX, Ordering::Relaxed);
        self.steps.load(Ordering::Relaxed)
    }

    /// Something happens in the database. Unwinds where the limit is reached, as salsa itself does at the same place when a query is cancelled.
    pub(crate) fn note(&self, event: &Event) {
        if matches!(event.kind, EventKind::WillCheckCancellation) {
            // One thread counts, so that no addition of another one is lost.
            let steps = self.steps.load(Ordering::Relaxed) + 1;
            self.steps.store(steps, Ordering::Relaxed);
            if steps > self.limit.load(Ordering::Relaxed) {
                // What is unwound may ask on its way out.
                self.limit.store(u64::MAX, Ordering::Relaxed);
                resume_unwind(Box::new(Exhausted));
            }
        }
    }
}
