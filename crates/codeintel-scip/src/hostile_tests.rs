//! Indexes that no producer would write: each is read quickly or refused, with the place where it is wrong.

use std::io::Cursor;
use std::time::{Duration, Instant};

use codeintel_base::{Column, RepoPath};

use crate::*;

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A field with bytes.
fn field(number: u64, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    declared(number, bytes.as_ref().len() as u64, bytes)
}

/// A field that says how many bytes it has.
fn declared(number: u64, length: u64, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [&*varint(number << 3 | 2), &*varint(length), bytes.as_ref()].concat()
}

/// A field with a number.
fn number(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value as u64)].concat()
}

fn header() -> Vec<u8> {
    field(1, [])
}

/// An index with one document: its path and the fields behind it.
fn index(path: &str, fields: &[Vec<u8>]) -> Vec<u8> {
    [header(), field(2, [field(1, path), fields.concat()].concat())].concat()
}

/// An occurrence by its range, written without tags.
fn occurrence(range: &[i64]) -> Vec<u8> {
    let range = range.iter().flat_map(|number| varint(*number as u64)).collect::<Vec<_>>();
    field(2, [field(1, range), field(2, "x")].concat())
}

/// Read an index whole and in outline, which must say the same of it.
fn read(bytes: &[u8]) -> Result<Vec<Part>, String> {
    let start = Instant::now();
    let whole: Result<Vec<Part>, _> = IndexReader::new(&mut Cursor::new(bytes)).collect();
    let outline: Result<Vec<Part>, _> = IndexReader::new(&mut Cursor::new(bytes)).outline().collect();
    let (whole, outline) = (whole.map_err(|error| error.to_string()), outline.map_err(|error| error.to_string()));
    assert_eq!(whole.as_ref().err(), outline.as_ref().err());
    assert_eq!(whole.as_ref().map(Vec::len), outline.as_ref().map(Vec::len));
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    whole
}

/// Read an index, and look at what is said of it: the error, or the numbers of documents, of occurrences and of those that are none.
#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    let found = read(bytes).map_or_else(
        |error| error,
        |parts| {
            let documents =
                parts.iter().filter_map(|part| if let Part::Document(one) = part { Some(one) } else { None });
            let count = |of: fn(&Document) -> usize| documents.clone().map(of).sum::<usize>();
            format!(
                "{} {} {}",
                count(|_| 1),
                count(|document| document.occurrences.len()),
                count(|document| document.malformed)
            )
        },
    );
    assert_eq!(found, expected);
}

const NOT_AN_INDEX: &str = "not a complete SCIP index:";

#[test]
fn a_length_is_not_believed_before_the_bytes_are_there() {
    let rest = field(1, "pkg/a.py");
    let cut = |length: u64| [header(), declared(2, length, &rest)].concat();
    let truncated =
        |length: u64| format!("{NOT_AN_INDEX} {length} bytes expected, 10 found (byte 2, document `pkg/a.py`)");
    for length in [11, 1 << 20, (1 << 31) - 1, 1 << 40, u64::MAX / 2] {
        check(&cut(length), &truncated(length));
    }
    // A field in a document, in an occurrence, and one that nobody needs.
    let too_long = |offset: u64| {
        format!("{NOT_AN_INDEX} a field is longer than the message around it (byte {offset}, document `a.py`)")
    };
    check(&index("a.py", &[declared(2, 1 << 31, [])]), &too_long(16));
    check(&index("a.py", &[declared(2, 1 << 62, [])]), &too_long(20));
    check(&index("a.py", &[field(2, declared(2, 9, "x"))]), &too_long(14));
    check(&index("a.py", &[declared(99, 9, "x")]), &too_long(14));
    check(
        &[header(), declared(77, 9, "x")].concat(),
        &format!("{NOT_AN_INDEX} a field is longer than the message around it (byte 2)"),
    );
    let symbol = "not a complete SCIP index: 99 bytes expected, 3 found (byte 2)";
    check(&[header(), declared(3, 99, field(1, "x"))].concat(), symbol);
}

#[test]
fn every_cut_but_one_between_two_parts_is_noticed() {
    let parts = [header(), field(2, [field(1, "a.py"), occurrence(&[0, 0, 1])].concat()), field(3, field(1, "x"))];
    let whole = parts.concat();
    let mut ends = vec![];
    for part in &parts {
        ends.push(ends.last().unwrap_or(&0) + part.len());
    }
    for length in 1..=whole.len() {
        assert_eq!(read(&whole[..length]).is_ok(), ends.contains(&length), "{length}");
    }
}

