//! `codeintel datasets`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_datasets::{DATASETS, Dataset, Key};
use serde_json::json;

use crate::args::{DatasetsArgs, SummaryFormat};
use crate::assembly::dataset;
use crate::errors::CommandError;
use crate::output;

pub(super) fn run(args: &DatasetsArgs) -> Result<ExitCode, CommandError> {
    let datasets: Vec<&Dataset> = match &args.name {
        Some(name) => vec![dataset(name)?],
        None => DATASETS.to_vec(),
    };
    let mut out = output::stdout();
    match args.format {
        SummaryFormat::Json => {
            let list: Vec<_> = datasets.iter().map(|dataset| as_json(dataset)).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
        SummaryFormat::Table => {
            for dataset in datasets {
                writeln!(out, "{}\n  {}\n", dataset.name, dataset.doc.lines().next().unwrap_or_default())?;
                let mut table = output::table(["  column", "type", "meaning"]);
                for column in dataset.columns {
                    let null = if column.nullable { "?" } else { "" };
                    table.add_row([
                        format!("  {}{null}", column.name),
                        column.ty.sql().to_owned(),
                        column.doc.to_owned(),
                    ]);
                }
                writeln!(out, "{table}\n")?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(dataset: &Dataset) -> serde_json::Value {
    let columns: Vec<_> = dataset
        .columns
        .iter()
        .map(|column| json!({"name": column.name, "type": column.ty.sql(), "nullable": column.nullable, "doc": column.doc}))
        .collect();
    let version = dataset.own_facts().filter(|facts| facts.key() == Key::Content).map(|facts| facts.version);
    json!({"name": dataset.name, "doc": dataset.doc, "example": dataset.example().sql, "version": version, "columns": columns})
}
