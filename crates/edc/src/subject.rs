//! Takes subjects into the trial and follows them through it.

use std::collections::BTreeMap;

use contract::{Act, Context, Scope};
use journal::LogName;
use kernel::{
    CriterionOid, PartialDate, RepeatKey, RequestId, SiteOid, StudyEventOid, StudyOid, SubjectKey,
    casebook::{
        Casebook, Event, KeyKind, Refusal, SubjectEnrolled, SubjectScreened, SubjectStatus,
    },
    study::Participant,
};
use store::StoreError;

use crate::{
    Edc, Failure, SiteEvent,
    change::{Attempt, Change, Decided, request_id},
    decide::eligibility,
    failure::Result,
    numbers::{LastNumber, Series, log_of},
    study::Study,
};

/// How often a number is asked for again because somebody else got it first.
const MAX_ATTEMPTS: u32 = 50;
/// The longest key of a subject, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// A subject who gave consent.
#[derive(Clone, Debug)]
pub struct ScreenSubject {
    pub site: SiteOid,
    /// The next key of the site is given when absent.
    pub subject: Option<SubjectKey>,
    /// The local date on which the consent was signed.
    pub consented_on: String,
    /// The local date on which screening began; that of the consent when absent.
    pub screened_on: Option<String>,
    /// Takes over a subject who was screened elsewhere, where the consent is on record.
    pub took_place: bool,
}

/// Who is enrolled, when, and what the investigator says of the criteria.
#[derive(Clone, Debug)]
pub struct EnrolSubject {
    pub subject: SubjectKey,
    pub enrolled_on: String,
    pub enrolment_number: Option<String>,
    /// For each criterion that is not computed, whether its sentence is true of the subject.
    pub attested: BTreeMap<CriterionOid, bool>,
    /// Takes an enrolment over that has happened elsewhere: criteria that are not met are recorded
    /// and do not refuse it, and the investigator's word on the others is that they are met.
    pub took_place: bool,
}

/// A subject stands elsewhere from now on.
#[derive(Clone, Debug)]
pub struct ChangeStatus {
    pub subject: SubjectKey,
    pub to: SubjectStatus,
    pub on: String,
    pub reason: Option<String>,
}

/// One dated event noted for a subject.
#[derive(Clone, Debug)]
pub struct RecordEvent {
    pub subject: SubjectKey,
    pub on: String,
    pub text: String,
    /// The study event that took place on this date, where it is one.
    pub event: Option<(StudyEventOid, RepeatKey)>,
}

