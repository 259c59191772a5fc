//! Random rules: what is written and read back decides alike for random answers.

use std::{collections::HashMap, sync::Arc};

use kernel::{
    DataType, Datum, StudyVersion, Texts,
    study::{
        ConditionDef, Design, EditCheck, Expression, FormDef, FormRef, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, MethodDef, StudyEventDef,
    },
};
use proptest::prelude::*;
use rules::{Catalogue, Expect, Facts, Outcome, Scope, compile};

use super::{back, written};

/// The items of the form about which laws are tried.
const ITEMS: [(&str, DataType); 11] = [
    ("a", DataType::Integer),
    ("b", DataType::Decimal),
    ("t", DataType::Text),
    ("u", DataType::Text),
    ("o", DataType::Boolean),
    ("d", DataType::Date),
    ("e", DataType::Date),
    ("k___x", DataType::Boolean),
    ("k___y", DataType::Boolean),
    ("derived", DataType::Decimal),
    ("last", DataType::Text),
];

/// A study of one form with a check of `a`, a condition of `last` and a derivation.
fn small(check: &str, condition: &str, derivation: &str) -> Design {
    let cel = |text: &str| Expression { context: "CEL".to_owned(), text: text.to_owned() };
    let items: Vec<ItemDef> = ITEMS
        .iter()
        .map(|(name, data_type)| ItemDef {
            oid: (*name).into(),
            name: (*name).to_owned(),
            data_type: *data_type,
            question: Texts::one("en", format!("Question: {name}")),
            ..ItemDef::default()
        })
        .collect();
    let refs = items.iter().map(|item| ItemRef {
        item: item.oid.clone(),
        method: (item.name == "derived").then(|| "M".into()),
        exception: (item.name == "last").then(|| "C".into()),
        ..ItemRef::default()
    });
    let group = ItemGroupDef {
        oid: "G".into(),
        name: "G".into(),
        items: refs.collect(),
        ..ItemGroupDef::default()
    };
    let form = FormDef {
        oid: "F".into(),
        groups: vec![ItemGroupRef { group: "G".into(), ..ItemGroupRef::default() }],
        ..FormDef::default()
    };
    let event = StudyEventDef {
        oid: "E".into(),
        forms: vec![FormRef { form: "F".into(), ..FormRef::default() }],
        ..StudyEventDef::default()
    };
    Design::new(Arc::new(StudyVersion {
        study_oid: "S".into(),
        events: vec![event],
        forms: vec![form],
        item_groups: vec![group],
        items,
        conditions: vec![ConditionDef {
            oid: "C".into(),
            expressions: vec![cel(condition)],
            ..ConditionDef::default()
        }],
        methods: vec![MethodDef {
            oid: "M".into(),
            expressions: vec![cel(derivation)],
            ..MethodDef::default()
        }],
        checks: vec![EditCheck {
            oid: "K".into(),
            form: "F".into(),
            item: "a".into(),
            expression: cel(check),
            ..EditCheck::default()
        }],
        ..StudyVersion::default()
    }))
}

#[derive(Debug)]
struct Answers(HashMap<&'static str, Datum>);

impl Facts for Answers {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.0.get(name)
    }
}

