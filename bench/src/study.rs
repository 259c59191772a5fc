//! The study of the benchmarks: thirty visits with one form of twenty items, six checks and a
//! derived item.

use kernel::{
    DataType, StudyVersion, Texts,
    study::{
        CheckAction, CheckScope, CodeList, CodeListItem, EditCheck, Expression, FormDef, FormRef,
        ItemDef, ItemGroupDef, ItemGroupRef, ItemRef, MethodDef, StudyEventDef,
    },
};

pub const STUDY: &str = "BENCH";
pub const FORM: &str = "F.VS";
pub const GROUP: &str = "IG.VS";
pub const EVENTS: u32 = 30;
pub const SITES: u32 = 100;
/// The item that is computed and never entered.
pub const DERIVED: &str = "BMI";

use DataType::{Date, Decimal, Integer, Text};

/// Name, type and code list of each item.
pub const ITEMS: [(&str, DataType, &str); 20] = [
    ("VSDAT", Date, ""),
    ("HEIGHT", Decimal, ""),
    ("WEIGHT", Decimal, ""),
    (DERIVED, Decimal, ""),
    ("TEMP", Decimal, ""),
    ("TEMPLOC", Text, "CL.TEMPLOC"),
    ("SYS1", Integer, ""),
    ("DIA1", Integer, ""),
    ("PUL1", Integer, ""),
    ("POS1", Text, "CL.POS"),
    ("SYS2", Integer, ""),
    ("DIA2", Integer, ""),
    ("PUL2", Integer, ""),
    ("POS2", Text, "CL.POS"),
    ("SYS3", Integer, ""),
    ("DIA3", Integer, ""),
    ("PUL3", Integer, ""),
    ("POS3", Text, "CL.POS"),
    ("METHOD", Text, "CL.METHOD"),
    ("NOTE", Text, ""),
];

const CODE_LISTS: [(&str, &[&str]); 3] = [
    ("CL.TEMPLOC", &["ORAL CAVITY", "EAR"]),
    ("CL.POS", &["SUPINE", "STANDING"]),
    ("CL.METHOD", &["AUTOMATED", "MANUAL"]),
];

/// Name, item and expression of each check. The last looks across the three measurements.
const CHECKS: [(&str, &str, &str); 6] = [
    ("HEIGHT", "HEIGHT", "HEIGHT >= 45.0 && HEIGHT <= 85.0"),
    ("WEIGHT", "WEIGHT", "WEIGHT >= 70.0 && WEIGHT <= 400.0"),
    ("TEMP", "TEMP", "TEMP >= 92.0 && TEMP <= 108.0"),
    ("PULSE", "PUL1", "PUL1 >= 30 && PUL1 <= 200"),
    ("PRESSURE", "SYS1", "SYS1 > DIA1"),
    ("STEADY", "SYS3", "abs(SYS1 - SYS3) < 120 && abs(SYS2 - SYS3) < 120"),
];

pub fn item_oid(name: &str) -> String {
    format!("I.VS.{name}")
}

/// Visits are named so that their order is that of their names.
pub fn event_oid(number: u32) -> String {
    format!("E.{:02}", number + 1)
}

pub fn site_oid(number: u32) -> String {
    format!("{number:03}")
}

/// The subjects of a site are those whose numbers leave the same rest.
pub fn subject_key(number: u32) -> String {
    format!("{}-{number:05}", site_oid(number % SITES))
}

/// The design.
pub fn version() -> StudyVersion {
    StudyVersion {
        study_oid: STUDY.into(),
        study_name: "Benchmark".to_owned(),
        version_oid: "V1".into(),
        version_name: "1".to_owned(),
        events: (0..EVENTS).map(event).collect(),
        forms: vec![FormDef {
            oid: FORM.into(),
            name: "Vital signs".to_owned(),
            groups: vec![ItemGroupRef { group: GROUP.into(), ..ItemGroupRef::default() }],
            ..FormDef::default()
        }],
        item_groups: vec![ItemGroupDef {
            oid: GROUP.into(),
            name: "Vital signs".to_owned(),
            items: ITEMS.iter().map(|(name, ..)| reference(name)).collect(),
            ..ItemGroupDef::default()
        }],
        items: ITEMS.iter().map(|(name, kind, codes)| item(name, *kind, codes)).collect(),
        code_lists: CODE_LISTS.iter().map(|(oid, codes)| code_list(oid, codes)).collect(),
        methods: vec![MethodDef {
            oid: "MT.BMI".into(),
            name: "Body mass index from inches and pounds".to_owned(),
            kind: "Computation".to_owned(),
            expressions: vec![cel("round_half_up(703 * WEIGHT / (HEIGHT * HEIGHT), 1)")],
            ..MethodDef::default()
        }],
        checks: CHECKS.iter().map(|(name, item, text)| check(name, item, text)).collect(),
        visit_dates: vec![item_oid("VSDAT").into()],
        ..StudyVersion::default()
    }
}

fn event(number: u32) -> StudyEventDef {
    StudyEventDef {
        oid: event_oid(number).into(),
        name: format!("Visit {}", number + 1),
        forms: vec![FormRef { form: FORM.into(), mandatory: true, ..FormRef::default() }],
        ..StudyEventDef::default()
    }
}

fn reference(name: &str) -> ItemRef {
    let method = (name == DERIVED).then(|| "MT.BMI".into());
    ItemRef { item: item_oid(name).into(), method, ..ItemRef::default() }
}

fn item(name: &str, data_type: DataType, code_list: &str) -> ItemDef {
    ItemDef {
        oid: item_oid(name).into(),
        name: name.to_owned(),
        data_type,
        code_list: (!code_list.is_empty()).then(|| code_list.into()),
        ..ItemDef::default()
    }
}

fn code_list(oid: &str, codes: &[&str]) -> CodeList {
    let code = |code: &&str| CodeListItem {
        coded_value: (*code).to_owned(),
        decode: Texts::one("en", *code),
        ..CodeListItem::default()
    };
    CodeList {
        oid: oid.into(),
        name: oid.to_owned(),
        items: codes.iter().map(code).collect(),
        ..CodeList::default()
    }
}

fn check(name: &str, item: &str, expression: &str) -> EditCheck {
    EditCheck {
        oid: format!("CK.{name}").into(),
        name: name.to_owned(),
        scope: CheckScope::Form,
        action: CheckAction::Query,
        form: FORM.into(),
        item: item_oid(item).into(),
        expression: cel(expression),
        message: Texts::one("en", format!("Please check {item}.")),
        ..EditCheck::default()
    }
}

fn cel(text: &str) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text: text.to_owned() }
}
