//! CPython's classes and names of expressions, patterns and operators.

use ruff_python_ast::{CmpOp, Expr, Operator, Pattern, UnaryOp};
use ruff_text_size::{Ranged as _, TextRange};

use super::Kind;

pub(super) fn describe_expr(expr: &Expr) -> (Kind, Option<TextRange>, Option<&str>) {
    let (kind, name) = match expr {
        Expr::BoolOp(_) => (Kind::BoolOp, None),
        Expr::Named(_) => (Kind::NamedExpr, None),
        Expr::BinOp(_) => (Kind::BinOp, None),
        Expr::UnaryOp(_) => (Kind::UnaryOp, None),
        Expr::Lambda(_) => (Kind::Lambda, None),
        Expr::If(_) => (Kind::IfExp, None),
        Expr::Dict(_) => (Kind::Dict, None),
        Expr::Set(_) => (Kind::Set, None),
        Expr::ListComp(_) => (Kind::ListComp, None),
        Expr::SetComp(_) => (Kind::SetComp, None),
        Expr::DictComp(_) => (Kind::DictComp, None),
        Expr::Generator(_) => (Kind::GeneratorExp, None),
        Expr::Await(_) => (Kind::Await, None),
        Expr::Yield(_) => (Kind::Yield, None),
        Expr::YieldFrom(_) => (Kind::YieldFrom, None),
        Expr::Compare(_) => (Kind::Compare, None),
        Expr::Call(_) => (Kind::Call, None),
        Expr::FString(_) => (Kind::JoinedStr, None),
        Expr::TString(_) => (Kind::TemplateStr, None),
        Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_)
        | Expr::IpyEscapeCommand(_) => (Kind::Constant, None),
        Expr::Attribute(x) => (Kind::Attribute, Some(x.attr.as_str())),
        Expr::Subscript(_) => (Kind::Subscript, None),
        Expr::Starred(_) => (Kind::Starred, None),
        Expr::Name(x) => (Kind::Name, Some(x.id.as_str())),
        Expr::List(_) => (Kind::List, None),
        Expr::Tuple(_) => (Kind::Tuple, None),
        Expr::Slice(_) => (Kind::Slice, None),
    };
    (kind, Some(expr.range()), name)
}

pub(super) fn describe_pattern(pattern: &Pattern) -> (Kind, Option<TextRange>, Option<&str>) {
    let (kind, name) = match pattern {
        Pattern::MatchValue(_) => (Kind::MatchValue, None),
        Pattern::MatchSingleton(_) => (Kind::MatchSingleton, None),
        Pattern::MatchSequence(_) => (Kind::MatchSequence, None),
        Pattern::MatchMapping(_) => (Kind::MatchMapping, None),
        Pattern::MatchClass(_) => (Kind::MatchClass, None),
        Pattern::MatchStar(x) => (Kind::MatchStar, x.name.as_ref().map(ruff_python_ast::Identifier::as_str)),
        Pattern::MatchAs(x) => (Kind::MatchAs, x.name.as_ref().map(ruff_python_ast::Identifier::as_str)),
        Pattern::MatchOr(_) => (Kind::MatchOr, None),
    };
    (kind, Some(pattern.range()), name)
}

pub(super) fn operator(operator: Operator) -> Kind {
    match operator {
        Operator::Add => Kind::Add,
        Operator::Sub => Kind::Sub,
        Operator::Mult => Kind::Mult,
        Operator::MatMult => Kind::MatMult,
        Operator::Div => Kind::Div,
        Operator::Mod => Kind::Mod,
        Operator::Pow => Kind::Pow,
        Operator::LShift => Kind::LShift,
        Operator::RShift => Kind::RShift,
        Operator::BitOr => Kind::BitOr,
        Operator::BitXor => Kind::BitXor,
        Operator::BitAnd => Kind::BitAnd,
        Operator::FloorDiv => Kind::FloorDiv,
    }
}

pub(super) fn unary_operator(operator: UnaryOp) -> Kind {
    match operator {
        UnaryOp::Invert => Kind::Invert,
        UnaryOp::Not => Kind::Not,
        UnaryOp::UAdd => Kind::UAdd,
        UnaryOp::USub => Kind::USub,
    }
}

pub(super) fn comparison(operator: CmpOp) -> Kind {
    match operator {
        CmpOp::Eq => Kind::Eq,
        CmpOp::NotEq => Kind::NotEq,
        CmpOp::Lt => Kind::Lt,
        CmpOp::LtE => Kind::LtE,
        CmpOp::Gt => Kind::Gt,
        CmpOp::GtE => Kind::GtE,
        CmpOp::Is => Kind::Is,
        CmpOp::IsNot => Kind::IsNot,
        CmpOp::In => Kind::In,
        CmpOp::NotIn => Kind::NotIn,
    }
}
