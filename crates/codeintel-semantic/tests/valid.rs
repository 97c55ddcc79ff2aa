//! Documents keep to the rules of SCIP, and leave out no definition that CPython knows of.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;
#[path = "common/packages.rs"]
mod packages;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use codeintel_base::{Column, LineIndex, Position};
use codeintel_scip::{DescriptorKind, Occurrence, PlacedDocument, Range, Role, Symbol, last_descriptor};
use codeintel_semantic::Level;

use self::common::{files, resolver};

/// The beginning of the symbols of what is indexed.
const PROJECT: &str = "scip-python python demo 0 ";

struct Indexed {
    path: String,
    text: String,
    document: PlacedDocument,
}

impl Indexed {
    fn definitions(&self) -> impl Iterator<Item = &Occurrence> {
        self.document.occurrences.iter().map(|(found, _)| found).filter(|found| found.is(Role::Definition))
    }

    /// What is known of a symbol that is defined here.
    fn described(&self, symbol: &str) -> Option<&Symbol> {
        self.document.symbols.iter().find(|described| described.symbol == symbol)
    }
}

fn index(root: &Path, folder: &str) -> Vec<Indexed> {
    let files = files(root, folder);
    let mut resolver = resolver(root, &files);
    let indexed = files.iter().map(|file| Indexed {
        path: file.path.to_string(),
        text: fs::read_to_string(root.join(file.path.as_str())).unwrap(),
        document: resolver.document(&file.path, None, Level::Types).unwrap(),
    });
    indexed.collect()
}

/// Check the documents of a whole project.
fn check_rules(root: &Path, folder: &str) {
    let indexed = index(root, folder);
    assert!(indexed.len() > 5, "{folder} is a package");
    let defined: BTreeSet<&str> =
        indexed.iter().flat_map(Indexed::definitions).map(|definition| definition.symbol.as_str()).collect();
    let mut broken = Vec::new();
    for file in &indexed {
        let mut rules = Rules { file, defined: &defined, broken: &mut broken };
        rules.document();
        rules.symbols();
        let lines = LineIndex::new(&file.text);
        file.document.occurrences.iter().for_each(|(found, bytes)| rules.occurrence(&lines, found, *bytes));
    }
    assert!(broken.is_empty(), "{} rules are broken:\n{}", broken.len(), broken.join("\n"));
}

/// The rules that one document is to keep.
struct Rules<'a> {
    file: &'a Indexed,
    /// All symbols that are defined in the project or in any of its files.
    defined: &'a BTreeSet<&'a str>,
    broken: &'a mut Vec<String>,
}

