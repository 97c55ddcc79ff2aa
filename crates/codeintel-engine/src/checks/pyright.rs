//! pyright: checks the project.

use codeintel_base::{Column, FindingSeverity, Position};
use codeintel_system::ConfigurationFiles;
use serde::Deserialize;

use super::checker::{CheckRequest, Checked, RawFinding, Reach};
use super::command::{Call, Rules, Tool, parse};
use crate::producers::ProducerError;

pub(super) static PYRIGHT: Tool = Tool {
    name: "pyright",
    reach: Reach::Project,
    installation: "install it with `pip install pyright`",
    configuration: ConfigurationFiles {
        // A folder with `pyvenv.cfg` is left out.
        names: &["pyrightconfig.json", "pyproject.toml", "pyvenv.cfg"],
        of_user: &[],
    },
    check,
};

pub(super) static RULES: Rules = Rules {
    files: &["pyrightconfig.json"],
    files_first: true,
    table: "pyright",
    include: "include",
    exclude: &["exclude", "ignore"],
    always_excluded: &["**/node_modules", "**/__pycache__", "**/.*"],
    otherwise: None,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    general_diagnostics: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    file: String,
    severity: Severity,
    message: String,
    // What concerns a file as a whole has none.
    #[serde(default)]
    range: Range,
    rule: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
    #[serde(other)]
    Information,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct Range {
    start: Place,
    end: Place,
}

/// Line and column from 0; the column counts UTF-16 code units, a byte order mark among them.
#[derive(Deserialize, Clone, Copy, Default)]
struct Place {
    line: u32,
    character: u32,
}

impl Place {
    fn position(self) -> Position {
        Position { line: self.line + 1, column: self.character }
    }
}

fn check(call: &Call<'_>, request: &CheckRequest<'_>) -> Result<Checked, ProducerError> {
    let output = call.run(&["--outputjson"], &[0, 1])?;
    let output: Output = parse(output)?;
    let findings = output.general_diagnostics.into_iter().filter_map(|diagnostic| {
        let file = request.position(call.inside(&diagnostic.file)?)?;
        let finding = RawFinding {
            start: diagnostic.range.start.position(),
            end: diagnostic.range.end.position(),
            code: diagnostic.rule,
            severity: match diagnostic.severity {
                Severity::Error => FindingSeverity::Error,
                Severity::Warning => FindingSeverity::Warning,
                Severity::Information => FindingSeverity::Info,
            },
            message: diagnostic.message,
        };
        Some((file, finding))
    });
    let findings = findings.collect();
    Ok(Checked { left_out: call.left_out(request, &RULES), findings, columns: Column::Utf16, counts_mark: true })
}
