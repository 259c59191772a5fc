//! The functions of REDCap logic.

use super::{
    FieldType, Untranslated,
    emit::{Cel, Emitter, needs_of},
    parse::{Kind, Node},
};

/// How many values a minimum or maximum can have: its expression grows with the square.
const MOST_EXTREMES: usize = 8;

impl Emitter<'_> {
    /// A function that is true or false; `None` when it gives another value.
    pub(super) fn truth_function(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Option<String>, Untranslated> {
        if let ("if", [condition, yes, no]) = (name, arguments) {
            let condition = self.truth(condition)?;
            let text = format!("({condition} ? {} : {})", self.truth(yes)?, self.truth(no)?);
            return Ok(Some(text));
        }
        let asks = match name {
            "isblankormissingcode" => "missing({})",
            "hasvalue" => "answered({})",
            "ismissingcode" => "missing_reason({}) != \"\"",
            "isblanknotmissingcode" => "(missing({}) && missing_reason({}) == \"\")",
            _ => return self.truth_of_text(at, name, arguments),
        };
        let [argument] = arguments else { return Err(count(at, name, "one value")) };
        let cel = self.value(argument)?;
        if !cel.is_readable {
            return Err(Untranslated::new(at, format!("{name} is asked of a field only")));
        }
        Ok(Some(asks.replace("{}", &cel.text)))
    }

    /// A function that gives a value.
    pub(super) fn function(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Cel, Untranslated> {
        use FieldType::Number;
        match (name, arguments) {
            ("if", [condition, yes, no]) => self.choice(at, condition, yes, no),
            ("number", [value]) => self.number(value),
            ("string", [value]) => self.text(value),
            ("round", [value]) => self.rounded(value, "0"),
            ("round", [value, decimals]) => {
                let decimals = self.number(decimals)?;
                match decimals.constant.as_deref() {
                    Some(decimals) if decimals.parse::<u8>().is_ok_and(|d| d <= 20) => {
                        self.rounded(value, decimals)
                    }
                    _ => Err(Untranslated::new(at, "round needs 0 to 20 decimals, as a number")),
                }
            }
            ("roundup" | "rounddown", _) => self.floor_or_ceiling(at, name, arguments),
            ("sqrt" | "abs", [value]) => {
                let value = self.number(value)?;
                Ok(Cel::made(format!("{name}({})", value.text), Number, value.needs))
            }
            ("sum" | "mean" | "min" | "max", [_, ..]) => self.over(at, name, arguments),
            ("mod", [left, right]) => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                let needs = needs_of([&left, &right]);
                let (left, right) = (&left.text, &right.text);
                let times = format!(
                    "({left} / {right} >= 0 ? floor({left} / {right}) : ceiling({left} / {right}))"
                );
                let text = format!("({left} - {right} * {times})");
                Ok(Cel::made(text, Number, needs))
            }
            _ => match self.of_dates(at, name, arguments)? {
                Some(cel) => Ok(cel),
                None => self.of_texts(at, name, arguments),
            },
        }
    }

    fn choice(
        &self,
        at: usize,
        condition: &Node,
        yes: &Node,
        no: &Node,
    ) -> Result<Cel, Untranslated> {
        let condition = self.truth(condition)?;
        let (yes, no) = (self.branch(yes)?, self.branch(no)?);
        let of = match (&yes, &no) {
            (None, None) => return Err(Untranslated::new(at, "it never has a value")),
            (Some(one), None) | (None, Some(one)) => natural(one),
            (Some(yes), Some(no)) if natural(yes) == natural(no) => natural(yes),
            (Some(yes), Some(no)) if is_number(yes) || is_number(no) => FieldType::Number,
            _ => FieldType::Text,
        };
        let spelled = |branch: Option<Cel>| match branch {
            None => Ok("null".to_owned()),
            Some(cel) => Self::converted(at, cel, of).map(|cel| cel.text),
        };
        let text = format!("({condition} ? {} : {})", spelled(yes)?, spelled(no)?);
        Ok(Cel::made(text, of, Vec::new()))
    }

    /// A branch of `if`; `None` for the empty text.
    fn branch(&self, node: &Node) -> Result<Option<Cel>, Untranslated> {
        if matches!(&node.kind, Kind::Text(text) if text.is_empty()) {
            return Ok(None);
        }
        self.value(node).map(Some)
    }

    fn rounded(&self, value: &Node, decimals: &str) -> Result<Cel, Untranslated> {
        let value = self.number(value)?;
        let text = format!("round_half_up({}, {decimals})", value.text);
        Ok(Cel::made(text, FieldType::Number, value.needs))
    }

    fn floor_or_ceiling(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Cel, Untranslated> {
        let value = match arguments {
            [value] => self.number(value)?,
            [value, decimals] => {
                let decimals = self.number(decimals)?;
                if decimals.constant.as_deref() != Some("0") {
                    let why = format!("{name} to decimals has no counterpart");
                    return Err(Untranslated::new(at, why));
                }
                self.number(value)?
            }
            _ => return Err(count(at, name, "a value and decimals")),
        };
        let calls = if name == "roundup" { "ceiling" } else { "floor" };
        Ok(Cel::made(format!("{calls}({})", value.text), FieldType::Number, value.needs))
    }

    /// Over the values that are not blank; nothing when all are.
    fn over(&self, at: usize, name: &str, arguments: &[Node]) -> Result<Cel, Untranslated> {
        let values = arguments.iter().map(|one| self.number(one)).collect::<Result<Vec<_>, _>>()?;
        let has: Vec<String> = values.iter().map(has_value).collect();
        let all = values.iter().all(|value| value.needs.is_empty());
        let or_zero = |value: &Cel, has: &String| {
            if value.needs.is_empty() {
                value.text.clone()
            } else {
                format!("({has} ? {} : 0)", value.text)
            }
        };
        let zeros: Vec<String> = values.iter().zip(&has).map(|(v, h)| or_zero(v, h)).collect();
        let sum = format!("({})", zeros.join(" + "));
        let text = match name {
            "sum" => sum,
            "mean" if all => format!("({sum} / {})", values.len()),
            "mean" => {
                let ones: Vec<String> = has.iter().map(|has| format!("({has} ? 1 : 0)")).collect();
                format!("({sum} / ({}))", ones.join(" + "))
            }
            _ if all => {
                let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
                format!("{name}([{}])", texts.join(", "))
            }
            _ if values.len() > MOST_EXTREMES => {
                let why = format!("{name} of more than {MOST_EXTREMES} values that can be blank");
                return Err(Untranslated::new(at, why));
            }
            _ => extreme(name, &values, &has),
        };
        if all {
            return Ok(Cel::made(text, FieldType::Number, Vec::new()));
        }
        let text = format!("({} ? {text} : null)", has.join(" || "));
        Ok(Cel::made(text, FieldType::Number, Vec::new()))
    }
}

/// Whether a value is there.
fn has_value(value: &Cel) -> String {
    if value.needs.is_empty() {
        return "true".to_owned();
    }
    let each: Vec<String> = value.needs.iter().map(|need| format!("answered({need})")).collect();
    format!("({})", each.join(" && "))
}

/// The least or greatest of a list in which each blank is replaced by the next that is not.
fn extreme(name: &str, values: &[Cel], has: &[String]) -> String {
    let at = |first: usize| {
        let mut order: Vec<usize> = (0..values.len()).map(|n| (first + n) % values.len()).collect();
        let last = order.pop().unwrap_or_default();
        let end = values[last].text.clone();
        order
            .into_iter()
            .rev()
            .fold(end, |rest, n| format!("({} ? {} : {rest})", has[n], values[n].text))
    };
    let list: Vec<String> = (0..values.len()).map(at).collect();
    format!("{name}([{}])", list.join(", "))
}

/// The type of a branch: a text that is a number is one.
fn natural(cel: &Cel) -> FieldType {
    match (&cel.constant, cel.of) {
        (Some(text), FieldType::Text) if super::token::plain_number(text).is_some() => {
            FieldType::Number
        }
        _ => cel.of,
    }
}

fn is_number(cel: &Cel) -> bool {
    natural(cel) == FieldType::Number
}

pub(super) fn count(at: usize, name: &str, wanted: &str) -> Untranslated {
    Untranslated::new(at, format!("{name} takes {wanted}"))
}
