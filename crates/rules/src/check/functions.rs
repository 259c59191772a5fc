use regex::RegexBuilder;

use super::{
    Checker, Source, Typed, Wrong, emit,
    names::suggestion,
    signatures::{Parameter, SIGNATURES, SPECIAL, Signature},
    unknown,
};
use crate::{
    Reference, Type,
    syntax::{Kind, Node},
    types::Ty,
    values::{Dec, Moment, Pattern},
};

impl Checker<'_> {
    pub(super) fn function(&mut self, at: usize, name: &str, mut args: Vec<Node>) -> Typed {
        if let Some(slot) = self.reference(at, name, &args) {
            return slot.map_or_else(|Wrong| unknown(), |slot| self.value_of(slot));
        }
        let count = args.len();
        match (name, count) {
            ("missing" | "answered" | "missing_reason", 1) => self.missing(name, args.remove(0)),
            ("coalesce", 2..) => self.coalesce(at, args),
            ("in_code_list", 2) => self.in_code_list(at, args),
            ("round_half_up" | "round_half_even", 2) => self.round(at, name, args),
            ("matches", 2) => self.matches(at, args),
            ("study_day", 1) => self.study_day(at, args.remove(0)),
            ("date" | "time" | "datetime", 1) if matches!(args[0].kind, Kind::Text(_)) => {
                self.moment_literal(name, &args[0])
            }
            ("range_indicator", 3 | 4) => self.range_indicator(at, args),
            ("number" | "dec", 1) => self.number(at, name, args),
            ("sum" | "total" | "min" | "max" | "mean" | "size" | "length", 1)
                if matches!(args[0].kind, Kind::List(_) | Kind::Each(_)) =>
            {
                self.of_list(at, name, args.remove(0))
            }
            ("substring", 2) => {
                args.push(Node { at, kind: Kind::Int(i64::MAX) });
                self.by_signature(at, name, args)
            }
            _ => self.by_signature(at, name, args),
        }
    }

    fn missing(&mut self, name: &str, item: Node) -> Typed {
        self.asks_missing = true;
        let Some(slot) = self.readable(name, item) else { return unknown() };
        let is_missing = emit::ident(format!("?{slot}"));
        match name {
            "missing" => (is_missing, Ty::One(Type::Bool)),
            "answered" => (emit::call("not", vec![is_missing]), Ty::One(Type::Bool)),
            _ => (emit::ident(format!("!{slot}")), Ty::One(Type::Text)),
        }
    }

    /// The first argument that has a value; all but the last must be readable.
    fn coalesce(&mut self, at: usize, mut args: Vec<Node>) -> Typed {
        self.asks_missing = true;
        let Some(last) = args.pop() else { return unknown() };
        let mut rest = self.node(last);
        for arg in args.into_iter().rev() {
            let Some(slot) = self.readable("coalesce", arg) else { return unknown() };
            if rest.1 == Ty::Unknown {
                return unknown();
            }
            let (value, types) = (self.value_of(slot), rest.1);
            let of_value = value.1;
            let Some((value, other, of)) = self.unified(value, rest) else {
                return self.wrong(
                    at,
                    format!("coalesce gives {} or {}", of_value.en(), types.en()),
                    format!("coalesce 的参数类型不同：{}与{}", of_value.zh(), types.zh()),
                );
            };
            let is_missing = emit::ident(format!("?{slot}"));
            rest = (emit::condition(is_missing, other, value), Ty::One(of));
        }
        rest
    }

    fn in_code_list(&mut self, at: usize, mut args: Vec<Node>) -> Typed {
        let list = args.pop();
        let (Some(value), Some(Node { kind: Kind::Text(oid), .. })) = (args.pop(), list) else {
            return self.usage(at, "in_code_list");
        };
        let lists = &self.scope.catalogue.code_lists;
        if !lists.contains_key(&oid) {
            let (en, zh) = suggestion(&oid, lists.keys().map(String::as_str));
            return self.wrong(
                at,
                format!("the study has no code list {oid}{en}"),
                format!("研究中没有代码列表 {oid}{zh}"),
            );
        }
        let (value, of) = self.node(value);
        match of {
            Ty::Unknown => unknown(),
            Ty::One(Type::Text | Type::Int) => {
                self.code_lists.push(oid);
                let list = emit::ident(format!("${}", self.code_lists.len() - 1));
                (emit::call("inlist", vec![value, list]), Ty::One(Type::Bool))
            }
            _ => self.usage(at, "in_code_list"),
        }
    }

    fn round(&mut self, at: usize, name: &str, mut args: Vec<Node>) -> Typed {
        const MAX_DECIMALS: i64 = 20;
        let decimals = args.pop().and_then(|arg| match arg.kind {
            Kind::Int(decimals) if (0..=MAX_DECIMALS).contains(&decimals) => Some(decimals),
            _ => None,
        });
        let Some(decimals) = decimals else {
            return self.wrong(
                at,
                format!("{name} needs the number of decimals, 0 to 20, as its second argument"),
                format!("{name} 的第二个参数应为 0 到 20 的小数位数"),
            );
        };
        let Some(number) = args.pop() else { return unknown() };
        let number = self.node(number);
        match number.1 {
            Ty::One(Type::Int | Type::Dec) => {
                let number = self.promoted(number);
                let calls = if name == "round_half_up" { "halfup" } else { "halfeven" };
                (emit::placed(calls, vec![number, emit::int(decimals)], at), Ty::One(Type::Dec))
            }
            Ty::Unknown => unknown(),
            _ => self.usage(at, name),
        }
    }

    fn matches(&mut self, at: usize, mut args: Vec<Node>) -> Typed {
        const MAX_COMPILED_BYTES: usize = 1 << 20;
        let pattern = args.pop();
        let (Some(subject), Some(Node { kind: Kind::Text(pattern), at: place })) =
            (args.pop(), pattern)
        else {
            return self.usage(at, "matches");
        };
        let mut builder = RegexBuilder::new(&pattern);
        let built = builder.size_limit(MAX_COMPILED_BYTES).nest_limit(50).build();
        let Ok(regex) = built else {
            return self.wrong(
                place,
                "this is not a regular expression, or it is too large; look-around and \
                 back-references do not exist",
                "正则表达式无效或过大；不支持环视和反向引用",
            );
        };
        let subject = self.node(subject);
        match subject.1 {
            Ty::One(Type::Text) => {
                let pattern = self.constant(Box::new(Pattern(regex)));
                (emit::call("matches", vec![subject.0, pattern]), Ty::One(Type::Bool))
            }
            Ty::Unknown => unknown(),
            _ => self.usage(at, "matches"),
        }
    }

    fn study_day(&mut self, at: usize, day: Node) -> Typed {
        let (day, of) = self.node(day);
        match of {
            Ty::One(Type::Date | Type::DateTime) => {
                let shown = Reference::ReferenceDate.to_string();
                let source = Source::Elsewhere(Reference::ReferenceDate);
                let slot = self.slot(at, source, Type::Date, shown);
                let (reference, _) = self.value_of(slot);
                (emit::placed("studyday", vec![day, reference], at), Ty::One(Type::Int))
            }
            Ty::Unknown => unknown(),
            _ => self.usage(at, "study_day"),
        }
    }

    fn moment_literal(&mut self, name: &str, arg: &Node) -> Typed {
        let Kind::Text(text) = &arg.kind else { return unknown() };
        let of = match name {
            "date" => Type::Date,
            "time" => Type::Time,
            _ => Type::DateTime,
        };
        match Moment::parse(of, text) {
            Some(moment) => (self.constant(Box::new(moment)), Ty::One(of)),
            None => self.wrong(
                arg.at,
                format!("\"{text}\" is no {of} of the calendar (ISO 8601)"),
                format!("“{text}”不是有效的{}（ISO 8601）", of.zh()),
            ),
        }
    }

    /// A written number is a constant; of any other text, what it is made of is remembered, so
    /// that a text that is no number can be named.
    fn number(&mut self, at: usize, name: &str, args: Vec<Node>) -> Typed {
        let [Node { kind: Kind::Text(digits), at: place }] = args.as_slice() else {
            let typed = self.by_signature(at, name, args);
            let texts = self.slots.iter().enumerate().filter(|(_, slot)| slot.of == Type::Text);
            let made_of = texts.map(|(index, _)| index).filter(|i| emit::reads(&typed.0, *i));
            self.numbers.push((at, made_of.collect()));
            return typed;
        };
        let Ok(number) = digits.trim().parse() else {
            let en = format!("\"{digits}\" is not a number");
            return self.wrong(*place, en, format!("“{digits}”不是数字"));
        };
        (self.constant(Box::new(Dec(number))), Ty::One(Type::Dec))
    }

    fn of_list(&mut self, at: usize, name: &str, list: Node) -> Typed {
        let name = if name == "total" { "sum" } else { name };
        let (list, of) = self.node(list);
        let Ty::List(of) = of else { return unknown() };
        match (name, of) {
            ("size" | "length", _) => (emit::call("size", vec![list]), Ty::One(Type::Int)),
            ("mean", Some(Type::Int)) => {
                let list = emit::call("declist", vec![list]);
                (emit::placed("dmean", vec![list], at), Ty::One(Type::Dec))
            }
            (_, Some(of)) if of.is_number() => {
                let prefix = if of == Type::Int { "i" } else { "d" };
                (emit::placed(&format!("{prefix}{name}"), vec![list], at), Ty::One(of))
            }
            _ => self.usage(at, name),
        }
    }

    fn by_signature(&mut self, at: usize, name: &str, args: Vec<Node>) -> Typed {
        let candidates: Vec<&Signature> =
            SIGNATURES.iter().filter(|signature| signature.name == name).collect();
        let Some(first) = candidates.first() else { return self.no_function(at, name) };
        let args: Vec<(usize, Typed)> =
            args.into_iter().map(|arg| (arg.at, self.node(arg))).collect();
        if args.iter().any(|(_, (_, of))| *of == Ty::Unknown) {
            return unknown();
        }
        let fits = |signature: &&&Signature| {
            signature.parameters.len() == args.len()
                && signature.parameters.iter().zip(&args).all(
                    |(parameter, (_, (_, of)))| matches!(of, Ty::One(of) if parameter.accepts(*of)),
                )
        };
        let Some(signature) = candidates.iter().find(fits) else {
            return self.wrong_arguments(at, first, &args);
        };
        let parts = signature.parameters.iter().zip(args).map(|(parameter, (_, arg))| {
            if *parameter == Parameter::Of(Type::Dec) { self.promoted(arg) } else { arg.0 }
        });
        let parts = parts.collect();
        let tree = if signature.placed {
            emit::placed(signature.calls, parts, at)
        } else {
            emit::call(signature.calls, parts)
        };
        (tree, Ty::One(signature.result))
    }

    fn wrong_arguments(
        &mut self,
        at: usize,
        signature: &Signature,
        args: &[(usize, Typed)],
    ) -> Typed {
        let name = signature.name;
        let (wanted, given) = (signature.parameters.len(), args.len());
        if wanted != given {
            return self.wrong(
                at,
                format!("{name} takes {wanted} arguments, not {given}"),
                format!("{name} 需要 {wanted} 个参数，而不是 {given} 个"),
            );
        }
        let wrong =
            signature.parameters.iter().zip(args).find(
                |(parameter, (_, (_, of)))| !matches!(of, Ty::One(of) if parameter.accepts(*of)),
            );
        match wrong {
            Some((parameter, (place, (_, of)))) => self.wrong(
                *place,
                format!("{name} needs {} here, not {}", parameter.en(), of.en()),
                format!("{name} 此处需要{}，而不是{}", parameter.zh(), of.zh()),
            ),
            None => self.usage(at, name),
        }
    }

    /// Says how a function is used.
    fn usage(&mut self, at: usize, name: &str) -> Typed {
        let usage = SPECIAL.iter().find(|(known, _)| *known == name).map_or(name, |(_, u)| u);
        self.wrong(at, format!("write {usage}"), format!("请写作 {usage}"))
    }

    fn no_function(&mut self, at: usize, name: &str) -> Typed {
        if SPECIAL.iter().any(|(known, _)| *known == name) {
            return self.usage(at, name);
        }
        let instead = match name {
            "timestamp" | "duration" => Some("date(\"2014-01-02\")"),
            "int" | "double" | "uint" => Some("number(x)"),
            "string" | "format" => Some("text(x)"),
            "has" => Some("answered(X)"),
            _ => None,
        };
        if let Some(instead) = instead {
            return self.wrong(
                at,
                format!("{name} cannot be used in a rule; write {instead}"),
                format!("规则中不能使用 {name}；请写作 {instead}"),
            );
        }
        let names = SIGNATURES.iter().map(|signature| signature.name);
        let (en, zh) = suggestion(name, names.chain(SPECIAL.iter().map(|(name, _)| *name)));
        self.wrong(at, format!("there is no function {name}{en}"), format!("没有函数 {name}{zh}"))
    }
}
