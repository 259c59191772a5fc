//! Words for rows of views, and for what is different in them. Never a value: only where it is.

use std::fmt::Write;

use kernel::casebook::{FormRecord, Query};
use store::View;

use crate::views::{
    BETWEEN, QUERY_BY_DAY, QUERY_ENDED, QUERY_PENDING, RECORD, SUBJECT, SubjectRow, WITHIN,
    decode_query, decode_subject,
};

/// Items that are named, at most.
const MAX_ITEMS: usize = 5;

pub(super) fn of_view(view: View) -> &'static str {
    match view {
        RECORD => "form record",
        SUBJECT => "row in the list of subjects",
        QUERY_PENDING => "row in the list of pending queries",
        QUERY_ENDED => "row in the list of ended queries",
        QUERY_BY_DAY => "row in the list of pending queries by age",
        _ => "row",
    }
}

pub(super) fn of_key(key: &str) -> String {
    key.split([BETWEEN, WITHIN]).collect::<Vec<_>>().join(" / ")
}

/// How a stored row differs from what the log tells.
pub(super) fn of_difference(view: View, expected: &[u8], stored: &[u8]) -> String {
    let different = match view {
        RECORD => match (FormRecord::from_bytes(expected), FormRecord::from_bytes(stored)) {
            (Ok(expected), Ok(stored)) => of_records(&expected, &stored),
            _ => None,
        },
        SUBJECT => match (decode_subject(expected), decode_subject(stored)) {
            (Ok(expected), Ok(stored)) => of_subjects(&expected, &stored),
            _ => None,
        },
        _ => match (decode_query(expected), decode_query(stored)) {
            (Ok(expected), Ok(stored)) => of_queries(&expected, &stored),
            _ => None,
        },
    };
    match different {
        Some(what) => format!("is not what the log tells: different in {what}"),
        None => "is not what the log tells, or cannot be read".to_owned(),
    }
}

fn of_records(expected: &FormRecord, stored: &FormRecord) -> Option<String> {
    let mut items = Vec::new();
    for key in expected
        .rows
        .keys()
        .chain(stored.rows.keys().filter(|key| !expected.rows.contains_key(key)))
    {
        let (told, kept) = (expected.rows.get(key), stored.rows.get(key));
        let all = told.into_iter().chain(kept).flat_map(|row| row.items.keys());
        let datum = |row: Option<&kernel::casebook::Row>, item| {
            row.and_then(|row| row.items.get(item)).cloned()
        };
        for item in all {
            let place = format!("{}[{}].{item}", key.group, key.repeat);
            if datum(told, item) != datum(kept, item) && !items.contains(&place) {
                items.push(place);
            }
        }
    }
    let mut text = String::new();
    if !items.is_empty() {
        let more = items.len().saturating_sub(MAX_ITEMS);
        items.truncate(MAX_ITEMS);
        text = format!("item {}", items.join(", "));
        if more > 0 {
            // Writing to a text cannot fail.
            let _ = write!(text, " and {more} more");
        }
    }
    let facts = [
        ("version", expected.version != stored.version),
        ("last entry", expected.last_entry != stored.last_entry),
        ("completeness", expected.complete != stored.complete),
        ("removal", expected.removed != stored.removed),
        ("freeze", expected.frozen != stored.frozen),
        ("lock", expected.locked != stored.locked),
        ("verification", expected.verified != stored.verified),
        ("signature", expected.signature != stored.signature),
    ];
    let facts = of_facts(&facts);
    let parts: Vec<String> =
        [Some(text).filter(|text| !text.is_empty()), facts].into_iter().flatten().collect();
    if parts.is_empty() { None } else { Some(parts.join(", ")) }
}

fn of_subjects(expected: &SubjectRow, stored: &SubjectRow) -> Option<String> {
    of_facts(&[
        ("site", expected.site != stored.site),
        ("status", expected.status != stored.status),
        ("screening number", expected.screening_number != stored.screening_number),
        ("enrolment number", expected.enrolment_number != stored.enrolment_number),
        ("date of consent", expected.consented_on != stored.consented_on),
        ("date of screening", expected.screened_on != stored.screened_on),
        ("date of enrolment", expected.enrolled_on != stored.enrolled_on),
        ("failed criteria", expected.failed_criteria != stored.failed_criteria),
        ("number of pending queries", expected.pending_queries != stored.pending_queries),
        ("number of blinded queries", expected.blinded_queries != stored.blinded_queries),
        ("signature", expected.signed != stored.signed),
        ("visits", expected.visits != stored.visits),
    ])
}

fn of_queries(expected: &Query, stored: &Query) -> Option<String> {
    of_facts(&[
        ("status", expected.status != stored.status),
        ("opening", expected.opened != stored.opened || expected.opened_by != stored.opened_by),
        ("remarks", expected.thread != stored.thread),
        ("time", expected.changed_at_ms != stored.changed_at_ms),
    ])
}

fn of_facts(facts: &[(&str, bool)]) -> Option<String> {
    let different: Vec<&str> =
        facts.iter().filter(|(_, is_different)| *is_different).map(|(name, _)| *name).collect();
    if different.is_empty() { None } else { Some(different.join(", ")) }
}
