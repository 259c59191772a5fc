//! Everything that happened to one item, from the journal.

use std::ops::ControlFlow;

use contract::{
    Act, Context, Scope,
    edc::v1::{GetItemHistoryRequest, GetItemHistoryResponse, HistoryEntry, history_entry::Kind},
};
use journal::Entry;
use kernel::{
    Datum, SubjectKey,
    casebook::{Cause, Event, ItemKey, Mark, Query, RecordPart},
};

use super::{
    casebook::{site_to_read, stored},
    form_record,
    sight::Sight,
    trail::{Step, Trail},
};
use crate::{Edc, book::Shelf, failure::Result, wire::value};

/// Returns who did what to an item, when, why and under which study version, oldest first.
pub(crate) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetItemHistoryRequest,
) -> Result<GetItemHistoryResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let subject: SubjectKey = request.subject_key.as_str().into();
    let site = site_to_read(edc, context, &study, &subject).await?;
    let item = ItemKey {
        row: value::row_key(&request.item_group_oid, &request.item_group_repeat_key),
        item: request.item_oid.as_str().into(),
    };
    let sight = Sight::of(context, &study, &site);
    if sight.is_unblinded() {
        edc.note_unblinded(context, &study, &site, subject.as_str()).await?;
    }
    if !sight.shows(&item.item) {
        let scope = Scope::at_site(study.oid.as_str(), site.as_str());
        context.caller.permit(Act::ReadUnblinded, scope)?;
    }
    let key = value::record_key(
        &request.study_event_oid,
        &request.study_event_repeat_key,
        &request.form_oid,
        &request.form_repeat_key,
    );
    let record = form_record::stored(edc, &study, &subject, &key).await?;
    let trail = Trail { edc, log: Shelf::log(&study.oid, &subject), record: &key };
    let mut steps = Vec::new();
    let last_entry = record.map_or(0, |record| record.last_entry);
    trail
        .back(last_entry, |step| {
            steps.push(step);
            ControlFlow::Continue(())
        })
        .await?;
    let asked = stored(edc, &study, &subject, |book| {
        let queries = book.casebook.queries_of(&key).filter(|query| sight.shows_query(query));
        let at_item = queries.filter(|query| query.opened.item.as_ref() == Some(&item));
        at_item.flat_map(entries_of).collect::<Vec<u64>>()
    });
    for sequence in asked.await? {
        steps.push(trail.step(sequence).await?);
    }
    steps.sort_by_key(|step| step.entry.sequence);
    let mut teller = Teller { item: &item, verified: false, entries: Vec::new() };
    for step in &steps {
        teller.tell(step);
    }
    Ok(GetItemHistoryResponse { entries: teller.entries })
}

/// The entries of the log that are about a query.
fn entries_of(query: &Query) -> impl Iterator<Item = u64> {
    let remarks = query.thread.iter().map(|remark| remark.entry);
    [query.opened_entry].into_iter().chain(remarks)
}

/// Turns entries about a record into lines about one of its items.
struct Teller<'a> {
    item: &'a ItemKey,
    verified: bool,
    entries: Vec<HistoryEntry>,
}

impl Teller<'_> {
    fn tell(&mut self, Step { entry, event }: &Step) {
        match event {
            Event::FormSaved(saved) => {
                let mut changes = saved.changes();
                let mine = changes
                    .find(|(row, change)| **row == self.item.row && change.0 == self.item.item);
                if let Some((_, change)) = mine {
                    self.changed(entry, change.3, change.1.as_ref(), change.2.as_ref());
                }
            }
            Event::Removed(part) if self.concerns(part) => self.push(line(entry, Kind::Removed)),
            Event::Restored(part) if self.concerns(part) => self.push(line(entry, Kind::Restored)),
            Event::ItemsVerified { items, .. } if items.contains(self.item) => {
                self.verified = true;
                self.push(line(entry, Kind::Verified));
            }
            Event::ItemsUnverified { items, .. } if items.contains(self.item) => {
                self.verified = false;
                self.push(line(entry, Kind::Unverified));
            }
            Event::RecordMarked { mark, on, .. } => {
                let word = match (mark, on) {
                    (Mark::Frozen, true) => "frozen",
                    (Mark::Frozen, false) => "unfrozen",
                    (Mark::Locked, true) => "locked",
                    (Mark::Locked, false) => "unlocked",
                };
                self.noted(entry, Kind::Review, word);
            }
            Event::RecordSigned { signature, .. } => {
                self.noted(entry, Kind::Review, &format!("signed: {}", signature.meaning));
            }
            Event::QueryOpened(opened) => {
                let text = opened.text.in_lang("en").unwrap_or_default();
                self.noted(entry, Kind::Query, &format!("opened: {text}"));
            }
            Event::QueryAnswered { text, .. } => self.said(entry, "answered", text),
            Event::QueryClosed { text, .. } => self.said(entry, "closed", text),
            Event::QueryReopened { text, .. } => self.said(entry, "reopened", text),
            Event::QueryCancelled { text, .. } => self.said(entry, "cancelled", text),
            _ => {}
        }
    }

    fn changed(
        &mut self,
        entry: &Entry,
        cause: Option<Cause>,
        old: Option<&Datum>,
        new: Option<&Datum>,
    ) {
        let kind = match cause {
            None => Kind::Entered,
            Some(Cause::Derived) => Kind::Derived,
            Some(Cause::NotCollected) => Kind::ClearedByCondition,
        };
        self.push(HistoryEntry {
            old_value: old.map(value::item_value),
            new_value: new.map(value::item_value),
            ..line(entry, kind)
        });
        if std::mem::take(&mut self.verified) {
            self.noted(entry, Kind::Unverified, "the value changed");
        }
    }

    fn concerns(&self, part: &RecordPart) -> bool {
        part.row.as_ref().is_none_or(|row| *row == self.item.row)
    }

    fn said(&mut self, entry: &Entry, done: &str, text: &str) {
        let note = if text.is_empty() { done.to_owned() } else { format!("{done}: {text}") };
        self.noted(entry, Kind::Query, &note);
    }

    fn noted(&mut self, entry: &Entry, kind: Kind, note: &str) {
        self.push(HistoryEntry { note: Some(note.to_owned()), ..line(entry, kind) });
    }

    fn push(&mut self, line: HistoryEntry) {
        self.entries.push(line);
    }
}

/// Who, when, why and under which version.
fn line(entry: &Entry, kind: Kind) -> HistoryEntry {
    let draft = &entry.draft;
    HistoryEntry {
        sequence: value::number(entry.sequence),
        kind: kind.into(),
        recorded_at: Some(value::at(draft.recorded_at_ms)),
        user: draft.actor.clone(),
        role: draft.role.clone(),
        on_behalf_of: draft.on_behalf_of.clone(),
        reason: draft.reason.clone(),
        origin: draft.origin.clone(),
        old_value: None,
        new_value: None,
        version_hash: draft.study_version.map(|hash| hash.to_string()).unwrap_or_default(),
        note: None,
    }
}
