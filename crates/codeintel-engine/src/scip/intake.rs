//! Indexes of other programs to documents: each file gets the part that speaks of it, put right and in place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;

use codeintel_base::{Column, ContentHash, PYTHON, Problem, RepoPath, Stage, count};
use codeintel_scip::{
    Document, Header, IndexReader, Occurrence, Part, Range, RepositoryFiles, Role, Root, ScipError, Source, Symbol,
    shown_path,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::indexer::{IndexOutcome, IndexRequest, Indexed};

/// The name of scip-python's program and of the indexes that it makes.
pub(super) const SCIP_PYTHON: &str = "scip-python";

/// So many problems of a kind are told one by one; the others are counted.
pub(super) const MAX_PROBLEMS: usize = 100;

/// What is said of external symbols is repeated in each document that refers to them, until it is so many times as large as the
/// index. Indexes of real projects stay below ten.
const MAX_REPETITION: u64 = 64;

/// Takes indexes apart.
pub(super) struct Intake<'a> {
    request: &'a IndexRequest<'a>,
    origin: Origin,
    /// The files that were asked for and have no document yet.
    missing: FxHashSet<usize>,
    header: Header,
    raced: Vec<RepoPath>,
    warnings: Vec<(Option<String>, String)>,
    /// Documents that were not taken, by the reason.
    refused: BTreeMap<Refusal, Refused>,
    /// Files of whose text the index has another one.
    other_texts: Vec<RepoPath>,
    /// Bytes that may still be said of external symbols.
    descriptions: u64,
    /// Documents in which less was said of them.
    undescribed: usize,
}

/// Where indexes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Runs of an indexer, each of which may have documents of other files than it was asked for.
    Runs,
    /// The user, who has the one index.
    User,
}

/// Why a document is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    Outside,
    NoFile,
    Second,
}

/// Documents that were not taken for the same reason.
#[derive(Debug, Default)]
struct Refused {
    /// Paths and messages of the first [`MAX_PROBLEMS`].
    told: Vec<(Option<String>, String)>,
    /// How many others there are.
    more: usize,
}

/// What must be known of an index before its documents are read.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The paths of its documents, as they stand there.
    paths: Vec<String>,
    /// What it says of symbols from elsewhere.
    externals: FxHashMap<String, Symbol>,
    /// How many bytes it has.
    bytes: u64,
}

impl Outline {
    /// Read an index to its end. If that fails, it comes with what was read before.
    pub(super) fn read(file: &mut BufReader<File>) -> Result<Self, (Self, ScipError)> {
        let mut outline = Self::default();
        let mut reader = IndexReader::new(file).outline();
        for part in reader.by_ref() {
            match part {
                Ok(Part::Document(document)) => outline.paths.push(document.relative_path),
                Ok(Part::External(symbol)) => {
                    outline.externals.insert(symbol.symbol.clone(), symbol);
                }
                Ok(Part::Header(_)) => {}
                Err(error) => return Err((outline, error)),
            }
        }
        outline.bytes = reader.offset();
        Ok(outline)
    }
}

impl RepositoryFiles for IndexRequest<'_> {
    fn is_file(&self, path: &RepoPath) -> bool {
        self.position(path).is_some()
    }

    fn is_folder(&self, path: &RepoPath) -> bool {
        let inner = format!("{path}/");
        let first = self.files.partition_point(|file| file.path.as_str() < &*inner);
        self.files.get(first).is_some_and(|file| file.path.as_str().starts_with(&inner))
    }
}

impl<'a> Intake<'a> {
    /// Take documents of the files that are asked for.
    pub(super) fn new(request: &'a IndexRequest<'a>, origin: Origin) -> Self {
        Self {
            request,
            origin,
            missing: request.pending.iter().copied().collect(),
            header: Header::default(),
            raced: Vec::new(),
            warnings: Vec::new(),
            refused: BTreeMap::new(),
            other_texts: Vec::new(),
            descriptions: 0,
            undescribed: 0,
        }
    }

