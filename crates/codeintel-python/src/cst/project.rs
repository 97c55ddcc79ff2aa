//! ruff's tree and tokens to LibCST's nodes.
//!
//! A stack of pending nodes takes the place of recursion, so that no nesting of the source can exhaust the call stack.
//! A node's kind and range are known when it is put on the stack, its children when it is taken off. Where LibCST's
//! spans are not what one would expect:
//! - a decorated definition starts at its own keyword, and so does a block that begins with one;
//! - a tuple and a generator do not include their parentheses, nor does any other expression;
//! - the parts of a chain (`ComparisonTarget`, `CompFor`, `CompIf`, `AsName`) start where the part before them ends;
//! - the elements of `match` patterns own their comma or `|` with the whitespace behind it, a unary operator owns the
//!   whitespace behind it;
//! - `BooleanOperation` nests to the left, `ConcatenatedString` to the right, `elif` and a second `for` into the first.

use ruff_python_ast::{
    Alias, Arguments, AtomicNodeIndex, ElifElseClause, ExceptHandlerExceptHandler, Expr, ExprBoolOp, ExprCompare,
    ExprDict, Identifier, InterpolatedElement, InterpolatedStringElement, Keyword, MatchCase, Parameter, Parameters,
    Pattern, Stmt, TypeParam, TypeParams, WithItem,
};
use ruff_text_size::{TextRange, TextSize};

use super::expressions::{Generators, StringKinds};
use super::layout::{Layout, without_much_trivia};
use super::{CstKind, CstNode};
use crate::ParsedFile;

pub(super) fn project(file: &ParsedFile, mut found: impl FnMut(u32, &CstNode)) {
    let without_trivia = without_much_trivia(file);
    let layout = Layout::new(file, without_trivia.as_deref());
    let mut projection = Projection { layout, pending: Vec::new(), parent: None };
    let whole = TextRange::new(TextSize::default(), TextSize::of(file.text()));
    let module = file.tree.syntax();
    projection.push_as(&module.node_index, CstKind::Module, whole, Below::Lines(&module.body));
    let mut apart = (!file.tree.errors().is_empty()).then(Apart::default);
    let mut next = 0;
    while let Some(PendingNode { kind, range, parent, ast, below }) = projection.pending.pop() {
        projection.parent = parent;
        if let Some(kind) = kind {
            let range = (range.start().to_u32(), range.end().to_u32());
            let node = CstNode { kind, parent, range, ast };
            match &mut apart {
                Some(apart) => apart.take(next, node, &mut found),
                None => found(next, &node),
            }
            projection.parent = Some(next);
            next += 1;
        }
        let base = projection.pending.len();
        projection.children(below);
        projection.pending[base..].reverse();
    }
    if let Some(mut apart) = apart {
        apart.finish(&mut found);
    }
}

/// In a broken source the parser may have put a missing expression into a token that it skipped. Such leaves are moved behind what
/// stands before them, so that leaves never overlap.
#[derive(Default)]
struct Apart {
    /// The node before, of which it is not known yet whether it is a leaf.
    last: Option<(u32, CstNode)>,
    /// Where the last leaf ends.
    end: u32,
}

impl Apart {
    fn take(&mut self, id: u32, node: CstNode, found: &mut impl FnMut(u32, &CstNode)) {
        if let Some((last_id, last)) = self.last.replace((id, node)) {
            self.pass_on(last_id, last, node.parent != Some(last_id), found);
        }
    }

    fn finish(&mut self, found: &mut impl FnMut(u32, &CstNode)) {
        if let Some((id, node)) = self.last.take() {
            self.pass_on(id, node, true, found);
        }
    }

    fn pass_on(&mut self, id: u32, mut node: CstNode, is_leaf: bool, found: &mut impl FnMut(u32, &CstNode)) {
        if is_leaf {
            node.range.0 = node.range.0.max(self.end);
            node.range.1 = node.range.1.max(node.range.0);
            self.end = node.range.1;
        }
        found(id, &node);
    }
}

/// Of a long list so many items are put on the stack at once, and then the rest of it: so the stack stays small.
pub(super) const AT_ONCE: usize = 64;

