//! What of a function's body can be seen from other files.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged as _, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Hidden, InterfaceDepth, blocks};

/// The body does nothing that counts, as in a stub or an abstract method.
const IS_TRIVIAL: u8 = 1;
/// The function is a generator.
const YIELDS: u8 = 2;

impl Hidden {
    /// Hide what of a function of the module or of a class cannot be seen.
    pub(super) fn function(&mut self, function: &StmtFunctionDef) {
        let facts = Facts::of(function);
        let is_inferred = self.depth == InterfaceDepth::Inferred && function.returns.is_none();
        if facts.binds_globals || is_inferred && (facts.returns_value || facts.yields) {
            return;
        }
        self.marks.push((IS_TRIVIAL * u8::from(is_trivial(&function.body))) | (YIELDS * u8::from(facts.yields)));
        let writes = AttributeWrites::of(function).is_some_and(|writes| writes.are_in(&function.body));
        if writes || is_inferred {
            // Whether a function comes to its end at all is inferred, too.
            let relevant = Relevant::of(function);
            self.slice(&function.body, &relevant);
        } else if let (Some(first), Some(last)) = (function.body.first(), function.body.last()) {
            self.hide(TextRange::new(first.start(), last.end()));
        }
    }

    /// Hide the statements of a body that have no influence on attributes, nor on where the body is left.
    fn slice(&mut self, statements: &[Stmt], relevant: &Relevant<'_>) {
        for statement in statements {
            match statement {
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                    if !relevant.keeps(statement) {
                        self.hide(statement.range());
                    }
                }
                Stmt::Expr(_) | Stmt::Return(_) | Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) => {
                    if !relevant.keeps(statement) {
                        self.all_but(statement.range(), &Callees::of(statement).0);
                    }
                }
                compound => {
                    for block in blocks(compound) {
                        self.slice(block, relevant);
                    }
                }
            }
        }
    }

    /// Hide a range with the exception of some ranges in it.
    fn all_but(&mut self, range: TextRange, kept: &[TextRange]) {
        let mut start = range.start();
        for kept in kept {
            if start < kept.start() {
                self.hide(TextRange::new(start, kept.start()));
            }
            start = start.max(kept.end());
        }
        if start < range.end() {
            self.hide(TextRange::new(start, range.end()));
        }
    }
}

fn is_trivial(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(node) => matches!(*node.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        Stmt::Raise(node) => node.exc.as_deref().is_some_and(|raised| {
            let name = raised.as_call_expr().map_or(raised, |call| &call.func);
            name.as_name_expr().is_some_and(|name| name.id == "NotImplementedError")
        }),
        _ => false,
    })
}

/// What a function does.
#[derive(Default)]
struct Facts {
    /// How many functions and classes are around the place that is visited.
    depth: usize,
    binds_globals: bool,
    returns_value: bool,
    yields: bool,
}

impl Facts {
    fn of(function: &StmtFunctionDef) -> Self {
        let mut facts = Self::default();
        facts.visit_body(&function.body);
        facts
    }
}

impl<'a> Visitor<'a> for Facts {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Global(_) => self.binds_globals = true,
            Stmt::Return(node) if self.depth == 0 => self.returns_value |= node.value.is_some(),
            _ => {}
        }
        let is_scope = matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        self.depth += usize::from(is_scope);
        walk_stmt(self, statement);
        self.depth -= usize::from(is_scope);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.yields |= self.depth == 0 && matches!(expression, Expr::Yield(_) | Expr::YieldFrom(_));
        walk_expr(self, expression);
    }
}

/// Whether attributes of a function's first parameter, such as `self.x`, are bound.
struct AttributeWrites<'a> {
    receiver: &'a str,
    found: bool,
}

impl<'a> AttributeWrites<'a> {
    fn of(function: &'a StmtFunctionDef) -> Option<Self> {
        let first = function.parameters.posonlyargs.first().or(function.parameters.args.first())?;
        Some(Self { receiver: &first.parameter.name, found: false })
    }

    fn are_in(&self, statements: &[Stmt]) -> bool {
        let mut writes = Self { receiver: self.receiver, found: false };
        writes.visit_body(statements);
        writes.found
    }
}

impl<'s> Visitor<'s> for AttributeWrites<'_> {
    fn visit_expr(&mut self, expression: &'s Expr) {
        if let Expr::Attribute(node) = expression
            && node.ctx == ExprContext::Store
        {
            self.found |= node.value.as_name_expr().is_some_and(|name| name.id == self.receiver);
        }
        walk_expr(self, expression);
    }
}

/// The names of a body whose values have an influence on attributes, or on where the body is left.
struct Relevant<'a> {
    writes: Option<AttributeWrites<'a>>,
    names: FxHashSet<&'a str>,
}

impl<'a> Relevant<'a> {
    fn of(function: &'a StmtFunctionDef) -> Self {
        let mut relevant = Self { writes: AttributeWrites::of(function), names: FxHashSet::default() };
        let mut search = Search::default();
        relevant.collect(&function.body, &mut search);
        // A statement that binds a relevant name makes the names that it uses relevant. Each statement and each name is taken once: the
        // bindings of a function may depend on one another in a long chain.
        while let Some(name) = search.names.pop() {
            if relevant.names.insert(name) {
                for place in search.bound_by.remove(name).into_iter().flatten() {
                    if let Some(statement) = search.waiting[place].take() {
                        search.use_all(statement);
                    }
                }
            }
        }
        relevant
    }

