//! Parts of cel's tree. Places are not kept: what can fail carries its own.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, Expr, ListExpr, LiteralValue, operators},
};

fn part(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}

pub(super) fn boolean(value: bool) -> IdedExpr {
    part(Expr::Literal(LiteralValue::Boolean(value.into())))
}

pub(super) fn int(value: i64) -> IdedExpr {
    part(Expr::Literal(LiteralValue::Int(value.into())))
}

pub(super) fn text(value: String) -> IdedExpr {
    part(Expr::Literal(LiteralValue::String(value.into())))
}

pub(super) fn ident(name: impl Into<String>) -> IdedExpr {
    part(Expr::Ident(name.into()))
}

pub(super) fn list(elements: Vec<IdedExpr>) -> IdedExpr {
    part(Expr::List(ListExpr::new(elements)))
}

pub(super) fn call(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    part(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

/// A call of a function that may fail, with its place as last argument.
pub(super) fn placed(name: &str, mut args: Vec<IdedExpr>, at: usize) -> IdedExpr {
    args.push(int(i64::try_from(at).unwrap_or(0)));
    call(name, args)
}

pub(super) fn condition(condition: IdedExpr, yes: IdedExpr, no: IdedExpr) -> IdedExpr {
    call(operators::CONDITIONAL, vec![condition, yes, no])
}

/// `list + [element]`, which cel evaluates by appending.
pub(super) fn appended(list_name: &str, element: IdedExpr) -> IdedExpr {
    call(operators::ADD, vec![ident(list_name), list(vec![element])])
}

pub(super) fn comprehension(each: ComprehensionExpr) -> IdedExpr {
    part(Expr::Comprehension(Box::new(each)))
}

pub(super) fn literal_int(tree: &IdedExpr) -> Option<i64> {
    match &tree.expr {
        Expr::Literal(LiteralValue::Int(value)) => Some(*value.inner()),
        _ => None,
    }
}

/// Whether the part can be null, instead of an error, when something is missing.
pub(super) fn can_be_null(tree: &IdedExpr) -> bool {
    match &tree.expr {
        Expr::Ident(name) => name.starts_with(['@', '~']),
        Expr::Call(call) => {
            call.func_name == operators::CONDITIONAL && call.args.iter().skip(1).any(can_be_null)
        }
        _ => false,
    }
}

/// Whether the value of a slot is read in this part.
pub(super) fn reads(tree: &IdedExpr, slot: usize) -> bool {
    match &tree.expr {
        Expr::Ident(name) => name.strip_prefix('@').is_some_and(|index| index == slot.to_string()),
        Expr::Call(call) => call.args.iter().any(|arg| reads(arg, slot)),
        Expr::List(list) => list.elements.iter().any(|element| reads(element, slot)),
        Expr::Comprehension(each) => reads(&each.iter_range, slot) || reads(&each.loop_step, slot),
        _ => false,
    }
}