fn answers() -> impl Strategy<Value = Answers> {
    let some = |texts: &'static [&'static str]| {
        prop::option::weighted(0.7, prop::sample::select(texts).prop_map(Datum::value)).boxed()
    };
    // A choice is ticked or not, never blank.
    let ticked = || {
        prop::sample::select(&["true", "false"][..]).prop_map(|one| Some(Datum::value(one))).boxed()
    };
    let dates = &["1999-12-31", "2000-01-01", "2000-03-01"];
    let values = vec![
        some(&["-1", "0", "1", "2", "7"]),
        some(&["-1.5", "0", "1", "2.25"]),
        some(&["x", "y", "it's"]),
        some(&["x", "y", "xyz"]),
        some(&["true", "false"]),
        some(dates),
        some(dates),
        ticked(),
        ticked(),
    ];
    values.prop_map(|values| {
        let named = ITEMS.iter().map(|(name, _)| *name).zip(values);
        Answers(named.filter_map(|(name, value)| Some((name, value?))).collect())
    })
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&["a", "b", "1", "2.5", "0"][..]).prop_map(str::to_owned);
    leaf.prop_recursive(2, 6, 2, |inner| {
        let sign = prop::sample::select(&["+", "-", "*"][..]);
        prop_oneof![
            (inner.clone(), sign, inner.clone()).prop_map(|(l, s, r)| format!("({l} {s} {r})")),
            inner.clone().prop_map(|one| format!("abs({one})")),
            inner.clone().prop_map(|one| format!("round_half_up({one}, 1)")),
            inner.clone().prop_map(|one| format!("({one} / 2)")),
            (truth(), inner.clone(), inner).prop_map(|(c, l, r)| format!("({c} ? {l} : {r})")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    prop::sample::select(
        &[
            "a > 1",
            "b <= 0",
            "a != b",
            "a == 2",
            "t == \"x\"",
            "t != \"it's\"",
            "t == u",
            "t in [\"x\", \"y\"]",
            "o",
            "coalesce(o, false)",
            "coalesce(k___x, false)",
            "k___y",
            "missing(a)",
            "answered(b)",
            "missing(t)",
            "answered(o)",
            "missing(o)",
            "d < e",
            "d >= date(\"2000-01-01\")",
            "days_between(d, e) > 1",
            "matches(u, \"^(?:x.*)$\")",
            "starts_with(u, \"x\")",
            "length(u) > 1",
            "true",
        ][..],
    )
    .prop_map(str::to_owned)
}

fn rule() -> impl Strategy<Value = String> {
    let compared = (number(), prop::sample::select(&["<", ">=", "==", "!="][..]), number())
        .prop_map(|(l, s, r)| format!("{l} {s} {r}"));
    let leaf = prop_oneof![4 => truth(), 1 => compared];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l} && {r})")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l} || {r})")),
            inner.clone().prop_map(|one| format!("!({one})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(c, l, r)| format!("({c} ? {l} : {r})")),
        ]
    })
}

/// What an expression of a version comes to; `None` for one that is over the limits of expressions.
fn outcome(design: &Design, text: &str, expect: Expect, answers: &Answers) -> Option<Outcome> {
    let catalogue = Catalogue::of(design);
    let form = &design.version().forms[0].oid;
    let scope = Scope::of_form(design, &catalogue, form, None);
    match compile(text, &scope, expect) {
        Ok(rule) => Some(rule.evaluate(answers)),
        Err(why) => {
            let is_large = why.iter().all(|one| one.message_en.contains("at most"));
            assert!(is_large, "{text}: {why:?}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_back_decides_alike(
        check in rule(),
        condition in rule(),
        derivation in number(),
        answers in prop::collection::vec(answers(), 12),
    ) {
        let design = small(&check, &condition, &derivation);
        let out = written(&design, &"F".into());
        let again = Design::new(Arc::new(back(&out)));
        let unsaid = |part: &str| out.findings.iter().any(|one| one.text.contains(part));
        let after = again.version();
        for answers in &answers {
            let decided = |design: &Design, text: &str| outcome(design, text, Expect::Bool, answers);
            if !unsaid("condition C") {
                let found = after.conditions.iter().find(|one| one.oid.as_str() == "REL.last");
                let is_hidden = match found {
                    Some(one) => decided(&again, &one.expressions[0].text),
                    None => Some(Outcome::False),
                };
                let meant = decided(&design, &condition) == Some(Outcome::True);
                if let Some(is_hidden) = is_hidden {
                    prop_assert_eq!(is_hidden == Outcome::True, meant, "{}: {:?}", condition, found);
                }
            }
            if !unsaid("check K") {
                let all: Option<Vec<Outcome>> =
                    after.checks.iter().map(|one| decided(&again, &one.expression.text)).collect();
                let meant = decided(&design, &check) == Some(Outcome::False);
                // What is never right for a blank answer makes the item mandatory.
                let (_, item) = again.shape(&"F".into()).unwrap().items().next().unwrap();
                let is_missed = item.mandatory && answers.item("a").is_none();
                if let Some(all) = all {
                    prop_assert_eq!(is_missed || all.contains(&Outcome::False), meant, "{}: {:?}", check, after.checks);
                }
            }
            if !unsaid("derived by M") {
                let text = &after.methods[0].expressions[0].text;
                let value = |outcome: Outcome| match outcome {
                    Outcome::Value(text) => Some(text.parse::<f64>().unwrap()),
                    _ => None,
                };
                let meant = outcome(&design, &derivation, Expect::Any, answers).map(value);
                if let Some(computed) = outcome(&again, text, Expect::Any, answers) {
                    prop_assert_eq!(Some(value(computed)), meant, "{}: {}", derivation, text);
                }
            }
        }
    }
}
