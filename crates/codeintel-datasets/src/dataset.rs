//! What facts and datasets are.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use codeintel_base::{ContentHash, Problem};
use codeintel_python::{Ast, Definition, ParsedFile};

use crate::fixture::{Case, cases};
use crate::table::{Column, StoredColumns, StoredTable};

/// Stored rows: who makes them, and in which version.
#[derive(Debug)]
pub struct Facts {
    /// The name under which the ledger knows them: that of the dataset that shows them first.
    pub name: &'static str,
    /// Raised whenever the rows of the same input would change.
    pub version: u32,
    /// The tables that hold the rows.
    pub tables: &'static [&'static StoredTable],
    /// Facts of the same key whose rows these rows name.
    pub uses: &'static [&'static Facts],
    /// Who makes the rows.
    pub maker: Maker,
}

/// Who makes stored rows, and so when they go stale. A closed list: it is all that store and engine must know of facts.
#[derive(Debug)]
pub enum Maker {
    /// The parse of one content. Stale never: a new content has new rows.
    Parse {
        /// The tree that the rows are read from.
        tree: Tree,
        /// Makes an empty collector of rows.
        rows: fn() -> Box<dyn Rows>,
    },
    /// An indexer, for one file and what it looks up in other files. Stale when the file's content or the interface of a file that it may look into is another one.
    Document,
    /// One run of a tool, for one file. Stale when the tool, its configuration or what it has read is another one.
    Report,
    /// A function of other facts and of the files of a snapshot: their paths, their modules and the source roots that these start from. Stale when the rows
    /// that it reads are others; what was derived from the same rows before is found again.
    Derived {
        /// Facts of contents that it reads.
        reads: &'static [&'static Facts],
        /// The query of its input. `{files}` stands for the files, with the columns of `store.files` that do not depend on who has scanned them when.
        input: &'static str,
        /// Makes the rows under a number, given the batches of the input: those of the tables in their order.
        build: fn(i32, &[RecordBatch]) -> Vec<RecordBatch>,
    },
}

/// What stored rows are facts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One content.
    Content,
    /// One document of an indexer.
    Document,
    /// What one run of a tool says of one file.
    Report,
    /// What is derived from the same rows.
    Derivation,
}

impl Key {
    /// The first column of the tables.
    pub fn column(self) -> &'static str {
        match self {
            Self::Content => "content_id",
            Self::Document => "facts_id",
            Self::Report => "report_id",
            Self::Derivation => "derivation_id",
        }
    }

    /// The SQL that joins the snapshots `s`, what leads from them to facts, and a table of facts `t`. Documents and reports may be there for some
    /// files only, since whoever makes them may fail.
    pub(crate) fn join(self, table: &str) -> String {
        let path = match self {
            Self::Content => "{complete} s JOIN store.files f USING (snapshot_id)",
            Self::Document => {
                "{snapshots} s JOIN store.files f USING (snapshot_id) JOIN store.documents d USING (document_id)"
            }
            Self::Report => {
                "{snapshots} s JOIN store.tool_runs r USING (snapshot_id) JOIN store.reports f USING (snapshot_id, tool)"
            }
            Self::Derivation => "{complete} s JOIN store.snapshot_derivations d USING (snapshot_id)",
        };
        format!("{path} JOIN store.{table} t USING ({})", self.column())
    }
}

impl Facts {
    /// What they are facts of.
    pub fn key(&self) -> Key {
        match self.maker {
            Maker::Parse { .. } => Key::Content,
            Maker::Document => Key::Document,
            Maker::Report => Key::Report,
            Maker::Derived { .. } => Key::Derivation,
        }
    }

    /// The tree of a content that they are read from, if they are.
    pub fn tree(&self) -> Option<Tree> {
        match self.maker {
            Maker::Parse { tree, .. } => Some(tree),
            Maker::Document | Maker::Report | Maker::Derived { .. } => None,
        }
    }

    /// The facts without which these are of no use or cannot be made.
    pub fn needs(&self) -> &'static [&'static Self] {
        match self.maker {
            Maker::Derived { reads, .. } => reads,
            Maker::Parse { .. } | Maker::Document | Maker::Report => self.uses,
        }
    }
}

/// A public table: how it is shown, and what of.
#[derive(Debug)]
pub struct Dataset {
    /// Schema and name, for example `core.ast_nodes`.
    pub name: &'static str,
    /// The docs page's text: a summary line, then details.
    pub doc: &'static str,
    /// The public columns, in order.
    pub columns: &'static [Column],
    /// Where the rows come from.
    pub from: From,
    /// The facts without which it has no rows. Where there are none, it shows what the store itself keeps of each snapshot.
    pub reads: &'static [&'static Facts],
    /// Facts that only add to its rows.
    pub also: &'static [&'static Facts],
}

/// Where the rows of a public table come from.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// One table of facts: each of its rows is a row for every file (`f`, of `store.files`) that it belongs to. A column is the one of its name in the
    /// table (`t`), in `f`, or for `repo` and `commit` in the snapshot (`s`), unless it has an expression of its own.
    Facts(&'static StoredTable),
    /// The files, likewise.
    Files,
    /// A query of its own, whose columns are those of the dataset, in their order. `{snapshots}` stands for the snapshots that it shows, `{complete}` for
    /// those of them that have its facts for every file: facts may be there for some files only, because they share contents with another snapshot or
    /// because a run was cut short. `{files}` stands for the files of the latter, with `repo` and `commit`. `{ast_kinds}` and the other names of
    /// [`crate::code_names`] stand for the names behind the codes, quoted and in the order of the codes.
    Query(&'static str),
}

/// The tree of a content that rows are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// CPython's abstract one.
    Abstract,
    /// LibCST's concrete one.
    Concrete,
}

