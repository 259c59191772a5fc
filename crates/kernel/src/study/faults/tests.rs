//! A version that is wrong in every way says so in both languages.

use std::sync::Arc;

use super::*;
use crate::study::*;

/// Every way in which the structure of a version can be wrong, at least once.
fn wrong() -> StudyVersion {
    let check = |oid: &str, form: &str| EditCheck {
        oid: oid.into(),
        form: form.into(),
        item: "I.A".into(),
        message: Texts::one("en", "why"),
        ..EditCheck::default()
    };
    let coded = |value: &str| CodeListItem { coded_value: value.into(), ..CodeListItem::default() };
    StudyVersion {
        events: wrong_events(),
        forms: wrong_forms(),
        item_groups: wrong_groups(),
        items: wrong_items(),
        code_lists: vec![CodeList {
            oid: "CL.1".into(),
            data_type: DataType::Text,
            items: vec![coded("Y1"), coded("Y1")],
            ..CodeList::default()
        }],
        checks: vec![
            EditCheck {
                group: Some("IG.OFF".into()),
                item: "I.OFF".into(),
                events: vec!["SE.OFF".into()],
                message: Texts::default(),
                ..check("CK.1", "F.1")
            },
            check("CK.2", "F.OFF"),
        ],
        blinding: Blinding { items: vec!["I.BLIND".into()], ..Blinding::default() },
        protocol: wrong_protocol(),
        ..StudyVersion::default()
    }
}

fn wrong_events() -> Vec<StudyEventDef> {
    let form_of = |form: &str| FormRef {
        form: form.into(),
        exception: Some("COND.OF-FORM".into()),
        ..FormRef::default()
    };
    vec![StudyEventDef {
        oid: "SE.1".into(),
        forms: vec![form_of("F.1"), form_of("F.1"), form_of("F.NO")],
        ..StudyEventDef::default()
    }]
}

fn wrong_forms() -> Vec<FormDef> {
    let group_of = |group: &str| ItemGroupRef { group: group.into(), ..ItemGroupRef::default() };
    vec![
        FormDef {
            oid: "F.1".into(),
            groups: vec![group_of("IG.1"), group_of("IG.NO")],
            ..FormDef::default()
        },
        FormDef::default(),
        FormDef { oid: "F\u{7}".into(), ..FormDef::default() },
    ]
}

fn wrong_groups() -> Vec<ItemGroupDef> {
    let refers = |item: &str| ItemRef { item: item.into(), ..ItemRef::default() };
    vec![
        ItemGroupDef {
            oid: "IG.1".into(),
            items: vec![
                refers("I.A"),
                refers("I.A"),
                refers("I.B"),
                ItemRef { method: Some("MT.NO".into()), ..refers("I.NO") },
            ],
            ..ItemGroupDef::default()
        },
        ItemGroupDef { oid: "IG.1".into(), ..ItemGroupDef::default() },
    ]
}

fn wrong_items() -> Vec<ItemDef> {
    let item = |oid: &str, data_type| ItemDef {
        oid: oid.into(),
        name: "SAME".into(),
        data_type,
        ..ItemDef::default()
    };
    let limit = |values: &[&str]| RangeCheck {
        comparator: Some(Comparator::Ge),
        values: values.iter().map(|&value| value.into()).collect(),
        ..RangeCheck::default()
    };
    vec![
        ItemDef {
            units: vec!["MU.NO".into()],
            code_list: Some("CL.1".into()),
            range_checks: vec![limit(&["HIGH"]), limit(&[])],
            ..item("I.A", DataType::Integer)
        },
        ItemDef { code_list: Some("CL.NO".into()), ..item("I.B", DataType::Text) },
    ]
}

fn wrong_protocol() -> Protocol {
    Protocol {
        event_refs: vec![StudyEventRef {
            event: "SE.NO".into(),
            exception: Some("COND.OF-EVENT".into()),
            ..StudyEventRef::default()
        }],
        timings: vec![TimingConstraint {
            oid: "TM.1".into(),
            event: "SE.LATE".into(),
            anchor: "SE.ANCHOR".into(),
            ..TimingConstraint::default()
        }],
        arms: vec![Arm { oid: "ARM.1".into(), epochs: vec!["EP.NO".into()], ..Arm::default() }],
        ..Protocol::default()
    }
}

/// The words of an English text that are no English: OIDs, codes, types, names of definitions.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()))
        .filter(|word| word.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()))
}

#[test]
fn every_fault_is_told_in_chinese_with_the_names_that_the_english_text_has() {
    let all = faults(&Design::new(Arc::new(wrong())));
    for Fault { kind, oid, message } in &all {
        let Wording { en, zh } = message;
        assert!(zh.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{kind} {oid}: {zh}");
        for name in names(en) {
            assert!(zh.contains(name), "{kind} {oid}: {en} / {zh}");
        }
    }
}

#[test]
fn a_version_that_is_wrong_in_every_way_is_told_each_of_them() {
    let all = faults(&Design::new(Arc::new(wrong())));
    let told = |fault: &Fault| format!("{} {}: {}", fault.kind, fault.oid, fault.message);
    let told: Vec<String> = all.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "Study : the study has no OID",
            "FormDef : has no OID",
            "FormDef F\u{7}: the OID contains a control character",
            "ItemGroupDef IG.1: is defined twice",
            "CodeList CL.1: the coded value 'Y1' occurs twice",
            "StudyEventDef SE.NO: refers to ConditionDef COND.OF-EVENT, which is not defined",
            "StudyEventDef SE.1: refers to ConditionDef COND.OF-FORM, which is not defined",
            "StudyEventDef SE.1: refers to FormDef F.1 twice",
            "StudyEventDef SE.1: refers to ConditionDef COND.OF-FORM, which is not defined",
            "StudyEventDef SE.1: refers to FormDef F.NO, which is not defined",
            "StudyEventDef SE.1: refers to ConditionDef COND.OF-FORM, which is not defined",
            "FormDef F.1: refers to ItemGroupDef IG.NO, which is not defined",
            "ItemGroupDef IG.1: refers to ItemDef I.A twice",
            "ItemGroupDef IG.1: refers to ItemDef I.NO, which is not defined",
            "ItemGroupDef IG.1: refers to MethodDef MT.NO, which is not defined",
            "FormDef F.1: items I.A and I.B are both named 'SAME'",
            "ItemDef I.A: refers to MeasurementUnit MU.NO, which is not defined",
            "ItemDef I.A: is integer, its CodeList CL.1 is text",
            "ItemDef I.A: a RangeCheck compares with 'HIGH', which is not a number",
            "ItemDef I.A: a RangeCheck has a comparator and no value",
            "ItemDef I.B: refers to CodeList CL.NO, which is not defined",
            "Protocol : refers to StudyEventDef SE.NO, which is not defined",
            "TimingConstraint TM.1: refers to StudyEventDef SE.LATE, which is not defined",
            "StudyEventDef SE.LATE: its window counts from StudyEventDef SE.ANCHOR, which is not \
             defined",
            "Arm ARM.1: refers to Epoch EP.NO, which is not defined",
            "EditCheck CK.1: runs on group IG.OFF, which form F.1 does not have",
            "EditCheck CK.1: asks at item I.OFF, which form F.1 does not have",
            "EditCheck CK.1: runs at event SE.OFF, which is not defined",
            "EditCheck CK.1: has no message",
            "EditCheck CK.2: runs on FormDef F.OFF, which is not defined",
            "Blinding I.BLIND: names an item that is not defined",
        ]
    );
}
