//! What the program wrote itself, possibly damaged since.

use journal::{Checkpoint, EntryRef, Hash, Head, Leaf, Sealed};
use kernel::casebook::{Event, FormRecord, RecordRef};
use std::str;

/// A stored form record: both ways of reading agree, and what is read is written back the same.
pub fn stored_record(bytes: &[u8]) -> bool {
    let seen = RecordRef::decode(bytes).map(|record| record.for_each_item(|_, _, _| {}));
    let Ok(record) = FormRecord::from_bytes(bytes) else { return false };
    assert!(matches!(seen, Ok(Ok(()))), "a record that can be read can be walked");
    let again = FormRecord::from_bytes(&record.to_bytes());
    assert!(again.is_ok_and(|again| again == record), "a record survives storage");
    true
}

/// An event of a casebook, as the payload of an entry.
pub fn casebook_event(bytes: &[u8]) -> bool {
    let Ok(event) = Event::from_payload(bytes) else { return false };
    let again = Event::from_payload(&event.to_payload());
    assert!(again.is_ok_and(|again| again == event), "an event survives storage");
    true
}

/// An entry of a journal: sealing what was read, at its place, gives an entry that reads the same.
pub fn journal_entry(bytes: &[u8]) -> bool {
    let Ok(read) = EntryRef::read(bytes) else { return false };
    let entry = read.to_entry();
    let Some(before) = entry.sequence.checked_sub(1) else { return true };
    let head = Head { sequence: before, hash: entry.previous };
    let sealed = head.seal(&entry.log, &entry.draft);
    assert!(sealed.open().is_ok_and(|again| again == entry), "an entry survives storage");
    let stored = Sealed { sequence: entry.sequence, bytes: bytes.to_vec(), hash: Hash::of(bytes) };
    assert_eq!(stored.head().sequence, entry.sequence);
    true
}

/// A checkpoint file: the signed line, then a line for each log.
pub fn checkpoint(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return false };
    let leaves: Result<Vec<Leaf>, _> = lines.map(Leaf::from_line).collect();
    let Ok(checkpoint) = Checkpoint::from_line(first) else { return false };
    let again = Checkpoint::from_line(&checkpoint.to_line());
    assert!(again.is_ok_and(|again| again == checkpoint), "a checkpoint survives its file");
    let is_signed = checkpoint.verify(&checkpoint.public_key()).is_ok();
    is_signed && leaves.is_ok()
}
