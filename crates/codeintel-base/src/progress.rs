//! How a long run tells how far it is: the library never prints.

/// Receives progress from any thread. Calls are cheap and may come often.
pub trait Progress: Sync {
    /// A phase begins, with the number of steps it will take.
    fn begin(&self, phase: &'static str, steps: usize);

    /// One more step of the phase is done.
    fn step(&self);

    /// There will be no other phase: what is shown of them may go.
    fn end(&self) {}
}

/// Ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: &'static str, _: usize) {}

    fn step(&self) {}
}
