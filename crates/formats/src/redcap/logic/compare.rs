//! Comparisons, which in REDCap take a blank for the empty text.

use super::{
    FieldType, Untranslated,
    emit::{Cel, Emitter},
    parse::{Node, Sign},
    token::plain_number,
};

impl Emitter<'_> {
    pub(super) fn comparison(
        &self,
        at: usize,
        sign: Sign,
        left: &Node,
        right: &Node,
    ) -> Result<String, Untranslated> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        if left.is_blank() || right.is_blank() {
            let other = if left.is_blank() { &right } else { &left };
            return blank(at, sign, other);
        }
        if left.of == FieldType::Truth || right.of == FieldType::Truth {
            return Self::ticked(at, sign, left, right);
        }
        let wanted = common(at, sign, &left, &right)?;
        let left = Self::converted(at, left, wanted)?;
        let right = Self::converted(at, right, wanted)?;
        let plain = format!("{} {} {}", left.text, sign.spelled(), right.text);
        Ok(guarded(sign, &left, &right, &plain))
    }

    /// A choice of a checkbox field is 1 or 0, never blank.
    fn ticked(at: usize, sign: Sign, left: Cel, right: Cel) -> Result<String, Untranslated> {
        let (choice, constant) =
            if left.of == FieldType::Truth { (&left, &right) } else { (&right, &left) };
        let wants = match (sign, constant.constant.as_deref()) {
            (Sign::Equal, Some("1")) | (Sign::NotEqual, Some("0")) => true,
            (Sign::Equal, Some("0")) | (Sign::NotEqual, Some("1")) => false,
            _ => {
                let left = Self::converted(at, left, FieldType::Number)?;
                let right = Self::converted(at, right, FieldType::Number)?;
                let plain = format!("{} {} {}", left.text, sign.spelled(), right.text);
                return Ok(guarded(sign, &left, &right, &plain));
            }
        };
        let ticked = format!("coalesce({}, false)", choice.text);
        Ok(if wants { ticked } else { format!("!{ticked}") })
    }
}

/// A comparison with the empty text asks whether something is blank.
fn blank(at: usize, sign: Sign, other: &Cel) -> Result<String, Untranslated> {
    let wants_blank = match sign {
        Sign::Equal => true,
        Sign::NotEqual => false,
        _ => return Err(Untranslated::new(at, "an order with the empty text")),
    };
    if let Some(constant) = &other.constant {
        return Ok((constant.is_empty() == wants_blank).to_string());
    }
    // What is not ticked is 0, and 0 is not blank.
    if other.of == FieldType::Truth || other.needs.is_empty() {
        return Ok((!wants_blank).to_string());
    }
    let word = if wants_blank { "missing" } else { "answered" };
    let joined = if wants_blank { " || " } else { " && " };
    let asked: Vec<String> = other.needs.iter().map(|need| format!("{word}({need})")).collect();
    Ok(format!("({})", asked.join(joined)))
}

/// The type in which two values are compared: as numbers when one is a number.
fn common(at: usize, sign: Sign, left: &Cel, right: &Cel) -> Result<FieldType, Untranslated> {
    use FieldType as T;
    let is_order = !matches!(sign, Sign::Equal | Sign::NotEqual);
    let both = (left.of, right.of);
    let wanted = match both {
        (T::Text, T::Text) | (T::Number, T::Number) => left.of,
        // A code is compared as it is written: `[sex] = 0` asks for the code "0".
        (T::Text, T::Number) if right.constant.is_some() && !is_order => T::Text,
        (T::Number, T::Text) if left.constant.is_some() && !is_order => T::Text,
        (T::Text, T::Number) | (T::Number, T::Text) => T::Number,
        (T::Date, T::DateTime) | (T::DateTime, T::Date) => T::Date,
        (T::Text, other) | (other, T::Text) => other,
        (one, other) if one == other => one,
        _ => return Err(Untranslated::new(at, "values of different kinds are compared")),
    };
    if wanted == T::Text && is_order {
        let are_numbers =
            |cel: &Cel| cel.constant.as_deref().is_none_or(|c| plain_number(c).is_some());
        if are_numbers(left) && are_numbers(right) {
            return Ok(T::Number);
        }
        return Err(Untranslated::new(at, "texts have no order"));
    }
    Ok(wanted)
}

/// The comparison with what blanks make of it.
fn guarded(sign: Sign, left: &Cel, right: &Cel, plain: &str) -> String {
    let answered = |cel: &Cel| {
        cel.needs.iter().map(|need| format!("answered({need})")).collect::<Vec<_>>().join(" && ")
    };
    let missing = |cel: &Cel| {
        let each = cel.needs.iter().map(|need| format!("missing({need})")).collect::<Vec<_>>();
        format!("({})", each.join(" || "))
    };
    match (left.needs.is_empty(), right.needs.is_empty(), sign) {
        (true, true, _) => format!("({plain})"),
        (false, false, Sign::Equal) => format!(
            "({l} && {r} || {} && {} && {plain})",
            answered(left),
            answered(right),
            l = missing(left),
            r = missing(right),
        ),
        (false, false, Sign::NotEqual) => format!(
            "({l} && {ar} || {al} && {r} || {al} && {ar} && {plain})",
            l = missing(left),
            r = missing(right),
            al = answered(left),
            ar = answered(right),
        ),
        (_, _, Sign::NotEqual) => {
            let one = if left.needs.is_empty() { right } else { left };
            format!("({} || {plain})", missing(one))
        }
        _ => {
            let each = [left, right].into_iter().filter(|cel| !cel.needs.is_empty());
            let asked: Vec<String> = each.map(answered).collect();
            format!("({} && {plain})", asked.join(" && "))
        }
    }
}
