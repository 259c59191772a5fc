//! The subject matrix: subjects against study events, from the rows of subjects alone.

use std::collections::HashMap;

use contract::{
    Act, Context,
    edc::v1::{
        GetMatrixRequest, GetMatrixResponse, Matrix, ReviewState,
        data_entry::Status,
        matrix::{Cell, Column, Row},
    },
};
use jiff::civil::Date;
use kernel::{
    PartialDate, RepeatKey, StudyEventOid,
    casebook::{Due, EventTiming, SubjectStatus, due_after, timing_today},
    study::Design,
};

use super::{
    sight::{Sight, Sights},
    subjects::{Page, subjects},
    today::Days,
    wanted::{Asked, Wanted},
};
use crate::{
    Edc,
    failure::Result,
    views::{BETWEEN, SubjectRow, VisitCell, visit_key},
    wire::{self, value},
};

/// A page of the matrix, of the sites that the caller may see.
pub(crate) async fn matrix(
    edc: &Edc,
    context: &Context,
    request: &GetMatrixRequest,
) -> Result<GetMatrixResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let asked = Asked {
        site: request.site_oid.as_ref(),
        status: request.status,
        key_contains: request.subject_key_contains.as_ref(),
        with_open_queries: request.with_open_queries,
        with_overdue_visits: request.with_overdue_visits,
    };
    let wanted = Wanted::new(edc, &study, &asked)?;
    let page = Page::new(request.page_size, request.page_token.as_ref())?;
    let found = subjects(edc, context, &study, &wanted, &page).await?;
    let events = Events::new(study.whole());
    let (mut days, mut sights) = (Days::new(edc, &study), Sights::new(context, &study));
    let mut rows = Vec::with_capacity(found.subjects.len());
    for (key, row) in &found.subjects {
        let (today, sight) = (days.at(&row.site)?, sights.at(&row.site));
        rows.push(Row {
            subject_key: key.to_string(),
            site_oid: row.site.clone(),
            status: wire::subject::status_of(row.status()).into(),
            cells: events.cells(row, today, sight),
        });
    }
    let matrix = Matrix { columns: events.columns(), rows };
    Ok(GetMatrixResponse { matrix: Some(matrix), next_page_token: found.next })
}

/// The study events of a design, ready to fill rows.
#[derive(Debug)]
pub(super) struct Events<'a> {
    design: &'a Design,
    columns: HashMap<&'a str, usize>,
    /// The key of each event's anchor visit within a row.
    anchors: Vec<Option<String>>,
    /// How many forms each event must have.
    mandatory_forms: Vec<u32>,
}

/// All occurrences of one event of one subject.
#[derive(Clone, Default)]
pub(super) struct Occurrences<'a> {
    sum: VisitCell,
    count: u32,
    last: Option<(RepeatKey, &'a VisitCell)>,
}

impl<'a> Events<'a> {
    pub(super) fn new(design: &'a Design) -> Self {
        let events = &design.version().events;
        let anchor = |event: &StudyEventOid| {
            design.timing(event).map(|timing| visit_key(&timing.anchor, &RepeatKey::first()))
        };
        let mandatory = |forms: &[kernel::study::FormRef]| {
            let mandatory = forms.iter().filter(|form| form.mandatory && form.exception.is_none());
            u32::try_from(mandatory.count()).unwrap_or(u32::MAX)
        };
        Self {
            design,
            columns: events.iter().enumerate().map(|(at, one)| (one.oid.as_str(), at)).collect(),
            anchors: events.iter().map(|event| anchor(&event.oid)).collect(),
            mandatory_forms: events.iter().map(|event| mandatory(&event.forms)).collect(),
        }
    }

    fn columns(&self) -> Vec<Column> {
        let events = self.design.version().events.iter();
        let column = |event: &kernel::study::StudyEventDef| Column {
            study_event_oid: event.oid.to_string(),
            name: event.name.clone(),
            description: value::texts(&event.description),
        };
        events.map(column).collect()
    }

    fn cells(&self, row: &SubjectRow, today: Date, sight: &Sight) -> Vec<Cell> {
        let all = self.occurrences(row);
        all.iter().enumerate().map(|(at, one)| self.cell(row, at, one, today, sight)).collect()
    }

    /// Whether a visit of the subject is overdue.
    pub(super) fn is_overdue(&self, row: &SubjectRow, today: Date) -> bool {
        let all = self.occurrences(row);
        let mut timings =
            all.iter().enumerate().map(|(at, one)| self.standing(row, at, one, today).0);
        takes_part(row.status()) && timings.any(|timing| timing == EventTiming::Overdue)
    }

