//! `core.problems`: what went wrong, until it is mended.

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// Problems that lie in the bytes of a content.
    problems {
        content_id: Int,
        stage: Text,
        severity: Text,
        message: Text,
        lineno: Null<Int>,
        col_offset: Null<Int>,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.problems",
    version: 3,
    tables: &[&problems::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.problems",
    doc: "One row for each thing that went wrong with a file or a tool.\n\n\
          A file that cannot be decoded or parsed is here, and its rows in other tables are what could be recovered. Of the syntax errors \
          of one file a hundred are listed, and one more row counts the others. A row \
          stays until the file changes, or the tool that failed no longer does. Stages: `settings` (settings of the \
          repository that are not obeyed), `scan` (finding and reading files, and the repository's own metadata), `decode` (bytes to text), `parse` (text to syntax tree), `index` (names to what they stand \
          for) and `check` (type checkers and linters).",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ? "Path from the repository's root; bytes that are not UTF-8 are shown as `\u{fffd}`.";
        dataset Varchar ! "The first dataset that misses something.";
        stage Varchar ! "`settings`, `scan`, `decode`, `parse`, `index` or `check`.";
        severity Varchar ! "`error` where facts are missing, else `warning`.";
        message Varchar ! "One sentence.";
        lineno Integer ? "Line, from 1.";
        col_offset Integer ? "Column, from 0, in UTF-8 bytes.";
    },
    from: From::Query(
        "SELECT s.repo, s.commit, f.rel_path, 'core.ast_nodes' AS dataset, t.stage, t.severity, t.message, t.lineno, \
           t.col_offset FROM {complete} s JOIN store.files f USING (snapshot_id) JOIN store.problems t USING (content_id) \
           UNION ALL SELECT s.repo, s.commit, t.rel_path, t.dataset, t.stage, t.severity, t.message, NULL, NULL \
           FROM {snapshots} s JOIN store.scan_problems t USING (snapshot_id) \
           UNION ALL SELECT s.repo, s.commit, f.rel_path, 'scip.documents', 'index', t.severity, t.message, NULL, NULL \
           FROM {snapshots} s JOIN store.files f USING (snapshot_id) JOIN store.document_problems t USING (document_id)",
    ),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, problems::Columns>, content_id: i32, extraction: Extraction<'_>) {
    for problem in extraction.problems {
        columns.push(problems::Row {
            content_id,
            stage: problem.stage.as_str(),
            severity: problem.severity.as_str(),
            message: &problem.shown_message(),
            lineno: problem.lineno.map(|line| line as i32),
            col_offset: problem.col_offset.map(|column| column as i32),
        });
    }
}
