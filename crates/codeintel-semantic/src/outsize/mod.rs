//! Files that ty must not see: of some shapes it takes time and memory that grow much faster than the file.
//!
//! Whether a file is one of them depends on its text and path alone. In its place ty sees a skeleton (see `skeleton.rs`).

mod skeleton;
mod star_cycles;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_match_case, walk_pattern, walk_stmt};
use ruff_python_ast::{
    Arguments, Expr, ExprContext, MatchCase, ModModule, Parameters, Pattern, PySourceType, Stmt, StmtFunctionDef,
    TypeParams,
};
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::skeleton::skeleton;
pub(crate) use self::star_cycles::{MOST_IN_STAR_CYCLE, StarCycles, Tree};
use crate::hidden::MOST_FOLDERS;

/// Bytes of a file.
const MOST_BYTES: usize = 8 << 20;
/// Bindings in one scope.
const MOST_BINDINGS: usize = 32_000;
/// Bindings of one name in one scope.
const MOST_OF_ONE_NAME: usize = 12_000;
/// Operands of a boolean expression.
const MOST_OPERANDS: usize = 256;
/// Branches of an `if` statement.
const MOST_BRANCHES: usize = 256;
/// Conditions in one scope.
const MOST_CONDITIONS: usize = 4_000;
/// Attributes, subscripts and calls in a row.
const LONGEST_CHAIN: usize = 256;
/// Statements and expressions inside of one another.
const DEEPEST: usize = 250;
/// Comprehensions inside of one another.
const DEEPEST_COMPREHENSION: usize = 32;
/// Cases of a `match` statement.
const MOST_CASES: usize = 256;
/// Bases of a class.
const MOST_BASES: usize = 256;
/// Type parameters of a class, a function or an alias.
const MOST_TYPE_PARAMETERS: usize = 256;
/// Methods of a class, times the attributes that they bind.
const MOST_MEMBERS: usize = 250_000;

/// No file with fewer bytes reaches a limit.
const LEAST_BYTES: usize = LONGEST_CHAIN;

/// A module's syntax tree.
pub(crate) fn parsed(text: &str) -> Option<Parsed<ModModule>> {
    parse_unchecked(text, ParseOptions::from(PySourceType::Python)).try_into_module()
}

/// What is too large in a file, if anything is.
pub(crate) fn outsize(text: &str) -> Option<String> {
    if text.len() < LEAST_BYTES {
        return None;
    }
    if text.len() > MOST_BYTES {
        return Some(exceeds("the file", text.len(), "bytes", MOST_BYTES));
    }
    let module = parsed(text)?;
    let mut shape = Shape::default();
    shape.visit_body(module.suite());
    shape.leave();
    shape.exceeded
}

/// What is said of a file in too many folders.
pub(crate) fn in_many_folders(folders: usize) -> String {
    exceeds("the path", folders, "folders", MOST_FOLDERS)
}

fn exceeds(whole: &str, found: usize, of: &str, limit: usize) -> String {
    format!("{whole} has {found} {of}; the limit is {limit}")
}

/// What is counted in a scope.
#[derive(Default)]
struct Counts<'a> {
    bindings: usize,
    names: FxHashMap<&'a Name, usize>,
    conditions: usize,
    methods: usize,
    attributes: FxHashSet<&'a Name>,
    is_class: bool,
}

/// Counts while it walks.
#[derive(Default)]
struct Shape<'a> {
    here: Counts<'a>,
    around: Vec<Counts<'a>>,
    depth: usize,
    comprehensions: usize,
    exceeded: Option<String>,
}

impl<'a> Shape<'a> {
    fn enter(&mut self, is_class: bool) {
        self.around.push(std::mem::replace(&mut self.here, Counts { is_class, ..Counts::default() }));
    }

    fn leave(&mut self) {
        let counts = std::mem::replace(&mut self.here, self.around.pop().unwrap_or_default());
        if counts.is_class {
            let members = counts.methods * counts.attributes.len();
            self.check(members, MOST_MEMBERS, "a class", "pairs of methods and attributes");
        }
        self.check(counts.bindings, MOST_BINDINGS, "one scope", "bindings");
        self.check(counts.conditions, MOST_CONDITIONS, "one scope", "conditions");
        let most = counts.names.values().copied().max().unwrap_or_default();
        self.check(most, MOST_OF_ONE_NAME, "one scope", "bindings of one name");
    }

