//! Changes what is said of a study.

use contract::{
    Act, Context, Error, Scope,
    portfolio::v1::{StaleStudy, UpdateStudyRequest, UpdateStudyResponse},
};

use crate::{
    Portfolio,
    change::{Author, study_unknown},
    event::{Phase, PortfolioEvent, StudyFacts, StudyStatus},
    failure::Result,
    field::{Edit, Fields, edit, given, is_unsaid, reason_missing},
    study::Study,
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, `STALE_VERSION`, `REASON_MISSING`, `STATUS_NOT_ALLOWED`,
/// `STUDY_ARCHIVED`, `NOT_PERMITTED` and `INVALID_ARGUMENT`.
pub(crate) async fn update(
    portfolio: &Portfolio,
    context: &Context,
    request: &UpdateStudyRequest,
) -> Result<UpdateStudyResponse> {
    let oid = request.study_oid.as_str();
    let permit = context.caller.permit(Act::ManagePortfolio, Scope::study_wide(oid))?;
    let edits = Edits::read(request)?;
    let author = Author {
        permit: &permit,
        context,
        request_id: request.request_id.as_ref(),
        reason: given(request.reason.as_ref()),
    };
    let decide = |study: &Study, _| {
        let Some(before) = &study.facts else { return Err(study_unknown(oid)) };
        if i64::from(study.version) != i64::from(request.seen_version) {
            return Err(stale(oid, study, request.seen_version));
        }
        let after = edits.applied_to(before);
        if after == *before {
            return Ok(None);
        }
        check(before, &after, author.reason.is_some())?;
        Ok(Some(PortfolioEvent::StudyChanged(after)))
    };
    let study = portfolio.change(oid, &author, decide).await?;
    Ok(UpdateStudyResponse { study: wire::of_study(oid, &study) })
}

/// What is to change; see [`Fields`] for what is left out and what is taken away.
#[derive(Debug)]
struct Edits {
    name: Option<String>,
    protocol_number: Edit<String>,
    sponsor: Edit<String>,
    phase: Edit<Phase>,
    indication: Edit<String>,
    planned_sites: Edit<u32>,
    planned_subjects: Edit<u32>,
    status: Option<StudyStatus>,
}

impl Edits {
    fn read(request: &UpdateStudyRequest) -> Result<Self, Error> {
        let mut fields = Fields::default();
        if request.seen_version < 1 {
            fields.fault("seenVersion", "versions count from 1");
        }
        let subjects = request.planned_subject_count;
        let edits = Self {
            name: request.study_name.as_ref().map(|name| fields.text("studyName", name)),
            protocol_number: fields.edited_text("protocolNumber", request.protocol_number.as_ref()),
            sponsor: fields.edited_text("sponsor", request.sponsor.as_ref()),
            phase: wire::phase(&mut fields, request.phase),
            indication: fields.edited_text("indication", request.indication.as_ref()),
            planned_sites: fields.edited_count("plannedSiteCount", request.planned_site_count),
            planned_subjects: fields.edited_count("plannedSubjectCount", subjects),
            status: wire::study_status(&mut fields, request.status),
        };
        fields.done()?;
        Ok(edits)
    }

    fn applied_to(&self, before: &StudyFacts) -> StudyFacts {
        let mut facts = before.clone();
        edit(&mut facts.name, self.name.clone());
        self.protocol_number.apply(&mut facts.protocol_number);
        self.sponsor.apply(&mut facts.sponsor);
        self.phase.apply(&mut facts.phase);
        self.indication.apply(&mut facts.indication);
        self.planned_sites.apply(&mut facts.planned_sites);
        self.planned_subjects.apply(&mut facts.planned_subjects);
        edit(&mut facts.status, self.status);
        facts
    }
}

/// Whether a study may change so.
fn check(before: &StudyFacts, after: &StudyFacts, has_reason: bool) -> Result<(), Error> {
    let (is, next) = (before.status, after.status);
    if !is.may_become(next) {
        let message = format!("a study that is {} cannot become {}", is.name(), next.name());
        return Err(Error::refused("STATUS_NOT_ALLOWED", message));
    }
    if is == StudyStatus::Archived && next == StudyStatus::Archived {
        return Err(archived());
    }
    let unsaid = before.name != after.name
        || is != next
        || is_unsaid(before.protocol_number.as_ref(), after.protocol_number.as_ref())
        || is_unsaid(before.sponsor.as_ref(), after.sponsor.as_ref())
        || is_unsaid(before.phase.as_ref(), after.phase.as_ref())
        || is_unsaid(before.indication.as_ref(), after.indication.as_ref())
        || is_unsaid(before.planned_sites.as_ref(), after.planned_sites.as_ref())
        || is_unsaid(before.planned_subjects.as_ref(), after.planned_subjects.as_ref());
    if unsaid && !has_reason { Err(reason_missing()) } else { Ok(()) }
}

/// The study, if it is there and may still change.
pub(crate) fn changeable(oid: &str, study: &Study) -> Result<(), Error> {
    match &study.facts {
        None => Err(study_unknown(oid)),
        Some(facts) if facts.status == StudyStatus::Archived => Err(archived()),
        Some(_) => Ok(()),
    }
}

fn archived() -> Error {
    Error::refused("STUDY_ARCHIVED", "the study is archived, so nothing of it changes")
}

fn stale(oid: &str, study: &Study, seen_version: i32) -> Error {
    let message = format!("the study is at version {}, not {seen_version}", study.version);
    let detail = StaleStudy { seen_version, study: wire::of_study(oid, study) };
    Error::aborted("STALE_VERSION", message).with_detail(&detail)
}
