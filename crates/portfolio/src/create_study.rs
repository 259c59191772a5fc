//! Takes a study into the portfolio.

use contract::{
    Act, Context, Error, Scope,
    portfolio::v1::{CreateStudyRequest, CreateStudyResponse},
};

use crate::{
    Portfolio,
    change::Author,
    event::{PortfolioEvent, StudyFacts},
    failure::Result,
    field::Fields,
    wire,
};

/// Refuses with `STUDY_EXISTS`, `NOT_PERMITTED` and `INVALID_ARGUMENT`.
pub(crate) async fn create(
    portfolio: &Portfolio,
    context: &Context,
    request: &CreateStudyRequest,
) -> Result<CreateStudyResponse> {
    let permit = context.caller.permit(Act::ManagePortfolio, Scope::system())?;
    let (oid, facts) = read(request)?;
    let author =
        Author { permit: &permit, context, request_id: request.request_id.as_ref(), reason: None };
    let decide = |study: &crate::study::Study, _| {
        if study.is_there() {
            let message = format!("there is already a study {oid}");
            return Err(Error::already_exists("STUDY_EXISTS", message));
        }
        Ok(Some(PortfolioEvent::StudyCreated(facts.clone())))
    };
    let study = portfolio.change(&oid, &author, decide).await?;
    Ok(CreateStudyResponse { study: wire::of_study(&oid, &study) })
}

fn read(request: &CreateStudyRequest) -> Result<(String, StudyFacts), Error> {
    let mut fields = Fields::default();
    let protocol_number =
        fields.edited_text("protocolNumber", request.protocol_number.as_ref()).said();
    let oid = request.study_oid.as_ref().or(protocol_number.as_ref());
    let oid = fields.oid("studyOid", oid.map_or("", String::as_str));
    let planned_subjects =
        fields.edited_count("plannedSubjectCount", request.planned_subject_count).said();
    let facts = StudyFacts {
        name: fields.text("studyName", &request.study_name),
        protocol_number,
        sponsor: fields.edited_text("sponsor", request.sponsor.as_ref()).said(),
        phase: wire::phase(&mut fields, request.phase).said(),
        indication: fields.edited_text("indication", request.indication.as_ref()).said(),
        planned_sites: fields.edited_count("plannedSiteCount", request.planned_site_count).said(),
        planned_subjects,
        status: wire::study_status(&mut fields, request.status).unwrap_or_default(),
    };
    fields.done()?;
    Ok((oid, facts))
}
