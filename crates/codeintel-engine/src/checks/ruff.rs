//! ruff: findings depend on the file, on the configuration, and on which folders are packages.

use std::collections::BTreeSet;

use codeintel_base::{Column, ContentHash, FindingSeverity, Position};
use codeintel_system::ConfigurationFiles;
use serde::Deserialize;

use super::checker::{CheckFile, CheckRequest, Checked, RawFinding, Reach};
use super::command::{Call, Tool};

pub(super) static RUFF: Tool = Tool {
    name: "ruff",
    reach: Reach::File,
    configuration: ConfigurationFiles {
        names: &["ruff.toml", ".ruff.toml", "pyproject.toml"],
        of_user: &["ruff/ruff.toml", "ruff/.ruff.toml", "ruff/pyproject.toml"],
    },
    reads_packages: false,
    layout,
    check,
};

/// Arguments of one call have at most so many bytes.
const MAX_ARGUMENTS: usize = 64 << 10;

/// What rules see of other files: the folders, which of them are packages (`INP001`), and the modules that can be imported from outside of a
/// package (`I001` tells them from installed ones). Where the configuration names source folders, any module may be one of these.
fn layout(files: &[CheckFile<'_>], configuration: &str) -> String {
    let packages: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.path.file_name().starts_with("__init__."))
        .map(|file| file.path.parent())
        .collect();
    let has_source_folders = configuration.lines().any(|line| line.trim_start().starts_with("src"));
    let seen = files.iter().filter(|file| {
        let path = file.path;
        has_source_folders || !packages.contains(path.parent()) || path.file_name().starts_with("__init__.")
    });
    let seen = seen.map(|file| file.path.as_str());
    let folders = files.iter().map(|file| file.path.parent());
    let layout: BTreeSet<&str> = seen.chain(folders).collect();
    ContentHash::of(layout.into_iter().collect::<Vec<_>>().join("\n").as_bytes()).to_string()
}

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

fn check(call: &Call<'_>, request: &CheckRequest<'_>) -> Result<Checked, String> {
    let mut checked = Checked { columns: Column::Utf32, ..Checked::default() };
    let shown = call.run(&["check", "--show-files", "--no-cache", "."], &[0])?;
    let shown = String::from_utf8_lossy(&shown.stdout);
    let shown: BTreeSet<&str> = shown.lines().filter_map(|line| call.inside(line)).collect();
    let (asked, left_out) =
        request.pending.iter().partition(|file| shown.contains(request.files[**file].path.as_str()));
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
            ["check", "--output-format=json", "--no-cache", "--no-fix", "--force-exclude", "--"]
                .map(str::to_owned)
                .to_vec();
        args.extend(now.iter().map(|file| request.files[*file].path.to_string()));
        let output = call.run(&args, &[0, 1])?;
        let found: Vec<Diagnostic> = call.parse(&output)?;
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