    fn check(&mut self, found: usize, limit: usize, whole: &str, of: &str) {
        if found > limit && self.exceeded.is_none() {
            self.exceeded = Some(exceeds(whole, found, of, limit));
        }
    }

    fn bind(&mut self, name: &'a Name) {
        self.here.bindings += 1;
        *self.here.names.entry(name).or_default() += 1;
    }

    fn conditions(&mut self, number: usize) {
        self.here.conditions += number;
    }

    /// Visit what is one level further in.
    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.check(self.depth, DEEPEST, "the file", "levels of nesting or more");
        } else if self.exceeded.is_none() {
            visit(self);
        }
        self.depth -= 1;
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        self.bind(&function.name.id);
        self.here.methods += 1;
        self.type_parameters(function.type_params.as_deref());
        self.outside_of_parameters(&function.parameters);
        self.enter(false);
        function.parameters.iter().for_each(|parameter| self.bind(&parameter.name().id));
        self.visit_body(&function.body);
        let attributes = std::mem::take(&mut self.here.attributes);
        self.leave();
        // Those of functions inside of methods are counted, too.
        self.here.attributes.extend(attributes);
    }

    fn outside_of_parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            parameter.default().into_iter().for_each(|default| self.visit_expr(default));
            let annotation = parameter.as_parameter().annotation.as_deref();
            if let Some(annotation) = annotation {
                self.visit_expr(annotation);
            }
        }
    }

    /// Attributes, subscripts and calls in a row are no levels of nesting, but have a limit of their own.
    fn chain(&mut self, expression: &'a Expr) {
        let (mut value, mut length) = (expression, 0);
        loop {
            value = match value {
                Expr::Attribute(attribute) => {
                    if attribute.ctx == ExprContext::Store {
                        self.here.attributes.insert(&attribute.attr.id);
                        self.here.bindings += 1;
                    }
                    &attribute.value
                }
                Expr::Subscript(subscript) => {
                    self.visit_expr(&subscript.slice);
                    &subscript.value
                }
                Expr::Call(call) => {
                    self.arguments(&call.arguments);
                    &call.func
                }
                _ => break,
            };
            length += 1;
        }
        self.check(length, LONGEST_CHAIN, "an expression", "attributes, subscripts and calls in a row");
        self.visit_expr(value);
    }

    fn type_parameters(&mut self, parameters: Option<&'a TypeParams>) {
        let number = parameters.map_or(0, |parameters| parameters.type_params.len());
        self.check(number, MOST_TYPE_PARAMETERS, "a definition", "type parameters");
    }

    fn arguments(&mut self, arguments: &'a Arguments) {
        self.visit_arguments(arguments);
    }
}

