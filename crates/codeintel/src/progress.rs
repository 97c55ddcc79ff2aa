//! A progress bar on standard error, for what takes longer than a blink.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use codeintel_base::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter runs show nothing.
const DELAY: Duration = Duration::from_millis(250);

/// Draws a bar once a run takes longer than [`DELAY`], and only where standard error is a terminal.
pub(crate) struct Bar {
    inner: ProgressBar,
    started: Instant,
    style: ProgressStyle,
    is_shown: Mutex<bool>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let style = ProgressStyle::with_template("{msg:>8} {wide_bar} {pos}/{len} {eta}");
        Self {
            inner: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            started: Instant::now(),
            style: style.unwrap_or_else(|_| ProgressStyle::default_bar()),
            is_shown: Mutex::new(false),
        }
    }

    fn show_when_due(&self) {
        let mut is_shown = self.is_shown.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_shown && self.started.elapsed() > DELAY {
            *is_shown = true;
            self.inner.set_draw_target(ProgressDrawTarget::stderr());
            self.inner.set_style(self.style.clone());
        }
    }
}

impl Progress for Bar {
    fn begin(&self, phase: &'static str, steps: usize) {
        self.inner.set_message(phase);
        self.inner.set_length(steps as u64);
        self.inner.set_position(0);
        self.show_when_due();
    }

    fn step(&self) {
        self.inner.inc(1);
        self.show_when_due();
    }

    fn end(&self) {
        self.inner.finish_and_clear();
    }
}