impl Rules<'_> {
    fn expect(&mut self, holds: bool, rule: &str, place: &impl std::fmt::Debug) {
        if !holds {
            self.broken.push(format!("{}: {rule}: {place:?}", self.file.path));
        }
    }

    fn document(&mut self) {
        let PlacedDocument { language, encoding, occurrences, unresolved, coverage, misplaced, .. } =
            &self.file.document;
        let is_python = (language.as_str(), *encoding, *misplaced) == ("python", Column::Utf8, 0);
        self.expect(is_python, "all of it is in Python and in place", language);
        self.expect(occurrences.is_sorted(), "occurrences are sorted", &());
        let first = occurrences.first().map(|(first, _)| (first.range, first.roles));
        self.expect(first == Some((Range::default(), Role::Definition as u32)), "the module comes first", &first);
        for kind in coverage {
            let open = unresolved.iter().filter(|unresolved| unresolved.kind == kind.kind).count();
            self.expect(kind.resolved as usize + open == kind.total as usize, "each reference is counted once", kind);
        }
    }

    fn symbols(&mut self) {
        let PlacedDocument { symbols, externals, .. } = &self.file.document;
        let definitions: BTreeSet<&str> =
            self.file.definitions().map(|definition| definition.symbol.as_str()).collect();
        let described: BTreeSet<&str> = symbols.iter().map(|symbol| symbol.symbol.as_str()).collect();
        self.expect(described.len() == symbols.len(), "no symbol is described twice", &symbols.len());
        let differences: Vec<&&str> = definitions.symmetric_difference(&described).collect();
        self.expect(differences.is_empty(), "what is defined is described", &differences);
        for symbol in symbols {
            let others = symbol.relationships.iter().map(|relationship| relationship.symbol.as_str());
            for other in others.chain([symbol.enclosing_symbol.as_str()]).filter(|other| !other.is_empty()) {
                self.expect(self.is_known(other), "related symbols exist", &other);
            }
        }
        for symbol in externals {
            self.expect(!symbol.symbol.starts_with(PROJECT), "external symbols are not the project's", &symbol.symbol);
        }
    }

    fn occurrence(&mut self, lines: &LineIndex, found: &Occurrence, bytes: (u32, u32)) {
        let text = &self.file.text;
        let offsets = |range: Range| {
            let offset = |line, column| lines.offset(Position { line: line + 1, column }, text, Column::Utf8);
            Some((offset(range.start_line, range.start_col)?, offset(range.end_line, range.end_col)?))
        };
        self.expect(offsets(found.range) == Some(bytes), "a range lies in the text", &found);
        self.expect(bytes.0 < bytes.1 || bytes == (0, 0), "a range has a beginning and an end", &found);
        self.expect(found.roles < 16, "roles are known", &found);
        self.expect(self.is_known(&found.symbol), "what is referred to is defined", &found);
        let Some((kind, name)) = last_descriptor(&found.symbol) else {
            return self.expect(false, "a symbol can be parsed", &found);
        };
        if !found.is(Role::Definition) {
            return self.expect(found.enclosing.is_none(), "only definitions enclose", &found);
        }
        let around = found.enclosing.and_then(offsets);
        let is_around = around.is_some_and(|(start, end)| start <= bytes.0 && bytes.1 <= end);
        self.expect(is_around, "a definition encloses its name", &found);
        let spelled = text.get(bytes.0 as usize..bytes.1 as usize).unwrap_or_default();
        let is_name = match kind {
            DescriptorKind::Meta => spelled.is_empty(),
            DescriptorKind::Local => {
                let display_name = self.file.described(&found.symbol).map(|local| local.display_name.as_str());
                // `import a.b` binds `a`.
                name.parse::<u32>().is_ok() && spelled.split('.').next() == display_name
            }
            _ => spelled == name,
        };
        self.expect(is_name, "a definition is called as in its source", &(spelled, found));
    }

    /// Whether a symbol is defined: a local one in this document, one of the project's in any, and others elsewhere.
    fn is_known(&self, symbol: &str) -> bool {
        if symbol.starts_with("local ") {
            self.file.described(symbol).is_some()
        } else {
            !symbol.starts_with(PROJECT) || self.defined.contains(symbol)
        }
    }
}

#[test]
fn fixtures_keep_the_rules() {
    check_rules(&fixtures(), "");
}

#[test]
fn packages_keep_the_rules() {
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, |_| true, check_rules);
    }
}

#[test]
fn cpython_knows_of_the_same_definitions() {
    if let Some(environment) = packages::environment() {
        let python = environment.join("bin/python");
        check_definitions(&python, &fixtures(), "");
        packages::for_each(&environment, |_| true, |root, package| check_definitions(&python, root, package));
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Compare with what `definitions.py` prints.
fn check_definitions(python: &Path, root: &Path, folder: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions.py");
    let output = Command::new(python).arg(script).arg(root).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let known: BTreeSet<String> = printed.lines().map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    for Indexed { path, text, document } in &index(root, folder) {
        for (occurrence, (start, end)) in &document.occurrences {
            let (kind, _) = last_descriptor(&occurrence.symbol).unwrap();
            if occurrence.is(Role::Definition) {
                let Range { start_line, start_col, .. } = occurrence.range;
                let name = &text[*start as usize..*end as usize];
                found.insert(format!("{path}\t{}\t{start_col}\t{kind:?}\t{name}", start_line + 1));
            }
        }
    }
    let missing: Vec<&String> = known.difference(&found).collect();
    let is_comparable =
        |line: &&String| ["\tType\t", "\tMethod\t", "\tParameter\t"].iter().any(|kind| line.contains(kind));
    let invented: Vec<&String> = found.difference(&known).filter(is_comparable).collect();
    assert!(missing.is_empty() && invented.is_empty(), "{folder}: missing {missing:#?}, invented {invented:#?}");
}
