//! A small study that has one of everything.
//!
//! | event | when | forms |
//! |---|---|---|
//! | `SE.SCR` | | `F.DM` demography, `F.VS` vital signs |
//! | `SE.W2` | 14 days after `SE.SCR`, 2 days before to 3 after | `F.VS`, `F.IP` (blinded) |
//! | `SE.AE` | common | `F.AE`, which repeats |
//!
//! `I.BMI` is derived, `I.PREGNANT` is not collected of men, `I.WEIGHT` has a soft range, `IG.BP`
//! repeats and has at most three rows, `I.KIT` reveals the arm.

use kernel::{
    DataType, ItemOid, StudyVersion, Texts,
    study::{
        CheckAction, CheckScope, CodeList, CodeListItem, Comparator, ConditionDef, Criterion,
        CriterionKind, EditCheck, Expression, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, MethodDef, RangeCheck, SdvRule, StudyEventDef, StudyEventKind,
        StudyEventRef, TimingConstraint, UnitDef,
    },
};

/// The OID of the study.
pub const STUDY: &str = "ST.VIGOR";

/// The design of the study.
pub fn version() -> StudyVersion {
    let mut version = StudyVersion {
        study_oid: STUDY.into(),
        study_name: "VIGOR".into(),
        study_description: both("Vigour at rest", "静息活力"),
        protocol_name: "VIGOR-1".into(),
        version_oid: "MDV.1".into(),
        version_name: "Version 1".into(),
        units: vec![unit("U.KG", "kg"), unit("U.CM", "cm")],
        events: events(),
        forms: forms(),
        item_groups: item_groups(),
        items: items(),
        code_lists: vec![sexes()],
        methods: vec![MethodDef {
            oid: "MT.BMI".into(),
            name: "Body mass index".into(),
            kind: "Computation".into(),
            expressions: vec![cel(
                "round_half_up(WEIGHT / ((HEIGHT / 100.0) * (HEIGHT / 100.0)), 1)",
            )],
            ..MethodDef::default()
        }],
        conditions: vec![ConditionDef {
            oid: "CD.MAN".into(),
            name: "Not asked of men".into(),
            expressions: vec![cel("SEX == \"M\"")],
            ..ConditionDef::default()
        }],
        checks: checks(),
        visit_dates: vec!["I.VSDT".into()],
        ..StudyVersion::default()
    };
    version.protocol.event_refs = ["SE.SCR", "SE.W2", "SE.AE"].map(event_ref).to_vec();
    version.protocol.timings = vec![TimingConstraint {
        oid: "TM.W2".into(),
        name: "Week 2".into(),
        event: "SE.W2".into(),
        anchor: "SE.SCR".into(),
        offset_days: 14,
        window_before_days: 2,
        window_after_days: 3,
        ..TimingConstraint::default()
    }];
    version.protocol.criteria = criteria();
    version.blinding.items = vec!["I.KIT".into()];
    version.sdv.rules = vec![SdvRule {
        form: Some("F.VS".into()),
        items: vec!["I.WEIGHT".into(), "I.HEIGHT".into()],
        percent: 100,
    }];
    version
}

fn events() -> Vec<StudyEventDef> {
    let event = |oid: &str, name: &str, kind, forms: &[(&str, bool)]| StudyEventDef {
        oid: oid.into(),
        name: name.into(),
        kind,
        description: Texts::one("en", name),
        forms: forms
            .iter()
            .map(|(form, mandatory)| FormRef {
                form: (*form).into(),
                mandatory: *mandatory,
                ..FormRef::default()
            })
            .collect(),
        ..StudyEventDef::default()
    };
    vec![
        event("SE.SCR", "Screening", StudyEventKind::Scheduled, &[("F.DM", true), ("F.VS", true)]),
        event("SE.W2", "Week 2", StudyEventKind::Scheduled, &[("F.VS", true), ("F.IP", false)]),
        event("SE.AE", "Adverse events", StudyEventKind::Common, &[("F.AE", false)]),
    ]
}

fn event_ref(event: &str) -> StudyEventRef {
    StudyEventRef { event: event.into(), mandatory: event != "SE.AE", ..StudyEventRef::default() }
}

fn forms() -> Vec<FormDef> {
    let form = |oid: &str, name: &str, repeating, groups: &[&str]| FormDef {
        oid: oid.into(),
        name: name.into(),
        repeating,
        description: Texts::one("en", name),
        groups: groups
            .iter()
            .map(|group| ItemGroupRef { group: (*group).into(), ..ItemGroupRef::default() })
            .collect(),
        ..FormDef::default()
    };
    vec![
        form("F.DM", "Demography", false, &["IG.DM"]),
        form("F.VS", "Vital signs", false, &["IG.VS", "IG.BP"]),
        form("F.AE", "Adverse event", true, &["IG.AE"]),
        form("F.IP", "Study drug", false, &["IG.IP"]),
    ]
}

fn item_groups() -> Vec<ItemGroupDef> {
    let group = |oid: &str, items: Vec<ItemRef>| ItemGroupDef {
        oid: oid.into(),
        name: oid.into(),
        items,
        ..ItemGroupDef::default()
    };
    let asked =
        |item: &str, mandatory| ItemRef { item: item.into(), mandatory, ..ItemRef::default() };
    let pregnant = ItemRef { exception: Some("CD.MAN".into()), ..asked("I.PREGNANT", true) };
    let bmi = ItemRef { method: Some("MT.BMI".into()), ..asked("I.BMI", false) };
    let vital = ["I.VSDT", "I.HEIGHT", "I.WEIGHT"].map(|item| asked(item, item != "I.HEIGHT"));
    vec![
        group("IG.DM", vec![asked("I.SEX", true), asked("I.BIRTHYR", true), pregnant]),
        group("IG.VS", vital.into_iter().chain([bmi]).collect()),
        ItemGroupDef {
            repeat: GroupRepeat::Simple,
            repeat_limit: Some(3),
            ..group("IG.BP", vec![asked("I.SYSBP", false), asked("I.DIABP", false)])
        },
        group("IG.AE", vec![asked("I.AETERM", true), asked("I.AESTDT", false)]),
        group("IG.IP", vec![asked("I.KIT", false), asked("I.DOSES", false)]),
    ]
}

