//! A form record as a QuestionnaireResponse (<http://hl7.org/fhir/R4/questionnaireresponse.html>).
//!
//! Groups and items are items of it under their OIDs, in the order of the questionnaire.

use kernel::{
    FormOid,
    casebook::DatumRef,
    study::{GroupShape, StudyEventDef},
};

use super::{
    answer::Words,
    collected::{Collected, Row},
    json::{Json, Object},
    names::{EVENT_REPEAT, FORM_REPEAT, GROUP_REPEAT, Kind, extension, record_place},
};
use crate::export::RecordOut;

/// The place of a record.
pub(super) fn place(out: &RecordOut<'_>) -> String {
    record_place(out.subject.key, [out.event, out.event_repeat, out.form, out.form_repeat])
}

/// The event at which something was collected, as an encounter that is no resource here.
pub(super) fn encounter(words: Words<'_>, out: &RecordOut<'_>) -> Json {
    let event = words.design.event(&out.event.into());
    let said = event.and_then(|event| event.description.in_lang(words.language));
    let display = said.or_else(|| event.map(|event| event.name.as_str()));
    words.names.logical("Encounter", Kind::Event, out.event, display)
}

/// The subject as a patient that is no resource here.
pub(super) fn subject(words: Words<'_>, out: &RecordOut<'_>) -> Json {
    words.names.logical("Patient", Kind::Subject, out.subject.key, None)
}

/// The extensions that say which repeat it is, where the event or the form repeats.
pub(super) fn repeats(words: Words<'_>, out: &RecordOut<'_>) -> Vec<Json> {
    let event: Option<&StudyEventDef> = words.design.event(&out.event.into());
    let form = words.design.form(&FormOid::new(out.form));
    let event = (event.is_none_or(|event| event.repeating) || out.event_repeat != "1")
        .then(|| extension(EVENT_REPEAT, "valueString", out.event_repeat));
    let form = (form.is_none_or(|form| form.repeating) || out.form_repeat != "1")
        .then(|| extension(FORM_REPEAT, "valueString", out.form_repeat));
    event.into_iter().chain(form).collect()
}

/// The resource of a record, and how many answers it has. `version` is that of its questionnaire.
pub(super) fn response(
    words: Words<'_>,
    version: &str,
    out: &RecordOut<'_>,
    collected: &Collected<'_>,
) -> (Json, u64) {
    let place = place(out);
    let mut values = 0;
    let questionnaire = words.names.questionnaire(out.form);
    let resource = Object::resource("QuestionnaireResponse")
        .with("id", words.names.id("QuestionnaireResponse", &place))
        .with_list("extension", repeats(words, out))
        .with("identifier", words.names.identifier(Kind::Record, &place))
        .with("questionnaire", format!("{questionnaire}|{version}"))
        .with("status", if out.record.complete { "completed" } else { "in-progress" })
        .with("subject", subject(words, out))
        .with("encounter", encounter(words, out))
        .with_list("item", items(words, out, collected, &mut values));
    (resource.into(), values)
}

fn items(
    words: Words<'_>,
    out: &RecordOut<'_>,
    collected: &Collected<'_>,
    values: &mut u64,
) -> Vec<Json> {
    let shape = words.design.shape(&FormOid::new(out.form));
    let groups = shape.map_or(&[][..], |shape| shape.groups.as_slice());
    let mut all = Vec::new();
    for group in groups {
        let rows = collected.rows.iter().filter(|row| row.group == group.oid.as_str());
        all.extend(rows.filter_map(|row| group_item(words, Some(group), row, values)));
    }
    // What the version does not have any more is written all the same.
    let is_known = |row: &&Row<'_>| groups.iter().any(|group| group.oid.as_str() == row.group);
    let others = collected.rows.iter().filter(|row| !is_known(row));
    all.extend(others.filter_map(|row| group_item(words, None, row, values)));
    all
}

fn group_item(
    words: Words<'_>,
    group: Option<&GroupShape>,
    row: &Row<'_>,
    values: &mut u64,
) -> Option<Json> {
    let shapes = group.map_or(&[][..], |group| group.items.as_slice());
    let known =
        shapes.iter().filter_map(|item| Some((item.oid.as_str(), row.datum(item.oid.as_str())?)));
    let is_known = |item: &str| shapes.iter().any(|shape| shape.oid.as_str() == item);
    let others = row.items.iter().filter(|(item, _)| !is_known(item)).copied();
    let answers: Vec<Json> =
        known.chain(others).filter_map(|(item, datum)| question(words, item, datum)).collect();
    if answers.is_empty() {
        return None;
    }
    *values += answers.len() as u64;
    let repeat = (group.is_none_or(|group| group.repeats) || row.repeat != "1")
        .then(|| Json::List(vec![extension(GROUP_REPEAT, "valueString", row.repeat)]));
    let item = Object::default()
        .with_some("extension", repeat)
        .with("linkId", row.group)
        .with("item", Json::List(answers));
    Some(item.into())
}

fn question(words: Words<'_>, item: &str, datum: DatumRef<'_>) -> Option<Json> {
    let answer: Object = match words.design.item(&item.into()) {
        Some(def) => words.typed(def, datum)?.put(Object::default()),
        None => match datum {
            DatumRef::Value { text, .. } => Object::default().with("valueString", text),
            DatumRef::Missing(_) | DatumRef::Blank => return None,
        },
    };
    let item = Object::default().with("linkId", item);
    Some(item.with("answer", Json::List(vec![answer.into()])).into())
}
