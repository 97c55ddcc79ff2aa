//! The program: arguments, settings, commands and printers. What it prints on stdout is an answer, on stderr a note.

mod args;
mod commands;
mod errors;
mod output;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::errors::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    match commands::run(&args) {
        Ok(code) => code,
        Err(error) => errors::report(&Failure::from(error)),
    }
}
