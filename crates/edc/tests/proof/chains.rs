use std::sync::{Arc, atomic::Ordering};

use edc::proof::{VerifyOptions, VerifyReport, verify};
use kernel::{StudyOid, StudyVersion};

use crate::world::{World, caller, counting, entry, log, said, version};

#[tokio::test]
async fn a_store_that_nobody_touched_has_no_fault() {
    let world = World::new().await;
    let (progress, most) = counting();
    let options = VerifyOptions { views: true, ..VerifyOptions::default() };
    let report = verify(&world.store, options, progress).await.unwrap();
    assert_eq!(said(&report), Vec::<String>::new());
    assert!(report.is_clean());
    // The study, its site, three subjects.
    assert_eq!(report.logs, 5);
    let position = world.store.last_position().await.unwrap();
    assert_eq!(report.entries, position.0);
    assert_eq!(most.load(Ordering::Relaxed), report.entries);
    assert!(report.bytes > report.entries * 100);
    // Five records, three subjects, two queries.
    assert_eq!(report.view_rows, 11);
    let (progress, most) = counting();
    let chains = verify(&world.store, VerifyOptions::default(), progress).await.unwrap();
    assert_eq!((chains.logs, chains.entries, chains.bytes), (5, report.entries, report.bytes));
    assert!(chains.is_clean());
    assert_eq!(most.load(Ordering::Relaxed), report.entries);
}

#[tokio::test]
async fn a_changed_byte_of_an_entry_is_found() {
    let world = World::new().await;
    let place = entry("01-0002", 2);
    let changed = format!(
        "UPDATE entry SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB)
         WHERE {place}"
    );
    assert_eq!(world.tamper(&changed), 1);
    let wanted = ["log S1/casebook/01-0002, entry 2: its bytes do not have the recorded hash"];
    assert_eq!(world.faults().await, wanted);
    assert_eq!(world.faults_of_chains().await, wanted);
}

#[tokio::test]
async fn a_changed_entry_whose_hash_was_made_to_fit_breaks_the_chain_behind_it() {
    let world = World::new().await;
    world.note("01-0001", "the last one").await;
    let last = world.last("01-0001").await;
    world.forge("01-0001", last - 1, replace_reason);
    let wanted =
        format!("log S1/casebook/01-0001, entry {last}: it does not follow the entry before it");
    assert_eq!(world.faults_of_chains().await, [wanted]);
}

#[tokio::test]
async fn a_changed_last_entry_whose_hash_was_made_to_fit_is_not_the_recorded_end() {
    let world = World::new().await;
    let last = world.last("01-0001").await;
    world.forge("01-0001", last, replace_reason);
    let wanted = format!(
        "log S1/casebook/01-0001, entry {last}: it is not the entry that was recorded as the end of the log"
    );
    assert_eq!(world.faults_of_chains().await, [wanted]);
}

fn replace_reason(bytes: &mut [u8]) {
    let at = bytes.windows(6).position(|six| six == b"loaded").unwrap();
    bytes[at..at + 6].copy_from_slice(b"typing");
}

#[tokio::test]
async fn a_changed_hash_is_found() {
    let world = World::new().await;
    let place = entry("01-0001", 1);
    let changed =
        format!("UPDATE entry SET hash = CAST(x'00' || substr(hash, 2) AS BLOB) WHERE {place}");
    assert_eq!(world.tamper(&changed), 1);
    let wanted = ["log S1/casebook/01-0001, entry 1: its bytes do not have the recorded hash"];
    assert_eq!(world.faults().await, wanted);
}

#[tokio::test]
async fn a_hash_that_is_none_is_a_fault_and_not_the_end_of_the_verification() {
    let world = World::new().await;
    assert_eq!(
        world.tamper(&format!("UPDATE entry SET hash = x'00' WHERE {}", entry("01-0001", 1))),
        1
    );
    let faults = world.faults().await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("log S1/casebook/01-0001, entry 1: it or one soon after"));
}

#[tokio::test]
async fn an_entry_deleted_in_the_middle_is_found() {
    let world = World::new().await;
    assert_eq!(world.tamper(&format!("DELETE FROM entry WHERE {}", entry("01-0003", 2))), 1);
    assert_eq!(
        world.faults().await,
        [
            "log S1/casebook/01-0003, entry 2: is missing or out of order, entry 3 stands in its place"
        ]
    );
}

#[tokio::test]
async fn an_entry_deleted_at_the_end_is_found() {
    let world = World::new().await;
    let last = world.last("01-0003").await;
    assert_eq!(world.tamper(&format!("DELETE FROM entry WHERE {}", entry("01-0003", last))), 1);
    let wanted = format!(
        "log S1/casebook/01-0003, entry {last}: is missing at the end of the log, which was recorded up to entry {last}"
    );
    assert_eq!(world.faults().await, [wanted]);
}

