//! `codeintel config`

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::Context;
use crate::args::{ConfigArgs, DatabaseArgs, SummaryFormat};
use crate::output;

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let context = Context::open(&args.path, &DatabaseArgs::default())?;
    let mut out = output::stdout();
    match args.format {
        SummaryFormat::Json => {
            let all: serde_json::Map<_, _> = context
                .settings
                .all()
                .map(|(key, value, source)| (key.to_owned(), json!({"value": value, "source": source})))
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        }
        SummaryFormat::Table => {
            let mut table = output::table(["setting", "value", "source"]);
            for (key, value, source) in context.settings.all() {
                table.add_row([key, &value.to_string(), source]);
            }
            writeln!(out, "{table}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
