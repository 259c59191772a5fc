//! What a save decides, with a study version of a few lines.

use kernel::{
    DataType, RepeatKey, StudyVersion,
    casebook::{Assignment, Casebook, Entered, Event, RecordKey, RowKey, SaveForm},
    study::{
        Expression, FormDef, FormRef, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef, MethodDef,
        StudyEventDef,
    },
};

use super::save_form;
use crate::compiled::Compiled;

/// One form of whole numbers; an item with an expression is derived.
fn study(items: &[(&str, Option<&str>)]) -> Compiled {
    let method = |name: &str| format!("MT.{name}").into();
    let version = StudyVersion {
        study_oid: "S".into(),
        events: vec![StudyEventDef {
            oid: "E".into(),
            forms: vec![FormRef { form: "F".into(), ..FormRef::default() }],
            ..StudyEventDef::default()
        }],
        forms: vec![FormDef {
            oid: "F".into(),
            groups: vec![ItemGroupRef { group: "G".into(), ..ItemGroupRef::default() }],
            ..FormDef::default()
        }],
        item_groups: vec![ItemGroupDef {
            oid: "G".into(),
            items: items
                .iter()
                .map(|(name, derived)| ItemRef {
                    item: (*name).into(),
                    method: derived.map(|_| method(name)),
                    ..ItemRef::default()
                })
                .collect(),
            ..ItemGroupDef::default()
        }],
        items: items
            .iter()
            .map(|(name, _)| ItemDef {
                oid: (*name).into(),
                name: (*name).to_owned(),
                data_type: DataType::Integer,
                ..ItemDef::default()
            })
            .collect(),
        methods: items
            .iter()
            .filter_map(|(name, derived)| {
                let text = (*derived)?.to_owned();
                let context = Expression::CEL.to_owned();
                let expressions = vec![Expression { context, text }];
                Some(MethodDef { oid: method(name), expressions, ..MethodDef::default() })
            })
            .collect(),
        ..StudyVersion::default()
    };
    Compiled::new(version).expect("the study is sound")
}

/// The values after a first save of some items, in the order of their names.
fn saved(compiled: &Compiled, entered: &[(&str, &str)]) -> Vec<(String, String)> {
    let row = RowKey { group: "G".into(), repeat: RepeatKey::first() };
    let save = SaveForm {
        record: RecordKey {
            event: "E".into(),
            event_repeat: RepeatKey::first(),
            form: "F".into(),
            form_repeat: RepeatKey::first(),
        },
        seen_version: Some(0),
        complete: None,
        assignments: entered
            .iter()
            .map(|(item, raw)| Assignment {
                row: row.clone(),
                item: (*item).into(),
                entered: Entered::Value { raw: (*raw).to_owned(), unit: None },
            })
            .collect(),
        reason: None,
    };
    let decided = save_form(compiled, &"1".into(), &Casebook::default(), &save);
    let decided = decided.expect("the save is allowed");
    let Some(Event::FormSaved(saved)) = decided.events.first() else { return Vec::new() };
    let new = |change: &kernel::casebook::ItemChange| {
        let text = change.2.as_ref()?.text()?.to_owned();
        Some((change.0.to_string(), text))
    };
    let mut values: Vec<_> = saved.changes().filter_map(|(_, change)| new(change)).collect();
    values.sort();
    values
}

fn values(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(item, text)| ((*item).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_derived_value_is_computed_from_what_was_entered() {
    let compiled = study(&[("A", None), ("B", Some("A + 1"))]);
    assert!(!compiled.rules(&"F".into()).is_some_and(|rules| rules.feed_each_other));
    assert_eq!(saved(&compiled, &[("A", "1")]), values(&[("A", "1"), ("B", "2")]));
}

#[test]
fn a_derived_value_may_be_computed_from_one_that_is_derived_behind_it() {
    let compiled =
        study(&[("A", None), ("B", Some("C + 1")), ("C", Some("D * 2")), ("D", Some("A + 1"))]);
    assert!(compiled.rules(&"F".into()).is_some_and(|rules| rules.feed_each_other));
    let expected = values(&[("A", "1"), ("B", "5"), ("C", "4"), ("D", "2")]);
    assert_eq!(saved(&compiled, &[("A", "1")]), expected);
}
