//! The first page: whose casebook it is, as of when, and how the copy can be proved.

use super::{
    flow::Flow,
    fonts::Style,
    reader::Reader,
    sheet::{BLUE, Boxes, ENTRY, GREY, SMALL, STRONG, TEXT},
    signature,
    table::{Cell, Row, Table},
};
use crate::export::EntryOut;

const TITLE: Style = Style { size: 22.0, bold: true, colour: BLUE };
/// Kinds of missing characters that are named one by one.
const NAMED_BOXES: usize = 40;

/// What the body shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub forms: u64,
    pub values: u64,
    pub changes: u64,
}

/// The first page.
pub(super) fn cover(reader: &Reader<'_>, counts: Counts, boxes: &Boxes) -> Flow {
    let words = reader.words;
    let version = reader.design().version();
    let mut flow = Flow::new();
    flow.y += 26.0;
    flow.paragraph(words.title, TITLE);
    flow.y += 4.0;
    flow.paragraph(words.about, TEXT);
    flow.y += 14.0;
    let mut table = Table::new([("", 28.0), ("", 72.0)]);
    let study = reader.text(&version.study_description, &version.study_name);
    let mut row = |name: &str, cell: Cell| {
        table.push(Row::of(vec![Cell::text(name, GREY), cell]));
    };
    row(words.study, pair(version.study_oid.as_str(), &study));
    row(words.protocol, Cell::text(&version.protocol_name, TEXT));
    row(words.site, site(reader));
    row(words.participant, Cell::text(reader.book.subject, STRONG));
    for (name, text) in standing(reader) {
        row(name, Cell::text(text, TEXT));
    }
    row(words.cut_off, Cell::text(cut_off(reader), STRONG));
    row(words.versions, versions(reader));
    let shown = pair(version.version_oid.as_str(), &version.version_name);
    row(words.layout_version, shown.and(reader.study.version_hash, SMALL));
    row(words.journal, journal(reader));
    row(words.contents_of_copy, contents(reader, counts));
    row(words.program, Cell::text(format!("Casebook {}", reader.study.source_version), TEXT));
    table.set(&mut flow);
    signature::of_casebook(&mut flow, reader);
    if reader.book.chain.count.is_none() {
        note(&mut flow, words.left_out.to_owned());
    }
    if !boxes.is_empty() {
        note(&mut flow, format!("{}: {}", words.boxes, named(boxes)));
    }
    flow
}

fn note(flow: &mut Flow, text: String) {
    let mut table = Table::new([("", 100.0)]);
    table.push(Row::across(1, Cell::text(text, TEXT), ENTRY));
    flow.gap(6.0);
    table.set(flow);
}

fn pair(oid: &str, name: &str) -> Cell {
    let cell = Cell::text(oid, STRONG);
    if name.is_empty() || name == oid { cell } else { cell.and(name, TEXT) }
}

fn site(reader: &Reader<'_>) -> Cell {
    let site = reader.book.site;
    let cell = pair(site.oid, site.name);
    if site.time_zone.is_empty() { cell } else { cell.and(site.time_zone, SMALL) }
}

/// Where the participant stands, by name.
fn standing(reader: &Reader<'_>) -> Vec<(&'static str, String)> {
    let words = reader.words;
    let Some(enrolment) = &reader.book.casebook.enrolment else { return Vec::new() };
    let mut all = vec![
        (words.status, words.subject_status(enrolment.status).to_owned()),
        (words.screening_number, enrolment.screening_number.clone()),
    ];
    let dated = [
        (words.enrolment_number, enrolment.enrolment_number.clone()),
        (words.consented, enrolment.consented_on.clone()),
        (words.screened, Some(enrolment.screened_on.clone())),
        (words.enrolled, enrolment.enrolled_on.clone()),
        (words.arm, enrolment.arm.as_ref().map(ToString::to_string)),
    ];
    all.extend(dated.into_iter().filter_map(|(name, text)| Some((name, text?))));
    all
}

