//! The step of a run that is about type checkers and linters.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use codeintel_base::{Column, ContentHash, Finding, LineIndex, Position, Problem, RepoPath, Stage};
use codeintel_datasets::FindingRows;
use codeintel_store::{FileRow, ReportId, ReportRow, ScanProblemRow, StoreError, ToolRun};
use rustc_hash::FxHashMap;

use super::checker::{CheckFile, CheckRequest, Checked, Checker, CheckerIdentity, KnownProgram, RawFinding, Reach};
use crate::error::EngineError;
use crate::plan::StepPlan;
use crate::producers::ProducerError;
use crate::report::Report;
use crate::run::{Context, Draft, Planned, Step};
use crate::scip::SourceText;

/// The dataset that misses rows when a checker fails.
const DIAGNOSTICS: &str = "analytics.diagnostics";

/// What a run did for one checker.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// Its name.
    pub tool: &'static str,
    /// Its version; empty where it could not be run.
    pub version: String,
    /// Why there are no findings.
    pub failure: Option<String>,
    /// Files that it was asked to look at.
    pub asked: usize,
    /// Files of which its findings are known.
    pub files: usize,
    /// Files in which it finds something else than before.
    pub moved: usize,
    /// Wall seconds.
    pub seconds: f64,
}

/// What a run would do for one checker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPlan {
    /// Its name.
    pub tool: &'static str,
    /// Files that it would be asked to look at.
    pub pending: usize,
    /// Why it cannot be.
    pub failure: Option<String>,
}

/// Lets type checkers and linters look at files.
pub(crate) struct CheckStep<'a> {
    checkers: &'a mut [Box<dyn Checker>],
    /// The findings of new reports.
    findings: FindingRows,
    problems: Vec<ScanProblemRow>,
    reports: Vec<CheckReport>,
    /// Files that are no longer what they were when they were hashed.
    raced: Vec<RepoPath>,
}

/// What of a checker's findings still holds.
struct Holding {
    identity: CheckerIdentity,
    /// What the findings depend on besides the file that they are in, or besides nothing.
    key: String,
    reports: BTreeMap<RepoPath, ReportRow>,
    /// The positions of the files that it has to look at.
    pending: Vec<usize>,
}

impl Step for CheckStep<'_> {
    fn name(&self) -> &'static str {
        "check"
    }

    fn plan(&mut self, context: &Context<'_>, planned: &Planned) -> Result<StepPlan, EngineError> {
        let files = files(&planned.draft.files);
        let mut plan = StepPlan::default();
        for checker in &mut *self.checkers {
            let (pending, failure) = match hold(context, checker.as_mut(), &files)? {
                Ok(holding) => (holding.pending.len(), None),
                Err(reason) => (0, Some(reason.to_string())),
            };
            plan.checks.push(CheckPlan { tool: checker.name(), pending, failure });
        }
        let asked: BTreeSet<&str> = plan.checks.iter().map(|check| check.tool).collect();
        if context.prior.is_some_and(|prior| !prior.tools.iter().map(|run| &*run.tool).eq(asked)) {
            plan.other.push("selected tools".to_owned());
        }
        for check in &plan.checks {
            let before = context.prior.and_then(|prior| prior.tool(check.tool));
            if before.is_some_and(|before| before.failure.is_none()) && check.failure.is_some() {
                plan.other.push(format!("availability of {}", check.tool));
            }
        }
        Ok(plan)
    }

    /// Find the reports that hold, and let the checkers make the others.
    fn run(&mut self, context: &Context<'_>, draft: &mut Draft) -> Result<Vec<RepoPath>, EngineError> {
        let checkers = std::mem::take(&mut self.checkers);
        if checkers.is_empty() {
            return Ok(Vec::new());
        }
        let files = files(&draft.files);
        let mut next_id = context.database.next_report_id()?;
        let mut runs = Vec::new();
        for checker in checkers {
            let clock = Instant::now();
            let holding = hold(context, checker.as_mut(), &files)?;
            let mut report = CheckReport {
                tool: checker.name(),
                version: String::new(),
                failure: None,
                asked: 0,
                files: 0,
                moved: 0,
                seconds: 0.0,
            };
            let run = holding.and_then(|holding| {
                report.asked = holding.pending.len();
                self.look(context, checker.as_mut(), &files, holding, &mut next_id, &mut report)
            });
            let run = run.unwrap_or_else(|reason| ToolRun {
                tool: checker.name().to_owned(),
                version: String::new(),
                key: String::new(),
                stamp: String::new(),
                failure: Some(reason.to_string()),
                reports: BTreeMap::new(),
            });
            if let Some(failure) = &run.failure {
                let problem = Problem::error(Stage::Check, format!("{}: {failure}", run.tool));
                self.problems.push(ScanProblemRow::new(None, DIAGNOSTICS, &problem));
            }
            report.version.clone_from(&run.version);
            report.failure.clone_from(&run.failure);
            report.files = run.reports.len();
            report.seconds = clock.elapsed().as_secs_f64();
            runs.push(run);
            self.reports.push(report);
        }
        runs.sort_by(|a, b| a.tool.cmp(&b.tool));
        draft.tools = runs;
        draft.findings = std::mem::take(&mut self.findings);
        Ok(std::mem::take(&mut self.raced))
    }

    fn problems(&self) -> Vec<ScanProblemRow> {
        self.problems.clone()
    }

    fn report(self: Box<Self>, _: &Context<'_>, _: &Draft, report: &mut Report) -> Result<(), StoreError> {
        report.checks = self.reports;
        Ok(())
    }
}

