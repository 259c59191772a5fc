//! Values, places and numbers.

use std::collections::BTreeMap;

use contract::{
    Timestamp,
    edc::v1::{self as proto, item_value::Content, missing::Reason},
};
use kernel::{
    Datum, ItemOid, MissingReason, RepeatKey, SubjectKey, Texts, Wording,
    casebook::{ItemKey, RecordKey, RowKey},
};

pub(crate) fn item_value(datum: &Datum) -> proto::ItemValue {
    match datum {
        Datum::Value { text, unit } => proto::ItemValue {
            unit_oid: unit.as_ref().map(|unit| unit.as_str().to_owned()),
            content: Some(Content::Value(text.as_ref().to_owned())),
        },
        Datum::Missing(reason) => proto::ItemValue {
            unit_oid: None,
            content: Some(Content::MissingReason(reason_of(*reason).into())),
        },
    }
}

fn reason_of(reason: MissingReason) -> Reason {
    match reason {
        MissingReason::NotDone => Reason::NotDone,
        MissingReason::NotApplicable => Reason::NotApplicable,
        MissingReason::Unknown => Reason::Unknown,
        MissingReason::Refused => Reason::Refused,
        MissingReason::NotAsked => Reason::NotAsked,
    }
}

/// The reason behind a number of the contract; none for a number that is no reason.
pub(crate) fn missing_reason(number: i32) -> Option<MissingReason> {
    match Reason::try_from(number).ok()? {
        Reason::Unspecified => None,
        Reason::NotDone => Some(MissingReason::NotDone),
        Reason::NotApplicable => Some(MissingReason::NotApplicable),
        Reason::Unknown => Some(MissingReason::Unknown),
        Reason::Refused => Some(MissingReason::Refused),
        Reason::NotAsked => Some(MissingReason::NotAsked),
    }
}

pub(crate) fn item_place(item: &ItemKey) -> proto::ItemPlace {
    place(&item.row, &item.item)
}

/// The place of an item in a row.
pub(crate) fn place(row: &RowKey, item: &ItemOid) -> proto::ItemPlace {
    proto::ItemPlace {
        item_group_oid: row.group.as_str().to_owned(),
        item_group_repeat_key: row.repeat.as_str().to_owned(),
        item_oid: item.as_str().to_owned(),
    }
}

pub(crate) fn item_key(place: &proto::ItemPlace) -> ItemKey {
    let row = row_key(&place.item_group_oid, &place.item_group_repeat_key);
    ItemKey { row, item: place.item_oid.as_str().into() }
}

pub(crate) fn row_key(group: &str, repeat: &str) -> RowKey {
    RowKey { group: group.into(), repeat: repeat_key(repeat) }
}

/// Whether this is the row that a message names.
pub(crate) fn is_row(row: &RowKey, group: &str, repeat: &str) -> bool {
    row.group.as_str() == group && row.repeat.as_str() == repeat
}

/// A repeat key; an empty one means the first.
pub(crate) fn repeat_key(text: &str) -> RepeatKey {
    if text.is_empty() { RepeatKey::first() } else { text.into() }
}

pub(crate) fn record_key(
    event: &str,
    event_repeat: &str,
    form: &str,
    form_repeat: &str,
) -> RecordKey {
    RecordKey {
        event: event.into(),
        event_repeat: repeat_key(event_repeat),
        form: form.into(),
        form_repeat: repeat_key(form_repeat),
    }
}

pub(crate) fn record_place(subject: &SubjectKey, key: &RecordKey) -> proto::FormRecordPlace {
    proto::FormRecordPlace {
        subject_key: subject.to_string(),
        study_event_oid: key.event.to_string(),
        study_event_repeat_key: key.event_repeat.to_string(),
        form_oid: key.form.to_string(),
        form_repeat_key: key.form_repeat.to_string(),
    }
}

pub(crate) fn texts(texts: &Texts) -> BTreeMap<String, String> {
    texts.0.clone()
}

/// What Casebook itself says, by language.
pub(crate) fn wording(said: &Wording) -> BTreeMap<String, String> {
    BTreeMap::from([("en".to_owned(), said.en.clone()), ("zh".to_owned(), said.zh.clone())])
}

/// A count, version or sequence; the contract counts to two thousand million.
pub(crate) fn number(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// A revision or a size in bytes.
pub(crate) fn long(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

pub(crate) fn at(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms)
}