impl Edc {
    /// Screens a subject at an active site. Answers with the subject's key.
    pub async fn screen(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        screen: &ScreenSubject,
    ) -> Result<SubjectKey> {
        let study = self.study_for(context, study, Act::ManageSubjects).await?;
        let scope = Scope::at_site(study.oid.as_str(), screen.site.as_str());
        let permit = context.caller.permit(Act::ManageSubjects, scope)?;
        study.active_site(&screen.site)?;
        let elsewhere = screen.took_place && screen.consented_on.is_empty();
        let consented_on = if elsewhere { None } else { Some(consent_date(&screen.consented_on)?) };
        let today = || (self.clock)().to_string()[..10].to_owned();
        let screened_on = screen.screened_on.clone().or_else(|| consented_on.clone());
        let screened_on = local_date(&screened_on.unwrap_or_else(today))?;
        let screened = SubjectScreened {
            site: screen.site.clone(),
            screening_number: String::new(),
            consented_on,
            screened_on,
        };
        let request = request_id(context, request);
        let (mut passed_over, mut refused_at) = (0, None);
        for _ in 0..MAX_ATTEMPTS {
            let named = screen.subject.is_some();
            let last = self.last_number(&study, &screen.site, Series::Screening, &request, named);
            let last = last.await?;
            passed_over = if refused_at == Some(last.number) { passed_over + 1 } else { 0 };
            let next = last.number + 1;
            let free = || SubjectKey::new(format!("{}-{:04}", screen.site, next + passed_over));
            let given = last.given_to.clone();
            let subject = screen.subject.clone().or(given).unwrap_or_else(free);
            subject_key(&subject)?;
            let change = Change {
                permit: &permit,
                origin: &context.origin,
                subject: &subject,
                request: request.clone(),
                reason: None,
            };
            match self.screen_as(&study, &change, &last, &screened).await {
                Ok(()) => return Ok(subject),
                Err(failure) if is_taken(&failure, &last.log) => {}
                // Somebody else was first, or a site that names subjects itself has used the key.
                Err(Failure::Refused(Refusal::SubjectExists(_))) if !named => {
                    refused_at = Some(last.number);
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Busy(screen.site.to_string()))
    }

    /// Screens a subject under its key, with the number behind the last one of the site.
    async fn screen_as(
        &self,
        study: &Study,
        change: &Change<'_>,
        last: &LastNumber,
        screened: &SubjectScreened,
    ) -> Result<()> {
        let (number, subject) = (last.number + 1, change.subject.to_string());
        let given = SiteEvent::ScreeningNumberGiven { number, subject };
        let beside = last.give(change, &given, &self.clock);
        let screened = SubjectScreened {
            screening_number: format!("{}-S{number:03}", screened.site),
            ..screened.clone()
        };
        let version = self.version_at(study, &screened.site)?;
        self.change(study, change, |casebook, attempt| {
            if casebook.enrolment.is_some() && attempt == Attempt::First {
                return Err(Refusal::SubjectExists(change.subject.to_string()));
            }
            let mut events = vec![Event::SubjectScreened(screened.clone())];
            events.extend(version.clone().map(|new| Event::VersionTaken { old: None, new }));
            Ok(Decided { events, beside: Some(beside.clone()), answer: () })
        })
        .await?;
        Ok(())
    }

    /// Enrols a subject who meets every inclusion criterion and no exclusion criterion. Answers
    /// with the criteria that failed, which is none unless the enrolment took place elsewhere.
    pub async fn enrol(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        enrol: &EnrolSubject,
    ) -> Result<Vec<CriterionOid>> {
        let study = self.study_for(context, study, Act::ManageSubjects).await?;
        let permit = self.permit_at(context, &study, &enrol.subject, Act::ManageSubjects).await?;
        let site_oid = self.site_of(&study, &enrol.subject).await?;
        study.active_site(&site_oid)?;
        let enrolled_on = local_date(&enrol.enrolled_on)?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &enrol.subject,
            request: request_id(context, request),
            reason: None,
        };
        for _ in 0..MAX_ATTEMPTS {
            let series = Series::Enrolment;
            let last = self.last_number(&study, &site_oid, series, &change.request, true).await?;
            let number = last.number + 1;
            let next = || format!("{site_oid}-R{number:03}");
            let enrolled = SubjectEnrolled {
                enrolment_number: enrol.enrolment_number.clone().unwrap_or_else(next),
                enrolled_on: enrolled_on.clone(),
                arm: None,
                participant: Participant::new(&study.oid, &enrol.subject, number),
            };
            match self.enrol_as(&study, &change, &last, (enrol, &enrolled)).await {
                Err(failure) if is_taken(&failure, &last.log) => {}
                other => return other,
            }
        }
        Err(Failure::Busy(site_oid.to_string()))
    }

    async fn enrol_as(
        &self,
        study: &Study,
        change: &Change<'_>,
        last: &LastNumber,
        (enrol, enrolled): (&EnrolSubject, &SubjectEnrolled),
    ) -> Result<Vec<CriterionOid>> {
        let (number, subject) = (last.number + 1, change.subject.to_string());
        let given = SiteEvent::EnrolmentNumberGiven { number, subject };
        let beside = last.give(change, &given, &self.clock);
        let changed = self
            .change(study, change, |casebook, attempt| {
                let failed = failed_criteria(casebook);
                if attempt == Attempt::Repeated {
                    return Ok(Decided::new(Vec::new(), failed));
                }
                may_become(casebook, SubjectStatus::Enrolled)?;
                let assessed = eligibility(study.of(casebook), casebook, enrol)?;
                let failed = assessed.failed.clone();
                let events = vec![
                    Event::EligibilityAssessed(assessed),
                    Event::SubjectEnrolled(enrolled.clone()),
                ];
                Ok(Decided { events, beside: Some(beside.clone()), answer: failed })
            })
            .await?;
        Ok(changed.answer)
    }

    /// Moves a subject to another status.
    pub async fn change_status(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        to: &ChangeStatus,
    ) -> Result<()> {
        let study = self.study_for(context, study, Act::ManageSubjects).await?;
        let permit = self.permit_at(context, &study, &to.subject, Act::ManageSubjects).await?;
        let on = local_date(&to.on)?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &to.subject,
            request: request_id(context, request),
            reason: to.reason.clone(),
        };
        self.change(&study, &change, |casebook, attempt| {
            if attempt == Attempt::Repeated {
                return Ok(Decided::new(Vec::new(), ()));
            }
            let from = may_become(casebook, to.to)?;
            if from == SubjectStatus::Screening && to.to == SubjectStatus::Enrolled {
                // Only an enrolment asks whether the subject is eligible.
                return Err(Refusal::StatusNotAllowed { from, to: to.to });
            }
            let event = Event::SubjectStatusChanged { from, to: to.to, on: on.clone() };
            Ok(Decided::new(vec![event], ()))
        })
        .await?;
        Ok(())
    }

