//! The exporter's own thread: pages in, files out.

use std::{cmp::Ordering, sync::Arc};

use formats::export::{
    Exporter, QueryOut, RecordOut, SignatureOut, Sink, StudyOut, SubjectOut, TrailKind, TrailOut,
    manifest,
};
use kernel::{
    Datum,
    casebook::{DatumRef, FormRecord, RecordKey, RecordRef, RecordSignature},
    study::{Design, StudyVersion},
};
use tokio::sync::mpsc::Receiver;

use super::{
    ExportFailure, Exported, Job, Progress,
    attached::Attached,
    folded::time,
    page::{Page, Pages, RecordPage, Step, StepKind, SubjectPage},
    people::People,
    whole,
};
use crate::Failure;

/// Runs the exporter over all pages. An error, or a broken stream, leaves no complete export.
pub(super) fn write(
    job: &Job,
    people: &People,
    mut exporter: Box<dyn Exporter>,
    mut sink: Box<dyn Sink + Send>,
    mut pages: Receiver<Pages>,
    created_at: &str,
    progress: &Progress,
) -> Result<Exported, ExportFailure> {
    let design = visible_design(job);
    let design = design.as_ref().unwrap_or(job.study.whole());
    let sites: Vec<(&str, &str)> = job.study.state.sites.values().map(site_out).collect();
    let users: Vec<(&str, Option<&str>)> =
        people.users.iter().map(|(user, name)| (user.as_str(), name.as_deref())).collect();
    let meanings: Vec<&str> = people.meanings.iter().map(String::as_str).collect();
    let as_of = job.request.as_of.map(|at| at.to_string());
    let version_hash = job.study.compiled.design.hash().to_string();
    let study = StudyOut {
        design,
        published: job.study.whole(),
        version_hash: &version_hash,
        as_of: as_of.as_deref(),
        created_at,
        source_version: &job.request.source_version,
        sites: &sites,
        users: &users,
        meanings: &meanings,
        is_locked: job.study.state.is_locked(),
    };
    let mut attached = Attached::wanted(job)?;
    exporter.begin(&study, &mut *sink)?;
    let mut records = 0;
    while let Some(read) = pages.blocking_recv() {
        for page in read {
            match page {
                Page::Broken(why) => return Err(ExportFailure::Stopped(why)),
                Page::Subject(page) => {
                    records += page.records.len() as u64;
                    subject(job, &mut *exporter, &mut attached, *page)?;
                }
                Page::Casebook(page) => {
                    records += page.casebook.records.len() as u64;
                    whole::casebook(job, &study, &page, &mut *exporter, &mut *sink)?;
                }
            }
        }
        progress(records);
    }
    let mut files = exporter.finish(&mut *sink)?;
    if let Some(attached) = attached {
        files.extend(attached.write(job, &mut *sink)?);
    }
    let manifest = manifest(&study, &job.request.format, &files);
    Ok(Exported { files, manifest })
}

fn site_out(site: &crate::Site) -> (&str, &str) {
    let name = site.added.name.values().next().map_or("", String::as_str);
    (site.added.site.as_str(), name)
}

