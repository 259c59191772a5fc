//! The one way in which a casebook changes: read, decide, append.

use std::sync::{Arc, Mutex};

use contract::{Context, Permit};
use journal::{Draft, Hash, Head, LogName};
use kernel::{
    RequestId, SubjectKey,
    casebook::{Casebook, Event, Refusal, Stamp},
};
use store::{Batch, LogPart, StoreError};

use crate::{
    Edc,
    book::{Book, Shelf, lock},
    failure::{Failure, Result},
    study::Study,
    views::{Touched, effects, refresh},
};

/// How often a decision is taken again because somebody else wrote in between.
const MAX_ATTEMPTS: u32 = 20;

/// Who changes what, and why.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub permit: &'a Permit,
    pub origin: &'a str,
    pub subject: &'a SubjectKey,
    pub request: RequestId,
    pub reason: Option<String>,
}

/// What a decision wants to be written, and what it answers.
#[derive(Debug)]
pub(crate) struct Decided<T> {
    pub events: Vec<Event>,
    /// Entries of another log that belong to the same fact, such as a number that was given.
    pub beside: Option<LogPart>,
    pub answer: T,
}

impl<T> Decided<T> {
    pub fn new(events: Vec<Event>, answer: T) -> Self {
        Self { events, beside: None, answer }
    }
}

/// Whether a request comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    First,
    /// It was carried out before: only its answer is wanted.
    Repeated,
}

/// What came of a change.
#[derive(Debug)]
pub(crate) struct Changed<T> {
    pub answer: T,
    /// What was written; nothing when the request was carried out before or changes nothing.
    pub events: Vec<Event>,
}

impl Edc {
    /// Reads a casebook, lets `decide` say what happens, and appends it with its view rows.
    ///
    /// Decides again when somebody else was first. A request that was carried out before writes
    /// nothing; `decide` is then asked only for its answer.
    pub(crate) async fn change<T>(
        &self,
        study: &Study,
        change: &Change<'_>,
        decide: impl Fn(&Casebook, Attempt) -> Result<Decided<T>, Refusal>,
    ) -> Result<Changed<T>> {
        self.write(study, change.subject, |writer| {
            let repeated = writer.book.casebook.requests.contains_key(&change.request);
            let attempt = if repeated { Attempt::Repeated } else { Attempt::First };
            let mut decided = decide(&writer.book.casebook, attempt)?;
            if repeated {
                decided.events.clear();
            } else {
                writer.take(change, &decided.events);
                writer.beside = decided.beside;
            }
            Ok(Changed { answer: decided.answer, events: decided.events })
        })
        .await
    }

