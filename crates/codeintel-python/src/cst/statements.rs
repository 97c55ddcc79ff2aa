//! Statements and their blocks.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    Alias, Decorator, ElifElseClause, ExceptHandler, ExceptHandlerExceptHandler, Expr, HasNodeIndex as _, Identifier,
    MatchCase, Stmt, StmtTry, StmtWith, WithItem,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::CstKind;
use super::expressions::augmented;
use super::layout::{ends, span};
use super::project::{AT_ONCE, Below, Projection};

/// `async` and `match` have this many bytes.
const FIVE: TextSize = TextSize::new(5);

fn is_compound(stmt: &Stmt) -> bool {
    matches!(
        stmt,
        Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::If(_)
            | Stmt::For(_)
            | Stmt::While(_)
            | Stmt::With(_)
            | Stmt::Try(_)
            | Stmt::Match(_)
    )
}

fn kind_of(stmt: &Stmt) -> CstKind {
    match stmt {
        Stmt::FunctionDef(_) => CstKind::FunctionDef,
        Stmt::ClassDef(_) => CstKind::ClassDef,
        Stmt::Return(_) => CstKind::Return,
        Stmt::Delete(_) => CstKind::Del,
        Stmt::TypeAlias(_) => CstKind::TypeAlias,
        Stmt::Assign(_) => CstKind::Assign,
        Stmt::AugAssign(_) => CstKind::AugAssign,
        Stmt::AnnAssign(_) => CstKind::AnnAssign,
        Stmt::For(_) => CstKind::For,
        Stmt::While(_) => CstKind::While,
        Stmt::If(_) => CstKind::If,
        Stmt::With(_) => CstKind::With,
        Stmt::Match(_) => CstKind::Match,
        Stmt::Raise(_) => CstKind::Raise,
        Stmt::Try(StmtTry { is_star: true, .. }) => CstKind::TryStar,
        Stmt::Try(_) => CstKind::Try,
        Stmt::Assert(_) => CstKind::Assert,
        Stmt::Import(_) => CstKind::Import,
        Stmt::ImportFrom(_) => CstKind::ImportFrom,
        Stmt::Global(_) => CstKind::Global,
        Stmt::Nonlocal(_) => CstKind::Nonlocal,
        // An IPython escape command does not occur in Python sources.
        Stmt::Expr(_) | Stmt::IpyEscapeCommand(_) => CstKind::Expr,
        Stmt::Pass(_) => CstKind::Pass,
        Stmt::Break(_) => CstKind::Break,
        Stmt::Continue(_) => CstKind::Continue,
    }
}

impl<'a> Projection<'a> {
    pub(super) fn stmt(&mut self, stmt: &'a Stmt) {
        self.push_as(stmt.node_index(), kind_of(stmt), self.stmt_range(stmt), Below::InStmt(stmt));
    }

    fn stmt_range(&self, stmt: &Stmt) -> TextRange {
        match stmt {
            Stmt::FunctionDef(def) => self.behind_decorators(def.range, &def.decorator_list),
            Stmt::ClassDef(def) => self.behind_decorators(def.range, &def.decorator_list),
            _ => stmt.range(),
        }
    }

    fn behind_decorators(&self, range: TextRange, decorators: &[Decorator]) -> TextRange {
        let Some(last) = decorators.last() else { return range };
        span(self.layout.next_start(last.end(), range.end()), range.end())
    }

    pub(super) fn lines(&mut self, mut body: &'a [Stmt]) {
        for _ in 0..AT_ONCE {
            let Some(first) = body.first() else { return };
            if is_compound(first) {
                self.stmt(first);
                body = &body[1..];
                continue;
            }
            let is_next_joined =
                |pair: &[Stmt]| !is_compound(&pair[1]) && self.layout.is_joined(pair[0].end(), pair[1].start());
            let count = 1 + body.windows(2).take_while(|pair| is_next_joined(pair)).count();
            let (line, rest) = body.split_at(count);
            self.push(CstKind::SimpleStatementLine, span(first.start(), line[count - 1].end()), Below::Line(line));
            body = rest;
        }
        if !body.is_empty() {
            self.rest(Below::Lines(body));
        }
    }

