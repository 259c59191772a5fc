//! Records folded from the logs of their casebooks, as far as the cut-off.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journal::{Chain, EntryRef, Head};
use kernel::{
    RepeatKey, RequestId, StudyEventOid, SubjectKey,
    casebook::{Casebook, Event, RecordKey, RecordSignature, Stamp, SubjectStatus},
};
use store::LogName;
use tokio::sync::mpsc::Sender;

use super::{
    Job, casebook,
    page::{Page, Pages, RecordPage, Step, StepKind, SubjectPage},
};
use crate::{Failure, book::LOG_KIND, failure::Result};

/// Logs and entries that are read at a time.
const PAGE: u32 = 1_000;

/// Sends every subject with its records, in the order of the subjects' keys.
pub(super) async fn read(job: &Job, pages: &Sender<Pages>) -> Result<()> {
    let study = job.study.oid.as_str();
    let mut after = LogName::new(study, LOG_KIND, "");
    loop {
        let logs = job.edc.store.logs(Some(study), Some(&after), PAGE).await?;
        let Some((last, _)) = logs.last() else { return Ok(()) };
        after = last.clone();
        for (log, _) in logs.iter().filter(|(log, _)| log.kind == LOG_KIND) {
            let page = if job.whole {
                casebook::read(job, log).await?.map(|page| Page::Casebook(Box::new(page)))
            } else {
                subject(job, log).await?.map(|page| Page::Subject(Box::new(page)))
            };
            if let Some(page) = page {
                let gone = |_| Failure::Broke("the exporter stopped".to_owned());
                pages.send(vec![page]).await.map_err(gone)?;
            }
        }
        if logs.len() < PAGE as usize {
            return Ok(());
        }
    }
}

async fn subject(job: &Job, log: &LogName) -> Result<Option<SubjectPage>> {
    let until_ms = job.request.as_of.map_or(i64::MAX, Timestamp::as_millisecond);
    let mut casebook = Casebook::default();
    let mut trails: BTreeMap<RecordKey, Vec<Step>> = BTreeMap::new();
    let mut chain = Chain::resume(log.clone(), Head::default());
    'log: loop {
        let entries = job.edc.store.read(log, casebook.sequence + 1, PAGE).await?;
        for sealed in &entries {
            let entry = chain.accept(sealed).map_err(|_| Failure::Broken(log.to_string()))?;
            if entry.recorded_at_ms > until_ms {
                break 'log;
            }
            let event = Event::from_payload(entry.payload).map_err(|source| Failure::Entry {
                log: log.to_string(),
                sequence: sealed.sequence,
                source,
            })?;
            if job.trail {
                note(&mut trails, &entry, &event);
            }
            let stamp = Stamp {
                sequence: sealed.sequence,
                recorded_at_ms: entry.recorded_at_ms,
                request: &RequestId::new(entry.request_id),
                actor: entry.actor,
                role: entry.role,
            };
            casebook.apply(&stamp, event);
        }
        if entries.len() < PAGE as usize {
            break;
        }
    }
    Ok(page(job, log, &casebook, trails))
}

fn page(
    job: &Job,
    log: &LogName,
    casebook: &Casebook,
    mut trails: BTreeMap<RecordKey, Vec<Step>>,
) -> Option<SubjectPage> {
    let enrolment = casebook.enrolment.as_ref()?;
    if !job.has_site(enrolment.site.as_str()) {
        return None;
    }
    let records = casebook
        .records
        .iter()
        .filter(|(key, _)| job.has_form(&key.form))
        .map(|(key, record)| RecordPage {
            key: key.clone(),
            bytes: record.to_bytes(),
            trail: trails.remove(key).unwrap_or_default(),
            queries: casebook.queries_of(key).cloned().collect(),
        })
        .collect();
    Some(SubjectPage {
        first: true,
        subject: SubjectKey::new(&log.key),
        site: enrolment.site.to_string(),
        status: enrolment.status.code().to_owned(),
        screening_number: enrolment.screening_number.clone(),
        enrolment_number: enrolment.enrolment_number.clone(),
        consented_on: enrolment.consented_on.clone(),
        enrolled_on: enrolment.enrolled_on.clone(),
        ended_on: ended_on(casebook),
        signature: casebook.valid_signature().cloned(),
        visit_signatures: visit_signatures(casebook),
        records,
    })
}

/// The day of the present status, where that is an end.
fn ended_on(casebook: &Casebook) -> Option<String> {
    use SubjectStatus as S;
    let last = casebook.history.last()?;
    let ended = matches!(last.to, S::ScreenFailed | S::Discontinued | S::Completed);
    ended.then(|| last.on.clone())
}

fn visit_signatures(casebook: &Casebook) -> Vec<(StudyEventOid, RepeatKey, RecordSignature)> {
    let visits = casebook.visit_signatures.keys();
    let valid = visits.filter_map(|(event, repeat)| {
        let signature = casebook.valid_visit_signature(event, repeat)?;
        Some((event.clone(), repeat.clone(), signature.clone()))
    });
    valid.collect()
}

fn note(trails: &mut BTreeMap<RecordKey, Vec<Step>>, entry: &EntryRef<'_>, event: &Event) {
    let step = |kind, group: &str, repeat: &str, item: &str, datum| Step {
        kind,
        group: group.to_owned(),
        group_repeat: repeat.to_owned(),
        item: item.to_owned(),
        datum,
        at: time(entry.recorded_at_ms),
        user: entry.actor.to_owned(),
        reason: entry.reason.map(ToOwned::to_owned),
        origin: entry.origin.to_owned(),
        entry: entry.sequence,
    };
    match event {
        Event::FormSaved(saved) => {
            let trail = trails.entry(saved.record.clone()).or_default();
            trail.extend(saved.changes().map(|(row, change)| {
                let kind = match (&change.1, &change.2) {
                    (_, None) => StepKind::Cleared,
                    (None, Some(_)) => StepKind::Recorded,
                    (Some(_), Some(_)) => StepKind::Changed,
                };
                let (group, repeat) = (row.group.as_str(), row.repeat.as_str());
                step(kind, group, repeat, change.0.as_str(), change.2.clone())
            }));
        }
        Event::Removed(part) | Event::Restored(part) => {
            let removed = matches!(event, Event::Removed(_));
            let kind = if removed { StepKind::Removed } else { StepKind::Restored };
            let row = part.row.as_ref();
            let group = row.map_or("", |row| row.group.as_str());
            let repeat = row.map_or("", |row| row.repeat.as_str());
            let trail = trails.entry(part.record.clone()).or_default();
            trail.push(step(kind, group, repeat, "", None));
        }
        _ => {}
    }
}

/// A time as exports write it: ISO 8601 in UTC with milliseconds.
pub(super) fn time(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| at.to_string())
}
