//! What becomes of files that the resolver dies of, gives up, or fails on.

use codeintel_scip::PlacedDocument;
use codeintel_semantic::{Level, MOST_STEPS, ResolverOptions};

use super::job::{Event, Item, Job};
use super::{Ending, Run, Stop, Workforce};

/// A resolver that has a word for each file: `fine`, `deadly` (it dies of it), `deadly-late` (only when it has made another document before),
/// `fatal` (even without types), `dear` (it gives up) or `dear-late`.
#[derive(Debug, Default)]
struct Fake {
    words: Vec<&'static str>,
    /// Documents made since it was started.
    made: usize,
    /// It dies before it has begun with anything.
    is_stillborn: bool,
    /// What it was asked for, job by job.
    asked: Vec<String>,
}

impl Workforce for Fake {
    fn work(&mut self, _: &ResolverOptions, job: &Job, take: &mut dyn FnMut(Event)) -> Ending {
        let words = job.items.iter().map(|item| {
            let level = if item.level == Level::Names { "'" } else { "" };
            format!("{}{level}", item.file)
        });
        self.asked.push(words.collect::<Vec<_>>().join(" "));
        if self.is_stillborn {
            return Ending::Died { reason: "it was killed by signal 9".to_owned(), in_flight: None, is_final: false };
        }
        for item in &job.items {
            take(Event::Begun(item.file));
            let is_late = self.made > 0;
            let is_deadly = match self.words[item.file as usize] {
                "deadly" => item.level == Level::Types,
                "deadly-late" => is_late,
                word => word == "fatal",
            };
            if is_deadly {
                self.made = 0;
                return Ending::Died {
                    reason: "it was killed by signal 11".to_owned(),
                    in_flight: Some(item.file),
                    is_final: false,
                };
            }
            let is_dear = match self.words[item.file as usize] {
                "dear" => item.level == Level::Types,
                "dear-late" => is_late,
                _ => false,
            };
            self.made += 1;
            take(if is_dear {
                self.made = 0;
                Event::Refused { file: item.file, reason: "it is dear".to_owned(), is_final: !is_late }
            } else {
                Event::Made(item.file, Box::default())
            });
        }
        Ending::Done
    }

    fn start_anew(&mut self) {
        self.asked.push("anew".to_owned());
        self.made = 0;
    }
}

/// The files of which documents are handed over, each with its problem, and what was asked for.
fn run(fake: &mut Fake) -> (Vec<(usize, String)>, Result<(), Stop>) {
    let mut handed_over = Vec::new();
    let mut hand_over = |indexed: super::Indexed| {
        let message = indexed.problems.first().map(|problem| problem.message.clone());
        assert_eq!(PlacedDocument::default().occurrences, indexed.document.occurrences);
        handed_over.push((indexed.file, message.unwrap_or_default()));
    };
    let items = (0..fake.words.len()).map(|file| Item { file: file as u32, lookup_hash: None, level: Level::Types });
    let options = ResolverOptions {
        root: "/r".into(),
        import_roots: Vec::new(),
        site_packages: Vec::new(),
        packages: Vec::new(),
        python_version: (3, 13),
        project: ("r".to_owned(), "0".to_owned()),
        most_steps: MOST_STEPS,
    };
    let job = Job { items: items.collect(), ..Job::default() };
    let mut run = Run { options, job, refused: Vec::new(), hand_over: &mut hand_over };
    let ended = run.all(fake);
    handed_over.sort();
    (handed_over, ended)
}

#[track_caller]
fn check(words: &[&'static str], asked: &[&str], problems: &[(usize, &str)]) {
    let mut fake = Fake { words: words.to_vec(), ..Fake::default() };
    let (handed_over, ended) = run(&mut fake);
    assert!(ended.is_ok());
    assert_eq!(handed_over.iter().map(|(file, _)| *file).collect::<Vec<_>>(), (0..words.len()).collect::<Vec<_>>());
    let found: Vec<(usize, &str)> = handed_over
        .iter()
        .filter(|(_, message)| !message.is_empty())
        .map(|(file, message)| (*file, &**message))
        .collect();
    assert_eq!(found, problems);
    assert_eq!(fake.asked, asked);
}

const WITHOUT_TYPES: &str = "; names, imports and definitions are resolved without types";

#[test]
fn files_that_cost_nobody_anything_are_one_job() {
    check(&["fine", "fine"], &["0 1"], &[]);
}

#[test]
fn a_file_that_the_resolver_dies_of_costs_itself_only() {
    let message = format!("the resolver crashed on this file: it was killed by signal 11{WITHOUT_TYPES}");
    check(&["fine", "deadly", "fine"], &["0 1 2", "2", "anew", "1", "1'"], &[(1, &message)]);
}

#[test]
fn what_happened_among_others_does_not_count() {
    check(&["fine", "deadly-late", "dear-late"], &["0 1 2", "2", "anew", "1"], &[]);
    check(&["fine", "dear-late"], &["0 1", "anew", "1"], &[]);
}

#[test]
fn a_verdict_of_who_has_learnt_nothing_is_final() {
    check(&["dear", "fine"], &["0 1", "0'"], &[(0, &format!("it is dear{WITHOUT_TYPES}"))]);
    check(&["fine", "dear"], &["0 1", "anew", "1", "1'"], &[(1, &format!("it is dear{WITHOUT_TYPES}"))]);
}

#[test]
fn a_file_that_cannot_be_worked_with_at_all_has_an_empty_document() {
    let died = "the resolver crashed on this file: it was killed by signal 11";
    let message = format!("{died}; the document is empty, because without types {died}");
    check(&["fatal", "fine"], &["0 1", "1", "anew", "0", "0'"], &[(0, &message)]);
}

#[test]
fn a_resolver_that_always_dies_at_once_is_given_up() {
    let mut fake = Fake { words: vec!["fine"], is_stillborn: true, ..Fake::default() };
    let (handed_over, ended) = run(&mut fake);
    assert_eq!(handed_over, []);
    assert!(matches!(ended, Err(Stop::Failed(reason)) if reason == "it was killed by signal 9"));
    assert_eq!(fake.asked, ["0"; 3]);
}
