//! A form in the design template of OpenClinica: what is asked, when, how it is checked, and what is listed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashMap, sync::Arc};

use calamine::{Reader as _, Xlsx};
use formats::{
    DefinitionFile, Finding, ImportedDesign, Severity,
    openclinica::{Template, to_study},
    read_definition,
};
use kernel::{
    DataType, Datum, StudyVersion,
    study::{Comparator, Design, GroupRepeat, ItemDef, faults},
};
use rules::{Catalogue, Expect, Facts, Outcome, Scope, compile};

fn content(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/openclinica");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

fn imported(name: &str) -> ImportedDesign {
    to_study(&Template::read(content(name).as_slice(), name).unwrap(), "TRIAL")
}

fn version() -> StudyVersion {
    imported("vital_signs.xls").versions.remove(0).version
}

fn item<'v>(version: &'v StudyVersion, name: &str) -> &'v ItemDef {
    version.items.iter().find(|item| item.name == name).unwrap()
}

#[test]
fn a_workbook_of_before_2007_and_one_of_after_are_the_same_form() {
    let (old, new) = (imported("vital_signs.xls"), imported("vital_signs.xlsx"));
    assert_eq!(old.versions[0].version, new.versions[0].version);
    let said = |one: &ImportedDesign| -> Vec<(String, String)> {
        one.warnings.iter().map(|found| (found.about.clone(), found.text.clone())).collect()
    };
    assert_eq!(said(&old), said(&new));
    assert_eq!(faults(&Design::new(Arc::new(old.versions[0].version.clone()))), []);
}

#[test]
fn sheets_tell_it_apart_from_an_xlsform() {
    for name in ["vital_signs.xls", "vital_signs.xlsx"] {
        let content = content(name);
        let file = DefinitionFile { name, content: &content };
        let read = read_definition(&[file], Some("TRIAL")).unwrap();
        assert_eq!(read.version, version());
        assert_eq!(read.version.forms[0].oid.as_str(), "F_VITALSIGNS");
        assert_eq!(read.place("ItemDef", "I_VITAL_SEX"), Some((name, 2)));
    }
}

#[test]
fn items_have_their_texts_types_units_and_options() {
    let version = version();
    let weight = item(&version, "WEIGHT");
    assert_eq!(weight.oid.as_str(), "I_VITAL_WEIGHT");
    assert_eq!(
        (weight.data_type, weight.length, weight.significant_digits),
        (DataType::Decimal, Some(5), Some(1))
    );
    assert_eq!(weight.question.in_lang("en"), Some("1.1 Weight"));
    assert_eq!(weight.description.in_lang("en"), Some("What WEIGHT is"));
    assert_eq!(version.units[0].symbol.in_lang("en"), Some("kg"));
    assert_eq!(weight.units, [version.units[0].oid.clone()]);
    assert_eq!(item(&version, "HEIGHT").instructions.in_lang("en"), Some("without shoes"));
    assert_eq!(
        (item(&version, "HEIGHT").length, item(&version, "CODE").length),
        (Some(3), Some(20))
    );
    let types = ["START", "SCAN", "PREG", "BMI", "CODE"].map(|name| item(&version, name).data_type);
    assert_eq!(
        types,
        [
            DataType::PartialDate,
            DataType::File,
            DataType::Integer,
            DataType::Decimal,
            DataType::Text
        ]
    );
    // A response label is defined once, and used again.
    let lists: Vec<_> =
        ["PREG", "NY"].iter().map(|name| item(&version, name).code_list.clone()).collect();
    assert_eq!(lists[0], lists[1]);
    let list = version.code_lists.iter().find(|list| Some(&list.oid) == lists[0].as_ref()).unwrap();
    let options: Vec<_> = list
        .items
        .iter()
        .map(|one| (one.coded_value.as_str(), one.decode.in_lang("en").unwrap()))
        .collect();
    assert_eq!(options, [("0", "No"), ("1", "Yes")]);
    let ticked: Vec<_> =
        version.items.iter().filter(|one| one.name.starts_with("SYMPTOMS___")).collect();
    assert_eq!(ticked.len(), 3);
    assert_eq!(ticked[1].question.in_lang("en"), Some("Symptoms: Pain, mild"));
    assert_eq!(item(&version, "CODE").aliases[0].context, "OpenClinica:PHI");
}

