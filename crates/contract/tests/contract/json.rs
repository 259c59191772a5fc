//! Messages and their JSON.

use contract::{
    Timestamp,
    edc::v1::{ItemChange, ItemEntry, ItemValue, SaveFormRequest, item_entry::Entry, item_value},
};
use proptest::{collection::vec, option, prelude::*};

fn entry() -> impl Strategy<Value = Option<Entry>> {
    option::of(prop_oneof![
        any::<String>().prop_map(Entry::Value),
        (0..=5).prop_map(Entry::MissingReason),
        any::<bool>().prop_map(Entry::Clear),
    ])
}

fn item() -> impl Strategy<Value = ItemEntry> {
    let names = (any::<String>(), any::<String>(), any::<String>());
    (names, option::of(any::<String>()), entry()).prop_map(|(names, unit_oid, entry)| ItemEntry {
        item_group_oid: names.0,
        item_group_repeat_key: names.1,
        item_oid: names.2,
        unit_oid,
        entry,
    })
}

fn save() -> impl Strategy<Value = SaveFormRequest> {
    let place = (any::<String>(), any::<String>(), any::<String>());
    let asked = (option::of(any::<String>()), option::of(any::<i32>()), option::of(any::<bool>()));
    (place, asked, option::of(any::<String>()), vec(item(), 0..4)).prop_map(
        |(place, asked, reason, values)| SaveFormRequest {
            study_oid: place.0,
            subject_key: place.1,
            form_oid: place.2,
            request_id: asked.0,
            seen_version: asked.1,
            complete: asked.2,
            reason,
            values,
            ..SaveFormRequest::default()
        },
    )
}

proptest! {
    #[test]
    fn a_form_save_survives_json(request in save()) {
        let json = serde_json::to_vec(&request).unwrap();
        let read: SaveFormRequest = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(read, request);
    }

    #[test]
    fn a_form_save_survives_protobuf(request in save()) {
        let bytes = prost::Message::encode_to_vec(&request);
        let read: SaveFormRequest = prost::Message::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(read, request);
    }

    #[test]
    fn an_instant_survives_json_to_the_millisecond(ms in -62_135_596_800_000_i64..253_402_300_799_999) {
        let instant = Timestamp::from_millisecond(ms);
        let json = serde_json::to_string(&instant).unwrap();
        let read: Timestamp = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read, instant);
        prop_assert_eq!(read.as_millisecond(), ms);
        prop_assert_eq!(Timestamp::from(jiff::Timestamp::from_millisecond(ms).unwrap()), instant);
    }
}

#[test]
fn a_blank_a_zero_and_a_missing_value_are_three_things_in_json() {
    let json = |content: Option<item_value::Content>| {
        let value = content.map(|content| ItemValue { content: Some(content), unit_oid: None });
        let change = ItemChange { new_value: value, ..ItemChange::default() };
        serde_json::to_value(&change).unwrap().get("newValue").cloned()
    };
    assert_eq!(json(None), None);
    let zero = json(Some(item_value::Content::Value("0".to_owned())));
    assert_eq!(zero, Some(serde_json::json!({"value": "0"})));
    let missing = json(Some(item_value::Content::MissingReason(1)));
    assert_eq!(missing, Some(serde_json::json!({"missingReason": "NOT_DONE"})));
}

#[test]
fn an_instant_out_of_range_is_refused() {
    let nonsense = Timestamp { seconds: 0, nanos: -1 };
    assert!(serde_json::to_string(&nonsense).is_err());
    assert!(serde_json::from_str::<Timestamp>(r#""2026-13-01T00:00:00Z""#).is_err());
    assert!(serde_json::from_str::<Timestamp>(r#""2026-01-31T09:30:00""#).is_err());
}
