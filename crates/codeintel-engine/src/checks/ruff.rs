//! ruff: findings depend on the file, on the configuration, and on the paths of all files: `I001` tells modules of the repository from installed
//! ones, `INP001` packages from other folders.

use std::collections::BTreeSet;

use codeintel_base::{Column, FindingSeverity, Position};
use codeintel_system::ConfigurationFiles;
use serde::Deserialize;

use super::checker::{CheckRequest, Checked, RawFinding, Reach};
use super::command::{Call, Tool, parse};
use crate::producers::ProducerError;

pub(super) static RUFF: Tool = Tool {
    name: "ruff",
    reach: Reach::File,
    installation: "install it with `pip install ruff`",
    configuration: ConfigurationFiles {
        names: &["ruff.toml", ".ruff.toml", "pyproject.toml"],
        of_user: &["ruff/ruff.toml", "ruff/.ruff.toml", "ruff/pyproject.toml"],
    },
    check,
};

/// Arguments of one call have at most so many bytes.
const MAX_ARGUMENTS: usize = 64 << 10;

#[derive(Deserialize)]
struct Diagnostic {
    filename: String,
    code: Option<String>,
    message: String,
    #[serde(default)]
    severity: Severity,
    location: Location,
    end_location: Location,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Severity {
    // Earlier versions know no other.
    #[default]
    Error,
    Warning,
    Info,
}

/// Line and column from 1; the column counts code points.
#[derive(Deserialize, Clone, Copy)]
struct Location {
    row: u32,
    column: u32,
}

impl Location {
    fn position(self) -> Position {
        Position { line: self.row, column: self.column.saturating_sub(1) }
    }
}

fn check(call: &Call<'_>, request: &CheckRequest<'_>) -> Result<Checked, ProducerError> {
    let mut checked = Checked { columns: Column::Utf32, ..Checked::default() };
    let shown = call.run(&["check", "--show-files", "--no-cache", "."], &[0])?;
    let shown = String::from_utf8_lossy(&shown.stdout);
    let shown: BTreeSet<&str> = shown.lines().filter_map(|line| call.inside(line)).collect();
    let (asked, left_out) = request
        .pending
        .iter()
        .partition(|file| request.is_source(**file) && shown.contains(request.files[**file].path.as_str()));
    checked.left_out = left_out;
    let asked: Vec<usize> = asked;
    let mut rest = &asked[..];
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|file| {
            bytes += request.files[**file].path.as_str().len() + 3;
            bytes <= MAX_ARGUMENTS
        });
        let (now, later) = rest.split_at(fits.count().max(1));
        rest = later;
        let mut args: Vec<String> =
            ["check", "--output-format=json", "--no-cache", "--no-fix", "--no-fix-only", "--force-exclude", "--"]
                .map(str::to_owned)
                .to_vec();
        args.extend(now.iter().map(|file| request.files[*file].path.to_string()));
        let output = call.run(&args, &[0, 1])?;
        let found: Vec<Diagnostic> = parse(output)?;
        checked.findings.extend(found.into_iter().filter_map(|diagnostic| {
            let file = request.position(call.inside(&diagnostic.filename)?)?;
            let severity = match diagnostic.severity {
                Severity::Error => FindingSeverity::Error,
                Severity::Warning => FindingSeverity::Warning,
                Severity::Info => FindingSeverity::Info,
            };
            let finding = RawFinding {
                start: diagnostic.location.position(),
                end: diagnostic.end_location.position(),
                code: diagnostic.code,
                severity,
                message: diagnostic.message,
            };
            Some((file, finding))
        }));
    }
    Ok(checked)
}
