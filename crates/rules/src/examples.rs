//! The example cases that a rule carries, run before its study version is published.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Datum, MissingReason, PartialDate, Wording, study::Example};

use crate::{
    Expect, Facts, Reference, Rule, Scope,
    check::check,
    rule::compile_tree,
    syntax::{call_text, parse, replace_calls},
    types::Ty,
};

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

impl ExampleFault {
    /// The same with its number, in both languages.
    pub fn wording(&self) -> Wording {
        Wording::new(self.to_string(), format!("示例 {}：{}", self.number, self.message_zh))
    }
}

/// Runs the example cases of a rule. A given name is that of an item; or a call as it stands in
/// the rule, such as `previous("WEIGHT")` or `study_day(VISITDT)`, which then has the given value
/// whatever it would read; or `reference date`, or `rows("ITEM")`. A given value is canonical
/// text, or `missing: NOT_DONE`; the values of `rows("…")` stand between semicolons.
pub fn check_examples(rule: &Rule, examples: &[Example], scope: &Scope) -> Vec<ExampleFault> {
    let check = |(index, example): (usize, &Example)| {
        let number = index + 1;
        let given = Given::new(example, scope);
        let (rule, inputs) = with_inputs(rule, &given);
        let is_read = |name: &String| {
            let name = written(name);
            scope.item(&name).is_some()
                || inputs.contains(&name)
                || rule.reads().iter().any(|reference| reference.to_string() == name)
        };
        if let Some(name) = example.given.keys().find(|name| !is_read(name)) {
            return Some(ExampleFault {
                number,
                actual: String::new(),
                message_en: format!("the rule has no {name}"),
                message_zh: format!("规则没有读取 {name}"),
            });
        }
        let actual = rule.evaluate(&given).to_string();
        (actual != example.expect).then(|| ExampleFault {
            number,
            message_en: format!("expected {}, got {actual}", example.expect),
            message_zh: format!("预期 {}，实际 {actual}", example.expect),
            actual,
        })
    };
    examples.iter().enumerate().filter_map(check).collect()
}

/// The rule with each call for which a value is given read as an item, and these calls.
fn with_inputs(rule: &Rule, given: &Given) -> (Rule, BTreeSet<String>) {
    let mut scope = given.scope.clone();
    let mut inputs = BTreeSet::new();
    let Ok(tree) = parse(rule.text()) else { return (rule.clone(), inputs) };
    let tree = replace_calls(tree, &mut |node| {
        let call = call_text(node).filter(|call| given.data.contains_key(call))?;
        let Ok(Ty::One(of)) = check(node.clone(), given.scope).map(|checked| checked.of) else {
            return None;
        };
        scope.items.insert(call.clone(), of);
        inputs.insert(call.clone());
        Some(call)
    });
    match compile_tree(rule.text(), tree, &scope, Expect::Any) {
        Ok(with_inputs) if !inputs.is_empty() => (with_inputs, inputs),
        _ => (rule.clone(), BTreeSet::new()),
    }
}

/// A given name as a call is printed: quotes and blanks are the author's.
fn written(name: &str) -> String {
    parse(name).ok().and_then(|node| call_text(&node)).unwrap_or_else(|| name.to_owned())
}

/// An example as facts.
struct Given<'a> {
    scope: &'a Scope,
    data: BTreeMap<String, Datum>,
}

impl<'a> Given<'a> {
    fn new(example: &Example, scope: &'a Scope) -> Self {
        let read = |(name, text): (&String, &String)| (written(name), datum(text));
        Self { scope, data: example.given.iter().map(read).collect() }
    }
}

fn datum(text: &str) -> Datum {
    let reason = text.strip_prefix("missing:").and_then(|code| MissingReason::parse(code.trim()));
    reason.map_or_else(|| Datum::value(text), Datum::Missing)
}

/// A call for which a value is given has become an item; of any other there is nothing.
impl Facts for Given<'_> {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.data.get(name)
    }

    fn rows(&self, item: &str) -> Vec<Datum> {
        let rows = self.data.get(&Reference::Rows { item: item.to_owned() }.to_string());
        let texts = rows.and_then(Datum::text).unwrap_or_default();
        texts.split(';').map(str::trim).filter(|text| !text.is_empty()).map(datum).collect()
    }

    fn reference_date(&self) -> Option<PartialDate> {
        let date = self.data.get(&Reference::ReferenceDate.to_string())?;
        date.text().and_then(PartialDate::parse)
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        let lists = &self.scope.catalogue.code_lists;
        lists.get(list).is_some_and(|values| values.contains(value))
    }
}
