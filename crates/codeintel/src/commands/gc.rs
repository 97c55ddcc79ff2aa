//! `codeintel gc`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_base::count;
use codeintel_store::{Access, Database};

use super::Context;
use crate::args::GcArgs;
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(args: &GcArgs) -> Result<ExitCode, CommandError> {
    let context = Context::open(&args.place.path, &args.place.overrides)?;
    let path = context.settings.database();
    let opened = Database::open(&path, Access::WriteExisting, context.settings.patience());
    let (database, _) = opened.map_err(|error| context.blame(error))?;
    let voucher = context.begin_database()?;
    let collected = database.collect_garbage()?;
    context.settle_database(voucher.as_ref());
    let mut out = output::stdout();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    writeln!(
        out,
        "removed the facts of {}; {:.1} MB before, {:.1} MB after",
        count(collected.contents, "file content"),
        megabytes(collected.bytes_before),
        megabytes(collected.bytes_after),
    )?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
