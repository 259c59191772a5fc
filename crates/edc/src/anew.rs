//! Decides anew on what casebooks hold: page by page, subject by subject, record by record.

use std::sync::Arc;

use contract::Error;
use kernel::{
    SubjectKey,
    casebook::{Casebook, Event, FormRecord, RecordKey, Refusal},
};

use crate::{
    Edc,
    book::{Book, lock},
    change::{Change, Writer},
    compiled::Compiled,
    failure::Result,
    study::Study,
};

/// Subjects of one call, when nothing is said and at most.
const USUAL_PAGE: usize = 50;
const MAX_PAGE: usize = 100;

/// What came of one casebook: what happened, and the records that stay as they are, each with the code of
/// its refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub events: Vec<Event>,
    pub left: Vec<(RecordKey, &'static str)>,
}

/// How much happened to one casebook.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub records: usize,
    pub values: usize,
    pub opened_queries: usize,
    pub closed_queries: usize,
}

/// Decides on one record as it is in the casebook.
type Decide =
    fn(&Compiled, &SubjectKey, &Casebook, &RecordKey, &FormRecord) -> Result<Vec<Event>, Refusal>;

/// The size of a page of subjects.
pub(crate) fn page_size(asked: Option<i32>) -> Result<usize> {
    let Some(asked) = asked else { return Ok(USUAL_PAGE) };
    let size = usize::try_from(asked).ok().filter(|size| (1..=MAX_PAGE).contains(size));
    Ok(size.ok_or_else(|| Error::invalid("pageSize", format!("1 to {MAX_PAGE}")))?)
}

/// Lets `make` write on a casebook, or on a copy of it when nothing is to be written.
pub(crate) async fn carry_out<T>(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    dry_run: bool,
    make: impl Fn(&mut Writer<'_>) -> T,
) -> Result<T> {
    if !dry_run {
        return edc.write(study, subject, |writer| Ok(make(writer))).await;
    }
    let shared = edc.shelf.get(study, subject).await?;
    let mut copy = Book::copy_of(&lock(&shared));
    Ok(edc.scratch(study, &mut copy, make))
}

/// Decides on every record that is there, one after the other: what one becomes, the next may read.
pub(crate) fn each_record(writer: &mut Writer<'_>, change: &Change<'_>, decide: Decide) -> Outcome {
    let mut outcome = Outcome::default();
    let compiled = Arc::clone(writer.study.of(&writer.book.casebook));
    let records: Vec<RecordKey> = writer.book.casebook.records.keys().cloned().collect();
    for key in records {
        let casebook = &writer.book.casebook;
        let Some(record) = casebook.record(&key).filter(|record| !record.removed) else { continue };
        match decide(&compiled, change.subject, casebook, &key, record) {
            Ok(events) => {
                writer.take(change, &events);
                outcome.events.extend(events);
            }
            Err(refusal) => outcome.left.push((key, Refusal::code(&refusal))),
        }
    }
    outcome
}

impl Outcome {
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for event in &self.events {
            match event {
                Event::FormSaved(saved) => {
                    counts.records += 1;
                    counts.values += saved.changes().count();
                }
                Event::QueryOpened(_) => counts.opened_queries += 1,
                Event::QueryClosed { .. } => counts.closed_queries += 1,
                _ => {}
            }
        }
        counts
    }
}
