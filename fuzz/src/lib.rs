//! The inputs that fuzzing starts from. They are made here and not kept as files.

use std::fs;
use std::path::Path;

use codeintel_base::Column;
use codeintel_scip::{Document, Header, IndexWriter, Occurrence, Range, Relationship, Symbol};

/// How often the repeating shapes repeat.
const TIMES: usize = 30;

/// Odd sources of the tests.
const CORPUS: [&[u8]; 12] = [
    include_bytes!("../../crates/codeintel/tests/corpus/broken.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/expressions.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/layout.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/no_newline.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/operators.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/patterns.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/python314/template_strings.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/refused_by_libcst.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/statements.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/strings.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/tabs_no_newline.py"),
    include_bytes!("../../crates/codeintel/tests/corpus/types.py"),
];

/// Write the seeds of a target into the folder that `FUZZ_SEEDS` names, if it names one. Call it before inputs are read.
pub fn write_seeds(target: &str) {
    if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
        write(Path::new(&folder), &seeds(target)).expect("seeds can be written");
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    // Long files say less than their parts.
    let pieces = CORPUS.iter().flat_map(|file| file.split_inclusive(|byte| *byte == b'\n').collect::<Vec<_>>());
    let pieces: Vec<Vec<u8>> = pieces.collect::<Vec<_>>().chunks(12).map(|lines| lines.concat()).collect();
    let shapes: Vec<Vec<u8>> = shapes().into_iter().map(String::into_bytes).collect();
    match target {
        "parse" => [pieces, shapes].concat(),
        "decode" => [encoded(), pieces].concat(),
        "scip_reader" => indexes(),
        "settings" => settings(),
        other => panic!("{other} has no seeds"),
    }
}

fn write(folder: &Path, inputs: &[Vec<u8>]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), input)?;
    }
    Ok(())
}

/// Sources that are large or deep in one way, in a small size.
fn shapes() -> Vec<String> {
    let lines = |line: fn(usize) -> String| (0..TIMES).map(line).collect::<String>();
    vec![
        "type A = B | int\ntype B = A | str\ndef f(y: A): return y[0]\n".to_owned(),
        "type T[X] = tuple[X, T[list[X]]] | T[T[X]]\ndef f(z: T[int]): return z[0]\n".to_owned(),
        lines(|i| format!("type R{i} = R{} | list[R{}]\n", i + 1, i * 7)),
        format!("def f(a, b):\n    x = None\n{}    return x\n", lines(|i| format!("    if a == {i} or b: x = (x, {i})\n"))),
        format!("match x:\n{}", lines(|i| format!("    case C{i}(a) | [_, *b] | {{'k': v, **r}}: return x.a\n"))),
        format!("x = {}b\n", "a and ".repeat(TIMES)),
        format!("x = a{}\n", ".b".repeat(TIMES)),
        format!("if a: pass\n{}", "elif b: pass\n".repeat(TIMES)),
        format!("class C:\n{}", lines(|i| format!("    def m{i}(self, x):\n        self.a{i} = self.m{}(x)\n", i / 2))),
        format!("x = {}z{}\n", "[y for y in ".repeat(TIMES), "]".repeat(TIMES)),
        format!("x = {}1{}\n", "{1:".repeat(TIMES), "}".repeat(TIMES)),
        format!("{}\n", "x=1;".repeat(TIMES)),
        "x = 1\n".repeat(TIMES),
        "def (\n".repeat(TIMES),
        format!("x = [{}]\n", "1,".repeat(TIMES)),
        "\0".repeat(TIMES),
        format!("{}pass\n", (0..TIMES).map(|i| format!("{}if a:\n", " ".repeat(i))).collect::<String>() + &" ".repeat(TIMES)),
        format!("f'{}{}'\n", "{f\"".repeat(5), "\"}".repeat(5)),
        "from ...m import *\nfrom . import (a as b,)\nimport a.b.c as d, e\n__all__ = ['x'] + m.__all__\n".to_owned(),
        "def f(a, /, b: int = 1, *c, d=2, **e) -> 'list[int]':\n    \"\"\"Do.\n\n    Args:\n        a (int): One.\n\n    Returns:\n        x: y\n    \"\"\"\n".to_owned(),
        "def f(x):\n    '''D.\n\n    Parameters\n    ----------\n    x : int\n        One.\n    '''\n    # type: ignore\n    return cast(Any, x)\n".to_owned(),
        "x = é😀; ＡＢ = 'ü' \\\n  'b'\r\ny = rb'\\x00' # c\r\x0cz = t'{a!r:>{b}}'\n".to_owned(),
    ]
}

/// Sources in other encodings than UTF-8.
fn encoded() -> Vec<Vec<u8>> {
    let cookies = ["latin-1", "iso-8859-15", "cp1252", "utf-8-sig", "ascii", "shift_jis", "utf-16", "nonsense", "euc-jp", "gbk"];
    let cookie = |name: &&str| [format!("# -*- coding: {name} -*-\n").as_bytes(), b"x = '\xe9\x83\x41'\n"].concat();
    let mut inputs: Vec<Vec<u8>> = cookies.iter().map(cookie).collect();
    inputs.extend([
        b"\xef\xbb\xbfx = 1\n".to_vec(),
        b"\xef\xbb\xbf# coding: latin-1\n".to_vec(),
        b"\xff\xfex\0".to_vec(),
        b"#!/bin/sh\n\x0c # vim: set fileencoding=koi8-r :\r\nx\n".to_vec(),
        b"x = '\xc3\xa9'\n\xff".to_vec(),
        b"\n# coding=utf-8\ny".to_vec(),
    ]);
    inputs
}

