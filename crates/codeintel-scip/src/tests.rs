//! What is written can be read, and what others write is understood.

use std::io::Cursor;

use codeintel_base::Column;
use proptest::prelude::*;
use protobuf::Message as _;
use scip::types;
use scip::types::occurrence::{Typed_enclosing_range, Typed_range};

use crate::*;

fn parts(bytes: &[u8]) -> Result<Vec<Part>, ScipError> {
    IndexReader::new(&mut Cursor::new(bytes)).collect()
}

fn read_document(document: types::Document) -> Document {
    let index = types::Index {
        metadata: Some(types::Metadata::default()).into(),
        documents: vec![document],
        ..types::Index::default()
    };
    match parts(&index.write_to_bytes().unwrap()).unwrap().pop() {
        Some(Part::Document(document)) => document,
        other => panic!("{other:?}"),
    }
}

fn range(start_line: u32, start_col: u32, end_line: u32, end_col: u32) -> Range {
    Range { start_line, start_col, end_line, end_col }
}

#[test]
fn ranges_are_read_in_all_their_forms() {
    let old = |range: &[i32], enclosing_range: &[i32]| types::Occurrence {
        range: range.to_vec(),
        enclosing_range: enclosing_range.to_vec(),
        ..types::Occurrence::default()
    };
    let typed = types::Occurrence {
        // The typed form counts.
        range: vec![9, 9, 9],
        typed_range: Some(Typed_range::SingleLineRange(types::SingleLineRange {
            line: 1,
            start_character: 2,
            end_character: 3,
            ..types::SingleLineRange::default()
        })),
        typed_enclosing_range: Some(Typed_enclosing_range::MultiLineEnclosingRange(types::MultiLineRange {
            start_line: 1,
            start_character: 0,
            end_line: 4,
            end_character: 5,
            ..types::MultiLineRange::default()
        })),
        ..types::Occurrence::default()
    };
    let document = read_document(types::Document {
        occurrences: vec![old(&[1, 2, 3], &[1, 0, 4, 5]), typed, old(&[1, 2, 4, 0], &[])],
        ..types::Document::default()
    });
    let found: Vec<_> =
        document.occurrences.iter().map(|occurrence| (occurrence.range, occurrence.enclosing)).collect();
    let first = (range(1, 2, 1, 3), Some(range(1, 0, 4, 5)));
    assert_eq!(found, [first, first, (range(1, 2, 4, 0), None)]);
}

#[test]
fn ranges_that_are_none_are_counted() {
    let occurrence = |range: &[i32]| types::Occurrence { range: range.to_vec(), ..types::Occurrence::default() };
    let bad: [&[i32]; 5] = [&[], &[1, 2], &[1, 3, 2], &[-1, 0, 1], &[2, 0, 1, 5]];
    let occurrences = bad.iter().map(|range| occurrence(range)).chain([occurrence(&[0, 0, 0])]).collect();
    let document = read_document(types::Document { occurrences, ..types::Document::default() });
    assert_eq!((document.occurrences.len(), document.malformed), (1, 5));
}

#[test]
fn encodings_are_kept_apart() {
    for (encoding, expected) in [
        (types::PositionEncoding::UnspecifiedPositionEncoding, None),
        (types::PositionEncoding::UTF8CodeUnitOffsetFromLineStart, Some(Column::Utf8)),
        (types::PositionEncoding::UTF16CodeUnitOffsetFromLineStart, Some(Column::Utf16)),
        (types::PositionEncoding::UTF32CodeUnitOffsetFromLineStart, Some(Column::Utf32)),
    ] {
        let document =
            read_document(types::Document { position_encoding: encoding.into(), ..types::Document::default() });
        assert_eq!(document.encoding, expected);
        assert_eq!(read_document(document.to_message()).encoding, expected);
    }
}

#[test]
fn what_is_no_index_is_an_error_and_never_a_panic() {
    assert!(matches!(parts(b""), Err(ScipError::NoHeader)));
    assert!(matches!(parts(b"hello"), Err(ScipError::NoHeader)));
    let document = types::Index { documents: vec![types::Document::default()], ..types::Index::default() };
    assert!(matches!(parts(&document.write_to_bytes().unwrap()), Err(ScipError::NoHeader)));
    let whole = written(&Header::default(), &[sample()], &[]);
    for length in 0..whole.len() {
        let read: Vec<_> = IndexReader::new(&mut Cursor::new(&whole[..length])).collect();
        // Cut between two parts it is an index of fewer parts; anywhere else the last part is an error.
        assert!(read.len() <= 3, "{length}");
    }
}

