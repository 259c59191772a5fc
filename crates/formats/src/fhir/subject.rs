//! A subject as a ResearchSubject (<http://hl7.org/fhir/R4/researchsubject.html>). There is no Patient
//! behind it: the individual is named by the key of the subject.

use super::{
    json::{Json, Object},
    names::{Kind, Names, SITE},
};
use crate::export::SubjectOut;

/// What the casebook of a subject says of its arms.
#[derive(Debug, Default)]
pub(super) struct Arms {
    pub assigned: Option<String>,
    pub actual: Option<String>,
}

/// The statuses of a casebook and of a research subject.
pub(super) const STATUSES: [(&str, &str); 5] = [
    ("SCREENING", "screening"),
    ("SCREEN_FAILED", "ineligible"),
    ("ENROLLED", "on-study"),
    ("DISCONTINUED", "withdrawn"),
    ("COMPLETED", "off-study"),
];

/// The resource of a subject; `study` is the reference to that of the study.
pub(super) fn research_subject(
    names: &Names,
    study: &str,
    subject: &SubjectOut<'_>,
    arms: &Arms,
) -> Json {
    let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let number = |kind, text| given(text).map(|text| names.identifier(kind, &text));
    let mut identifiers = vec![names.identifier(Kind::Subject, subject.key)];
    identifiers.extend(number(Kind::ScreeningNumber, subject.screening_number));
    identifiers.extend(number(Kind::EnrolmentNumber, subject.enrolment_number));
    let status = STATUSES.iter().find(|(code, _)| *code == subject.status);
    let period = Object::default()
        .with_some("start", given(subject.enrolled_on))
        .with_some("end", given(subject.ended_on));
    let site = Object::default()
        .with("url", SITE)
        .with("valueReference", names.logical("Location", Kind::Site, subject.site, None));
    let consent = given(subject.consented_on).map(|on| consent(names, subject.key, &on));
    let has_consent = consent.is_some();
    Object::resource("ResearchSubject")
        .with("id", names.id("ResearchSubject", subject.key))
        .with_list("contained", consent.into_iter().collect())
        .with("extension", Json::List(vec![site.into()]))
        .with("identifier", Json::List(identifiers))
        .with("status", status.map_or("candidate", |(_, status)| status))
        .with_some("period", Some(period).filter(|period| !period.0.is_empty()))
        .with("study", Object::default().with("reference", study))
        .with("individual", names.logical("Patient", Kind::Subject, subject.key, None))
        .with_some("assignedArm", arms.assigned.clone())
        .with_some("actualArm", arms.actual.clone())
        .with_some("consent", has_consent.then(|| Object::default().with("reference", "#consent")))
        .into()
}

/// When consent to take part was given (<http://hl7.org/fhir/R4/consent.html>).
fn consent(names: &Names, subject: &str, on: &str) -> Json {
    let coded = |system: &str, code: &str| -> Json {
        let coding = Object::default().with("system", system).with("code", code);
        Object::default().with("coding", Json::List(vec![coding.into()])).into()
    };
    let policy = format!("Informed consent to take part in study {}", names.study());
    Object::resource("Consent")
        .with("id", "consent")
        .with("status", "active")
        .with("scope", coded("http://terminology.hl7.org/CodeSystem/consentscope", "research"))
        .with("category", Json::List(vec![coded("http://loinc.org", "59284-0")]))
        .with("patient", names.logical("Patient", Kind::Subject, subject, None))
        .with("dateTime", on)
        .with("policyRule", Object::default().with("text", policy))
        .into()
}
