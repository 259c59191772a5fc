//! Values: what an expression computes, and what must be answered for it to have a value.

use std::collections::BTreeSet;

use rules::{Kind, Node};

use super::{Answers, Asked, Cond, Of, Speaker, Unsaid};

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub text: String,
    pub of: Of,
    /// Questions without which it is no number, so that an order with it is false.
    pub needs: BTreeSet<String>,
    /// What else must hold for it to have a value.
    pub hard: Cond,
    pub is_constant: bool,
    /// Whether it is an operation, which wants brackets within another.
    is_operation: bool,
}

impl Value {
    fn new(text: String, of: Of) -> Self {
        let (needs, hard) = (BTreeSet::new(), Cond::Yes);
        Self { text, of, needs, hard, is_constant: false, is_operation: false }
    }

    fn constant(text: String, of: Of) -> Self {
        Self { is_constant: true, ..Self::new(text, of) }
    }

    /// A value made of others, which has one when they have.
    fn made(text: String, of: Of, from: &[Self]) -> Self {
        let needs = from.iter().flat_map(|one| one.needs.iter().cloned()).collect();
        let hard = Cond::all(from.iter().map(|one| one.hard.clone()));
        Self { needs, hard, ..Self::new(text, of) }
    }

    /// Asks for the answers that it needs, where a blank would not be seen.
    pub fn strict(mut self, known: &Answers) -> Self {
        let needs = std::mem::take(&mut self.needs);
        let open = needs.into_iter().filter(|need| !known.contains_key(need));
        let asks = open.map(|need| Cond::answered(need, true));
        self.hard = Cond::all([self.hard].into_iter().chain(asks));
        self
    }

