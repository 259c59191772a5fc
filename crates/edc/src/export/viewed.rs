//! Records from the view, form by form.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kernel::{FormOid, RepeatKey, StudyEventOid, SubjectKey, casebook::RecordKey};
use store::Range;
use tokio::sync::mpsc::Sender;

use super::{
    Job,
    page::{Page, Pages, RecordPage, SubjectPage},
};
use crate::{
    Failure,
    failure::Result,
    views::{BETWEEN, RECORD, SUBJECT, decode_subject, record_key_parts},
};

/// Rows that are read at a time.
const ROWS: u32 = 2_000;

/// What an export says of a subject besides its records.
struct Known {
    site: Arc<str>,
    status: &'static str,
    screening_number: Box<str>,
    enrolment_number: Option<Box<str>>,
}

/// Sends every subject, then the records of each form, those of one subject together.
pub(super) async fn read(job: &Job, pages: &Sender<Pages>) -> Result<()> {
    let subjects = subjects(job).await?;
    let mut gathered = Gathered { subjects: &subjects, pages, done: Pages::new(), current: None };
    for (subject, known) in &subjects {
        gathered.done.push(known.page(subject.clone(), true, Vec::new()));
        if gathered.done.len() >= ROWS as usize {
            gathered.send().await?;
        }
    }
    for form in &job.study.whole().version().forms {
        if !job.has_form(&form.oid) {
            continue;
        }
        let prefix = format!("{}{BETWEEN}", form.oid);
        let mut range = Range::all(RECORD, job.study.oid.as_str(), ROWS).prefix(prefix);
        let mut ids = Ids::default();
        loop {
            let rows = job.edc.store.list(range.clone()).await?;
            let last = rows.last().map(|(key, _)| key.clone());
            let full = rows.len() == ROWS as usize;
            for (key, bytes) in rows {
                let (subject, record) = ids
                    .read(&key)
                    .ok_or_else(|| Failure::Broke(format!("a record has the key {key:?}")))?;
                gathered.take(subject, record, bytes);
            }
            gathered.send().await?;
            match last.filter(|_| full) {
                Some(last) => range = range.after(last),
                None => break,
            }
        }
        gathered.finish_subject();
    }
    gathered.send().await
}

/// The ids in the keys of records: few that come again and again, so each is made once.
#[derive(Default)]
struct Ids {
    forms: HashMap<Box<str>, FormOid>,
    events: HashMap<Box<str>, StudyEventOid>,
    repeats: HashMap<Box<str>, RepeatKey>,
}

impl Ids {
    fn read<'k>(&mut self, key: &'k str) -> Option<(&'k str, RecordKey)> {
        let [form, subject, event, event_repeat, form_repeat] = record_key_parts(key)?;
        let event_repeat = once(&mut self.repeats, event_repeat);
        let form_repeat = once(&mut self.repeats, form_repeat);
        let (form, event) = (once(&mut self.forms, form), once(&mut self.events, event));
        Some((subject, RecordKey { event, event_repeat, form, form_repeat }))
    }
}

fn once<T: Clone + for<'t> From<&'t str>>(made: &mut HashMap<Box<str>, T>, text: &str) -> T {
    if let Some(id) = made.get(text) {
        return id.clone();
    }
    let id = T::from(text);
    made.insert(text.into(), id.clone());
    id
}

struct Gathered<'a> {
    subjects: &'a BTreeMap<SubjectKey, Known>,
    pages: &'a Sender<Pages>,
    /// Of this read.
    done: Pages,
    current: Option<(SubjectKey, Vec<RecordPage>)>,
}

impl Gathered<'_> {
    fn take(&mut self, subject: &str, key: RecordKey, bytes: Vec<u8>) {
        if self.current.as_ref().is_none_or(|(current, _)| current.as_str() != subject) {
            self.finish_subject();
        }
        let (_, records) = self.current.get_or_insert_with(|| (subject.into(), Vec::new()));
        records.push(RecordPage { key, bytes, trail: Vec::new(), queries: Vec::new() });
    }

    /// The records of a subject are complete, as far as this form goes.
    fn finish_subject(&mut self) {
        let Some((subject, records)) = self.current.take() else { return };
        let Some(known) = self.subjects.get(&subject) else { return };
        self.done.push(known.page(subject, false, records));
    }

    async fn send(&mut self) -> Result<()> {
        let done = std::mem::take(&mut self.done);
        let gone = |_| Failure::Broke("the exporter stopped".to_owned());
        self.pages.send(done).await.map_err(gone)
    }
}

impl Known {
    fn page(&self, subject: SubjectKey, first: bool, records: Vec<RecordPage>) -> Page {
        Page::Subject(Box::new(SubjectPage {
            first,
            subject,
            site: self.site.to_string(),
            status: self.status.to_owned(),
            screening_number: self.screening_number.to_string(),
            enrolment_number: self.enrolment_number.as_deref().map(ToOwned::to_owned),
            // Whoever tells them wants an order, and reads the logs.
            consented_on: None,
            enrolled_on: None,
            ended_on: None,
            signature: None,
            visit_signatures: Vec::new(),
            records,
        }))
    }
}

/// The subjects of the sites that are exported.
async fn subjects(job: &Job) -> Result<BTreeMap<SubjectKey, Known>> {
    let mut all = BTreeMap::new();
    let mut sites: HashMap<String, Arc<str>> = HashMap::new();
    let mut range = Range::all(SUBJECT, job.study.oid.as_str(), ROWS);
    loop {
        let rows = job.edc.store.list(range.clone()).await?;
        let last = rows.last().map(|(key, _)| key.clone());
        let full = rows.len() == ROWS as usize;
        for (key, bytes) in rows {
            let row = decode_subject(&bytes)?;
            let subject = key.split(BETWEEN).nth(1).unwrap_or_default();
            if !job.has_site(&row.site) {
                continue;
            }
            let status = row.status().code();
            let site = sites.entry(row.site.clone()).or_insert_with(|| Arc::from(&*row.site));
            all.insert(
                subject.into(),
                Known {
                    site: Arc::clone(site),
                    status,
                    screening_number: row.screening_number.into(),
                    enrolment_number: row.enrolment_number.map(Into::into),
                },
            );
        }
        match last.filter(|_| full) {
            Some(last) => range = range.after(last),
            None => return Ok(all),
        }
    }
}
