use cel::common::ast::operators as op;

use super::{Checker, Typed, emit, unknown};
use crate::{
    Type,
    syntax::{Kind, Node},
    types::Ty,
};

impl Checker<'_> {
    pub(super) fn operator(&mut self, at: usize, name: &str, mut args: Vec<Node>) -> Typed {
        if name == op::ADD && args.first().is_some_and(is_sum) {
            let mut terms = Vec::new();
            while let Some(right) = args.pop() {
                terms.push(right);
                match args.pop() {
                    Some(Node { kind: Kind::Operator(name, inner), .. }) if name == op::ADD => {
                        args = inner;
                    }
                    left => args.extend(left),
                }
                if args.len() == 1 {
                    terms.append(&mut args);
                }
            }
            terms.reverse();
            return self.sum(at, terms);
        }
        let branches = name == op::CONDITIONAL;
        let operand = |checker: &mut Self, index: usize, arg: Node| match arg.kind {
            Kind::Null if branches && index > 0 => (emit::ident("~0"), Ty::Nothing),
            _ => checker.node(arg),
        };
        let args = args.into_iter().enumerate();
        let args: Vec<(usize, Typed)> =
            args.map(|(index, arg)| (arg.at, operand(self, index, arg))).collect();
        match <[_; 3]>::try_from(args) {
            Ok([condition, yes, no]) => self.conditional(at, condition, yes.1, no.1),
            Err(args) => match <[_; 2]>::try_from(args) {
                Ok([left, right]) => self.binary(at, name, left, right),
                Err(mut args) => match args.pop() {
                    Some((_, operand)) => self.unary(at, name, operand),
                    None => unknown(),
                },
            },
        }
    }

    /// A chain of `+` as one sum, so that long scores do not nest deep.
    fn sum(&mut self, at: usize, terms: Vec<Node>) -> Typed {
        let terms: Vec<(usize, Typed)> =
            terms.into_iter().map(|term| (term.at, self.node(term))).collect();
        if terms.iter().any(|(_, (_, of))| *of == Ty::Unknown) {
            return unknown();
        }
        let all = |wanted: fn(Type) -> bool| {
            terms.iter().all(|(_, (_, of))| matches!(of, Ty::One(of) if wanted(*of)))
        };
        let of = match () {
            () if all(|of| of == Type::Int) => Type::Int,
            () if all(Type::is_number) => Type::Dec,
            () if all(|of| of == Type::Text) => Type::Text,
            () => {
                let first = terms[0].1.1;
                let other = terms.iter().find(|(_, (_, of))| *of != first);
                let (place, second) = other.map_or((at, first), |(at, (_, of))| (*at, *of));
                let hint = match (first, second) {
                    (Ty::One(a), Ty::One(b)) => arithmetic_hint(a, b),
                    _ => None,
                };
                return self.mismatch(place, "+", first, second, hint);
            }
        };
        let parts = terms
            .into_iter()
            .map(|(_, term)| if of == Type::Dec { self.promoted(term) } else { term.0 });
        let list = emit::list(parts.collect());
        let calls = match of {
            Type::Int => "isum",
            Type::Dec => "dsum",
            _ => "join",
        };
        (emit::placed(calls, vec![list], at), Ty::One(of))
    }

    fn conditional(&mut self, at: usize, asked: (usize, Typed), yes: Typed, no: Typed) -> Typed {
        self.must_be_bool(&asked);
        let condition = asked.1.0;
        let types = (yes.1, no.1);
        if let (Ty::List(_), Ty::List(_)) = types {
            return self.wrong(at, "'? :' cannot choose between lists", "“? :”不能在列表之间选择");
        }
        if types.0 == Ty::Unknown || types.1 == Ty::Unknown {
            return unknown();
        }
        match types {
            (Ty::Nothing, of @ Ty::One(_)) | (of @ Ty::One(_), Ty::Nothing) => {
                return (emit::condition(condition, yes.0, no.0), of);
            }
            _ => {}
        }
        match self.unified(yes, no) {
            Some((yes, no, of)) => (emit::condition(condition, yes, no), Ty::One(of)),
            None => self.wrong(
                at,
                format!("'? :' gives {} or {}", types.0.en(), types.1.en()),
                format!("“? :”的两个结果类型不同：{}与{}", types.0.zh(), types.1.zh()),
            ),
        }
    }

    fn unary(&mut self, at: usize, name: &str, operand: Typed) -> Typed {
        match (name, operand.1) {
            (_, Ty::Unknown) => unknown(),
            (op::LOGICAL_NOT, Ty::One(Type::Bool)) => {
                (emit::call("not", vec![operand.0]), operand.1)
            }
            (op::NEGATE, Ty::One(Type::Int)) => {
                (emit::placed("ineg", vec![operand.0], at), operand.1)
            }
            (op::NEGATE, Ty::One(Type::Dec)) => (emit::call("dneg", vec![operand.0]), operand.1),
            (_, of) => {
                let sign = if name == op::NEGATE { "-" } else { "!" };
                self.wrong(
                    at,
                    format!("'{sign}' cannot be applied to {}", of.en()),
                    format!("“{sign}”不能用于{}", of.zh()),
                )
            }
        }
    }

    fn binary(
        &mut self,
        at: usize,
        name: &str,
        left: (usize, Typed),
        right: (usize, Typed),
    ) -> Typed {
        match name {
            op::LOGICAL_AND | op::LOGICAL_OR => {
                self.must_be_bool(&left);
                self.must_be_bool(&right);
                (emit::call(name, vec![left.1.0, right.1.0]), Ty::One(Type::Bool))
            }
            _ if left.1.1 == Ty::Unknown || right.1.1 == Ty::Unknown => unknown(),
            op::IN => self.is_in(at, left.1, right.1),
            op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO => {
                self.arithmetic(at, sign(name), left.1, right.1)
            }
            _ => self.comparison(at, sign(name), left.1, right.1),
        }
    }

    fn must_be_bool(&mut self, (at, (_, of)): &(usize, Typed)) {
        if !matches!(of, Ty::One(Type::Bool) | Ty::Unknown) {
            self.flaw(
                *at,
                format!("this must be true or false, but is {}", of.en()),
                format!("此处应为真假值，实际为{}", of.zh()),
            );
        }
    }

    fn arithmetic(&mut self, at: usize, sign: &str, left: Typed, right: Typed) -> Typed {
        let (Ty::One(a), Ty::One(b)) = (left.1, right.1) else {
            return self.mismatch(at, sign, left.1, right.1, None);
        };
        if sign == "/" && a.is_number() && b.is_number() {
            let args = vec![self.promoted(left), self.promoted(right)];
            return (emit::placed("d/", args, at), Ty::One(Type::Dec));
        }
        if sign == "+" && a == Type::Text && b == Type::Text {
            return (emit::placed("t+", vec![left.0, right.0], at), Ty::One(Type::Text));
        }
        let types = (left.1, right.1);
        let whole_only = sign == "%" && (a, b) != (Type::Int, Type::Int);
        if !a.is_number() || !b.is_number() || whole_only {
            let hint = arithmetic_hint(a, b);
            return self.mismatch(at, sign, types.0, types.1, hint);
        }
        match self.unified(left, right) {
            Some((left, right, of)) => {
                let prefix = if of == Type::Int { "i" } else { "d" };
                (emit::placed(&format!("{prefix}{sign}"), vec![left, right], at), Ty::One(of))
            }
            None => self.mismatch(at, sign, types.0, types.1, None),
        }
    }

    fn comparison(&mut self, at: usize, sign: &str, left: Typed, right: Typed) -> Typed {
        let types = (left.1, right.1);
        let ordered = !matches!(sign, "==" | "!=");
        let Some((left, right, of)) = self.unified(left, right) else {
            return self.mismatch(at, sign, types.0, types.1, comparison_hint(types));
        };
        let bool_type = Ty::One(Type::Bool);
        match of {
            Type::Int => (emit::call(&format!("i{sign}"), vec![left, right]), bool_type),
            Type::Dec => (emit::call(&format!("d{sign}"), vec![left, right]), bool_type),
            Type::Date | Type::Time | Type::DateTime => {
                (emit::placed(&format!("m{sign}"), vec![left, right], at), bool_type)
            }
            Type::Text if !ordered => {
                (emit::call(&format!("t{sign}"), vec![left, right]), bool_type)
            }
            Type::Bool if !ordered => {
                (emit::call(&format!("b{sign}"), vec![left, right]), bool_type)
            }
            Type::Text | Type::Bool => {
                let hint = Some((
                    "text has no order; number(x) makes a number of it",
                    "文本不分大小；可用 number(x) 转为数字",
                ));
                let hint = hint.filter(|_| of == Type::Text);
                self.mismatch(at, sign, types.0, types.1, hint)
            }
        }
    }

    fn is_in(&mut self, at: usize, left: Typed, right: Typed) -> Typed {
        let types = (left.1, right.1);
        let bool_type = Ty::One(Type::Bool);
        match types {
            (Ty::One(_), Ty::List(None)) => {
                (emit::placed("in", vec![left.0, right.0], at), bool_type)
            }
            (Ty::One(a), Ty::List(Some(b))) if a == b => {
                (emit::placed("in", vec![left.0, right.0], at), bool_type)
            }
            (Ty::One(Type::Int), Ty::List(Some(Type::Dec))) => {
                let left = self.promoted(left);
                (emit::placed("in", vec![left, right.0], at), bool_type)
            }
            (Ty::One(Type::Dec), Ty::List(Some(Type::Int))) => {
                let right = emit::call("declist", vec![right.0]);
                (emit::placed("in", vec![left.0, right], at), bool_type)
            }
            _ => self.mismatch(at, "in", types.0, types.1, None),
        }
    }

    fn mismatch(
        &mut self,
        at: usize,
        sign: &str,
        left: Ty,
        right: Ty,
        hint: Option<(&str, &str)>,
    ) -> Typed {
        let mut en = format!("'{sign}' cannot be used between {} and {}", left.en(), right.en());
        let mut zh = format!("“{sign}”不能用于{}与{}之间", left.zh(), right.zh());
        if let Some((hint_en, hint_zh)) = hint {
            en = format!("{en}; {hint_en}");
            zh = format!("{zh}；{hint_zh}");
        }
        self.wrong(at, en, zh)
    }
}

