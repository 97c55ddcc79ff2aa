//! What stands in the headers of functions and classes: decorators, type parameters, parameters and arguments.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    Arguments, Decorator, Expr, HasNodeIndex as _, Identifier, Parameter, Parameters, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged as _, TextRange, TextSize};

use super::CstKind;
use super::layout::span;
use super::project::{AT_ONCE, Below, Projection};

impl<'a> Projection<'a> {
    pub(super) fn decorators(&mut self, decorators: &'a [Decorator]) {
        for decorator in decorators {
            self.push(CstKind::Decorator, decorator.range, Below::Expr(&decorator.expression));
        }
    }

    pub(super) fn annotation(&mut self, annotation: &'a Expr, limit: TextRange) {
        self.around(CstKind::Annotation, annotation, limit);
    }

    // ---- type parameters ----

    pub(super) fn type_params(&mut self, params: Option<&'a TypeParams>) {
        if let Some(params) = params {
            self.push(CstKind::TypeParameters, params.range, Below::TypeParams(params));
        }
    }

    pub(super) fn in_type_params(&mut self, params: &'a TypeParams) {
        for param in &params.type_params {
            // It owns its comma with all the whitespace behind it, even before the bracket.
            let comma = self.layout.comma(param.end(), params.end());
            let end = comma.map_or(param.end(), |comma| self.layout.next_start(comma.end(), params.end()));
            self.push(CstKind::TypeParam, span(param.start(), end), Below::TypeParam(param, params.range));
        }
    }

    pub(super) fn in_type_param(&mut self, param: &'a TypeParam, limit: TextRange) {
        let (kind, bound, ast) = match param {
            TypeParam::TypeVar(x) => (CstKind::TypeVar, x.bound.as_deref(), &x.node_index),
            TypeParam::TypeVarTuple(x) => (CstKind::TypeVarTuple, None, &x.node_index),
            TypeParam::ParamSpec(x) => (CstKind::ParamSpec, None, &x.node_index),
        };
        let name: &Identifier = param.name();
        let end = bound.map_or(name.end(), |bound| self.outer(bound, limit).end());
        self.push_as(ast, kind, span(param.start(), end), Below::TypeVar(name, bound));
        match param.default() {
            // `*Ts = *tuple[int]`
            Some(Expr::Starred(starred)) => self.expr(&starred.value),
            default => self.optional(default),
        }
    }

    // ---- parameters ----

    /// `within` is what lies between the parentheses, or between `lambda` and its colon.
    pub(super) fn parameters(&mut self, parameters: &'a Parameters, within: TextRange) {
        let start =
            if parameters.is_empty() { within.end() } else { self.layout.next_start(within.start(), within.end()) };
        self.push(CstKind::Parameters, span(start, within.end()), Below::Parameters(parameters, within));
    }

    pub(super) fn in_parameters(&mut self, x: &'a Parameters, within: TextRange) {
        let all: Vec<(&'a Parameter, Option<&'a Expr>)> =
            x.iter_source_order().map(|parameter| (parameter.as_parameter(), parameter.default())).collect();
        let positional = x.posonlyargs.len() + x.args.len();
        let has_bare_star = x.vararg.is_none() && !x.kwonlyargs.is_empty();
        let mut end = within.start();
        for (index, (parameter, default)) in all.iter().enumerate() {
            if index == positional && has_bare_star {
                self.separator(CstKind::ParamStar, TokenKind::Star, span(end, parameter.start()));
            }
            let range = span(parameter.start(), parameter.name.end());
            let below = Below::Parameter(parameter, *default, within);
            self.push_as(&parameter.node_index, CstKind::Param, range, below);
            end = default.map_or(parameter.end(), |default| self.outer(default, within).end());
            if index + 1 == x.posonlyargs.len() {
                let next = all.get(index + 1).map_or(within.end(), |(parameter, _)| parameter.start());
                let before_star = |end| {
                    if index + 1 == positional && has_bare_star {
                        self.layout.find(TokenKind::Star, span(end, next)).map(TextRange::start)
                    } else {
                        None
                    }
                };
                let next = before_star(end).unwrap_or(next);
                self.separator(CstKind::ParamSlash, TokenKind::Slash, span(end, next));
            }
        }
    }

    /// A bare `*` or `/`, with the comma and the whitespace up to the next parameter.
    fn separator(&mut self, kind: CstKind, token: TokenKind, between: TextRange) {
        if let Some(separator) = self.layout.find(token, between) {
            self.leaf(kind, span(separator.start(), between.end()));
        }
    }

    pub(super) fn in_parameter(&mut self, parameter: &'a Parameter, default: Option<&'a Expr>, within: TextRange) {
        self.name(&parameter.name);
        if let Some(annotation) = &parameter.annotation {
            self.annotation(annotation, within);
        }
        self.optional(default);
    }

    /// The parameters of a `lambda` that begins at `start`.
    pub(super) fn lambda_parameters(&mut self, parameters: Option<&'a Parameters>, start: TextSize) {
        let behind_keyword = start + TextSize::of("lambda");
        let Some(parameters) = parameters else {
            return self.leaf(CstKind::Parameters, TextRange::empty(behind_keyword));
        };
        // Behind the last parameter there may be a comma or a `/`.
        let mut colon = parameters.end();
        while let Some(token) = self.layout.next(colon) {
            if !matches!(token.kind(), TokenKind::Comma | TokenKind::Slash | TokenKind::Rpar) {
                colon = token.start();
                break;
            }
            colon = token.end();
        }
        self.parameters(parameters, span(behind_keyword, colon));
    }

    // ---- arguments ----

    pub(super) fn arguments(&mut self, arguments: &'a Arguments) {
        self.argument_list(arguments, (0, 0));
    }

    /// The arguments behind so many positional and so many named ones, in the order of the source.
    pub(super) fn argument_list(&mut self, arguments: &'a Arguments, (mut args, mut keywords): (u32, u32)) {
        let limit = self.layout.inside(arguments.range);
        for _ in 0..AT_ONCE {
            match (arguments.args.get(args as usize), arguments.keywords.get(keywords as usize)) {
                (Some(argument), keyword) if keyword.is_none_or(|keyword| argument.start() < keyword.start()) => {
                    self.argument(argument, limit);
                    args += 1;
                }
                (_, Some(keyword)) => {
                    self.push_as(&keyword.node_index, CstKind::Arg, keyword.range, Below::Keyword(keyword));
                    keywords += 1;
                }
                _ => return,
            }
        }
        self.rest(Below::Arguments(arguments, (args, keywords)));
    }

    fn argument(&mut self, argument: &'a Expr, limit: TextRange) {
        match argument {
            starred @ Expr::Starred(_) => {
                self.push_as(starred.node_index(), CstKind::Arg, starred.range(), Below::InExpr(starred));
            }
            bare @ Expr::Generator(generator) if !generator.parenthesized => {
                self.push(CstKind::Arg, bare.range(), Below::Expr(bare));
            }
            argument => self.around(CstKind::Arg, argument, limit),
        }
    }
}
