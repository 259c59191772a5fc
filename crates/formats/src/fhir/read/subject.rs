//! A ResearchSubject as a subject with its milestones.

use std::ops::ControlFlow;

use super::{Of, Reading};
use crate::fhir::{
    json::Json,
    names::{Kind, SITE, taken_apart},
    subject::STATUSES,
    taken::{Taken, TakenSubject},
};

/// Members that are taken, or said again elsewhere.
const TAKEN: [&str; 6] = ["identifier", "status", "period", "study", "individual", "consent"];

impl Reading<'_, '_> {
    pub(super) fn research_subject(&mut self, of: &Of<'_>) -> ControlFlow<()> {
        self.flush()?;
        let subject = match self.subject_of(of.json) {
            Ok(subject) => subject,
            Err(why) => return self.refuse_all(of, &why),
        };
        let row = self.place(of.line);
        (self.take)(Taken::Subject(TakenSubject { row, ..subject }))?;
        let has_consent = of.json.get("consent").is_some();
        let contained = if has_consent { "contained" } else { "consent" };
        let taken: Vec<&str> = TAKEN.into_iter().chain([contained]).collect();
        self.left(of, &taken, &[SITE])
    }

    fn subject_of(&self, json: &Json) -> Result<TakenSubject, String> {
        let names = self.words.names;
        let system = names.system(Kind::Subject);
        let mut identifiers = json.list("identifier").iter();
        let own = identifiers.find(|one| one.text("system") == Some(system.as_str()));
        let Some(key) = own.and_then(|one| one.text("value")) else {
            let mut identifiers = json.list("identifier").iter();
            let study = identifiers.find_map(|one| taken_apart(one.text("system")?));
            return Err(match study {
                Some((study, _)) if study != names.study() => format!("it is of study {study}"),
                _ => format!("it has no key: give an identifier of system {system}"),
            });
        };
        let site = json.list("extension").iter().find(|one| one.text("url") == Some(SITE));
        let site = site.and_then(|site| site.get("valueReference"));
        let site = site.map(|site| self.referred(site, Kind::Site)).transpose();
        let site = site.map_err(|why| format!("its site {why}"))?;
        Ok(TakenSubject {
            subject: key.into(),
            site: site.map(Into::into),
            milestones: milestones(json)?,
            row: crate::fhir::taken::Place::default(),
        })
    }
}

fn milestones(json: &Json) -> Result<Vec<(&'static str, String)>, String> {
    let status = json.text("status").unwrap_or_default();
    let Some((status, _)) = STATUSES.iter().find(|(_, code)| *code == status) else {
        return Err(format!("its status '{status}' has no counterpart here"));
    };
    let period = |name| json.get("period").and_then(|period| period.text(name));
    let consent = json.list("contained").iter();
    let mut consents = consent.filter(|one| one.text("resourceType") == Some("Consent"));
    let consented = consents.next().and_then(|consent| consent.text("dateTime"));
    let mut all: Vec<(&'static str, String)> = Vec::new();
    all.extend(consented.map(|on| ("CONSENTED", on.to_owned())));
    let needed = |name| {
        let date = period(name).map(str::to_owned);
        date.ok_or_else(|| format!("with its status it needs a period.{name}"))
    };
    let ends = match *status {
        "SCREEN_FAILED" => Some("SCREEN_FAILED"),
        "COMPLETED" => Some("COMPLETED"),
        "DISCONTINUED" => Some("DISCONTINUED"),
        _ => None,
    };
    if matches!(*status, "ENROLLED" | "COMPLETED" | "DISCONTINUED") {
        all.push(("RANDOMISED", needed("start")?));
    }
    if let Some(milestone) = ends {
        all.push((milestone, needed("end")?));
    }
    Ok(all)
}