#[test]
fn sections_groups_and_headers_begin_item_groups() {
    let version = version();
    let groups: Vec<_> = version
        .item_groups
        .iter()
        .map(|group| {
            let said = group.description.in_lang("en").unwrap_or_default();
            (group.oid.as_str(), said, group.repeat, group.repeat_limit, group.items.len())
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("IG_VITAL_BODY", "Vital signs", GroupRepeat::No, None, 5),
            ("IG_VITAL_BODY_2", "Device: as on its label", GroupRepeat::No, None, 7),
            ("IG_VITAL_DRUGS", "Medication: Drugs", GroupRepeat::Simple, Some(10), 3),
            ("IG_VITAL_UNGROUPED", "", GroupRepeat::No, None, 3),
        ]
    );
    let mandatory: Vec<_> = version
        .item_groups
        .iter()
        .flat_map(|group| &group.items)
        .filter(|one| one.mandatory)
        .map(|one| one.item.as_str())
        .collect();
    assert_eq!(mandatory, ["I_VITAL_SEX", "I_VITAL_DRUG"]);
}

struct Answers(HashMap<&'static str, Datum>);

impl Facts for Answers {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.0.get(name)
    }

    fn rows(&self, item: &str) -> Vec<Datum> {
        if item == "DOSE" { vec![Datum::value("1.5"), Datum::value("2")] } else { Vec::new() }
    }
}

