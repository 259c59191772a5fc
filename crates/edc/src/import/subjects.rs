//! Subjects and their milestones from a file.

use std::collections::BTreeMap;

use kernel::{
    PartialDate, RequestId,
    casebook::{Casebook, Event, SubjectScreened, SubjectStatus},
};

use super::{
    Run, SubjectUnit,
    record::Applied,
    report::{Outcome, RowReport},
};
use crate::{
    ChangeStatus, EnrolSubject, Failure, ScreenSubject,
    book::lock,
    change::{Change, Writer},
};

/// The milestone that says when consent was given.
const CONSENTED: &str = "CONSENTED";

/// The status that a milestone leads to; `None` for the consent and for unknown names.
fn leads_to(milestone: &str) -> Option<SubjectStatus> {
    match milestone {
        "RANDOMISED" => Some(SubjectStatus::Enrolled),
        "SCREEN_FAILED" => Some(SubjectStatus::ScreenFailed),
        "COMPLETED" => Some(SubjectStatus::Completed),
        "DISCONTINUED" => Some(SubjectStatus::Discontinued),
        _ => None,
    }
}

/// Puts the facts of one subject into the order in which they happened; on one day, an enrolment
/// comes before what follows from it.
pub(super) fn in_order(units: &mut [SubjectUnit]) {
    units.sort_by_key(|unit| {
        let first = unit.milestones.iter().map(|(name, date)| (date.clone(), leads_to(name))).min();
        (!unit.creates, first.map(|(date, to)| (date, to.map(|to| to as u8))))
    });
}

/// What a row would become, as far as that can be said without the rows before it.
pub(super) fn check(run: &Run, casebook: &Casebook, unit: &SubjectUnit) -> Applied {
    let fault = unit.milestones.iter().find_map(|(name, date)| {
        if name != CONSENTED && leads_to(name).is_none() {
            Some(format!("'{name}' is not a milestone"))
        } else if PartialDate::parse(date).is_none_or(|date| date.complete().is_none()) {
            Some(format!("'{date}' is not a complete date"))
        } else {
            None
        }
    });
    if let Some(fault) = fault {
        return told(unit, Outcome::Rejected, fault);
    }
    let is_known = casebook.enrolment.is_some();
    if unit.creates && !is_known {
        let Some(site) = &unit.site else {
            return told(unit, Outcome::Rejected, "the row names no site".to_owned());
        };
        return match run.study.active_site(site) {
            Ok(_) => told(unit, Outcome::Accepted, String::new()),
            Err(refusal) => told(unit, Outcome::Rejected, format!("{}: {refusal}", refusal.code())),
        };
    }
    if !is_known {
        let fault = format!("SUBJECT_UNKNOWN: the study has no subject {}", unit.subject);
        return told(unit, Outcome::Rejected, fault);
    }
    let news = unit.milestones.iter().any(|(name, _)| is_news(casebook, name));
    told(unit, if news { Outcome::Changed } else { Outcome::Unchanged }, String::new())
}

/// Screens a subject that the file makes, in a copy of its casebook, so that what the file says of it
/// can be checked before anything is written.
pub(super) fn pretend(run: &Run, writer: &mut Writer<'_>, unit: &SubjectUnit) {
    let change = Change {
        permit: &run.permit,
        origin: "import",
        subject: &unit.subject,
        request: RequestId::new(request(run, unit, "screen")),
        reason: None,
    };
    let site = unit.site.clone().unwrap_or_default();
    let version = run.edc.version_at(&run.study, &site).ok().flatten();
    let screened = SubjectScreened {
        site,
        screening_number: String::new(),
        consented_on: consented_on(unit),
        screened_on: String::new(),
    };
    let mut events = vec![Event::SubjectScreened(screened)];
    events.extend(version.map(|new| Event::VersionTaken { old: None, new }));
    writer.take(&change, &events);
}

/// Screens the subject and takes it through its milestones. What is already so stays as it is.
pub(super) async fn apply(run: &Run, unit: &SubjectUnit) -> Result<Applied, Failure> {
    let mut applied = match step(run, unit).await {
        Ok(outcome) => told(unit, outcome, String::new()),
        Err(Failure::Refused(refusal)) => {
            told(unit, Outcome::Rejected, format!("{}: {refusal}", refusal.code()))
        }
        Err(failure) => return Err(failure),
    };
    let outcome = applied.rows[0].outcome;
    applied.saved = matches!(outcome, Outcome::Accepted | Outcome::Changed);
    Ok(applied)
}

async fn step(run: &Run, unit: &SubjectUnit) -> Result<Outcome, Failure> {
    let (study, subject) = (&run.study.oid, &unit.subject);
    let shared = run.edc.shelf.get(&run.study, subject).await?;
    let mut outcome = Outcome::Unchanged;
    let known = lock(&shared).casebook.enrolment.is_some();
    if unit.creates && !known {
        let screen = ScreenSubject {
            site: unit.site.clone().unwrap_or_default(),
            subject: Some(subject.clone()),
            consented_on: consented_on(unit).unwrap_or_default(),
            screened_on: None,
            took_place: true,
        };
        run.edc.screen(&run.context, study, Some(&request(run, unit, "screen")), &screen).await?;
        outcome = Outcome::Accepted;
    }
    for (name, date) in unit.milestones.iter().filter(|(name, _)| name != CONSENTED) {
        let shared = run.edc.shelf.get(&run.study, subject).await?;
        let news = is_news(&lock(&shared).casebook, name);
        let Some(to) = leads_to(name).filter(|_| news) else { continue };
        let request = request(run, unit, name);
        if to == SubjectStatus::Enrolled {
            let enrol = EnrolSubject {
                subject: subject.clone(),
                enrolled_on: date.clone(),
                enrolment_number: None,
                attested: BTreeMap::new(),
                took_place: true,
            };
            run.edc.enrol(&run.context, study, Some(&request), &enrol).await?;
        } else {
            let change = ChangeStatus {
                subject: subject.clone(),
                to,
                on: date.clone(),
                reason: Some(run.options.reason.clone()),
            };
            run.edc.change_status(&run.context, study, Some(&request), &change).await?;
        }
        if outcome == Outcome::Unchanged {
            outcome = Outcome::Changed;
        }
    }
    Ok(outcome)
}

fn consented_on(unit: &SubjectUnit) -> Option<String> {
    let given = unit.milestones.iter().find(|(name, _)| name == CONSENTED);
    given.map(|(_, date)| date.clone())
}

/// Whether the subject has not yet been where the milestone leads.
fn is_news(casebook: &Casebook, milestone: &str) -> bool {
    let Some(to) = leads_to(milestone) else { return false };
    !casebook.history.iter().any(|step| step.to == to)
}

fn request(run: &Run, unit: &SubjectUnit, step: &str) -> String {
    format!("import-{}-{}-{}-{step}", &run.file_digest[..16], unit.row.row, unit.subject)
}

fn told(unit: &SubjectUnit, outcome: Outcome, reason: String) -> Applied {
    Applied { rows: vec![RowReport::new(unit.row, outcome, reason)], ..Applied::default() }
}