fn subject(
    job: &Job,
    exporter: &mut dyn Exporter,
    attached: &mut Option<Attached>,
    mut page: SubjectPage,
) -> Result<(), ExportFailure> {
    let design = job.study.whole();
    page.records.sort_by(|left, right| in_schedule(design, &left.key, &right.key));
    let visits: Vec<String> =
        page.visit_signatures.iter().map(|(_, _, signed)| time(signed.signed_at_ms)).collect();
    let visits: Vec<(&str, &str, SignatureOut<'_>)> = page
        .visit_signatures
        .iter()
        .zip(&visits)
        .map(|((event, repeat, signed), at)| {
            (event.as_str(), repeat.as_str(), signature_out((signed, at)))
        })
        .collect();
    let signed_at = page.signature.as_ref().map(|signed| time(signed.signed_at_ms));
    let subject = SubjectOut {
        key: page.subject.as_str(),
        site: &page.site,
        status: &page.status,
        screening_number: Some(&page.screening_number),
        enrolment_number: page.enrolment_number.as_deref(),
        consented_on: page.consented_on.as_deref(),
        enrolled_on: page.enrolled_on.as_deref(),
        ended_on: page.ended_on.as_deref(),
        signature: page.signature.as_ref().zip(signed_at.as_deref()).map(signature_out),
        visit_signatures: &visits,
    };
    if page.first {
        exporter.subject(&subject)?;
    }
    for record in &mut page.records {
        let signed = signature(record)?;
        let signed_at = signed.as_ref().map(|signed| time(signed.signed_at_ms));
        hide(job, record)?;
        let stored = RecordRef::decode(&record.bytes).map_err(Failure::from)?;
        let trail: Vec<TrailOut<'_>> =
            record.trail.iter().map(|step| trail_out(step, &page.site)).collect();
        if let Some(attached) = attached {
            attached.note(&page.subject, &stored, &trail)?;
        }
        let opened: Vec<String> = record.queries.iter().map(|q| time(q.opened_at_ms)).collect();
        let queries: Vec<QueryOut<'_>> =
            record.queries.iter().zip(&opened).map(query_out).collect();
        exporter.record(&RecordOut {
            subject: &subject,
            event: record.key.event.as_str(),
            event_repeat: record.key.event_repeat.as_str(),
            form: record.key.form.as_str(),
            form_repeat: record.key.form_repeat.as_str(),
            record: &stored,
            trail: &trail,
            queries: &queries,
            signature: signed.as_ref().zip(signed_at.as_deref()).map(signature_out),
        })?;
    }
    Ok(())
}

/// The signature that holds: it is bound to all values, also to those that are hidden here.
fn signature(record: &RecordPage) -> Result<Option<RecordSignature>, Failure> {
    if !RecordRef::decode(&record.bytes)?.is_signed()? {
        return Ok(None);
    }
    let stored = FormRecord::from_bytes(&record.bytes)?;
    Ok(stored.valid_signature().cloned())
}

fn signature_out<'a>((signed, at): (&'a RecordSignature, &'a str)) -> SignatureOut<'a> {
    SignatureOut {
        signer: &signed.signer,
        printed_name: &signed.printed_name,
        meaning: &signed.meaning,
        signed_at: at,
    }
}

/// The order of the schedule, then that of repeats and forms.
fn in_schedule(design: &Design, left: &RecordKey, right: &RecordKey) -> Ordering {
    let position = |key: &RecordKey| design.event_position(&key.event).unwrap_or(usize::MAX);
    position(left).cmp(&position(right)).then_with(|| left.cmp(right))
}

/// The design without the items that the caller must not see; `None` if he may see all.
fn visible_design(job: &Job) -> Option<Design> {
    if job.hidden.is_empty() {
        return None;
    }
    let mut version: StudyVersion = job.study.whole().version().clone();
    for group in &mut version.item_groups {
        group.items.retain(|item| !job.hidden.contains(&item.item));
    }
    Some(Design::new(Arc::new(version)))
}

/// Takes the items that the caller must not see out of a record and its trail.
fn hide(job: &Job, record: &mut RecordPage) -> Result<(), Failure> {
    if job.sees_all() {
        return Ok(());
    }
    let mut stored = FormRecord::from_bytes(&record.bytes)?;
    for row in stored.rows.values_mut() {
        row.items.retain(|item, _| !job.hidden.contains(item));
    }
    record.bytes = stored.to_bytes();
    record.trail.retain(|step| !job.hidden.contains(&step.item.as_str().into()));
    record.queries.retain(|query| job.shows_query(query));
    Ok(())
}

fn trail_out<'a>(step: &'a Step, site: &'a str) -> TrailOut<'a> {
    TrailOut {
        kind: match step.kind {
            StepKind::Recorded => TrailKind::Recorded,
            StepKind::Changed => TrailKind::Changed,
            StepKind::Cleared => TrailKind::Cleared,
            StepKind::Removed => TrailKind::Removed,
            StepKind::Restored => TrailKind::Restored,
        },
        group: &step.group,
        group_repeat: &step.group_repeat,
        item: &step.item,
        datum: match &step.datum {
            Some(Datum::Value { text, unit }) => {
                DatumRef::Value { text, unit: unit.as_ref().map(AsRef::as_ref) }
            }
            Some(Datum::Missing(reason)) => DatumRef::Missing(*reason),
            None => DatumRef::Blank,
        },
        at: &step.at,
        user: &step.user,
        location: site,
        reason: step.reason.as_deref(),
        origin: &step.origin,
        entry: step.entry,
    }
}

fn query_out<'a>((query, opened_at): (&'a kernel::casebook::Query, &'a String)) -> QueryOut<'a> {
    let item = query.opened.item.as_ref();
    QueryOut {
        id: query.opened.id.as_str(),
        group: item.map_or("", |item| item.row.group.as_str()),
        group_repeat: item.map_or("", |item| item.row.repeat.as_str()),
        item: item.map_or("", |item| item.item.as_str()),
        state: query.status.code(),
        check: query.opened.check.as_ref().map(AsRef::as_ref),
        text: query.opened.text.in_lang("en").unwrap_or_default(),
        opened_at,
        opened_by: &query.opened_by,
    }
}
