//! The work in one casebook.

use contract::edc::v1::{Work, work::Kind};
use jiff::civil::Date;
use kernel::{
    FormOid, RepeatKey, StudyEventOid, SubjectKey,
    casebook::{Casebook, EventTiming, FormRecord, RecordKey, SubjectStatus},
};

use crate::{
    Edc,
    expected::missing_forms,
    failure::Result,
    read::{casebook::stored, matrix::Events, sight::Sight},
    study::Study,
    verification::{participant, to_verify},
    views::{BETWEEN, SubjectRow, VisitCell},
    wire::value,
};

/// Where work stands within a casebook; the form is empty when it is about a visit.
pub(super) type Place = RecordKey;
/// The place of an event in the schedule and of a form in the event, then by name and repeat.
type Rank = (usize, usize, Place);

/// Which work is looked for.
pub(super) struct Finder<'a> {
    pub edc: &'a Edc,
    pub study: &'a Study,
    pub events: Events<'a>,
    pub kind: Kind,
    pub event: Option<&'a str>,
    pub form: Option<&'a str>,
}

impl Finder<'_> {
    /// The work of a subject, in its order.
    pub async fn find(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        today: Date,
        sight: &Sight,
    ) -> Result<Vec<(Place, Work)>> {
        let mut found = match self.kind {
            Kind::VisitOverdue | Kind::VisitDue => self.visits_by_time(subject, row, today),
            Kind::VisitToSign => self.visits_to_sign(subject, row, sight),
            Kind::CasebookToSign => self.casebook_to_sign(subject, row, sight),
            _ if !row.visits.values().any(|cell| self.is_in(cell, sight)) => Vec::new(),
            _ => {
                stored(self.edc, self.study, subject, |book| {
                    self.forms(subject, row, &book.casebook, sight)
                })
                .await?
            }
        };
        found.retain(|(place, _)| self.fits(place));
        found.sort_by_cached_key(|(place, _)| self.rank(place));
        Ok(found)
    }

    /// The order within a casebook: that of the schedule.
    pub fn rank(&self, place: &Place) -> Rank {
        let events = &self.study.whole().version().events;
        let at = events.iter().position(|event| event.oid == place.event);
        let forms = at.map_or(&[][..], |at| events[at].forms.as_slice());
        let form = forms.iter().position(|form| form.form == place.form);
        (at.unwrap_or(usize::MAX), form.unwrap_or(usize::MAX), place.clone())
    }

    fn fits(&self, place: &Place) -> bool {
        self.event.is_none_or(|event| place.event.as_str() == event)
            && self.form.is_none_or(|form| place.form.as_str() == form)
    }

    /// Whether a visit has a form with such work.
    fn is_in(&self, cell: &VisitCell, sight: &Sight) -> bool {
        count_in(self.kind, cell, sight) > 0
    }

    fn visits_by_time(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        today: Date,
    ) -> Vec<(Place, Work)> {
        let wanted = match self.kind {
            Kind::VisitOverdue => EventTiming::Overdue,
            _ => EventTiming::InWindow,
        };
        let design = self.study.whole();
        let all = self.events.occurrences(row);
        let visits = design.version().events.iter().zip(&all).enumerate();
        let due = visits.filter_map(|(at, (event, occurrences))| {
            let (timing, due) = self.events.standing(row, at, occurrences, today);
            let due = due.filter(|_| timing == wanted)?;
            let place = visit_place(&event.oid, &RepeatKey::first());
            let work = Work {
                target_date: Some(due.target.to_string()),
                window_end_date: Some(due.latest.to_string()),
                ..self.work(subject, row, &place)
            };
            Some((place, work))
        });
        due.collect()
    }

    fn visits_to_sign(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        sight: &Sight,
    ) -> Vec<(Place, Work)> {
        let wanted = row.visits.iter().filter(|(_, cell)| self.is_in(cell, sight));
        let told = wanted.map(|(key, cell)| {
            let (event, repeat) = key.split_once(BETWEEN).unwrap_or((key, "1"));
            let place = visit_place(&event.into(), &repeat.into());
            let pending = sight.pending(cell.pending_queries, cell.blinded_queries);
            let open_query_count = value::number(pending);
            let work = Work { open_query_count, ..self.work(subject, row, &place) };
            (place, work)
        });
        told.collect()
    }

    fn casebook_to_sign(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        sight: &Sight,
    ) -> Vec<(Place, Work)> {
        if !is_casebook_to_sign(row) {
            return Vec::new();
        }
        let place = visit_place(&"".into(), &RepeatKey::new(""));
        let pending = sight.pending(row.pending_queries, row.blinded_queries);
        let open_query_count = value::number(pending);
        let work = Work { open_query_count, ..self.work(subject, row, &place) };
        vec![(place, work)]
    }

    fn forms(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        casebook: &Casebook,
        sight: &Sight,
    ) -> Vec<(Place, Work)> {
        if self.kind == Kind::FormMissing {
            return self.missing(subject, row, casebook);
        }
        let records = casebook.records.iter().filter(|(_, record)| !record.removed);
        let told = records.filter_map(|(key, record)| {
            let (items, changed) = self.items(casebook, key, record, sight)?;
            let queries = casebook.queries_of(key);
            let pending =
                queries.filter(|query| query.status.is_pending() && sight.shows_query(query));
            let work = Work {
                item_count: value::number(items),
                changed_item_count: value::number(changed),
                open_query_count: value::number(pending.count()),
                ..self.work(subject, row, key)
            };
            Some((key.clone(), work))
        });
        told.collect()
    }

    /// How many items of a record are to be verified and how many of them again; none if the record
    /// is not such work.
    fn items(
        &self,
        casebook: &Casebook,
        key: &RecordKey,
        record: &FormRecord,
        sight: &Sight,
    ) -> Option<(usize, usize)> {
        let is_such = match self.kind {
            Kind::FormToVerify => record.complete,
            Kind::FormToSign => record.complete && record.valid_signature().is_none(),
            Kind::FormIncomplete => !record.complete,
            Kind::FormUnlocked => !record.locked,
            _ => false,
        };
        if !is_such || self.kind != Kind::FormToVerify {
            return is_such.then_some((0, 0));
        }
        let changed = casebook.changed_since_verified.get(key);
        let was_verified = |row: &kernel::casebook::RowKey, item: &kernel::ItemOid| {
            changed.is_some_and(|all| all.iter().any(|one| one.row == *row && one.item == *item))
        };
        let design = &self.study.of(casebook).design;
        let owed = to_verify(design, participant(casebook), &key.form, record);
        let (mut all, mut again) = (0, 0);
        for (row, item) in owed.filter(|(_, item)| sight.shows(item)) {
            all += 1;
            again += usize::from(was_verified(row, item));
        }
        (all > 0).then_some((all, again))
    }

    fn missing(
        &self,
        subject: &SubjectKey,
        row: &SubjectRow,
        casebook: &Casebook,
    ) -> Vec<(Place, Work)> {
        let compiled = self.study.of(casebook);
        let mut all = Vec::new();
        for (key, _) in row.visits.iter().filter(|(_, cell)| cell.missing > 0) {
            let (event, repeat) = key.split_once(BETWEEN).unwrap_or((key, "1"));
            let (event, repeat) = (StudyEventOid::from(event), RepeatKey::new(repeat));
            for form in missing_forms(compiled, casebook, &event, &repeat) {
                let place = RecordKey {
                    event: event.clone(),
                    event_repeat: repeat.clone(),
                    form: form.clone(),
                    form_repeat: RepeatKey::first(),
                };
                let work = self.work(subject, row, &place);
                all.push((place, work));
            }
        }
        all
    }

    fn work(&self, subject: &SubjectKey, row: &SubjectRow, place: &Place) -> Work {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Work {
            kind: self.kind.into(),
            subject_key: subject.to_string(),
            site_oid: row.site.clone(),
            study_event_oid: given(place.event.as_str()),
            study_event_repeat_key: given(place.event_repeat.as_str()),
            form_oid: given(place.form.as_str()),
            form_repeat_key: given(place.form_repeat.as_str()),
            ..Work::default()
        }
    }
}

