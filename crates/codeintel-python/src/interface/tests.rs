//! Which edits other files can see.

use super::*;

/// Whether the two texts look the same from outside, to a resolver that takes annotations and to one that infers.
fn looks_the_same(one: &str, other: &str) -> (bool, bool) {
    let [one, other] = [one, other].map(|text| Interface::of(&ParsedFile::parse(text)));
    (one.declared == other.declared, one.inferred == other.inferred)
}

const BOTH: (bool, bool) = (true, true);
const NEITHER: (bool, bool) = (false, false);

#[track_caller]
fn check(one: &str, other: &str, expected: (bool, bool)) {
    assert_eq!(looks_the_same(one, other), expected, "{one}\n---\n{other}");
}

#[test]
fn comments_blank_lines_and_docstrings_are_not_seen() {
    check("'''A.'''\nx = 1\n", "'''B.'''\n\n# c\nx = 1  # d\n", BOTH);
    check("class A:\n    'A.'\n    x = 1\n", "class A:\n    'B.'\n\n    x = 1\n", BOTH);
    check("def f() -> int:\n    'A.'\n    return 1\n", "def f() -> int:\n    'B.'\n    return 1\n", BOTH);
    check("x = f(1,\n  2)\n", "x = f(1, 2)\n", BOTH);
}

#[test]
fn bindings_signatures_bases_and_decorators_are_seen() {
    check("x = 1\n", "x = 2\n", NEITHER);
    check("x = 1\n", "y = 1\n", NEITHER);
    check("def f(a): pass\n", "def f(a, b): pass\n", NEITHER);
    check("def f(a=1): pass\n", "def f(a=2): pass\n", NEITHER);
    check("def f(): pass\n", "def f() -> int: pass\n", NEITHER);
    check("def f(): pass\n", "async def f(): pass\n", NEITHER);
    check("def f(): pass\n", "@d\ndef f(): pass\n", NEITHER);
    check("class A: pass\n", "class A(B): pass\n", NEITHER);
    check("class A:\n    x = 1\n", "class A:\n    y = 1\n", NEITHER);
    check("class A:\n    def f(self): pass\n", "class A:\n    def g(self): pass\n", NEITHER);
    check("import a\n", "import b\n", NEITHER);
    check("__all__ = ['a']\n", "__all__ = ['a', 'b']\n", NEITHER);
    check("if a:\n    x = 1\ny = 2\n", "if a:\n    x = 1\n    y = 2\n", NEITHER);
    check("x = []  # type: list[int]\n", "x = []  # type: list[str]\n", NEITHER);
    check("x = []  # type: ignore\n", "x = []\n", BOTH);
}

#[test]
fn the_body_of_a_function_with_an_annotation_is_not_seen() {
    check("def f() -> int:\n    return 1\n", "def f() -> int:\n    if x:\n        g(2)\n    return 3\n", BOTH);
    check("def f() -> int:\n    return 1\nx = 1\n", "def f() -> int:\n    if a: return 1\nx = 1\n", BOTH);
}

#[test]
fn what_a_function_without_an_annotation_returns_may_be_inferred() {
    check("def f():\n    return 1\n", "def f():\n    return 2\n", (true, false));
    check("def f():\n    x = 1\n    return x\n", "def f():\n    x = 2\n    return x\n", (true, false));
    check("def f():\n    yield 1\n", "def f():\n    yield 2\n", (true, false));
    check("def f():\n    g(1)\n", "def f():\n    g(2)\n", BOTH);
    check("def f():\n    x = 1\n", "def f():\n    y = 2\n", BOTH);
    // Whether the end is reached depends on what is called.
    check("def f():\n    g(1)\n", "def f():\n    h(1)\n", (true, false));
    check("def f():\n    x = 1\n", "def f():\n    raise x\n", (true, false));
}

#[test]
fn attributes_are_seen_with_what_they_are_made_of() {
    let method = |body: &str| format!("class A:\n    def f(self, a):\n{body}");
    let check = |one: &str, other: &str, expected| check(&method(one), &method(other), expected);
    check("        self.x = a\n", "        self.y = a\n", NEITHER);
    check("        b = 1\n        self.x = b\n", "        b = 2\n        self.x = b\n", NEITHER);
    check(
        "        b = 1\n        c = b\n        self.x = c\n",
        "        b = 2\n        c = b\n        self.x = c\n",
        NEITHER,
    );
    check("        b = 1\n        self.x = a\n", "        b = 2\n        self.x = a\n", BOTH);
    check("        self.x = a\n        g(1, b)\n", "        self.x = a\n        g(2)\n", BOTH);
    check("        self.x = a\n        return 1\n", "        self.x = a\n        return 2\n", (true, false));
    check("        if b: self.x = a\n", "        if c: self.x = a\n", NEITHER);
    check("        with g() as self.x: h(1)\n", "        with g() as self.y: h(1)\n", NEITHER);
    check("        self.x: int\n", "        self.x: str\n", NEITHER);
    check("        self.x += 1\n", "        self.y += 1\n", NEITHER);
    check("        other.x = 1\n", "        other.y = 1\n", BOTH);
}

#[test]
fn what_a_function_binds_in_the_module_is_seen() {
    check("def f() -> None:\n    global x\n    x = 1\n", "def f() -> None:\n    global x\n    x = ''\n", NEITHER);
}

#[test]
fn stubs_and_generators_are_told_apart() {
    check("def f() -> int: ...\n", "def f() -> int: return 1\n", NEITHER);
    check("def f() -> int: return g()\n", "def f() -> int: yield g()\n", NEITHER);
    check("def f() -> int:\n    raise NotImplementedError\n", "def f() -> int:\n    'Doc.'\n    ...\n", BOTH);
}

#[test]
fn imports_are_listed_once_in_order() {
    let text = "import b.c as d, a\nfrom . import y, x\ndef f():\n    from ..p import *\n    import a\n\
                if t:\n    from .q import (z as w,)\n";
    let imports = Interface::of(&ParsedFile::parse(text)).imports;
    let texts: Vec<String> = imports.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["a", "b.c", ".:x,y", ".q:z", "..p:*"]);
    let read: Vec<Import> = texts.iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(read, imports);
}

#[test]
fn broken_sources_have_an_interface_too() {
    for text in ["def f(", "import", "from . import", "class A(:\n  x", "self.", "\u{c}x = 1", "'''"] {
        let interface = Interface::of(&ParsedFile::parse(text));
        assert!(interface.imports.iter().all(|import| import.to_string().parse() == Ok(import.clone())), "{text}");
    }
}