#[test]
fn an_outline_has_the_paths_of_documents_and_the_whole_of_external_symbols() {
    let external = Symbol { symbol: "x".to_owned(), signature: "x: int".to_owned(), ..Symbol::default() };
    let empty = Document::default();
    let bytes = written(&Header::default(), &[sample(), empty.clone()], std::slice::from_ref(&external));
    let read: Vec<Part> = IndexReader::new(&mut Cursor::new(&bytes)).outline().collect::<Result<_, _>>().unwrap();
    let path_only = Document { relative_path: "src/a.py".to_owned(), ..Document::default() };
    let expected = [path_only, empty].map(Part::Document).into_iter().chain([Part::External(external)]);
    assert_eq!(read, [Part::Header(Header::default())].into_iter().chain(expected).collect::<Vec<_>>());
    for length in 0..bytes.len() {
        assert!(IndexReader::new(&mut Cursor::new(&bytes[..length])).outline().count() <= 4, "{length}");
    }
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let mut bytes = written(&Header::default(), &[sample()], &[]);
    // Field 1000 with a number, field 1001 with a text.
    bytes.extend([0xc0, 0x3e, 0x07, 0xca, 0x3e, 0x02, b'h', b'i']);
    assert_eq!(parts(&bytes).unwrap().len(), 2);
}

fn sample() -> Document {
    Document {
        relative_path: "src/a.py".to_owned(),
        language: "python".to_owned(),
        encoding: Some(Column::Utf16),
        occurrences: vec![Occurrence {
            range: range(0, 6, 0, 7),
            symbol: "scip-python python p 0 `a`/A#".to_owned(),
            roles: Role::Definition as u32,
            enclosing: Some(range(0, 0, 1, 8)),
        }],
        symbols: vec![Symbol {
            symbol: "scip-python python p 0 `a`/A#".to_owned(),
            kind: Some("Class".to_owned()),
            display_name: "A".to_owned(),
            signature: "class A(B)".to_owned(),
            documentation: vec!["One.".to_owned(), "Zwei: ü 😀".to_owned()],
            enclosing_symbol: "scip-python python p 0 `a`/__init__:".to_owned(),
            relationships: vec![Relationship {
                symbol: "scip-python python p 0 `b`/B#".to_owned(),
                is_implementation: true,
                ..Relationship::default()
            }],
        }],
        ..Document::default()
    }
}

fn written(header: &Header, documents: &[Document], externals: &[Symbol]) -> Vec<u8> {
    let mut writer = IndexWriter::new(Vec::new(), header).unwrap();
    for document in documents {
        writer.document(document).unwrap();
    }
    for symbol in externals {
        writer.external(symbol).unwrap();
    }
    writer.finish().unwrap()
}

