//! A study with laboratory results.

use kernel::{
    DataType, StudyVersion,
    study::{
        CodeList, CodeListItem, Expression, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, MethodDef,
    },
};
use testkit::study;

/// Sex and birth date of the participant, and the day on which the specimens of the form were collected.
const WHO: &str =
    r#"value("SE.SCR", "F.DM", "SEX"), value("SE.SCR", "F.DM", "BIRTHDT"), COLLECTED"#;

const ITEMS: [(&str, DataType); 10] = [
    ("BIRTHDT", DataType::PartialDate),
    ("COLLECTED", DataType::PartialDate),
    ("TEST", DataType::Text),
    ("UNIT", DataType::Text),
    ("RESULT", DataType::Text),
    ("REMARK", DataType::Text),
    ("LOW", DataType::Decimal),
    ("HIGH", DataType::Decimal),
    ("NORMAL", DataType::Text),
    ("FLAG", DataType::Text),
];

/// The study of the test kit with a form of laboratory results.
pub(super) fn version() -> StudyVersion {
    let mut version = study::version();
    let method = |item: &str| format!("MT.{item}");
    let derived = [
        ("LOW", format!("range_low(TEST, UNIT, {WHO})")),
        ("HIGH", format!("range_high(TEST, UNIT, {WHO})")),
        ("NORMAL", format!("range_texts(TEST, UNIT, {WHO})")),
        ("FLAG", r#"range_indicator(RESULT, LOW, HIGH, coalesce(NORMAL, ""))"#.to_owned()),
    ];
    version.methods.extend(derived.iter().map(|(item, text)| MethodDef {
        oid: method(item).into(),
        expressions: vec![Expression { context: Expression::CEL.into(), text: text.clone() }],
        ..MethodDef::default()
    }));
    version.items.extend(ITEMS.map(|(name, data_type)| ItemDef {
        oid: format!("I.{name}").into(),
        name: name.into(),
        data_type,
        code_list: (name == "TEST").then(|| "CL.TEST".into()),
        ..ItemDef::default()
    }));
    let code = |code: &str| CodeListItem { coded_value: code.into(), ..CodeListItem::default() };
    version.code_lists.push(CodeList {
        oid: "CL.TEST".into(),
        items: ["GLUC", "HGB", "PROT", "K"].map(code).to_vec(),
        ..CodeList::default()
    });
    let asked = |name: &str| ItemRef {
        item: format!("I.{name}").into(),
        method: derived.iter().any(|(item, _)| *item == name).then(|| method(name).into()),
        ..ItemRef::default()
    };
    let group = |oid: &str, repeat, items: &[&str]| ItemGroupDef {
        oid: oid.into(),
        repeat,
        items: items.iter().map(|item| asked(item)).collect(),
        ..ItemGroupDef::default()
    };
    version.item_groups[0].items.push(asked("BIRTHDT"));
    version.item_groups.extend([
        group("IG.SPEC", GroupRepeat::default(), &["COLLECTED", "REMARK"]),
        group(
            "IG.LB",
            GroupRepeat::Simple,
            &["TEST", "UNIT", "RESULT", "LOW", "HIGH", "NORMAL", "FLAG"],
        ),
    ]);
    let group = |oid: &str| ItemGroupRef { group: oid.into(), ..ItemGroupRef::default() };
    version.forms.push(FormDef {
        oid: "F.LB".into(),
        groups: vec![group("IG.SPEC"), group("IG.LB")],
        ..FormDef::default()
    });
    version.events[0].forms.push(FormRef { form: "F.LB".into(), ..FormRef::default() });
    version
}
