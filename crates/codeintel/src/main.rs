//! The program: arguments, settings, commands and printers. What it prints on stdout is an answer, on stderr a note.

mod args;
mod assembly;
mod commands;
mod errors;
#[cfg(test)]
mod fixtures;
mod output;
mod output_file;
mod progress;
mod rows;
mod setting_flags;

use std::process::ExitCode;

use clap::Parser as _;
use codeintel_system::ToolRunner;

use crate::args::Args;

/// Types are inferred by way of very many small allocations.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

#[expect(clippy::exit, reason = "an interrupted program ends at once; what is not committed has not happened")]
fn stop() {
    ToolRunner::stop_all();
    output_file::remove_parts();
    std::process::exit(INTERRUPTED);
}

fn main() -> ExitCode {
    let args = Args::parse();
    // Without it, programs that were started would go on by themselves.
    if let Err(error) = ctrlc::set_handler(stop) {
        return errors::report(&error.into());
    }
    match commands::run(&args) {
        Ok(code) => code,
        Err(error) => errors::report(&error),
    }
}