/// How much work of a kind a visit has, as far as its row tells.
pub(super) fn count_in(kind: Kind, cell: &VisitCell, sight: &Sight) -> u32 {
    match kind {
        Kind::FormToVerify if sight.is_complete() => cell.to_verify + cell.to_verify_blinded,
        Kind::FormToVerify => cell.to_verify,
        Kind::FormToSign => cell.to_sign,
        Kind::FormIncomplete => cell.records.saturating_sub(cell.complete),
        Kind::FormMissing => cell.missing,
        Kind::FormUnlocked => cell.records.saturating_sub(cell.locked),
        Kind::VisitToSign => {
            let is_whole = cell.complete == cell.records && cell.missing == 0;
            u32::from(cell.records > 0 && is_whole && !cell.is_signed)
        }
        Kind::Unspecified | Kind::CasebookToSign | Kind::VisitOverdue | Kind::VisitDue => 0,
    }
}

/// Whether nothing is to come in a casebook and nobody has signed it as it is.
pub(super) fn is_casebook_to_sign(row: &SubjectRow) -> bool {
    let is_over = matches!(row.status(), SubjectStatus::Completed | SubjectStatus::Discontinued);
    is_over && !row.signed
}

fn visit_place(event: &StudyEventOid, repeat: &RepeatKey) -> Place {
    let (event, event_repeat) = (event.clone(), repeat.clone());
    RecordKey { event, event_repeat, form: FormOid::from(""), form_repeat: RepeatKey::new("") }
}
