//! ruff's tree to CPython's nodes.
//!
//! A stack of pending nodes takes the place of recursion, so that no nesting of the source can exhaust the call stack.
//! Where the two trees differ:
//! - a decorated definition starts at its own keyword, not at its first decorator;
//! - `elif` is an `If` inside the parent's `orelse`, and it ends where the last clause ends;
//! - ruff's wrappers (`Parameters`, `Arguments`, `Decorator`, `TypeParams`) are flattened away;
//! - neighbouring literal parts of an f-string are one `Constant`, and empty ones are none;
//! - `{x=}` puts the text `x=` into that `Constant`, and a format spec's `JoinedStr` starts at its `:`;
//! - a generator that is a call's only argument takes the call's parentheses as its own;
//! - a block that ends in `a;` ends behind the semicolon, though the statement `a` does not.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    Alias, Arguments, AtomicNodeIndex, BoolOp, CmpOp, Comprehension, Decorator, DictItem, ElifElseClause,
    ExceptHandler, ExceptHandlerExceptHandler, Expr, ExprContext, FStringPart, HasNodeIndex as _, InterpolatedElement,
    InterpolatedStringFormatSpec, Keyword, MatchCase, NodeIndex, Parameter, Parameters, Pattern, Stmt, StmtClassDef,
    StmtFunctionDef, TypeParam, TypeParams, WithItem,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::classes::{comparison, describe_expr, describe_pattern, operator, unary_operator};
use super::strings::StringParts;
use super::{Ast, AstNode, Field, Kind};
use crate::ParsedFile;

/// A function or class statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DefinitionRef<'a> {
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
}

impl<'a> DefinitionRef<'a> {
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Function(function) => &function.name,
            Self::Class(class) => &class.name,
        }
    }

    /// The range of the name.
    pub(crate) fn name_range(self) -> TextRange {
        match self {
            Self::Function(function) => function.name.range,
            Self::Class(class) => class.name.range,
        }
    }

    pub(crate) fn body(self) -> &'a [Stmt] {
        match self {
            Self::Function(function) => &function.body,
            Self::Class(class) => &class.body,
        }
    }

    pub(crate) fn decorators(self) -> &'a [Decorator] {
        match self {
            Self::Function(function) => &function.decorator_list,
            Self::Class(class) => &class.decorator_list,
        }
    }
}

pub(super) fn project(file: &ParsedFile) -> Ast<'_> {
    let mut projection = Projection {
        file,
        semicolons: trailing_semicolons(file),
        nodes: Vec::with_capacity(file.text().len() / 8),
        definitions: Vec::new(),
        pending: Vec::new(),
        parent: 0,
    };
    projection.nodes.push(AstNode {
        kind: Kind::Module,
        field: None,
        parent: None,
        index: None,
        range: None,
        name: None,
    });
    let module = file.tree.syntax();
    module.node_index.set(NodeIndex::from(0));
    projection.body(Field::Body, &module.body);
    projection.pending.reverse();
    while let Some(pending) = projection.pending.pop() {
        projection.visit(pending);
    }
    Ast { nodes: projection.nodes, definitions: projection.definitions }
}

/// The ranges from the end of a block's last simple statement to the end of the semicolon behind it.
fn trailing_semicolons(file: &ParsedFile) -> Vec<TextRange> {
    if !file.text().contains(';') {
        return Vec::new();
    }
    let mut ranges = Vec::new();
    let mut end = TextSize::default();
    let mut semicolon = None;
    for token in file.tree.tokens() {
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            TokenKind::Semi => semicolon = Some(TextRange::new(end, token.end())),
            TokenKind::Newline | TokenKind::EndOfFile => ranges.extend(semicolon.take()),
            _ => {
                end = token.end();
                semicolon = None;
            }
        }
    }
    ranges
}

/// Of a long list so many items wait at once, and then the rest of it: so the stack stays small.
const AT_ONCE: usize = 64;

