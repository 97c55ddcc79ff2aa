//! Indexes of other programs to documents: each file gets the part that speaks of it, put right and in place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use codeintel_base::{Column, PYTHON, Problem, RepoPath, Stage};
use codeintel_scip::{Document, Header, IndexReader, Occurrence, Part, Range, Role, Root, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

use super::indexer::{IndexRequest, Indexed};

/// The name of scip-python's program and of the indexes that it makes.
pub(super) const SCIP_PYTHON: &str = "scip-python";

/// Takes indexes apart.
pub(super) struct Intake<'a> {
    request: &'a IndexRequest<'a>,
    origin: Origin,
    /// The files that were asked for and have no document yet.
    missing: FxHashSet<usize>,
    header: Header,
    /// Documents of files that are not scanned.
    pub(super) unknown: Vec<RepoPath>,
    pub(super) raced: Vec<RepoPath>,
    pub(super) warnings: Vec<(Option<String>, String)>,
}

/// Where indexes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Runs of an indexer, each of which may have documents of other files than it was asked for.
    Runs,
    /// The user, who has the one index.
    User,
}

impl<'a> Intake<'a> {
    /// Take documents of the files that are asked for.
    pub(super) fn new(request: &'a IndexRequest<'a>, origin: Origin) -> Self {
        Self {
            request,
            origin,
            missing: request.pending.iter().copied().collect(),
            header: Header::default(),
            unknown: Vec::new(),
            raced: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Take the documents of an index that are missing, one at a time. What comes behind an error is lost.
    pub(super) fn index(
        &mut self,
        folder: &Path,
        open: &dyn Fn() -> Result<BufReader<File>, String>,
        hand_over: &mut dyn FnMut(Indexed),
    ) -> Result<(), String> {
        let mut externals: FxHashMap<String, Symbol> = FxHashMap::default();
        let mut paths = Vec::new();
        for part in IndexReader::new(&mut open()?).outline() {
            match part {
                Ok(Part::Document(document)) => paths.push(document.relative_path),
                Ok(Part::External(symbol)) => {
                    externals.insert(symbol.symbol.clone(), symbol);
                }
                // What is wrong with it is told by the second look.
                Ok(Part::Header(_)) | Err(_) => {}
            }
        }
        let request = self.request;
        let is_file = |path: &RepoPath| request.position(path).is_some();
        let find_root = |header: &Header| Root::find(&header.project_root, folder, &paths, is_file);
        let mut root = find_root(&Header::default());
        for part in IndexReader::new(&mut open()?) {
            match part.map_err(|error| error.to_string())? {
                Part::Header(header) => {
                    root = find_root(&header);
                    self.warnings.extend(root.doubt().map(|doubt| (None, doubt)));
                    self.header = header;
                }
                Part::Document(document) => self.document(&root, document, &externals, hand_over),
                Part::External(_) => {}
            }
        }
        Ok(())
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
            Err(error) => {
                self.warnings.push((Some(document.relative_path), error.to_string()));
                return;
            }
        };
        match self.request.position(&path) {
            Some(file) if self.missing.remove(&file) => self.hand_over(file, document, externals, hand_over),
            // Runs may have documents that nobody asked for, or that another one had, too.
            Some(_) if self.origin == Origin::Runs => {}
            Some(_) => {
                let message = "the index has another document of this file, which is left out".to_owned();
                self.warnings.push((Some(path.to_string()), message));
            }
            None => self.unknown.push(path),
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
        let mut described = referred_to(&document, externals);
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
        match self.request.place(file, document, default, externals) {
            Ok(Some(placed)) => {
                let mut problems = Vec::new();
                if placed.misplaced > 0 {
                    let message = format!("{} occurrences do not lie in the file and are left out", placed.misplaced);
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
            Ok(None) => {}
            Err(path) => self.raced.push(path),
        }
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

/// What is known of the symbols from elsewhere that a document refers to.
fn referred_to(document: &Document, externals: &FxHashMap<String, Symbol>) -> BTreeMap<String, Symbol> {
    let found: BTreeMap<&str, &Symbol> = document
        .occurrences
        .iter()
        .filter(|occurrence| !occurrence.is_local())
        .filter_map(|occurrence| Some((&*occurrence.symbol, externals.get(&occurrence.symbol)?)))
        .collect();
    found.into_iter().map(|(name, symbol)| (name.to_owned(), symbol.clone())).collect()
}
