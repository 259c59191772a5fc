//! What was collected as resources: valid for the published schema, and read back as it was.

use kernel::{
    DataType, Datum, MissingReason,
    casebook::FormRecord,
    study::{
        CodeList, CodeListItem, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef, ItemGroupRef,
        ItemRef, StudyEventDef, UnitDef,
    },
};
use serde_json::{Value, json};

use super::{schema::Schema, *};
use crate::{
    export::{
        ExportOptions, exporter,
        tests::{row, try_export, with_unit},
    },
    mapping::Given,
};

/// The resources of records of a form of one subject, each valid for the schema; and the file.
pub(super) fn resources(
    design: &Design,
    form: &str,
    records: &[FormRecord],
) -> (Vec<Value>, String) {
    let lines = exporter("fhir-ndjson", &ExportOptions::default()).unwrap();
    let (memory, _) = try_export(design, lines, form, records).unwrap();
    let text = memory.text("study.fhir.ndjson");
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut schema = Schema::default();
    for resource in &all {
        let faults = schema.faults(resource);
        assert!(faults.is_empty(), "{faults:?}\n{resource}");
    }
    (all, text)
}

pub(super) fn of_type<'v>(all: &'v [Value], kind: &str) -> Vec<&'v Value> {
    all.iter().filter(|one| one["resourceType"] == kind).collect()
}