/// A node that waits for its number, or the rest of a list.
#[derive(Clone, Copy)]
struct PendingNode<'a> {
    next: Next<'a>,
    field: Field,
    /// Of the rest of a list, the place of its first item.
    index: Option<u32>,
    parent: u32,
}

#[derive(Clone, Copy)]
enum Next<'a> {
    Node(Item<'a>),
    Rest(List<'a>),
}

/// Items of a field that may be very many.
#[derive(Clone, Copy)]
enum List<'a> {
    Stmts(&'a [Stmt]),
    Exprs(&'a [Expr]),
    DictKeys(&'a [DictItem]),
    DictValues(&'a [DictItem]),
    Comparisons(&'a [CmpOp]),
    Keywords(&'a [Keyword]),
    Aliases(&'a [Alias]),
}

impl<'a> List<'a> {
    fn len(self) -> usize {
        match self {
            List::Stmts(list) => list.len(),
            List::Exprs(list) => list.len(),
            List::DictKeys(list) | List::DictValues(list) => list.len(),
            List::Comparisons(list) => list.len(),
            List::Keywords(list) => list.len(),
            List::Aliases(list) => list.len(),
        }
    }

    /// An item; none for a key that is not there.
    fn item(self, index: usize) -> Option<Item<'a>> {
        Some(match self {
            List::Stmts(list) => Item::Stmt(&list[index]),
            List::Exprs(list) => Item::Expr(&list[index]),
            List::DictKeys(list) => Item::Expr(list[index].key.as_ref()?),
            List::DictValues(list) => Item::Expr(&list[index].value),
            List::Comparisons(list) => Item::Bare(comparison(list[index])),
            List::Keywords(list) => Item::Keyword(&list[index]),
            List::Aliases(list) => Item::Alias(&list[index]),
        })
    }
}

/// What becomes one node of CPython's tree.
#[derive(Clone, Copy)]
pub(super) enum Item<'a> {
    Stmt(&'a Stmt),
    /// An `elif` clause and all clauses behind it.
    Elif(&'a Expr, &'a [ElifElseClause]),
    Expr(&'a Expr),
    /// A generator without parentheses of its own, in a call's parentheses.
    BareGenerator(&'a Expr, TextRange),
    Pattern(&'a Pattern),
    Handler(&'a ExceptHandlerExceptHandler),
    Alias(&'a Alias),
    Keyword(&'a Keyword),
    Parameters(Option<&'a Parameters>),
    Parameter(&'a Parameter),
    Comprehension(&'a Comprehension),
    Context(&'a WithItem),
    MatchCase(&'a MatchCase),
    TypeParam(&'a TypeParam),
    /// The literal text between two replacement fields.
    Literal(TextRange),
    Interpolation(&'a InterpolatedElement, Kind),
    FormatSpec(&'a InterpolatedStringFormatSpec, Kind),
    /// A context or an operator.
    Bare(Kind),
}

impl<'a> Item<'a> {
    /// Where ruff's node keeps a number. Ours is left there for the projection to a concrete syntax tree.
    fn index(self) -> Option<&'a AtomicNodeIndex> {
        Some(match self {
            Item::Stmt(stmt) => stmt.node_index(),
            Item::Elif(_, clauses) => &clauses[0].node_index,
            Item::Expr(expr) | Item::BareGenerator(expr, _) => expr.node_index(),
            Item::Pattern(pattern) => pattern.node_index(),
            Item::Handler(handler) => &handler.node_index,
            Item::Alias(alias) => &alias.node_index,
            Item::Keyword(keyword) => &keyword.node_index,
            Item::Parameter(parameter) => &parameter.node_index,
            Item::TypeParam(param) => param.node_index(),
            Item::Interpolation(field, _) => &field.node_index,
            // The others have no position, or no node of their own in ruff's tree.
            Item::Parameters(_)
            | Item::Comprehension(_)
            | Item::Context(_)
            | Item::MatchCase(_)
            | Item::Literal(_)
            | Item::FormatSpec(..)
            | Item::Bare(_) => return None,
        })
    }
}

struct Projection<'a> {
    file: &'a ParsedFile,
    semicolons: Vec<TextRange>,
    nodes: Vec<AstNode<'a>>,
    definitions: Vec<(u32, DefinitionRef<'a>)>,
    /// The nodes that wait, the next one last.
    pending: Vec<PendingNode<'a>>,
    /// The number of the node whose children are being listed.
    parent: u32,
}

impl<'a> Projection<'a> {
    fn visit(&mut self, PendingNode { next, field, index, parent }: PendingNode<'a>) {
        let base = self.pending.len();
        match next {
            Next::Node(item) => self.node(item, field, index, parent),
            Next::Rest(list) => {
                self.parent = parent;
                self.long_list(field, list, index.unwrap_or_default());
            }
        }
        self.pending[base..].reverse();
    }

    fn node(&mut self, item: Item<'a>, field: Field, index: Option<u32>, parent: u32) {
        let (kind, range, name) = self.describe(item);
        let id = self.nodes.len() as u32;
        self.nodes.push(AstNode {
            kind,
            field: Some(field),
            parent: Some(parent),
            index,
            range: range.map(|range| (range.start().to_u32(), range.end().to_u32())),
            name,
        });
        if let Some(index) = item.index() {
            index.set(NodeIndex::from(id));
        }
        match item {
            Item::Stmt(Stmt::FunctionDef(def)) => self.definitions.push((id, DefinitionRef::Function(def))),
            Item::Stmt(Stmt::ClassDef(def)) => self.definitions.push((id, DefinitionRef::Class(def))),
            _ => {}
        }
        self.parent = id;
        self.children(item);
    }

    // ---- one node ----

    fn describe(&self, item: Item<'a>) -> (Kind, Option<TextRange>, Option<&'a str>) {
        match item {
            Item::Stmt(stmt) => self.describe_stmt(stmt),
            Item::Elif(_, clauses) => {
                let end = clauses.last().map_or_else(|| clauses[0].end(), Ranged::end);
                (Kind::If, Some(self.block(TextRange::new(clauses[0].start(), end))), None)
            }
            Item::Expr(expr) => describe_expr(expr),
            Item::BareGenerator(_, parentheses) => (Kind::GeneratorExp, Some(parentheses), None),
            Item::Pattern(pattern) => describe_pattern(pattern),
            Item::Handler(handler) => (
                Kind::ExceptHandler,
                Some(self.block(handler.range)),
                handler.name.as_ref().map(ruff_python_ast::Identifier::as_str),
            ),
            Item::Alias(alias) => (Kind::Alias, Some(alias.range), Some(&alias.name)),
            Item::Keyword(keyword) => {
                (Kind::Keyword, Some(keyword.range), keyword.arg.as_ref().map(ruff_python_ast::Identifier::as_str))
            }
            Item::Parameters(_) => (Kind::Arguments, None, None),
            Item::Parameter(parameter) => {
                // The stars of `*args` and `**kwargs` are not part of the node.
                let range = TextRange::new(parameter.name.start(), parameter.end().max(parameter.name.end()));
                (Kind::Arg, Some(range), Some(&parameter.name))
            }
            Item::Comprehension(_) => (Kind::Comprehension, None, None),
            Item::Context(_) => (Kind::Withitem, None, None),
            Item::MatchCase(_) => (Kind::MatchCase, None, None),
            Item::TypeParam(param) => {
                let kind = match param {
                    TypeParam::TypeVar(_) => Kind::TypeVar,
                    TypeParam::ParamSpec(_) => Kind::ParamSpec,
                    TypeParam::TypeVarTuple(_) => Kind::TypeVarTuple,
                };
                (kind, Some(param.range()), Some(param.name()))
            }
            Item::Literal(range) => (Kind::Constant, Some(range), None),
            Item::Interpolation(element, kind) => (kind, Some(element.range), None),
            Item::FormatSpec(spec, _) => {
                let colon = TextSize::from(1);
                (Kind::JoinedStr, Some(TextRange::new(spec.start() - colon, spec.end())), None)
            }
            Item::Bare(kind) => (kind, None, None),
        }
    }

    fn describe_stmt(&self, stmt: &'a Stmt) -> (Kind, Option<TextRange>, Option<&'a str>) {
        let async_or = |is_async, asynchronous, kind| if is_async { asynchronous } else { kind };
        let (kind, name) = match stmt {
            Stmt::FunctionDef(def) => {
                let kind = async_or(def.is_async, Kind::AsyncFunctionDef, Kind::FunctionDef);
                let range = self.behind_decorators(def.range, &def.decorator_list);
                return (kind, Some(self.block(range)), Some(&def.name));
            }
            Stmt::ClassDef(def) => {
                let range = self.behind_decorators(def.range, &def.decorator_list);
                return (Kind::ClassDef, Some(self.block(range)), Some(&def.name));
            }
            Stmt::For(x) => return (async_or(x.is_async, Kind::AsyncFor, Kind::For), Some(self.block(x.range)), None),
            Stmt::While(x) => return (Kind::While, Some(self.block(x.range)), None),
            Stmt::If(x) => return (Kind::If, Some(self.block(x.range)), None),
            Stmt::With(x) => {
                return (async_or(x.is_async, Kind::AsyncWith, Kind::With), Some(self.block(x.range)), None);
            }
            Stmt::Match(x) => return (Kind::Match, Some(self.block(x.range)), None),
            Stmt::Try(x) => return (async_or(x.is_star, Kind::TryStar, Kind::Try), Some(self.block(x.range)), None),
            Stmt::Return(_) => (Kind::Return, None),
            Stmt::Delete(_) => (Kind::Delete, None),
            Stmt::Assign(_) => (Kind::Assign, None),
            Stmt::TypeAlias(_) => (Kind::TypeAlias, None),
            Stmt::AugAssign(_) => (Kind::AugAssign, None),
            Stmt::AnnAssign(_) => (Kind::AnnAssign, None),
            Stmt::Raise(_) => (Kind::Raise, None),
            Stmt::Assert(_) => (Kind::Assert, None),
            Stmt::Import(_) => (Kind::Import, None),
            Stmt::ImportFrom(x) => (Kind::ImportFrom, x.module.as_ref().map(ruff_python_ast::Identifier::as_str)),
            Stmt::Global(_) => (Kind::Global, None),
            Stmt::Nonlocal(_) => (Kind::Nonlocal, None),
            // An IPython escape command does not occur in Python sources.
            Stmt::Expr(_) | Stmt::IpyEscapeCommand(_) => (Kind::Expr, None),
            Stmt::Pass(_) => (Kind::Pass, None),
            Stmt::Break(_) => (Kind::Break, None),
            Stmt::Continue(_) => (Kind::Continue, None),
        };
        (kind, Some(stmt.range()), name)
    }

    /// The range of a definition without its decorators.
    fn behind_decorators(&self, range: TextRange, decorators: &[Decorator]) -> TextRange {
        let Some(last) = decorators.last() else { return range };
        let is_trivia = |kind| matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline);
        let keyword = self.file.tree.tokens().after(last.end()).iter().find(|token| !is_trivia(token.kind()));
        TextRange::new(keyword.map_or(range.start(), Ranged::start).min(range.end()), range.end())
    }

    /// The range of a compound statement with the semicolon that may stand behind its last simple statement.
    fn block(&self, range: TextRange) -> TextRange {
        match self.semicolons.binary_search_by_key(&range.end(), Ranged::start) {
            Ok(at) => TextRange::new(range.start(), self.semicolons[at].end()),
            Err(_) => range,
        }
    }

    // ---- its children, in the order of CPython's fields ----

    fn push(&mut self, field: Field, item: Item<'a>) {
        self.pending.push(PendingNode { next: Next::Node(item), field, index: None, parent: self.parent });
    }

    fn push_at(&mut self, field: Field, index: usize, item: Item<'a>) {
        self.pending.push(PendingNode {
            next: Next::Node(item),
            field,
            index: Some(index as u32),
            parent: self.parent,
        });
    }

    /// A list, or the rest of one from a place on.
    fn long_list(&mut self, field: Field, list: List<'a>, from: u32) {
        let end = list.len().min(from as usize + AT_ONCE);
        for index in from as usize..end {
            if let Some(item) = list.item(index) {
                self.push_at(field, index, item);
            }
        }
        if end < list.len() {
            self.pending.push(PendingNode {
                next: Next::Rest(list),
                field,
                index: Some(end as u32),
                parent: self.parent,
            });
        }
    }

    fn list<T: 'a>(&mut self, field: Field, items: impl IntoIterator<Item = T>, make: impl Fn(T) -> Item<'a>) {
        for (index, item) in items.into_iter().enumerate() {
            self.push_at(field, index, make(item));
        }
    }

    fn body(&mut self, field: Field, body: &'a [Stmt]) {
        self.long_list(field, List::Stmts(body), 0);
    }

    fn expr(&mut self, field: Field, expr: &'a Expr) {
        self.push(field, Item::Expr(expr));
    }

    fn optional(&mut self, field: Field, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(field, expr);
        }
    }

    fn exprs(&mut self, field: Field, exprs: &'a [Expr]) {
        self.long_list(field, List::Exprs(exprs), 0);
    }

    fn children(&mut self, item: Item<'a>) {
        match item {
            Item::Stmt(stmt) => self.stmt_children(stmt),
            Item::Elif(test, clauses) => {
                self.expr(Field::Test, test);
                self.body(Field::Body, &clauses[0].body);
                self.else_clauses(&clauses[1..]);
            }
            Item::Expr(expr) | Item::BareGenerator(expr, _) => self.expr_children(expr),
            Item::Pattern(pattern) => self.pattern_children(pattern),
            Item::Handler(handler) => {
                self.optional(Field::Type, handler.type_.as_deref());
                self.body(Field::Body, &handler.body);
            }
            Item::Keyword(keyword) => self.expr(Field::Value, &keyword.value),
            Item::Parameters(Some(parameters)) => self.parameters(parameters),
            Item::Parameter(parameter) => self.optional(Field::Annotation, parameter.annotation.as_deref()),
            Item::Comprehension(x) => {
                self.expr(Field::Target, &x.target);
                self.expr(Field::Iter, &x.iter);
                self.exprs(Field::Ifs, &x.ifs);
            }
            Item::Context(x) => {
                self.expr(Field::ContextExpr, &x.context_expr);
                self.optional(Field::OptionalVars, x.optional_vars.as_deref());
            }
            Item::MatchCase(x) => {
                self.push(Field::Pattern, Item::Pattern(&x.pattern));
                self.optional(Field::Guard, x.guard.as_deref());
                self.body(Field::Body, &x.body);
            }
            Item::TypeParam(param) => {
                if let TypeParam::TypeVar(type_var) = param {
                    self.optional(Field::Bound, type_var.bound.as_deref());
                }
                self.optional(Field::DefaultValue, param.default());
            }
            Item::Interpolation(x, kind) => {
                self.expr(Field::Value, &x.expression);
                if let Some(spec) = x.format_spec.as_deref() {
                    self.push(Field::FormatSpec, Item::FormatSpec(spec, kind));
                }
            }
            Item::FormatSpec(spec, kind) => {
                let mut parts = StringParts::new(self.file.text(), kind);
                parts.elements(&spec.elements);
                self.string_parts(parts);
            }
            Item::Alias(_) | Item::Parameters(None) | Item::Literal(_) | Item::Bare(_) => {}
        }
    }

    fn stmt_children(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(x) => {
                self.push(Field::Args, Item::Parameters(Some(&x.parameters)));
                self.body(Field::Body, &x.body);
                self.list(Field::DecoratorList, &x.decorator_list, |decorator| Item::Expr(&decorator.expression));
                self.optional(Field::Returns, x.returns.as_deref());
                self.type_params(x.type_params.as_deref());
            }
            Stmt::ClassDef(x) => {
                if let Some(arguments) = x.arguments.as_deref() {
                    self.arguments(Field::Bases, arguments);
                }
                self.body(Field::Body, &x.body);
                self.list(Field::DecoratorList, &x.decorator_list, |decorator| Item::Expr(&decorator.expression));
                self.type_params(x.type_params.as_deref());
            }
            Stmt::Return(x) => self.optional(Field::Value, x.value.as_deref()),
            Stmt::Delete(x) => self.exprs(Field::Targets, &x.targets),
            Stmt::TypeAlias(x) => {
                self.expr(Field::Name, &x.name);
                self.type_params(x.type_params.as_deref());
                self.expr(Field::Value, &x.value);
            }
            Stmt::Assign(x) => {
                self.exprs(Field::Targets, &x.targets);
                self.expr(Field::Value, &x.value);
            }
            Stmt::AugAssign(x) => {
                self.expr(Field::Target, &x.target);
                self.push(Field::Op, Item::Bare(operator(x.op)));
                self.expr(Field::Value, &x.value);
            }
            Stmt::AnnAssign(x) => {
                self.expr(Field::Target, &x.target);
                self.expr(Field::Annotation, &x.annotation);
                self.optional(Field::Value, x.value.as_deref());
            }
            Stmt::For(x) => {
                self.expr(Field::Target, &x.target);
                self.expr(Field::Iter, &x.iter);
                self.body(Field::Body, &x.body);
                self.body(Field::Orelse, &x.orelse);
            }
            Stmt::While(x) => {
                self.expr(Field::Test, &x.test);
                self.body(Field::Body, &x.body);
                self.body(Field::Orelse, &x.orelse);
            }
            Stmt::If(x) => {
                self.expr(Field::Test, &x.test);
                self.body(Field::Body, &x.body);
                self.else_clauses(&x.elif_else_clauses);
            }
            Stmt::With(x) => {
                self.list(Field::Items, &x.items, Item::Context);
                self.body(Field::Body, &x.body);
            }
            Stmt::Match(x) => {
                self.expr(Field::Subject, &x.subject);
                self.list(Field::Cases, &x.cases, Item::MatchCase);
            }
            Stmt::Raise(x) => {
                self.optional(Field::Exc, x.exc.as_deref());
                self.optional(Field::Cause, x.cause.as_deref());
            }
            Stmt::Try(x) => {
                self.body(Field::Body, &x.body);
                self.list(Field::Handlers, &x.handlers, |ExceptHandler::ExceptHandler(handler)| Item::Handler(handler));
                self.body(Field::Orelse, &x.orelse);
                self.body(Field::Finalbody, &x.finalbody);
            }
            Stmt::Assert(x) => {
                self.expr(Field::Test, &x.test);
                self.optional(Field::Msg, x.msg.as_deref());
            }
            Stmt::Import(x) => self.long_list(Field::Names, List::Aliases(&x.names), 0),
            Stmt::ImportFrom(x) => self.long_list(Field::Names, List::Aliases(&x.names), 0),
            Stmt::Expr(x) => self.expr(Field::Value, &x.value),
            Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn else_clauses(&mut self, clauses: &'a [ElifElseClause]) {
        let Some(first) = clauses.first() else { return };
        match &first.test {
            Some(test) => self.push_at(Field::Orelse, 0, Item::Elif(test, clauses)),
            None => self.body(Field::Orelse, &first.body),
        }
    }

    fn type_params(&mut self, params: Option<&'a TypeParams>) {
        if let Some(params) = params {
            self.list(Field::TypeParams, &params.type_params, Item::TypeParam);
        }
    }

    fn parameters(&mut self, x: &'a Parameters) {
        self.list(Field::Posonlyargs, &x.posonlyargs, |with_default| Item::Parameter(&with_default.parameter));
        self.list(Field::Args, &x.args, |with_default| Item::Parameter(&with_default.parameter));
        if let Some(vararg) = x.vararg.as_deref() {
            self.push(Field::Vararg, Item::Parameter(vararg));
        }
        self.list(Field::Kwonlyargs, &x.kwonlyargs, |with_default| Item::Parameter(&with_default.parameter));
        for (index, with_default) in x.kwonlyargs.iter().enumerate() {
            if let Some(default) = with_default.default.as_deref() {
                self.push_at(Field::KwDefaults, index, Item::Expr(default));
            }
        }
        if let Some(kwarg) = x.kwarg.as_deref() {
            self.push(Field::Kwarg, Item::Parameter(kwarg));
        }
        let positional = x.posonlyargs.iter().chain(&x.args);
        self.list(Field::Defaults, positional.filter_map(|with_default| with_default.default.as_deref()), Item::Expr);
    }

    fn arguments(&mut self, positional: Field, arguments: &'a Arguments) {
        let is_bare = |arg: &Expr| matches!(arg, Expr::Generator(generator) if !generator.parenthesized);
        if arguments.args.iter().any(is_bare) {
            self.list(positional, &arguments.args, |arg| {
                if is_bare(arg) { Item::BareGenerator(arg, arguments.range) } else { Item::Expr(arg) }
            });
        } else {
            self.exprs(positional, &arguments.args);
        }
        self.long_list(Field::Keywords, List::Keywords(&arguments.keywords), 0);
    }

    fn context(&mut self, context: ExprContext) {
        let kind = match context {
            // The parser marks targets that cannot be assigned to; such a file has a problem row.
            ExprContext::Load | ExprContext::Invalid => Kind::Load,
            ExprContext::Store => Kind::Store,
            ExprContext::Del => Kind::Del,
        };
        self.push(Field::Ctx, Item::Bare(kind));
    }

    fn comprehensions(&mut self, generators: &'a [Comprehension]) {
        self.list(Field::Generators, generators, Item::Comprehension);
    }

    fn pattern_children(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(x) => self.expr(Field::Value, &x.value),
            Pattern::MatchSequence(x) => self.list(Field::Patterns, &x.patterns, Item::Pattern),
            Pattern::MatchMapping(x) => {
                self.exprs(Field::Keys, &x.keys);
                self.list(Field::Patterns, &x.patterns, Item::Pattern);
            }
            Pattern::MatchClass(x) => {
                self.expr(Field::Cls, &x.cls);
                self.list(Field::Patterns, &x.arguments.patterns, Item::Pattern);
                self.list(Field::KwdPatterns, &x.arguments.keywords, |keyword| Item::Pattern(&keyword.pattern));
            }
            Pattern::MatchAs(x) => {
                if let Some(pattern) = x.pattern.as_deref() {
                    self.push(Field::Pattern, Item::Pattern(pattern));
                }
            }
            Pattern::MatchOr(x) => self.list(Field::Patterns, &x.patterns, Item::Pattern),
            Pattern::MatchSingleton(_) | Pattern::MatchStar(_) => {}
        }
    }

    fn expr_children(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BoolOp(x) => {
                self.push(Field::Op, Item::Bare(if x.op == BoolOp::And { Kind::And } else { Kind::Or }));
                self.exprs(Field::Values, &x.values);
            }
            Expr::Named(x) => {
                self.expr(Field::Target, &x.target);
                self.expr(Field::Value, &x.value);
            }
            Expr::BinOp(x) => {
                self.expr(Field::Left, &x.left);
                self.push(Field::Op, Item::Bare(operator(x.op)));
                self.expr(Field::Right, &x.right);
            }
            Expr::UnaryOp(x) => {
                self.push(Field::Op, Item::Bare(unary_operator(x.op)));
                self.expr(Field::Operand, &x.operand);
            }
            Expr::Lambda(x) => {
                self.push(Field::Args, Item::Parameters(x.parameters.as_deref()));
                self.expr(Field::Body, &x.body);
            }
            Expr::If(x) => {
                self.expr(Field::Test, &x.test);
                self.expr(Field::Body, &x.body);
                self.expr(Field::Orelse, &x.orelse);
            }
            Expr::Dict(x) => {
                self.long_list(Field::Keys, List::DictKeys(&x.items), 0);
                self.long_list(Field::Values, List::DictValues(&x.items), 0);
            }
            Expr::Set(x) => self.exprs(Field::Elts, &x.elts),
            Expr::ListComp(x) => {
                self.expr(Field::Elt, &x.elt);
                self.comprehensions(&x.generators);
            }
            Expr::SetComp(x) => {
                self.expr(Field::Elt, &x.elt);
                self.comprehensions(&x.generators);
            }
            Expr::DictComp(x) => {
                self.optional(Field::Key, x.key.as_deref());
                self.expr(Field::Value, &x.value);
                self.comprehensions(&x.generators);
            }
            Expr::Generator(x) => {
                self.expr(Field::Elt, &x.elt);
                self.comprehensions(&x.generators);
            }
            Expr::Await(x) => self.expr(Field::Value, &x.value),
            Expr::Yield(x) => self.optional(Field::Value, x.value.as_deref()),
            Expr::YieldFrom(x) => self.expr(Field::Value, &x.value),
            Expr::Compare(x) => {
                self.expr(Field::Left, &x.left);
                self.long_list(Field::Ops, List::Comparisons(&x.ops), 0);
                self.exprs(Field::Comparators, &x.comparators);
            }
            Expr::Call(x) => {
                self.expr(Field::Func, &x.func);
                self.arguments(Field::Args, &x.arguments);
            }
            Expr::FString(x) => {
                let mut parts = StringParts::new(self.file.text(), Kind::FormattedValue);
                for part in &x.value {
                    match part {
                        FStringPart::Literal(literal) => parts.literal(!literal.value.is_empty(), literal.range),
                        FStringPart::FString(fstring) => parts.elements(&fstring.elements),
                    }
                }
                self.string_parts(parts);
            }
            Expr::TString(x) => {
                let mut parts = StringParts::new(self.file.text(), Kind::Interpolation);
                x.value.iter().for_each(|tstring| parts.elements(&tstring.elements));
                self.string_parts(parts);
            }
            Expr::Attribute(x) => {
                self.expr(Field::Value, &x.value);
                self.context(x.ctx);
            }
            Expr::Subscript(x) => {
                self.expr(Field::Value, &x.value);
                self.expr(Field::Slice, &x.slice);
                self.context(x.ctx);
            }
            Expr::Starred(x) => {
                self.expr(Field::Value, &x.value);
                self.context(x.ctx);
            }
            Expr::Name(x) => self.context(x.ctx),
            Expr::List(x) => {
                self.exprs(Field::Elts, &x.elts);
                self.context(x.ctx);
            }
            Expr::Tuple(x) => {
                self.exprs(Field::Elts, &x.elts);
                self.context(x.ctx);
            }
            Expr::Slice(x) => {
                self.optional(Field::Lower, x.lower.as_deref());
                self.optional(Field::Upper, x.upper.as_deref());
                self.optional(Field::Step, x.step.as_deref());
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    fn string_parts(&mut self, parts: StringParts<'a>) {
        self.list(Field::Values, parts.finish(), |part| part);
    }
}