impl<'a> CheckStep<'a> {
    pub(crate) fn new(checkers: &'a mut [Box<dyn Checker>]) -> Self {
        Self {
            checkers,
            findings: FindingRows::default(),
            problems: Vec::new(),
            reports: Vec::new(),
            raced: Vec::new(),
        }
    }

    /// Let a checker look at the pending files.
    fn look(
        &mut self,
        context: &Context<'_>,
        checker: &mut dyn Checker,
        files: &[CheckFile<'_>],
        holding: Holding,
        next_id: &mut ReportId,
        told: &mut CheckReport,
    ) -> Result<ToolRun, ProducerError> {
        let Holding { identity, key, mut reports, pending } = holding;
        let tool = checker.name();
        if !pending.is_empty() {
            let before = context.prior.and_then(|prior| prior.tool(tool)).map(|run| &run.reports);
            context.progress.begin(tool, pending.len());
            let request = CheckRequest { system: context.system, files, pending: &pending };
            let checked = checker.check(&request)?;
            let left_out = checked.left_out.clone();
            for (file, found) in self.placed(context, &request, checked) {
                let path = files[file].path;
                if left_out.binary_search(&file).is_ok() && found.is_empty() {
                    continue;
                }
                let digest = ContentHash::of(format!("{found:?}").as_bytes()).to_string();
                let known = before.and_then(|before| before.get(path)).filter(|report| report.digest == digest);
                let was_clean =
                    before.is_none_or(|before| before.get(path).is_none_or(|report| report.report_id.is_none()));
                told.moved += usize::from(known.is_none() && !(was_clean && found.is_empty()));
                let report = known.cloned().unwrap_or_else(|| {
                    let report_id = (!found.is_empty()).then(|| {
                        self.findings.push(next_id.get(), &found);
                        std::mem::replace(next_id, next_id.next())
                    });
                    ReportRow { report_id, digest }
                });
                reports.insert(path.clone(), report);
            }
        }
        let CheckerIdentity { version, stamp, .. } = identity;
        Ok(ToolRun { tool: tool.to_owned(), version, key, stamp, failure: None, reports })
    }

    /// The findings of each pending file, sorted, in the columns of codeintel. Files are read again, since the checker has read them itself, at another
    /// time than they were hashed.
    fn placed(
        &mut self,
        context: &Context<'_>,
        request: &CheckRequest<'_>,
        checked: Checked,
    ) -> Vec<(usize, Vec<Finding>)> {
        let mut by_file: FxHashMap<usize, Vec<RawFinding>> = FxHashMap::default();
        for (file, finding) in checked.findings {
            by_file.entry(file).or_default().push(finding);
        }
        let mut placed = Vec::new();
        for file in request.pending {
            let CheckFile { path, hash } = request.files[*file];
            let found = by_file.remove(file).unwrap_or_default();
            match SourceText::read(context.system, path, hash, context.options.scan.max_bytes) {
                Ok(source) => {
                    let mut sorted = Vec::new();
                    // The lines of a file are looked for only where something lies in them.
                    if !found.is_empty() {
                        let place = Place::new(source.as_ref(), checked.columns, checked.counts_mark);
                        sorted.extend(found.into_iter().map(|raw| place.finding(raw)));
                        sorted.sort();
                    }
                    placed.push((*file, sorted));
                }
                Err(path) => self.raced.push(path),
            }
        }
        placed
    }
}

fn files(rows: &[FileRow]) -> Vec<CheckFile<'_>> {
    rows.iter().map(|row| CheckFile { path: &row.path, hash: row.hash }).collect()
}

