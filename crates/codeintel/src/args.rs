//! What was typed. What it means is in [`crate::assembly`].

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::setting_flags::SettingFlags;

/// Keep one DuckDB file that tells the truth about a Python repository.
#[derive(Debug, Parser)]
#[command(name = "codeintel", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring the database up to date with a repository.
    ///
    /// Incremental by itself: only contents that are not in the database yet are parsed.
    Ingest(IngestArgs),
    /// Keep the database up to date until interrupted: refresh it whenever a file changes.
    ///
    /// What was resolved stays in memory, so that a refresh costs less than `ingest` does. The database is open only while it is
    /// written to; queries are answered in between.
    Watch(RunArgs),
    /// Show what `ingest` would do, and why, without doing it.
    Status(StatusArgs),
    /// Show what is known of one file, dataset by dataset.
    Explain(ExplainArgs),
    /// Import or export SCIP indexes.
    #[command(subcommand)]
    Scip(ScipCommand),
    /// Run a query; the database cannot be changed by it.
    Query(QueryArgs),
    /// List the tables and columns with their meaning.
    Datasets(DatasetsArgs),
    /// Build the current snapshot from nothing and compare every table with the database.
    ///
    /// Exit code 1 and the differing rows if there are any.
    Verify(VerifyArgs),
    /// Remove facts that no kept snapshot needs, and shrink the file.
    Gc(GcArgs),
    /// Show every setting with its value and where it came from.
    Config(ConfigArgs),
    /// Resolve names for another codeintel.
    #[command(hide = true)]
    Worker,
    /// Trust a repository: let its settings name programs and places outside of it, and run tools that lie in it.
    ///
    /// Trusts the folder with the settings that it has now, which are printed; if one of them changes, nothing of it counts until
    /// it is trusted again. It means what running the repository's own Makefile would mean.
    Trust(TrustArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where the repository and its database are.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Place {
    /// Root of the repository.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// Settings and trust for this call alone.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Overrides {
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Trust the repository for this run, as `codeintel trust` does for good. `CODEINTEL_TRUST=1` does the same.
    #[arg(long)]
    pub(crate) trust: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScipCommand {
    /// Take the documents of an index that another program has made.
    ///
    /// They take the place of those that are there, until `scip.backend` makes others.
    Import(ImportArgs),
    /// Write the documents as `index.scip` and `index.scip.json`.
    Export(ExportArgs),
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ImportArgs {
    /// The index, in SCIP's binary form.
    pub(crate) index: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Folder that receives the two files.
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Only the documents of these files, from the repository's root.
    #[arg(long, value_delimiter = ',', value_name = "A.PY,B.PY")]
    pub(crate) documents: Option<Vec<PathBuf>>,
}

/// How much is said.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Verbosity {
    /// Say nothing but answers and errors.
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more; twice for even more.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What a run shall do, once or whenever something changes.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Format of the summary.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    pub(crate) format: SummaryFormat,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Extract everything again; rebuild a database that cannot be read.
    #[arg(long)]
    pub(crate) full: bool,
    /// Hash every file, whatever its modification time says.
    #[arg(long)]
    pub(crate) rehash: bool,
    /// Look at these paths only; relative ones start at the repository's root.
    ///
    /// All paths that follow belong to this option: name the repository before it, as in
    /// `codeintel ingest ROOT --changed PATH...`. If a file that others depend on turns out to have changed without being
    /// named, everything is looked at.
    #[arg(long, num_args = 1.., value_name = "PATH", conflicts_with_all = ["full", "rehash"])]
    pub(crate) changed: Option<Vec<PathBuf>>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Format of the answer.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    pub(crate) format: SummaryFormat,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// The file, from the repository's root.
    pub(crate) file: PathBuf,
    /// Root of the repository.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) root: PathBuf,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct QueryArgs {
    /// The query in DuckDB's SQL; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true)]
    pub(crate) sql: String,
    /// Root of the repository.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) root: PathBuf,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Format of the rows.
    #[arg(long, value_enum, default_value_t = RowFormat::Table)]
    pub(crate) format: RowFormat,
    /// Print at most so many rows.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Give a parameter of the query a value: `$NAME` is VALUE, a text that is converted as needed. Can be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) param: Vec<(String, String)>,
    /// Write the rows to a file, which is replaced once all are written.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` between name and value")?;
    let name = name.strip_prefix('$').unwrap_or(name);
    if name.is_empty() { Err("the name is empty".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DatasetsArgs {
    /// Only this table.
    pub(crate) name: Option<String>,
    /// Format of the list.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    pub(crate) format: SummaryFormat,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct GcArgs {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct TrustArgs {
    /// Root of the repository.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Trust it no longer.
    #[arg(long)]
    pub(crate) revoke: bool,
    /// Show the repositories that are trusted.
    #[arg(long, conflicts_with = "revoke")]
    pub(crate) list: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ConfigArgs {
    /// Root of the repository.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Print the JSON schema of a file of settings, for editors.
    #[arg(long, value_name = "FILE", value_parser = ["codeintel.toml", "pyproject.toml"])]
    pub(crate) schema: Option<String>,
    /// Format of the list.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    pub(crate) format: SummaryFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// Aligned columns.
    Table,
    /// One list of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
}
