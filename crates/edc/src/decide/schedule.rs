//! Which events, and which forms of them, are not collected from a subject, by the conditions of the study.

use kernel::{Datum, FormOid, PartialDate, StudyEventOid, casebook::Casebook};
use rules::{Facts, Outcome, Rule};

use super::facts::{CasebookFacts, reference_date};
use crate::compiled::Compiled;

/// Whether the condition on an event is true of the casebook as it is. What cannot be said yet is collected.
pub(crate) fn event_is_excepted(
    compiled: &Compiled,
    casebook: &Casebook,
    event: &StudyEventOid,
) -> bool {
    is_true(compiled, casebook, compiled.schedule.of_event(event))
}

/// Whether the condition on an event, or that on the form within it, is true of the casebook as it is.
pub(crate) fn form_is_excepted(
    compiled: &Compiled,
    casebook: &Casebook,
    event: &StudyEventOid,
    form: &FormOid,
) -> bool {
    event_is_excepted(compiled, casebook, event)
        || is_true(compiled, casebook, compiled.schedule.of_form(event, form))
}

fn is_true(compiled: &Compiled, casebook: &Casebook, rule: Option<&Rule>) -> bool {
    let facts = ScheduleFacts(CasebookFacts { compiled, casebook });
    rule.is_some_and(|rule| rule.evaluate(&facts) == Outcome::True)
}

/// The facts of a casebook, with its study day 1.
struct ScheduleFacts<'a>(CasebookFacts<'a>);

impl Facts for ScheduleFacts<'_> {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.0.item(name)
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.0.first(event, form, item)
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.0.last(event, form, item)
    }

    fn count(&self, form: &str) -> u32 {
        self.0.count(form)
    }

    fn reference_date(&self) -> Option<PartialDate> {
        reference_date(self.0.compiled, self.0.casebook)
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        self.0.code_list_has(list, value)
    }
}
