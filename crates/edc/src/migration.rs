//! Brings existing casebooks to a study version: a page of subjects at a time, each by itself.

use std::sync::Arc;

use contract::{Act, Context, Error, Permit, Scope, build::v1 as proto, page};
use kernel::{RequestId, SiteOid, StudyOid, SubjectKey, casebook::Event};
use proto::migrated;

use crate::{
    Edc,
    anew::{Outcome, carry_out, each_record, page_size},
    book::lock,
    change::{Change, Writer, request_id},
    decide,
    failure::Result,
    numbers::given_numbers,
    read::subjects::{Page, subjects_of},
    rollout::version_unknown,
    study::Study,
    wire::{self, value},
};

/// Brings a page of casebooks to a version, or says what that would do.
pub(crate) async fn migrate(
    edc: &Edc,
    context: &Context,
    request: &proto::MigrateCasebooksRequest,
) -> Result<proto::MigrateCasebooksResponse> {
    let oid: StudyOid = request.study_oid.as_str().into();
    let permit = context.caller.permit(Act::MigrateData, Scope::study_wide(oid.as_str()))?;
    if request.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "say why casebooks are migrated").into());
    }
    let study = edc.study(&oid).await?;
    let site = wire::subject::given(request.site_oid.as_ref());
    if let Some(site) = site {
        study.site(&site.into())?;
    }
    if !study.in_use().any(|one| one.hash.to_string() == request.version_hash) {
        return Err(not_in_force(&study, &request.version_hash).into());
    }
    let count = page_size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?;
    let found = subjects_of(edc, &study, site, &Page::of(count, after)).await?;
    let run = Run { edc, study: &study, permit: &permit, context, request };
    let mut migrated = Vec::with_capacity(found.subjects.len());
    for (subject, row) in &found.subjects {
        migrated.push(run.one(subject, &row.site.as_str().into()).await?);
    }
    let mut screened = 0;
    for oid in study.state.sites.keys().filter(|oid| site.is_none_or(|site| site == oid.as_str())) {
        screened += given_numbers(&*edc.store, &study.oid, oid).await?.screened;
    }
    Ok(proto::MigrateCasebooksResponse {
        subjects: migrated,
        next_page_token: found.next,
        subject_count: value::number(screened),
    })
}

fn not_in_force(study: &Study, hash: &str) -> Error {
    if study.state.position(hash).is_none() {
        return version_unknown(&study.oid, hash);
    }
    let message = format!("version {hash} was replaced for all by a later one");
    Error::refused("VERSION_REPLACED", message)
}

/// One call.
struct Run<'a> {
    edc: &'a Edc,
    study: &'a Arc<Study>,
    permit: &'a Permit,
    context: &'a Context,
    request: &'a proto::MigrateCasebooksRequest,
}

impl Run<'_> {
    async fn one(&self, subject: &SubjectKey, site: &SiteOid) -> Result<proto::Migrated> {
        let change = Change {
            permit: self.permit,
            origin: &self.context.origin,
            subject,
            request: self.request_id(),
            reason: Some(self.request.reason.clone()),
        };
        let target = self.request.version_hash.as_str();
        let mut told = proto::Migrated {
            subject_key: subject.to_string(),
            site_oid: site.to_string(),
            ..proto::Migrated::default()
        };
        let shared = self.edc.shelf.get(self.study, subject).await?;
        let taken = {
            let book = lock(&shared);
            told.old_version_hash = self.study.of(&book.casebook).hash.to_string();
            book.casebook.version.clone()
        };
        if taken.as_deref() == Some(target) {
            told.outcome = migrated::Outcome::AlreadyThere.into();
            return Ok(told);
        }
        let state = &self.study.state;
        if state.position(&told.old_version_hash) > state.position(target) {
            told.outcome = migrated::Outcome::Newer.into();
            return Ok(told);
        }
        let (study, dry_run) = (self.study, self.request.dry_run);
        let make = |writer: &mut Writer<'_>| bring(writer, &change, target);
        let brought = carry_out(self.edc, study, subject, dry_run, make).await?;
        told.outcome = migrated::Outcome::Migrated.into();
        tell(&brought, &mut told);
        Ok(told)
    }

    fn request_id(&self) -> RequestId {
        request_id(self.context, self.request.request_id.as_ref())
    }
}

/// Brings a casebook to a version, record by record. Does nothing to one that is there already.
pub(crate) fn bring(writer: &mut Writer<'_>, change: &Change<'_>, target: &str) -> Outcome {
    if writer.book.casebook.version.as_deref() == Some(target) {
        return Outcome::default();
    }
    let old = writer.study.of(&writer.book.casebook).hash.to_string();
    let taken = Event::VersionTaken { old: Some(old), new: target.to_owned() };
    writer.take(change, std::slice::from_ref(&taken));
    each_record(writer, change, decide::migrate_record)
}

fn tell(brought: &Outcome, told: &mut proto::Migrated) {
    let counts = brought.counts();
    told.changed_record_count = value::number(counts.records);
    told.changed_value_count = value::number(counts.values);
    told.opened_query_count = value::number(counts.opened_queries);
    told.closed_query_count = value::number(counts.closed_queries);
    let left = brought.left.iter().map(|(key, code)| proto::LeftRecord {
        study_event_oid: key.event.to_string(),
        study_event_repeat_key: key.event_repeat.to_string(),
        form_oid: key.form.to_string(),
        form_repeat_key: key.form_repeat.to_string(),
        refusal: (*code).to_owned(),
    });
    told.left_records = left.collect();
}