    /// Lets `work` decide and write on a casebook, and appends all of it in one transaction; does
    /// it again when somebody else was first.
    pub(crate) async fn write<T>(
        &self,
        study: &Study,
        subject: &SubjectKey,
        work: impl Fn(&mut Writer<'_>) -> Result<T, Refusal>,
    ) -> Result<T> {
        if study.state.is_locked() {
            return Err(Refusal::StudyLocked.into());
        }
        let log = Shelf::log(&study.oid, subject);
        for _ in 0..MAX_ATTEMPTS {
            let shared = self.shelf.get(study, subject).await?;
            let prepared = self.prepare(study, subject, &mut lock(&shared), &work);
            match prepared {
                Ok((Some(batch), _, answer)) => {
                    let on_its_way = OnItsWay(&shared);
                    match self.store.append(batch).await {
                        Ok(_) => {
                            on_its_way.arrived();
                            return Ok(answer);
                        }
                        Err(StoreError::HeadMoved { log: moved, .. }) if moved == log => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok((None, seen, answer)) => {
                    if self.stored_as_far(&log, &shared, seen).await? {
                        return Ok(answer);
                    }
                }
                Err(Unprepared::Refused(refusal, seen)) => {
                    if self.is_up_to_date(&log, &shared, seen).await? {
                        return Err(refusal.into());
                    }
                }
                Err(Unprepared::Spoiled) => {}
            }
        }
        Err(Failure::Busy(subject.to_string()))
    }

    /// Lets `work` decide and write on a copy of a casebook; nothing reaches the store.
    pub(crate) fn scratch<T>(
        &self,
        study: &Study,
        book: &mut Book,
        work: impl FnOnce(&mut Writer<'_>) -> T,
    ) -> T {
        let recorded_at_ms = (self.clock)().as_millisecond().max(book.casebook.recorded_at_ms);
        work(&mut Writer {
            study,
            book,
            recorded_at_ms,
            drafts: Vec::new(),
            touched: Touched::default(),
            beside: None,
        })
    }

    /// Decides and seals while nobody else can touch the book; the book is then ahead of the store
    /// until the append is through.
    fn prepare<T>(
        &self,
        study: &Study,
        subject: &SubjectKey,
        book: &mut Book,
        work: &impl Fn(&mut Writer<'_>) -> Result<T, Refusal>,
    ) -> Result<(Option<Batch>, Head, T), Unprepared> {
        if book.spoiled {
            return Err(Unprepared::Spoiled);
        }
        let seen = book.head;
        let recorded_at_ms = (self.clock)().as_millisecond().max(book.casebook.recorded_at_ms);
        let mut writer = Writer {
            study,
            book,
            recorded_at_ms,
            drafts: Vec::new(),
            touched: Touched::default(),
            beside: None,
        };
        let answer = work(&mut writer);
        let Writer { book, drafts, touched, beside, .. } = writer;
        let answer = answer.map_err(|refusal| {
            // What was taken before the refusal is in the book and will never be in the store.
            book.spoiled = !drafts.is_empty();
            Unprepared::Refused(refusal, seen)
        })?;
        if drafts.is_empty() {
            return Ok((None, seen, answer));
        }
        refresh(&mut book.row, study.of(&book.casebook), &book.casebook, &touched);
        let effects = effects(subject, &book.casebook, &book.row, &touched);
        let part = LogPart::seal(Shelf::log(&study.oid, subject), seen, &drafts, effects);
        book.head = part.head();
        book.on_the_way += 1;
        let batch = Batch::from(part);
        Ok((Some(beside.into_iter().fold(batch, Batch::and)), seen, answer))
    }

    /// Whether the log ends at `seen`: a refusal must come neither from an old casebook nor from
    /// what may never be stored.
    async fn is_up_to_date(&self, log: &LogName, shared: &Mutex<Book>, seen: Head) -> Result<bool> {
        let stored = self.settle(log, shared, seen).await?;
        let mut book = lock(shared);
        if stored != seen && book.head == seen {
            book.spoiled = true;
        }
        Ok(stored == seen)
    }

    /// Whether the store holds everything up to `seen`: an answer without an append must not tell
    /// of what is only on its way.
    async fn stored_as_far(&self, log: &LogName, shared: &Mutex<Book>, seen: Head) -> Result<bool> {
        if seen.sequence == 0 {
            return Ok(true);
        }
        self.settle(log, shared, seen).await?;
        let stored = self.store.entry(log, seen.sequence).await?;
        let holds = stored.is_some_and(|entry| entry.hash == seen.hash);
        lock(shared).spoiled |= !holds;
        Ok(holds)
    }

    /// Where the log ends once everything up to `seen` has arrived, or nothing is on its way any more.
    async fn settle(&self, log: &LogName, shared: &Mutex<Book>, seen: Head) -> Result<Head> {
        loop {
            let settled = Arc::clone(&lock(shared).settled);
            let next = settled.notified();
            let stored = self.store.head(log).await?.unwrap_or_default();
            let is_expected = {
                let book = lock(shared);
                book.on_the_way > 0 && !book.spoiled
            };
            if stored.sequence >= seen.sequence || !is_expected {
                return Ok(stored);
            }
            next.await;
        }
    }
}

/// An append that was handed to the store. If it fails, or nobody waits to hear what became of it,
/// the book is not known to be what is stored.
struct OnItsWay<'a>(&'a Mutex<Book>);

impl OnItsWay<'_> {
    fn arrived(self) {
        lock(self.0).end(true);
        std::mem::forget(self);
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        lock(self.0).end(false);
    }
}

/// Why nothing was prepared.
enum Unprepared {
    /// A rule says no; the casebook ended at this head.
    Refused(Refusal, Head),
    /// The book is not what is stored.
    Spoiled,
}

/// Takes events into a book and into the batch that will make them durable.
pub(crate) struct Writer<'a> {
    pub study: &'a Study,
    pub book: &'a mut Book,
    recorded_at_ms: i64,
    drafts: Vec<Draft>,
    touched: Touched,
    beside: Option<LogPart>,
}

impl Writer<'_> {
    /// Takes the events of one request.
    pub fn take(&mut self, change: &Change<'_>, events: &[Event]) {
        for event in events {
            // An entry that brings the casebook to a version was decided under that version.
            let version = match event {
                Event::VersionTaken { new, .. } => self.study.named(new),
                _ => None,
            };
            let version = version.unwrap_or_else(|| self.study.of(&self.book.casebook)).hash;
            self.drafts.push(draft(version, change, self.recorded_at_ms, event));
            self.touched.note(&self.book.casebook, event);
            let stamp = Stamp {
                sequence: self.book.casebook.sequence + 1,
                recorded_at_ms: self.recorded_at_ms,
                request: &change.request,
                actor: change.permit.user(),
                role: change.permit.role().name(),
            };
            self.book.casebook.apply(&stamp, event.clone());
        }
    }
}

fn draft(version: Hash, change: &Change<'_>, recorded_at_ms: i64, event: &Event) -> Draft {
    Draft {
        recorded_at_ms,
        actor: change.permit.user().to_owned(),
        role: change.permit.role().name().to_owned(),
        on_behalf_of: change.permit.on_behalf_of().map(ToOwned::to_owned),
        reason: change.reason.clone(),
        origin: change.origin.to_owned(),
        request_id: change.request.to_string(),
        study_version: Some(version),
        kind: event.kind().to_owned(),
        payload: event.to_payload(),
    }
}

/// The id under which a call is carried out once: the client's, else that of the call.
pub(crate) fn request_id(context: &Context, given: Option<&String>) -> RequestId {
    RequestId::new(given.unwrap_or(&context.request_id))
}