/// The instant whose state the copy shows, in UTC and in the zone of the site.
pub(super) fn cut_off(reader: &Reader<'_>) -> String {
    let stamp = reader.study.stamp();
    let at = stamp.parse::<jiff::Timestamp>();
    at.map_or_else(|_| stamp.to_owned(), |at| reader.time(at.as_millisecond()))
}

fn versions(reader: &Reader<'_>) -> Cell {
    let mut cell = Cell::default();
    for version in reader.book.versions {
        let pair = pair(&reader.version(version.hash), version.name);
        cell.0.extend(pair.and(version.hash, SMALL).0);
    }
    if cell.0.is_empty() { Cell::text(reader.words.no_version, TEXT) } else { cell }
}

fn journal(reader: &Reader<'_>) -> Cell {
    let (words, book) = (reader.words, reader.book);
    let (Some(first), Some(last)) = (book.entries.first(), book.entries.last()) else {
        return Cell::text(words.no_journal, TEXT);
    };
    let mut cell = Cell::default();
    if let Some(count) = book.chain.count {
        cell = cell.and(format!("{count} {}", words.journal_entries), TEXT);
    }
    let time = |entry: &EntryOut<'_>| reader.time(entry.at_ms);
    cell.and(time(first), TEXT)
        .and(time(last), TEXT)
        .and(words.journal_head, SMALL)
        .and(book.chain.head, TEXT)
}

fn contents(reader: &Reader<'_>, counts: Counts) -> Cell {
    let (words, book) = (reader.words, reader.book);
    let Counts { forms, values, changes } = counts;
    let data = format!(
        "{forms} {} · {values} {} · {changes} {}",
        words.forms, words.values, words.changes
    );
    let said = format!(
        "{}: {} · {}: {}",
        words.queries,
        book.casebook.queries.len(),
        words.signatures,
        book.signatures.len()
    );
    Cell::text(data, TEXT).and(said, TEXT)
}

/// Missing characters with their code points and how often each was shown.
fn named(boxes: &Boxes) -> String {
    let named = boxes.iter().take(NAMED_BOXES);
    let mut named: Vec<String> =
        named.map(|(c, count)| format!("U+{:04X} × {count}", u32::from(*c))).collect();
    if boxes.len() > NAMED_BOXES {
        named.push(format!("… ({})", boxes.len()));
    }
    named.join(", ")
}

/// The participant's way through the study, and dated events that were noted.
pub(super) fn participant(flow: &mut Flow, reader: &Reader<'_>) {
    let (words, casebook) = (reader.words, reader.book.casebook);
    flow.heading(1, words.history, 120.0);
    let mut table = Table::new([
        (words.status, 26.0),
        (words.on, 16.0),
        (words.recorded, 40.0),
        (words.by, 18.0),
    ]);
    let entry = |number: u64| {
        let is_it = |entry: &&EntryOut<'_>| entry.sequence == number;
        reader.book.entries.iter().find(is_it)
    };
    for step in &casebook.history {
        let made = entry(step.entry);
        table.push(Row::of(vec![
            Cell::text(words.subject_status(step.to), STRONG),
            Cell::text(&step.on, TEXT),
            Cell::text(made.map(|made| reader.time(made.at_ms)).unwrap_or_default(), TEXT),
            Cell::text(made.map(|made| made.user).unwrap_or_default(), TEXT),
        ]));
    }
    table.set(flow);
    if !casebook.notes.is_empty() {
        let mut table = Table::new([
            (words.noted, 42.0),
            (words.on, 16.0),
            (words.recorded, 28.0),
            (words.by, 14.0),
        ]);
        for note in &casebook.notes {
            let cells = [&note.text, &note.on, &reader.time(note.at_ms), &note.by];
            table.push(Row::of(cells.map(|text| Cell::text(text, TEXT)).to_vec()));
        }
        table.set(flow);
    }
}
