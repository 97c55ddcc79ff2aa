//! Bytes of an index to documents in a text. The first two bytes say how long the text is that stands before the index.
#![no_main]

use std::io::Cursor;
use std::path::Path;

use codeintel_base::{Column, RepoPath};
use codeintel_datasets::DocumentRows;
use codeintel_scip::{Document, Header, IndexReader, IndexWriter, Part, RepositoryFiles, Root, ScipError, Source};
use libfuzzer_sys::fuzz_target;

/// A repository with some files.
struct Files;

impl RepositoryFiles for Files {
    fn is_file(&self, path: &RepoPath) -> bool {
        ["a.py", "src/a.py", "src/pkg/b.py"].contains(&path.as_str())
    }

    fn is_folder(&self, path: &RepoPath) -> bool {
        ["src", "src/pkg"].contains(&path.as_str())
    }
}

fn read(index: &[u8]) -> Result<Vec<Part>, ScipError> {
    IndexReader::new(&mut Cursor::new(index)).collect()
}

fuzz_target!(init: codeintel_fuzz::write_seeds("scip_reader"), |input: &[u8]| {
    let [low, high, rest @ ..] = input else { return };
    let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
    let (text, index) = rest.split_at(length);
    let text = String::from_utf8_lossy(text);
    let outline: Result<Vec<Part>, ScipError> = IndexReader::new(&mut Cursor::new(index)).outline().collect();
    let parts = read(index);
    // Whatever can be read in outline can be read, and the other way round.
    let (outline, parts) = match (outline, parts) {
        (Ok(outline), Ok(parts)) => (outline, parts),
        (Err(outline), Err(whole)) => return assert_eq!(outline.to_string(), whole.to_string()),
        (outline, whole) => panic!("{outline:?}\n{whole:?}"),
    };
    assert_eq!(outline.len(), parts.len());
    let paths: Vec<String> = outline.iter().filter_map(|part| Some(document(part)?.relative_path.clone())).collect();
    let headers = parts.iter().filter_map(|part| if let Part::Header(header) = part { Some(header) } else { None });
    for Header { project_root, .. } in headers {
        let root = Root::find(project_root, Path::new("/work/repo"), &paths, &Files);
        let _doubt = root.doubt();
        for path in paths.iter().filter_map(|path| root.locate(path).ok()) {
            assert!(path.as_str().split('/').all(|part| !part.is_empty() && part != "." && part != ".."), "{path}");
        }
    }
    let mut rows = DocumentRows::default();
    let mut written = IndexWriter::new(Vec::new(), &Header::default()).expect("a Vec takes all");
    let mut documents = Vec::new();
    for mut document in parts.iter().filter_map(document).cloned() {
        let other = document.take_other_text(&text);
        for source in [Source::new(other.as_deref().unwrap_or(&text)), Source { text: &text, has_mark: true }] {
            let placed = document.clone().place(source, Column::Utf16, Vec::new());
            for (occurrence, (start, end)) in &placed.occurrences {
                assert!(source.text.get(*start as usize..*end as usize).is_some(), "{occurrence:?}");
            }
            assert_eq!(placed.occurrences.len() + placed.misplaced, document.occurrences.len() + document.malformed);
            let _digest = placed.digest();
            rows.push(1, &placed);
        }
        document.malformed = 0;
        document.unknown_encoding = None;
        written.document(&document).expect("a Vec takes all");
        documents.push(document);
    }
    let _rows = rows.take();
    // What is written is read.
    let again = read(&written.finish().expect("a Vec takes all")).expect("it is an index");
    assert_eq!(again.iter().filter_map(document).collect::<Vec<_>>(), documents.iter().collect::<Vec<_>>());
});

fn document(part: &Part) -> Option<&Document> {
    if let Part::Document(document) = part { Some(document) } else { None }
}
