//! A study as a ResearchStudy (<http://hl7.org/fhir/R4/researchstudy.html>).

use kernel::{StudyVersion, study::Arm};

use super::{
    json::{Json, Object},
    names::{Kind, Names},
};
use crate::export::StudyOut;

const PHASES: &str = "http://terminology.hl7.org/CodeSystem/research-study-phase";

/// The resource of the study. It is active until its data are locked, then completed.
pub(super) fn research_study(names: &Names, study: &StudyOut<'_>, language: &str) -> Json {
    let version = study.design.version();
    let description = version.study_description.in_lang(language);
    let description = description.or_else(|| version.protocol.description.in_lang(language));
    let title = [version.study_name.as_str(), version.protocol_name.as_str()];
    let title = title.into_iter().find(|text| !text.is_empty());
    let sites = study.sites.iter();
    let sites = sites.map(|(oid, name)| names.logical("Location", Kind::Site, oid, Some(name)));
    let arms = version.protocol.arms.iter().map(|one| arm(one, language));
    let objectives = version.protocol.objectives.iter().filter(|one| !one.value.is_empty());
    let objectives =
        objectives.map(|one| Object::default().with("name", one.value.as_str()).into());
    Object::resource("ResearchStudy")
        .with("id", id(names))
        .with("identifier", Json::List(vec![names.identifier(Kind::Study, names.study())]))
        .with_some("title", title)
        .with("status", if study.is_locked { "completed" } else { "active" })
        .with_some("phase", phase(version))
        .with_some("description", description.filter(|text| !text.is_empty()))
        .with_list("site", sites.collect())
        .with_list("arm", arms.collect())
        .with_list("objective", objectives.collect())
        .into()
}

/// The id of the resource of the study.
pub(super) fn id(names: &Names) -> String {
    names.id("ResearchStudy", "")
}

fn arm(arm: &Arm, language: &str) -> Json {
    let description = arm.description.in_lang(language).filter(|text| !text.is_empty());
    let name = if arm.name.is_empty() { arm.oid.as_str() } else { arm.name.as_str() };
    Object::default().with("name", name).with_some("description", description).into()
}

/// The phase as the protocol says it, with its code where the words are known: digits or Roman
/// numerals, as in CDISC Controlled Terminology TPHASE (`PHASE II TRIAL`, `PHASE II/III TRIAL`).
fn phase(version: &StudyVersion) -> Option<Json> {
    const TERMS: [&str; 4] = ["Trial Phase", "Trial Phase Classification", "TPHASE", "Phase"];
    let mut parameters = version.protocol.parameters.iter();
    let said =
        parameters.find(|one| TERMS.iter().any(|term| term.eq_ignore_ascii_case(&one.term)))?;
    let coding = phase_code(&said.value).map(|code| {
        Json::List(vec![Object::default().with("system", PHASES).with("code", code).into()])
    });
    Some(Object::default().with_some("coding", coding).with("text", said.value.as_str()).into())
}

fn phase_code(said: &str) -> Option<&'static str> {
    let words = said.to_ascii_uppercase().replace(['/', '-', ',', '_'], " ");
    if words.contains("NOT APPLICABLE") {
        return Some("n-a");
    }
    let number = |word: &str| match word {
        "0" => Some(0_u8),
        "I" | "1" => Some(1),
        "II" | "2" | "IIA" | "IIB" | "2A" | "2B" => Some(2),
        "III" | "3" | "IIIA" | "IIIB" | "3A" | "3B" => Some(3),
        "IV" | "4" => Some(4),
        _ => None,
    };
    let mut numbers: Vec<u8> = words.split_whitespace().filter_map(number).collect();
    numbers.dedup();
    Some(match numbers.as_slice() {
        [0] => "early-phase-1",
        [1] if words.contains("EARLY") => "early-phase-1",
        [1] => "phase-1",
        [1, 2] => "phase-1-phase-2",
        [2] => "phase-2",
        [2, 3] => "phase-2-phase-3",
        [3] => "phase-3",
        [4] => "phase-4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_known_in_the_words_of_several_standards() {
        for (said, code) in [
            ("Phase II Trial", Some("phase-2")),
            ("PHASE I/II TRIAL", Some("phase-1-phase-2")),
            ("Phase 2/Phase 3", Some("phase-2-phase-3")),
            ("Phase IIa", Some("phase-2")),
            ("Early Phase 1", Some("early-phase-1")),
            ("NOT APPLICABLE", Some("n-a")),
            ("PHASE I/II/III TRIAL", None),
            ("Phase", None),
        ] {
            assert_eq!(phase_code(said), code, "{said}");
        }
    }
}
