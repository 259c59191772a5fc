use crate::{
    receiver::Receiver,
    world::{STUDY, World, manager, note, on_every_store},
};
use contract::{
    Timestamp,
    webhook::v1::{
        ReplayRequest, SendTestRequest, Webhook, delivery::Status, replay_request::From,
    },
};
use std::sync::Arc;
use webhook::{Limits, Worker};

#[test]
fn an_event_says_what_happened_and_no_value() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.note("101-001").await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        world.note("101-001").await;
        world.worker.run_until_idle().await;
        let came = receiver.received();
        assert_eq!(came.len(), 1, "what was before the endpoint is not sent");
        let json = came[0].json();
        let hash = json["data"]["hash"].as_str().unwrap().to_owned();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "subject.event_noted",
                "timestamp": "2026-03-02T02:00:00Z",
                "data": {
                    "study_oid": STUDY,
                    "subject_key": "101-001",
                    "actor": "li.na",
                    "role": "coordinator",
                    "origin": "web",
                    "log": { "kind": "casebook", "key": "101-001" },
                    "sequence": 2,
                    "hash": hash,
                },
            })
        );
        let text = String::from_utf8(came[0].body.to_vec()).unwrap();
        assert!(!text.contains("planted"), "{text}");
        let listed = world.deliveries(&endpoint).await;
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].status(), listed[0].attempts), (Status::Delivered, 1));
        assert_eq!(listed[0].event_id, came[0].id());
    });
}

#[test]
fn only_events_of_the_study_that_were_asked_for_are_sent() {
    on_every_store(async |world| {
        let (all, forms) = (Receiver::start().await, Receiver::start().await);
        world.subscribe(&all, &[]).await;
        world.subscribe(&forms, &["form.saved"]).await;
        note(&world.store, &world.clock, "ST.OTHER", "101-001").await;
        world.note("101-001").await;
        world.worker.run_until_idle().await;
        assert_eq!(all.received().len(), 1);
        assert_eq!(forms.received().len(), 0);
        world.worker.run_until_idle().await;
        assert_eq!(all.received().len(), 1, "what was accepted is not sent again");
    });
}

#[test]
fn a_worker_that_runs_sends_what_happens_meanwhile_and_drains() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let limits = Limits { poll: std::time::Duration::from_millis(5), ..Limits::default() };
        let worker = Arc::new(Worker::new(Arc::clone(&world.hooks), limits));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        world.subscribe(&receiver, &[]).await;
        for _ in 0..3 {
            world.note("101-001").await;
        }
        while receiver.received().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        stop.send(()).unwrap();
        running.await.unwrap();
        world.note("101-001").await;
        world.worker.run_until_idle().await;
        let sequences: Vec<u64> = receiver.received().iter().map(|one| one.entry().1).collect();
        assert_eq!(sequences, [1, 2, 3, 4], "another worker goes on where it stopped, at once");
    });
}

#[test]
fn a_replay_sends_the_same_events_under_the_same_ids() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        for _ in 0..3 {
            world.note("101-001").await;
            world.advance_s(3_600);
        }
        world.worker.run_until_idle().await;
        let first: Vec<String> = receiver.received().iter().map(|it| it.id().to_owned()).collect();
        receiver.forget();
        let replay = |from| {
            let study_oid = STUDY.to_owned();
            let endpoint_id = endpoint.endpoint_id.clone();
            ReplayRequest { study_oid, endpoint_id, from: Some(from), request_id: None }
        };
        let request = replay(From::FromEventId(first[1].clone()));
        world.hooks.replay(&manager(), request).await.unwrap();
        world.worker.run_until_idle().await;
        let again: Vec<String> = receiver.received().iter().map(|it| it.id().to_owned()).collect();
        assert_eq!(again, first[1..]);
        receiver.forget();
        let from = "2026-03-02T04:00:00Z".parse::<Timestamp>().unwrap();
        world.hooks.replay(&manager(), replay(From::FromTime(from))).await.unwrap();
        world.worker.run_until_idle().await;
        let again: Vec<String> = receiver.received().iter().map(|it| it.id().to_owned()).collect();
        assert_eq!(again, first[2..]);
        for unknown in ["msg_01HF7YAT000000000000000000", "x", ""] {
            let request = replay(From::FromEventId(unknown.into()));
            let error = world.hooks.replay(&manager(), request).await.unwrap_err();
            assert_eq!(error.reason(), "EVENT_ID_UNKNOWN");
        }
    });
}

#[test]
fn a_test_is_sent_at_once_and_tells_how_it_went() {
    on_every_store(async |world: World| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &["form.saved"]).await;
        let request = SendTestRequest {
            study_oid: STUDY.into(),
            endpoint_id: endpoint.endpoint_id,
            request_id: None,
        };
        let answer = world.hooks.send_test(&manager(), request.clone()).await.unwrap();
        assert_eq!((answer.delivered, answer.http_status), (true, Some(204)));
        assert_eq!(receiver.received()[0].event_type(), "webhook.test");
        receiver.answer(500);
        let answer = world.hooks.send_test(&manager(), request).await.unwrap();
        assert_eq!((answer.delivered, answer.http_status), (false, Some(500)));
    });
}