/// A group, its repeat, and what its items hold.
type Filled<'a> = (&'a str, &'a str, &'a [(&'a str, Datum)]);

pub(super) fn record(rows: &[Filled<'_>]) -> FormRecord {
    let rows = rows.iter().map(|(group, repeat, items)| row(group, repeat, items));
    FormRecord { version: 1, complete: true, rows: rows.collect(), ..FormRecord::default() }
}

/// A form with an item of each type, twice: in a group alone and in one that repeats.
fn types() -> Design {
    let item = |data_type: DataType| ItemDef {
        oid: format!("I.{data_type:?}").into(),
        name: format!("{data_type:?}"),
        data_type,
        ..ItemDef::default()
    };
    let mut items: Vec<ItemDef> = DataType::ALL.iter().map(|(of, _)| item(*of)).collect();
    let named =
        |oid: &str, data_type| ItemDef { oid: oid.into(), name: oid.into(), ..item(data_type) };
    items.push(ItemDef { code_list: Some("CL".into()), ..named("I.Choice", DataType::Text) });
    items.push(ItemDef {
        units: vec!["U.C".into(), "U.F".into()],
        ..named("I.Temp", DataType::Float)
    });
    items.push(ItemDef { units: vec!["U.F".into()], ..named("I.One", DataType::Integer) });
    let refs = items.iter().map(|item| ItemRef { item: item.oid.clone(), ..ItemRef::default() });
    let refs: Vec<ItemRef> = refs.collect();
    let group = |oid: &str, repeat| ItemGroupDef {
        oid: oid.into(),
        name: oid.into(),
        repeat,
        items: refs.clone(),
        ..ItemGroupDef::default()
    };
    let unit = |oid: &str, name: &str| UnitDef {
        oid: oid.into(),
        name: name.into(),
        ..UnitDef::default()
    };
    let code = |code: &str| CodeListItem { coded_value: code.into(), ..CodeListItem::default() };
    let groups =
        ["IG", "IG.R"].map(|oid| ItemGroupRef { group: oid.into(), ..ItemGroupRef::default() });
    Design::new(Arc::new(StudyVersion {
        study_oid: "T:1".into(),
        study_name: "Types".into(),
        units: vec![unit("U.C", "C"), unit("U.F", "furlong")],
        events: vec![StudyEventDef {
            oid: "SE.1".into(),
            name: "Visit".into(),
            forms: vec![FormRef { form: "F.T".into(), ..FormRef::default() }],
            ..StudyEventDef::default()
        }],
        forms: vec![FormDef {
            oid: "F.T".into(),
            name: "T".into(),
            groups: groups.into(),
            ..FormDef::default()
        }],
        item_groups: vec![group("IG", GroupRepeat::No), group("IG.R", GroupRepeat::Simple)],
        code_lists: vec![CodeList {
            oid: "CL".into(),
            items: vec![code("A"), code("TWO  SPACES")],
            ..CodeList::default()
        }],
        items,
        ..StudyVersion::default()
    }))
}

fn samples() -> Vec<(&'static str, Datum)> {
    let value = Datum::value;
    vec![
        ("I.Text", value("größer als \"1\"\n次")),
        ("I.String", value("x")),
        ("I.Integer", value("9999999999")),
        ("I.Float", value("36.60")),
        ("I.Double", value("0.10")),
        ("I.Decimal", value("1234567890123456789012.50")),
        ("I.Boolean", value("true")),
        ("I.Date", value("2014-02-28")),
        ("I.Time", value("08:30")),
        ("I.Datetime", value("2014-02-28T08:30")),
        ("I.PartialDate", value("2014-02")),
        ("I.PartialTime", value("08")),
        ("I.PartialDatetime", value("2014")),
        ("I.IncompleteDate", value("2014")),
        ("I.IncompleteTime", value("08:30:15")),
        ("I.IncompleteDatetime", value("2014-02-28T08:30:00+09:00")),
        ("I.DurationDatetime", value("P1DT2H")),
        ("I.IntervalDatetime", value("2014/2015")),
        ("I.HexBinary", value("00ff")),
        ("I.Base64Binary", value("aGk=")),
        ("I.HexFloat", value("00ff")),
        ("I.Base64Float", value("aGk=")),
        ("I.Uri", value("http://example.org/ä")),
        ("I.Choice", value("A")),
        ("I.Temp", with_unit("36.60", "U.C")),
        ("I.One", value("7")),
    ]
}

/// The values of the only record of a file, as what was stored.
fn read_back(design: &Design, text: &str) -> Vec<(String, String, Datum)> {
    let records: Vec<_> = taken(design, text)
        .into_iter()
        .filter_map(|taken| match taken {
            Taken::Record(record) => Some(record),
            Taken::Refused { reason, .. } => panic!("{reason}"),
            Taken::Subject(_) | Taken::Skipped { .. } => None,
        })
        .collect();
    let cells = records.into_iter().flat_map(|record| record.cells).map(|cell| {
        let datum = match cell.given {
            Given::Text(text) => Datum::Value { text: text.into(), unit: cell.unit },
            Given::Missing(reason) => Datum::Missing(reason),
        };
        (
            format!("{}[{}]", cell.item.row.group, cell.item.row.repeat),
            cell.item.item.to_string(),
            datum,
        )
    });
    cells.collect()
}

#[test]
fn every_type_of_value_and_every_reason_for_missing_is_read_back_as_it_was() {
    let design = types();
    let values = samples();
    let reasons = MissingReason::ALL.iter().map(|(reason, _)| *reason).cycle();
    let missing: Vec<_> = values
        .iter()
        .zip(reasons)
        .map(|((item, _), reason)| (*item, Datum::Missing(reason)))
        .collect();
    let odd = [("I.Choice", Datum::value("TWO  SPACES")), ("I.Temp", with_unit("-0.5", "U.F"))];
    let written = record(&[("IG", "1", &values), ("IG.R", "2", &missing), ("IG.R", "7", &odd)]);
    let (all, text) = resources(&design, "F.T", &[written]);
    let mut expected: Vec<(String, String, Datum)> = Vec::new();
    for (place, items) in [("IG[1]", values), ("IG.R[2]", missing), ("IG.R[7]", odd.to_vec())] {
        expected.extend(
            items.into_iter().map(|(item, datum)| (place.to_owned(), item.to_owned(), datum)),
        );
    }
    let mut found = read_back(&design, &text);
    let order = |one: &(String, String, Datum)| (one.0.clone(), one.1.clone());
    found.sort_by_key(order);
    expected.sort_by_key(order);
    assert_eq!(found, expected);
    let answers = of_type(&all, "QuestionnaireResponse")[0].to_string();
    for part in [
        r#""valueDecimal":36.6"#,
        r#""valueDate":"2014-02""#,
        r#""valueDateTime":"2014-02-28""#,
        r#""valueString":"2014-02-28T08:30""#,
        r#""valueTime":"08:30:00""#,
        r#""code":"Cel""#,
        r#""valueCode":"asked-declined""#,
    ] {
        assert!(answers.contains(part), "{part} in {answers}");
    }
    assert!(text.contains(r#""valueDecimal":36.60}"#), "digits at the end stay");
}

#[test]
fn a_bundle_is_valid_and_its_references_are_its_entries() {
    let design = types();
    let bundle = exporter("fhir", &ExportOptions::default()).unwrap();
    let written = record(&[("IG", "1", &samples())]);
    let (memory, files) = try_export(&design, bundle, "F.T", &[written]).unwrap();
    let text = memory.text("study.fhir.json");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(Schema::default().faults(&json), Vec::<String>::new());
    assert_eq!(json["entry"].as_array().unwrap().len() as u64, files[0].rows);
    let urls: Vec<String> = json["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(
                entry["fullUrl"],
                format!("urn:uuid:{}", entry["resource"]["id"].as_str().unwrap())
            );
            entry["fullUrl"].to_string()
        })
        .collect();
    let subject = json["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let subject = subject.clone().find(|one| one["resourceType"] == "ResearchSubject").unwrap();
    assert!(urls.contains(&subject["study"]["reference"].to_string()));
    assert_eq!(subject["period"], json!({ "start": "2014-01-02" }));
    assert_eq!(subject["contained"][0]["dateTime"], "2013-12-20");
    assert_eq!(read_back(&design, &text).len(), samples().len());
}

#[test]
fn an_adverse_event_has_the_codes_of_fhir_beside_those_of_the_study() {
    let design = demo();
    let ae = [
        ("I.AE.AETERM", Datum::value("HEADACHE")),
        ("I.AE.AESTDAT", Datum::value("2014-03")),
        ("I.AE.AESEV", Datum::value("MODERATE")),
        ("I.AE.AESER", Datum::value("N")),
        ("I.AE.AEREL", Datum::value("POSSIBLE")),
        ("I.AE.AEOUT", Datum::value("NOT RECOVERED/NOT RESOLVED")),
    ];
    let code = [
        ("I.AECODE.AEDECOD", Datum::value("HEADACHE")),
        ("I.AECODE.AEPTCD", Datum::value("10019211")),
    ];
    let (all, _) =
        resources(&design, "F.AE", &[record(&[("IG.AE", "1", &ae), ("IG.AECODE", "1", &code)])]);
    let event = of_type(&all, "AdverseEvent")[0];
    assert_eq!(event["event"]["text"], "HEADACHE");
    let meddra =
        json!({ "system": "https://www.meddra.org", "code": "10019211", "display": "HEADACHE" });
    assert_eq!(event["event"]["coding"], json!([meddra]));
    assert_eq!(event["date"], "2014-03");
    assert_eq!(event["severity"]["coding"][0]["code"], "moderate");
    assert_eq!(event["severity"]["coding"][1]["code"], "MODERATE");
    assert_eq!(event["seriousness"]["coding"][0]["code"], "Non-serious");
    assert_eq!(event["outcome"]["coding"][0]["code"], "ongoing");
    let assessment = &event["suspectEntity"][0]["causality"][0]["assessment"];
    assert_eq!(assessment["coding"][0]["code"], "POSSIBLE");
}

#[test]
fn a_result_of_the_laboratory_is_an_observation_with_test_unit_range_and_time() {
    let design = demo();
    let lb = [
        ("I.LB.LBTESTCD", Datum::value("ALB")),
        ("I.LB.LBDTC", Datum::value("2013-12-26T14:45")),
        ("I.LB.LBORRES", Datum::value("<3.80")),
        ("I.LB.LBORRESU", Datum::value("g/dL")),
        ("I.LB.LBORNRLO", Datum::value("3.3")),
        ("I.LB.LBORNRHI", Datum::value("4.9")),
        ("I.LB.LBNRIND", Datum::value("NORMAL")),
    ];
    let none = [
        ("I.LB.LBTESTCD", Datum::value("ALB")),
        ("I.LB.LBORRES", Datum::Missing(MissingReason::NotDone)),
    ];
    let (all, text) =
        resources(&design, "F.LBCH", &[record(&[("IG.LB", "1", &lb), ("IG.LB", "2", &none)])]);
    let [first, second] = of_type(&all, "Observation")[..] else { panic!("{text}") };
    assert_eq!(first["code"]["coding"][0]["code"], "ALB");
    assert_eq!(first["category"][0]["coding"][0]["code"], "laboratory");
    let unit = json!({ "value": 3.8, "comparator": "<", "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL" });
    assert_eq!(first["valueQuantity"], unit);
    assert!(text.contains(r#""value":3.80"#));
    assert_eq!(first["effectiveDateTime"], "2013-12-26", "a time without a zone stands beside");
    assert_eq!(first["referenceRange"][0]["high"]["value"], 4.9);
    assert_eq!(first["interpretation"][0]["coding"][0]["code"], "N");
    assert_eq!(second["dataAbsentReason"]["coding"][0]["code"], "not-performed");
    let response = of_type(&all, "QuestionnaireResponse")[0];
    let reference = format!("QuestionnaireResponse/{}", response["id"].as_str().unwrap());
    assert_eq!(second["derivedFrom"][0]["reference"], reference);
}

#[test]
fn vital_signs_are_one_observation_each_with_units_of_ucum() {
    let design = demo();
    let vs = [
        ("I.VS.VSDAT", Datum::value("2014-01-02")),
        ("I.VS.TEMP", Datum::value("97.0")),
        ("I.VS.TEMPLOC", Datum::value("EAR")),
        ("I.VS.SYSBP", Datum::value("131")),
    ];
    let (all, _) = resources(&design, "F.VS", &[record(&[("IG.VS", "3", &vs)])]);
    let found: Vec<(&Value, &Value, &Value)> = of_type(&all, "Observation")
        .into_iter()
        .map(|one| (&one["code"]["text"], &one["valueQuantity"]["code"], &one["effectiveDateTime"]))
        .collect();
    let date = json!("2014-01-02");
    let (temperature, pressure) = (json!("Temperature"), json!("Systolic blood pressure"));
    let (fahrenheit, mercury) = (json!("[degF]"), json!("mm[Hg]"));
    assert_eq!(found, [(&temperature, &fahrenheit, &date), (&pressure, &mercury, &date)]);
    let site = of_type(&all, "Observation")[1].get("bodySite");
    assert_eq!(site, None, "where the temperature was taken is not where the pressure was");
}

#[test]
fn the_arm_comes_from_the_form_that_says_it() {
    let design = demo();
    let dm = [("I.ARM.ARMCD", Datum::value("Xan_Hi")), ("I.ARM.ACTARMCD", Datum::value("Xan_Lo"))];
    let form = design.version().forms.iter().find(|form| form.oid.as_str() == "F.DM").unwrap();
    let group = form
        .groups
        .iter()
        .map(|group| design.group(&group.group).unwrap())
        .find(|group| group.items.iter().any(|item| item.item.as_str() == "I.ARM.ARMCD"));
    let group = group.unwrap().oid.to_string();
    let (all, text) = resources(&design, "F.DM", &[record(&[(&group, "1", &dm)])]);
    let subject = of_type(&all, "ResearchSubject")[0];
    assert_eq!(subject["assignedArm"], "Xan High");
    assert_eq!(subject["actualArm"], "Xan Low");
    let said = taken(&design, &text);
    assert!(
        reasons(&said).iter().any(|why| why.contains("not taken: assignedArm, actualArm")),
        "{said:?}"
    );
}
