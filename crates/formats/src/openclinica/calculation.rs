//! Calculations: `func: (WEIGHT / pow(HEIGHT, 2))` as an expression of ours. Both give nothing when an item
//! that they need is blank.

use std::collections::BTreeMap;

/// The highest power that is written as a product.
const MOST_POWER: usize = 6;
const MOST_DEPTH: usize = 40;

/// The name in expressions of each item to which a calculation can refer.
pub(super) type Names = BTreeMap<String, String>;

/// A calculation from items of the form. Says what has no counterpart.
pub(super) fn calculation(text: &str, names: &Names) -> Result<String, String> {
    let mut reader = Reader { rest: body(text)?, names, depth: 0 };
    let expression = reader.sum()?;
    if reader.rest.trim().is_empty() {
        Ok(expression)
    } else {
        Err(format!("'{}' is not understood", reader.rest.trim()))
    }
}

/// A calculation over the rows of a repeating group: one function of one item.
pub(super) fn of_rows(text: &str, names: &Names) -> Result<String, String> {
    let plain = body(text)?.replace(['(', ')'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let [function, item] = words.as_slice() else {
        return Err("it is no function of one item".to_owned());
    };
    let name = names.get(*item).ok_or_else(|| format!("there is no item {item}"))?;
    match function.to_lowercase().as_str() {
        "avg" => Ok(format!("mean(\"{name}\")")),
        known @ ("sum" | "min" | "max") => Ok(format!("{known}(\"{name}\")")),
        other => Err(format!("{other} has no counterpart")),
    }
}

fn body(text: &str) -> Result<&str, String> {
    let (kind, rest) = text.split_once(':').ok_or("it does not begin with 'func:'")?;
    if kind.trim().eq_ignore_ascii_case("func") {
        Ok(rest)
    } else {
        Err("it does not begin with 'func:'".to_owned())
    }
}

struct Reader<'t> {
    rest: &'t str,
    names: &'t Names,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn sum(&mut self) -> Result<String, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("it is nested too deep".to_owned());
        }
        let mut left = self.product()?;
        while let Some(sign) = self.takes_one_of("+-") {
            left = format!("({left} {sign} {})", self.product()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Result<String, String> {
        let mut left = self.value()?;
        while let Some(sign) = self.takes_one_of("*/") {
            left = format!("({left} {sign} {})", self.value()?);
        }
        Ok(left)
    }

    fn value(&mut self) -> Result<String, String> {
        if self.takes_one_of("(").is_some() {
            let inner = self.sum()?;
            return self.closes(inner);
        }
        if self.takes_one_of("-").is_some() {
            return Ok(format!("(-{})", self.value()?));
        }
        if let Some(quote) = self.takes_one_of("'\"") {
            let (text, rest) = self.rest.split_once(quote).ok_or("a quote is not closed")?;
            self.rest = rest;
            return Ok(crate::redcap::quoted(text));
        }
        let word = self.word();
        if word.is_empty() {
            return Err(format!("a value is expected before '{}'", self.rest.trim()));
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let digits =
                word.bytes().filter(|byte| *byte != b'.').all(|byte| byte.is_ascii_digit());
            return if digits { Ok(word.to_owned()) } else { Err(format!("{word} is no number")) };
        }
        if self.takes_one_of("(").is_some() {
            return self.function(&word.to_lowercase());
        }
        let name = self.names.get(word);
        name.cloned().ok_or_else(|| format!("{word} is no item of one value here"))
    }

    fn function(&mut self, name: &str) -> Result<String, String> {
        let mut arguments = vec![self.sum()?];
        while self.takes_one_of(",").is_some() {
            arguments.push(self.sum()?);
        }
        let call = match (name, arguments.as_slice()) {
            ("sum" | "min" | "max", all) => format!("{name}([{}])", all.join(", ")),
            ("avg", all) => format!("mean([{}])", all.join(", ")),
            ("pow", [base, power]) => {
                let power =
                    power.parse::<usize>().ok().filter(|power| (1..=MOST_POWER).contains(power));
                let power = power.ok_or(format!("only whole powers up to {MOST_POWER}"))?;
                format!("({})", vec![base.as_str(); power].join(" * "))
            }
            ("decode", [value, pairs @ ..]) => decoded(value, pairs)?,
            _ => return Err(format!("{name} has no counterpart")),
        };
        self.closes(call)
    }

    fn closes(&mut self, inner: String) -> Result<String, String> {
        match self.takes_one_of(")") {
            Some(_) => Ok(inner),
            None => Err("a bracket is not closed".to_owned()),
        }
    }

    fn takes_one_of(&mut self, signs: &str) -> Option<char> {
        self.rest = self.rest.trim_start();
        let sign = self.rest.chars().next().filter(|char| signs.contains(*char))?;
        self.rest = &self.rest[sign.len_utf8()..];
        Some(sign)
    }

    fn word(&mut self) -> &'t str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }
}

/// `decode(value, search, result, …, default)`.
fn decoded(value: &str, pairs: &[String]) -> Result<String, String> {
    let (pairs, default) = match pairs.len() {
        0 | 1 => return Err("decode wants a value and a result".to_owned()),
        length if length % 2 == 0 => (pairs, "null"),
        length => (&pairs[..length - 1], pairs[length - 1].as_str()),
    };
    let chain = pairs.chunks_exact(2).rev().fold(default.to_owned(), |rest, pair| {
        format!("({value} == {} ? {} : {rest})", pair[0], pair[1])
    });
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        ["A", "B", "H"].into_iter().map(|name| (name.to_owned(), name.to_lowercase())).collect()
    }

    #[test]
    fn arithmetic_keeps_its_order() {
        for (text, expected) in [
            ("func: (A + B * 2)", "(a + (b * 2))"),
            ("func: A / pow(H, 2)", "(a / (h * h))"),
            ("func:(avg(A, B) - 1.5)", "(mean([a, b]) - 1.5)"),
            ("FUNC: -A", "(-a)"),
            ("func: decode(A, 1, 10, 2, 20, 0)", "(a == 1 ? 10 : (a == 2 ? 20 : 0))"),
            ("func: decode(A, \"x\", 1)", "(a == \"x\" ? 1 : null)"),
        ] {
            assert_eq!(calculation(text, &names()).as_deref(), Ok(expected), "{text}");
        }
        for (text, why) in [
            ("A + B", "func:"),
            ("func: A + C", "C is no item"),
            ("func: stdev(A, B)", "stdev has no counterpart"),
            ("func: pow(A, 0.5)", "whole powers"),
            ("func: (A + B", "bracket"),
            ("func: A B", "not understood"),
        ] {
            let said = calculation(text, &names()).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn rows_are_counted_together() {
        assert_eq!(of_rows("func: (sum (A))", &names()).as_deref(), Ok("sum(\"a\")"));
        assert_eq!(of_rows("func: avg(B)", &names()).as_deref(), Ok("mean(\"b\")"));
        assert!(of_rows("func: median(B)", &names()).unwrap_err().contains("median"));
        assert!(of_rows("func: sum(A) + 1", &names()).is_err());
    }
}