    pub(super) fn line(&mut self, body: &'a [Stmt]) {
        let (now, later) = body.split_at(body.len().min(AT_ONCE));
        for stmt in now {
            self.stmt(stmt);
        }
        if !later.is_empty() {
            self.rest(Below::Line(later));
        }
    }

    pub(super) fn suite(&mut self, body: &'a [Stmt]) {
        let Some((first, last)) = ends(body) else { return };
        let range = span(self.stmt_range(first).start(), last.end());
        if self.layout.is_indented(first.start()) {
            self.push(CstKind::IndentedBlock, range, Below::Lines(body));
        } else {
            self.push(CstKind::SimpleStatementSuite, range, Below::Line(body));
        }
    }

    /// The `else` or `finally` that stands between an offset and its block.
    fn clause(&mut self, kind: CstKind, keyword: TokenKind, after: TextSize, body: &'a [Stmt]) {
        let Some((first, last)) = ends(body) else { return };
        let keyword = self.layout.find(keyword, span(after, first.start()));
        let start = keyword.map_or(first.start(), TextRange::start);
        self.push(kind, span(start, last.end()), Below::Suite(body));
    }

    /// The first of some `elif` and `else` clauses; what follows it is below it.
    fn clauses(&mut self, clauses: &'a [ElifElseClause]) {
        let Some((first, last)) = ends(clauses) else { return };
        match first.test {
            Some(_) => {
                let range = span(first.start(), last.end());
                self.push_as(&first.node_index, CstKind::If, range, Below::Clauses(clauses));
            }
            None => self.push(CstKind::Else, first.range, Below::Suite(&first.body)),
        }
    }

    pub(super) fn in_clause(&mut self, clauses: &'a [ElifElseClause]) {
        self.optional(clauses[0].test.as_ref());
        self.suite(&clauses[0].body);
        self.clauses(&clauses[1..]);
    }

    fn asynchronous(&mut self, is_async: bool, start: TextSize) {
        if is_async {
            self.leaf(CstKind::Asynchronous, TextRange::at(start, FIVE));
        }
    }

