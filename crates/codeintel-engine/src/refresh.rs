//! A run with all that belongs to it: the database is opened or rebuilt, brought up to date, and closed; the index is kept as files; what
//! nobody needs any more is removed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codeintel_base::{Progress, count};
use codeintel_store::{Access, Database, Opened, StoreError};
use codeintel_system::{OwnFolder, System};

use crate::error::EngineError;
use crate::options::Options;
use crate::producers::Producers;
use crate::report::Report;
use crate::run::ingest;
use crate::scip::{ExportError, ExportRequest, INDEX_FILES, export_files, keep_shards};

/// What is kept up to date.
#[derive(Debug)]
pub struct Target<'a> {
    /// The file of the database.
    pub database: &'a Path,
    /// Whether a file there is known to be codeintel's, whatever is in it by now.
    pub is_own: bool,
    /// How long to wait for another process to let go of it.
    pub patience: Duration,
    /// The share of unreachable facts, from 0 to 1, above which they are removed.
    pub garbage_share: f64,
    /// The repository's root, as it stands in indexes.
    pub root: &'a Path,
    /// The folder that receives a document for each file, where the indexer keeps such.
    pub shards: OwnFolder,
    /// The folder that receives the index, where one is wanted.
    pub index: Option<OwnFolder>,
}

/// What people may want to know of a refresh besides its report.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// The database has an older schema and is rebuilt; it can be read meanwhile.
    Rebuilding {
        /// Its schema.
        schema: u32,
    },
    /// The database is damaged and was renamed; another one is built.
    MovedAside {
        /// The damage.
        damage: StoreError,
        /// Where it is now.
        path: PathBuf,
    },
    /// The repository is new in a database that holds others.
    NewBesides {
        /// The new one.
        repo: String,
        /// The others.
        others: Vec<String>,
    },
    /// The documents could not be written as files.
    NoShards(ExportError),
    /// Facts were removed that no snapshot needs.
    Collected {
        /// The number of their contents.
        contents: usize,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rebuilding { schema } => write!(
                f,
                "rebuilding for version {}: the database has the older schema {schema}; it can be read until the rebuild is finished",
                env!("CARGO_PKG_VERSION")
            ),
            Self::MovedAside { damage, path } => write!(f, "{damage}; moved aside to {}", path.display()),
            Self::NewBesides { repo, others } => {
                write!(f, "the database also contains {}; `{repo}` is new in it", others.join(", "))
            }
            Self::NoShards(error) => write!(f, "the document files cannot be written: {error}"),
            Self::Collected { contents } => {
                write!(f, "removed the facts of {} that no snapshot needs", count(*contents, "file content"))
            }
        }
    }
}

/// Bring a database up to date, and what is written from it. Notices come while nothing is shown of the progress.
pub fn refresh(
    system: &dyn System,
    target: &Target<'_>,
    options: &Options,
    producers: &mut Producers<'_>,
    progress: &dyn Progress,
    notify: &mut dyn FnMut(Notice),
) -> Result<Report, EngineError> {
    let first = bring_up_to_date(system, target, options, producers, progress, notify);
    let (database, report) = match first {
        Err(EngineError::Store(error)) if options.full && error.may_be_damage() => {
            let damage = error.in_file(target.is_own);
            if !target.is_own {
                return Err(EngineError::DamagedAndForeign(damage));
            }
            let path = Database::set_aside(target.database)?;
            notify(Notice::MovedAside { damage, path });
            bring_up_to_date(system, target, options, producers, progress, notify)?
        }
        Err(EngineError::Store(error)) => return Err(error.in_file(target.is_own).into()),
        result => result?,
    };
    if let Err(error) = keep_shards(&database, &options.repo, &target.shards, producers.indexer) {
        notify(Notice::NoShards(error));
    }
    if let Some(folder) = &target.index {
        let is_there = INDEX_FILES.iter().all(|name| matches!(folder.open(name), Ok(Some(_))));
        if report.index.as_ref().is_some_and(|index| index.is_changed || !is_there) {
            let request = ExportRequest { repo: &options.repo, root: target.root, only: None };
            export_files(&database, request, folder)?;
        }
    }
    if report.deleted + report.changed > 0 && database.unreachable_share()? > target.garbage_share {
        let contents = database.collect_garbage()?.contents;
        notify(Notice::Collected { contents });
    } else {
        database.close()?;
    }
    Ok(report)
}

fn bring_up_to_date(
    system: &dyn System,
    target: &Target<'_>,
    options: &Options,
    producers: &mut Producers<'_>,
    progress: &dyn Progress,
    notify: &mut dyn FnMut(Notice),
) -> Result<(Database, Report), EngineError> {
    let (database, opened) = Database::open(target.database, Access::Write, target.patience)?;
    if let Opened::Outdated { found } = opened {
        notify(Notice::Rebuilding { schema: found });
    }
    if options.full {
        database.check()?;
    }
    let others: Vec<String> = database.repos()?.into_iter().filter(|repo| *repo != options.repo).collect();
    if !others.is_empty() && database.snapshot(&options.repo)?.is_none() {
        notify(Notice::NewBesides { repo: options.repo.clone(), others });
    }
    let report = ingest(system, &database, options, producers, progress);
    progress.end();
    Ok((database, report?))
}
