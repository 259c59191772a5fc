//! Lays the ranges of a study anew on what is recorded: a page of subjects at a time, each by itself, as
//! ordinary changes with a reason.

use std::sync::Arc;

use contract::{Act, Context, Error, Permit, Scope, edc::v1 as proto, page};
use kernel::{
    SiteOid, StudyOid, SubjectKey,
    casebook::{Event, RecordKey, Refusal},
};

use crate::{
    Edc,
    book::{Book, lock},
    change::{Change, Writer, request_id},
    decide,
    failure::Result,
    migration::page_size,
    read::subjects::{Page, subjects_of},
    study::Study,
    wire::{self, value},
};

/// What came of one casebook.
#[derive(Debug, Default)]
struct Recomputed {
    events: Vec<Event>,
    left: Vec<(RecordKey, &'static str)>,
}

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
        let done = if self.request.dry_run {
            let mut book = {
                let shared = self.edc.shelf.get(self.study, subject).await?;
                let book = lock(&shared);
                Book { head: book.head, casebook: book.casebook.clone(), ..Book::default() }
            };
            self.edc.scratch(self.study, &mut book, |writer| casebook(writer, &change))
        } else {
            self.edc.write(self.study, subject, |writer| Ok(casebook(writer, &change))).await?
        };
        Ok(told(&done, subject, site))
    }
}

/// Record by record: what one becomes, the next may read.
fn casebook(writer: &mut Writer<'_>, change: &Change<'_>) -> Recomputed {
    let mut done = Recomputed::default();
    if writer.book.casebook.requests.contains_key(&change.request) {
        return done;
    }
    let compiled = Arc::clone(writer.study.of(&writer.book.casebook));
    let records: Vec<RecordKey> = writer.book.casebook.records.keys().cloned().collect();
    for key in records {
        let casebook = &writer.book.casebook;
        let Some(record) = casebook.record(&key).filter(|record| !record.removed) else { continue };
        match decide::recompute_record(&compiled, change.subject, casebook, &key, record) {
            Ok(events) => {
                writer.take(change, &events);
                done.events.extend(events);
            }
            Err(refusal) => done.left.push((key, Refusal::code(&refusal))),
        }
    }
    done
}

fn told(done: &Recomputed, subject: &SubjectKey, site: &SiteOid) -> proto::RecomputedSubject {
    let mut told = proto::RecomputedSubject {
        subject_key: subject.to_string(),
        site_oid: site.to_string(),
        ..proto::RecomputedSubject::default()
    };
    for event in &done.events {
        match event {
            Event::FormSaved(saved) => {
                told.changed_record_count += 1;
                told.changed_value_count += value::number(saved.changes().count());
            }
            Event::QueryOpened(_) => told.opened_query_count += 1,
            Event::QueryClosed { .. } => told.closed_query_count += 1,
            _ => {}
        }
    }
    let left = done.left.iter().map(|(key, code)| proto::RecordLeft {
        record: Some(value::record_place(subject, key)),
        refusal: (*code).to_owned(),
    });
    told.left_records = left.collect();
    told
}
