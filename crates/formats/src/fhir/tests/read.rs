//! What is taken of resources, and what is not.

use kernel::Datum;
use serde_json::{Value, json};

use super::{
    written::{of_type, record, resources},
    *,
};
use crate::mapping::Given;

/// The line of each resource of one type, with some change.
fn changed(all: &[Value], kind: &str, change: impl Fn(&mut Value)) -> String {
    let lines = of_type(all, kind).into_iter().map(|one| {
        let mut one = one.clone();
        change(&mut one);
        one.to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn texts(taken: &[Taken]) -> Vec<(String, String)> {
    let records = taken.iter().filter_map(|taken| match taken {
        Taken::Record(record) => Some(record),
        _ => None,
    });
    let cells = records.flat_map(|record| &record.cells).map(|cell| {
        let text = match &cell.given {
            Given::Text(text) => text.clone(),
            Given::Missing(reason) => reason.code().to_owned(),
        };
        (cell.item.item.to_string(), text)
    });
    cells.collect()
}

fn lb() -> (Design, Vec<Value>) {
    let design = demo();
    let lb = [
        ("I.LB.LBTESTCD", Datum::value("ALB")),
        ("I.LB.LBDTC", Datum::value("2013-12-26T14:45")),
        ("I.LB.LBORRES", Datum::value("3.80")),
        ("I.LB.LBORRESU", Datum::value("g/dL")),
        ("I.LB.LBORNRLO", Datum::value("3.3")),
        ("I.LB.LBNRIND", Datum::value("NORMAL")),
    ];
    let (_, text) = resources(&design, "F.LBCH", &[record(&[("IG.LB", "1", &lb)])]);
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (design, all)
}

#[test]
fn observations_alone_give_the_items_from_which_they_were_made() {
    let (design, all) = lb();
    let read = taken(&design, &changed(&all, "Observation", |_| ()));
    let pair = |item: &str, text: &str| (item.to_owned(), text.to_owned());
    let mut found = texts(&read);
    found.sort();
    assert_eq!(
        found,
        [
            pair("I.LB.LBDTC", "2013-12-26T14:45"),
            pair("I.LB.LBNRIND", "NORMAL"),
            pair("I.LB.LBORNRLO", "3.3"),
            // The change through `serde_json` has taken the zero.
            pair("I.LB.LBORRES", "3.8"),
            pair("I.LB.LBORRESU", "g/dL"),
            pair("I.LB.LBTESTCD", "ALB"),
        ]
    );
    assert!(reasons(&read).is_empty(), "{:?}", reasons(&read));
}

#[test]
fn an_observation_of_a_record_that_a_response_gives_is_skipped_with_that_reason() {
    let (design, all) = lb();
    let both =
        [changed(&all, "QuestionnaireResponse", |_| ()), changed(&all, "Observation", |_| ())];
    let read = taken(&design, &both.join("\n"));
    let [Taken::Record(record), Taken::Skipped { row, reason }] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((record.cells.len(), row.row, row.line), (6, 7, 2));
    assert!(reason.contains("taken from the QuestionnaireResponse"), "{reason}");
}

#[test]
fn an_adverse_event_alone_gives_its_items_by_the_codes_of_either_system() {
    let design = demo();
    let ae = [
        ("I.AE.AETERM", Datum::value("HEADACHE")),
        ("I.AE.AESTDAT", Datum::value("2014-03")),
        ("I.AE.AESEV", Datum::value("MODERATE")),
        ("I.AE.AESER", Datum::value("N")),
    ];
    let (all, _) = resources(&design, "F.AE", &[record(&[("IG.AE", "1", &ae)])]);
    let ours = taken(&design, &changed(&all, "AdverseEvent", |_| ()));
    let foreign = taken(
        &design,
        &changed(&all, "AdverseEvent", |event| {
            for name in ["severity", "seriousness"] {
                event[name]["coding"].as_array_mut().unwrap().truncate(1);
            }
        }),
    );
    assert_eq!(texts(&ours).len(), 4);
    assert_eq!(texts(&ours), texts(&foreign));
    let potential = changed(&all, "AdverseEvent", |event| event["actuality"] = json!("potential"));
    assert!(reasons(&taken(&design, &potential))[0].contains("only events that are 'actual'"));
}

#[test]
fn what_contradicts_another_observation_of_the_record_is_refused() {
    let design = demo();
    let vs = [
        ("I.VS.VSDAT", Datum::value("2014-01-02")),
        ("I.VS.SYSBP", Datum::value("131")),
        ("I.VS.DIABP", Datum::value("80")),
    ];
    let (all, _) = resources(&design, "F.VS", &[record(&[("IG.VS", "1", &vs)])]);
    let text = changed(&all, "Observation", |one| {
        if one["code"]["text"] == "Diastolic blood pressure" {
            one["effectiveDateTime"] = json!("2014-01-03");
        }
    });
    let read = taken(&design, &text);
    assert!(reasons(&read)[0].contains("it contradicts Observation/"), "{read:?}");
    assert_eq!(texts(&read).len(), 2);
}

#[test]
fn a_subject_is_taken_with_its_site_and_the_dates_that_its_status_needs() {
    let (design, all) = lb();
    let read = taken(&design, &changed(&all, "ResearchSubject", |_| ()));
    let Taken::Subject(subject) = &read[0] else { panic!("{read:?}") };
    assert_eq!(
        (subject.subject.as_str(), subject.site.as_ref().unwrap().as_str()),
        ("01-701-1015", "701")
    );
    let dated = [("CONSENTED", "2013-12-20".to_owned()), ("RANDOMISED", "2014-01-02".to_owned())];
    assert_eq!(subject.milestones, dated);
    for (change, reason) in [
        (("status", json!("off-study")), "needs a period.end"),
        (("status", json!("candidate")), "its status 'candidate' has no counterpart"),
        (
            ("identifier", json!([{ "system": "urn:casebook:OTHER:subject", "value": "1" }])),
            "it is of study OTHER",
        ),
        (("identifier", json!([{ "value": "1" }])), "it has no key"),
    ] {
        let text = changed(&all, "ResearchSubject", |one| one[change.0] = change.1.clone());
        let read = taken(&design, &text);
        assert!(reasons(&read)[0].contains(reason), "{read:?}");
    }
}

/// A response to the form of vital signs, with some members changed.
fn response(change: impl Fn(&mut Value)) -> String {
    let mut json = json!({
        "resourceType": "QuestionnaireResponse",
        "id": "r",
        "questionnaire": "urn:casebook:CDISCPILOT01:Questionnaire:F.VS|1",
        "status": "in-progress",
        "subject": { "identifier": { "system": "urn:casebook:CDISCPILOT01:subject", "value": "S1" } },
        "encounter": { "identifier": { "value": "SE.WEEK2" } },
        "item": [{ "linkId": "IG.VS", "item": [
            { "linkId": "I.VS.SYSBP", "answer": [{ "valueQuantity": { "value": 120, "code": "mm[Hg]", "system": "http://unitsofmeasure.org" } }] },
        ] }],
    });
    change(&mut json);
    json.to_string()
}

#[test]
fn a_response_from_elsewhere_is_taken_by_questionnaire_subject_and_encounter() {
    let design = demo();
    let read = taken(&design, &response(|_| ()));
    let [Taken::Record(record)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((record.subject.as_str(), record.record.event.as_str()), ("S1", "SE.WEEK2"));
    assert_eq!((record.complete, record.is_removed), (Some(false), false));
    assert_eq!(record.cells[0].item.row.repeat.as_str(), "1");
    let read = taken(&design, &response(|json| json["status"] = json!("entered-in-error")));
    assert!(
        matches!(&read[0], Taken::Record(record) if record.is_removed && record.cells.is_empty())
    );
}

/// That a response with another value at a place is refused with a reason, and gives nothing.
fn is_refused(design: &Design, (place, value): (&str, Value), reason: &str) {
    let read = taken(
        design,
        &response(|json| {
            let (around, name) = place.rsplit_once('/').unwrap();
            let around = json.pointer_mut(around).unwrap();
            match name.parse::<usize>() {
                Ok(at) => around[at] = value.clone(),
                Err(_) => around[name] = value.clone(),
            }
        }),
    );
    assert!(reasons(&read).iter().any(|said| said.contains(reason)), "{reason}: {read:?}");
    assert!(texts(&read).is_empty(), "{reason}: {read:?}");
}

#[test]
fn a_response_whose_place_is_not_said_is_refused_with_what_is_missing() {
    let design = demo();
    for (place, value, reason) in [
        ("/questionnaire", json!("urn:casebook:X:Questionnaire:F.VS"), "it is of study X"),
        ("/subject", json!({ "reference": "Patient/1" }), "its subject gives no identifier"),
        (
            "/subject/identifier/system",
            json!("urn:hospital"),
            "its subject is an identifier of system urn:hospital",
        ),
        ("/encounter", Value::Null, "its encounter gives no identifier"),
        ("/status", json!("done"), "'done' is no status"),
        ("/modifierExtension", json!([]), "its modifierExtension may change what it means"),
        ("/item/0/item/0/linkId", json!("I.X"), "linkId I.X: the form has no such item"),
    ] {
        is_refused(&design, (place, value), reason);
    }
    let nowhere = response(|json| {
        json.as_object_mut().unwrap().remove("encounter");
    });
    assert!(reasons(&taken(&design, &nowhere))[0].contains("the form is at several events"));
    let twice = [response(|_| ()), response(|_| ())].join("\n");
    assert!(reasons(&taken(&design, &twice))[0].contains("gives this record before"));
}

#[test]
fn an_answer_that_the_item_cannot_hold_is_refused_with_its_link() {
    let design = demo();
    let absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    let masked = json!({ "extension": [{ "url": absent, "valueCode": "masked" }] });
    let pascal = json!({ "value": 1, "code": "kPa", "system": "http://unitsofmeasure.org" });
    for (answer, reason) in [
        (json!([{ "valueInteger": 1 }, { "valueInteger": 2 }]), "an item takes one answer"),
        (json!([{ "valueInteger": 1, "valueString": "1" }]), "values of several types"),
        (json!([{ "valueQuantity": pascal }]), "'kPa' is not a unit of the item"),
        (
            json!([{ "valueQuantity": { "value": 1, "comparator": "<" } }]),
            "a number cannot be '<1'",
        ),
        (json!([{ "valueReference": {} }]), "a valueReference cannot be taken"),
        (json!([{ "_valueInteger": masked }]), "'masked' is no reason"),
    ] {
        is_refused(&design, ("/item/0/item/0/answer", answer), reason);
    }
}

#[test]
fn a_file_that_is_no_fhir_is_refused_with_its_line() {
    let design = demo();
    for (text, line, what) in [
        ("", 1, "the file is empty"),
        ("{\"datasetJSONVersion\": \"1.1\"}", 1, "this is no FHIR"),
        (
            "{\"resourceType\":\"Bundle\",\n\"entry\":[\n{\"resource\":{\"a\":1,}}]}",
            3,
            "this is not JSON",
        ),
        ("{\"resourceType\":\"Bundle\",\"entry\":[{}", 1, "the file ends inside a value"),
        ("{\"resourceType\":\"Patient\",\"entry\":[]}", 1, "only a Bundle has entries"),
    ] {
        let fault =
            read_data(text.as_bytes(), "x.json", &design, &mut |_| ControlFlow::Continue(()));
        let fault = fault.unwrap_err();
        assert!(fault.what.contains(what) && fault.line == line, "{text}: {fault}");
    }
    let entries = "{\"entry\":[{\"fullUrl\":\"x\"},{\"request\":{\"method\":\"DELETE\"},\"resource\":{\"resourceType\":\"Observation\"}}],\"resourceType\":\"Bundle\"}";
    let read = taken(&design, entries);
    assert!(reasons(&read)[0].contains("has no resource"), "{read:?}");
    assert!(reasons(&read)[1].contains("the Bundle asks to DELETE it"), "{read:?}");
}
