//! Expressions of XLSForm (a part of XPath) in the spelling of the one translator that there is for
//! questionnaires. In both a blank is the empty text.

use std::fmt::Write as _;

use std::collections::{BTreeMap, BTreeSet};

use super::items::item_name;
use crate::redcap::{
    FieldType, KnownField, LogicScope, Untranslated, translate_condition, translate_value,
};

/// Functions that are called otherwise there.
const FUNCTIONS: [(&str, &str); 14] = [
    ("string-length(", "length("),
    ("starts-with(", "exact_starts_with("),
    ("ends-with(", "exact_ends_with("),
    ("contains(", "exact_contains("),
    ("int(", "rounddown("),
    ("substr(", "substr("),
    ("number(", "number("),
    ("string(", "string("),
    ("boolean(", "boolean("),
    ("true()", "(1 = 1)"),
    ("false()", "(1 = 0)"),
    ("today()", "clock()"),
    ("now()", "clock()"),
    (" div ", " / "),
];

/// The code that stands for "true" where a question is true or false.
pub(super) const TRUE: &str = "true";

/// The questions to which an expression can refer, and the one that stands for `.`.
pub(super) struct Questions<'q> {
    pub known: &'q BTreeMap<String, KnownField>,
    /// Questions with several choices: the items of their choices by code.
    pub multiple: &'q BTreeMap<String, BTreeMap<String, String>>,
    /// Questions that are true or false, with `true` and `false` as their choices.
    pub truths: &'q BTreeSet<String>,
    pub this: &'q str,
}

impl Questions<'_> {
    pub fn condition(&self, text: &str) -> Result<String, Untranslated> {
        translate_condition(&self.spelled(text)?, &self.scope())
    }

    pub fn value(&self, text: &str, wanted: FieldType) -> Result<String, Untranslated> {
        translate_value(&self.spelled(text)?, &self.scope(), wanted)
    }

    fn scope(&self) -> LogicScope<'_> {
        LogicScope { form: "form", fields: self.known, events: &[], repeating: &[], record_id: "" }
    }

    /// Rewrites references, `.`, `selected` and function names. Texts in quotes stay as they are.
    fn spelled(&self, text: &str) -> Result<String, Untranslated> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            if let quote @ ('\'' | '"') = char {
                let end = rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            } else if let Some(behind) = rest.strip_prefix("selected(") {
                rest = self.selected(&mut out, behind, text.len() - rest.len())?;
            } else if let Some(behind) = rest.strip_prefix("count-selected(") {
                rest = self.count_selected(&mut out, behind, text.len() - rest.len())?;
            } else if let Some((dates, behind)) = days_between(rest) {
                let [to, from] = [self.spelled(dates[0])?, self.spelled(dates[1])?];
                let _ = write!(out, "datediff({from}, {to}, 'd', true)");
                rest = behind;
            } else if let Some((constant, behind)) = constant_date(rest) {
                out.push_str(constant);
                rest = behind;
            } else if let Some(inner) = rest.strip_prefix("${") {
                let end = inner.find('}').unwrap_or(inner.len());
                let name = item_name(inner[..end].trim());
                rest = self.question(&mut out, &name, inner.get(end + 1..).unwrap_or_default());
            } else if let Some((from, to)) = starting(rest, &out) {
                out.push_str(to);
                rest = &rest[from.len()..];
            } else if is_self(rest, &out) {
                rest = self.question(&mut out, self.this, &rest[1..]);
            } else {
                out.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
        Ok(out)
    }

    /// A question, and what is asked of one that is true or false; what stands behind.
    fn question<'t>(&self, out: &mut String, name: &str, behind: &'t str) -> &'t str {
        if self.truths.contains(name)
            && let Some((is, word, rest)) = compared_text(behind)
        {
            let field = format!("[{name}({TRUE})]");
            let asked = match word {
                TRUE => Some(format!("{field} = '1'")),
                "false" => Some(format!("hasvalue({field}) and {field} = '0'")),
                "" => Some(format!("isblankormissingcode({field})")),
                _ => None,
            };
            if let Some(asked) = asked {
                let _ = if is { write!(out, "({asked})") } else { write!(out, "(not({asked}))") };
                return rest;
            }
        }
        let _ = write!(out, "[{name}]");
        behind
    }

    /// `selected(${q}, 'code')`: the choice is ticked, or it is the one choice.
    fn selected<'t>(
        &self,
        out: &mut String,
        behind: &'t str,
        at: usize,
    ) -> Result<&'t str, Untranslated> {
        let wrong = || Untranslated {
            at: at + 1,
            why: "selected is asked of a question and a code in quotes".to_owned(),
        };
        let (inside, rest) = behind.split_once(')').ok_or_else(wrong)?;
        let (question, code) = inside.split_once(',').ok_or_else(wrong)?;
        let code = code.trim();
        let code = code.strip_prefix(['\'', '"']).and_then(|code| code.strip_suffix(['\'', '"']));
        let (question, code) = (self.named(question), code.ok_or_else(wrong)?);
        if self.multiple.contains_key(&question) {
            let _ = write!(out, "([{question}({code})] = '1')");
        } else {
            let _ = write!(out, "([{question}] = '{code}')");
        }
        Ok(rest)
    }

    fn count_selected<'t>(
        &self,
        out: &mut String,
        behind: &'t str,
        at: usize,
    ) -> Result<&'t str, Untranslated> {
        let wrong = || Untranslated {
            at: at + 1,
            why: "count-selected is asked of a question with several choices".to_owned(),
        };
        let (question, rest) = behind.split_once(')').ok_or_else(wrong)?;
        let question = self.named(question);
        let choices = self.multiple.get(&question).ok_or_else(wrong)?;
        let each: Vec<String> =
            choices.keys().map(|code| format!("[{question}({code})]")).collect();
        let _ = write!(out, "({} + 0)", each.join(" + "));
        Ok(rest)
    }

    fn named(&self, question: &str) -> String {
        match question.trim() {
            "." => self.this.to_owned(),
            other => {
                let inner = other.strip_prefix("${").and_then(|q| q.strip_suffix('}'));
                item_name(inner.unwrap_or(other).trim())
            }
        }
    }
}

