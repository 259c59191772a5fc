//! How much work there is, from the rows of subjects alone.

use std::{collections::BTreeMap, ops::ControlFlow};

use contract::{
    Act, Context,
    edc::v1::{GetWorkloadRequest, GetWorkloadResponse, WorkCount, work::Kind},
};
use jiff::civil::Date;
use kernel::casebook::{EventTiming, SubjectStatus};

use super::find::{count_in, is_casebook_to_sign};
use crate::{
    Edc,
    failure::Result,
    read::{
        matrix::{Events, takes_part},
        rows::{End, Walk, prefixes},
        sight::{Sight, Sights},
        today::Days,
    },
    study::Study,
    views::{SUBJECT, SubjectRow, decode_subject},
    wire::{subject::given, value},
};

/// Rows of subjects that are read at a time, and at most for one answer.
const ROWS_AT_A_TIME: usize = 500;
const MAX_SUBJECTS: u32 = 20_000;

const KINDS: [Kind; 9] = [
    Kind::FormToVerify,
    Kind::FormToSign,
    Kind::VisitToSign,
    Kind::CasebookToSign,
    Kind::VisitOverdue,
    Kind::VisitDue,
    Kind::FormIncomplete,
    Kind::FormMissing,
    Kind::FormUnlocked,
];

/// What waits at some sites, counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub counts: BTreeMap<Kind, u32>,
    pub pending_queries: u32,
    pub answered_queries: u32,
    pub subjects: u32,
    pub records: u32,
    /// Subjects in screening or taking part, and those with values whose casebook is not signed.
    pub taking_part: u32,
    pub unsigned_casebooks: u32,
    pub is_partial: bool,
}

impl Load {
    pub fn of(&self, kind: Kind) -> u32 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    fn add(&mut self, events: &Events<'_>, row: &SubjectRow, today: Date, sight: &Sight) {
        self.subjects += 1;
        self.pending_queries += sight.pending(row.pending_queries, row.blinded_queries);
        self.taking_part += u32::from(takes_part(row.status()));
        let has_records = row.visits.values().any(|cell| cell.records > 0);
        let was_in = row.status() != SubjectStatus::ScreenFailed;
        self.unsigned_casebooks += u32::from(has_records && was_in && !row.signed);
        for cell in row.visits.values() {
            self.records += cell.records;
            // Of those that tell the arm the row does not say it; they count as open.
            self.answered_queries += cell.answered_queries;
        }
        for kind in KINDS {
            let here: u32 = row.visits.values().map(|cell| count_in(kind, cell, sight)).sum();
            *self.counts.entry(kind).or_default() += here;
        }
        *self.counts.entry(Kind::CasebookToSign).or_default() +=
            u32::from(is_casebook_to_sign(row));
        if !takes_part(row.status()) {
            return;
        }
        for (at, occurrences) in events.occurrences(row).iter().enumerate() {
            let kind = match events.standing(row, at, occurrences, today) {
                (EventTiming::Overdue, Some(_)) => Kind::VisitOverdue,
                (EventTiming::InWindow, Some(_)) => Kind::VisitDue,
                _ => continue,
            };
            *self.counts.entry(kind).or_default() += 1;
        }
    }
}

/// Counts what waits at the sites that the caller may see.
pub(crate) async fn count(
    edc: &Edc,
    context: &Context,
    request: &GetWorkloadRequest,
) -> Result<GetWorkloadResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let prefixes = prefixes(context, &study, given(request.site_oid.as_ref()))?;
    let load = load(edc, context, &study, &prefixes, Some(MAX_SUBJECTS)).await?;
    let open = load.pending_queries.saturating_sub(load.answered_queries);
    let told = |kind: Kind| WorkCount { kind: kind.into(), count: value::number(load.of(kind)) };
    Ok(GetWorkloadResponse {
        counts: KINDS.map(told).to_vec(),
        open_query_count: value::number(open),
        answered_query_count: value::number(load.answered_queries),
        subject_count: value::number(load.subjects),
        is_partial: load.is_partial,
    })
}

/// The same for other use cases; all subjects when there is no limit.
pub(crate) async fn load(
    edc: &Edc,
    context: &Context,
    study: &Study,
    prefixes: &[String],
    limit: Option<u32>,
) -> Result<Load> {
    let events = Events::new(study.whole());
    let (mut days, mut sights) = (Days::new(edc, study), Sights::new(context, study));
    let mut load = Load::default();
    let mut after: Option<String> = None;
    loop {
        let walk = Walk {
            view: SUBJECT,
            study: &study.oid,
            prefixes,
            after: after.as_deref(),
            limit: ROWS_AT_A_TIME,
        };
        let end = walk
            .run(edc, |_, bytes| {
                let row = decode_subject(&bytes)?;
                load.add(&events, &row, days.at(&row.site)?, sights.at(&row.site));
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        match end {
            End::Tired(last) => after = Some(last),
            End::Exhausted | End::Enough => return Ok(load),
        }
        if limit.is_some_and(|limit| load.subjects >= limit) {
            load.is_partial = true;
            return Ok(load);
        }
    }
}
