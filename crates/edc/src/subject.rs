//! Takes subjects into the trial and follows them through it.

use std::collections::BTreeMap;

use contract::{Act, Context, Permit, Scope};
use journal::{Draft, Head, LogName};
use kernel::{
    CriterionOid, PartialDate, RepeatKey, SiteOid, StudyEventOid, StudyOid, SubjectKey,
    casebook::{
        Casebook, EligibilityAssessed, Event, Refusal, SubjectEnrolled, SubjectScreened,
        SubjectStatus,
    },
    study::CriterionKind,
};
use rules::Outcome;
use store::LogPart;

use crate::{
    Edc, SiteEvent,
    change::{Attempt, Change, Decided, request_id},
    compiled::Compiled,
    decide::CasebookFacts,
    failure::Result,
    study::Study,
};

/// The kind of a site's log, which holds the numbers it has given.
const SITE_LOG: &str = "site";
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
        let study = self.study(study).await?;
        let scope = Scope::at_site(study.oid.as_str(), screen.site.as_str());
        let permit = context.caller.permit(Act::ManageSubjects, scope)?;
        study.active_site(&screen.site)?;
        let elsewhere = screen.took_place && screen.consented_on.is_empty();
        let consented_on = if elsewhere { None } else { Some(consent_date(&screen.consented_on)?) };
        let today = || (self.clock)().to_string()[..10].to_owned();
        let screened_on = screen.screened_on.clone().or_else(|| consented_on.clone());
        let screened_on = local_date(&screened_on.unwrap_or_else(today))?;
        let site = self.site_numbers(&study, &screen.site).await?;
        let number = site.screened + 1;
        let named = screen.subject.clone();
        let subject =
            named.unwrap_or_else(|| SubjectKey::new(format!("{}-{number:04}", screen.site)));
        subject_key(&subject)?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &subject,
            request: request_id(context, request),
            reason: None,
        };
        let given = SiteEvent::ScreeningNumberGiven { number, subject: subject.to_string() };
        let beside = site.next(&permit, &given, self);
        let screened = SubjectScreened {
            site: screen.site.clone(),
            screening_number: format!("{}-S{number:03}", screen.site),
            consented_on,
            screened_on,
        };
        self.change(&study, &change, |casebook, attempt| {
            if casebook.enrolment.is_some() && attempt == Attempt::First {
                return Err(Refusal::SubjectExists(subject.to_string()));
            }
            let events = vec![Event::SubjectScreened(screened.clone())];
            Ok(Decided { events, beside: Some(beside.clone()), answer: () })
        })
        .await?;
        Ok(subject)
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
        let study = self.study(study).await?;
        let site_oid = self.site_of(&study, &enrol.subject).await?;
        let scope = Scope::at_site(study.oid.as_str(), site_oid.as_str());
        let permit = context.caller.permit(Act::ManageSubjects, scope)?;
        study.active_site(&site_oid)?;
        let enrolled_on = local_date(&enrol.enrolled_on)?;
        let site = self.site_numbers(&study, &site_oid).await?;
        let number = site.enrolled + 1;
        let subject = &enrol.subject;
        let given = SiteEvent::EnrolmentNumberGiven { number, subject: subject.to_string() };
        let beside = site.next(&permit, &given, self);
        let enrolment_number =
            enrol.enrolment_number.clone().unwrap_or_else(|| format!("{site_oid}-R{number:03}"));
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject,
            request: request_id(context, request),
            reason: None,
        };
        let changed = self
            .change(&study, &change, |casebook, attempt| {
                let failed = failed_criteria(casebook);
                if attempt == Attempt::Repeated {
                    return Ok(Decided::new(Vec::new(), failed));
                }
                may_become(casebook, SubjectStatus::Enrolled)?;
                let assessed = eligibility(&study.compiled, casebook, enrol)?;
                let failed = assessed.failed.clone();
                let enrolled = SubjectEnrolled {
                    enrolment_number: enrolment_number.clone(),
                    enrolled_on: enrolled_on.clone(),
                    arm: None,
                };
                let events =
                    vec![Event::EligibilityAssessed(assessed), Event::SubjectEnrolled(enrolled)];
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
        let study = self.study(study).await?;
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
        let study = self.study(study).await?;
        let permit = self.permit_at(context, &study, &noted.subject, Act::EnterData).await?;
        let on = PartialDate::parse(&noted.on).ok_or_else(|| bad_date(&noted.on))?.to_string();
        if let Some((event, _)) = &noted.event
            && study.compiled.design.event(event).is_none()
        {
            return Err(Refusal::EventUnknown(event.clone()).into());
        }
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &noted.subject,
            request: request_id(context, request),
            reason: None,
        };
        self.change(&study, &change, |casebook, _| {
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

    /// A permit for an act at the site of a subject.
    pub(crate) async fn permit_at(
        &self,
        context: &Context,
        study: &Study,
        subject: &SubjectKey,
        act: Act,
    ) -> Result<Permit> {
        let site = self.site_of(study, subject).await?;
        Ok(context.caller.permit(act, Scope::at_site(study.oid.as_str(), site.as_str()))?)
    }

    async fn site_numbers(&self, study: &Study, site: &SiteOid) -> Result<SiteNumbers> {
        let log = LogName::new(study.oid.as_str(), SITE_LOG, site.as_str());
        let mut numbers =
            SiteNumbers { head: Head::default(), screened: 0, enrolled: 0, recorded_at_ms: 0, log };
        loop {
            let entries =
                self.store.read(&numbers.log, numbers.head.sequence + 1, PAGE_OF_NUMBERS).await?;
            for sealed in &entries {
                numbers.apply(sealed)?;
            }
            if entries.len() < PAGE_OF_NUMBERS as usize {
                return Ok(numbers);
            }
        }
    }
}

const PAGE_OF_NUMBERS: u32 = 1_000;

/// How many numbers a site has given, and where its log ends.
struct SiteNumbers {
    log: LogName,
    head: Head,
    screened: u32,
    enrolled: u32,
    recorded_at_ms: i64,
}

impl SiteNumbers {
    fn apply(&mut self, sealed: &journal::Sealed) -> Result<()> {
        let broken = || crate::Failure::Broken(self.log.to_string());
        let entry = sealed.view().map_err(|_| broken())?;
        match minicbor_serde::from_slice(entry.payload).map_err(|_| broken())? {
            SiteEvent::ScreeningNumberGiven { number, .. } => self.screened = number,
            SiteEvent::EnrolmentNumberGiven { number, .. } => self.enrolled = number,
        }
        self.recorded_at_ms = entry.recorded_at_ms;
        self.head = sealed.head();
        Ok(())
    }

    /// The entry that gives the next number; two who want the same one cannot both append it.
    fn next(&self, permit: &Permit, event: &SiteEvent, edc: &Edc) -> LogPart {
        let draft = Draft {
            recorded_at_ms: (edc.clock)().as_millisecond().max(self.recorded_at_ms),
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
            origin: "system".to_owned(),
            kind: event.kind().to_owned(),
            payload: minicbor_serde::to_vec(event).expect("a site event is plain data"),
            ..Draft::default()
        };
        LogPart::seal(self.log.clone(), self.head, &[draft], Vec::new())
    }
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

/// Every criterion, computed or attested. Refuses with each that fails, or that is still open.
fn eligibility(
    compiled: &Compiled,
    casebook: &Casebook,
    enrol: &EnrolSubject,
) -> Result<EligibilityAssessed, Refusal> {
    let consented = casebook.enrolment.as_ref().and_then(|one| one.consented_on.as_ref());
    if consented.is_none() && !enrol.took_place {
        return Err(Refusal::ConsentMissing);
    }
    let facts = CasebookFacts { compiled, casebook };
    let (mut attested, mut failed, mut open) = (BTreeMap::new(), Vec::new(), Vec::new());
    for criterion in &compiled.criteria {
        let wanted = criterion.kind == CriterionKind::Inclusion;
        let holds = match &criterion.rule {
            Some(rule) => match rule.evaluate(&facts) {
                Outcome::True => Some(true),
                Outcome::False => Some(false),
                _ => None,
            },
            None => {
                let said = enrol.attested.get(&criterion.oid).copied();
                let said = said.or(enrol.took_place.then_some(wanted));
                said.inspect(|said| {
                    attested.insert(criterion.oid.clone(), *said);
                })
            }
        };
        match holds {
            Some(holds) if holds == wanted => {}
            Some(_) => failed.push(criterion.oid.clone()),
            None if enrol.took_place => failed.push(criterion.oid.clone()),
            None => open.push(criterion.oid.clone()),
        }
    }
    if enrol.took_place {
        return Ok(EligibilityAssessed { attested, failed });
    }
    if !failed.is_empty() {
        Err(Refusal::NotEligible(failed))
    } else if !open.is_empty() {
        Err(Refusal::CriteriaOpen(open))
    } else {
        Ok(EligibilityAssessed { attested, failed })
    }
}

fn bad_date(text: &str) -> Refusal {
    Refusal::KeyInvalid {
        what: "a date",
        text: text.chars().take(MAX_KEY_BYTES).collect(),
        why: "it must be an ISO 8601 date such as 2026-03-02",
    }
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
        what: "the key of a subject",
        text: text.chars().take(MAX_KEY_BYTES).collect(),
        why: "it must have 1 to 64 bytes, no control characters and no blanks around it",
    })
}
