//! Coded values as concepts: with the code of the study, and that of FHIR where it is known.

use kernel::study::ItemDef;

use super::{
    answer::{Words, code_list, is_code},
    json::{Json, Object},
};

/// A code of FHIR for a value of SDTM.
pub(super) type Code = (&'static str, &'static str);

pub(super) const SEVERITY: &str = "http://terminology.hl7.org/CodeSystem/adverse-event-severity";
pub(super) const OUTCOME: &str = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome";
pub(super) const SERIOUSNESS: &str =
    "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness";
pub(super) const INTERPRETATION: &str =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

/// Values of SDTM (CDISC Controlled Terminology AESEV, OUT, NY, NRIND) beside codes of FHIR, by system.
const CODES: [(&str, &str, &str); 15] = [
    (SEVERITY, "MILD", "mild"),
    (SEVERITY, "MODERATE", "moderate"),
    (SEVERITY, "SEVERE", "severe"),
    (OUTCOME, "FATAL", "fatal"),
    (OUTCOME, "NOT RECOVERED/NOT RESOLVED", "ongoing"),
    (OUTCOME, "RECOVERED/RESOLVED", "resolved"),
    (OUTCOME, "RECOVERED/RESOLVED WITH SEQUELAE", "resolvedWithSequelae"),
    (OUTCOME, "RECOVERING/RESOLVING", "recovering"),
    (OUTCOME, "UNKNOWN", "unknown"),
    (SERIOUSNESS, "N", "Non-serious"),
    (SERIOUSNESS, "Y", "Serious"),
    (INTERPRETATION, "ABNORMAL", "A"),
    (INTERPRETATION, "HIGH", "H"),
    (INTERPRETATION, "LOW", "L"),
    (INTERPRETATION, "NORMAL", "N"),
];

/// The code of a system for a value of SDTM.
pub(super) fn code_of(system: &'static str, value: &str) -> Option<Code> {
    let found = CODES.iter().find(|(of, known, _)| *of == system && *known == value);
    found.map(|(system, _, code)| (*system, *code))
}

/// The value of SDTM for a code of a system.
pub(super) fn value_of(system: &str, code: &str) -> Option<&'static str> {
    let found = CODES.iter().find(|(of, _, known)| *of == system && *known == code);
    found.map(|(_, value, _)| *value)
}

/// A value as a concept: the code of FHIR, then that of the study, and what people read.
pub(super) fn concept(words: Words<'_>, def: &ItemDef, text: &str, standard: Option<Code>) -> Json {
    let standard = standard
        .map(|(system, code)| Object::default().with("system", system).with("code", code).into());
    let list = code_list(words.design, def);
    let own = list.filter(|_| is_code(text)).map(|_| words.coding(def, text));
    let shown = own.as_ref().and_then(|coding| coding.text("display")).unwrap_or(text).to_owned();
    Object::default()
        .with_list("coding", standard.into_iter().chain(own).collect())
        .with("text", shown)
        .into()
}
