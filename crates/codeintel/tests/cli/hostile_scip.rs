//! Indexes that are damaged, absurd or of something else: each is imported quickly or refused, and what is refused changes nothing.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Sandbox, stderr};

const SOURCES: &str = "#- pkg/a.py\nx = 1\n#- pkg/b.py\ny = 2\n";

/// A field with bytes, as protobuf writes it.
fn field(number: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    declared(number, bytes.as_ref().len(), bytes)
}

/// A field that says how many bytes it has.
fn declared(number: u8, mut length: usize, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    while length >= 0x80 {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes.as_ref());
    field
}

/// An index with a project root and some parts.
fn index(root: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    [field(1, [field(2, field(1, "odd")), field(3, root)].concat()), parts.concat()].concat()
}

/// A document with a path and other fields.
fn document(path: &str, fields: &[Vec<u8>]) -> Vec<u8> {
    field(2, [field(1, path), fields.concat()].concat())
}

/// An occurrence at the first character.
fn occurrence(symbol: &str) -> Vec<u8> {
    field(2, [field(1, [0, 0, 1]), field(2, symbol)].concat())
}

fn sandbox_with(index: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new(SOURCES);
    sandbox.write("in.scip", index);
    sandbox
}

/// Import with success within some seconds, and give what is said.
fn import(sandbox: &Sandbox, seconds: u64) -> String {
    let start = Instant::now();
    let said = sandbox.ok(&["scip", "import", "in.scip", "--repo", "o/r"]);
    assert!(start.elapsed() < Duration::from_secs(seconds), "{:?}", start.elapsed());
    said
}

fn rows(sandbox: &Sandbox) -> Vec<String> {
    let tables = ["scip.documents", "scip.occurrences", "scip.symbols", "core.problems"];
    tables.iter().flat_map(|table| sandbox.query(&format!("SELECT to_json(t) FROM {table} t ORDER BY ALL"))).collect()
}

#[test]
fn an_index_that_cannot_be_read_to_its_end_fails_and_changes_nothing() {
    let good = [document("pkg/a.py", &[occurrence("s1")]), document("pkg/b.py", &[occurrence("s2")])];
    let (before, whole) = (index("", &good[..1]), index("", &good));
    let untouched = sandbox_with(&whole);
    let sandbox = sandbox_with(&before);
    import(&sandbox, 60);
    let (rows_before, bytes_before) = (rows(&sandbox), fs::read(sandbox.path(".codeintel/codeintel.duckdb")).unwrap());
    assert!(rows_before.len() > 1);
    let check = |bytes: &[u8], reason: &str| {
        for sandbox in [&untouched, &sandbox] {
            sandbox.write("in.scip", bytes);
            let (code, said) = sandbox.fails(&["scip", "import", "in.scip", "--repo", "o/r"]);
            assert_eq!(code, 3, "{said}");
            assert!(
                said.contains(reason) && said.contains("in.scip: ") && said.contains("; nothing was imported"),
                "{said}"
            );
        }
        assert!(!untouched.path(".codeintel").exists(), "{reason}");
        assert_eq!(fs::read(sandbox.path(".codeintel/codeintel.duckdb")).unwrap(), bytes_before, "{reason}");
    };
    let last = whole.len() - 4;
    check(&whole[..last], "21 bytes expected, 17 found (byte 34, document `pkg/b.py`)");
    let two_gigabytes = [&*before, &declared(2, (1 << 31) - 1, field(1, "pkg/b.py"))].concat();
    check(&two_gigabytes, "2147483647 bytes expected, 10 found (byte 34, document `pkg/b.py`)");
    check(
        &[&*whole, &document("pkg/c.py", &[field(4, b"\xff")])].concat(),
        "a string is not valid UTF-8 (byte 71, document `pkg/c.py`)",
    );
    check(&[&*whole, b"\x12"].concat(), "(byte 57)");
    check(b"", "it does not begin with its metadata");
    check(b"hello", "it does not begin with its metadata");
    check(&good.concat(), "it does not begin with its metadata");
    check(&[good.concat(), index("", &[])].concat(), "it does not begin with its metadata");
    // The name of a symbol is kept with each of its relationships.
    let repeated = field(3, [field(1, "s".repeat(1 << 20)), field(4, []).repeat(1000)].concat());
    check(&index("", &[document("pkg/a.py", &[repeated])]), "it needs more than 256 MiB of memory");
    assert_eq!(rows(&sandbox), rows_before);
    sandbox.write("in.scip", &whole);
    import(&sandbox, 60);
    assert_eq!(sandbox.query("SELECT rel_path FROM scip.documents ORDER BY ALL"), ["pkg/a.py", "pkg/b.py"]);
}

