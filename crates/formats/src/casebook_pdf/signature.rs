//! Signatures: who signed, what it means, when, what was signed, and whether that still holds.

use kernel::{RepeatKey, StudyEventOid, casebook::RecordKey};

use super::{
    flow::Flow,
    queries::who,
    reader::{Reader, hexadecimal},
    sheet::{ALARM, ENTRY, SMALL, STRONG, TEXT},
    table::{Cell, Row, Table},
};
use crate::export::{SignedOut, SignedPart};

pub(super) fn of_record(flow: &mut Flow, reader: &Reader<'_>, key: &RecordKey) {
    let is_it = |on: &SignedPart| matches!(on, SignedPart::Record(record) if record == key);
    if !set(flow, reader, reader.words.signature, is_it) {
        flow.paragraph(reader.words.not_signed, SMALL);
    }
}

pub(super) fn of_visit(
    flow: &mut Flow,
    reader: &Reader<'_>,
    event: &StudyEventOid,
    repeat: &RepeatKey,
) {
    set(
        flow,
        reader,
        reader.words.of_visit,
        |on| matches!(on, SignedPart::Visit(signed, at) if signed == event && at == repeat),
    );
}

pub(super) fn of_casebook(flow: &mut Flow, reader: &Reader<'_>) {
    set(flow, reader, reader.words.of_casebook, |on| matches!(on, SignedPart::Casebook));
}

/// Sets the signatures on one thing; says whether there is one.
fn set(
    flow: &mut Flow,
    reader: &Reader<'_>,
    title: &str,
    is_it: impl Fn(&SignedPart) -> bool,
) -> bool {
    let mut found = false;
    for signed in reader.book.signatures.iter().filter(|signed| is_it(signed.on)) {
        let mut table = Table::new([("", 100.0)]);
        table.push(Row::across(1, cell(reader, title, signed), ENTRY));
        flow.gap(3.0);
        table.set(flow);
        found = true;
    }
    found
}

fn cell(reader: &Reader<'_>, title: &str, signed: &SignedOut<'_>) -> Cell {
    let (words, signature) = (reader.words, signed.signature);
    let holds = if signed.is_valid { (words.holds, TEXT) } else { (words.broken, ALARM) };
    Cell::text(format!("{title}: {}", signature.printed_name), STRONG)
        .and(&signature.meaning, TEXT)
        .and(who(reader, &signature.signer, "", signature.signed_at_ms), TEXT)
        .and(holds.0, holds.1)
        .and(format!("{}: {}", words.digest, hexadecimal(&signature.content)), SMALL)
}
