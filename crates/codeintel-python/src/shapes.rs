//! Sources of odd shapes cost time in proportion to their size. Each of these would take minutes if something took the square of it.

use crate::cst::Cst;
use crate::{
    Ast, Definition, Interface, LineCounts, ParsedFile, Signature, TypeEscape, clean_docstring, parse_docstring,
};

const N: usize = 50_000;

/// What is known of a file: problems, nodes of both trees, scopes, places where types are not checked, and imports.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    problems: usize,
    ast: usize,
    cst: usize,
    definitions: usize,
    escapes: usize,
    imports: usize,
}

fn counts(text: &str) -> Counts {
    let work = || {
        let file = ParsedFile::parse(text);
        let ast = Ast::new(&file);
        let mut cst = 0;
        Cst::each(&file, &ast, |_, _| cst += 1);
        let definitions = Definition::all(&file, &ast);
        assert!(Signature::all(&file, &ast, &definitions).len() < definitions.len());
        for (docstring, _) in definitions.iter().filter_map(|definition| definition.docstring.as_ref()) {
            parse_docstring(&clean_docstring(docstring));
        }
        LineCounts::of(&file);
        Counts {
            problems: file.problems().len(),
            ast: ast.nodes.len(),
            cst,
            definitions: definitions.len(),
            escapes: TypeEscape::all(&file, &ast).len(),
            imports: Interface::of(&file).imports.len(),
        }
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(512 << 20).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

/// Twice the size gives twice the nodes, as far as some of them are there once.
#[track_caller]
fn check(shape: impl Fn(usize) -> String) {
    let (one, two) = (counts(&shape(N)), counts(&shape(2 * N)));
    let is_twice = |one: usize, two: usize| two.abs_diff(2 * one) <= 20;
    assert!(is_twice(one.ast, two.ast) && is_twice(one.cst, two.cst), "{one:?} {two:?}");
    assert!(one.problems <= 101 && two.problems <= 101, "{one:?} {two:?}");
}

#[test]
fn chains_of_operators_and_names() {
    check(|n| format!("x = {}b\n", "a and ".repeat(n)));
    check(|n| format!("x = ({}a{}) and {}b\n", "(".repeat(n), ")".repeat(n), "a and ".repeat(n)));
    check(|n| format!("x = {}b\n", "a < ".repeat(n)));
    check(|n| format!("x = {}{}b\n", " ".repeat(n), "a + ".repeat(n)));
    check(|n| format!("x = (\n{}{}b)\n", "# c\n".repeat(n), "a + ".repeat(n)));
    check(|n| format!("x = a{}\n", ".b".repeat(n)));
    check(|n| format!("x = a{}\n", "(0)[0]".repeat(n)));
    check(|n| format!("import a{}\nimport {}{}\n", ".b".repeat(n), "a".repeat(n), ".b".repeat(n)));
    check(|n| format!("x = f'{{a:\\N{{{}{}}}}}'\n", "A".repeat(n), "-B".repeat(n)));
    check(|n| format!("x = {}1\n", "-".repeat(n)));
    check(|n| format!("x = {}1\n", "lambda a, b: ".repeat(n)));
    check(|n| format!("x = {}\n", "'a' f'{b}' ".repeat(n)));
}

#[test]
fn nested_displays_and_comprehensions() {
    for (open, close) in [("[", "]"), ("{1:", "}"), ("(1,", ")"), ("[y for y in ", "]"), ("f(a=", ")"), ("((", "))")] {
        check(|n| format!("x = {}z{}\n", open.repeat(n / 2), close.repeat(n / 2)));
    }
    check(|n| format!("x = [y {}]\n", "for y in z if a ".repeat(n)));
    check(|n| format!("x = [y {}for y in {}z{}]\n", "for y in z ".repeat(n), "(".repeat(n), ")".repeat(n)));
}

#[test]
fn many_of_everything() {
    check(|n| "x=1;".repeat(n) + "\n");
    check(|n| "x = 1\n".repeat(n));
    check(|n| format!("if a: pass\n{}", "elif b:\n def f(): pass\n".repeat(n)));
    check(|n| format!("def f(x):\n match x:\n{}", "  case 1: pass\n  case y: pass\n".repeat(n)));
    check(|n| format!("f({})\n", "a, b=1, ".repeat(n)));
    check(|n| format!("x = {{{}}}\n", "1: 2, ".repeat(n)));
    check(|n| format!("x[{}]\n", "1:2, ".repeat(n)));
    check(|n| format!("from a import {}\nglobal {}\n", vec!["b as c"; n].join(", "), vec!["d"; n].join(", ")));
    check(|n| format!("{}def f(): pass\n", "@a\n".repeat(n)));
    check(|n| format!("x = f'{}'\n", "{a}b".repeat(n)));
    check(|n| "def (\n".repeat(n));
    check(|n| "\n".repeat(n) + &"\r".repeat(n) + &"x\r".repeat(n));
}

#[test]
fn comments_that_silence_checkers_and_types_in_quotes() {
    let found = counts(&format!("x = 1 {}\n", "# type: ignore ".repeat(N)));
    assert_eq!(found.escapes, N);
    let found = counts(&format!("from typing import cast\nx = {}1{}\n", "cast(int, ".repeat(N), ")".repeat(N)));
    assert_eq!(found.escapes, N);
    let found = counts(&format!("from typing import Any\n{}", "x: 'list[Any]' = 1\n".repeat(N)));
    assert_eq!(found.escapes, N);
}

#[test]
fn bindings_that_depend_on_one_another_in_a_long_chain() {
    let chain: String = (0..N).rev().map(|i| format!("  x{i} = x{}\n", i + 1)).collect();
    let found = counts(&format!("class C:\n def f(self):\n{chain}  self.a = x0\n  return x0\n"));
    assert_eq!(found.definitions, 3);
}

#[test]
fn docstrings_with_many_fields() {
    let fields: String = (0..N).map(|i| format!(":param x{i}: The x.\n:type x{i}: int\n")).collect();
    let docstring = parse_docstring(&fields);
    assert_eq!((docstring.params.len(), docstring.params[N - 1].type_name.as_deref()), (N, Some("int")));
    assert_eq!(parse_docstring(&"Args:\n\n".repeat(N)).params.len(), 0);
}

#[test]
fn long_names_of_scopes_are_not_repeated_without_end() {
    let text = format!("class {}:\n{}", "A".repeat(1 << 20), " def f(): pass\n".repeat(N));
    let file = ParsedFile::parse(text);
    let ast = Ast::new(&file);
    let definitions = Definition::all(&file, &ast);
    assert_eq!(ast.definition_count(), N + 2);
    assert!((60..70).contains(&definitions.len()), "{}", definitions.len());
}
