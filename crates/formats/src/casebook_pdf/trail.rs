//! The audit trail: every entry of the journal, and every change in it, where it belongs.

use kernel::casebook::{Cause, Event, FormSaved, ItemKey, Mark, RecordKey, RecordSignature};

use super::{
    flow::Flow,
    queries::who,
    reader::{Reader, hexadecimal},
    sheet::{ENTRY, FINE, SMALL},
    table::{Cell, Row, Table},
};
use crate::export::EntryOut;

/// What follows the heading on its page, in points.
const KEEP: f32 = 80.0;

/// One change: of what, before, after.
type Change = (String, String, String);

/// The entries about one form, also about its queries.
pub(super) fn of_record(flow: &mut Flow, reader: &Reader<'_>, key: &RecordKey) {
    let book = reader.book;
    let entries = book.entries.iter().filter(|entry| book.record_of(entry.event) == Some(key));
    set(flow, reader, (3, reader.words.trail), entries);
}

/// The entries that belong to no form: screening, enrolment, dates, signatures of a visit.
pub(super) fn of_casebook(flow: &mut Flow, reader: &Reader<'_>) {
    let book = reader.book;
    let entries = book.entries.iter().filter(|entry| book.record_of(entry.event).is_none());
    set(flow, reader, (1, reader.words.trail_of_casebook), entries);
}

fn set<'e>(
    flow: &mut Flow,
    reader: &Reader<'_>,
    (level, title): (u8, &str),
    entries: impl Iterator<Item = &'e EntryOut<'e>>,
) {
    let words = reader.words;
    let mut table = Table::new([(words.item, 40.0), (words.before, 28.0), (words.after, 32.0)]);
    for entry in entries {
        table.push(Row::across(3, head(reader, entry), ENTRY).kept());
        for (what, before, after) in changes(reader, entry.event) {
            let cells = [what, before, after].map(|text| Cell::text(text, FINE));
            table.push(Row::of(cells.to_vec()));
        }
    }
    if !table.is_empty() {
        flow.heading(level, title, KEEP);
        table.set(flow);
    }
}

/// Who, when, why and under which version.
fn head(reader: &Reader<'_>, entry: &EntryOut<'_>) -> Cell {
    let words = reader.words;
    let who = who(reader, entry.user, entry.role, entry.at_ms);
    let numbered =
        reader.book.chain.count.map(|_| format!("{} {} · ", words.entry, entry.sequence));
    let mut about = format!("{}{who}", numbered.unwrap_or_default());
    if let Some(whom) = entry.on_behalf_of {
        about = format!("{about} · {} {whom}", words.for_whom);
    }
    let version = match entry.version {
        "" => words.no_version.to_owned(),
        hash => reader.version(hash),
    };
    about = format!("{about} · {} {} · {} {version}", words.through, entry.origin, words.version);
    let cell = Cell::text(about, SMALL);
    match entry.reason {
        Some(reason) => cell.and(format!("{}: {reason}", words.reason), FINE),
        None if entry.is_reason_withheld => cell.and(words.reason_withheld, FINE),
        None => cell,
    }
}

fn changes(reader: &Reader<'_>, event: &Event) -> Vec<Change> {
    let words = reader.words;
    match event {
        Event::FormSaved(saved) => saved_form(reader, saved),
        Event::Removed(part) | Event::Restored(part) => {
            let what = part.row.as_ref().map_or_else(
                || words.whole_form.to_owned(),
                |row| format!("{} [{} {}]", reader.group(&row.group), words.row, row.repeat),
            );
            let is_removed = matches!(event, Event::Removed(_));
            vec![after(what, if is_removed { words.removed } else { words.restored })]
        }
        Event::ItemsVerified { items, .. } => items_marked(reader, items, words.verified),
        Event::ItemsUnverified { items, .. } => items_marked(reader, items, words.unverified),
        Event::RecordMarked { mark, on, .. } => {
            let word = match (mark, on) {
                (Mark::Frozen, true) => words.frozen,
                (Mark::Frozen, false) => words.unfrozen,
                (Mark::Locked, true) => words.locked,
                (Mark::Locked, false) => words.unlocked,
            };
            vec![after(words.form_status, word)]
        }
        Event::RecordSigned { signature, .. } => signed(reader, words.signature, signature),
        Event::QueryOpened(opened) => {
            let text = opened.text.in_lang(reader.language).unwrap_or_default();
            let about = opened.item.as_ref().map(|item| reader.item_place(item));
            let about = about.unwrap_or_else(|| words.whole_form.to_owned());
            vec![after(
                format!("{} {} · {about}", words.query, opened.id),
                format!("{}: {text}", words.opened),
            )]
        }
        Event::QueryAnswered { id, text } => said(reader, id.as_str(), words.answered, text),
        Event::QueryClosed { id, text, automatic } => {
            let word = if *automatic { words.closed_by_check } else { words.closed };
            said(reader, id.as_str(), word, text)
        }
        Event::QueryReopened { id, text } => said(reader, id.as_str(), words.reopened, text),
        Event::QueryCancelled { id, text } => said(reader, id.as_str(), words.cancelled, text),
        other => of_subject(reader, other),
    }
}

