//! What of LibCST's spans is not plain to see, and what holds for any text. The whole is compared with LibCST by
//! `cargo xtask oracle`.

use proptest::prelude::*;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged as _;

use super::*;

/// Parse on a thread whose stack holds any tree: its drop recurses.
fn with_cst<R: Send>(text: &str, look: impl FnOnce(&ParsedFile, &Ast<'_>, &Cst) -> R + Send) -> R {
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
fn tree(text: &str) -> String {
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

/// What must hold for any text: parents come first, ranges are ranges of the text, the leaves stand in order and apart,
/// and what lies between them is nothing but whitespace, comments, punctuation and keywords.
fn check_lossless(text: &str) {
    with_cst(text, |file, _, cst| {
        let mut has_children = vec![false; cst.nodes.len()];
        for (id, node) in cst.nodes.iter().enumerate() {
            assert_eq!(node.parent.is_none(), id == 0);
            if let Some(parent) = node.parent {
                assert!((parent as usize) < id);
                has_children[parent as usize] = true;
            }
            assert!(text.get(node.range.0 as usize..node.range.1 as usize).is_some(), "{node:?} of {text:?}");
        }
        let leaves: Vec<&CstNode> = cst
            .nodes
            .iter()
            .zip(has_children)
            .filter(|(_, has_children)| !has_children)
            .map(|(node, _)| node)
            .collect();
        let (mut rebuilt, mut end) = (String::new(), 0);
        let mut gaps = Vec::new();
        for leaf in leaves {
            assert!(leaf.range.0 >= end, "{leaf:?} begins before {end} in {text:?}\n{}", tree(text));
            rebuilt += &text[end as usize..leaf.range.0 as usize];
            rebuilt += &text[leaf.range.0 as usize..leaf.range.1 as usize];
            gaps.push(end..leaf.range.0);
            end = leaf.range.1;
        }
        rebuilt += &text[end as usize..];
        gaps.push(end..text.len() as u32);
        assert_eq!(rebuilt, text);
        if !file.problems().is_empty() {
            return;
        }
        for gap in gaps {
            let has_words = file.tree.tokens().iter().find(|token| {
                let is_word = matches!(
                    token.kind(),
                    TokenKind::Int | TokenKind::Float | TokenKind::Complex | TokenKind::String | TokenKind::Name
                );
                let start = token.start().to_usize();
                // LibCST has no node for the conversion of a replacement field.
                is_word && gap.contains(&(start as u32)) && !text[..start].ends_with('!')
            });
            assert_eq!(has_words, None, "in {text:?}\n{}", tree(text));
        }
    });
}

/// The committed odd sources.
const SOURCES: [&str; 7] = [
    include_str!("../../../codeintel/tests/corpus/expressions.py"),
    include_str!("../../../codeintel/tests/corpus/layout.py"),
    include_str!("../../../codeintel/tests/corpus/operators.py"),
    include_str!("../../../codeintel/tests/corpus/patterns.py"),
    include_str!("../../../codeintel/tests/corpus/statements.py"),
    include_str!("../../../codeintel/tests/corpus/strings.py"),
    include_str!("../../../codeintel/tests/corpus/types.py"),
];

#[test]
fn odd_sources_are_lossless() {
    for text in SOURCES {
        check_lossless(text);
        check_lossless(&text.replace('\n', "\r\n"));
        check_lossless(&text.replace('a', "é😀").replace('b', "变"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Lines of odd sources, cut and shuffled: mostly broken, some not.
    #[test]
    fn any_text_is_lossless(
        pieces in prop::collection::vec((0..SOURCES.len(), any::<prop::sample::Index>(), 1..5_usize, 0..40_usize), 1..6),
    ) {
        let mut text = String::new();
        for (source, at, lines, cut) in pieces {
            let all: Vec<&str> = SOURCES[source].split_inclusive('\n').collect();
            let start = at.index(all.len());
            let piece: String = all[start..all.len().min(start + lines)].concat();
            let cut = piece.char_indices().map(|(at, _)| at).nth(cut).filter(|_| cut % 2 == 1).unwrap_or(0);
            text += &piece[cut..];
        }
        check_lossless(&text);
    }

    #[test]
    fn any_characters_are_lossless(text in "[a-c \n\\\\(){}\\[\\]:;,.*@='\"fé0-9|#-]{0,60}") {
        check_lossless(&text);
    }
}
