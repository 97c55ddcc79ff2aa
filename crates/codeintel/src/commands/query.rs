//! `codeintel query`

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use codeintel_store::{Access, Database};

use super::Context;
use crate::args::{DatabaseArgs, QueryArgs};
use crate::output;
use crate::settings::Log;

pub(super) fn run(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    let context = Context::open(&args.root, &DatabaseArgs { db: args.db.clone(), ..DatabaseArgs::default() })?;
    let mut sql = args.sql.clone();
    if sql == "-" {
        sql.clear();
        std::io::stdin().read_to_string(&mut sql)?;
    }
    let (database, _) = Database::open(&context.settings.database(), Access::Read, context.settings.patience())?;
    let result = database.query(&sql, args.limit)?;
    let mut out = output::stdout();
    output::rows(&mut out, &result, args.format)?;
    out.flush()?;
    if result.is_cut {
        context.note(Log::Info, &format!("only the first {} rows are shown", result.rows.len()));
    }
    Ok(ExitCode::SUCCESS)
}
