//! The example cases that a rule carries, run before its study version is published.

use std::collections::BTreeMap;

use kernel::{Datum, MissingReason, PartialDate, study::Example};

use crate::{Facts, Reference, Rule, Scope};

/// An example that a rule does not meet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("example {number}: {message_en}")]
pub struct ExampleFault {
    /// Which example, from 1.
    pub number: usize,
    /// What the rule gave.
    pub actual: String,
    pub message_en: String,
    pub message_zh: String,
}

/// Runs the example cases of a rule. A given name is that of an item, or one of
/// [`Rule::reads`] as it prints, such as `previous("WEIGHT")`; a given value is canonical text, or
/// `missing: NOT_DONE`; the values of `rows("…")` stand between semicolons.
pub fn check_examples(rule: &Rule, examples: &[Example], scope: &Scope) -> Vec<ExampleFault> {
    let check = |(index, example): (usize, &Example)| {
        let number = index + 1;
        if let Some(name) = example.given.keys().find(|name| !is_read(rule, scope, name)) {
            return Some(ExampleFault {
                number,
                actual: String::new(),
                message_en: format!("the rule has no {name}"),
                message_zh: format!("规则没有读取 {name}"),
            });
        }
        let actual = rule.evaluate(&Given::new(example, scope)).to_string();
        (actual != example.expect).then(|| ExampleFault {
            number,
            message_en: format!("expected {}, got {actual}", example.expect),
            message_zh: format!("预期 {}，实际 {actual}", example.expect),
            actual,
        })
    };
    examples.iter().enumerate().filter_map(check).collect()
}

/// An example may also give items of the scope that the rule does not read.
fn is_read(rule: &Rule, scope: &Scope, name: &str) -> bool {
    scope.item(name).is_some() || rule.reads().iter().any(|reference| reference.to_string() == name)
}

/// An example as facts.
struct Given<'a> {
    scope: &'a Scope,
    data: BTreeMap<&'a str, Datum>,
}

impl<'a> Given<'a> {
    fn new(example: &'a Example, scope: &'a Scope) -> Self {
        let read = |(name, text): (&'a String, &'a String)| (name.as_str(), datum(text));
        Self { scope, data: example.given.iter().map(read).collect() }
    }

    fn read(&self, reference: &Reference) -> Option<Datum> {
        self.data.get(reference.to_string().as_str()).cloned()
    }
}

fn datum(text: &str) -> Datum {
    let reason = text.strip_prefix("missing:").and_then(|code| MissingReason::parse(code.trim()));
    reason.map_or_else(|| Datum::value(text), Datum::Missing)
}

impl Facts for Given<'_> {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.data.get(name)
    }

    fn previous(&self, item: &str) -> Option<Datum> {
        self.read(&Reference::Previous { item: item.to_owned() })
    }

    fn value(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        let (event, form, item) = (event.to_owned(), form.to_owned(), item.to_owned());
        self.read(&Reference::Value { event, form, item })
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        let (event, form, item) = (event.to_owned(), form.to_owned(), item.to_owned());
        self.read(&Reference::First { event, form, item })
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        let (event, form, item) = (event.to_owned(), form.to_owned(), item.to_owned());
        self.read(&Reference::Last { event, form, item })
    }

    fn rows(&self, item: &str) -> Vec<Datum> {
        let rows = self.read(&Reference::Rows { item: item.to_owned() });
        let texts = rows.as_ref().and_then(Datum::text).unwrap_or_default();
        texts.split(';').map(str::trim).filter(|text| !text.is_empty()).map(datum).collect()
    }

    fn count(&self, form: &str) -> u32 {
        let count = self.read(&Reference::Count { form: form.to_owned() });
        count.as_ref().and_then(Datum::text).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn others(&self, items: &[String]) -> u32 {
        let others = self.read(&Reference::Others { items: items.to_vec() });
        others.as_ref().and_then(Datum::text).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn reference_date(&self) -> Option<PartialDate> {
        let date = self.read(&Reference::ReferenceDate)?;
        date.text().and_then(PartialDate::parse)
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        let lists = &self.scope.catalogue.code_lists;
        lists.get(list).is_some_and(|values| values.contains(value))
    }
}