/// A node that waits for its number, or the rest of its parent's children.
struct PendingNode<'a> {
    /// None for the rest of a list.
    kind: Option<CstKind>,
    range: TextRange,
    parent: Option<u32>,
    ast: Option<u32>,
    below: Below<'a>,
}

/// What the children of a node are made from.
#[derive(Clone, Copy)]
pub(super) enum Below<'a> {
    Nothing,
    /// One `Name`.
    Name(TextRange),
    /// One expression.
    Expr(&'a Expr),
    /// The slice or the index of a subscript.
    Index(TextRange, &'a Expr),
    /// One pattern, and how far its parentheses may reach.
    Pattern(&'a Pattern, TextRange),
    /// What the node of an expression, a statement or a pattern holds.
    InExpr(&'a Expr),
    InStmt(&'a Stmt),
    InPattern(&'a Pattern, TextRange),
    /// Statements on lines of their own.
    Lines(&'a [Stmt]),
    /// Statements of one line.
    Line(&'a [Stmt]),
    /// A block behind a colon.
    Suite(&'a [Stmt]),
    /// An `elif` or `else` clause and those behind it.
    Clauses(&'a [ElifElseClause]),
    Handler(&'a ExceptHandlerExceptHandler),
    Case(&'a MatchCase),
    /// An item of `with`, and how far its parentheses may reach.
    WithItem(&'a WithItem, TextRange),
    /// The dotted name of a module, with so many dots.
    Dotted(TextRange, u32),
    Aliases(&'a [Alias]),
    NameItems(&'a [Identifier]),
    /// Arguments behind so many positional and so many named ones.
    Arguments(&'a Arguments, (u32, u32)),
    /// Items of a dictionary from one of them on.
    DictItems(&'a ExprDict, usize),
    /// Operators of a comparison from one of them on, and where what stands before it ends.
    Comparisons(&'a ExprCompare, usize, TextSize),
    /// Elements of a subscript.
    Indices(&'a [Expr], TextRange),
    Alias(&'a Alias),
    TypeParams(&'a TypeParams),
    TypeParam(&'a TypeParam, TextRange),
    TypeVar(&'a Identifier, Option<&'a Expr>),
    /// Parameters between the two offsets of their parentheses, or of `lambda` and its colon.
    Parameters(&'a Parameters, TextRange),
    Parameter(&'a Parameter, Option<&'a Expr>, TextRange),
    Keyword(&'a Keyword),
    /// The first so many values of a chain of `and` or `or`, which begins at an offset.
    BoolOp(&'a ExprBoolOp, usize, TextSize),
    /// An operator of a comparison and what follows it.
    Comparison(&'a ExprCompare, usize, TextSize),
    /// The `for` and `if` parts of a comprehension.
    Generators(Generators<'a>),
    /// The strings of an implicit concatenation from one of them on.
    Strings(&'a Expr, usize),
    /// What an f-string or a t-string holds.
    StringElements(&'a [InterpolatedStringElement], &'static StringKinds),
    /// A replacement field of an f-string or a t-string.
    Interpolation(&'a InterpolatedElement, &'static StringKinds),
    /// The name of a character, and what the operation that it reads as holds, with the number of its hyphens.
    Difference(TextRange),
    InDifference(TextRange, u32),
    /// The elements of a list, a set or a tuple, and how far their parentheses may reach.
    Elements(&'a [Expr], TextRange),
    DictItem(Option<&'a Expr>, &'a Expr),
    MappingItem(&'a Expr, &'a Pattern, TextRange),
    KeywordPattern(&'a Identifier, &'a Pattern, TextRange),
    /// An alternative of a pattern, and whether a `|` follows it.
    Alternative(&'a Pattern, TextRange, bool),
}

pub(super) struct Projection<'a> {
    pub(super) layout: Layout<'a>,
    /// The nodes that wait, the next one last.
    pending: Vec<PendingNode<'a>>,
    /// The number of the node whose children are being listed.
    parent: Option<u32>,
}

impl<'a> Projection<'a> {
    pub(super) fn push(&mut self, kind: CstKind, range: TextRange, below: Below<'a>) {
        self.push_maybe_as(None, kind, range, below);
    }

    /// A node that stands for a node of the syntax tree.
    pub(super) fn push_as(&mut self, ast: &AtomicNodeIndex, kind: CstKind, range: TextRange, below: Below<'a>) {
        self.push_maybe_as(Some(ast), kind, range, below);
    }

    pub(super) fn push_maybe_as(
        &mut self,
        ast: Option<&AtomicNodeIndex>,
        kind: CstKind,
        range: TextRange,
        below: Below<'a>,
    ) {
        let ast = ast.and_then(|index| index.load().as_u32());
        self.pending.push(PendingNode { kind: Some(kind), range, parent: self.parent, ast, below });
    }

    /// The rest of the children that are being listed.
    pub(super) fn rest(&mut self, below: Below<'a>) {
        let range = TextRange::default();
        self.pending.push(PendingNode { kind: None, range, parent: self.parent, ast: None, below });
    }

    pub(super) fn leaf(&mut self, kind: CstKind, range: TextRange) {
        self.push(kind, range, Below::Nothing);
    }

    pub(super) fn name(&mut self, name: &Identifier) {
        self.leaf(CstKind::Name, name.range);
    }

    fn children(&mut self, below: Below<'a>) {
        match below {
            Below::Nothing => {}
            Below::Name(range) => self.leaf(CstKind::Name, range),
            Below::Expr(expr) => self.expr(expr),
            Below::Index(range, expr) => self.index(range, expr),
            Below::Pattern(pattern, limit) => self.pattern(pattern, limit),
            Below::InExpr(expr) => self.in_expr(expr),
            Below::InStmt(stmt) => self.in_stmt(stmt),
            Below::InPattern(pattern, limit) => self.in_pattern(pattern, limit),
            Below::Lines(body) => self.lines(body),
            Below::Line(body) => self.line(body),
            Below::Suite(body) => self.suite(body),
            Below::Clauses(clauses) => self.in_clause(clauses),
            Below::Handler(handler) => self.in_handler(handler),
            Below::Case(case) => self.in_case(case),
            Below::WithItem(item, limit) => self.in_with_item(item, limit),
            Below::Dotted(range, dots) => self.in_dotted(range, dots),
            Below::Aliases(aliases) => self.aliases(aliases),
            Below::NameItems(names) => self.name_items(names),
            Below::Arguments(arguments, from) => self.argument_list(arguments, from),
            Below::DictItems(dict, from) => self.dict_items(dict, from),
            Below::Comparisons(compare, from, start) => self.comparisons(compare, from, start),
            Below::Indices(indices, limit) => self.subscript_elements(indices, limit),
            Below::Alias(alias) => self.in_alias(alias),
            Below::TypeParams(params) => self.in_type_params(params),
            Below::TypeParam(param, inner) => self.in_type_param(param, inner),
            Below::TypeVar(name, bound) => {
                self.name(name);
                self.optional(bound);
            }
            Below::Parameters(parameters, within) => self.in_parameters(parameters, within),
            Below::Parameter(parameter, default, within) => self.in_parameter(parameter, default, within),
            Below::Keyword(keyword) => {
                if let Some(name) = &keyword.arg {
                    self.name(name);
                }
                self.expr(&keyword.value);
            }
            Below::BoolOp(chain, count, start) => self.in_bool_op(chain, count, start),
            Below::Comparison(compare, index, start) => self.in_comparison(compare, index, start),
            Below::Generators(generators) => self.in_generator(generators),
            Below::Strings(expr, index) => self.in_strings(expr, index),
            Below::StringElements(elements, kinds) => self.string_elements(elements, kinds),
            Below::Interpolation(field, kinds) => self.in_interpolation(field, kinds),
            Below::Difference(range) => self.named_character(range),
            Below::InDifference(range, hyphens) => self.in_difference(range, hyphens),
            Below::Elements(elements, limit) => self.elements(elements, limit),
            Below::DictItem(key, value) => {
                self.optional(key);
                self.expr(value);
            }
            Below::MappingItem(key, pattern, limit) => {
                self.expr(key);
                self.pattern(pattern, limit);
            }
            Below::KeywordPattern(name, pattern, limit) => {
                self.name(name);
                self.pattern(pattern, limit);
            }
            Below::Alternative(pattern, range, has_separator) => self.in_alternative(pattern, range, has_separator),
        }
    }
}