fn items() -> Vec<ItemDef> {
    use DataType as T;
    let mut items: Vec<ItemDef> = [
        ("I.SEX", T::Text),
        ("I.BIRTHYR", T::Integer),
        ("I.PREGNANT", T::Boolean),
        ("I.VSDT", T::Date),
        ("I.HEIGHT", T::Decimal),
        ("I.WEIGHT", T::Decimal),
        ("I.BMI", T::Decimal),
        ("I.SYSBP", T::Integer),
        ("I.DIABP", T::Integer),
        ("I.AETERM", T::Text),
        ("I.AESTDT", T::PartialDate),
        ("I.KIT", T::Text),
        ("I.DOSES", T::Integer),
    ]
    .into_iter()
    .map(|(oid, data_type)| ItemDef {
        oid: oid.into(),
        name: oid.trim_start_matches("I.").into(),
        data_type,
        question: both(oid, oid),
        ..ItemDef::default()
    })
    .collect();
    for item in &mut items {
        match item.oid.as_str() {
            "I.SEX" => item.code_list = Some("CL.SEX".into()),
            "I.BIRTHYR" => item.range_checks = vec![limit(Comparator::Ge, "1900", true)],
            "I.HEIGHT" => item.units = vec!["U.CM".into()],
            "I.WEIGHT" => {
                item.units = vec!["U.KG".into()];
                item.significant_digits = Some(1);
                item.range_checks =
                    vec![limit(Comparator::Ge, "30", false), limit(Comparator::Le, "250", false)];
            }
            _ => {}
        }
    }
    items
}

fn limit(comparator: Comparator, value: &str, hard: bool) -> RangeCheck {
    RangeCheck {
        comparator: Some(comparator),
        values: vec![value.into()],
        hard,
        ..RangeCheck::default()
    }
}

fn sexes() -> CodeList {
    let item = |code: &str, en: &str, zh: &str| CodeListItem {
        coded_value: code.into(),
        decode: both(en, zh),
        ..CodeListItem::default()
    };
    CodeList {
        oid: "CL.SEX".into(),
        name: "Sex".into(),
        items: vec![item("M", "Male", "男"), item("F", "Female", "女")],
        ..CodeList::default()
    }
}

fn checks() -> Vec<EditCheck> {
    let check = |oid: &str, scope, form: &str, item: &str, expression: &str| EditCheck {
        oid: oid.into(),
        name: oid.into(),
        scope,
        form: form.into(),
        item: ItemOid::new(item),
        expression: cel(expression),
        message: both(&format!("{oid} does not hold"), &format!("{oid} 不成立")),
        ..EditCheck::default()
    };
    let far = "abs(WEIGHT - first(\"SE.SCR\", \"F.VS\", \"WEIGHT\")) <= 10.0";
    vec![
        EditCheck {
            group: Some("IG.BP".into()),
            ..check("CK.BP", CheckScope::Item, "F.VS", "I.SYSBP", "SYSBP > DIABP")
        },
        check(
            "CK.BOTH",
            CheckScope::Form,
            "F.VS",
            "I.WEIGHT",
            "missing(HEIGHT) || answered(WEIGHT)",
        ),
        EditCheck {
            events: vec!["SE.W2".into()],
            ..check("CK.FAR", CheckScope::Across, "F.VS", "I.WEIGHT", far)
        },
        EditCheck {
            action: CheckAction::Refuse,
            ..check(
                "CK.OLD",
                CheckScope::Form,
                "F.AE",
                "I.AESTDT",
                "AESTDT >= date(\"2020-01-01\")",
            )
        },
        EditCheck {
            blinded: true,
            ..check("CK.KIT", CheckScope::Form, "F.IP", "I.DOSES", "KIT != \"LOST\" || DOSES == 0")
        },
    ]
}

fn criteria() -> Vec<Criterion> {
    let born = "first(\"SE.SCR\", \"F.DM\", \"BIRTHYR\") <= 2000";
    vec![
        Criterion {
            oid: "IN.1".into(),
            name: "Inclusion 1".into(),
            kind: CriterionKind::Inclusion,
            text: both("Born in 2000 or before", "2000年或之前出生"),
            expression: Some(cel(born)),
            ..Criterion::default()
        },
        Criterion {
            oid: "EX.1".into(),
            name: "Exclusion 1".into(),
            kind: CriterionKind::Exclusion,
            text: both("Unable to follow the protocol", "无法遵循方案"),
            ..Criterion::default()
        },
    ]
}

fn unit(oid: &str, ucum: &str) -> UnitDef {
    UnitDef {
        oid: oid.into(),
        name: ucum.into(),
        symbol: Texts::one("en", ucum),
        ucum: Some(ucum.into()),
        ..UnitDef::default()
    }
}

fn cel(text: &str) -> Expression {
    Expression { context: Expression::CEL.into(), text: text.into() }
}

fn both(en: &str, zh: &str) -> Texts {
    let mut texts = Texts::one("en", en);
    texts.set("zh-CN", zh);
    texts
}
