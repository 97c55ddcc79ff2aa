//! Expressions, comprehensions and strings.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    AtomicNodeIndex, BoolOp, CmpOp, Comprehension, DictItem, Expr, ExprBoolOp, ExprCompare, ExprDict, FStringPart,
    HasNodeIndex as _, InterpolatedElement, InterpolatedStringElement, Number, Operator, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::CstKind;
use super::layout::{ends, span};
use super::project::{AT_ONCE, Below, Projection};

/// The `for` parts of a comprehension from one of them on.
#[derive(Clone, Copy)]
pub(super) struct Generators<'a> {
    list: &'a [Comprehension],
    /// Where the part before the first one ends, and the last one.
    start: TextSize,
    end: TextSize,
    /// How far parentheses may reach.
    limit: TextRange,
}

impl<'a> Projection<'a> {
    /// The range of an expression with its parentheses, as far as they lie within `limit`.
    pub(super) fn outer(&self, expr: &Expr, limit: TextRange) -> TextRange {
        self.layout.with_parentheses(expr.range(), limit)
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BoolOp(x) => {
                let start = x.values.first().map_or(x.start(), |first| self.outer(first, x.range).start());
                self.bool_op(x, x.values.len(), start);
            }
            Expr::FString(_) | Expr::TString(_) | Expr::StringLiteral(_) | Expr::BytesLiteral(_) => {
                self.strings(expr, 0);
            }
            _ => {
                let (kind, range) = self.describe(expr);
                self.push_as(expr.node_index(), kind, range, Below::InExpr(expr));
            }
        }
    }

    pub(super) fn optional(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// A node that holds one expression and spans it with its parentheses.
    pub(super) fn around(&mut self, kind: CstKind, expr: &'a Expr, limit: TextRange) {
        self.push(kind, self.outer(expr, limit), Below::Expr(expr));
    }

    fn describe(&self, expr: &Expr) -> (CstKind, TextRange) {
        let kind = match expr {
            Expr::BoolOp(_) => CstKind::BooleanOperation,
            Expr::Named(_) => CstKind::NamedExpr,
            Expr::BinOp(_) => CstKind::BinaryOperation,
            Expr::UnaryOp(_) => CstKind::UnaryOperation,
            Expr::Lambda(_) => CstKind::Lambda,
            Expr::If(_) => CstKind::IfExp,
            Expr::Dict(_) => CstKind::Dict,
            Expr::Set(_) => CstKind::Set,
            Expr::ListComp(_) => CstKind::ListComp,
            Expr::SetComp(_) => CstKind::SetComp,
            Expr::DictComp(_) => CstKind::DictComp,
            Expr::Generator(x) => {
                let limit = if x.parenthesized { self.layout.inside(x.range) } else { x.range };
                let last = x.generators.last().map_or(&*x.elt, |last| last.ifs.last().unwrap_or(&last.iter));
                let range = span(self.outer(&x.elt, limit).start(), self.outer(last, limit).end());
                return (CstKind::GeneratorExp, range);
            }
            Expr::Tuple(x) => {
                let limit = if x.parenthesized { self.layout.inside(x.range) } else { x.range };
                return (CstKind::Tuple, self.tuple_range(&x.elts, limit));
            }
            Expr::Await(_) => CstKind::Await,
            Expr::Yield(_) | Expr::YieldFrom(_) => CstKind::Yield,
            Expr::Compare(_) => CstKind::Comparison,
            Expr::Call(_) => CstKind::Call,
            Expr::NumberLiteral(x) => match x.value {
                Number::Int(_) => CstKind::Integer,
                Number::Float(_) => CstKind::Float,
                Number::Complex { .. } => CstKind::Imaginary,
            },
            Expr::EllipsisLiteral(_) => CstKind::Ellipsis,
            Expr::Attribute(_) => CstKind::Attribute,
            Expr::Subscript(_) => CstKind::Subscript,
            Expr::Starred(_) => CstKind::StarredElement,
            Expr::List(_) => CstKind::List,
            Expr::Slice(_) => CstKind::Slice,
            Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) | Expr::Name(_) => CstKind::Name,
            // Strings are told apart part by part, and an IPython escape command does not occur.
            Expr::FString(_)
            | Expr::TString(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::IpyEscapeCommand(_) => CstKind::SimpleString,
        };
        (kind, expr.range())
    }

    pub(super) fn in_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(x) => {
                self.expr(&x.target);
                self.expr(&x.value);
            }
            Expr::BinOp(x) => {
                self.expr(&x.left);
                let end = self.outer(&x.left, x.range).end();
                if let Some(token) = self.layout.next(end) {
                    self.leaf(binary(x.op), token.range());
                }
                self.expr(&x.right);
            }
            Expr::UnaryOp(x) => {
                let operand = self.outer(&x.operand, x.range).start();
                self.leaf(unary(x.op), span(x.start(), operand));
                self.expr(&x.operand);
            }
            Expr::Lambda(x) => {
                self.lambda_parameters(x.parameters.as_deref(), x.start());
                self.expr(&x.body);
            }
            Expr::If(x) => {
                self.expr(&x.body);
                self.expr(&x.test);
                self.expr(&x.orelse);
            }
            Expr::Dict(x) => self.dict_items(x, 0),
            Expr::Set(x) => self.elements(&x.elts, self.layout.inside(x.range)),
            Expr::List(x) => self.elements(&x.elts, self.layout.inside(x.range)),
            Expr::Tuple(x) => {
                self.elements(&x.elts, if x.parenthesized { self.layout.inside(x.range) } else { x.range });
            }
            Expr::ListComp(x) => self.comprehension(&[&x.elt], &x.generators, self.layout.inside(x.range)),
            Expr::SetComp(x) => self.comprehension(&[&x.elt], &x.generators, self.layout.inside(x.range)),
            Expr::Generator(x) => {
                let limit = if x.parenthesized { self.layout.inside(x.range) } else { x.range };
                self.comprehension(&[&x.elt], &x.generators, limit);
            }
            Expr::DictComp(x) => {
                let parts: Vec<&'a Expr> = x.key.as_deref().into_iter().chain([&*x.value]).collect();
                self.comprehension(&parts, &x.generators, self.layout.inside(x.range));
            }
            Expr::Await(x) => self.expr(&x.value),
            Expr::Yield(x) => self.optional(x.value.as_deref()),
            Expr::YieldFrom(x) => {
                let keyword = self.layout.find(TokenKind::From, x.range);
                let start = keyword.map_or(x.start(), TextRange::start);
                self.push(CstKind::From, span(start, x.end()), Below::Expr(&x.value));
            }
            Expr::Compare(x) => {
                self.expr(&x.left);
                self.comparisons(x, 0, self.outer(&x.left, x.range).end());
            }
            Expr::Call(x) => {
                self.expr(&x.func);
                self.arguments(&x.arguments);
            }
            Expr::Attribute(x) => {
                self.expr(&x.value);
                self.name(&x.attr);
            }
            Expr::Subscript(x) => {
                self.expr(&x.value);
                match &*x.slice {
                    Expr::Tuple(indices) if !indices.parenthesized => self.subscript_elements(&indices.elts, x.range),
                    index => self.subscript_element(index, x.range),
                }
            }
            Expr::Starred(x) => self.expr(&x.value),
            Expr::Slice(x) => {
                self.optional(x.lower.as_deref());
                self.optional(x.upper.as_deref());
                self.optional(x.step.as_deref());
            }
            Expr::BoolOp(_)
            | Expr::FString(_)
            | Expr::TString(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::Name(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    // ---- operators ----

    /// A chain of `and` or `or` is nested to the left: all but the last value are the left operand.
    fn bool_op(&mut self, x: &'a ExprBoolOp, count: usize, start: TextSize) {
        let range = span(start, self.outer(&x.values[count - 1], x.range).end());
        let ast = (count == x.values.len()).then_some(&x.node_index);
        self.push_maybe_as(ast, CstKind::BooleanOperation, range, Below::BoolOp(x, count, start));
    }

    pub(super) fn in_bool_op(&mut self, x: &'a ExprBoolOp, count: usize, start: TextSize) {
        let [left @ .., right] = &x.values[..count] else { return };
        match left {
            [] => {}
            [only] => self.expr(only),
            [.., _] => self.bool_op(x, left.len(), start),
        }
        if let Some(last) = left.last()
            && let Some(operator) = self.layout.next(self.outer(last, x.range).end())
        {
            self.leaf(if x.op == BoolOp::And { CstKind::And } else { CstKind::Or }, operator.range());
        }
        self.expr(right);
    }

    pub(super) fn comparisons(&mut self, x: &'a ExprCompare, from: usize, mut end: TextSize) {
        for (index, comparator) in x.comparators.iter().enumerate().skip(from).take(AT_ONCE) {
            let range = span(end, self.outer(comparator, x.range).end());
            self.push(CstKind::ComparisonTarget, range, Below::Comparison(x, index, end));
            end = range.end();
        }
        if from + AT_ONCE < x.comparators.len() {
            self.rest(Below::Comparisons(x, from + AT_ONCE, end));
        }
    }

    pub(super) fn in_comparison(&mut self, x: &'a ExprCompare, index: usize, start: TextSize) {
        if let Some(first) = self.layout.next(start) {
            let last = match x.ops[index] {
                CmpOp::IsNot | CmpOp::NotIn => self.layout.next(first.end()).unwrap_or(first),
                _ => first,
            };
            self.leaf(comparison(x.ops[index]), span(first.start(), last.end()));
        }
        self.expr(&x.comparators[index]);
    }

    // ---- displays and subscripts ----

    pub(super) fn elements(&mut self, elements: &'a [Expr], limit: TextRange) {
        let (now, later) = elements.split_at(elements.len().min(AT_ONCE));
        for element in now {
            if element.is_starred_expr() {
                self.expr(element);
            } else {
                self.around(CstKind::Element, element, limit);
            }
        }
        if !later.is_empty() {
            self.rest(Below::Elements(later, limit));
        }
    }

    /// From the first to the last element, or to the comma behind it.
    pub(super) fn tuple_range(&self, elements: &[Expr], limit: TextRange) -> TextRange {
        let Some((first, last)) = ends(elements) else { return TextRange::empty(limit.end()) };
        let end = self.outer(last, limit).end();
        let comma = self.layout.comma(end, limit.end());
        span(self.outer(first, limit).start(), comma.map_or(end, TextRange::end))
    }

    pub(super) fn dict_items(&mut self, x: &'a ExprDict, from: usize) {
        // Only the rest of a broken pattern, which the parser takes for a display, does not stand where it is in the list.
        let stray = match &*x.items {
            [.., previous, last] => Some(last).filter(|last| last.key.is_none() && last.start() < previous.start()),
            _ => None,
        };
        let items = &x.items[..x.items.len() - usize::from(stray.is_some())];
        for (at, item) in items.iter().enumerate().skip(from).take(AT_ONCE) {
            let is_before =
                |stray: &&DictItem| stray.start() < item.start() && (at == 0 || items[at - 1].start() < stray.start());
            if let Some(stray) = stray.filter(is_before) {
                self.dict_item(x, stray);
            }
            self.dict_item(x, item);
        }
        if from + AT_ONCE < items.len() {
            self.rest(Below::DictItems(x, from + AT_ONCE));
        }
    }

    fn dict_item(&mut self, x: &'a ExprDict, item: &'a DictItem) {
        let limit = self.layout.inside(x.range);
        let value = self.outer(&item.value, limit);
        let (kind, start) = match &item.key {
            Some(key) => (CstKind::DictElement, self.outer(key, limit).start()),
            None => {
                let stars = self.layout.previous(value.start());
                (CstKind::StarredDictElement, stars.map_or(value.start(), Ranged::start))
            }
        };
        self.push(kind, span(start, value.end()), Below::DictItem(item.key.as_ref(), &item.value));
    }

    pub(super) fn subscript_elements(&mut self, indices: &'a [Expr], limit: TextRange) {
        let (now, later) = indices.split_at(indices.len().min(AT_ONCE));
        for index in now {
            self.subscript_element(index, limit);
        }
        if !later.is_empty() {
            self.rest(Below::Indices(later, limit));
        }
    }

    fn subscript_element(&mut self, index: &'a Expr, limit: TextRange) {
        let mut range = self.outer(index, limit);
        if index.is_slice_expr() && self.layout.text[range].ends_with(':') {
            // A last colon owns the whitespace behind it.
            range = span(range.start(), self.layout.next_start(range.end(), limit.end()));
        }
        self.push(CstKind::SubscriptElement, range, Below::Index(range, index));
    }

    pub(super) fn index(&mut self, range: TextRange, index: &'a Expr) {
        match index {
            Expr::Slice(x) => self.push_as(&x.node_index, CstKind::Slice, range, Below::InExpr(index)),
            Expr::Starred(x) => self.push_as(&x.node_index, CstKind::Index, range, Below::InExpr(index)),
            _ => self.push(CstKind::Index, range, Below::Expr(index)),
        }
    }

    // ---- comprehensions ----

    fn comprehension(&mut self, parts: &[&'a Expr], list: &'a [Comprehension], limit: TextRange) {
        for part in parts {
            self.expr(part);
        }
        if let (Some(part), Some(last)) = (parts.last(), list.last()) {
            let end = self.outer(last.ifs.last().unwrap_or(&last.iter), limit).end();
            self.generators(Generators { list, start: self.outer(part, limit).end(), end, limit });
        }
    }

    /// The first `for` spans all that follow, since they are nested in it.
    fn generators(&mut self, generators: Generators<'a>) {
        if !generators.list.is_empty() {
            self.push(CstKind::CompFor, span(generators.start, generators.end), Below::Generators(generators));
        }
    }

    pub(super) fn in_generator(&mut self, Generators { list, start, end, limit }: Generators<'a>) {
        let [first, rest @ ..] = list else { return };
        if first.is_async
            && let Some(keyword) = self.layout.next(start)
        {
            self.leaf(CstKind::Asynchronous, keyword.range());
        }
        self.expr(&first.target);
        self.expr(&first.iter);
        let mut start = self.outer(&first.iter, limit).end();
        for condition in &first.ifs {
            let range = span(start, self.outer(condition, limit).end());
            self.push(CstKind::CompIf, range, Below::Expr(condition));
            start = range.end();
        }
        self.generators(Generators { list: rest, start, end, limit });
    }

    // ---- strings ----

    /// The strings of an implicit concatenation from one of them on; they are nested to the right.
    pub(super) fn strings(&mut self, expr: &'a Expr, index: usize) {
        let (Some(first), Some(last)) = (StringPart::of(expr, index), StringPart::last_of(expr)) else { return };
        // All of them together are what the syntax tree has one node for.
        let ast = (index == 0).then(|| expr.node_index());
        if first.range == last.range {
            self.string(first, ast);
        } else {
            let range = span(first.range.start(), last.range.end());
            self.push_maybe_as(ast, CstKind::ConcatenatedString, range, Below::Strings(expr, index));
        }
    }

    pub(super) fn in_strings(&mut self, expr: &'a Expr, index: usize) {
        if let Some(first) = StringPart::of(expr, index) {
            self.string(first, None);
            self.strings(expr, index + 1);
        }
    }

    fn string(&mut self, StringPart { range, elements }: StringPart<'a>, ast: Option<&AtomicNodeIndex>) {
        match elements {
            None => self.push_maybe_as(ast, CstKind::SimpleString, range, Below::Nothing),
            Some((elements, kinds)) => {
                self.push_maybe_as(ast, kinds.string, range, Below::StringElements(elements, kinds));
            }
        }
    }

    pub(super) fn string_elements(&mut self, elements: &'a [InterpolatedStringElement], kinds: &'static StringKinds) {
        let (now, later) = elements.split_at(elements.len().min(AT_ONCE));
        for element in now {
            match element {
                InterpolatedStringElement::Literal(text) => self.leaf(kinds.text, text.range),
                InterpolatedStringElement::Interpolation(field) => {
                    let below = Below::Interpolation(field, kinds);
                    self.push_as(&field.node_index, kinds.expression, field.range, below);
                }
            }
        }
        if !later.is_empty() {
            self.rest(Below::StringElements(later, kinds));
        }
    }

    pub(super) fn in_interpolation(&mut self, field: &'a InterpolatedElement, kinds: &'static StringKinds) {
        self.expr(&field.expression);
        for element in field.format_spec.iter().flat_map(|spec| &spec.elements) {
            match element {
                InterpolatedStringElement::Literal(text) => self.specification(text.range, kinds),
                InterpolatedStringElement::Interpolation(_) => {
                    self.string_elements(std::slice::from_ref(element), kinds);
                }
            }
        }
    }

    /// The text of a format specification, where LibCST takes the name of a `\N{NAME}` for a replacement field.
    fn specification(&mut self, mut range: TextRange, kinds: &'static StringKinds) {
        let is_word =
            |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !word.contains(' ');
        while let Some((before, behind)) = self.layout.text[range].split_once("\\N{")
            && let Some((name, rest)) = behind.split_once('}')
            && name.split('-').all(is_word)
        {
            let rest = TextSize::of(rest);
            let name = TextRange::at(range.start() + TextSize::of(before) + TextSize::of("\\N{"), TextSize::of(name));
            let brace = TextSize::of('{');
            self.leaf(kinds.text, span(range.start(), name.start() - brace));
            self.push(kinds.expression, span(name.start() - brace, name.end() + brace), Below::Difference(name));
            range = span(range.end() - rest, range.end());
        }
        if !range.is_empty() {
            self.leaf(kinds.text, range);
        }
    }

    /// The name of a character as an expression, such as `X-RAY`.
    pub(super) fn named_character(&mut self, range: TextRange) {
        let hyphens = self.layout.text[range].bytes().filter(|byte| *byte == b'-').count();
        self.difference(range, hyphens as u32);
    }

    fn difference(&mut self, range: TextRange, hyphens: u32) {
        if hyphens > 0 {
            self.push(CstKind::BinaryOperation, range, Below::InDifference(range, hyphens));
        } else {
            self.leaf(CstKind::Name, range);
        }
    }

    pub(super) fn in_difference(&mut self, range: TextRange, hyphens: u32) {
        let Some(at) = self.layout.text[range].rfind('-') else { return };
        let minus = TextRange::at(range.start() + TextSize::new(at as u32), TextSize::of('-'));
        self.difference(span(range.start(), minus.start()), hyphens - 1);
        self.leaf(CstKind::Subtract, minus);
        self.leaf(CstKind::Name, span(minus.end(), range.end()));
    }
}

/// The classes of an f-string or a t-string and of what it holds.
#[derive(Debug)]
pub(super) struct StringKinds {
    string: CstKind,
    text: CstKind,
    expression: CstKind,
}

static FORMATTED: StringKinds = StringKinds {
    string: CstKind::FormattedString,
    text: CstKind::FormattedStringText,
    expression: CstKind::FormattedStringExpression,
};

static TEMPLATED: StringKinds = StringKinds {
    string: CstKind::TemplatedString,
    text: CstKind::TemplatedStringText,
    expression: CstKind::TemplatedStringExpression,
};

/// One string of an implicit concatenation.
struct StringPart<'a> {
    range: TextRange,
    /// What it holds, if it is an f-string or a t-string.
    elements: Option<(&'a [InterpolatedStringElement], &'static StringKinds)>,
}

impl<'a> StringPart<'a> {
    fn of(expr: &'a Expr, index: usize) -> Option<Self> {
        let simple = |range| Self { range, elements: None };
        Some(match expr {
            Expr::StringLiteral(x) => simple(x.value.as_slice().get(index)?.range),
            Expr::BytesLiteral(x) => simple(x.value.as_slice().get(index)?.range),
            Expr::FString(x) => match x.value.as_slice().get(index)? {
                FStringPart::Literal(literal) => simple(literal.range),
                FStringPart::FString(part) => Self { range: part.range, elements: Some((&part.elements, &FORMATTED)) },
            },
            Expr::TString(x) => {
                let part = x.value.as_slice().get(index)?;
                Self { range: part.range, elements: Some((&part.elements, &TEMPLATED)) }
            }
            _ => return None,
        })
    }

    fn last_of(expr: &'a Expr) -> Option<Self> {
        let count = match expr {
            Expr::StringLiteral(x) => x.value.as_slice().len(),
            Expr::BytesLiteral(x) => x.value.as_slice().len(),
            Expr::FString(x) => x.value.as_slice().len(),
            Expr::TString(x) => x.value.as_slice().len(),
            _ => 0,
        };
        Self::of(expr, count.checked_sub(1)?)
    }
}

fn binary(operator: Operator) -> CstKind {
    match operator {
        Operator::Add => CstKind::Add,
        Operator::Sub => CstKind::Subtract,
        Operator::Mult => CstKind::Multiply,
        Operator::MatMult => CstKind::MatrixMultiply,
        Operator::Div => CstKind::Divide,
        Operator::Mod => CstKind::Modulo,
        Operator::Pow => CstKind::Power,
        Operator::LShift => CstKind::LeftShift,
        Operator::RShift => CstKind::RightShift,
        Operator::BitOr => CstKind::BitOr,
        Operator::BitXor => CstKind::BitXor,
        Operator::BitAnd => CstKind::BitAnd,
        Operator::FloorDiv => CstKind::FloorDivide,
    }
}

/// The operator of an augmented assignment.
pub(super) fn augmented(operator: Operator) -> CstKind {
    match operator {
        Operator::Add => CstKind::AddAssign,
        Operator::Sub => CstKind::SubtractAssign,
        Operator::Mult => CstKind::MultiplyAssign,
        Operator::MatMult => CstKind::MatrixMultiplyAssign,
        Operator::Div => CstKind::DivideAssign,
        Operator::Mod => CstKind::ModuloAssign,
        Operator::Pow => CstKind::PowerAssign,
        Operator::LShift => CstKind::LeftShiftAssign,
        Operator::RShift => CstKind::RightShiftAssign,
        Operator::BitOr => CstKind::BitOrAssign,
        Operator::BitXor => CstKind::BitXorAssign,
        Operator::BitAnd => CstKind::BitAndAssign,
        Operator::FloorDiv => CstKind::FloorDivideAssign,
    }
}

fn unary(operator: UnaryOp) -> CstKind {
    match operator {
        UnaryOp::Invert => CstKind::BitInvert,
        UnaryOp::Not => CstKind::Not,
        UnaryOp::UAdd => CstKind::Plus,
        UnaryOp::USub => CstKind::Minus,
    }
}

fn comparison(operator: CmpOp) -> CstKind {
    match operator {
        CmpOp::Eq => CstKind::Equal,
        CmpOp::NotEq => CstKind::NotEqual,
        CmpOp::Lt => CstKind::LessThan,
        CmpOp::LtE => CstKind::LessThanEqual,
        CmpOp::Gt => CstKind::GreaterThan,
        CmpOp::GtE => CstKind::GreaterThanEqual,
        CmpOp::Is => CstKind::Is,
        CmpOp::IsNot => CstKind::IsNot,
        CmpOp::In => CstKind::In,
        CmpOp::NotIn => CstKind::NotIn,
    }
}