#[test]
fn what_no_producer_writes_is_refused_with_its_place() {
    check(&[], "not a SCIP index: it does not begin with its metadata");
    check(&field(2, field(1, "a.py")), "not a SCIP index: it does not begin with its metadata");
    let refused = |fields: Vec<u8>, reason: &str| {
        check(&index("a.py", &[fields]), &format!("{NOT_AN_INDEX} {reason}, document `a.py`)"));
    };
    refused(field(4, b"\xff\xfe"), "a string is not valid UTF-8 (byte 12");
    refused(field(2, field(2, b"\xc3")), "a string is not valid UTF-8 (byte 14");
    refused(field(3, field(4, field(1, b"\x80"))), "a string is not valid UTF-8 (byte 16");
    // Groups, which no version of the schema has, deeper than any stack; types and numbers of fields that do not exist.
    refused(varint(99 << 3 | 3).repeat(100_000), "a field has the invalid tag 795 (byte 14");
    refused(varint(99 << 3 | 4), "a field has the invalid tag 796 (byte 12");
    refused(varint(99 << 3 | 7), "a field has the invalid tag 799 (byte 12");
    refused(vec![0, 0], "a field has the invalid tag 0 (byte 11");
    for bytes in [&[0xff; 11][..], &[0xff; 4], &[0x80; 20]] {
        for fields in [bytes.to_vec(), [varint(6 << 3), bytes.to_vec()].concat(), field(2, field(1, bytes))] {
            let error = read(&index("a.py", &[fields])).unwrap_err();
            assert!(error.starts_with(NOT_AN_INDEX) && error.ends_with(", document `a.py`)"), "{error}");
        }
    }
    // A path cannot break a line, and is not shown beyond what can be read.
    let path = format!("a\n\u{7}{}", "b".repeat(1000));
    let error = read(&index(&path, &[field(4, b"\xff")])).unwrap_err();
    assert!(error.ends_with(&format!("document `a\\n\\u{{7}}{}…`)", "b".repeat(197))), "{error}");
}

#[test]
fn ranges_that_are_none_are_counted_and_cost_nothing() {
    let none: [&[i64]; 8] = [&[], &[1], &[1, 2], &[1, 2, 3, 4, 5], &[1, 3, 2], &[-1, 0, 1], &[0, -5, 1], &[2, 0, 1, 5]];
    check(&index("a.py", &none.map(occurrence)), "1 0 8");
    check(&index("a.py", &[occurrence(&[0, 0, 1]), occurrence(&vec![0; 100_000])]), "1 1 1");
    // Of two bytes each: in memory they would be two hundred.
    check(&index("a.py", &[field(2, []).repeat(300_000)]), "1 0 300000");
}

#[test]
fn what_would_take_too_much_memory_is_refused() {
    let too_much = |bytes: &[u8]| {
        let error = read(bytes).unwrap_err();
        assert!(error.contains("it needs more than 2 MiB of memory"), "{error}");
    };
    let relationships = field(3, field(4, []).repeat(70_000));
    too_much(&index("a.py", &[relationships]));
    too_much(&index("a.py", &[field(3, []).repeat(20_000)]));
    let range = field(2, field(1, [0, 0, 0]));
    too_much(&index("a.py", &[range.repeat(40_000)]));
    let documents = field(2, []).repeat(200_000);
    let outline: Result<Vec<Part>, _> =
        IndexReader::new(&mut Cursor::new([header(), documents].concat())).outline().collect();
    assert!(outline.unwrap_err().to_string().contains("more than 4 MiB of memory"));
}

#[test]
fn an_encoding_that_is_not_known_is_told() {
    let document = |encoding: i64| match read(&index("a.py", &[number(6, encoding)])).unwrap().pop() {
        Some(Part::Document(document)) => (document.encoding, document.unknown_encoding),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [0, 2, 9, -1].map(document),
        [(None, None), (Some(Column::Utf16), None), (None, Some(9)), (None, Some(-1))]
    );
}

#[test]
fn metadata_may_come_again() {
    let root = |root: &str| field(1, field(3, root));
    let parts = read(&[root("file:///a"), field(2, field(1, "x.py")), root("file:///b")].concat()).unwrap();
    let headers = parts
        .iter()
        .filter_map(|part| if let Part::Header(header) = part { Some(&*header.project_root) } else { None });
    assert_eq!(headers.collect::<Vec<_>>(), ["file:///a", "file:///b"]);
}

/// Place occurrences, quickly.
fn place(text: &str, encoding: Column, occurrences: Vec<Occurrence>) -> PlacedDocument {
    let start = Instant::now();
    let document = Document { encoding: Some(encoding), occurrences, ..Document::default() };
    let placed = document.place(Source::new(text), Column::Utf8, Vec::new());
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    placed
}

fn occurrences(ranges: impl Iterator<Item = Range>) -> Vec<Occurrence> {
    ranges.map(|range| Occurrence { range, ..Occurrence::default() }).collect()
}

fn range(start_line: u32, start_col: u32, end_line: u32, end_col: u32) -> Range {
    Range { start_line, start_col, end_line, end_col }
}