/// What is known of one content.
#[derive(Debug, Clone, Copy)]
pub struct Extraction<'a> {
    /// Its syntax; none where the bytes could not be decoded.
    pub parsed: Option<Parsed<'a>>,
    /// What went wrong with it.
    pub problems: &'a [Problem],
}

/// The syntax of one content.
#[derive(Debug, Clone, Copy)]
pub struct Parsed<'a> {
    /// Text, tokens and lines.
    pub file: &'a ParsedFile,
    /// CPython's tree.
    pub ast: &'a Ast<'a>,
    /// The named scopes, the module first.
    pub definitions: &'a [Definition<'a>],
}

/// Collects the rows of many contents.
pub trait Rows: Send {
    /// Append the rows of a content, in all tables. Where one content has very many of them, they are passed on in between, so that they
    /// never have to be in memory together. The digest is asked for where other facts are derived from these. Returns the number of rows in
    /// the first table.
    fn extract(
        &mut self,
        content_id: i32,
        extraction: Extraction<'_>,
        pass_on: PassOn<'_>,
        digest: &mut RowsDigest,
    ) -> usize;

    /// Whether there are enough rows to be passed on.
    fn is_full(&self) -> bool;

    /// Take the rows: one batch for each table, in the order of the dataset's tables.
    fn take(&mut self) -> Vec<RecordBatch>;
}

/// What tells the rows of one content from those of another one, if it is asked for. Equal rows have equal digests in every database.
#[derive(Debug, Default)]
pub struct RowsDigest(Option<Vec<u8>>);

impl RowsDigest {
    /// One that is asked for, or not.
    pub fn new(is_asked_for: bool) -> Self {
        Self(is_asked_for.then(Vec::new))
    }

    /// The digest of the rows, if it was asked for.
    pub fn finish(self) -> Option<ContentHash> {
        self.0.map(|bytes| ContentHash::of(&bytes))
    }
}

/// Takes what [`Rows::take`] gives.
pub type PassOn<'a> = &'a mut dyn FnMut(Vec<RecordBatch>);

/// The rows of a dataset with one table.
pub(crate) struct Extractor<C> {
    columns: C,
    extract: fn(&mut Sink<'_, C>, i32, Extraction<'_>),
}

/// Where the rows of one content go.
pub(crate) struct Sink<'a, C> {
    columns: &'a mut C,
    pass_on: PassOn<'a>,
    digest: &'a mut RowsDigest,
    rows: usize,
}

impl<C: StoredColumns> Sink<'_, C> {
    pub(crate) fn push(&mut self, row: C::Row<'_>) {
        if let Some(bytes) = &mut self.digest.0 {
            C::digest(&row, bytes);
        }
        self.rows += 1;
        self.columns.push(row);
        if self.columns.is_full() {
            (self.pass_on)(vec![self.columns.take()]);
        }
    }
}

impl<C: StoredColumns> Extractor<C> {
    pub(crate) fn boxed(extract: fn(&mut Sink<'_, C>, i32, Extraction<'_>)) -> Box<dyn Rows> {
        Box::new(Self { columns: C::default(), extract })
    }
}

impl<C: StoredColumns> Rows for Extractor<C> {
    fn extract(
        &mut self,
        content_id: i32,
        extraction: Extraction<'_>,
        pass_on: PassOn<'_>,
        digest: &mut RowsDigest,
    ) -> usize {
        let mut sink = Sink { columns: &mut self.columns, pass_on, digest, rows: 0 };
        (self.extract)(&mut sink, content_id, extraction);
        sink.rows
    }

    fn is_full(&self) -> bool {
        self.columns.is_full()
    }

    fn take(&mut self) -> Vec<RecordBatch> {
        vec![self.columns.take()]
    }
}

impl Dataset {
    /// The part of the name before the dot.
    pub fn schema(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(schema, _)| schema)
    }

    /// The part of the name behind the dot.
    pub fn table(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, table)| table)
    }

    /// The facts that a run must have made of every content, or derived from them, before it can be shown, those first that others need.
    pub fn facts(&self) -> Vec<&'static Facts> {
        let read = self.reads.iter().filter(|facts| matches!(facts.key(), Key::Content | Key::Derivation));
        let mut facts: Vec<&'static Facts> =
            read.flat_map(|facts| facts.needs().iter().chain([facts])).copied().collect();
        let mut seen = BTreeSet::new();
        facts.retain(|facts| seen.insert(facts.name));
        facts
    }

    /// The first case of its fixture: the example on its page.
    pub fn example(&self) -> Case<'static> {
        let cases = cases(self.fixture()).expect("a test reads every fixture");
        cases.into_iter().next().expect("a test finds a case in every fixture")
    }

    /// The facts that are shown here first, if there are any.
    pub fn own_facts(&self) -> Option<&'static Facts> {
        self.reads.iter().copied().find(|facts| facts.name == self.name)
    }

    /// Whether it shows SCIP documents, or would with some; not if they only add to its rows.
    pub fn shows_documents(&self) -> bool {
        self.reads.iter().any(|facts| facts.key() == Key::Document)
    }
}
