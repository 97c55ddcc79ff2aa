//! `codeintel config`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_settings::schema;
use serde_json::{Map, Value, json};

use super::Context;
use crate::args::{ConfigArgs, Overrides, SummaryFormat};
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(args: &ConfigArgs) -> Result<ExitCode, CommandError> {
    let mut out = output::stdout();
    if let Some(schema) = args.schema.as_deref().and_then(schema) {
        writeln!(out, "{schema:#}")?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let context = Context::without_database(&args.path, &Overrides::default())?;
    match args.format {
        SummaryFormat::Json => {
            let rows = context.settings.all().map(|(setting, value, source)| {
                let (source, default) = (source.to_string(), setting.default());
                (
                    setting.key.to_owned(),
                    json!({"value": value, "source": source, "default": default, "doc": setting.doc}),
                )
            });
            writeln!(out, "{:#}", Value::Object(rows.collect::<Map<_, _>>()))?;
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
