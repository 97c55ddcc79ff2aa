//! `codeintel completions`

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::errors::CommandError;
use crate::output;

#[expect(clippy::unnecessary_wraps, reason = "all commands have one form")]
pub(super) fn run(shell: Shell) -> Result<ExitCode, CommandError> {
    clap_complete::generate(shell, &mut Args::command(), "codeintel", &mut output::stdout());
    Ok(ExitCode::SUCCESS)
}
