//! A casebook small enough to be written in a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kernel::{Datum, MissingReason, PartialDate};
use rules::{Catalogue, Expect, Facts, Outcome, Scope, Type, compile};

/// Facts of one participant at one visit.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub items: BTreeMap<String, Datum>,
    pub previous: BTreeMap<String, Datum>,
    pub rows: BTreeMap<String, Vec<Datum>>,
    pub reference_date: Option<PartialDate>,
}

impl Facts for Record {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.items.get(name)
    }

    fn previous(&self, item: &str) -> Option<Datum> {
        self.previous.get(item).cloned()
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        ((event, form, item) == ("SE.SCREEN", "F.DM", "BIRTHDT"))
            .then(|| Datum::value("1940-07-15"))
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        match (event, form, item) {
            ("SE.SCREEN", "F.DM", "BIRTHDT") => Some(Datum::value("1940-07-16")),
            ("SE.WEEK2", "F.VS", "WEIGHT") => Some(Datum::value("70.0")),
            _ => None,
        }
    }

    fn rows(&self, item: &str) -> Vec<Datum> {
        self.rows.get(item).cloned().unwrap_or_default()
    }

    fn count(&self, form: &str) -> u32 {
        if form == "F.AE" { 3 } else { 0 }
    }

    fn others(&self, items: &[String]) -> u32 {
        if items == ["SEX", "GRADE"] { 2 } else { 0 }
    }

    fn reference_date(&self) -> Option<PartialDate> {
        self.reference_date
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        list == "CL.SEX" && ["F", "M"].contains(&value)
            || list == "CL.GRADE" && ["1", "2", "3"].contains(&value)
    }
}

/// A vital signs visit. PULSE is blank, RESP was not done, ENDDT is known to the month.
pub fn record() -> Record {
    let given = [
        ("SYSBP", "128"),
        ("DIABP", "81"),
        ("TEMP", "36.8"),
        ("WEIGHT", "71.5"),
        ("HEIGHT", "172"),
        ("DOSE", "0.1"),
        ("EXTRA", "0.2"),
        ("SEX", "F"),
        ("PREG", "N"),
        ("SMOKER", "true"),
        ("VISITDT", "2014-02-03"),
        ("CONSENTDT", "2014-01-02"),
        ("BIRTHDT", "1940-07"),
        ("ENDDT", "2014-02"),
        ("DOSETM", "08:30"),
        ("SAMPLETM", "09:15:30"),
        ("DOSEDTM", "2014-02-03T08:30"),
        ("SAMPLEDTM", "2014-02-03T10:00"),
        ("ZONEDDTM", "2014-02-03T10:00:00+08:00"),
        ("COMMENT", "头痛😀 mild"),
        ("GRADE", "2"),
        ("SCORE", "3"),
        ("LBORRES", "<0.2"),
        ("BAD", "not a number"),
        ("BIG", "9223372036854775807"),
    ];
    let rows = |texts: &[&str]| texts.iter().map(|text| Datum::value(*text)).collect::<Vec<_>>();
    let mut record = Record {
        items: given.iter().map(|(name, text)| ((*name).into(), Datum::value(*text))).collect(),
        previous: BTreeMap::from([("WEIGHT".into(), Datum::value("80.0"))]),
        rows: BTreeMap::from([
            ("AEDOSE".into(), rows(&["0.1", "0.2", "0.4"])),
            ("AEGRADE".into(), rows(&["1", "3", "2"])),
        ]),
        reference_date: PartialDate::parse("2014-02-01"),
    };
    record.items.insert("RESP".into(), Datum::Missing(MissingReason::NotDone));
    record.rows.entry("AEGRADE".into()).or_default().push(Datum::Missing(MissingReason::Unknown));
    record
}

pub const ITEMS: [(&str, Type); 27] = [
    ("SYSBP", Type::Int),
    ("DIABP", Type::Int),
    ("PULSE", Type::Int),
    ("RESP", Type::Int),
    ("TEMP", Type::Dec),
    ("WEIGHT", Type::Dec),
    ("HEIGHT", Type::Int),
    ("DOSE", Type::Dec),
    ("EXTRA", Type::Dec),
    ("SEX", Type::Text),
    ("PREG", Type::Text),
    ("SMOKER", Type::Bool),
    ("VISITDT", Type::Date),
    ("CONSENTDT", Type::Date),
    ("BIRTHDT", Type::Date),
    ("ENDDT", Type::Date),
    ("DOSETM", Type::Time),
    ("SAMPLETM", Type::Time),
    ("DOSEDTM", Type::DateTime),
    ("SAMPLEDTM", Type::DateTime),
    ("ZONEDDTM", Type::DateTime),
    ("COMMENT", Type::Text),
    ("GRADE", Type::Int),
    ("SCORE", Type::Text),
    ("LBORRES", Type::Text),
    ("BAD", Type::Int),
    ("BIG", Type::Int),
];

pub fn scope() -> Scope {
    let names = |items: &[(&str, Type)]| {
        items.iter().map(|(name, of)| ((*name).to_owned(), *of)).collect::<BTreeMap<_, _>>()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let catalogue = Catalogue {
        events: BTreeMap::from([
            ("SE.SCREEN".into(), set(&["F.DM", "F.VS"])),
            ("SE.WEEK2".into(), set(&["F.VS"])),
        ]),
        forms: BTreeMap::from([
            ("F.DM".into(), names(&[("BIRTHDT", Type::Date)])),
            ("F.VS".into(), names(&[("WEIGHT", Type::Dec)])),
            ("F.AE".into(), BTreeMap::new()),
        ]),
        code_lists: BTreeMap::from([
            ("CL.SEX".into(), set(&["F", "M"])),
            ("CL.GRADE".into(), set(&["1", "2", "3"])),
        ]),
    };
    ITEMS
        .iter()
        .fold(Scope::new(), |scope, (name, of)| scope.with(*name, *of))
        .with_rows("AEDOSE", Type::Dec)
        .with_rows("AEGRADE", Type::Int)
        .with_rows("AETERM", Type::Text)
        .with_catalogue(Arc::new(catalogue))
}

/// What a rule says of [`record`].
pub fn outcome(text: &str) -> Outcome {
    match compile(text, &scope(), Expect::Any) {
        Ok(rule) => rule.evaluate(&record()),
        Err(faults) => panic!("{text}: {faults:?}"),
    }
}
