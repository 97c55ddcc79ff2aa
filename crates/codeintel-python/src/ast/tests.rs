//! What of CPython's tree is not plain to see in ruff's. The whole is compared with CPython by `cargo xtask oracle`.

use super::*;

/// One line for each node: depth by indentation, field, class, name and source text.
fn tree(text: &str) -> String {
    let file = ParsedFile::parse(text);
    let ast = Ast::new(&file);
    let mut depths: Vec<usize> = Vec::new();
    let mut shown = String::new();
    for node in &ast.nodes {
        let depth = node.parent.map_or(0, |parent| depths[parent as usize] + 1);
        depths.push(depth);
        let field = node.field.map_or(String::new(), |field| match node.index {
            Some(index) => format!("{}[{index}]: ", field.as_str()),
            None => format!("{}: ", field.as_str()),
        });
        let name = node.name.map_or(String::new(), |name| format!(" {name}"));
        let source = node.range.map_or(String::new(), |(a, b)| format!(" {:?}", &text[a as usize..b as usize]));
        shown += &format!("{}{field}{}{name}{source}\n", "  ".repeat(depth), node.kind.as_str());
    }
    shown
}

fn check(text: &str, part: &str) {
    let tree = tree(text);
    assert!(tree.contains(part), "{part}\nis not in\n{tree}");
}

#[test]
fn fields_come_in_the_order_of_cpython() {
    insta::assert_snapshot!(tree("def f(a, /, b=1, *c, d=2, **e) -> int: pass\n"), @r#"
    Module
      body[0]: FunctionDef f "def f(a, /, b=1, *c, d=2, **e) -> int: pass"
        args: arguments
          posonlyargs[0]: arg a "a"
          args[0]: arg b "b"
          vararg: arg c "c"
          kwonlyargs[0]: arg d "d"
          kw_defaults[0]: Constant "2"
          kwarg: arg e "e"
          defaults[0]: Constant "1"
        body[0]: Pass "pass"
        returns: Name int "int"
          ctx: Load
    "#);
}

#[test]
fn decorated_definitions_start_at_their_keyword() {
    check("@d  # why\n\nasync def f(): pass", "AsyncFunctionDef f \"async def f(): pass\"");
}

#[test]
fn elif_is_an_if_in_orelse() {
    check("if a: b\nelif c: d\nelse: e", "  orelse[0]: If \"elif c: d\\nelse: e\"");
}

#[test]
fn a_block_ends_behind_its_last_semicolon() {
    check("if a:\n  b;  # c\nd", "body[0]: If \"if a:\\n  b;\"");
    check("if a: b; c;\n", "body[0]: If \"if a: b; c;\"");
    check("if a: b; c;\n", "body[1]: Expr \"c\"");
    check("while 1:\n  try: a\n  except E: b ;\n", "handlers[0]: ExceptHandler \"except E: b ;\"");
    check("if a: b; c\n", "body[0]: If \"if a: b; c\"");
}

#[test]
fn a_lone_generator_takes_the_parentheses_of_the_call() {
    check("f(x for x in y)", "args[0]: GeneratorExp \"(x for x in y)\"");
}

#[test]
fn parts_of_strings_are_merged() {
    check("'a' f'b{c}' 'd' f''", "values[0]: Constant \"'a' f'b\"");
    check("f'{x = !r:>{w}}'", "values[0]: Constant \"x = \"");
    check("f'{x = !r:>{w}}'", "format_spec: JoinedStr \":>{w}\"");
    check("f''", "value: JoinedStr \"f''\"\n");
    check("t'{x}'", "values[0]: Interpolation \"{x}\"");
}

#[test]
fn missing_keys_leave_gaps() {
    check("{**a, 'b': c}", "keys[1]: Constant");
    check("def f(*, a, b=1): ...", "kw_defaults[1]: Constant");
}

#[test]
fn no_nesting_exhausts_the_stack() {
    // The parser and the drop of its tree need stack; the projection does not.
    let deep = || {
        for text in ["(".repeat(10_000) + "x" + &")".repeat(10_000), format!("x = 0{}", " + 1".repeat(100_000))] {
            let file = ParsedFile::parse(text);
            assert_eq!(file.problems(), []);
            assert!(Ast::new(&file).nodes.len() > 3);
        }
        let ifs: String = (0..1000).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
        let file = ParsedFile::parse(ifs + &" ".repeat(1000) + "pass\n");
        assert_eq!(Ast::new(&file).nodes.iter().filter(|node| node.kind == Kind::If).count(), 1000);
    };
    std::thread::Builder::new().stack_size(256 << 20).spawn(deep).unwrap().join().unwrap();
}
