//! Texts in REDCap logic.

use super::{
    FieldType, Untranslated,
    emit::{Cel, Emitter, needs_of, quoted},
    functions::count,
    parse::{Kind, Node},
};

impl Emitter<'_> {
    /// A function of texts that is true or false. REDCap compares without regard to case; the functions
    /// of XLSForm, which are called exact here, do not.
    pub(super) fn truth_of_text(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Option<String>, Untranslated> {
        let (calls, wants) = match name {
            "contains" | "exact_contains" => ("contains", true),
            "not_contain" => ("contains", false),
            "starts_with" | "exact_starts_with" => ("starts_with", true),
            "ends_with" | "exact_ends_with" => ("ends_with", true),
            "regex" => return self.regex(at, arguments).map(Some),
            "isnumber" | "isinteger" => {
                let [value] = arguments else { return Err(count(at, name, "one value")) };
                return self.looks_like(name, value).map(Some);
            }
            _ => return Ok(None),
        };
        let [whole, part] = arguments else { return Err(count(at, name, "two texts")) };
        let (whole, part) = (self.text(whole)?, self.text(part)?);
        let needs = needs_of([&whole, &part]);
        let plain = if name.starts_with("exact_") {
            format!("{calls}({}, {})", whole.text, part.text)
        } else {
            format!("{calls}(lower({}), lower({}))", whole.text, part.text)
        };
        let plain = if wants { plain } else { format!("!{plain}") };
        if needs.is_empty() {
            return Ok(Some(plain));
        }
        let word = if wants { "answered" } else { "missing" };
        let asked: Vec<String> = needs.iter().map(|need| format!("{word}({need})")).collect();
        let sign = if wants { " && " } else { " || " };
        Ok(Some(format!("({}{sign}{plain})", asked.join(sign))))
    }

    /// `regex(text, 'pattern')` of XLSForm: the whole text.
    fn regex(&self, at: usize, arguments: &[Node]) -> Result<String, Untranslated> {
        let [value, Node { kind: Kind::Text(pattern), .. }] = arguments else {
            return Err(count(at, "regex", "a value and a pattern"));
        };
        let value = self.text(value)?;
        let asked: Vec<String> =
            value.needs.iter().map(|need| format!("answered({need}) && ")).collect();
        let whole = quoted(&format!("^(?:{pattern})$"));
        Ok(format!("({}matches({}, {whole}))", asked.concat(), value.text))
    }

    fn looks_like(&self, name: &str, value: &Node) -> Result<String, Untranslated> {
        let value = self.value(value)?;
        let asked: Vec<String> =
            value.needs.iter().map(|need| format!("answered({need}) && ")).collect();
        let asked = asked.concat();
        if value.of == FieldType::Number && name == "isnumber" {
            return Ok(format!("({asked}true)"));
        }
        let text =
            if value.of == FieldType::Text { value.text } else { format!("text({})", value.text) };
        let pattern = match name {
            "isinteger" => "^[-+]?[0-9]+$",
            _ => "^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)$",
        };
        Ok(format!("({asked}matches({text}, {}))", quoted(pattern)))
    }

    pub(super) fn of_texts(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Cel, Untranslated> {
        use FieldType::{Number, Text};
        match (name, arguments) {
            ("trim" | "upper" | "lower", [value]) => {
                let value = self.text(value)?;
                Ok(Cel::made(format!("{name}({})", value.text), Text, value.needs))
            }
            ("length", [value]) => {
                let value = self.text(value)?;
                Ok(Cel::made(format!("length({})", value.text), Number, value.needs))
            }
            ("left", [value, length]) => {
                let (value, length) = (self.text(value)?, whole(at, length)?);
                Ok(Cel::made(cut(&value, 0, length), Text, value.needs))
            }
            ("mid", [value, start, length]) => {
                let (start, length) = (whole(at, start)?, whole(at, length)?);
                let value = self.text(value)?;
                let from = start.saturating_sub(1);
                Ok(Cel::made(cut(&value, from, from + length), Text, value.needs))
            }
            ("right", [value, length]) => {
                let (value, length) = (self.text(value)?, whole(at, length)?);
                let text = format!(
                    "(length({0}) > {length} ? substring({0}, length({0}) - {length}, \
                     length({0})) : {0})",
                    value.text
                );
                Ok(Cel::made(text, Text, value.needs))
            }
            ("concat", [_, ..]) => self.joined(arguments, None),
            ("concat_ws", [by, rest @ ..]) if !rest.is_empty() => {
                let Kind::Text(by) = &by.kind else {
                    return Err(Untranslated::new(at, "the separator must be a text"));
                };
                self.joined(rest, Some(by))
            }
            _ if self.truth_function(at, name, arguments).is_ok_and(|found| found.is_some()) => {
                let truth = self.truth_function(at, name, arguments)?.unwrap_or_default();
                Ok(Cel::made(format!("({truth} ? 1 : 0)"), Number, Vec::new()))
            }
            _ => Err(Untranslated::new(at, format!("the function {name} has no counterpart"))),
        }
    }

    /// One text of several; a blank adds nothing.
    fn joined(&self, parts: &[Node], by: Option<&str>) -> Result<Cel, Untranslated> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let cel = self.text(part)?;
            if cel.needs.is_empty() {
                texts.push(cel.text);
            } else {
                let asked: Vec<String> =
                    cel.needs.iter().map(|need| format!("answered({need})")).collect();
                texts.push(format!("({} ? {} : \"\")", asked.join(" && "), cel.text));
            }
        }
        let sign = by.map_or_else(|| " + ".to_owned(), |by| format!(" + {} + ", quoted(by)));
        Ok(Cel::made(format!("({})", texts.join(&sign)), FieldType::Text, Vec::new()))
    }
}

/// A part of a text, as far as the text reaches.
fn cut(value: &Cel, from: usize, to: usize) -> String {
    format!(
        "(length({0}) > {to} ? substring({0}, {from}, {to}) : length({0}) > {from} ? \
         substring({0}, {from}, length({0})) : \"\")",
        value.text
    )
}

fn whole(at: usize, node: &Node) -> Result<usize, Untranslated> {
    match &node.kind {
        Kind::Number(number) => number.parse().map_err(|_| ()),
        _ => Err(()),
    }
    .map_err(|()| Untranslated::new(at, "a length must be a whole number"))
}