    /// Notes one dated event. Where it is a study event, it also gets that date.
    pub async fn record_event(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        noted: &RecordEvent,
    ) -> Result<()> {
        let study = self.study_for(context, study, Act::EnterData).await?;
        let permit = self.permit_at(context, &study, &noted.subject, Act::EnterData).await?;
        let on = PartialDate::parse(&noted.on).ok_or_else(|| bad_date(&noted.on))?.to_string();
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &noted.subject,
            request: request_id(context, request),
            reason: None,
        };
        self.change(&study, &change, |casebook, _| {
            if let Some((event, _)) = &noted.event
                && study.of(casebook).design.event(event).is_none()
            {
                return Err(Refusal::EventUnknown(event.clone()));
            }
            let text = noted.text.trim().to_owned();
            let mut events = vec![Event::EventNoted { on: on.clone(), text }];
            if let Some((event, repeat)) = &noted.event {
                let old = casebook.dates.get(&(event.clone(), repeat.clone())).cloned();
                events.push(Event::StudyEventDated {
                    event: event.clone(),
                    event_repeat: repeat.clone(),
                    old,
                    new: Some(on.clone()),
                });
            }
            Ok(Decided::new(events, ()))
        })
        .await?;
        Ok(())
    }

    /// The last number of a site; unless the subject is known, also whether the request got one.
    async fn last_number(
        &self,
        study: &Study,
        site: &SiteOid,
        series: Series,
        request: &RequestId,
        subject_known: bool,
    ) -> Result<LastNumber> {
        let request = Some(request).filter(|_| !subject_known);
        LastNumber::read(&*self.store, log_of(&study.oid, site), series, request).await
    }
}

/// Whether somebody else got the number first.
fn is_taken(failure: &Failure, site_log: &LogName) -> bool {
    matches!(failure, Failure::Store(StoreError::HeadMoved { log, .. }) if log == site_log)
}

fn failed_criteria(casebook: &Casebook) -> Vec<CriterionOid> {
    casebook.enrolment.as_ref().map(|one| one.failed_criteria.clone()).unwrap_or_default()
}

/// The status of the subject, if it may become `next`.
fn may_become(casebook: &Casebook, next: SubjectStatus) -> Result<SubjectStatus, Refusal> {
    let enrolment =
        casebook.enrolment.as_ref().ok_or_else(|| Refusal::SubjectUnknown(String::new()))?;
    let from = enrolment.status;
    if from.may_become(next) { Ok(from) } else { Err(Refusal::StatusNotAllowed { from, to: next }) }
}

fn bad_date(text: &str) -> Refusal {
    Refusal::KeyInvalid { what: KeyKind::Date, text: text.chars().take(MAX_KEY_BYTES).collect() }
}

fn local_date(text: &str) -> Result<String, Refusal> {
    let date = PartialDate::parse(text).filter(|date| date.complete().is_some());
    date.map(|date| date.to_string()).ok_or_else(|| bad_date(text))
}

fn consent_date(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Err(Refusal::ConsentMissing) } else { local_date(text) }
}

fn subject_key(subject: &SubjectKey) -> Result<(), Refusal> {
    let text = subject.as_str();
    let fits = !text.trim().is_empty()
        && text.trim() == text
        && text.len() <= MAX_KEY_BYTES
        && !text.chars().any(char::is_control);
    if fits {
        return Ok(());
    }
    Err(Refusal::KeyInvalid {
        what: KeyKind::SubjectKey,
        text: text.chars().take(MAX_KEY_BYTES).collect(),
    })
}