#[test]
fn what_is_no_file_is_a_wrong_call() {
    let sandbox = Sandbox::new(SOURCES);
    fs::create_dir(sandbox.path("folder.scip")).unwrap();
    assert!(Command::new("mkfifo").arg(sandbox.path("pipe.scip")).status().unwrap().success());
    for (name, reason) in [
        ("folder.scip", "not a regular file"),
        ("pipe.scip", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("gone.scip", "no such file"),
    ] {
        let (code, said) = sandbox.fails(&["scip", "import", name]);
        assert_eq!((code, said.contains(reason)), (2, true), "{said}");
    }
    assert!(!sandbox.path(".codeintel").exists());
}

#[test]
fn many_symbols_at_one_place_cost_linear_time() {
    let symbols = (0..20_000).map(|i| occurrence(&format!("s{i:05}"))).collect::<Vec<_>>().concat();
    let same = occurrence("s").repeat(500_000);
    let sandbox = sandbox_with(&index("", &[document("pkg/a.py", &[symbols]), document("pkg/b.py", &[same])]));
    assert!(import(&sandbox, 60).starts_with("2 documents imported"));
    let counts = sandbox.query(
        "SELECT count(*), min(alternatives), max(alternatives) FROM scip.occurrences GROUP BY rel_path ORDER BY rel_path",
    );
    assert_eq!(counts, ["20000,20000,20000", "500000,1,1"]);
}

#[test]
fn many_documents_of_other_files_are_counted_and_not_told_one_by_one() {
    let unknown = (0..200_000).flat_map(|i| document(&format!("x/{i}.py"), &[])).collect::<Vec<u8>>();
    let outside = (0..300).flat_map(|i| document(&format!("../{i}.py"), &[])).collect::<Vec<u8>>();
    let again = document("pkg/a.py", &[]).repeat(1102);
    let sandbox = sandbox_with(&index("", &[unknown, outside, again]));
    assert!(import(&sandbox, 60).starts_with("1 document imported"));
    let more = sandbox.query("SELECT message FROM core.problems WHERE rel_path IS NULL ORDER BY ALL");
    assert_eq!(
        more,
        [
            "the index has 1001 more documents for files that have one already",
            "the index has 199900 more documents without a source file",
            "the index has 200 more documents outside the repository"
        ]
    );
    let told = sandbox.query("SELECT count(*) FROM core.problems WHERE rel_path IS NOT NULL");
    assert_eq!(told, ["201"], "a hundred of each kind, and one for the file that has many");
}

#[test]
fn paths_of_any_kind_have_a_clear_outcome() {
    let check = |path: &str, expected: &str| {
        let sandbox = sandbox_with(&index("", &[document(path, &[])]));
        import(&sandbox, 60);
        let taken = sandbox.query("SELECT rel_path FROM scip.documents");
        let problems = sandbox.query("SELECT message FROM core.problems");
        assert_eq!([taken, problems].concat(), [expected], "{path:?}");
    };
    let outside = |path: &str| format!("the index has a document outside the repository: `{path}`");
    let no_file = "the index has a document that belongs to no source file";
    check("./pkg//a.py", "pkg/a.py");
    check("pkg/../pkg/b.py", "pkg/b.py");
    check("", &outside(""));
    check("../../etc/passwd", &outside("../../etc/passwd"));
    check("/etc/passwd", &outside("/etc/passwd"));
    check("pkg\\a.py", no_file);
    check("pkg/a.py\0", no_file);
    check("pkg/a.py/", "pkg/a.py");
    check(&"a/".repeat(100_000), &outside(&format!("{}…", "a/".repeat(100))));
    check("a\nb.py", no_file);
}

#[test]
fn a_root_of_a_hundred_thousand_folders_is_one_of_another_checkout() {
    let documents: Vec<Vec<u8>> = (0..2000).map(|i| document(&format!("x{i}.py"), &[])).collect();
    let root = format!("file://{}/pkg", "/d".repeat(100_000));
    let sandbox = sandbox_with(&index(&root, &[documents.concat(), document("a.py", &[occurrence("s")])]));
    import(&sandbox, 60);
    assert_eq!(sandbox.query("SELECT rel_path FROM scip.documents"), ["pkg/a.py"]);
}

#[test]
fn a_document_of_another_text_is_stale_until_the_file_has_that_text() {
    let text = |text: &str| field(5, text);
    let [old, new] = ["x = 1\n", "# New.\nx = 1\n"];
    let a = |own: &str| {
        document(
            "pkg/a.py",
            &[text(own), field(2, [field(1, [own.lines().count() as u8 - 1, 0, 1]), field(2, "x")].concat())],
        )
    };
    let b = document("pkg/b.py", &[text("y = 2\r\n"), occurrence("y")]);
    let sandbox = sandbox_with(&index("", &[a(new), b.clone()]));
    let (code, said) = sandbox.fails(&["scip", "import", "in.scip", "--repo", "o/r"]);
    assert_eq!(
        (code, said.contains("the index was built from different versions of 1 file; 2 documents imported")),
        (1, true),
        "{said}"
    );
    let documents = "SELECT rel_path || ' ' || is_stale FROM scip.documents ORDER BY ALL";
    let of_a = "SELECT message FROM core.problems WHERE rel_path = 'pkg/a.py'";
    let other = "the index was built from a different version of this file";
    let stale = || {
        assert_eq!(sandbox.query(documents), ["pkg/a.py true", "pkg/b.py false"]);
        assert_eq!(sandbox.query(of_a), [other]);
    };
    stale();
    let place = "SELECT start_line || ' ' || start_byte FROM scip.occurrences WHERE rel_path = 'pkg/a.py'";
    assert_eq!(sandbox.query(place), ["1 7"], "in the text that was indexed");
    // It stays so while nothing changes, and is what the index says once the file has that text.
    sandbox.ingest(&["--scip-backend", "none"]);
    stale();
    sandbox.write("pkg/a.py", new);
    sandbox.ingest(&["--scip-backend", "none"]);
    assert_eq!(sandbox.query(documents), ["pkg/a.py false", "pkg/b.py false"]);
    assert_eq!(sandbox.query("SELECT count(*) FROM core.problems"), ["0"]);
    // A document that holds is kept where the next index has one that does not.
    sandbox.write("in.scip", index("", &[a(old), b]));
    import(&sandbox, 60);
    assert_eq!(sandbox.query(documents), ["pkg/a.py false", "pkg/b.py false"]);
    assert_eq!(sandbox.query(of_a), [format!("{other}; the up-to-date document is kept")]);
    sandbox.assert_verified();
}

#[test]
fn what_is_said_of_external_symbols_is_not_repeated_without_end() {
    let files: String = (0..200).map(|i| format!("#- f{i}.py\nx\n")).collect();
    let sandbox = Sandbox::new(&files);
    let external = field(3, [field(1, "big"), field(3, "d".repeat(1 << 20))].concat());
    let documents: Vec<Vec<u8>> = (0..200).map(|i| document(&format!("f{i}.py"), &[occurrence("big")])).collect();
    sandbox.write("in.scip", index("", &[documents.concat(), external]));
    import(&sandbox, 60);
    let described =
        sandbox.query("SELECT count(*) FROM scip.symbols WHERE is_external AND length(documentation) > 1000");
    assert_eq!(described, ["64"]);
    assert_eq!(sandbox.query("SELECT count(*) FROM scip.symbols WHERE is_external"), ["200"]);
    let said = "descriptions of external symbols are left out of 136 documents: repeated in each, they would be more than 64 \
                times as large as the index";
    assert_eq!(sandbox.query("SELECT message FROM core.problems"), [format!("\"{said}\"")]);
}

#[test]
fn odd_values_are_kept_as_they_are_or_told() {
    let number = |field: u8, value: u8| vec![field << 3, value];
    let long = "s".repeat(10 << 20);
    let around = [field(1, [0, 0, 1]), field(2, "x"), field(7, [0, 0, 0xff, 0xff, 0xff, 0xff, 7, 0])].concat();
    let relationships = (0..5_000).flat_map(|i| field(4, field(1, format!("r{i}")))).collect::<Vec<u8>>();
    let odd = document(
        "pkg/a.py",
        &[
            field(4, "py\0thon"),
            number(6, 77),
            occurrence(&long),
            field(2, around),
            field(2, field(1, [0, 9, 12])),
            field(2, field(1, [0])),
            field(3, [field(1, "y"), relationships].concat()),
        ],
    );
    let sandbox = sandbox_with(&index("", &[odd]));
    import(&sandbox, 60);
    assert_eq!(
        sandbox.query("SELECT message FROM core.problems ORDER BY ALL"),
        [
            "\"2 occurrences outside the file, left out\"",
            "the index uses an unknown column encoding (77); columns are read as bytes"
        ]
    );
    assert_eq!(sandbox.query("SELECT count(*) FROM scip.occurrences WHERE length(symbol) = 10485760"), ["1"]);
    assert_eq!(sandbox.query("SELECT count(*) FROM scip.relationships"), ["5000"]);
    assert_eq!(
        sandbox.query("SELECT enclosing_end_line FROM scip.occurrences WHERE symbol = 'x'"),
        ["\"\""],
        "it lies in no text"
    );
    let output = sandbox.run(&["scip", "export", "--output", "out"]);
    assert!(output.status.success(), "{}", stderr(&output));
    fs::copy(sandbox.path("out/index.scip"), sandbox.path("in.scip")).unwrap();
    let before = sandbox.query("SELECT to_json(t) FROM scip.occurrences t ORDER BY ALL");
    import(&sandbox, 60);
    assert_eq!(sandbox.query("SELECT to_json(t) FROM scip.occurrences t ORDER BY ALL"), before);
}
