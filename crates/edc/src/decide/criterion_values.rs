//! From which values a criterion is computed, and where they stand.

use kernel::{
    Datum, RepeatKey,
    casebook::{ItemKey, RecordKey},
};
use rules::{Facts, Reference, Rule};

use super::facts::CasebookFacts;

/// One thing that a rule reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// As the rule says it.
    pub reads: String,
    /// Where the value stands, or would stand; nothing for what is counted.
    pub place: Option<(RecordKey, ItemKey)>,
    pub value: Option<Datum>,
}

impl CasebookFacts<'_> {
    /// Everything that a rule of the whole casebook reads, in the order of the rule.
    pub(crate) fn seen_by(&self, rule: &Rule) -> Vec<Seen> {
        rule.reads().iter().map(|reference| self.seen(reference)).collect()
    }

    fn seen(&self, reference: &Reference) -> Seen {
        let reads = reference.to_string();
        let (found, blank) = match reference {
            Reference::First { event, form, item } => {
                (self.first_at(event, form, item), self.blank(event, form, item))
            }
            Reference::Last { event, form, item } | Reference::Value { event, form, item } => {
                (self.last_at(event, form, item), self.blank(event, form, item))
            }
            Reference::Count { form } => {
                let value = Some(Datum::value(self.count(form).to_string()));
                return Seen { reads, place: None, value };
            }
            Reference::Previous { .. }
            | Reference::Rows { .. }
            | Reference::Others { .. }
            | Reference::ReferenceDate
            | Reference::Range(_) => (None, None),
        };
        match found {
            Some((place, value)) => Seen { reads, place: Some(place), value: Some(value) },
            None => Seen { reads, place: blank, value: None },
        }
    }

    /// Where a value would stand that is not recorded.
    fn blank(&self, event: &str, form: &str, item: &str) -> Option<(RecordKey, ItemKey)> {
        let key = RecordKey {
            event: event.into(),
            event_repeat: RepeatKey::first(),
            form: form.into(),
            form_repeat: RepeatKey::first(),
        };
        let (row, item) = self.compiled.rules(&key.form)?.names.get(item)?.first()?.clone();
        Some((key, ItemKey { row, item }))
    }
}
