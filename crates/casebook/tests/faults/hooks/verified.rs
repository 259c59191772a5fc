//! What is sent can be verified by programs that are not ours, and not be sent again by others.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    manager, path,
    python::{of_the_manual, verdicts},
    serve_to_this_machine, subscribe,
};
use crate::{
    client::Client,
    program::{Place, Server},
    receiver::{Received, Receiver},
    study::{self, STUDY, subject},
    writer::{record_path, save},
};

/// A program with one subject, and a receiver that is subscribed there.
struct Scene {
    receiver: Receiver,
    manager: Client,
    coordinator: Client,
    endpoint: Value,
    _server: Server,
    _folder: TempDir,
}

async fn scene(event_types: &[&str]) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    let server = serve_to_this_machine(&place);
    let receiver = Receiver::start(Duration::ZERO).await;
    let mut manager = manager(&server).await;
    let url = format!("http://{}/hook", receiver.address);
    let endpoint = subscribe(&mut manager, &url, event_types).await;
    let coordinator = Client::open(server.address).await.unwrap();
    Scene { receiver, manager, coordinator, endpoint, _server: server, _folder: folder }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_form_is_told_and_receivers_that_are_not_ours_verify_it() {
    let Scene { receiver, manager, coordinator, endpoint, .. } = &mut scene(&["form.saved"]).await;
    let saved = coordinator.put(&record_path(&subject(0), 3), &save("s-1", 0, 1)).await.unwrap();
    saved.expect_success();

    let event = receiver.wait_until(|received| !received.is_empty()).await.remove(0);
    let json = event.json();
    assert_eq!((&json["type"], &json["data"]["study_oid"]), (&"form.saved".into(), &STUDY.into()));
    assert_eq!(json["data"]["subject_key"], subject(0).as_str());
    assert_eq!(json["data"]["actor"], study::USER);
    let told = event.body.as_str();
    assert!(!told.contains("counted again") && !told.contains("I.N"), "no reason, no item: {told}");

    let id = endpoint["endpointId"].as_str().unwrap();
    let secret = path(&format!("/{id}:showSecret"));
    let secret = manager.post(&secret, &json!({})).await.unwrap().expect_success();
    let secret = secret["secrets"][0]["secret"].as_str().unwrap();
    let keys = &endpoint["publicKeys"][0]["key"];
    let with = |event: &Received, later_s: Option<i64>, how: Value| {
        let mut case = event.to_json();
        case["later_s"] = later_s.into();
        case.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        case
    };
    for how in [
        json!({ "secret": secret, "manual": of_the_manual("def event_of") }),
        json!({ "keys": [keys], "manual": of_the_manual("def verify") }),
    ] {
        let mut forged = event.clone();
        forged.body = forged.body.replace(study::USER, "somebody.else");
        let told = verdicts(&json!([
            with(&event, None, how.clone()),
            with(&forged, Some(0), how.clone()),
            with(&event, Some(301), how.clone()),
            with(&event, Some(-301), how),
        ]));
        assert_eq!(told[0], "accepted");
        assert!(told[1].contains("ignature"), "forged: {told:?}");
        assert!(told[2].contains("time"), "an old delivery that somebody sends again: {told:?}");
        assert!(told[3].contains("time"), "a delivery that is kept for later: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_was_asked_for_comes_under_the_same_id_with_a_time_of_its_own() {
    let Scene { receiver, manager, coordinator, endpoint, .. } = &mut scene(&[]).await;
    for number in 1..=2 {
        let body = save(&format!("s-{number}"), number - 1, number);
        coordinator.put(&record_path(&subject(0), 3), &body).await.unwrap().expect_success();
    }
    let first = receiver.wait_until(|received| received.len() >= 2).await;
    let id = endpoint["endpointId"].as_str().unwrap();
    let from = json!({ "fromEventId": first[0].id() });
    manager.post(&path(&format!("/{id}:replay")), &from).await.unwrap().expect_success();
    let all = receiver.wait_until(|received| received.len() >= 2 * first.len()).await;
    let ids = |some: &[Received]| some.iter().map(|one| one.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all[first.len()..]), ids(&first));
    let entries = |some: &[Received]| some.iter().map(Received::entry).collect::<Vec<_>>();
    assert_eq!(entries(&all[first.len()..]), entries(&first));
}
