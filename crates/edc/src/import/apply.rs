//! One pass over a source: subject by subject, several at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

use kernel::SubjectKey;
use tokio::sync::mpsc;

use super::{
    ImportFailure, OnRow, Phase, Progress, Run, Source, SubjectUnit, Unit,
    record::{self, Applied},
    report::{ImportReport, Outcome, RowReport},
    source::Read,
    subjects,
};
use crate::{
    Failure,
    book::{Book, Shelf, lock},
};

/// Units that are decided and written together, at most.
const UNITS_AT_A_TIME: usize = 200;
/// Pieces that wait for a worker.
const QUEUE: usize = 8;
/// Subjects that are worked on at the same time.
const WORKERS: usize = 4;

/// Units of one subject; without a subject, rows that were left out.
struct Piece {
    subject: Option<SubjectKey>,
    units: Vec<Unit>,
}

/// Runs over the source once. In the checking phase nothing is written.
pub(super) async fn pass(
    run: &Run,
    source: &Source,
    phase: Phase,
    progress: &Progress,
    on_row: &mut OnRow<'_>,
) -> Result<ImportReport, ImportFailure> {
    let (pieces, results) = (start_reader(Arc::clone(&source.read)), mpsc::channel(QUEUE));
    let (send, mut receive) = results;
    let mut workers = tokio::task::JoinSet::new();
    let mut queues = Vec::new();
    for _ in 0..WORKERS {
        let (queue, work) = mpsc::channel::<Piece>(QUEUE);
        queues.push(queue);
        workers.spawn(worker(run.clone(), phase, work, send.clone()));
    }
    drop(send);
    let dealer = tokio::spawn(deal(pieces, queues));
    let mut report = ImportReport::default();
    while let Some(done) = receive.recv().await {
        let (applied, saved) = done?;
        report.records += saved;
        report.values += applied.values;
        report.queries_opened += applied.opened;
        report.queries_closed += applied.closed;
        for row in &applied.rows {
            report.counts.add(row.outcome);
            on_row(phase, row);
        }
        progress(phase, report.counts.rows());
    }
    while workers.join_next().await.is_some() {}
    let broken = dealer.await.map_err(|error| ImportFailure::Stopped(error.to_string()))?;
    report.broken = broken;
    Ok(report)
}

/// Reads units on a thread of its own and gathers those of one subject.
fn start_reader(read: Arc<Read>) -> mpsc::Receiver<Result<Piece, String>> {
    let (send, receive) = mpsc::channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        let mut piece = Piece { subject: None, units: Vec::new() };
        let ended = read(&mut |unit| {
            let subject = match &unit {
                Unit::Record(record) => Some(record.subject.clone()),
                Unit::Subject(subject) => Some(subject.subject.clone()),
                Unit::Skipped { .. } | Unit::Refused { .. } => piece.subject.clone(),
            };
            if subject != piece.subject || piece.units.len() >= UNITS_AT_A_TIME {
                let full = std::mem::replace(&mut piece, Piece { subject, units: Vec::new() });
                if !full.units.is_empty() && send.blocking_send(Ok(full)).is_err() {
                    return ControlFlow::Break(());
                }
            }
            piece.units.push(unit);
            ControlFlow::Continue(())
        });
        let _ = send.blocking_send(Ok(piece));
        if let Err(error) = ended {
            let _ = send.blocking_send(Err(error.to_string()));
        }
    });
    receive
}

/// Gives each subject to one worker, so that its units stay in order, and all that are made or moved
/// to the same one, so that numbers are given in the order of the file. Returns where the file breaks.
async fn deal(
    mut pieces: mpsc::Receiver<Result<Piece, String>>,
    queues: Vec<mpsc::Sender<Piece>>,
) -> Option<String> {
    let (mut last, mut worker) = (None, 0);
    let mut take_numbers = BTreeSet::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Err(broken) => return Some(broken),
            Ok(piece) => {
                if piece.subject != last {
                    last.clone_from(&piece.subject);
                    worker = (worker + 1) % queues.len();
                }
                if piece.units.iter().any(|unit| matches!(unit, Unit::Subject(_))) {
                    take_numbers.extend(piece.subject.clone());
                }
                let is_numbered =
                    piece.subject.as_ref().is_some_and(|subject| take_numbers.contains(subject));
                let chosen = if is_numbered { 0 } else { worker };
                if queues[chosen].send(piece).await.is_err() {
                    return None;
                }
            }
        }
    }
    None
}

type Done = Result<(Applied, u64), ImportFailure>;

async fn worker(
    run: Run,
    phase: Phase,
    mut work: mpsc::Receiver<Piece>,
    results: mpsc::Sender<Done>,
) {
    let mut scratch = Scratch::default();
    while let Some(piece) = work.recv().await {
        let done = match phase {
            Phase::Checking => check(&run, piece, &mut scratch).await,
            Phase::Applying => write(&run, piece).await,
        };
        if results.send(done).await.is_err() {
            return;
        }
    }
}