/// Indexes behind texts.
fn indexes() -> Vec<Vec<u8>> {
    let range = |line, start, end| Range { start_line: line, start_col: start, end_line: line, end_col: end };
    let occurrence = |line, start, end, symbol: &str, roles| Occurrence {
        range: range(line, start, end),
        symbol: symbol.to_owned(),
        roles,
        enclosing: (roles == 1).then(|| Range { start_line: line, start_col: 0, end_line: line + 1, end_col: 0 }),
    };
    let symbol = Symbol {
        symbol: "scip-python python p 0 `a`/A#".to_owned(),
        kind: Some("Class".to_owned()),
        display_name: "A".to_owned(),
        signature: "class A(B)".to_owned(),
        documentation: vec!["One.".to_owned()],
        enclosing_symbol: "scip-python python p 0 `a`/__init__:".to_owned(),
        relationships: vec![Relationship { symbol: "x".to_owned(), is_reference: true, ..Relationship::default() }],
    };
    let document = |path: &str, encoding| Document {
        relative_path: path.to_owned(),
        language: "python".to_owned(),
        encoding,
        occurrences: vec![
            occurrence(0, 0, 2, "local 1", 1),
            occurrence(0, 4, 6, "scip-python python p 0 `a`/A#", 8),
            occurrence(1, 0, 1, "x", 0),
            occurrence(7, 0, 1, "y", 0),
        ],
        symbols: vec![symbol.clone()],
        ..Document::default()
    };
    let encodings = [None, Some(Column::Utf8), Some(Column::Utf16), Some(Column::Utf32)];
    let texts = ["é = 😀\r\nx\n", "ab = cd\nx\n", "\u{feff}ab = cd\nx", &"é".repeat(600)];
    let roots = ["file:///work/repo/src", "file:///ci/x/src", "", "file://h/work/repo/src/a.py"];
    let write = |((encoding, text), root): ((Option<Column>, &str), &str)| {
        let header = Header {
            project_root: root.to_owned(),
            producer: "scip-python".to_owned(),
            producer_version: "1".to_owned(),
        };
        let mut writer = IndexWriter::new(Vec::new(), &header).expect("a Vec takes all");
        for path in ["a.py", "../a.py", "", "pkg/b.py"] {
            writer.document(&document(path, encoding)).expect("a Vec takes all");
        }
        writer.external(&symbol).expect("a Vec takes all");
        let index = writer.finish().expect("a Vec takes all");
        [&(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &index].concat()
    };
    let mut inputs: Vec<Vec<u8>> = encodings.into_iter().zip(texts).zip(roots).map(write).collect();
    // A text of its own and an encoding that is not known; ranges as numbers with tags; a typed range.
    let odd: [&[u8]; 3] = [
        &[0, 0, 0x0a, 0, 0x12, 10, 0x0a, 4, b'a', b'.', b'p', b'y', 0x2a, 0, 0x30, 9],
        &[2, 0, b'x', b'\n', 0x0a, 0, 0x12, 10, 0x12, 8, 8, 0, 8, 0, 8, 1, 0x12, 0],
        &[2, 0, b'x', b'\n', 0x0a, 0, 0x12, 10, 0x12, 8, 0x42, 6, 8, 0, 16, 0, 24, 1],
    ];
    inputs.extend(odd.map(<[u8]>::to_vec));
    inputs
}

/// `codeintel.toml`, `pyproject.toml` and variables, with NUL between them.
fn settings() -> Vec<Vec<u8>> {
    let texts = [
        "db = 'x.duckdb'\njobs = 3\ngc_share = 0.5\nignore_files = false\ninclude_patterns = ['**/*.py']\n",
        "[scip]\nbackend = 'none'\ncommand = ['a', '{root}']\ntimeout = 9\n[tools]\nenabled = ['ruff']\nruff = './ruff'\n",
        "\0[tool.codeintel]\nrepo = 'o/r'\ndatasets = ['ast_nodes', 'core.goids']\n[project]\nname = 'p'\n",
        "db = '../x'\npython = '/usr/bin/python3'\n[scip]\ndocument_output_dir = 'a/../.git/x'\n\0tool.codeintel.query.timeout = 61\n",
        "query = { memory_limit = '4GiB' }\0\0CODEINTEL_JOBS=3\nCODEINTEL_SCIP_COMMAND=a,b\nVIRTUAL_ENV=/v\nRUFF_X=1\n",
        "jobs = -1\nunknown = 1\n[scip]\nworker = 2\n",
        "exclude_patterns = ['{a,b}/**', '[!x]*', 'a/**/b']\ngc_share = 1\n",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