    /// Take the documents of an index that are missing, one at a time. What comes behind an error is lost.
    pub(super) fn index(
        &mut self,
        folder: &Path,
        file: &mut BufReader<File>,
        hand_over: &mut dyn FnMut(Indexed),
    ) -> Result<(), ScipError> {
        // What is wrong with it is told by the second look.
        let outline = Outline::read(file).unwrap_or_else(|(outline, _)| outline);
        self.documents(folder, file, &outline, hand_over)
    }

    /// The same with an outline that is there already.
    pub(super) fn documents(
        &mut self,
        folder: &Path,
        file: &mut BufReader<File>,
        outline: &Outline,
        hand_over: &mut dyn FnMut(Indexed),
    ) -> Result<(), ScipError> {
        file.rewind()?;
        self.descriptions = outline.bytes.max(1 << 20) * MAX_REPETITION;
        let find_root = |header: &Header| Root::find(&header.project_root, folder, &outline.paths, self.request);
        let mut root = find_root(&Header::default());
        for part in IndexReader::new(file) {
            match part? {
                Part::Header(header) => {
                    // Of several that are put behind one another, each has its own.
                    if header.project_root != self.header.project_root || self.header == Header::default() {
                        root = find_root(&header);
                        self.warnings.extend(root.doubt().map(|doubt| (None, doubt)));
                    }
                    self.header = header;
                }
                Part::Document(document) => self.document(&root, document, &outline.externals, hand_over),
                Part::External(_) => {}
            }
        }
        Ok(())
    }

    /// Tell what came of it.
    pub(super) fn finish(mut self, outcome: &mut IndexOutcome) {
        for (refusal, Refused { told, more }) in self.refused {
            self.warnings.extend(told);
            if more > 0 {
                let what = match refusal {
                    Refusal::Outside => "outside the repository",
                    Refusal::NoFile => "without a source file",
                    Refusal::Second => "for files that have one already",
                };
                self.warnings.push((None, format!("the index has {} {what}", count(more, "more document"))));
            }
        }
        if self.undescribed > 0 {
            let message = format!(
                "descriptions of external symbols are left out of {}: repeated in each, they would be more than {MAX_REPETITION} \
                 times as large as the index",
                count(self.undescribed, "document")
            );
            self.warnings.push((None, message));
        }
        outcome.raced.append(&mut self.raced);
        outcome.warnings.append(&mut self.warnings);
        outcome.other_texts.append(&mut self.other_texts);
    }

