#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use journal::{Chain, Draft, Hash, Head, LogName, Sealed, Why};
use proptest::{prelude::*, sample::Index};

fn log() -> LogName {
    LogName::new("CDISCPILOT01", "casebook", "01-701-1015")
}

fn draft(number: usize) -> Draft {
    Draft {
        recorded_at_ms: 1_400_000_000_000 + i64::try_from(number).unwrap(),
        actor: "usr_01".into(),
        role: "coordinator".into(),
        on_behalf_of: (number.is_multiple_of(3)).then(|| "usr_02".into()),
        reason: (number.is_multiple_of(2)).then(|| "转录错误".into()),
        origin: "web".into(),
        request_id: format!("req-{number}"),
        study_version: Some(Hash::of(b"version 1")),
        kind: "FormSaved".into(),
        payload: vec![u8::try_from(number % 256).unwrap(); 40],
    }
}

fn sealed(log: &LogName, count: usize) -> Vec<Sealed> {
    let mut head = Head::default();
    let next = |number| {
        let entry = head.seal(log, &draft(number));
        head = entry.head();
        entry
    };
    (0..count).map(next).collect()
}

/// The sequence at which verification stops, and why; `None` if the log is whole.
fn first_difference(entries: &[Sealed], recorded: Head) -> Option<(u64, Why)> {
    let mut chain = Chain::new(log());
    for entry in entries {
        if let Err(broken) = chain.accept(entry) {
            return Some((broken.sequence, broken.why));
        }
    }
    chain.finish(recorded).err().map(|broken| (broken.sequence, broken.why))
}

#[test]
fn an_entry_opens_to_what_was_sealed() {
    let entries = sealed(&log(), 4);
    for (number, sealed) in entries.iter().enumerate() {
        let entry = sealed.open().unwrap();
        assert_eq!(entry.log, log());
        assert_eq!(entry.sequence, number as u64 + 1);
        assert_eq!(entry.draft, draft(number));
    }
    assert_eq!(entries[0].open().unwrap().previous, Hash::default());
    assert_eq!(entries[3].open().unwrap().previous, entries[2].hash);
}

#[test]
fn the_format_of_an_entry_does_not_change_unnoticed() {
    let sealed = &sealed(&log(), 1)[0];
    let known = "c9e315ba332185c79328058a6217ef6a6d2cca3a938bada5501e16cb4c15ebdb";
    assert_eq!(sealed.hash.to_string(), known);
}

#[test]
fn a_whole_log_ends_at_its_head() {
    let entries = sealed(&log(), 5);
    assert!(first_difference(&entries, entries[4].head()).is_none());
    assert!(first_difference(&[], Head::default()).is_none());
}

#[test]
fn a_chain_goes_on_from_a_trusted_head() {
    let entries = sealed(&log(), 5);
    let mut chain = Chain::resume(log(), entries[2].head());
    assert!(chain.accept(&entries[3]).is_ok());
    assert!(chain.accept(&entries[2]).is_err());
    assert_eq!(chain.head(), entries[3].head());
}

#[test]
fn an_entry_moved_from_another_log_is_named() {
    let mut entries = sealed(&log(), 3);
    let other = LogName::new("CDISCPILOT01", "casebook", "01-701-1023");
    entries[1] = sealed(&other, 3)[1].clone();
    let difference = first_difference(&entries, entries[2].head());
    assert!(matches!(difference, Some((2, Why::OtherLog { found })) if *found == other));
}

#[test]
fn an_entry_rewritten_with_a_new_hash_is_found_where_the_next_one_follows() {
    let mut entries = sealed(&log(), 3);
    let head = entries[2].head();
    entries[1] = entries[0].head().seal(&log(), &draft(77));
    assert!(matches!(first_difference(&entries, head), Some((3, Why::Unlinked))));
}

#[test]
fn a_rewritten_last_entry_is_found_by_the_recorded_head() {
    let mut entries = sealed(&log(), 3);
    let head = entries[2].head();
    entries[2] = entries[1].head().seal(&log(), &draft(77));
    assert!(matches!(first_difference(&entries, head), Some((3, Why::OtherHead))));
}

#[test]
fn an_entry_added_behind_the_recorded_head_is_found() {
    let entries = sealed(&log(), 3);
    let difference = first_difference(&entries, entries[1].head());
    assert!(matches!(difference, Some((3, Why::Unrecorded { recorded: 2 }))));
}

#[test]
fn bytes_that_follow_an_entry_are_refused() {
    let mut entry = sealed(&log(), 1).remove(0);
    entry.bytes.push(0);
    assert!(entry.open().is_err());
    entry.hash = Hash::of(&entry.bytes);
    assert!(matches!(first_difference(&[entry], Head::default()), Some((1, Why::Malformed(_)))));
}

proptest! {
    #[test]
    fn any_flipped_bit_is_found_at_its_entry(count in 1..12_usize, at: Index, bit: Index) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let at = at.index(count);
        let bit = bit.index(entries[at].bytes.len() * 8);
        entries[at].bytes[bit / 8] ^= 1 << (bit % 8);
        let difference = first_difference(&entries, head);
        let found = matches!(difference, Some((place, Why::Altered)) if place == at as u64 + 1);
        prop_assert!(found);
    }

    #[test]
    fn any_flipped_bit_of_a_hash_is_found_at_its_entry(count in 1..12_usize, at: Index, bit in 0..256_usize) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let at = at.index(count);
        entries[at].hash.0[bit / 8] ^= 1 << (bit % 8);
        let place = first_difference(&entries, head).map(|(place, _)| place);
        prop_assert_eq!(place, Some(at as u64 + 1));
    }

    #[test]
    fn any_removed_entry_is_found_at_its_place(count in 1..12_usize, at: Index) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let at = at.index(count);
        entries.remove(at);
        let place = first_difference(&entries, head).map(|(place, _)| place);
        prop_assert_eq!(place, Some(at as u64 + 1));
    }

    #[test]
    fn a_removed_entry_is_found_even_if_the_rest_is_renumbered(count in 2..12_usize, at: Index) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let at = at.index(count - 1);
        entries.remove(at);
        for (number, entry) in entries.iter_mut().enumerate() {
            entry.sequence = number as u64 + 1;
        }
        let place = first_difference(&entries, head).map(|(place, _)| place);
        prop_assert_eq!(place, Some(at as u64 + 1));
    }

    #[test]
    fn any_swapped_entries_are_found_at_the_first(count in 2..12_usize, at: Index, with: Index) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let (at, with) = (at.index(count), with.index(count));
        prop_assume!(at != with);
        entries.swap(at, with);
        let place = first_difference(&entries, head).map(|(place, _)| place);
        prop_assert_eq!(place, Some(at.min(with) as u64 + 1));
    }

    #[test]
    fn any_duplicated_entry_is_found_behind_the_original(count in 1..12_usize, at: Index) {
        let mut entries = sealed(&log(), count);
        let head = entries[count - 1].head();
        let at = at.index(count);
        entries.insert(at + 1, entries[at].clone());
        let place = first_difference(&entries, head).map(|(place, _)| place);
        prop_assert_eq!(place, Some(at as u64 + 2));
    }

    #[test]
    fn foreign_bytes_never_panic(bytes: Vec<u8>) {
        let hash = Hash::of(&bytes);
        let entry = Sealed { sequence: 1, bytes, hash };
        prop_assert!(Chain::new(log()).accept(&entry).is_err());
    }
}
