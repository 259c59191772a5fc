//! What a visit is still expected to bring, by the schedule and its conditions.

use std::collections::BTreeSet;

use kernel::{FormOid, RepeatKey, StudyEventOid, casebook::Casebook};

use crate::{
    compiled::Compiled,
    decide,
    views::{BETWEEN, SubjectRow},
};

/// The mandatory forms of a visit that were never saved, or were removed; none of an event that is not
/// collected. A form with a condition of its own may not be collected, and is not missed.
pub(crate) fn missing_forms<'a>(
    compiled: &'a Compiled,
    casebook: &'a Casebook,
    event: &'a StudyEventOid,
    repeat: &'a RepeatKey,
) -> impl Iterator<Item = &'a FormOid> {
    let def = compiled.design.event(event);
    let def = def.filter(|_| !decide::event_is_excepted(compiled, casebook, event));
    let forms = def.map_or(&[][..], |def| def.forms.as_slice());
    let mandatory = forms.iter().filter(|form| form.mandatory && form.exception.is_none());
    mandatory.map(|form| &form.form).filter(move |form| {
        let mut records = casebook.records_of(event, repeat);
        !records.any(|(key, record)| key.form == **form && !record.removed)
    })
}

/// The events that are not collected, by the conditions on them.
pub(crate) fn events_not_collected(compiled: &Compiled, casebook: &Casebook) -> BTreeSet<String> {
    let events = compiled.schedule.events();
    let excepted = events.filter(|event| decide::event_is_excepted(compiled, casebook, event));
    excepted.map(ToString::to_string).collect()
}

/// The visits in the row of a subject that were collected and are not now, or the other way round.
pub(crate) fn visits_that_turned(
    row: &SubjectRow,
    not_collected: &BTreeSet<String>,
) -> BTreeSet<(StudyEventOid, RepeatKey)> {
    if row.not_collected == *not_collected {
        return BTreeSet::new();
    }
    let visits = row.visits.keys().filter_map(|key| key.split_once(BETWEEN));
    let turned =
        visits.filter(|(event, _)| row.is_collected(event) == not_collected.contains(*event));
    turned.map(|(event, repeat)| (event.into(), RepeatKey::new(repeat))).collect()
}
