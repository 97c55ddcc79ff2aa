//! pyrefly: checks the project.

use std::ffi::OsString;

use codeintel_base::{Column, FindingSeverity, Position};
use codeintel_system::ConfigurationFiles;
use serde::Deserialize;

use super::checker::{CheckRequest, Checked, RawFinding, Reach};
use super::command::{Call, Rules, Tool, parse};
use crate::producers::ProducerError;

pub(super) static PYREFLY: Tool = Tool {
    name: "pyrefly",
    reach: Reach::Project,
    installation: "install it with `pip install pyrefly`",
    configuration: ConfigurationFiles {
        // Without one of its own it takes over what mypy and pyright are told.
        names: &["pyrefly.toml", ".pyrefly.toml", "pyproject.toml", "mypy.ini", "pyrightconfig.json"],
        of_user: &[],
    },
    check,
};

static RULES: Rules = Rules {
    files: &["pyrefly.toml", ".pyrefly.toml"],
    files_first: false,
    table: "pyrefly",
    include: "project-includes",
    exclude: &["project-excludes"],
    always_excluded: &["**/node_modules", "**/__pycache__", "**/venv/**", "**/.*"],
    otherwise: Some(&super::pyright::RULES),
};

#[derive(Deserialize)]
struct Output {
    errors: Vec<Error>,
}

/// Lines and columns are from 1; columns count code points.
#[derive(Deserialize)]
struct Error {
    line: u32,
    column: u32,
    stop_line: u32,
    stop_column: u32,
    path: String,
    name: Option<String>,
    description: String,
    #[serde(default)]
    severity: Severity,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Severity {
    #[default]
    Error,
    Warn,
    #[serde(other)]
    Info,
}

fn check(call: &Call<'_>, request: &CheckRequest<'_>) -> Result<Checked, ProducerError> {
    let mut args: Vec<OsString> = ["check", "--output-format=json", "--color=never"].map(OsString::from).to_vec();
    // By itself it runs the interpreter that its configuration names, or the one in `.venv`.
    if !call.is_trusted() {
        match call.interpreter() {
            Some(python) => args.extend(["--python-interpreter-path".into(), python.as_os_str().to_owned()]),
            None => args.push("--skip-interpreter-query".into()),
        }
    }
    let output = call.run(&args, &[0, 1])?;
    let output: Output = parse(output)?;
    let findings = output.errors.into_iter().filter_map(|error| {
        let file = request.position(call.inside(&error.path)?)?;
        let finding = RawFinding {
            start: Position { line: error.line, column: error.column.saturating_sub(1) },
            end: Position { line: error.stop_line, column: error.stop_column.saturating_sub(1) },
            code: error.name,
            severity: match error.severity {
                Severity::Error => FindingSeverity::Error,
                Severity::Warn => FindingSeverity::Warning,
                Severity::Info => FindingSeverity::Info,
            },
            message: error.description,
        };
        Some((file, finding))
    });
    let findings = findings.collect();
    Ok(Checked { left_out: call.left_out(request, &RULES), findings, columns: Column::Utf32, counts_mark: false })
}