/// `= 'text'` or `!= 'text'` at the start: whether it is the first, the text, and what stands behind.
fn compared_text(text: &str) -> Option<(bool, &str, &str)> {
    let text = text.trim_start();
    let (is, text) = match text.strip_prefix("!=") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix('=')?),
    };
    let text = text.trim_start();
    let quote = text.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
    let (word, rest) = text[1..].split_once(quote)?;
    Some((is, word, rest))
}

/// `date('2026-01-31')` at the start: the constant in its quotes, and what stands behind.
fn constant_date(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("date(").or_else(|| text.strip_prefix("date-time("))?;
    let quote = inner.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
    let end = inner[1..].find(quote)? + 2;
    Some((&inner[..end], inner[end..].strip_prefix(')')?))
}

/// `round(decimal-date-time(a) - decimal-date-time(b), 0)` at the start, which is how days are counted:
/// `a` and `b`, and what stands behind.
fn days_between(text: &str) -> Option<([&str; 2], &str)> {
    let inner = text.strip_prefix("round(decimal-date-time(")?;
    let (to, rest) = inner.split_once(") - decimal-date-time(")?;
    let (from, rest) = rest.split_once("), 0)")?;
    let is_plain = |date: &str| !date.contains(" - ") && !date.contains("decimal-date-time");
    (is_plain(to) && is_plain(from)).then_some(([to, from], rest))
}

/// A function at the start of the text, unless a longer word ends here.
fn starting(rest: &str, before: &str) -> Option<(&'static str, &'static str)> {
    let in_word = before.ends_with(|c: char| c.is_alphanumeric() || "-_".contains(c));
    FUNCTIONS
        .iter()
        .find(|(from, _)| rest.starts_with(from) && (!in_word || from.starts_with(' ')))
        .copied()
}

/// Whether the dot at the start of the text stands for the question itself.
fn is_self(rest: &str, before: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "./*".contains(c);
    rest.starts_with('.') && !rest[1..].starts_with(is_part) && !before.ends_with(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xpath_is_spelled_as_the_translator_reads_it() {
        let of = |of| KnownField { form: "form".to_owned(), of, choices: BTreeMap::new() };
        let choices = BTreeMap::from([("a".to_owned(), "multi___a".to_owned())]);
        let multi = KnownField { choices: choices.clone(), ..of(FieldType::Truth) };
        let ok = BTreeMap::from([(TRUE.to_owned(), "ok".to_owned())]);
        let ok = KnownField { choices: ok, ..of(FieldType::Truth) };
        let known = BTreeMap::from([
            ("age".to_owned(), of(FieldType::Number)),
            ("Name".to_owned(), of(FieldType::Text)),
            ("multi".to_owned(), multi),
            ("born".to_owned(), of(FieldType::Date)),
            ("seen".to_owned(), of(FieldType::Date)),
            ("ok".to_owned(), ok),
        ]);
        let multiple = BTreeMap::from([("multi".to_owned(), choices)]);
        let truths = BTreeSet::from(["ok".to_owned()]);
        let questions =
            Questions { known: &known, multiple: &multiple, truths: &truths, this: "age" };
        for (xpath, expected) in [
            (". >= 18", "(answered(age) && age >= 18)"),
            ("${Name} = 'a.b'", "(answered(Name) && Name == \"a.b\")"),
            ("selected(${multi}, 'a')", "coalesce(multi___a, false)"),
            ("selected(${Name}, 'x')", "(answered(Name) && Name == \"x\")"),
            ("not(${age} div 2 > 3.5)", "!((answered(age) && (age / 2) > 3.5))"),
            ("string-length(${Name}) < 5", "(answered(Name) && length(Name) < 5)"),
            ("${ok} = 'true'", "coalesce(ok, false)"),
            ("${ok} = 'false'", "(answered(ok) && !coalesce(ok, false))"),
            ("${ok} != ''", "!(missing(ok))"),
            ("${born} < date('2000-01-01')", "(answered(born) && born < date(\"2000-01-01\"))"),
            (
                "round(decimal-date-time(${seen}) - decimal-date-time(${born}), 0) >= 0",
                "(answered(born) && answered(seen) && days_between(born, seen) >= 0)",
            ),
            ("contains(${Name}, 'B')", "(answered(Name) && contains(Name, \"B\"))"),
            ("regex(., '[0-9]+')", "(answered(age) && matches(text(age), \"^(?:[0-9]+)$\"))"),
        ] {
            let translated =
                questions.condition(xpath).unwrap_or_else(|why| panic!("{xpath}: {why}"));
            assert_eq!(translated, expected, "{xpath}");
        }
        let clock = questions.condition("${age} > today()").unwrap_err();
        assert!(clock.why.contains("by itself"), "{clock}");
        assert!(questions.condition("position(..) = 1").is_err());
    }
}