    fn document(
        &mut self,
        root: &Root,
        document: Document,
        externals: &FxHashMap<String, Symbol>,
        hand_over: &mut dyn FnMut(Indexed),
    ) {
        let path = match root.locate(&document.relative_path) {
            Ok(path) => path,
            Err(error) => return self.refuse(Refusal::Outside, &document.relative_path, error.to_string()),
        };
        match self.request.position(&path) {
            Some(file) if self.missing.remove(&file) => self.hand_over(file, document, externals, hand_over),
            // Runs may have documents that nobody asked for, or that another one had, too.
            _ if self.origin == Origin::Runs => {}
            Some(_) => {
                let message = "the index has a second document for this file, which is left out".to_owned();
                self.refuse(Refusal::Second, path.as_str(), message);
            }
            None => {
                let message = "the index has a document that belongs to no source file".to_owned();
                self.refuse(Refusal::NoFile, path.as_str(), message);
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal, path: &str, message: String) {
        let refused = self.refused.entry(refusal).or_default();
        if refused.told.len() < MAX_PROBLEMS {
            refused.told.push((Some(shown_path(path)), message));
        } else {
            refused.more += 1;
        }
    }

    fn hand_over(
        &mut self,
        file: usize,
        mut document: Document,
        externals: &FxHashMap<String, Symbol>,
        hand_over: &mut dyn FnMut(Indexed),
    ) {
        if document.language.is_empty() {
            PYTHON.clone_into(&mut document.language);
        }
        // scip-python counts as JavaScript does, and does not say so.
        let default = if self.header.producer == SCIP_PYTHON { Column::Utf16 } else { Column::Utf8 };
        let mut described = self.referred_to(&document, externals);
        if self.header.producer == SCIP_PYTHON {
            let mut symbols = undescribed(&document);
            match self.origin {
                // What one run says depends on the order of its files.
                Origin::Runs => keep_own_symbols(&mut document),
                // What the user has is what it is, and may say it nowhere else.
                Origin::User => symbols.append(&mut described),
            }
            described = symbols;
        }
        let externals: Vec<Symbol> = described.into_values().collect();
        let source = match self.request.text(file) {
            Ok(Some(source)) => source,
            Ok(None) => return,
            Err(path) => return self.raced.push(path),
        };
        let mut problems = Vec::new();
        if let Some(number) = document.unknown_encoding {
            let unit = match default {
                Column::Utf8 => "bytes",
                Column::Utf16 => "UTF-16 units",
                Column::Utf32 => "code points",
            };
            let message = format!("the index uses an unknown column encoding ({number}); columns are read as {unit}");
            problems.push(Problem::warning(Stage::Index, message));
        }
        // Its ranges are ranges of the text that its producer saw.
        let other = document.take_other_text(&source.text);
        if let Some(text) = &other {
            self.request.is_of_other_text(file, ContentHash::of(text.as_bytes()));
            self.other_texts.push(self.request.files[file].path.clone());
        }
        let source = match &other {
            Some(text) => Source::new(text),
            None => Source { text: &source.text, has_mark: source.has_mark },
        };
        let placed = document.place(source, default, externals);
        if placed.misplaced > 0 {
            let message = format!("{} outside the file, left out", count(placed.misplaced, "occurrence"));
            problems.push(Problem::warning(Stage::Index, message));
        }
        hand_over(Indexed {
            file,
            document: placed,
            producer: self.header.producer.clone().into(),
            producer_version: self.header.producer_version.clone().into(),
            problems,
        });
    }

    /// What is known of the symbols from elsewhere that a document refers to.
    fn referred_to(&mut self, document: &Document, externals: &FxHashMap<String, Symbol>) -> BTreeMap<String, Symbol> {
        let found: BTreeMap<&str, &Symbol> = document
            .occurrences
            .iter()
            .filter(|occurrence| !occurrence.is_local())
            .filter_map(|occurrence| Some((&*occurrence.symbol, externals.get(&occurrence.symbol)?)))
            .collect();
        let mut is_shortened = false;
        let mut described = |symbol: &Symbol| match self.descriptions.checked_sub(symbol.text_bytes()) {
            Some(left) => {
                self.descriptions = left;
                symbol.clone()
            }
            None => {
                is_shortened = true;
                Symbol { symbol: symbol.symbol.clone(), ..Symbol::default() }
            }
        };
        let referred = found.into_iter().map(|(name, symbol)| (name.to_owned(), described(symbol))).collect();
        self.undescribed += usize::from(is_shortened);
        referred
    }
}

/// The symbols of other packages that a document of scip-python refers to. What scip-python says of them, and whether it does,
/// depends on which file it visits first.
fn undescribed(document: &Document) -> BTreeMap<String, Symbol> {
    let package = |symbol: &str| symbol.splitn(5, ' ').take(4).map(str::to_owned).collect::<Vec<_>>();
    let own: BTreeSet<Vec<String>> = document.symbols.iter().map(|symbol| package(&symbol.symbol)).collect();
    let others = document.occurrences.iter().filter(|occurrence| !occurrence.is_local());
    let others = others.filter(|occurrence| !own.contains(&package(&occurrence.symbol)));
    let symbols: BTreeSet<&String> = others.map(|occurrence| &occurrence.symbol).collect();
    let bare = |symbol: &String| (symbol.clone(), Symbol { symbol: symbol.clone(), ..Symbol::default() });
    symbols.into_iter().map(bare).collect()
}

/// Forget what scip-python says of attributes of classes in other files, whose documents say it, too.
fn keep_own_symbols(document: &mut Document) {
    let is_module = |occurrence: &&Occurrence| {
        occurrence.roles & Role::Definition as u32 != 0
            && occurrence.range == Range::default()
            && occurrence.symbol.ends_with("/__init__:")
    };
    let Some(module) = document.occurrences.iter().find(is_module) else { return };
    let own = module.symbol.trim_end_matches("__init__:").to_owned();
    document.symbols.retain(|symbol| symbol.symbol.starts_with("local ") || symbol.symbol.starts_with(&own));
}
