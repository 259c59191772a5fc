//! One entry of a casebook or study in the words of the contract. What reveals the arm is left out,
//! with the reason that may speak of it; an entry that is about nothing else is not told at all.

use contract::edc::v1::{AuditEntry, ItemChange, audit_entry::Kind, item_change};
use journal::EntryRef;
use kernel::{
    Texts,
    casebook::{Casebook, Cause, Event, FormSaved, ItemKey, Mark, Query, RecordKey},
    study::Design,
};

use crate::{read::sight::Sight, study_log::StudyEvent, wire::value};

/// An entry, and whether a part of it reveals the arm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub entry: AuditEntry,
    pub tells_arm: bool,
}

/// Tells entries of one casebook.
#[derive(Debug)]
pub(crate) struct Teller<'a> {
    pub design: &'a Design,
    pub sight: &'a Sight,
    pub casebook: &'a Casebook,
    pub subject: &'a str,
    pub site: &'a str,
}

impl Teller<'_> {
    /// The entry, unless the caller must not know that there is one.
    pub fn tell(&self, entry: &EntryRef<'_>, event: &Event) -> Option<Told> {
        let mut told = Told { entry: line(entry), tells_arm: false };
        told.entry.subject_key = Some(self.subject.to_owned());
        told.entry.site_oid = Some(self.site.to_owned());
        told.entry.sequence = self.sight.is_complete().then(|| value::number(entry.sequence));
        if let Some(record) = event.record() {
            place(&mut told.entry, record);
        }
        match event {
            Event::FormSaved(saved) => self.saved(&mut told, saved)?,
            Event::ItemsVerified { items, .. } => self.items(&mut told, Kind::Verified, items)?,
            Event::ItemsUnverified { items, .. } => {
                self.items(&mut told, Kind::Unverified, items)?;
            }
            Event::QueryOpened(opened) => {
                let query = self.casebook.queries.get(&opened.id)?;
                self.query(&mut told, Kind::QueryOpened, query, &opened.text)?;
            }
            Event::QueryAnswered { id, text } => {
                let query = self.casebook.queries.get(id)?;
                self.query(&mut told, Kind::QueryAnswered, query, &said(text))?;
            }
            Event::QueryClosed { id, text, .. } => {
                let query = self.casebook.queries.get(id)?;
                self.query(&mut told, Kind::QueryClosed, query, &said(text))?;
            }
            Event::QueryReopened { id, text } => {
                let query = self.casebook.queries.get(id)?;
                self.query(&mut told, Kind::QueryReopened, query, &said(text))?;
            }
            Event::QueryCancelled { id, text } => {
                let query = self.casebook.queries.get(id)?;
                self.query(&mut told, Kind::QueryCancelled, query, &said(text))?;
            }
            other => tell_plain(&mut told.entry, other),
        }
        Some(told)
    }

    fn saved(&self, told: &mut Told, saved: &FormSaved) -> Option<()> {
        let entry = &mut told.entry;
        entry.kind = Kind::FormSaved.into();
        let blinded = &self.design.version().blinding.items;
        told.tells_arm = saved.changes().any(|(_, change)| blinded.contains(&change.0));
        let mut hidden = 0;
        for (row, change) in saved.changes() {
            if !self.sight.shows(&change.0) {
                hidden += 1;
                continue;
            }
            let is_correction = change.1.is_some() && change.1 != change.2 && change.3.is_none();
            entry.is_reason_missing |= is_correction && entry.reason.is_none();
            entry.changes.push(ItemChange {
                place: Some(value::item_place(&ItemKey {
                    row: row.clone(),
                    item: change.0.clone(),
                })),
                cause: cause(change.3).into(),
                old_value: change.1.as_ref().map(value::item_value),
                new_value: change.2.as_ref().map(value::item_value),
            });
        }
        if hidden > 0 {
            entry.is_reason_withheld = entry.reason.take().is_some();
        }
        entry.new_state = saved.complete.map(|complete| {
            if complete { "COMPLETE".to_owned() } else { "IN_PROGRESS".to_owned() }
        });
        let is_all_hidden = hidden > 0 && entry.changes.is_empty() && saved.complete.is_none();
        (!is_all_hidden).then_some(())
    }

    fn items(&self, told: &mut Told, kind: Kind, items: &[ItemKey]) -> Option<()> {
        let blinded = &self.design.version().blinding.items;
        told.tells_arm = items.iter().any(|item| blinded.contains(&item.item));
        told.entry.kind = kind.into();
        let seen = items.iter().filter(|item| self.sight.shows(&item.item));
        told.entry.items = seen.map(value::item_place).collect();
        if told.entry.items.len() < items.len() {
            told.entry.is_reason_withheld = told.entry.reason.take().is_some();
        }
        (!told.entry.items.is_empty()).then_some(())
    }

    fn query(&self, told: &mut Told, kind: Kind, query: &Query, text: &Texts) -> Option<()> {
        if !self.sight.shows_query(query) {
            return None;
        }
        told.tells_arm = crate::views::tells_arm(self.design, query);
        let entry = &mut told.entry;
        entry.kind = kind.into();
        place(entry, &query.opened.record);
        entry.query_id = Some(query.opened.id.to_string());
        entry.items.extend(query.opened.item.as_ref().map(value::item_place));
        entry.text = value::texts(text);
        Some(())
    }
}

