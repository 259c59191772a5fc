//! When events are due: computed from the anchor event, in local dates of the site.

use jiff::{ToSpan, civil::Date};

use super::state::Casebook;
use crate::{
    PartialDate, RepeatKey, StudyEventOid,
    study::{Design, TimingConstraint},
};

/// The day an event is planned for and the days on which it may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub target: Date,
    pub earliest: Date,
    pub latest: Date,
}

/// Where an event stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventTiming {
    /// The anchor has no date yet, or the protocol gives none.
    NotPlanned,
    Upcoming,
    InWindow,
    Overdue,
    /// It happened within its window, or has none.
    Done,
    /// It happened before or after its window.
    DoneOutOfWindow,
}

/// The date of an event: as stated, else the value of the first visit date item in its records.
pub fn event_date(
    design: &Design,
    casebook: &Casebook,
    event: &StudyEventOid,
    repeat: &RepeatKey,
) -> Option<PartialDate> {
    if let Some(date) = casebook.dates.get(&(event.clone(), repeat.clone())) {
        return PartialDate::parse(date);
    }
    let items = &design.version().visit_dates;
    let mut records = casebook.records_of(event, repeat).filter(|(_, record)| !record.removed);
    records.find_map(|(_, record)| {
        record
            .rows
            .values()
            .filter(|row| !row.removed)
            .find_map(|row| items.iter().find_map(|item| row.items.get(item)?.text()))
            .and_then(PartialDate::parse)
    })
}

/// When an event is due, if the protocol says and the anchor event has a complete date.
pub fn due(design: &Design, casebook: &Casebook, event: &StudyEventOid) -> Option<Due> {
    let timing = design.timing(event)?;
    due_after(timing, event_date(design, casebook, &timing.anchor, &RepeatKey::first())?)
}

/// When an event is due that is counted from `anchor`, if that date is complete.
pub fn due_after(timing: &TimingConstraint, anchor: PartialDate) -> Option<Due> {
    let anchor = anchor.complete()?;
    let target = anchor.checked_add(i64::from(timing.offset_days).days()).ok()?;
    Some(Due {
        target,
        earliest: target.checked_sub(i64::from(timing.window_before_days).days()).ok()?,
        latest: target.checked_add(i64::from(timing.window_after_days).days()).ok()?,
    })
}

/// Where an event stands on `today`, a local date of the site.
pub fn timing_today(due: Option<Due>, happened: Option<PartialDate>, today: Date) -> EventTiming {
    match (happened, due) {
        (Some(date), Some(due)) if date.latest() < due.earliest || date.earliest() > due.latest => {
            EventTiming::DoneOutOfWindow
        }
        (Some(_), _) => EventTiming::Done,
        (None, None) => EventTiming::NotPlanned,
        (None, Some(due)) if today < due.earliest => EventTiming::Upcoming,
        (None, Some(due)) if today <= due.latest => EventTiming::InWindow,
        (None, Some(_)) => EventTiming::Overdue,
    }
}
