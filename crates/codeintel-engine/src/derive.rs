//! The step of a run that derives facts from those of all files.
//!
//! What is derived depends on the rows that it reads and on the files' paths, modules and source roots, and on nothing else. A digest over
//! them says whether it is there already: from the last run, from another branch, or from a run that was cut short.

use codeintel_base::{ContentHash, Progress, add_texts};
use codeintel_datasets::Facts;
use codeintel_store::{Database, Derivations, FileRow, Snapshot, StoreError, Wanted};
use rustc_hash::FxHashMap;

use crate::ingest::DatasetReport;
use crate::options::Options;

/// What became of the derived facts of a run.
#[derive(Debug, Default)]
pub(crate) struct DeriveStep {
    /// What the snapshot is to show.
    pub(crate) all: Derivations,
    /// What was derived now.
    pub(crate) reports: Vec<DatasetReport>,
}

impl DeriveStep {
    /// Find what has been derived from the same input, and derive the rest.
    pub(crate) fn take(
        database: &mut Database,
        options: &Options,
        derived: &[Wanted],
        rows: &[FileRow],
        prior: Option<&Snapshot>,
        progress: &dyn Progress,
    ) -> Result<Self, StoreError> {
        let mut step = Self::default();
        let is_same_input = prior.is_some_and(|prior| !options.full && has_same_input(&prior.files, rows));
        for wanted in derived {
            let is_same = |prior: &&Snapshot| {
                let mut made = wanted.facts.needs().iter().copied().chain([wanted.facts]);
                is_same_input && made.all(|facts| is_as_wanted(prior, facts, wanted))
            };
            let known = prior.filter(is_same).and_then(|prior| prior.derivations.get(wanted.key()).copied());
            let id = match known {
                Some(id) => id,
                None => step.find_or_derive(database, options, wanted, rows, progress)?,
            };
            step.all.insert(wanted.key().to_owned(), id);
        }
        Ok(step)
    }

    fn find_or_derive(
        &mut self,
        database: &mut Database,
        options: &Options,
        wanted: &Wanted,
        rows: &[FileRow],
        progress: &dyn Progress,
    ) -> Result<i32, StoreError> {
        let read = wanted.facts.needs().iter().map(|facts| database.digests(facts)).collect::<Result<Vec<_>, _>>()?;
        let digest = digest(rows, &read);
        if let Some(id) = database.derivation(wanted, &digest)?.filter(|_| !options.full) {
            return Ok(id);
        }
        progress.begin("derive", 1);
        let clock = std::time::Instant::now();
        let (id, written) = database.derive(wanted, &rows.iter().collect::<Vec<_>>(), &digest)?;
        progress.step();
        self.reports.push(DatasetReport {
            dataset: wanted.key(),
            contents: written.contents,
            rows: written.rows,
            seconds: clock.elapsed().as_secs_f64(),
        });
        Ok(id)
    }
}

/// Whether a snapshot was made with facts in the version that is wanted now.
fn is_as_wanted(prior: &Snapshot, facts: &'static Facts, wanted: &Wanted) -> bool {
    let now =
        if facts.name == wanted.key() { Some(wanted.state()) } else { Wanted::new(facts).map(|wanted| wanted.state()) };
    now.is_some() && prior.datasets.get(facts.name) == now.as_ref()
}

/// What a derivation may read of a file, besides its facts.
fn input(row: &FileRow) -> (&str, &str, &str) {
    (row.path.as_str(), &row.module, &row.root)
}

fn has_same_input(before: &[FileRow], now: &[FileRow]) -> bool {
    let is_same =
        |(before, now): (&FileRow, &FileRow)| before.content_id == now.content_id && input(before) == input(now);
    before.len() == now.len() && before.iter().zip(now).all(is_same)
}

/// A hash over what is read, file by file.
fn digest(rows: &[FileRow], read: &[FxHashMap<i32, String>]) -> String {
    let mut bytes = Vec::new();
    for row in rows {
        let (path, module, root) = input(row);
        let digests = read.iter().map(|digests| digests.get(&row.content_id).map_or("", String::as_str));
        add_texts(&mut bytes, [path, module, root].into_iter().chain(digests));
    }
    ContentHash::of(&bytes).to_string()
}