fn is_sum(node: &Node) -> bool {
    matches!(&node.kind, Kind::Operator(name, _) if name == op::ADD)
}

/// As written in the text.
fn sign(operator: &str) -> &str {
    operator.trim_matches('_')
}

fn arithmetic_hint(a: Type, b: Type) -> Option<(&'static str, &'static str)> {
    if a.is_moment() || b.is_moment() {
        return Some((
            "use days_between(a, b) or add_days(d, n)",
            "请使用 days_between(a, b) 或 add_days(d, n)",
        ));
    }
    (a == Type::Text || b == Type::Text).then_some((
        "number(x) makes a number of a text, text(x) a text of a number",
        "number(x) 把文本转为数字，text(x) 把数字转为文本",
    ))
}

fn comparison_hint(types: (Ty, Ty)) -> Option<(&'static str, &'static str)> {
    let has = |of| types.0 == Ty::One(of) || types.1 == Ty::One(of);
    if has(Type::Date) && has(Type::DateTime) {
        Some(("date(x) is the date of a date and time", "date(x) 取日期时间中的日期"))
    } else if has(Type::Date) && has(Type::Text) {
        Some(("write a date as date(\"2014-01-02\")", "日期请写作 date(\"2014-01-02\")"))
    } else if has(Type::Text) && (has(Type::Int) || has(Type::Dec)) {
        Some(("quote the code, or use number(x)", "代码请加引号，或使用 number(x)"))
    } else {
        None
    }
}
