//! Somebody puts another data folder in the place of the real one, and signs it with a key of his own.

use std::{fs, path::Path};

use crate::{
    client::Client,
    program::{Place, said},
    study::{self, subject},
    writer::{record_path, save},
};

/// A folder in which one form was saved with a value, and its checkpoint; the public key.
async fn signed_folder(folder: &Path, value: u64) -> (Place, String, String) {
    let place = Place::folder(folder.join(format!("data {value}")));
    study::fill(&place, 1).await;
    let server = place.serve();
    let mut client = Client::open(server.address).await.unwrap();
    let path = record_path(&subject(0), 0);
    client.put(&path, &save("first", 0, value)).await.unwrap().expect_success();
    server.kill();
    let checkpoint = folder.join(format!("{value}.checkpoint")).display().to_string();
    let told = place.succeed(&["checkpoint", "--out", &checkpoint]);
    let key = told.lines().find_map(|line| line.strip_prefix("public key ")).unwrap();
    (place, checkpoint, key.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_was_made_anew_with_another_key_is_found_by_a_key_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let (honest, checkpoint, key) = signed_folder(folder.path(), 1).await;
    let (forged, forged_checkpoint, _) = signed_folder(folder.path(), 2).await;
    let key_file = folder.path().join("key.txt").display().to_string();
    fs::write(&key_file, format!("{key}\n")).unwrap();
    for outside in [key.as_str(), key_file.as_str()] {
        honest.succeed(&["verify", "--key", outside]);
        let told = honest.succeed(&["verify", "--checkpoint", &checkpoint, "--key", outside]);
        assert!(told.contains("signed with the given key"), "{told}");
    }

    // By its own lights the forged folder is whole, and it is said on what that rests.
    let told = forged.succeed(&["verify", "--checkpoint", &forged_checkpoint]);
    assert!(told.contains("--key"), "{told}");
    let fails = |words: &[&str], why: &str| {
        let output = forged.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(why), "{words:?}: {}", said(&output));
    };
    let other = "signed with another key than the trusted one";
    fails(&["verify", "--checkpoint", &forged_checkpoint, "--key", &key], other);
    fails(&["verify", "--key", &key_file], other);
    fails(
        &["verify", "--checkpoint", &checkpoint, "--key", &key],
        "is not the entry of the checkpoint",
    );
    fails(&["verify", "--key", "not a key"], "neither a file nor a public key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifying_makes_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    place.verify();
    assert!(!place.data.join("checkpoint.key").exists());
}
