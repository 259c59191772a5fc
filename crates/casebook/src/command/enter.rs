//! Enters a published study with its sites, and the people of the demonstration, into the portfolio.

use anyhow::Result;
use contract::{
    Error,
    portfolio::v1::{
        AddSiteRequest, AssignStaffRequest, CreateStudyRequest, Portfolio as _, StaffFunction,
        site::Status as SiteStatus, study::Phase, study::Status,
    },
};
use kernel::{StudyOid, StudyVersion};

use crate::assembly::{Assembly, terminal};

/// The longest text that the portfolio takes.
const LONGEST_TEXT_CHARS: usize = 500;

/// Trial Phase Response (CDISC C66737) without the words around the number.
const PHASES: [(&str, Phase); 12] = [
    ("NOT APPLICABLE", Phase::NotApplicable),
    ("0", Phase::Phase0),
    ("I", Phase::Phase1),
    ("I/II", Phase::Phase12),
    ("II", Phase::Phase2),
    ("IIA", Phase::Phase2a),
    ("IIB", Phase::Phase2b),
    ("II/III", Phase::Phase23),
    ("III", Phase::Phase3),
    ("IIIA", Phase::Phase3a),
    ("IIIB", Phase::Phase3b),
    ("IV", Phase::Phase4),
];

/// Enters a study as its design in force and its log tell. What is there already stays as it is.
pub async fn study(assembly: &Assembly, study: &StudyOid) -> Result<()> {
    let design = assembly.edc.design(study).await?;
    let request = described(design.version());
    let created = assembly.portfolio.create_study(&terminal(false), request).await;
    unless_there(created.err(), &["STUDY_EXISTS"])?;
    for site in assembly.edc.study_state(study).await?.sites.values() {
        let added = &site.added;
        let name = added.name.get("en").or_else(|| added.name.values().next());
        let status = match site.status {
            edc::SiteStatus::Pending => SiteStatus::Planned,
            edc::SiteStatus::Active => SiteStatus::Open,
            edc::SiteStatus::Closed => SiteStatus::Closed,
        };
        let request = AddSiteRequest {
            study_oid: study.to_string(),
            site_oid: added.site.to_string(),
            institution: name.and_then(|name| said(name)).unwrap_or_else(|| added.site.to_string()),
            country: added.country.clone(),
            status: Some(status.into()),
            ..AddSiteRequest::default()
        };
        let result = assembly.portfolio.add_site(&terminal(false), request).await;
        unless_there(result.err(), &["SITE_EXISTS", "STUDY_ARCHIVED"])?;
    }
    Ok(())
}

/// Says that somebody works on a study in a role, at some sites or at the study as a whole. Whoever
/// only runs the system does not.
pub async fn person(
    assembly: &Assembly,
    study: &StudyOid,
    name: &str,
    role: &str,
    sites: &[String],
) -> Result<()> {
    let function = match role {
        "administrator" => return Ok(()),
        "study designer" => StaffFunction::StudyDesigner,
        "data manager" => StaffFunction::DataManager,
        "statistician" => StaffFunction::Statistician,
        "monitor" => StaffFunction::Monitor,
        "investigator" => StaffFunction::PrincipalInvestigator,
        "coordinator" => StaffFunction::Coordinator,
        "coder" => StaffFunction::Coder,
        "auditor" => StaffFunction::Auditor,
        _ => StaffFunction::Other,
    };
    let whole_study = [None];
    let some_sites: Vec<Option<String>> = sites.iter().cloned().map(Some).collect();
    let places = if sites.is_empty() { &whole_study[..] } else { &some_sites };
    for site_oid in places {
        let request = AssignStaffRequest {
            study_oid: study.to_string(),
            user: name.to_owned(),
            function: function.into(),
            site_oid: site_oid.clone(),
            ..AssignStaffRequest::default()
        };
        let result = assembly.portfolio.assign_staff(&terminal(false), request).await;
        unless_there(result.err(), &["STUDY_ARCHIVED"])?;
    }
    Ok(())
}

/// What the design of a study says of it as a whole.
fn described(version: &StudyVersion) -> CreateStudyRequest {
    let parameter = |term: &str| {
        let mut all = version.protocol.parameters.iter();
        all.find(|one| one.term == term).map(|one| one.value.as_str())
    };
    CreateStudyRequest {
        study_oid: Some(version.study_oid.to_string()),
        study_name: said(&version.study_name).unwrap_or_else(|| version.study_oid.to_string()),
        protocol_number: said(&version.protocol_name),
        phase: parameter("Trial Phase").and_then(phase).map(Into::into),
        indication: parameter("Indication").and_then(said),
        status: Some(Status::Open.into()),
        ..CreateStudyRequest::default()
    }
}

fn phase(text: &str) -> Option<Phase> {
    let text = text.to_uppercase();
    let number = text.trim_start_matches("PHASE").trim_end_matches("TRIAL").trim();
    PHASES.into_iter().find(|(known, _)| *known == number).map(|(_, phase)| phase)
}

/// A text on one line, cut to what fits.
fn said(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(LONGEST_TEXT_CHARS).collect();
    Some(line).filter(|line| !line.is_empty())
}

fn unless_there(refusal: Option<Error>, harmless: &[&str]) -> Result<(), Error> {
    match refusal {
        Some(refusal) if !harmless.contains(&refusal.reason()) => Err(refusal),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_read_as_the_terminology_spells_it() {
        assert_eq!(phase("Phase II Trial"), Some(Phase::Phase2));
        assert_eq!(phase("PHASE I/II TRIAL"), Some(Phase::Phase12));
        assert_eq!(phase("NOT APPLICABLE"), Some(Phase::NotApplicable));
        assert_eq!(phase("Phase XI Trial"), None);
    }
}
