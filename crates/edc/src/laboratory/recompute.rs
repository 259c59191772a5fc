//! Lays the ranges of a study anew on what is recorded: a page of subjects at a time, each by itself, as
//! ordinary changes with a reason.

use std::sync::Arc;

use contract::{Act, Context, Error, Permit, Scope, edc::v1 as proto, page};
use kernel::{SiteOid, StudyOid, SubjectKey};

use crate::{
    Edc,
    anew::{Outcome, carry_out, each_record, page_size},
    change::{Change, Writer, request_id},
    decide,
    failure::Result,
    read::subjects::{Page, subjects_of},
    study::Study,
    wire::{self, value},
};

/// Recomputes what a page of casebooks reads of ranges, or says what that would do.
pub(crate) async fn recompute(
    edc: &Edc,
    context: &Context,
    request: &proto::RecomputeRangesRequest,
) -> Result<proto::RecomputeRangesResponse> {
    let oid: StudyOid = request.study_oid.as_str().into();
    let permit = context.caller.permit(Act::MigrateData, Scope::study_wide(oid.as_str()))?;
    if request.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "say why results are recomputed").into());
    }
    let study = edc.study(&oid).await?;
    let site = wire::subject::given(request.site_oid.as_ref());
    if let Some(site) = site {
        study.site(&site.into())?;
    }
    let count = page_size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?;
    let found = subjects_of(edc, &study, site, &Page::of(count, after)).await?;
    let run = Run { edc, study: &study, permit: &permit, context, request };
    let mut subjects = Vec::with_capacity(found.subjects.len());
    for (subject, row) in &found.subjects {
        subjects.push(run.one(subject, &row.site.as_str().into()).await?);
    }
    Ok(proto::RecomputeRangesResponse { subjects, next_page_token: found.next })
}

/// One call.
struct Run<'a> {
    edc: &'a Edc,
    study: &'a Arc<Study>,
    permit: &'a Permit,
    context: &'a Context,
    request: &'a proto::RecomputeRangesRequest,
}

impl Run<'_> {
    async fn one(&self, subject: &SubjectKey, site: &SiteOid) -> Result<proto::RecomputedSubject> {
        let change = Change {
            permit: self.permit,
            origin: &self.context.origin,
            subject,
            request: request_id(self.context, self.request.request_id.as_ref()),
            reason: Some(self.request.reason.clone()),
        };
        let (study, dry_run) = (self.study, self.request.dry_run);
        let make = |writer: &mut Writer<'_>| casebook(writer, &change);
        let done = carry_out(self.edc, study, subject, dry_run, make).await?;
        Ok(told(&done, subject, site))
    }
}

/// Recomputes the records of a casebook, unless this request did so before.
fn casebook(writer: &mut Writer<'_>, change: &Change<'_>) -> Outcome {
    if writer.book.casebook.requests.contains_key(&change.request) {
        return Outcome::default();
    }
    each_record(writer, change, decide::recompute_record)
}

fn told(done: &Outcome, subject: &SubjectKey, site: &SiteOid) -> proto::RecomputedSubject {
    let counts = done.counts();
    let left = done.left.iter().map(|(key, code)| proto::RecordLeft {
        record: Some(value::record_place(subject, key)),
        refusal: (*code).to_owned(),
    });
    proto::RecomputedSubject {
        subject_key: subject.to_string(),
        site_oid: site.to_string(),
        changed_record_count: value::number(counts.records),
        changed_value_count: value::number(counts.values),
        opened_query_count: value::number(counts.opened_queries),
        closed_query_count: value::number(counts.closed_queries),
        left_records: left.collect(),
    }
}