#[tokio::test]
async fn two_entries_that_changed_places_are_found() {
    let world = World::new().await;
    let log = log("01-0003");
    let swapped = format!(
        "UPDATE entry SET sequence = 1000 WHERE log = {log} AND sequence = 2;
         UPDATE entry SET sequence = 2 WHERE log = {log} AND sequence = 3;
         UPDATE entry SET sequence = 3 WHERE log = {log} AND sequence = 1000"
    );
    assert_eq!(world.tamper(&swapped), 3);
    assert_eq!(
        world.faults().await,
        ["log S1/casebook/01-0003, entry 2: it was written as entry 3"]
    );
}

#[tokio::test]
async fn an_old_entry_put_at_the_end_again_is_found() {
    let world = World::new().await;
    let (last, log) = (world.last("01-0001").await, log("01-0001"));
    let again = format!(
        "INSERT INTO entry (study, log, sequence, position, bytes, hash)
         SELECT study, log, {last} + 1, 100000, bytes, hash FROM entry
         WHERE log = {log} AND sequence = 1"
    );
    assert_eq!(world.tamper(&again), 1);
    let wanted =
        [format!("log S1/casebook/01-0001, entry {}: it was written as entry 1", last + 1)];
    assert_eq!(world.faults().await, wanted);
    let recorded = format!(
        "UPDATE log SET sequence = {last} + 1,
           hash = (SELECT hash FROM entry WHERE log = log.id AND sequence = 1)
         WHERE key = '01-0001'"
    );
    assert_eq!(world.tamper(&recorded), 1);
    assert_eq!(world.faults_of_chains().await, wanted);
}

#[tokio::test]
async fn an_entry_behind_the_recorded_end_is_found() {
    let world = World::new().await;
    let last = world.last("01-0001").await;
    let shorter = format!(
        "UPDATE log SET sequence = {last} - 1,
           hash = (SELECT hash FROM entry WHERE log = log.id AND sequence = {last} - 1)
         WHERE key = '01-0001'"
    );
    assert_eq!(world.tamper(&shorter), 1);
    let wanted = format!(
        "log S1/casebook/01-0001, entry {last}: is beyond the recorded end of the log, entry {}",
        last - 1
    );
    assert_eq!(world.faults_of_chains().await, [wanted]);
}

#[tokio::test]
async fn an_entry_moved_to_another_log_is_found_in_both() {
    let world = World::new().await;
    let (last, from, to) = (world.last("01-0001").await, log("01-0001"), log("01-0002"));
    let end = world.last("01-0002").await + 1;
    let moved = format!(
        "UPDATE entry SET log = {to}, sequence = {end} WHERE log = {from} AND sequence = {last}"
    );
    assert_eq!(world.tamper(&moved), 1);
    let faults = world.faults_of_chains().await;
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with(&format!("log S1/casebook/01-0001, entry {last}: is missing")));
    assert_eq!(
        faults[1],
        format!("log S1/casebook/01-0002, entry {end}: it was written to log S1/casebook/01-0001")
    );
}

#[tokio::test]
async fn logs_of_the_institution_are_verified_too() {
    let world = World::new().await;
    let changed = "UPDATE entry SET bytes = CAST(substr(bytes, 1, 20) AS BLOB)
                   WHERE study = '' AND sequence = 1";
    assert_eq!(world.tamper(changed), 1);
    let wanted = "log /study/S1, entry 1: its bytes do not have the recorded hash";
    assert_eq!(world.faults_of_chains().await, [wanted]);
    let faults = world.faults().await;
    assert!(faults.contains(&wanted.to_owned()), "{faults:?}");
    let no_views = "log /study/S1: is broken, so the views of its casebooks were not compared";
    assert!(faults.contains(&no_views.to_owned()), "{faults:?}");
    assert_eq!(faults.len(), 2);
}

#[tokio::test]
async fn one_study_is_verified_by_itself() {
    let world = World::new().await;
    let only = |study: &str| VerifyOptions {
        study: Some(StudyOid::new(study)),
        views: true,
        ..VerifyOptions::default()
    };
    let all = world.verify(only("S1")).await;
    assert_eq!((all.logs, all.view_rows, all.is_clean()), (5, 11, true));
    assert_eq!(world.verify(only("S2")).await, VerifyReport::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_store_that_is_written_meanwhile_has_no_fault() {
    let world = Arc::new(World::new().await);
    let writer = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            for at in 0..150 {
                if at % 50 == 25 {
                    let visit_dates = if at == 75 { version().visit_dates } else { Vec::new() };
                    let version_name = at.to_string();
                    let next = StudyVersion { visit_dates, version_name, ..version() };
                    world.edc.publish(&caller(), next, None).await.unwrap();
                }
                let subject = format!("02-{at:04}");
                world.screen(&subject).await;
                world.note(&subject, "arrived").await;
                world.note("01-0002", &format!("call {at}")).await;
            }
        }
    });
    let mut runs = 0;
    while !writer.is_finished() || runs == 0 {
        assert_eq!(world.faults().await, Vec::<String>::new());
        runs += 1;
    }
    writer.await.unwrap();
    assert_eq!(world.faults().await, Vec::<String>::new());
}
