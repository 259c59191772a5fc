use edc::proof::{CheckpointFile, Inclusion, VerifyOptions, checkpoint, prove, read_checkpoint};
use journal::{Draft, LogName, SigningKey};

use crate::world::{STUDY, World, entry, log, said};

const TAKEN_AT_MS: i64 = 1_780_000_000_000;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn trusted() -> [u8; 32] {
    key().verifying_key().to_bytes()
}

async fn take(world: &World) -> CheckpointFile {
    let taken = checkpoint(&world.store, &key(), TAKEN_AT_MS, None).await.unwrap();
    let read = read_checkpoint(&taken.to_text()).unwrap();
    assert_eq!(read, taken);
    read
}

/// Cuts the newest entry off and leaves no trace in the store.
async fn truncate(world: &World, subject: &str) -> u64 {
    let (last, log) = (world.last(subject).await, log(subject));
    let cut = format!(
        "DELETE FROM entry WHERE log = {log} AND sequence = {last};
         UPDATE log SET sequence = {last} - 1,
           hash = (SELECT hash FROM entry WHERE log = log.id AND sequence = {last} - 1)
         WHERE key = '{subject}'"
    );
    assert_eq!(world.tamper(&cut), 2);
    last
}

#[tokio::test]
async fn a_checkpoint_fits_the_store_it_was_taken_of_and_what_grew_from_it() {
    let world = World::new().await;
    let file = take(&world).await;
    world.note("01-0001", "afterwards").await;
    world.screen("01-0009").await;
    let options = VerifyOptions {
        checkpoint: Some(file.clone()),
        trusted_key: Some(trusted()),
        views: true,
        ..VerifyOptions::default()
    };
    let report = world.verify(options).await;
    assert_eq!(said(&report), Vec::<String>::new());
    assert_eq!((report.checkpoint_logs, report.signature_trusted), (5, true));
    let untrusted = VerifyOptions { checkpoint: Some(file), ..VerifyOptions::default() };
    let report = world.verify(untrusted).await;
    assert!(report.is_clean() && !report.signature_trusted);
}

#[tokio::test]
async fn entries_cut_off_the_end_are_found_by_the_checkpoint_alone() {
    let world = World::new().await;
    let file = take(&world).await;
    let last = truncate(&world, "01-0002").await;
    assert_eq!(world.faults_of_chains().await, Vec::<String>::new());
    let wanted = format!(
        "log S1/casebook/01-0002, entry {last}: is missing, although the checkpoint of 2026-05-28T20:26:40Z has it; the log now ends at entry {}",
        last - 1
    );
    assert_eq!(world.faults_since(&file, trusted()).await, [wanted]);
}

#[tokio::test]
async fn a_log_that_was_taken_away_is_found_by_the_checkpoint_alone() {
    let world = World::new().await;
    let file = take(&world).await;
    assert_eq!(world.tamper("DELETE FROM log WHERE key = '01-0001'"), 1);
    assert_eq!(world.faults_of_chains().await, Vec::<String>::new());
    let faults = world.faults_since(&file, trusted()).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("log S1/casebook/01-0001, entry "), "{faults:?}");
    assert!(faults[0].contains("is missing with its whole log"));
}

/// Writes the last entry of a log anew with another reason, hash and head, so that the chain holds.
#[tokio::test]
async fn an_entry_written_anew_is_found_by_the_checkpoint_alone() {
    let world = World::new().await;
    let file = take(&world).await;
    let last = world.last("01-0002").await;
    world.forge("01-0002", last, |bytes| {
        let at = bytes.windows(6).position(|six| six == b"loaded").unwrap();
        bytes[at..at + 6].copy_from_slice(b"typing");
    });
    let place = entry("01-0002", last);
    let head = format!(
        "UPDATE log SET hash = (SELECT hash FROM entry WHERE {place}) WHERE key = '01-0002'"
    );
    assert_eq!(world.tamper(&head), 1);
    assert_eq!(world.faults_of_chains().await, Vec::<String>::new());
    assert_eq!(
        world.faults_since(&file, trusted()).await,
        [format!(
            "log S1/casebook/01-0002, entry {last}: is not the entry of the checkpoint of 2026-05-28T20:26:40Z"
        )]
    );
}

#[tokio::test]
async fn a_checkpoint_signed_by_somebody_else_is_found() {
    let world = World::new().await;
    let file = take(&world).await;
    let other = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
    assert_eq!(
        world.faults_since(&file, other).await,
        ["checkpoint: checkpoint was signed with another key than the trusted one"]
    );
}

#[tokio::test]
async fn a_checkpoint_whose_logs_were_changed_is_found() {
    let world = World::new().await;
    let mut file = take(&world).await;
    let last = truncate(&world, "01-0002").await;
    // Whoever cut the log off also changes the file to what is left.
    let log = LogName::new(STUDY, "casebook", "01-0002");
    let head = world.store.head(&log).await.unwrap().unwrap();
    assert_eq!(head.sequence, last - 1);
    for leaf in file.leaves.iter_mut().filter(|leaf| leaf.log == log) {
        leaf.head = head;
    }
    let faults = world.faults_since(&file, trusted()).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("checkpoint: checkpoint has root "), "{faults:?}");
}

#[tokio::test]
async fn a_text_that_is_no_checkpoint_is_refused_with_its_line() {
    let world = World::new().await;
    let text = take(&world).await.to_text();
    assert_eq!(read_checkpoint("").unwrap_err().to_string(), "the file of the checkpoint is empty");
    assert_eq!(
        read_checkpoint("hello").unwrap_err().to_string(),
        "the first line is not a checkpoint"
    );
    let broken = text.replacen("[\"S1\",\"casebook\"", "[\"S1\",", 1);
    assert_eq!(
        read_checkpoint(&broken).unwrap_err().to_string(),
        "line 3 of the checkpoint does not name a log and where it ended"
    );
}

#[tokio::test]
async fn a_checkpoint_names_the_one_before() {
    let world = World::new().await;
    let first = take(&world).await;
    let second =
        checkpoint(&world.store, &key(), TAKEN_AT_MS + 1, Some(&first.checkpoint)).await.unwrap();
    assert!(second.checkpoint.follows(&first.checkpoint));
}

#[tokio::test]
async fn a_log_is_shown_to_be_in_a_checkpoint_without_the_others() {
    let world = World::new().await;
    let file = take(&world).await;
    for leaf in &file.leaves {
        let text = prove(&file, &leaf.log).unwrap().to_text();
        let shown = Inclusion::read(&text).unwrap();
        assert_eq!(shown.check(&trusted()).unwrap(), leaf);
    }
    assert_eq!(prove(&file, &LogName::new(STUDY, "casebook", "nobody")), None);
}

#[tokio::test]
async fn a_proof_for_another_end_of_a_log_is_refused() {
    let world = World::new().await;
    let file = take(&world).await;
    let log = LogName::new(STUDY, "casebook", "01-0001");
    let mut shown = prove(&file, &log).unwrap();
    let draft = Draft { kind: "FormSaved".to_owned(), ..Draft::default() };
    shown.leaf.head = shown.leaf.head.seal(&log, &draft).head();
    assert_eq!(
        shown.check(&trusted()).unwrap_err().to_string(),
        "the proof does not lead from the log to the checkpoint"
    );
}