#[test]
fn a_long_line_with_many_occurrences_is_placed_in_linear_time() {
    let text = "é😀x".repeat(100_000);
    let columns = [(Column::Utf8, [0, 2, 6, 7]), (Column::Utf16, [0, 1, 3, 4]), (Column::Utf32, [0, 1, 2, 3])];
    for (encoding, [start, emoji, letter, width]) in columns {
        let ranges = (0..100_000).flat_map(|i| {
            [(start, emoji), (letter, width)].map(|(start, end)| range(0, i * width + start, 0, i * width + end))
        });
        let placed = place(&text, encoding, occurrences(ranges));
        let texts = placed.occurrences.iter().map(|(_, (start, end))| &text[*start as usize..*end as usize]);
        assert!(texts.eq((0..100_000).flat_map(|_| ["é", "x"])), "{encoding:?}");
        assert_eq!(placed.misplaced, 0);
    }
}

#[test]
fn places_that_are_none_in_a_long_line_are_none() {
    let text = format!("{}\nx", "é😀x".repeat(1000));
    let lines = codeintel_base::LineIndex::new(&text);
    for encoding in [Column::Utf16, Column::Utf32] {
        let all = (0..4100)
            .map(|column| range(0, column, 0, column))
            .chain([range(9, 0, 9, 0), range(0, u32::MAX >> 1, 1, 0)]);
        let placed = place(&text, encoding, occurrences(all.clone()));
        let offset = |range: Range| {
            let position = |line: u32, column| codeintel_base::Position { line: line + 1, column };
            let start = lines.offset(position(range.start_line, range.start_col), &text, encoding)?;
            Some((start, lines.offset(position(range.end_line, range.end_col), &text, encoding)?))
        };
        let expected: Vec<(u32, u32)> = all.filter_map(offset).collect();
        assert_eq!(placed.occurrences.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>(), expected, "{encoding:?}");
    }
}

#[test]
fn a_range_around_an_occurrence_that_lies_in_no_text_is_left_out() {
    let around = |enclosing| {
        let occurrence = Occurrence { range: range(0, 0, 0, 1), enclosing: Some(enclosing), ..Occurrence::default() };
        place("x = 1\n", Column::Utf8, vec![occurrence]).occurrences[0].0.enclosing
    };
    let possible = [range(0, 0, 0, 5), range(0, 0, 1, 0), range(0, 0, 2, 0)];
    assert_eq!(possible.map(around), possible.map(Some));
    let most = i32::MAX as u32;
    assert_eq!([range(0, 0, 3, 0), range(0, 0, most, 0), range(0, 0, 1, most)].map(around), [None; 3]);
}

#[test]
fn another_text_is_noticed_and_other_ends_of_lines_are_not() {
    let other = |own: &str, text: &str| {
        let mut document = Document { text: Some(own.to_owned()), ..Document::default() };
        document.take_other_text(text).is_some()
    };
    for (own, is_other) in [
        ("a\nb\n", false),
        ("a\r\nb\r\n", false),
        ("a\rb\r", false),
        ("\u{feff}a\nb\n", false),
        ("a\nb", true),
        ("a\n\nb\n", true),
        ("", true),
    ] {
        assert_eq!(other(own, "a\nb\n"), is_other, "{own:?}");
    }
    assert!(Document::default().take_other_text("a\n").is_none());
}

/// A repository of one file.
struct OneFile;

impl RepositoryFiles for OneFile {
    fn is_file(&self, path: &RepoPath) -> bool {
        path.as_str() == "src/a.py"
    }

    fn is_folder(&self, path: &RepoPath) -> bool {
        path.as_str() == "src"
    }
}

#[test]
fn a_root_of_any_length_and_paths_of_any_kind_are_placed_in_linear_time() {
    let start = Instant::now();
    let deep = "/d".repeat(20_000);
    let many: Vec<String> = (0..2_000).map(|i| format!("x{i}.py")).chain(["a.py".to_owned()]).collect();
    let up: Vec<String> = vec!["../".repeat(20_000) + "a.py", "d/../".repeat(20_000) + "src/a.py"];
    let check = |root: &str, paths: &[String], path: &str, expected: Option<&str>| {
        let root = Root::find(root, std::path::Path::new("/work"), paths, &OneFile);
        assert!(root.doubt().is_none_or(|doubt| doubt.len() < 1000));
        let all = paths.iter().filter(|path| root.locate(path).is_ok()).count();
        assert!(all <= paths.len());
        assert_eq!(root.locate(path).map(|path| path.to_string()).ok().as_deref(), expected);
    };
    check(&format!("file://{deep}/src"), &many, "a.py", Some("src/a.py"));
    check(&format!("file:///work{deep}"), &many, "a.py", None);
    check(&format!("file:///work{deep}"), &up, &up[0], Some("a.py"));
    check(&format!("{deep}/.."), &up, &up[1], Some("src/a.py"));
    check(&format!("file:///{}", "../".repeat(20_000)), &many, "src/a.py", Some("src/a.py"));
    check(&"src/".repeat(20_000), &many, "a.py", Some("src/a.py"));
    check("file:///%00%ff/\u{0}", &many, "\0", Some("\0"));
    check("file:///C:/ci", &many, "src\\a.py", Some("src\\a.py"));
    check("", &many, &"x/".repeat(5000), None);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}
