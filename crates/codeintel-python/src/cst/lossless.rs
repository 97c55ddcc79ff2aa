//! Nothing of a source is lost, and [`complaints`] would notice it.

use proptest::prelude::*;

use super::complaints::{complaints, range_of};
use super::tests::with_cst;
use super::{Cst, CstKind, CstNode};

fn check(text: &str) {
    with_cst(text, |file, _, cst| {
        let complaints = complaints(file, cst);
        assert!(complaints.is_empty(), "{complaints:#?}\nin {text:?}\n{}", super::tests::tree(text));
    });
}

/// The committed odd sources.
const SOURCES: [&str; 10] = [
    include_str!("../../../codeintel/tests/corpus/broken.py"),
    include_str!("../../../codeintel/tests/corpus/expressions.py"),
    include_str!("../../../codeintel/tests/corpus/layout.py"),
    include_str!("../../../codeintel/tests/corpus/operators.py"),
    include_str!("../../../codeintel/tests/corpus/patterns.py"),
    include_str!("../../../codeintel/tests/corpus/refused_by_libcst.py"),
    include_str!("../../../codeintel/tests/corpus/statements.py"),
    include_str!("../../../codeintel/tests/corpus/strings.py"),
    include_str!("../../../codeintel/tests/corpus/types.py"),
    include_str!("../../../codeintel/tests/corpus/python314/template_strings.py"),
];

#[test]
fn odd_sources_are_lossless() {
    for text in SOURCES {
        check(text);
        check(&text.replace('\n', "\r\n"));
        check(&text.replace('a', "é😀").replace('b', "变"));
    }
}

#[test]
fn what_stands_in_the_wrong_order_is_not_lost() {
    check("match x:\n    case A(x=1, 2, y=z, *_): pass\n");
    check("match x:\n    case A(x=(1 | ca) 2");
    check("match x:\n    case {'k': v, **s, 1: c}: pass\n");
}

/// The nodes without those that are dropped, and what is below them.
fn without(cst: &Cst, is_dropped: impl Fn(&CstNode) -> bool) -> Cst {
    let mut numbers: Vec<Option<u32>> = Vec::new();
    let mut nodes = Vec::new();
    for node in &cst.nodes {
        let parent = node.parent.map(|parent| numbers[parent as usize]);
        let is_kept = parent != Some(None) && !is_dropped(node);
        numbers.push(is_kept.then_some(nodes.len() as u32));
        if is_kept {
            nodes.push(CstNode { parent: parent.flatten(), ..*node });
        }
    }
    Cst { nodes }
}

#[test]
fn a_loss_is_noticed() {
    let text = "@d\nasync def f(a, *b):\n    while True: pass\n    return a @ -b is not f'{c!r:>5}d'\nmatch x:\n    case y | _: break\n";
    for text in [text.to_owned(), format!("{text}y = (1,\nz z\n")] {
        let check = |is_dropped: &(dyn Fn(&CstNode) -> bool + Sync)| {
            with_cst(&text, |file, _, cst| {
                assert_eq!(complaints(file, cst), [""; 0]);
                complaints(file, &without(cst, |node| is_dropped(node))).len()
            })
        };
        assert!(check(&|node| node.parent.is_some()) > 20, "only the Module");
        let lost = [
            ("f", CstKind::Name),
            ("x", CstKind::Name),
            ("True", CstKind::Name),
            ("d", CstKind::FormattedStringText),
            (">5", CstKind::FormattedStringText),
            ("pass", CstKind::Pass),
            ("break", CstKind::Break),
            ("async", CstKind::Asynchronous),
            ("@", CstKind::MatrixMultiply),
            ("-", CstKind::Minus),
            ("is not", CstKind::IsNot),
            ("y | ", CstKind::MatchOrElement),
            ("_", CstKind::MatchAs),
        ];
        for (source, kind) in lost {
            let is_dropped = |node: &CstNode| node.kind == kind && &text[range_of(node)] == source;
            assert_ne!(check(&is_dropped), 0, "{source} {kind:?}");
        }
        assert_ne!(check(&|node| node.parent == Some(0) && node.kind == CstKind::Match), 0, "a statement");
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
        check(&text);
    }

    #[test]
    fn any_characters_are_lossless(text in "[a-c \n\\\\(){}\\[\\]:;,.*@='\"fé0-9|#-]{0,60}") {
        check(&text);
    }
}