    fn operand(&self) -> String {
        if self.is_operation { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// A text as a constant of XPath, which has no sign for a quote within one.
pub(in super::super) fn quoted(text: &str) -> Result<String, Unsaid> {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => Ok(format!("'{text}'")),
        (true, false) => Ok(format!("\"{text}\"")),
        (true, true) => Err(Unsaid("a text has both kinds of quotes".to_owned())),
    }
}

impl Speaker<'_> {
    pub(super) fn value_of(&self, node: &Node, known: &Answers) -> Result<Value, Unsaid> {
        if let Some((sign, operands)) = node.operation() {
            return self.operation(sign, operands, known);
        }
        match &node.kind {
            Kind::Int(number) => Ok(Value::constant(number.to_string(), Of::Number)),
            Kind::Dec(number) => Ok(Value::constant(number.to_string(), Of::Number)),
            Kind::Text(text) => Ok(Value::constant(quoted(text)?, Of::Text)),
            Kind::Null => Ok(Value { hard: Cond::No, ..Value::new("''".to_owned(), Of::Text) }),
            Kind::Name(name) => self.item(name, known),
            Kind::Call(name, arguments) => self.function(name, arguments, known),
            Kind::Bool(_) => Err(Unsaid("a truth is used as a value".to_owned())),
            Kind::List(_) => Err(Unsaid("a list is used as a value".to_owned())),
            Kind::Each(_) | Kind::Operator(..) => Err(Unsaid("it walks over a list".to_owned())),
        }
    }

    fn item(&self, name: &str, known: &Answers) -> Result<Value, Unsaid> {
        let named = self.named(name)?;
        let reference = self.reference(name, named);
        let hard = Cond::constant(known.get(&reference) != Some(&false));
        let needs = [reference.clone()].into();
        Ok(Value { needs, hard, ..Value::new(reference, named.of) })
    }

    fn operation(&self, sign: &str, operands: &[Node], known: &Answers) -> Result<Value, Unsaid> {
        if let ("?:", [asks, yes, no]) = (sign, operands) {
            return self.choice(asks, (yes, no), known);
        }
        let each = operands.iter().map(|one| self.value_of(one, known));
        let each = each.collect::<Result<Vec<_>, _>>()?;
        if sign == "+" && each.iter().any(|one| one.of == Of::Text) {
            let each: Vec<Value> = each.into_iter().map(|one| one.strict(known)).collect();
            let texts: Vec<&str> = each.iter().map(|one| one.text.as_str()).collect();
            return Ok(Value::made(format!("concat({})", texts.join(", ")), Of::Text, &each));
        }
        if each.iter().any(|one| one.of != Of::Number) {
            return Err(Unsaid(format!("'{sign}' of what is no number")));
        }
        let word = match sign {
            "+" | "-" | "*" => sign,
            "/" => "div",
            "%" => "mod",
            _ => return Err(Unsaid("a truth is used as a value".to_owned())),
        };
        let text = match each.as_slice() {
            [one] => format!("-{}", one.operand()),
            [left, right] => format!("{} {word} {}", left.operand(), right.operand()),
            _ => return Err(Unsaid(format!("'{sign}' of {} values", each.len()))),
        };
        let mut value = Value { is_operation: true, ..Value::made(text, Of::Number, &each) };
        if let ("div" | "mod", [_, by]) = (word, each.as_slice())
            && !by.is_constant
        {
            let text = format!("{} != 0", by.text);
            let is_no_zero = Cond::Test { text, needs: BTreeSet::new() };
            value.hard = Cond::all([value.hard, is_no_zero]);
        }
        Ok(value)
    }

    fn choice(
        &self,
        asks: &Node,
        (yes, no): (&Node, &Node),
        known: &Answers,
    ) -> Result<Value, Unsaid> {
        let (with, without) = self.branches(asks, known)?;
        let then = self.truth_of(asks, Asked::True, known)?;
        let other = self.truth_of(asks, Asked::False, known)?;
        let yes = self.value_of(yes, &with)?.strict(&with);
        let no = self.value_of(no, &without)?.strict(&without);
        let hard = Cond::any([
            Cond::all([then.clone(), yes.hard.clone()]),
            Cond::all([other, no.hard.clone()]),
        ]);
        let (of, text) = match (&yes.hard, &no.hard) {
            (_, Cond::No) => (yes.of, yes.text),
            (Cond::No, _) => (no.of, no.text),
            _ => (yes.of, format!("if({}, {}, {})", then.spelled(), yes.text, no.text)),
        };
        Ok(Value { hard, ..Value::new(text, of) })
    }

    fn function(&self, name: &str, arguments: &[Node], known: &Answers) -> Result<Value, Unsaid> {
        use Of::{Number, Text};
        if let [Node { kind: Kind::Text(text), .. }] = arguments
            && let Some(constant) = moment(name, text)
        {
            return constant;
        }
        let of = |at: usize| self.value_of(&arguments[at], known);
        match (name, arguments) {
            ("coalesce", [_, ..]) => self.first(arguments, known),
            ("number" | "dec", [Node { kind: Kind::Text(text), .. }])
                if kernel::canonical(kernel::DataType::Decimal, text).is_ok() =>
            {
                Ok(Value::constant(text.clone(), Number))
            }
            ("number" | "dec", [_]) => {
                let value = of(0)?;
                Ok(Value::made(format!("number({})", value.text), Number, &[value]))
            }
            ("text", [_]) => Ok(Value { of: Text, ..of(0)? }),
            ("abs" | "sqrt", [_]) => {
                let value = of(0)?;
                Ok(Value::made(format!("{name}({})", value.text), Number, &[value]))
            }
            ("round_half_up", [_, Node { kind: Kind::Int(decimals), .. }]) => {
                let value = of(0)?;
                Ok(Value::made(format!("round({}, {decimals})", value.text), Number, &[value]))
            }
            ("length" | "size", [Node { kind: Kind::Name(_) | Kind::Call(..), .. }]) => {
                let value = of(0)?.strict(known);
                Ok(Value::made(format!("string-length({})", value.text), Number, &[value]))
            }
            ("days_between", [_, _]) => days_between(of(0)?, of(1)?, known),
            ("sum" | "total" | "min" | "max", [Node { kind: Kind::List(list), .. }]) => {
                let each = list.iter().map(|one| Ok(self.value_of(one, known)?.strict(known)));
                let each = each.collect::<Result<Vec<_>, Unsaid>>()?;
                let texts: Vec<String> = each.iter().map(Value::operand).collect();
                Ok(if matches!(name, "min" | "max") {
                    Value::made(format!("{name}({})", texts.join(", ")), Number, &each)
                } else {
                    let text = texts.join(" + ");
                    Value { is_operation: true, ..Value::made(text, Number, &each) }
                })
            }
            _ => Err(Unsaid(format!("{name} has no counterpart"))),
        }
    }

    /// The first of several that has a value.
    fn first(&self, arguments: &[Node], known: &Answers) -> Result<Value, Unsaid> {
        let [first, rest @ ..] = arguments else {
            return Err(Unsaid("coalesce of nothing".to_owned()));
        };
        let first = self.value_of(first, known)?.strict(known);
        if rest.is_empty() || first.hard == Cond::Yes {
            return Ok(first);
        }
        let rest = self.first(rest, known)?;
        let text = format!("if({}, {}, {})", first.hard.spelled(), first.text, rest.text);
        let hard = Cond::any([first.hard, rest.hard]);
        Ok(Value { hard, ..Value::new(text, first.of) })
    }
}

/// A constant date; `None` for another function.
fn moment(name: &str, text: &str) -> Option<Result<Value, Unsaid>> {
    let (word, of, length) = match name {
        "date" => ("date", Of::Date, "2026-01-31".len()),
        "datetime" => ("date-time", Of::DateTime, "2026-01-31T23:59".len()),
        "time" => return Some(Err(Unsaid("times have no order".to_owned()))),
        _ => return None,
    };
    if text.len() < length {
        return Some(Err(Unsaid(format!("{text} is a partial date, which has no order"))));
    }
    Some(quoted(text).map(|text| Value::constant(format!("{word}({text})"), of)))
}

/// Whole days; the clock may change in between.
fn days_between(from: Value, to: Value, known: &Answers) -> Result<Value, Unsaid> {
    if from.of != Of::Date || to.of != Of::Date {
        return Err(Unsaid("days are counted between full dates only".to_owned()));
    }
    let (from, to) = (from.strict(known), to.strict(known));
    let text =
        format!("round(decimal-date-time({}) - decimal-date-time({}), 0)", to.text, from.text);
    Ok(Value::made(text, Of::Number, &[from, to]))
}
