//! The server is killed while it exports and imports as jobs: the next one goes on.

use std::{fs, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    client::Client,
    killed_import::{SUBJECTS, write_tables},
    program::Place,
    study::{self, EVENTS, MANAGER, STUDY, subject},
    writer::record_path,
};

const POLL: Duration = Duration::from_millis(20);
/// A lease and what follows it, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_and_an_import_outlive_the_server_that_began_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, SUBJECTS).await;
    write_tables(folder.path());
    let server = place.serve();
    let mut client = Client::open_as(server.address, MANAGER).await.unwrap();
    let import = checked_import(&mut client, folder.path()).await;
    post(&mut client, &format!("{import}:apply"), json!({})).await;
    // The first rows are there, and most are not.
    until(&mut client, &record_path(&subject(0), 0), |record| record["version"] != 0).await;
    let started = post(&mut client, &path("exports"), json!({"format": "json"})).await;
    let export = path(&format!("exports/{}", started["exportId"].as_str().unwrap()));
    server.kill();

    let server = place.serve();
    let mut client = Client::open_as(server.address, MANAGER).await.unwrap();
    let imported = until(&mut client, &import, |job| is(job, "DONE")).await;
    let report = &imported["report"];
    assert_eq!((&report["applied"], &report["resumed"]), (&json!(true), &json!(true)), "{report}");
    let rows = ["accepted", "changed", "unchanged"].map(|one| number(&report[one]));
    assert_eq!(usize::try_from(rows.iter().sum::<u64>()).unwrap(), SUBJECTS * EVENTS, "{report}");
    assert!(rows[2] > 0, "what was written before the kill is not written again: {report}");
    let exported = until(&mut client, &export, |job| is(job, "DONE")).await;
    let file = &exported["files"][0];
    let name = file["fileName"].as_str().unwrap();
    let document = client.get(&format!("{export}/files/{name}")).await.unwrap();
    let size = document.size.clone().unwrap();
    let document = document.expect_success();
    assert_eq!(document["subjects"].as_array().unwrap().len(), SUBJECTS);
    assert_eq!(size, file["sizeBytes"].as_str().unwrap(), "the length is told before the file");
    server.kill();
    place.verify();
}

/// An import that was sent and checked; its address.
async fn checked_import(client: &mut Client, folder: &std::path::Path) -> String {
    let begun = post(client, &path("imports"), json!({"dataFile": "visits.csv"})).await;
    let import = path(&format!("imports/{}", begun["importId"].as_str().unwrap()));
    for name in ["visits.csv", "visits.toml"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let piece = json!({
            "fileName": name, "sizeBytes": bytes.len().to_string(), "offsetBytes": "0",
            "content": BASE64_STANDARD.encode(&bytes),
        });
        post(client, &format!("{import}:upload"), piece).await;
    }
    post(client, &format!("{import}:check"), json!({"mappingFile": "visits.toml"})).await;
    let checked = until(client, &import, |job| is(job, "CHECKED")).await;
    assert_eq!(checked["report"]["rejected"], "0", "{checked}");
    import
}

fn path(rest: &str) -> String {
    format!("/v1/studies/{STUDY}/{rest}")
}

fn is(job: &Value, state: &str) -> bool {
    job["state"] == state
}

fn number(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

async fn post(client: &mut Client, path: &str, body: Value) -> Value {
    client.post(path, &body).await.unwrap().expect_success()
}

/// What an address answers once it is as wanted. A job that failed never will be.
async fn until(client: &mut Client, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let seen = client.get(path).await.unwrap().expect_success();
        if wanted(&seen) {
            return seen;
        }
        assert!(!is(&seen, "FAILED") && begun.elapsed() < PATIENCE, "{seen}");
        sleep(POLL).await;
    }
}
