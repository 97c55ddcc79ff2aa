//! An indexer of a small part of Python, with a few lines of its own for what names stand for. It has nothing in common
//! with what the engine thinks that files can see of one another.

use std::borrow::Cow;

use codeintel_base::{Column, RepoPath};
use codeintel_scip::{Document, Occurrence, Range, Role};
use codeintel_system::System;

use super::indexer::{IndexOutcome, IndexRequest, Indexed, Indexer, IndexerIdentity, InterfaceDepth};
use crate::producers::ProducerError;

/// Resolves `name` and `name().method` in lines that hold nothing else, through `from module import name as other`, classes and
/// their bases. Modules are found by their paths from the repository's root.
#[derive(Debug, Default)]
pub(crate) struct FakeIndexer {
    /// The next runs fail behind their first document.
    pub(crate) fails: bool,
    /// It cannot be found.
    pub(crate) is_missing: bool,
    /// It says nothing of these files.
    pub(crate) silent: Vec<String>,
    /// Another version.
    pub(crate) version: u32,
    /// The paths that it was asked for, run by run.
    pub(crate) asked: Vec<Vec<String>>,
}

impl Indexer for FakeIndexer {
    fn identify(&mut self, _: &dyn System) -> Result<IndexerIdentity, ProducerError> {
        if self.is_missing {
            return Err(ProducerError::NotFound { program: "fake".to_owned(), is_trusted: true, hint: None });
        }
        Ok(IndexerIdentity {
            key: format!("fake {}", self.version),
            depth: InterfaceDepth::Declared,
            dependents: Vec::new(),
        })
    }

    fn index(&mut self, request: &IndexRequest<'_>, hand_over: &mut dyn FnMut(Indexed)) -> IndexOutcome {
        self.asked.push(request.pending.iter().map(|file| request.files[*file].path.to_string()).collect());
        let mut outcome = IndexOutcome::default();
        for (done, file) in request.pending.iter().enumerate() {
            if self.fails && done > 0 {
                outcome.failure = Some("the fake fails".to_owned());
                break;
            }
            if self.silent.contains(&request.files[*file].path.to_string()) {
                continue;
            }
            match self.document(request, *file) {
                Ok(document) => match request.place(*file, document, Column::Utf8, Vec::new()) {
                    Ok(Some(document)) => hand_over(Indexed {
                        file: *file,
                        document,
                        producer: Cow::Borrowed("fake"),
                        producer_version: self.version.to_string().into(),
                        problems: Vec::new(),
                    }),
                    Ok(None) => {}
                    Err(path) => outcome.raced.push(path),
                },
                Err(path) => outcome.raced.push(path),
            }
        }
        outcome
    }
}

impl FakeIndexer {
    #[expect(clippy::unused_self, reason = "a method like those of other indexers")]
    fn document(&self, request: &IndexRequest<'_>, file: usize) -> Result<Document, RepoPath> {
        let text = text(request, file)?;
        let mut occurrences = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let (name, method) = match line.strip_suffix("()").and_then(|line| line.split_once("().")) {
                Some((name, method)) => (name, Some(method)),
                None => (line, None),
            };
            let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric());
            if let Some(place) = is_name.then(|| find(request, file, name)).transpose()?.flatten() {
                let method = method.map(|method| find_method(request, place, name, method)).transpose()?.flatten();
                let target = method.unwrap_or(place);
                let symbol = format!("fake python o 0 `{}`/{name}#", request.files[target].path);
                let number = number as u32;
                let range = Range { start_line: number, start_col: 0, end_line: number, end_col: name.len() as u32 };
                occurrences.push(Occurrence { range, symbol, roles: Role::Read as u32, enclosing: None });
            }
        }
        Ok(Document { language: "python".to_owned(), occurrences, ..Document::default() })
    }
}

fn text(request: &IndexRequest<'_>, file: usize) -> Result<String, RepoPath> {
    Ok(request.text(file)?.map_or(String::new(), |source| source.text))
}

/// The file that a module's name leads to.
fn module(request: &IndexRequest<'_>, name: &str) -> Option<usize> {
    let path = name.replace('.', "/");
    let candidates = [format!("{path}.pyi"), format!("{path}.py"), format!("{path}/__init__.py")];
    let found = |path: &String| RepoPath::new(path.as_ref()).ok().and_then(|path| request.position(&path));
    candidates.iter().find_map(found)
}

/// The file that defines a class or function which a file knows by a name.
fn find(request: &IndexRequest<'_>, file: usize, name: &str) -> Result<Option<usize>, RepoPath> {
    search(request, file, name, &mut Vec::new()).map(|found| found.map(|(file, _)| file))
}

/// The same with its name there.
fn search(
    request: &IndexRequest<'_>,
    file: usize,
    name: &str,
    seen: &mut Vec<(usize, String)>,
) -> Result<Option<(usize, String)>, RepoPath> {
    if seen.contains(&(file, name.to_owned())) {
        return Ok(None);
    }
    seen.push((file, name.to_owned()));
    for line in text(request, file)?.lines() {
        if let Some(rest) = line.strip_prefix("class ").or_else(|| line.strip_prefix("def "))
            && rest.split(['(', ':']).next() == Some(name)
        {
            return Ok(Some((file, name.to_owned())));
        }
        if let Some((from, what)) = line.strip_prefix("from ").and_then(|line| line.split_once(" import ")) {
            let (original, alias) = what.split_once(" as ").unwrap_or((what, what));
            if alias == name
                && let Some(target) = module(request, from)
            {
                return search(request, target, original, seen);
            }
        }
    }
    Ok(None)
}

/// The file with the class, among a class and its bases, that has a method.
fn find_method(request: &IndexRequest<'_>, file: usize, name: &str, method: &str) -> Result<Option<usize>, RepoPath> {
    let mut next = Some((file, name.to_owned()));
    for _ in 0..9 {
        let Some((file, name)) = next.take() else { return Ok(None) };
        let Some((file, name)) = search(request, file, &name, &mut Vec::new())? else { return Ok(None) };
        let text = text(request, file)?;
        let mut lines =
            text.lines().skip_while(|line| line.strip_prefix("class ").is_none_or(|rest| !rest.starts_with(&name)));
        let Some(header) = lines.next() else { return Ok(None) };
        let has_method = |line: &str| line.trim_start().starts_with(&format!("def {method}("));
        if lines.take_while(|line| line.starts_with(' ')).any(has_method) {
            return Ok(Some(file));
        }
        let base = header.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        next = base.map(|(base, _)| (file, base.to_owned()));
    }
    Ok(None)
}
