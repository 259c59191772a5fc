//! Adverse events (<http://hl7.org/fhir/R4/adverseevent.html>): a row of a group with the item `AE.AETERM`.
//!
//! R4 has no place for the end of an event; it is in the QuestionnaireResponse.

use kernel::study::ItemDef;

use super::{
    annotated::{Annotated, EVENTS, TERM},
    answer::{Words, date_time},
    collected::{Collected, Row},
    concept::{Code, OUTCOME, SERIOUSNESS, SEVERITY, code_of, concept},
    json::{Json, Object},
    names::{Kind, item_place},
    response::{encounter, place, repeats, subject},
};
use crate::export::RecordOut;

const MEDDRA: &str = "https://www.meddra.org";

/// The events of a record; `study` is the reference to that of the study.
pub(super) fn events(
    words: Words<'_>,
    annotated: &Annotated,
    study: &str,
    out: &RecordOut<'_>,
    collected: &Collected<'_>,
) -> Vec<Json> {
    let rows = collected.rows.iter();
    let event = |row: &Row<'_>| {
        let term = annotated.item(row.group, EVENTS, TERM)?;
        let text = row.text(term.as_str())?;
        let record = Fields { words, annotated, out, collected, row };
        Some(record.event(study, term.as_str(), text))
    };
    rows.filter_map(event).collect()
}

struct Fields<'a, 'r> {
    words: Words<'a>,
    annotated: &'a Annotated,
    out: &'a RecordOut<'r>,
    collected: &'a Collected<'r>,
    row: &'a Row<'r>,
}

impl Fields<'_, '_> {
    fn event(&self, study: &str, term: &str, text: &str) -> Json {
        let words = self.words;
        let place = item_place(&place(self.out), self.row.group, self.row.repeat, term);
        let date = self.value("STDTC").and_then(|(_, text)| date_time(&text));
        let date = date.map(|typed| {
            let beside = typed.beside.map(|one| Object::default().with("extension", vec![one]));
            (typed.value, beside)
        });
        let (date, beside) = date.unwrap_or_default();
        let causality = self.concept("REL", None).map(|assessment| {
            let causality = Object::default().with("assessment", assessment);
            let instance = Object::default().with("display", "study treatment");
            let suspect = Object::default()
                .with("instance", instance)
                .with("causality", Json::List(vec![causality.into()]));
            Json::List(vec![suspect.into()])
        });
        Object::resource("AdverseEvent")
            .with("id", words.names.id("AdverseEvent", &place))
            .with_list("extension", repeats(words, self.out))
            .with("identifier", words.names.identifier(Kind::ItemData, &place))
            .with("actuality", "actual")
            .with("event", self.term(text))
            .with("subject", subject(words, self.out))
            .with("encounter", encounter(words, self.out))
            .with_some("date", date)
            .with_some("_date", beside)
            .with_some("seriousness", self.concept("SER", Some(SERIOUSNESS)))
            .with_some("severity", self.required("SEV", SEVERITY))
            .with_some("outcome", self.required("OUT", OUTCOME))
            .with_some("suspectEntity", causality)
            .with("study", vec![Object::default().with("reference", study).into()])
            .into()
    }

    /// The term as it was reported, with its codes in MedDRA where it was coded.
    fn term(&self, text: &str) -> Json {
        let coding = |(code, term): (&str, &str)| -> Option<Json> {
            let (_, code) = self.value(code)?;
            let display = self.value(term).map(|(_, text)| text);
            let coding = Object::default().with("system", MEDDRA).with("code", code);
            Some(coding.with_some("display", display).into())
        };
        let codings = [("LLTCD", "LLT"), ("PTCD", "DECOD")].into_iter().filter_map(coding);
        Object::default().with_list("coding", codings.collect()).with("text", text).into()
    }

    /// The value of a variable: in the row, else in another group of the form that does not repeat.
    fn value(&self, role: &str) -> Option<(&ItemDef, String)> {
        let design = self.words.design;
        if let Some(item) = self.annotated.item(self.row.group, EVENTS, role) {
            return Some((design.item(item)?, self.row.text(item.as_str())?.to_owned()));
        }
        let form = self.out.form.into();
        let (group, item) = self.annotated.find(design, &form, EVENTS, role)?;
        if design.group(group).is_none_or(kernel::study::ItemGroupDef::repeats) {
            return None;
        }
        let row = self.collected.rows.iter().find(|row| row.group == group.as_str())?;
        Some((design.item(item)?, row.text(item.as_str())?.to_owned()))
    }

    fn concept(&self, role: &str, system: Option<&'static str>) -> Option<Json> {
        let (def, text) = self.value(role)?;
        let code = system.and_then(|system| code_of(system, &text));
        Some(concept(self.words, def, &text, code))
    }

    /// A concept whose value set FHIR requires: none where the value is not in it.
    fn required(&self, role: &str, system: &'static str) -> Option<Json> {
        let (def, text) = self.value(role)?;
        let code: Code = code_of(system, &text)?;
        Some(concept(self.words, def, &text, Some(code)))
    }
}