/// What of a checker's findings still holds; why it cannot be run, where it cannot.
fn hold(
    context: &Context<'_>,
    checker: &mut dyn Checker,
    files: &[CheckFile<'_>],
) -> Result<Result<Holding, ProducerError>, StoreError> {
    let Context { database, options, prior, .. } = *context;
    let before = prior.and_then(|prior| prior.tool(checker.name()));
    let known = before.map(|run| KnownProgram { stamp: &run.stamp, version: &run.version });
    let identity = match checker.identify(files, known) {
        Ok(identity) => identity,
        Err(reason) => return Ok(Err(reason)),
    };
    let key = match checker.reach() {
        Reach::File => identity.key.clone(),
        Reach::Project => format!("{} {}", identity.key, fingerprint(files)),
    };
    let all = || (0..files.len()).collect();
    let same = before.filter(|run| run.failure.is_none() && run.key == key && !options.full);
    let (reports, pending) = match (checker.reach(), same) {
        (Reach::Project, Some(run)) => (run.reports.clone(), Vec::new()),
        (Reach::Project, None) if !options.full => {
            let kept = database.reports_of_key(&options.repo, checker.name(), &key)?;
            kept.map_or_else(|| (BTreeMap::new(), all()), |reports| (reports, Vec::new()))
        }
        (Reach::File, Some(run)) => {
            let hashes: FxHashMap<&RepoPath, ContentHash> =
                prior.iter().flat_map(|prior| &prior.files).map(|row| (&row.path, row.hash)).collect();
            let (same, pending): (Vec<usize>, Vec<usize>) =
                all().into_iter().partition(|file| hashes.get(files[*file].path) == Some(&files[*file].hash));
            let kept = same.iter().map(|file| files[*file].path);
            let kept = kept.filter_map(|path| Some((path.clone(), run.reports.get(path)?.clone())));
            (kept.collect(), pending)
        }
        (Reach::Project | Reach::File, _) => (BTreeMap::new(), all()),
    };
    Ok(Ok(Holding { identity, key, reports, pending }))
}

fn fingerprint(files: &[CheckFile<'_>]) -> ContentHash {
    let lines: Vec<String> = files.iter().map(|file| format!("{} {}", file.path, file.hash)).collect();
    ContentHash::of(lines.join("\n").as_bytes())
}

/// Where findings are in a text.
struct Place<'a> {
    text: Option<(&'a str, LineIndex)>,
    columns: Column,
    /// How many columns a byte order mark takes.
    mark: u32,
}

impl<'a> Place<'a> {
    fn new(source: Option<&'a SourceText>, columns: Column, counts_mark: bool) -> Self {
        let has_mark = source.is_some_and(|source| source.has_mark);
        Self {
            text: source.map(|source| (source.text.as_str(), LineIndex::new(&source.text))),
            columns,
            mark: u32::from(has_mark && counts_mark),
        }
    }

    fn finding(&self, raw: RawFinding) -> Finding {
        let RawFinding { start, end, code, severity, message } = raw;
        Finding { start: self.position(start), end: self.position(end), code, severity, message }
    }

    /// A place in the columns of codeintel. What lies outside of the text stays as the tool has it.
    fn position(&self, mut position: Position) -> Position {
        if position.line == 1 {
            position.column = position.column.saturating_sub(self.mark);
        }
        let bytes = self.text.as_ref().and_then(|(text, lines)| {
            let offset = lines.offset(position, text, self.columns)?;
            Some(offset - lines.line_start(position.line, text))
        });
        Position { column: bytes.unwrap_or(position.column), ..position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, columns: Column, has_mark: bool, raw: (u32, u32), expected: (u32, u32)) {
        let source = SourceText { text: text.to_owned(), has_mark };
        let place = Place::new(Some(&source), columns, true);
        let found = place.position(Position { line: raw.0, column: raw.1 });
        assert_eq!((found.line, found.column), expected, "{raw:?} in {text:?}");
    }

    #[test]
    fn places_become_lines_and_bytes() {
        check("é😀x\n", Column::Utf32, false, (1, 2), (1, 6));
        check("é😀x\n", Column::Utf16, false, (1, 3), (1, 6));
        check("é😀x\n", Column::Utf16, true, (1, 4), (1, 6));
        check("x\ny\n", Column::Utf16, true, (2, 1), (2, 1));
        check("x\n", Column::Utf32, false, (1, 1), (1, 1));
        check("x\n", Column::Utf32, false, (9, 3), (9, 3));
    }
}