/// What checking works on: the casebook of the present subject, a copy that is thrown away, and the
/// subjects that the file makes.
#[derive(Default)]
struct Scratch {
    present: Option<(SubjectKey, Book)>,
    made: BTreeMap<SubjectKey, SubjectUnit>,
}

impl Scratch {
    async fn open(&mut self, run: &Run, subject: &SubjectKey) -> Result<(), ImportFailure> {
        if self.present.as_ref().is_some_and(|(kept, _)| kept == subject) {
            return Ok(());
        }
        let shared = run.edc.shelf.get(&run.study, subject).await?;
        let book = lock(&shared);
        let mut copy = Book { head: book.head, casebook: book.casebook.clone(), ..Book::default() };
        drop(book);
        if let Some(unit) = self.made.get(subject) {
            run.edc.scratch(&run.study, &mut copy, |writer| subjects::pretend(run, writer, unit));
        }
        self.present = Some((subject.clone(), copy));
        Ok(())
    }
}

async fn check(run: &Run, piece: Piece, scratch: &mut Scratch) -> Done {
    let Some(subject) = piece.subject else { return Ok(sum(piece.units.iter().map(left_out))) };
    scratch.open(run, &subject).await?;
    let Scratch { present: Some((_, book)), made } = scratch else { return Ok(sum([])) };
    let mut all = Vec::with_capacity(piece.units.len());
    for unit in &piece.units {
        all.push(match unit {
            Unit::Subject(unit) => {
                let told = subjects::check(run, &book.casebook, unit);
                if told.rows.iter().all(|row| row.outcome == Outcome::Accepted) {
                    let study = &run.study;
                    run.edc.scratch(study, book, |writer| subjects::pretend(run, writer, unit));
                    made.insert(subject.clone(), unit.clone());
                }
                told
            }
            Unit::Record(record) if book.casebook.enrolment.is_none() => unknown_subject(record),
            Unit::Record(record) => {
                run.edc.scratch(&run.study, book, |writer| record::apply(run, writer, record))
            }
            other => left_out(other),
        });
    }
    Ok(sum(all))
}

async fn write(run: &Run, piece: Piece) -> Done {
    let Some(subject) = piece.subject else { return Ok(sum(piece.units.iter().map(left_out))) };
    let mut all = Vec::new();
    let (mut facts, mut records) = (Vec::new(), Vec::new());
    for unit in piece.units {
        match unit {
            Unit::Subject(unit) => facts.push(unit),
            Unit::Record(record) => records.push(record),
            other => all.push(left_out(&other)),
        }
    }
    subjects::in_order(&mut facts);
    for unit in &facts {
        all.push(subjects::apply(run, unit).await?);
    }
    if !records.is_empty() {
        let records = Arc::new(records);
        let written =
            run.edc.write(&run.study, &subject, |writer| {
                let known = writer.book.casebook.enrolment.is_some();
                Ok(records
                    .iter()
                    .map(|unit| {
                        if known { record::apply(run, writer, unit) } else { unknown_subject(unit) }
                    })
                    .collect::<Vec<_>>())
            });
        all.extend(
            written.await.map_err(|failure| subject_failed(&run.study.oid, &subject, failure))?,
        );
    }
    Ok(sum(all))
}

fn subject_failed(
    study: &kernel::StudyOid,
    subject: &SubjectKey,
    failure: Failure,
) -> ImportFailure {
    tracing::error!(log = %Shelf::log(study, subject), error = %failure, "import stopped");
    failure.into()
}

fn unknown_subject(unit: &super::RecordUnit) -> Applied {
    let reason = format!("SUBJECT_UNKNOWN: the study has no subject {}", unit.subject);
    let rejected =
        |place: &super::Place| RowReport::new(*place, Outcome::Rejected, reason.as_str());
    Applied { rows: unit.rows.iter().map(rejected).collect(), ..Applied::default() }
}

fn left_out(unit: &Unit) -> Applied {
    let (place, outcome, reason) = match unit {
        Unit::Skipped { row, reason } => (*row, Outcome::Skipped, reason.clone()),
        Unit::Refused { row, reason } => (*row, Outcome::Rejected, reason.clone()),
        Unit::Record(_) | Unit::Subject(_) => return Applied::default(),
    };
    Applied { rows: vec![RowReport::new(place, outcome, reason)], ..Applied::default() }
}

fn sum(all: impl IntoIterator<Item = Applied>) -> (Applied, u64) {
    let mut total = Applied::default();
    let mut saved = 0;
    for one in all {
        saved += u64::from(one.saved);
        total.rows.extend(one.rows);
        total.values += one.values;
        total.opened += one.opened;
        total.closed += one.closed;
    }
    (total, saved)
}
