//! What was typed. What it means is in [`crate::assembly`].

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::setting_flags::SettingFlags;

/// Keep one DuckDB database in step with a Python repository.
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
    /// Always incremental: only file contents that are not in the database yet are parsed.
    Ingest(IngestArgs),
    /// Keep the database up to date until interrupted: refresh it whenever a file changes.
    ///
    /// Resolved names stay in memory, so a refresh costs less than `ingest`. The database is open only while it is being
    /// written; queries work in between.
    Watch(RunArgs),
    /// Show what `ingest` would do, and why, without doing it.
    Status(StatusArgs),
    /// Show what the database has about one file, dataset by dataset.
    Explain(ExplainArgs),
    /// Import or export SCIP indexes.
    #[command(subcommand)]
    Scip(ScipCommand),
    /// Run a read-only SQL query.
    Query(QueryArgs),
    /// List tables and columns with their descriptions.
    Datasets(DatasetsArgs),
    /// Build the current snapshot from scratch and compare every table with the database.
    ///
    /// If there are differences, they are printed and the exit code is 1.
    Verify(VerifyArgs),
    /// Remove facts that no kept snapshot needs, and shrink the file.
    Gc(GcArgs),
    /// Show every setting with its value and its source.
    Config(ConfigArgs),
    /// Resolve names for another codeintel.
    #[command(hide = true)]
    Worker,
    /// Trust a repository: let its settings name programs and paths outside it, and run tools found in it.
    ///
    /// Trusts the folder with its current settings, which are printed. If one of them changes, all of them are ignored until the
    /// folder is trusted again. Trust a repository only if you would also run its Makefile.
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
    /// Trust the repository for this run only, as `CODEINTEL_TRUST=1` does; see `codeintel trust`.
    #[arg(long)]
    pub(crate) trust: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScipCommand {
    /// Import the documents of an index that another program has built.
    ///
    /// They replace the documents in the database until `scip.backend` builds new ones.
    Import(ImportArgs),
    /// Write the documents as `index.scip` and `index.scip.json`.
    Export(ExportArgs),
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ImportArgs {
    /// SCIP index in the binary format.
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
    /// Folder to write the two files to.
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Export only the documents of these files, relative to the repository's root.
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
    /// Extract everything again, and replace a database that cannot be read.
    #[arg(long)]
    pub(crate) full: bool,
    /// Hash every file, regardless of modification times.
    #[arg(long)]
    pub(crate) rehash: bool,
    /// Scan only these paths; relative paths start at the repository's root.
    ///
    /// All following paths belong to this option, so put the repository before it:
    /// `codeintel ingest ROOT --changed PATH...`. If a file that others depend on has changed without being named, the whole
    /// repository is scanned.
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
    /// File, relative to the repository's root.
    pub(crate) file: PathBuf,
    /// Root of the repository.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) root: PathBuf,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct QueryArgs {
    /// Query in DuckDB's SQL; `-` reads it from standard input.
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
    /// Print at most N rows.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Set the query parameter `$NAME` to VALUE, a text that is converted as needed. Can be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) param: Vec<(String, String)>,
    /// Write the rows to a file, which is replaced once all rows are written.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let name = name.strip_prefix('$').unwrap_or(name);
    if name.is_empty() { Err("the name is empty".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DatasetsArgs {
    /// Show only this table.
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
    /// Stop trusting the repository.
    #[arg(long)]
    pub(crate) revoke: bool,
    /// List the trusted repositories.
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
    /// One object per line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
}
