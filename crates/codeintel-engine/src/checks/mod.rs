//! Type checkers and linters: which files have to be looked at again, who looks at them, and what becomes of the findings.

mod checker;
mod command;
mod pyrefly;
mod pyright;
mod ruff;
mod step;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use codeintel_system::ToolRunner;

pub use checker::{CheckFile, CheckRequest, Checked, Checker, CheckerIdentity, KnownProgram, RawFinding, Reach};
use command::Tool;
pub use command::{CheckerOptions, CommandChecker};
#[cfg(test)]
pub(crate) use fake::{FakeChecker, FakeState};
use pyrefly::PYREFLY;
use pyright::PYRIGHT;
use ruff::RUFF;
pub(crate) use step::CheckStep;
pub use step::{CheckPlan, CheckReport};

/// The tools that can be asked for.
const KNOWN: [&Tool; 3] = [&PYREFLY, &PYRIGHT, &RUFF];

/// Whether a file of this name may be a configuration of one of them.
pub(crate) fn configures_tools(name: &str) -> bool {
    KNOWN.iter().any(|tool| tool.configuration.names.contains(&name))
}

impl CommandChecker {
    /// The checker of one of [`TOOLS`](codeintel_base::TOOLS).
    pub fn new(name: &str, options: CheckerOptions, runner: ToolRunner) -> Option<Self> {
        let tool = KNOWN.into_iter().find(|tool| tool.name == name)?;
        Some(Self::of(tool, options, runner))
    }
}