    /// Find the names that are used by what [`Hidden::slice`] does not hide whatever is relevant, and what depends on that.
    fn collect(&self, statements: &'a [Stmt], search: &mut Search<'a>) {
        for statement in statements {
            let nested = blocks(statement);
            if !nested.is_empty() {
                let mut header = Header(Used::default());
                header.visit_stmt(statement);
                search.names.extend(header.0.names);
                for block in nested {
                    self.collect(block, search);
                }
            } else if self.keeps(statement) {
                search.use_all(statement);
            } else {
                let mut used = Used { is_in_callees: true, ..Used::default() };
                used.visit_stmt(statement);
                search.names.extend(used.names);
                for name in bound_names(statement) {
                    search.bound_by.entry(name).or_default().push(search.waiting.len());
                }
                search.waiting.push(Some(statement));
            }
        }
    }

    /// Whether a statement without blocks is kept as a whole.
    fn keeps(&self, statement: &Stmt) -> bool {
        let is_bound = |name: &str| self.names.contains(name);
        match statement {
            Stmt::FunctionDef(function) => {
                is_bound(&function.name) || self.writes_attributes(std::slice::from_ref(statement))
            }
            Stmt::ClassDef(class) => is_bound(&class.name) || self.writes_attributes(std::slice::from_ref(statement)),
            Stmt::Return(_) => false,
            Stmt::Expr(_) | Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) => {
                let mut bound = Bound::default();
                bound.visit_stmt(statement);
                bound.names.iter().any(|name| is_bound(name))
                    || bound.is_odd
                    || self.writes_attributes(std::slice::from_ref(statement))
            }
            _ => true,
        }
    }

    fn writes_attributes(&self, statements: &[Stmt]) -> bool {
        self.writes.as_ref().is_some_and(|writes| writes.are_in(statements))
    }
}

/// What is still to be looked at to find all relevant names.
#[derive(Default)]
struct Search<'a> {
    /// Names that are relevant.
    names: Vec<&'a str>,
    /// Statements that count once one of the names that they bind is relevant.
    waiting: Vec<Option<&'a Stmt>>,
    /// Their places by these names.
    bound_by: FxHashMap<&'a str, Vec<usize>>,
}

impl<'a> Search<'a> {
    fn use_all(&mut self, statement: &'a Stmt) {
        let mut used = Used::default();
        used.visit_stmt(statement);
        self.names.extend(used.names);
    }
}

/// The names that a statement without blocks binds, for which [`Relevant::keeps`] looks.
fn bound_names(statement: &Stmt) -> Vec<&str> {
    match statement {
        Stmt::FunctionDef(function) => vec![&function.name],
        Stmt::ClassDef(class) => vec![&class.name],
        Stmt::Expr(_) | Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) => {
            let mut bound = Bound::default();
            bound.visit_stmt(statement);
            bound.names
        }
        _ => Vec::new(),
    }
}

/// The names that are used in a piece of syntax.
#[derive(Default)]
struct Used<'a> {
    names: Vec<&'a str>,
    /// Only those that are called count.
    is_in_callees: bool,
}

impl<'a> Visitor<'a> for Used<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) if self.is_in_callees => {
                self.is_in_callees = false;
                self.visit_expr(&call.func);
                self.is_in_callees = true;
                self.visit_arguments(&call.arguments);
            }
            Expr::Name(name) if !self.is_in_callees => self.names.push(&name.id),
            _ => walk_expr(self, expression),
        }
    }
}

/// The names that the header of a compound statement uses.
struct Header<'a>(Used<'a>);

impl<'a> Visitor<'a> for Header<'a> {
    fn visit_body(&mut self, _: &'a [Stmt]) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.0.visit_expr(expression);
    }
}

/// The names that a simple statement binds.
#[derive(Default)]
struct Bound<'a> {
    names: Vec<&'a str>,
    /// It does more than its first look tells.
    is_odd: bool,
}

impl<'a> Visitor<'a> for Bound<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx != ExprContext::Load => self.names.push(&name.id),
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_) => self.is_odd = true,
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// The ranges of what is called in a statement, in the order of the source, none inside of another.
struct Callees(Vec<TextRange>);

impl Callees {
    fn of(statement: &Stmt) -> Self {
        let mut callees = Self(Vec::new());
        callees.visit_stmt(statement);
        callees.0.sort_unstable_by_key(|range| (range.start(), std::cmp::Reverse(range.end())));
        let mut end = None;
        callees.0.retain(|range| {
            let is_outer = end.is_none_or(|end| end <= range.start());
            if is_outer {
                end = Some(range.end());
            }
            is_outer
        });
        callees
    }
}

impl<'a> Visitor<'a> for Callees {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            self.0.push(call.func.range());
        }
        walk_expr(self, expression);
    }
}