/// What is about no value.
fn tell_plain(entry: &mut AuditEntry, event: &Event) {
    let (kind, old, new) = match event {
        Event::SubjectScreened(screened) => {
            (Kind::SubjectScreened, None, Some(screened.screened_on.clone()))
        }
        Event::EligibilityAssessed(assessed) => {
            let failed: Vec<&str> = assessed.failed.iter().map(AsRef::as_ref).collect();
            let failed = Some(failed.join(", ")).filter(|failed| !failed.is_empty());
            (Kind::EligibilityAssessed, None, failed)
        }
        Event::SubjectEnrolled(enrolled) => {
            (Kind::SubjectEnrolled, None, Some(enrolled.enrolled_on.clone()))
        }
        Event::SubjectStatusChanged { from, to, .. } => {
            let (from, to) = (from.code().to_owned(), to.code().to_owned());
            (Kind::StatusChanged, Some(from), Some(to))
        }
        Event::EventNoted { on, text } => {
            entry.text = value::texts(&said(text));
            (Kind::EventNoted, None, Some(on.clone()))
        }
        Event::StudyEventDated { event, event_repeat, old, new } => {
            entry.study_event_oid = Some(event.to_string());
            entry.study_event_repeat_key = Some(event_repeat.to_string());
            (Kind::VisitDated, old.clone(), new.clone())
        }
        Event::Removed(part) | Event::Restored(part) => {
            let is_removed = matches!(event, Event::Removed(_));
            let row = part.row.as_ref().map(|row| format!("{}[{}]", row.group, row.repeat));
            (if is_removed { Kind::Removed } else { Kind::Restored }, None, row)
        }
        Event::RecordMarked { mark, on, .. } => (marked(*mark, *on), None, None),
        Event::RecordSigned { signature, .. } | Event::CasebookSigned { signature } => {
            entry.text = value::texts(&said(&signature.meaning));
            (Kind::Signed, None, Some(signature.printed_name.clone()))
        }
        Event::VisitSigned { event, event_repeat, signature } => {
            entry.study_event_oid = Some(event.to_string());
            entry.study_event_repeat_key = Some(event_repeat.to_string());
            entry.text = value::texts(&said(&signature.meaning));
            (Kind::Signed, None, Some(signature.printed_name.clone()))
        }
        _ => (Kind::Unspecified, None, None),
    };
    entry.kind = kind.into();
    (entry.old_state, entry.new_state) = (old, new);
}

/// An entry of the log of a study.
pub(crate) fn tell_study(entry: &EntryRef<'_>, event: &StudyEvent) -> AuditEntry {
    let mut told = line(entry);
    let kind = match event {
        StudyEvent::VersionPublished(version) => {
            told.text = value::texts(&said(&version.version_name));
            told.new_state = Some(version.hash.clone());
            Kind::VersionPublished
        }
        StudyEvent::SiteAdded(added) => {
            told.site_oid = Some(added.site.to_string());
            Kind::SiteAdded
        }
        StudyEvent::SiteStatusChanged { site, status } => {
            told.site_oid = Some(site.to_string());
            told.new_state = Some(format!("{status:?}").to_uppercase());
            Kind::SiteStatusChanged
        }
        StudyEvent::StudyLocked(locked) => {
            let open = locked.open.iter().filter(|(_, count)| *count > 0);
            let open: Vec<String> = open.map(|(what, count)| format!("{what} {count}")).collect();
            told.new_state = Some(open.join(", ")).filter(|open| !open.is_empty());
            Kind::StudyLocked
        }
        StudyEvent::StudyUnlocked => Kind::StudyUnlocked,
        StudyEvent::RangesImported(imported) => {
            told.text = value::texts(&said(&imported.file_name));
            Kind::StudyChanged
        }
        StudyEvent::SiteVersionScheduled(scheduled) => {
            told.site_oid = Some(scheduled.site.to_string());
            Kind::StudyChanged
        }
    };
    told.kind = kind.into();
    told.sequence = Some(value::number(entry.sequence));
    told
}

fn marked(mark: Mark, on: bool) -> Kind {
    match (mark, on) {
        (Mark::Frozen, true) => Kind::Frozen,
        (Mark::Frozen, false) => Kind::Unfrozen,
        (Mark::Locked, true) => Kind::Locked,
        (Mark::Locked, false) => Kind::Unlocked,
    }
}

fn cause(cause: Option<Cause>) -> item_change::Cause {
    match cause {
        None => item_change::Cause::Entered,
        Some(Cause::Derived) => item_change::Cause::Derived,
        Some(Cause::NotCollected) => item_change::Cause::ClearedByCondition,
    }
}

fn said(text: &str) -> Texts {
    if text.is_empty() { Texts::default() } else { Texts::one("", text) }
}

fn place(entry: &mut AuditEntry, record: &RecordKey) {
    entry.study_event_oid = Some(record.event.to_string());
    entry.study_event_repeat_key = Some(record.event_repeat.to_string());
    entry.form_oid = Some(record.form.to_string());
    entry.form_repeat_key = Some(record.form_repeat.to_string());
}

/// Who, when, why and under which version.
fn line(entry: &EntryRef<'_>) -> AuditEntry {
    AuditEntry {
        recorded_at: Some(value::at(entry.recorded_at_ms)),
        user: entry.actor.to_owned(),
        role: entry.role.to_owned(),
        on_behalf_of: entry.on_behalf_of.map(ToOwned::to_owned),
        reason: entry.reason.map(ToOwned::to_owned),
        origin: entry.origin.to_owned(),
        version_hash: entry.study_version.map(|hash| hash.to_string()).unwrap_or_default(),
        ..AuditEntry::default()
    }
}
