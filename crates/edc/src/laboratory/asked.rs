//! Of which tests and in which units the rules of a study seek ranges.

use std::collections::BTreeSet;

use rules::{RangeArgument, RangeCall, Reference};

use crate::{
    compiled::{Compiled, FormRules},
    study::Study,
};

/// What the derivations of all versions in use can ask for.
#[derive(Debug, Default)]
pub(super) struct Asks {
    /// Whether any of them asks.
    pub any: bool,
    pub tests: Codes,
    pub units: Codes,
}

/// Codes that an argument can have.
#[derive(Debug, Default)]
pub(super) struct Codes {
    known: BTreeSet<String>,
    /// Any text can be there: an item without a code list is asked for.
    is_open: bool,
}

impl Codes {
    pub fn has(&self, code: &str) -> bool {
        self.is_open || self.known.contains(code)
    }
}

impl Asks {
    pub fn of(study: &Study) -> Self {
        let mut asks = Self::default();
        for compiled in study.in_use() {
            for form in &compiled.design.version().forms {
                let Some(rules) = compiled.rules(&form.oid) else { continue };
                for call in calls(rules) {
                    asks.any = true;
                    add(&mut asks.tests, &call.test, compiled, rules);
                    add(&mut asks.units, &call.unit, compiled, rules);
                }
            }
        }
        asks
    }
}

/// The calls that read ranges in the derivations of a form.
fn calls(rules: &FormRules) -> impl Iterator<Item = &RangeCall> {
    let reads = rules.derivations.iter().flat_map(|derivation| derivation.rule.reads());
    reads.filter_map(|read| match read {
        Reference::Range(call) => Some(&**call),
        _ => None,
    })
}

fn add(codes: &mut Codes, argument: &RangeArgument, compiled: &Compiled, rules: &FormRules) {
    let name = match argument {
        RangeArgument::Text(text) => {
            codes.known.insert(text.clone());
            return;
        }
        RangeArgument::Item(name) => name,
        RangeArgument::Elsewhere(_) => {
            codes.is_open = true;
            return;
        }
    };
    for (_, item) in rules.names.get(name.as_str()).into_iter().flatten() {
        let list = compiled.design.item(item).and_then(|item| item.code_list.as_ref());
        match list.and_then(|list| compiled.design.code_list(list)) {
            Some(list) if !list.items.is_empty() => {
                codes.known.extend(list.items.iter().map(|item| item.coded_value.clone()));
            }
            _ => codes.is_open = true,
        }
    }
}
