//! `analytics.diagnostics`: what type checkers and linters find.

use crate::dataset::{Dataset, Facts, From, Maker};

stored_table! {
    /// One row for each finding of a tool's report on a file.
    diagnostics {
        report_id: Int,
        code: Null<Text>,
        severity: Text,
        message: Text,
        start_line: Int,
        start_col: Int,
        end_line: Int,
        end_col: Int,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "analytics.diagnostics",
    version: 1,
    tables: &[&diagnostics::TABLE],
    uses: &[],
    maker: Maker::Report,
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.diagnostics",
    doc: "One row for each finding of a type checker or linter that `tools.enabled` or `--tools` names: `pyright`, `pyrefly`, `ruff`.\n\n\
          The tools run in the repository with the configuration that they find there, as from a shell in which the environment of `python` \
          is active; of what they find, only what lies in a scanned file is kept. `ruff` is run on files that changed, `pyright` and `pyrefly` on \
          the project, whenever a source, a configuration file, an installed package or the tool itself has changed. No tool writes into the repository.\n\n\
          A tool that cannot be found, fails or does not end in time has no rows here, a row in `core.problems`, and is tried again in the next run. \
          The findings of a tool that a run does not ask for are not shown.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        tool Varchar ! "`pyright`, `pyrefly` or `ruff`." = "r.tool";
        tool_version Varchar ! "Its version." = "r.tool_version";
        rel_path Varchar ! "Path from the repository's root.";
        code Varchar ? "The tool's name for the rule; NULL where it has none, as for pyright's syntax errors.";
        severity Varchar ! "`error`, `warning` or `info`, as the tool and its configuration have it.";
        message Varchar ! "What the tool says.";
        start_line Integer ! "First line, from 1.";
        start_col Integer ! "Column of the first character, from 0, in UTF-8 bytes, as in `core.ast_nodes`; tools count otherwise.";
        end_line Integer ! "Last line, from 1.";
        end_col Integer ! "Column behind the last character, likewise.";
    },
    from: From::Facts(&diagnostics::TABLE),
    reads: &[&FACTS],
    also: &[],
};
