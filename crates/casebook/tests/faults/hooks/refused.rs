//! The program sends nothing to where it may not.

use std::time::Duration;

use serde_json::json;

use super::{manager, path, serve_to_this_machine, subscribe};
use crate::{
    client::Client,
    program::Place,
    receiver::Receiver,
    study::{self, subject},
    writer::{record_path, save},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_to_private_addresses_unless_the_settings_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    let receiver = Receiver::start(Duration::ZERO).await;
    let url = format!("http://{}/hook", receiver.address);

    let allowing = serve_to_this_machine(&place);
    let mut client = manager(&allowing).await;
    let made = subscribe(&mut client, &url, &[]).await;
    let test = path(&format!("/{}:test", made["endpointId"].as_str().unwrap()));
    let sent = client.post(&test, &json!({})).await.unwrap().expect_success();
    assert_eq!((&sent["delivered"], receiver.received().len()), (&true.into(), 1));
    drop(allowing);

    let server = place.serve();
    let mut client = manager(&server).await;
    let port = receiver.address.port();
    for url in [
        url.clone(),
        format!("https://127.0.0.1:{port}/hook"),
        format!("https://[::ffff:127.0.0.1]:{port}/hook"),
        format!("https://2130706433:{port}/hook"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.1.2.3/".to_owned(),
    ] {
        let refused = client.post(&path(""), &json!({ "url": url })).await.unwrap();
        assert_eq!((refused.status, refused.problem()), (400, "INVALID_ARGUMENT"), "{url}");
    }
    let named = format!("https://localhost:{port}/hook");
    let named = subscribe(&mut client, &named, &["form.saved"]).await;
    for endpoint in [&made, &named] {
        let test = path(&format!("/{}:test", endpoint["endpointId"].as_str().unwrap()));
        let sent = client.post(&test, &json!({})).await.unwrap().expect_success();
        assert_eq!(sent["failure"], "ADDRESS_REFUSED", "{sent}");
    }
    let mut coordinator = Client::open(server.address).await.unwrap();
    let saved = coordinator.put(&record_path(&subject(0), 3), &save("s-1", 0, 1)).await.unwrap();
    saved.expect_success();
    let deliveries = path(&format!("/{}/deliveries", named["endpointId"].as_str().unwrap()));
    let waiting = loop {
        let listed = client.get(&deliveries).await.unwrap().expect_success();
        if let Some(first) = listed["deliveries"].get(0) {
            break first.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(waiting["failure"], "ADDRESS_REFUSED", "{waiting}");
    assert_eq!(receiver.received().len(), 1, "only what was sent while it was allowed");
}
