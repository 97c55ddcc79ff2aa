//! What of LibCST's spans is not plain to see. The whole is compared with LibCST by `cargo xtask oracle`.

use super::*;

/// Parse on a thread whose stack holds any tree: its drop recurses.
pub(super) fn with_cst<R: Send>(text: &str, look: impl FnOnce(&ParsedFile, &Ast<'_>, &Cst) -> R + Send) -> R {
    std::thread::scope(|scope| {
        let work = || {
            let file = ParsedFile::parse(text);
            let ast = Ast::new(&file);
            look(&file, &ast, &Cst::new(&file, &ast))
        };
        std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

/// One line for each node: depth by indentation, class and source text.
pub(super) fn tree(text: &str) -> String {
    with_cst(text, |_, _, cst| {
        let mut depths: Vec<usize> = Vec::new();
        let mut shown = String::new();
        for node in &cst.nodes {
            let depth = node.parent.map_or(0, |parent| depths[parent as usize] + 1);
            depths.push(depth);
            let (start, end) = node.range;
            let source = &text[start as usize..end as usize];
            shown += &format!("{}{} {source:?}\n", "  ".repeat(depth), node.kind.as_str());
        }
        shown
    })
}

fn check(text: &str, part: &str) {
    let tree = tree(text);
    assert!(tree.contains(part), "{part}\nis not in\n{tree}");
}

#[test]
fn a_function_has_its_parts_in_the_order_of_the_source() {
    insta::assert_snapshot!(tree("@d\nasync def f(a, /, b=1, *, c: int) -> x: pass\n"), @r#"
    Module "@d\nasync def f(a, /, b=1, *, c: int) -> x: pass\n"
      FunctionDef "async def f(a, /, b=1, *, c: int) -> x: pass"
        Decorator "@d"
          Name "d"
        Asynchronous "async"
        Name "f"
        Parameters "a, /, b=1, *, c: int"
          Param "a"
            Name "a"
          ParamSlash "/, "
          Param "b"
            Name "b"
            Integer "1"
          ParamStar "*, "
          Param "c"
            Name "c"
            Annotation "int"
              Name "int"
        Annotation "x"
          Name "x"
        SimpleStatementSuite "pass"
          Pass "pass"
    "#);
}

#[test]
fn parts_of_a_chain_start_where_the_part_before_ends() {
    check("a < b  < c", "ComparisonTarget \"  < c\"");
    check("[x for y in z if (w)]", "CompIf \" if (w)\"");
    check("import a  as b", "AsName \"  as b\"");
    check("a and b and c", "BooleanOperation \"a and b\"");
    check("'a' 'b' 'c'", "ConcatenatedString \"'b' 'c'\"");
}

#[test]
fn elements_of_patterns_own_their_separators() {
    check("match a:\n case 1 | 2: b", "MatchOrElement \"1 | \"");
    check("match a:\n case [b, *c , ]: d", "MatchStar \"*c ,\"");
    check("match a:\n case (b), c: d", "MatchList \"(b), c\"");
    check("match a:\n case ( b, ): d", "MatchTuple \"b,\"");
}

#[test]
fn the_parentheses_of_with_belong_to_it_if_they_can() {
    check("with (a): b", "WithItem \"a\"");
    check("with ((a)): b", "WithItem \"(a)\"");
    check("with (a) as b: c", "WithItem \"(a) as b\"");
    check("with (yield): a", "WithItem \"(yield)\"");
    check("with (a), b: c", "WithItem \"(a)\"");
    check("with (a, b,): c", "WithItem \"b\"");
}

#[test]
fn no_nesting_exhausts_the_stack_or_takes_square_time() {
    let texts = [
        "(".repeat(10_000) + "x" + &")".repeat(10_000),
        "[".repeat(10_000) + &"]".repeat(10_000),
        format!("x = 0{}", " + 1".repeat(100_000)),
        format!("x = 0{}", " and 1".repeat(100_000)),
        "'a' ".repeat(100_000),
        format!("x{}", ".y()".repeat(100_000)),
        (0..1000).map(|i| format!("{}if x:\n", " ".repeat(i))).collect::<String>() + &" ".repeat(1000) + "pass\n",
        format!("if x: y\n{}", "elif x: y\n".repeat(10_000)),
        format!("import x{}", ".y".repeat(1_000)),
    ];
    for text in texts {
        with_cst(&text, |file, _, cst| {
            assert_eq!(file.problems(), []);
            assert!(cst.nodes.len() >= 4, "{}", &text[..20]);
        });
    }
}

#[test]
fn nodes_know_what_they_are_in_the_other_tree() {
    let text = "@d\ndef f(*a: b, c=1): return [*x, (1, 2), 'a' 'b', f'{y}' 'z', a and b and c]\n";
    with_cst(text, |_, ast, cst| {
        let pairs: Vec<(&str, &str)> = cst
            .nodes
            .iter()
            .filter_map(|node| Some((ast.nodes[node.ast? as usize].kind.as_str(), node.kind.as_str())))
            .collect();
        assert_eq!(
            pairs,
            [
                ("Module", "Module"),
                ("FunctionDef", "FunctionDef"),
                ("Name", "Name"),
                ("arg", "Param"),
                ("Name", "Name"),
                ("arg", "Param"),
                ("Constant", "Integer"),
                ("Return", "Return"),
                ("List", "List"),
                ("Starred", "StarredElement"),
                ("Name", "Name"),
                ("Tuple", "Tuple"),
                ("Constant", "Integer"),
                ("Constant", "Integer"),
                ("Constant", "ConcatenatedString"),
                ("JoinedStr", "ConcatenatedString"),
                ("FormattedValue", "FormattedStringExpression"),
                ("Name", "Name"),
                ("BoolOp", "BooleanOperation"),
                ("Name", "Name"),
                ("Name", "Name"),
                ("Name", "Name"),
            ]
        );
    });
}

#[test]
fn the_name_of_a_character_in_a_format_specification_is_a_replacement_field() {
    insta::assert_snapshot!(tree(r#"f"\N{DEGREE SIGN}{x:%H\N{X-RAY}{y:\N{BULLET}z}\N{EN DASH}}""#), @r#"
    Module "f\"\\N{DEGREE SIGN}{x:%H\\N{X-RAY}{y:\\N{BULLET}z}\\N{EN DASH}}\""
      SimpleStatementLine "f\"\\N{DEGREE SIGN}{x:%H\\N{X-RAY}{y:\\N{BULLET}z}\\N{EN DASH}}\""
        Expr "f\"\\N{DEGREE SIGN}{x:%H\\N{X-RAY}{y:\\N{BULLET}z}\\N{EN DASH}}\""
          FormattedString "f\"\\N{DEGREE SIGN}{x:%H\\N{X-RAY}{y:\\N{BULLET}z}\\N{EN DASH}}\""
            FormattedStringText "\\N{DEGREE SIGN}"
            FormattedStringExpression "{x:%H\\N{X-RAY}{y:\\N{BULLET}z}\\N{EN DASH}}"
              Name "x"
              FormattedStringText "%H\\N"
              FormattedStringExpression "{X-RAY}"
                BinaryOperation "X-RAY"
                  Name "X"
                  Subtract "-"
                  Name "RAY"
              FormattedStringExpression "{y:\\N{BULLET}z}"
                Name "y"
                FormattedStringText "\\N"
                FormattedStringExpression "{BULLET}"
                  Name "BULLET"
                FormattedStringText "z"
              FormattedStringText "\\N{EN DASH}"
    "#);
}

#[test]
fn a_bracket_that_is_not_closed_does_not_take_a_character_apart() {
    check("x = (1,\ndef bad(:\nﬁ\n", "Name \"ﬁ\"");
}

#[test]
fn a_loop_without_a_body_keeps_its_else() {
    check("while a\nelse: b\n", "Else \"else: b\"");
    check("for x, *y z:\nelse:\n    b\n", "Else \"else:\\n    b\"");
}

#[test]
fn the_rest_of_a_broken_pattern_stays_where_it_is() {
    insta::assert_snapshot!(tree("match x case{''**r x=("), @r#"
    Module "match x case{''**r x=("
      Match "match x case{''**r x=("
        Name "x"
        MatchCase "case{''**r x=("
          MatchClass "{''**r x=("
            Dict "{''**r x="
              DictElement "''"
                SimpleString "''"
                Name ""
              StarredDictElement "**r"
                Name "r"
              DictElement "x"
                Name "x"
                Name ""
    "#);
}

#[test]
fn a_broken_function_costs_its_neighbours_nothing() {
    insta::assert_snapshot!(tree("class A:\n    def f(self):\n        self.\n    def g(self): ...\n"), @r#"
    Module "class A:\n    def f(self):\n        self.\n    def g(self): ...\n"
      ClassDef "class A:\n    def f(self):\n        self.\n    def g(self): ..."
        Name "A"
        IndentedBlock "def f(self):\n        self.\n    def g(self): ..."
          FunctionDef "def f(self):\n        self."
            Name "f"
            Parameters "self"
              Param "self"
                Name "self"
            IndentedBlock "self."
              SimpleStatementLine "self."
                Expr "self."
                  Attribute "self."
                    Name "self"
                    Name ""
          FunctionDef "def g(self): ..."
            Name "g"
            Parameters "self"
              Param "self"
                Name "self"
            SimpleStatementSuite "..."
              Expr "..."
                Ellipsis "..."
    "#);
}

#[test]
fn a_broken_file_keeps_what_stands_around_the_errors() {
    let text = include_str!("../../../codeintel/tests/corpus/broken.py");
    insta::assert_snapshot!(tree(text), @r#"
    Module "def good(): pass\nx = (1,\ndef bad(:\n    pass\nclass Good:\n    def m(self): return 1\n"
      FunctionDef "def good(): pass"
        Name "good"
        Parameters ""
        SimpleStatementSuite "pass"
          Pass "pass"
      SimpleStatementLine "x = (1,"
        Assign "x = (1,"
          AssignTarget "x"
            Name "x"
          Tuple "1,"
            Element "1"
              Integer "1"
      FunctionDef "def bad(:\n    pass"
        Name "bad"
        Parameters ""
        IndentedBlock "pass"
          SimpleStatementLine "pass"
            Pass "pass"
      ClassDef "class Good:\n    def m(self): return 1"
        Name "Good"
        IndentedBlock "def m(self): return 1"
          FunctionDef "def m(self): return 1"
            Name "m"
            Parameters "self"
              Param "self"
                Name "self"
            SimpleStatementSuite "return 1"
              Return "return 1"
                Integer "1"
    "#);
}