    pub(super) fn in_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.decorators(&def.decorator_list);
                self.asynchronous(def.is_async, self.stmt_range(stmt).start());
                self.name(&def.name);
                self.type_params(def.type_params.as_deref());
                let parentheses = def.parameters.range;
                self.parameters(&def.parameters, self.layout.inside(parentheses));
                if let Some(returns) = &def.returns {
                    let limit = def.body.first().map_or(def.end(), Ranged::start);
                    self.annotation(returns, span(parentheses.end(), limit));
                }
                self.suite(&def.body);
            }
            Stmt::ClassDef(def) => {
                self.decorators(&def.decorator_list);
                self.name(&def.name);
                self.type_params(def.type_params.as_deref());
                if let Some(arguments) = &def.arguments {
                    self.arguments(arguments);
                }
                self.suite(&def.body);
            }
            Stmt::Return(x) => self.optional(x.value.as_deref()),
            Stmt::Delete(x) => {
                let end = x.targets.last().map_or(x.end(), |last| self.outer(last, x.range).end());
                let comma = self.layout.comma(end, x.end());
                match x.targets.as_slice() {
                    [target] if comma.is_none() => self.expr(target),
                    targets => {
                        let range = self.tuple_range(targets, x.range);
                        self.push(CstKind::Tuple, range, Below::Elements(targets, x.range));
                    }
                }
            }
            Stmt::TypeAlias(x) => {
                self.expr(&x.name);
                self.type_params(x.type_params.as_deref());
                self.expr(&x.value);
            }
            Stmt::Assign(x) => {
                for target in &x.targets {
                    self.around(CstKind::AssignTarget, target, x.range);
                }
                self.expr(&x.value);
            }
            Stmt::AugAssign(x) => {
                self.expr(&x.target);
                let end = self.outer(&x.target, x.range).end();
                if let Some(operator) = self.layout.next(end) {
                    self.leaf(augmented(x.op), operator.range());
                }
                self.expr(&x.value);
            }
            Stmt::AnnAssign(x) => {
                self.expr(&x.target);
                self.annotation(&x.annotation, x.range);
                self.optional(x.value.as_deref());
            }
            Stmt::For(x) => {
                self.asynchronous(x.is_async, x.start());
                self.expr(&x.target);
                self.expr(&x.iter);
                self.loop_body(x.iter.end(), &x.body, &x.orelse);
            }
            Stmt::While(x) => {
                self.expr(&x.test);
                self.loop_body(x.test.end(), &x.body, &x.orelse);
            }
            Stmt::If(x) => {
                self.expr(&x.test);
                self.suite(&x.body);
                self.clauses(&x.elif_else_clauses);
            }
            Stmt::With(x) => {
                self.asynchronous(x.is_async, x.start());
                let limit = self.with_limit(x);
                for item in &x.items {
                    let start = self.outer(&item.context_expr, limit).start();
                    let last = item.optional_vars.as_deref().unwrap_or(&item.context_expr);
                    let range = span(start, self.outer(last, limit).end());
                    self.push(CstKind::WithItem, range, Below::WithItem(item, limit));
                }
                self.suite(&x.body);
            }
            Stmt::Match(x) => {
                self.expr(&x.subject);
                for case in &x.cases {
                    self.push(CstKind::MatchCase, case.range, Below::Case(case));
                }
            }
            Stmt::Raise(x) => {
                self.optional(x.exc.as_deref());
                if let (Some(exception), Some(cause)) = (&x.exc, &x.cause) {
                    let end = self.outer(exception, x.range).end();
                    let outer = self.outer(cause, x.range);
                    let from = self.layout.find(TokenKind::From, span(end, outer.start()));
                    let start = from.map_or(outer.start(), TextRange::start);
                    self.push(CstKind::From, span(start, outer.end()), Below::Expr(cause));
                }
            }
            Stmt::Try(x) => {
                self.suite(&x.body);
                let kind = if x.is_star { CstKind::ExceptStarHandler } else { CstKind::ExceptHandler };
                let mut end = x.body.last().map_or(x.start(), Ranged::end);
                for ExceptHandler::ExceptHandler(handler) in &x.handlers {
                    self.push_as(&handler.node_index, kind, handler.range, Below::Handler(handler));
                    end = handler.end();
                }
                self.clause(CstKind::Else, TokenKind::Else, end, &x.orelse);
                let end = x.orelse.last().map_or(end, Ranged::end);
                self.clause(CstKind::Finally, TokenKind::Finally, end, &x.finalbody);
            }
            Stmt::Assert(x) => {
                self.expr(&x.test);
                self.optional(x.msg.as_deref());
            }
            Stmt::Import(x) => self.aliases(&x.names),
            Stmt::ImportFrom(x) => {
                if let Some(module) = &x.module {
                    self.dotted(module.range);
                }
                self.aliases(&x.names);
            }
            Stmt::Global(x) => self.name_items(&x.names),
            Stmt::Nonlocal(x) => self.name_items(&x.names),
            Stmt::Expr(x) => self.expr(&x.value),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    /// The body behind the head of a loop, which broken code may lack, and what is done after it.
    fn loop_body(&mut self, head: TextSize, body: &'a [Stmt], orelse: &'a [Stmt]) {
        self.suite(body);
        let end = body.last().map_or(head, Ranged::end);
        self.clause(CstKind::Else, TokenKind::Else, end, orelse);
    }

    pub(super) fn name_items(&mut self, names: &'a [Identifier]) {
        let (now, later) = names.split_at(names.len().min(AT_ONCE));
        for name in now {
            self.push(CstKind::NameItem, name.range, Below::Name(name.range));
        }
        if !later.is_empty() {
            self.rest(Below::NameItems(later));
        }
    }

    pub(super) fn in_handler(&mut self, handler: &'a ExceptHandlerExceptHandler) {
        if let Some(class) = handler.type_.as_deref() {
            self.expr(class);
            if let Some(name) = &handler.name {
                let start = self.outer(class, handler.range).end();
                self.push(CstKind::AsName, span(start, name.end()), Below::Name(name.range));
            }
        }
        self.suite(&handler.body);
    }

    pub(super) fn in_case(&mut self, case: &'a MatchCase) {
        self.pattern(&case.pattern, case.range);
        self.optional(case.guard.as_deref());
        self.suite(&case.body);
    }

    /// How far the parentheses of a `with` statement's items may reach: those of `with (a, b):` are its own.
    fn with_limit(&self, x: &StmtWith) -> TextRange {
        let header = span(x.start(), x.body.first().map_or(x.end(), Ranged::start));
        let Some((first, last)) = ends(&x.items) else { return header };
        let Some(keyword) = self.layout.find(TokenKind::With, header) else { return header };
        let Some(open) = self.layout.next(keyword.end()).filter(|token| token.kind() == TokenKind::Lpar) else {
            return header;
        };
        if first.start() > open.start() {
            // With more than one item, or with a comma, the parser has told the parentheses from those of an item.
            let end = self.layout.comma(last.end(), header.end()).map_or(last.end(), TextRange::end);
            return span(open.end(), self.layout.next_start(end, header.end()));
        }
        let outer = self.outer(&first.context_expr, header);
        // Of one item alone they belong to the statement, unless what they hold could not stand there without them.
        let is_alone = x.items.len() == 1 && first.optional_vars.is_none() && outer.start() == open.start();
        let inner = self.outer(&first.context_expr, self.layout.inside(outer));
        let is_bare = inner == first.context_expr.range();
        let needs_parentheses =
            is_bare && matches!(first.context_expr, Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_));
        let has_parentheses = outer != first.context_expr.range();
        if is_alone && has_parentheses && !needs_parentheses { self.layout.inside(outer) } else { header }
    }

    pub(super) fn in_with_item(&mut self, item: &'a WithItem, limit: TextRange) {
        self.expr(&item.context_expr);
        if let Some(target) = item.optional_vars.as_deref() {
            let start = self.outer(&item.context_expr, limit).end();
            self.push(CstKind::AsName, span(start, self.outer(target, limit).end()), Below::Expr(target));
        }
    }

    pub(super) fn aliases(&mut self, aliases: &'a [Alias]) {
        let (now, later) = aliases.split_at(aliases.len().min(AT_ONCE));
        for alias in now {
            if alias.name.as_str() == "*" {
                self.push_as(&alias.node_index, CstKind::ImportStar, alias.range, Below::Nothing);
            } else {
                self.push_as(&alias.node_index, CstKind::ImportAlias, alias.range, Below::Alias(alias));
            }
        }
        if !later.is_empty() {
            self.rest(Below::Aliases(later));
        }
    }

    pub(super) fn in_alias(&mut self, alias: &'a Alias) {
        self.dotted(alias.name.range);
        if let Some(name) = &alias.asname {
            self.push(CstKind::AsName, span(alias.name.end(), name.end()), Below::Name(name.range));
        }
    }

    /// A name with dots, which is an attribute of an attribute of a name.
    pub(super) fn dotted(&mut self, range: TextRange) {
        let dots = self.layout.text[range].bytes().filter(|byte| *byte == b'.').count();
        self.dotted_part(range, dots as u32);
    }

    fn dotted_part(&mut self, range: TextRange, dots: u32) {
        if dots > 0 {
            self.push(CstKind::Attribute, range, Below::Dotted(range, dots));
        } else {
            self.leaf(CstKind::Name, range);
        }
    }

    pub(super) fn in_dotted(&mut self, range: TextRange, dots: u32) {
        let Some((value, name)) = self.layout.text[range].rsplit_once('.') else { return };
        // Around the dots there may be spaces, and backslashes at the ends of lines.
        let between = |c: char| c.is_whitespace() || c == '\\';
        let value = TextSize::of(value.trim_end_matches(between));
        let name = TextSize::of(name.trim_start_matches(between));
        self.dotted_part(TextRange::at(range.start(), value), dots - 1);
        self.leaf(CstKind::Name, span(range.end() - name, range.end()));
    }
}
