use cel::{
    IdedExpr,
    common::{
        ast::{ComprehensionExpr, operators as op},
        types::{CelBool, CelInt, CelList, CelString},
        value::Val,
    },
};

use super::{Checker, Typed, common, emit, unknown};
use crate::{
    Type,
    syntax::{Each, Kind, Node, Walk},
    types::Ty,
    values::Dec,
};

impl Checker<'_> {
    pub(super) fn list(&mut self, at: usize, elements: Vec<Node>) -> Typed {
        self.step(at, elements.len());
        let constant = elements.iter().all(|element| is_constant(&element.kind));
        let kinds: Vec<Kind> = if constant {
            elements.iter().map(|element| element.kind.clone()).collect()
        } else {
            Vec::new()
        };
        let mut of: Option<Type> = None;
        let mut parts = Vec::with_capacity(elements.len());
        for element in elements {
            let place = element.at;
            let typed = if constant { constant_type(&element.kind) } else { self.node(element) };
            let Ty::One(element_type) = typed.1 else {
                if typed.1 != Ty::Unknown {
                    self.flaw(place, "a list cannot hold lists", "列表中不能再有列表");
                }
                return unknown();
            };
            let Some(in_common) = of.map_or(Some(element_type), |of| common(of, element_type))
            else {
                let before = of.map_or(Ty::Unknown, Ty::One);
                return self.wrong(
                    place,
                    format!("{} in a list of {}", typed.1.en(), before.en()),
                    format!("{}列表中出现{}", before.zh(), typed.1.zh()),
                );
            };
            of = Some(in_common);
            parts.push(typed);
        }
        if constant {
            let values: Vec<_> = kinds.into_iter().map(|kind| constant_value(kind, of)).collect();
            return (self.constant(Box::new(CelList::from(values))), Ty::List(of));
        }
        let parts: Vec<_> = if of == Some(Type::Dec) {
            parts.into_iter().map(|part| self.promoted(part)).collect()
        } else {
            parts.into_iter().map(|(part, _)| part).collect()
        };
        let gaps = parts.iter().any(emit::can_be_null);
        let list = emit::list(parts);
        let list = if gaps { emit::call("given", vec![list]) } else { list };
        (list, Ty::List(of))
    }

    pub(super) fn each(&mut self, at: usize, each: Each) -> Typed {
        let Each { walk, list, variable, condition, element } = each;
        if !matches!(list.kind, Kind::List(_) | Kind::Each(_)) {
            return self.wrong(
                list.at,
                "only a list that is written here, as [A, B], can be walked",
                "只能遍历直接写出的列表，如 [A, B]",
            );
        }
        let length = longest(&list.kind);
        let (range, range_type) = self.node(list);
        let of = match range_type {
            Ty::List(Some(of)) => of,
            // Of nothing, everything may be said.
            Ty::List(None) => Type::Bool,
            Ty::One(_) | Ty::Nothing | Ty::Unknown => return unknown(),
        };
        let depth = self.variables.len();
        self.variables.push((variable, of));
        let before = self.repeats;
        self.repeats = self.repeats.saturating_mul(length.max(1));
        let condition = condition.map(|node| (node.at, self.node(node)));
        let element = element.map(|node| self.node(node));
        self.repeats = before;
        self.variables.pop();
        if let Some((place, (_, Ty::One(of)))) = &condition
            && *of != Type::Bool
        {
            let (en, zh) = (of.to_string(), of.zh());
            return self.wrong(
                *place,
                format!("this must be true or false, but is {en}"),
                format!("此处应为真假值，实际为{zh}"),
            );
        }
        let result = match walk {
            Walk::All | Walk::Exists | Walk::ExistsOne => Ty::One(Type::Bool),
            Walk::Filter => range_type,
            Walk::Map => match element.as_ref().map(|(_, of)| *of) {
                Some(Ty::One(of)) => Ty::List(Some(of)),
                Some(Ty::List(_)) => {
                    return self.wrong(at, "a list cannot hold lists", "列表中不能再有列表");
                }
                Some(Ty::Nothing | Ty::Unknown) | None => return unknown(),
            },
        };
        let condition = condition.map(|(_, (tree, _))| tree);
        let tree = walked(walk, depth, range, condition, element.map(|(tree, _)| tree));
        (tree, result)
    }
}

/// The loop that cel runs. `all` is a chain of `&&`, `exists` one of `||`: as there, an element for
/// which there is no answer is passed over when another decides.
fn walked(
    walk: Walk,
    depth: usize,
    range: IdedExpr,
    condition: Option<IdedExpr>,
    element: Option<IdedExpr>,
) -> IdedExpr {
    let (result, variable) = (format!("%r{depth}"), format!("%{depth}"));
    let so_far = || emit::ident(result.as_str());
    let condition = condition.unwrap_or_else(|| emit::boolean(true));
    let element = element.map_or_else(
        || emit::ident(variable.as_str()),
        |tree| if emit::can_be_null(&tree) { emit::call("given", vec![tree]) } else { tree },
    );
    let (start, go_on, step, end) = match walk {
        Walk::All => {
            let step = emit::call(op::LOGICAL_AND, vec![so_far(), condition]);
            (emit::boolean(true), so_far(), step, so_far())
        }
        Walk::Exists => {
            let step = emit::call(op::LOGICAL_OR, vec![so_far(), condition]);
            (emit::boolean(false), emit::call("not", vec![so_far()]), step, so_far())
        }
        Walk::ExistsOne => {
            let more = emit::placed("i+", vec![so_far(), emit::int(1)], 0);
            let step = emit::condition(condition, more, so_far());
            let end = emit::call("i==", vec![so_far(), emit::int(1)]);
            (emit::int(0), emit::boolean(true), step, end)
        }
        Walk::Map | Walk::Filter => {
            let step = emit::condition(condition, emit::appended(&result, element), so_far());
            (emit::list(Vec::new()), emit::boolean(true), step, so_far())
        }
    };
    emit::comprehension(ComprehensionExpr {
        iter_range: range,
        iter_var: variable,
        iter_var2: None,
        accu_var: result,
        accu_init: start,
        loop_cond: go_on,
        loop_step: step,
        result: end,
    })
}

fn longest(list: &Kind) -> usize {
    match list {
        Kind::List(elements) => elements.len(),
        Kind::Each(each) => longest(&each.list.kind),
        _ => 1,
    }
}

fn is_constant(kind: &Kind) -> bool {
    matches!(kind, Kind::Bool(_) | Kind::Int(_) | Kind::Dec(_) | Kind::Text(_))
}

fn constant_type(kind: &Kind) -> Typed {
    let of = match kind {
        Kind::Bool(_) => Type::Bool,
        Kind::Int(_) => Type::Int,
        Kind::Dec(_) => Type::Dec,
        _ => Type::Text,
    };
    (emit::boolean(false), Ty::One(of))
}

fn constant_value(kind: Kind, of: Option<Type>) -> Box<dyn Val> {
    match kind {
        Kind::Int(value) if of == Some(Type::Dec) => Box::new(Dec(value.into())),
        Kind::Int(value) => Box::new(CelInt::from(value)),
        Kind::Dec(value) => Box::new(Dec(value)),
        Kind::Text(value) => Box::new(CelString::from(value)),
        Kind::Bool(value) => Box::new(CelBool::from(value)),
        _ => Box::new(CelBool::from(false)),
    }
}
