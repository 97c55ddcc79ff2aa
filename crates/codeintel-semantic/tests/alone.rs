//! What is said of a file does not depend on what was asked before.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;
#[path = "common/packages.rs"]
mod packages;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use codeintel_base::{ContentHash, RepoPath};
use codeintel_python::{Interface, ParsedFile};
use codeintel_scip::{Occurrence, PlacedDocument};
use codeintel_semantic::{Level, ProjectFile, ReadSource, Resolver};
use rustc_hash::FxHashMap;

use self::common::{files, options, resolver};

/// The documents of all files by one resolver, in the order of the files.
fn all<'f>(root: &Path, files: &[ProjectFile], order: impl Iterator<Item = &'f ProjectFile>) -> Vec<PlacedDocument> {
    let mut resolver = resolver(root, files);
    let mut documents: Vec<(&RepoPath, PlacedDocument)> =
        order.map(|file| (&file.path, resolver.document(&file.path, None, Level::Types).unwrap())).collect();
    documents.sort_by_key(|(path, _)| *path);
    documents.into_iter().map(|(_, document)| document).collect()
}

/// The occurrences of one document that another has not.
fn missing<'d>(one: &'d PlacedDocument, other: &PlacedDocument) -> Vec<&'d (Occurrence, (u32, u32))> {
    one.occurrences.iter().filter(|occurrence| !other.occurrences.contains(occurrence)).collect()
}

/// Each file by a resolver of its own, and all by one, in both directions.
fn check(root: &Path, folder: &str) {
    let files = files(root, folder);
    assert!(files.len() > 5, "{folder} is a package");
    let forward = all(root, &files, files.iter());
    let backward = all(root, &files, files.iter().rev());
    for (file, (one, other)) in files.iter().zip(forward.iter().zip(&backward)) {
        let alone = resolver(root, &files).document(&file.path, None, Level::Types).unwrap();
        for among in [one, other] {
            assert_eq!((missing(&alone, among), missing(among, &alone)), (Vec::new(), Vec::new()), "{}", file.path);
            assert_eq!(alone, *among, "{}", file.path);
        }
    }
}

/// Each of its documents alone takes minutes.
const LARGE: &str = "libcst";

#[test]
fn a_document_is_the_same_alone_and_among_all_others() {
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, |package| package != LARGE, check);
    }
}

#[test]
fn soak_a_document_of_a_large_package_is_the_same_alone_and_among_all_others() {
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, |package| package == LARGE, check);
    }
}

/// So many files of a package are edited at most.
const MOST_EDITED: usize = 100;

/// The files of a folder, some of them edited.
#[derive(Clone)]
struct Edited {
    folder: Arc<Path>,
    texts: Arc<Mutex<FxHashMap<String, String>>>,
}

impl ReadSource for Edited {
    fn read(&self, path: &str) -> Option<String> {
        let edited = self.texts.lock().unwrap().get(path).cloned();
        edited.or_else(|| fs::read_to_string(self.folder.join(path)).ok())
    }
}

/// A repository that is asked for documents again and again.
struct Repository {
    source: Edited,
    files: Vec<ProjectFile>,
    /// Makes documents anew.
    anew: Resolver,
    /// Makes documents from earlier ones.
    again: Resolver,
}

impl Repository {
    fn new(root: &Path, files: Vec<ProjectFile>) -> Self {
        let source = Edited { folder: root.into(), texts: Arc::default() };
        let resolver = || Resolver::new(options(root), &files, Arc::new(source.clone()));
        Self { anew: resolver(), again: resolver(), source, files }
    }

    /// Give a file another text, and get its document anew and from what is there.
    fn edit(&mut self, file: usize, text: &str) -> [PlacedDocument; 2] {
        let path = self.files[file].path.clone();
        self.files[file].hash = ContentHash::of(text.as_bytes());
        self.source.texts.lock().unwrap().insert(path.to_string(), text.to_owned());
        self.anew.set_files(&self.files);
        self.again.set_files(&self.files);
        // Other files stay as they are.
        let lookup_hash = Interface::of(&ParsedFile::parse(text));
        let lookup_hash = ContentHash::of(format!("{} {:?}", lookup_hash.declared, lookup_hash.imports).as_bytes());
        [
            self.anew.document(&path, None, Level::Types).unwrap(),
            self.again.document(&path, Some(lookup_hash), Level::Types).unwrap(),
        ]
    }
}

/// Texts in which functions have more to say, one and two of them: scopes, locals, references to what is inside and outside of the file.
fn edits(text: &str) -> Vec<String> {
    // A line in a docstring that begins like a statement is edited as well.
    let is_return = |line: &str| line.starts_with("    ") && line.trim_start().starts_with("return");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let returns: Vec<usize> = (0..lines.len()).filter(|line| is_return(lines[*line])).collect();
    let first: Vec<usize> = returns.first().copied().into_iter().collect();
    let both: Vec<usize> = first.iter().chain(returns.last()).copied().collect();
    let edit = |edited: &[usize]| -> String {
        let mut result = String::new();
        let mut function = "";
        for (number, line) in lines.iter().enumerate() {
            let words = line.trim_start();
            if let Some(name) = words.strip_prefix("def ") {
                function = name.split(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
            }
            if edited.contains(&number) {
                let indent = &line[..line.len() - words.len()];
                result += &format!("{indent}_edit{number} = [len(_part) for _part in (str, {function})]\n");
            }
            result += line;
        }
        result
    };
    let mut edited = vec![edit(&first), edit(&both)];
    // Between functions, too.
    edited.push(text.replacen("\n\n", "\n# edited\n", 1));
    edited
}

/// What differs between two documents, for people.
fn differences(anew: &PlacedDocument, again: &PlacedDocument) -> Vec<String> {
    let lines = |document: &PlacedDocument| -> Vec<String> {
        let occurrences = document.occurrences.iter().map(|occurrence| format!("{occurrence:?}"));
        let symbols = document.symbols.iter().chain(&document.externals).map(|symbol| format!("{symbol:?}"));
        let unresolved = document.unresolved.iter().map(|unresolved| format!("{unresolved:?}"));
        let rest = format!("{:?} {:?}", document.coverage, document.returned);
        occurrences.chain(symbols).chain(unresolved).chain([rest]).collect()
    };
    let (anew, again) = (lines(anew), lines(again));
    let missing = anew.iter().filter(|line| !again.contains(line)).map(|line| format!("- {line}"));
    let added = again.iter().filter(|line| !anew.contains(line)).map(|line| format!("+ {line}"));
    missing.chain(added).collect()
}

fn check_edits(root: &Path, folder: &str) {
    let files = files(root, folder);
    let paths: Vec<RepoPath> = files.iter().map(|file| file.path.clone()).collect();
    let mut repository = Repository::new(root, files);
    for (file, path) in paths.iter().enumerate().step_by(1 + paths.len() / MOST_EDITED) {
        let text = fs::read_to_string(root.join(path.as_str())).unwrap();
        for edited in [text.clone()].into_iter().chain(edits(&text)).chain([text.clone()]) {
            let [anew, again] = repository.edit(file, &edited);
            assert_eq!(differences(&anew, &again), Vec::<String>::new(), "{path}");
            assert_eq!(anew, again, "{path}");
        }
    }
}

#[test]
fn a_document_is_the_same_anew_and_from_an_earlier_one() {
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, |_| true, check_edits);
    }
}