    /// The occurrences of each event in the row of a subject, in the order of the events.
    pub(super) fn occurrences<'r>(&self, row: &'r SubjectRow) -> Vec<Occurrences<'r>> {
        let mut all = vec![Occurrences::default(); self.columns.len()];
        for (key, cell) in &row.visits {
            let (event, repeat) = key.split_once(BETWEEN).unwrap_or((key, "1"));
            if let Some(at) = self.columns.get(event) {
                all[*at].add(repeat, cell);
            }
        }
        all
    }

    /// Where the last occurrence of an event stands today, and when it is due.
    pub(super) fn standing(
        &self,
        row: &SubjectRow,
        at: usize,
        all: &Occurrences<'_>,
        today: Date,
    ) -> (EventTiming, Option<Due>) {
        let last = all.last.as_ref();
        let first = last.is_none_or(|(repeat, _)| repeat.as_str() == "1");
        let anchor = self.anchors[at].as_ref().filter(|_| first);
        let anchor = anchor.and_then(|anchor| row.visits.get(anchor)?.date.as_deref());
        let event = &self.design.version().events[at].oid;
        let anchor = anchor.filter(|_| row.is_collected(event.as_str()));
        let due = anchor.and_then(PartialDate::parse);
        let due = due.and_then(|anchor| due_after(self.design.timing(event)?, anchor));
        let happened = last.and_then(|(_, cell)| PartialDate::parse(cell.date.as_deref()?));
        let known = last.is_some_and(|(_, cell)| cell.records > 0);
        let by_date = timing_today(due, happened, today);
        (timing(by_date, known, takes_part(row.status())), due)
    }

    fn cell(
        &self,
        row: &SubjectRow,
        at: usize,
        all: &Occurrences<'_>,
        today: Date,
        sight: &Sight,
    ) -> Cell {
        let sum = &all.sum;
        let (timing, _) = self.standing(row, at, all, today);
        Cell {
            status: entry_status(sum.records, sum.complete, self.mandatory_forms[at]).into(),
            timing: wire::subject::timing(timing).into(),
            occurrence_count: value::number(all.count),
            open_query_count: value::number(
                sight.pending(sum.pending_queries, sum.blinded_queries),
            ),
            review: Some(ReviewState {
                verified: sum.records > 0 && sum.verified == sum.records,
                frozen: sum.records > 0 && sum.frozen == sum.records,
                locked: sum.records > 0 && sum.locked == sum.records,
                signed: sum.records > 0 && sum.signed == sum.records,
            }),
        }
    }
}

impl<'a> Occurrences<'a> {
    fn add(&mut self, repeat: &str, cell: &'a VisitCell) {
        let sum = &mut self.sum;
        sum.records += cell.records;
        sum.complete += cell.complete;
        sum.verified += cell.verified;
        sum.frozen += cell.frozen;
        sum.locked += cell.locked;
        sum.signed += cell.signed;
        sum.pending_queries += cell.pending_queries;
        sum.blinded_queries += cell.blinded_queries;
        if cell.records == 0 && cell.date.is_none() {
            return;
        }
        self.count += 1;
        let repeat = RepeatKey::new(repeat);
        if self.last.as_ref().is_none_or(|(last, _)| *last < repeat) {
            self.last = Some((repeat, cell));
        }
    }
}

/// How far the entry of a visit has come, by its records, the complete ones among them, and how
/// many it must have.
pub(crate) fn entry_status(records: u32, complete: u32, mandatory: u32) -> Status {
    if records == 0 {
        Status::NotStarted
    } else if complete == records && records >= mandatory {
        Status::Complete
    } else {
        Status::InProgress
    }
}

/// Where a visit stands, knowing also whether anything was recorded at it and whether the subject
/// still takes part: what nobody waits for is not overdue.
pub(crate) fn timing(by_date: EventTiming, recorded: bool, taking_part: bool) -> EventTiming {
    match by_date {
        EventTiming::Done | EventTiming::DoneOutOfWindow => by_date,
        _ if recorded => EventTiming::Done,
        _ if !taking_part => EventTiming::NotPlanned,
        other => other,
    }
}

/// Whether visits of a subject are still to come.
pub(crate) fn takes_part(status: SubjectStatus) -> bool {
    matches!(status, SubjectStatus::Screening | SubjectStatus::Enrolled)
}