fn outcome(text: &str, expect: Expect, answers: &[(&'static str, &str)]) -> Outcome {
    let design = Design::new(Arc::new(version()));
    let catalogue = Catalogue::of(&design);
    let scope = Scope::of_form(&design, &catalogue, &"F_VITALSIGNS".into(), None);
    let answers = answers.iter().map(|(name, text)| (*name, Datum::value(*text))).collect();
    compile(text, &scope, expect).unwrap().evaluate(&Answers(answers))
}

#[test]
fn validations_calculations_and_displays_decide_as_they_say() {
    let version = version();
    let limits: Vec<_> = item(&version, "WEIGHT")
        .range_checks
        .iter()
        .map(|check| (check.comparator.unwrap(), check.values[0].as_str(), check.hard))
        .collect();
    assert_eq!(limits, [(Comparator::Ge, "30", false), (Comparator::Le, "250", false)]);
    let said = item(&version, "WEIGHT").range_checks[0].message.in_lang("en");
    assert_eq!(said, Some("Weight is 30 to 250 kg"));

    assert_eq!(version.checks.len(), 1, "the pattern that only Java knows is left out");
    let check = &version.checks[0].expression.text;
    for (code, expected) in
        [("ABC-12", Outcome::True), ("xABC-12", Outcome::False), ("ABC", Outcome::False)]
    {
        assert_eq!(outcome(check, Expect::Bool, &[("CODE", code)]), expected, "{code}");
    }
    assert_eq!(outcome(check, Expect::Bool, &[]), Outcome::True);

    let method = |name: &str| {
        let oid = version
            .item_groups
            .iter()
            .flat_map(|group| &group.items)
            .find(|one| one.item == item(&version, name).oid)
            .and_then(|one| one.method.clone());
        oid.and_then(|oid| version.methods.iter().find(|method| method.oid == oid))
            .map(|method| method.expressions[0].text.clone())
    };
    let bmi = outcome(&method("BMI").unwrap(), Expect::Any, &[("WEIGHT", "70"), ("HEIGHT", "175")]);
    assert_eq!(bmi, Outcome::Value("22.86".to_owned()));
    let blank = outcome(&method("BMI").unwrap(), Expect::Any, &[("WEIGHT", "70")]);
    assert!(matches!(blank, Outcome::NotEvaluated { .. }), "{blank:?}");
    let total = outcome(&method("TOTAL").unwrap(), Expect::Any, &[]);
    let Outcome::Value(total) = total else { panic!("{total:?}") };
    assert_eq!(total.parse::<f64>(), Ok(3.5));
    assert_eq!(method("SPREAD"), None);

    let hidden = &version.conditions[0].expressions[0].text;
    assert_eq!(outcome(hidden, Expect::Bool, &[("SEX", "M")]), Outcome::True);
    assert_eq!(outcome(hidden, Expect::Bool, &[("SEX", "F")]), Outcome::False);
    assert_eq!(outcome(hidden, Expect::Bool, &[]), Outcome::True);
}

#[test]
fn what_is_not_said_is_listed_with_its_sheet_row_and_column() {
    let found = imported("vital_signs.xlsx").warnings;
    let has = |about: &str, part: &str| {
        assert!(
            found
                .iter()
                .any(|one| one.about == about && one.text.contains(part) && one.line.is_some()),
            "{about}: {part}: {found:#?}"
        );
    };
    has("Sections, INSTRUCTIONS (D2)", "not shown");
    has("Groups, GROUP_REPEAT_NUMBER (D3)", "one row");
    has("Items, RESPONSE_LAYOUT (R2)", "layout is ours");
    has("Items, VALIDATION (V8)", "(?=a)b");
    has("Items, DEFAULT_VALUE (S11)", "starts blank");
    has("Items, RESPONSE_VALUES_OR_CALCULATIONS (Q16)", "stdev has no counterpart");
    has("Items, ITEM_DISPLAY_STATUS (Z17)", "by rules");
    has("Items, PHI (X7)", "health information");
    has("Items, SIMPLE_CONDITIONAL_DISPLAY (AA3)", "message is not used");
    assert!(found.iter().all(|one: &Finding| one.severity != Severity::Error));
}

/// The form with one cell changed.
fn with(sheet: &str, (row, column): (u32, u16), text: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let mut read = Xlsx::new(std::io::Cursor::new(content("vital_signs.xlsx"))).unwrap();
    for name in read.sheet_names() {
        let page = book.add_worksheet().set_name(&name).unwrap();
        for (at, line) in read.worksheet_range(&name).unwrap().rows().enumerate() {
            for (place, cell) in line.iter().enumerate() {
                let at = (u32::try_from(at).unwrap(), u16::try_from(place).unwrap());
                let is_changed = name == sheet && at == (row, column);
                let said = if is_changed { text.to_owned() } else { cell.to_string() };
                page.write(at.0, at.1, said).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn what_openclinica_itself_rejects_refuses_the_file() {
    for (sheet, cell, text, about, part) in [
        ("Items", (3, 0), "SEX", "Items, ITEM_NAME (A4)", "another item"),
        ("Items", (1, 13), "slider", "Items, RESPONSE_TYPE (N2)", "no response type"),
        ("Items", (3, 19), "NUMBER", "Items, DATA_TYPE (T4)", "no data type"),
        ("Items", (1, 15), "Female", "Items, RESPONSE_OPTIONS_TEXT (P2)", "1 options and 2 values"),
        ("Items", (2, 26), "SEX,X,No", "Items, SIMPLE_CONDITIONAL_DISPLAY (AA3)", "no value X"),
        ("Items", (1, 5), "NOWHERE", "Items, SECTION_LABEL (F2)", "no section"),
        ("Items", (1, 6), "NOBODY", "Items, GROUP_LABEL (G2)", "no group"),
    ] {
        let content = with(sheet, cell, text);
        let file = DefinitionFile { name: "x.xlsx", content: &content };
        let found = read_definition(&[file], None).unwrap_err();
        assert!(
            found.iter().any(|one| one.about == about && one.text.contains(part)),
            "{text}: {found:#?}"
        );
    }
    let blank = with("CRF", (1, 0), "");
    assert!(Template::read(blank.as_slice(), "x.xlsx").unwrap_err().what.contains("CRF_NAME"));
}

#[test]
fn a_damaged_workbook_of_before_2007_is_refused() {
    let whole = content("vital_signs.xls");
    for cut in [600, whole.len() / 2, whole.len() - 700] {
        assert!(Template::read(&whole[..cut], "x.xls").is_err(), "{cut} bytes");
    }
    let mut wide = whole.clone();
    // A sheet that says it has four thousand million rows.
    let dimensions = b"\x00\x02\x0e\x00";
    let at = wide.windows(4).position(|four| four == dimensions).unwrap();
    wide[at + 8..at + 12].copy_from_slice(&[0xff; 4]);
    let refused = Template::read(wide.as_slice(), "x.xls").unwrap_err();
    assert!(refused.what.contains("places"), "{refused}");
}