fn written_as_json(header: &Header, documents: &[Document], externals: &[Symbol]) -> String {
    let mut writer = JsonWriter::new(Vec::new(), header).unwrap();
    for document in documents {
        writer.document(document).unwrap();
    }
    for symbol in externals {
        writer.external(symbol).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// Go writes the fields of an index with the names, and in the order, in which `scip.pb.go` declares them, each with
/// `omitempty`, and enumerations as numbers.
#[test]
fn json_has_the_shape_that_go_gives_it() {
    let header = Header {
        project_root: "file:///work".to_owned(),
        producer: "codeintel".to_owned(),
        producer_version: "1".to_owned(),
    };
    let external = Symbol { symbol: "scip-python python std 3 `x`/y().".to_owned(), ..Symbol::default() };
    let metadata = r#"{"metadata":{"tool_info":{"name":"codeintel","version":"1"},"project_root":"file:///work","text_document_encoding":1}"#;
    let document = r#"{"language":"python","relative_path":"src/a.py","occurrences":[{"range":[0,6,7],"symbol":"scip-python python p 0 `a`/A#","symbol_roles":1,"enclosing_range":[0,0,1,8]}],"symbols":[{"symbol":"scip-python python p 0 `a`/A#","documentation":["One.","Zwei: ü 😀"],"relationships":[{"symbol":"scip-python python p 0 `b`/B#","is_implementation":true}],"kind":7,"display_name":"A","signature_documentation":{"text":"class A(B)"},"enclosing_symbol":"scip-python python p 0 `a`/__init__:"}],"position_encoding":2}"#;
    let symbol = r#"{"symbol":"scip-python python std 3 `x`/y()."}"#;
    let check = |documents: &[Document], externals: &[Symbol], expected: &str| {
        let found = written_as_json(&header, documents, externals);
        assert_eq!(found.replace("\": ", "\":").replace(", ", ","), expected);
    };
    check(&[], &[], &format!("{metadata}}}\n"));
    let parts = format!("\"documents\":[\n{document},\n{{}}],\"external_symbols\":[\n{symbol},\n{symbol}]");
    check(&[sample(), Document::default()], &[external.clone(), external], &format!("{metadata},{parts}}}\n"));
}

#[test]
fn json_says_what_protobuf_says() {
    let header = Header {
        project_root: "file:///work".to_owned(),
        producer: "codeintel".to_owned(),
        producer_version: "1".to_owned(),
    };
    let external = Symbol { symbol: "scip-python python std 3 `x`/y().".to_owned(), ..Symbol::default() };
    for (documents, externals) in
        [(vec![], vec![]), (vec![sample(), Document::default()], vec![external.clone(), external])]
    {
        let json = written_as_json(&header, &documents, &externals);
        let from_json: types::Index = protobuf_json_mapping::parse_from_str(&json).unwrap();
        let from_bytes = types::Index::parse_from_bytes(&written(&header, &documents, &externals)).unwrap();
        assert_eq!(from_json, from_bytes, "{json}");
    }
}

prop_compose! {
    fn ranges()(start in (0..9_u32, 0..99_u32), size in (0..3_u32, 0..99_u32)) -> Range {
        let end_col = if size.0 == 0 { start.1 + size.1 } else { size.1 };
        range(start.0, start.1, start.0 + size.0, end_col)
    }
}

prop_compose! {
    fn symbols()(
        texts in prop::array::uniform5(".{0,9}"), kind in prop::option::of(prop::sample::select(vec!["Class", "Method", "Variable"])),
        documentation in prop::collection::vec(".{0,9}", 0..3), flags in any::<[bool; 4]>(),
    ) -> Symbol {
        let [symbol, display_name, signature, enclosing_symbol, other] = texts;
        let [is_reference, is_implementation, is_type_definition, is_definition] = flags;
        let relationship = Relationship { symbol: other, is_reference, is_implementation, is_type_definition, is_definition };
        let kind = kind.map(str::to_owned);
        Symbol { symbol, kind, display_name, signature, documentation, enclosing_symbol, relationships: vec![relationship] }
    }
}

prop_compose! {
    fn documents()(
        relative_path in "[a-z/]{0,9}", language in "[a-z]{0,6}",
        encoding in prop::option::of(prop::sample::select(vec![Column::Utf8, Column::Utf16, Column::Utf32])),
        occurrences in prop::collection::vec((ranges(), ".{0,9}", 0..64_u32, prop::option::of(ranges())), 0..5),
        symbols in prop::collection::vec(symbols(), 0..3),
    ) -> Document {
        let occurrence = |(range, symbol, roles, enclosing)| Occurrence { range, symbol, roles, enclosing };
        let occurrences = occurrences.into_iter().map(occurrence).collect();
        Document { relative_path, language, encoding, occurrences, symbols, ..Document::default() }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        documents in prop::collection::vec(documents(), 0..4), externals in prop::collection::vec(symbols(), 0..3), root in ".{0,9}",
    ) {
        let header = Header { project_root: root, producer: "p".to_owned(), producer_version: "v".to_owned() };
        let read = parts(&written(&header, &documents, &externals)).unwrap();
        let expected = [Part::Header(header)]
            .into_iter()
            .chain(documents.into_iter().map(Part::Document))
            .chain(externals.into_iter().map(Part::External));
        prop_assert_eq!(read, expected.collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..100_usize) {
        let _read = parts(&bytes);
        let mut index = written(&Header::default(), &[sample()], &[]);
        for (at, byte) in bytes.iter().enumerate().take(3) {
            let place = (cut + at * 31) % index.len();
            index[place] = *byte;
        }
        let _read = parts(&index);
    }
}
