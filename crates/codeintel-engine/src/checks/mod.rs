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

pub use checker::{CheckFile, CheckRequest, Checked, Checker, CheckerIdentity, KnownProgram, RawFinding, Reach};
pub(crate) use command::configures_tools;
pub use command::{CheckerOptions, CommandChecker};
#[cfg(test)]
pub(crate) use fake::{FakeChecker, FakeState};
pub(crate) use step::CheckStep;
pub use step::{CheckPlan, CheckReport};
