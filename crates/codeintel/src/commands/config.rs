//! `codeintel config`

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::Context;
use crate::args::{ConfigArgs, DatabaseArgs, SummaryFormat};
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(args: &ConfigArgs) -> Result<ExitCode, CommandError> {
    let context = Context::without_database(&args.path, &DatabaseArgs::default())?;
    let mut out = output::stdout();
    match args.format {
        SummaryFormat::Json => {
            let all: serde_json::Map<_, _> = context
                .settings
                .all()
                .map(|(setting, value, source)| {
                    let entry =
                        json!({"value": value, "source": source.to_string(), "default": setting.default, "doc": setting.doc});
                    (setting.key.to_owned(), entry)
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        }
        SummaryFormat::Table => {
            let mut table = output::table(["setting", "value", "source"]);
            for (setting, value, source) in context.settings.all() {
                table.add_row([setting.key, &value.to_string(), &source.to_string()]);
            }
            writeln!(out, "{table}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