/// What belongs to no form.
fn of_subject(reader: &Reader<'_>, event: &Event) -> Vec<Change> {
    let words = reader.words;
    match event {
        Event::SubjectScreened(screened) => {
            let mut changes = vec![
                after(words.screening_number, &screened.screening_number),
                after(words.screened, &screened.screened_on),
                after(words.site, screened.site.as_str()),
            ];
            changes.extend(screened.consented_on.as_ref().map(|on| after(words.consented, on)));
            changes
        }
        Event::EligibilityAssessed(assessed) => {
            let yes_no = |is_so: bool| if is_so { words.yes } else { words.no };
            let stated = assessed.attested.iter().map(|(criterion, is_met)| {
                after(format!("{} {criterion}", words.eligibility), yes_no(*is_met))
            });
            let failed: Vec<&str> = assessed.failed.iter().map(AsRef::as_ref).collect();
            let found = if failed.is_empty() {
                words.eligible.to_owned()
            } else {
                format!("{}: {}", words.criteria_failed, failed.join(", "))
            };
            stated.chain([after(words.eligibility, found)]).collect()
        }
        Event::SubjectEnrolled(enrolled) => {
            let mut changes = vec![
                after(words.enrolment_number, &enrolled.enrolment_number),
                after(words.enrolled, &enrolled.enrolled_on),
            ];
            changes.extend(enrolled.arm.as_ref().map(|arm| after(words.arm, arm.as_str())));
            changes
        }
        Event::SubjectStatusChanged { from, to, on } => {
            let [from, to] = [*from, *to].map(|status| words.subject_status(status));
            vec![(words.status.to_owned(), from.to_owned(), format!("{to}, {on}"))]
        }
        Event::VersionTaken { old, new } => {
            let old = old.as_ref().map(|hash| reader.version(hash)).unwrap_or_default();
            vec![(words.version_taken.to_owned(), old, reader.version(new))]
        }
        Event::EventNoted { on, text } => vec![after(text, on)],
        Event::StudyEventDated { event, event_repeat, old, new } => {
            let what = format!("{} · {}", words.visit_date, reader.event(event, event_repeat));
            vec![(what, old.clone().unwrap_or_default(), new.clone().unwrap_or_default())]
        }
        Event::VisitSigned { event, event_repeat, signature } => {
            let what = format!("{} · {}", words.of_visit, reader.event(event, event_repeat));
            signed(reader, &what, signature)
        }
        Event::CasebookSigned { signature } => signed(reader, words.of_casebook, signature),
        _ => Vec::new(),
    }
}

fn saved_form(reader: &Reader<'_>, saved: &FormSaved) -> Vec<Change> {
    let words = reader.words;
    let changed = saved.changes().map(|(row, change)| {
        let cause = match change.3 {
            None => String::new(),
            Some(Cause::Derived) => format!(" ({})", words.derived),
            Some(Cause::NotCollected) => format!(" ({})", words.not_collected),
        };
        let value = |datum| reader.value(&change.0, datum);
        let what = format!("{}{cause}", reader.place(row, &change.0));
        (what, value(change.1.as_ref()), value(change.2.as_ref()))
    });
    let state = |complete| if complete { words.complete } else { words.in_progress };
    let completed = saved.complete.map(|complete| after(words.form_status, state(complete)));
    changed.chain(completed).collect()
}

fn items_marked(reader: &Reader<'_>, items: &[ItemKey], word: &str) -> Vec<Change> {
    items.iter().map(|item| after(reader.item_place(item), word)).collect()
}

fn said(reader: &Reader<'_>, id: &str, word: &str, text: &str) -> Vec<Change> {
    let told = if text.is_empty() { word.to_owned() } else { format!("{word}: {text}") };
    vec![after(format!("{} {id}", reader.words.query), told)]
}

fn signed(reader: &Reader<'_>, what: &str, signature: &RecordSignature) -> Vec<Change> {
    let digest = hexadecimal(&signature.content);
    let told = format!("{}: {}", signature.printed_name, signature.meaning);
    vec![after(what, told), after(reader.words.digest, digest)]
}

fn after(what: impl Into<String>, after: impl Into<String>) -> Change {
    (what.into(), String::new(), after.into())
}