impl<'a> Visitor<'a> for Shape<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.deeper(|this| match statement {
            Stmt::FunctionDef(function) => this.function(function),
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| this.visit_decorator(decorator));
                this.bind(&class.name.id);
                let bases = class.arguments.as_deref().map_or(0, |arguments| arguments.args.len());
                this.check(bases, MOST_BASES, "a class", "bases");
                this.type_parameters(class.type_params.as_deref());
                class.arguments.iter().for_each(|arguments| this.arguments(arguments));
                this.enter(true);
                this.visit_body(&class.body);
                this.leave();
            }
            Stmt::Import(import) => {
                import.names.iter().for_each(|alias| this.bind(&alias.asname.as_ref().unwrap_or(&alias.name).id));
            }
            Stmt::ImportFrom(import) => {
                import.names.iter().for_each(|alias| this.bind(&alias.asname.as_ref().unwrap_or(&alias.name).id));
            }
            Stmt::If(node) => {
                let branches = 1 + node.elif_else_clauses.len();
                this.check(branches, MOST_BRANCHES, "an `if` statement", "branches");
                this.conditions(branches);
                walk_stmt(this, statement);
            }
            Stmt::Match(node) => {
                this.check(node.cases.len(), MOST_CASES, "a `match` statement", "cases");
                walk_stmt(this, statement);
            }
            Stmt::TypeAlias(node) => {
                this.type_parameters(node.type_params.as_deref());
                walk_stmt(this, statement);
            }
            Stmt::While(_) | Stmt::Assert(_) => {
                this.conditions(1);
                walk_stmt(this, statement);
            }
            _ => walk_stmt(this, statement),
        });
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.deeper(|this| match expression {
            Expr::Name(name) if name.ctx == ExprContext::Store => this.bind(&name.id),
            Expr::Name(_) => {}
            Expr::BoolOp(node) => {
                this.check(node.values.len(), MOST_OPERANDS, "a boolean expression", "operands");
                this.conditions(node.values.len());
                walk_expr(this, expression);
            }
            Expr::Compare(node) => {
                this.check(node.comparators.len(), MOST_OPERANDS, "a comparison", "operands");
                walk_expr(this, expression);
            }
            Expr::If(_) => {
                this.conditions(1);
                walk_expr(this, expression);
            }
            Expr::Attribute(_) | Expr::Subscript(_) | Expr::Call(_) => this.chain(expression),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                this.comprehensions += 1;
                this.check(this.comprehensions, DEEPEST_COMPREHENSION, "the file", "nested comprehensions or more");
                walk_expr(this, expression);
                this.comprehensions -= 1;
            }
            Expr::BinOp(_) => {
                // What is added up is no deeper for its length.
                let mut left = expression;
                while let Expr::BinOp(node) = left {
                    this.visit_expr(&node.right);
                    left = &node.left;
                }
                this.visit_expr(left);
            }
            Expr::Lambda(lambda) => {
                lambda.parameters.iter().for_each(|parameters| this.outside_of_parameters(parameters));
                this.enter(false);
                this.visit_expr(&lambda.body);
                this.leave();
            }
            _ => walk_expr(this, expression),
        });
    }

    fn visit_match_case(&mut self, case: &'a MatchCase) {
        self.conditions(1);
        walk_match_case(self, case);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(node) => node.name.as_ref(),
            Pattern::MatchStar(node) => node.name.as_ref(),
            Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(&name.id);
        }
        self.deeper(|this| walk_pattern(this, pattern));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(outsize(text).as_deref(), expected);
    }

    #[test]
    fn what_is_within_the_limits_is_not_too_large() {
        check(&"x = 1\n".repeat(MOST_OF_ONE_NAME), None);
        check(&format!("x = a{}\n", ".b".repeat(LONGEST_CHAIN)), None);
        check(&format!("x = {}b\n", "a and ".repeat(MOST_OPERANDS - 1)), None);
        check(&format!("x = {}1{}\n", "[".repeat(DEEPEST - 2), "]".repeat(DEEPEST - 2)), None);
    }

    #[test]
    fn what_exceeds_a_limit_is_named() {
        check(&"x = 1\n".repeat(12_001), Some("one scope has 12001 bindings of one name; the limit is 12000"));
        let names = |number: usize| (0..number).map(|name| format!("x{name} = 1\n")).collect::<String>();
        check(&names(32_001), Some("one scope has 32001 bindings; the limit is 32000"));
        check(
            &format!("x = a{}\n", ".b[0]()".repeat(100)),
            Some("an expression has 300 attributes, subscripts and calls in a row; the limit is 256"),
        );
        check(
            &format!("x = {}b\n", "a and ".repeat(256)),
            Some("a boolean expression has 257 operands; the limit is 256"),
        );
        check(
            &format!("if a: pass\n{}", "elif b: pass\n".repeat(256)),
            Some("an `if` statement has 257 branches; the limit is 256"),
        );
        check(
            &format!("x = {}1\n", "-".repeat(20_000)),
            Some("the file has 251 levels of nesting or more; the limit is 250"),
        );
        check(
            &format!("match x:\n{}", "    case 1: pass\n".repeat(257)),
            Some("a `match` statement has 257 cases; the limit is 256"),
        );
        check(&format!("class C({}): ...\n", "B,".repeat(257)), Some("a class has 257 bases; the limit is 256"));
        let parameters: String = (0..257).map(|number| format!("T{number},")).collect();
        for definition in [
            format!("class C[{parameters}]: ..."),
            format!("def f[{parameters}](): ..."),
            format!("type A[{parameters}] = int"),
        ] {
            check(&definition, Some("a definition has 257 type parameters; the limit is 256"));
        }
        let methods = |number: usize| {
            let method = |name| format!("    def m{name}(self): self.a{name} = 1\n");
            format!("class C:\n{}", (0..number).map(method).collect::<String>())
        };
        check(&methods(500), None);
        check(&methods(501), Some("a class has 251001 pairs of methods and attributes; the limit is 250000"));
        check(&"#".repeat(MOST_BYTES + 1), Some("the file has 8388609 bytes; the limit is 8388608"));
    }
}
