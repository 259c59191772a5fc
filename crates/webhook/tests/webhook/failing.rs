use crate::{
    receiver::{Answer, Receiver},
    world::{STUDY, World, client, hooks, local, manager, on_every_store},
};
use contract::webhook::v1::{
    CreateEndpointRequest, EnableEndpointRequest, Webhook,
    delivery::{Failure, Status as DeliveryStatus},
    endpoint::{DisabledBecause, Status},
};
use futures::FutureExt as _;
use std::{
    collections::VecDeque,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;
use webhook::{Allowed, Limits, Resolve, Worker};

const DAY_S: i64 = 24 * 3_600;

async fn enable(world: &World, endpoint_id: &str) {
    let request = EnableEndpointRequest {
        study_oid: STUDY.into(),
        endpoint_id: endpoint_id.into(),
        request_id: None,
    };
    world.hooks.enable_endpoint(&manager(), request).await.unwrap();
}

fn entries(receiver: &Receiver) -> Vec<(String, u64)> {
    receiver.accepted().iter().map(crate::receiver::Received::entry).collect()
}

#[test]
fn a_failing_delivery_holds_back_its_own_casebook_and_no_other() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        receiver.behave(|json, _| {
            let is_first = json["data"]["log"]["key"] == "A" && json["data"]["sequence"] == 1;
            Answer::status(if is_first { 500 } else { 200 })
        });
        for subject in ["A", "B", "A", "B"] {
            world.note(subject).await;
        }
        world.worker.run_until_idle().await;
        world.note("A").await;
        world.note("B").await;
        world.worker.run_until_idle().await;
        let of_b: Vec<(String, u64)> = (1..=3).map(|sequence| ("B".to_owned(), sequence)).collect();
        assert_eq!(entries(&receiver), of_b);
        let listed = world.deliveries(&endpoint).await;
        assert_eq!((listed[0].status(), listed[0].attempts), (DeliveryStatus::Waiting, 1));
        assert_eq!((listed[0].http_status, listed[0].sequence), (Some(500), Some(1)));
        assert_eq!(world.endpoint().await.held_back, 1);

        receiver.answer(200);
        world.worker.run_until_idle().await;
        assert_eq!(entries(&receiver).len(), 3, "nothing is tried before it is due");
        world.advance_s(6);
        world.worker.run_until_idle().await;
        let of_a: Vec<(String, u64)> = (1..=3).map(|sequence| ("A".to_owned(), sequence)).collect();
        assert_eq!(entries(&receiver)[3..], of_a);
        assert_eq!(world.endpoint().await.held_back, 0);
    });
}

#[test]
fn every_attempt_has_the_id_of_the_event_and_a_time_of_its_own() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.answer(503);
        world.note("A").await;
        for wait_s in [0, 6, 331] {
            world.advance_s(wait_s);
            world.worker.run_until_idle().await;
        }
        let came = receiver.received();
        assert_eq!(came.len(), 3);
        assert!(came.iter().all(|one| one.id() == came[0].id()));
        let times: Vec<&str> = came.iter().map(|one| one.header("webhook-timestamp")).collect();
        assert_eq!(times, ["1772416800", "1772416806", "1772417137"]);
    });
}

#[test]
fn a_receiver_that_asks_to_wait_is_left_alone_so_long() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.behave(|_, _| Answer {
            headers: vec![("retry-after", "3600".into())],
            ..Answer::status(429)
        });
        world.note("A").await;
        world.worker.run_until_idle().await;
        world.advance_s(3_599);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 1);
        world.advance_s(362);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 2);
    });
}

#[test]
fn a_receiver_that_is_gone_gets_nothing_until_it_is_enabled_again() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        receiver.answer(410);
        world.note("A").await;
        world.worker.run_until_idle().await;
        let shown = world.endpoint().await;
        assert_eq!(
            (shown.status(), shown.disabled_because()),
            (Status::Disabled, DisabledBecause::Gone)
        );
        receiver.answer(200);
        world.note("A").await;
        world.advance_s(DAY_S);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 1);
        enable(&world, &endpoint.endpoint_id).await;
        world.worker.run_until_idle().await;
        assert_eq!(entries(&receiver), [("A".to_owned(), 1), ("A".to_owned(), 2)]);
    });
}

#[test]
fn five_days_of_failure_disable_an_endpoint_and_nothing_is_lost() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        receiver.answer(500);
        world.note("A").await;
        world.worker.run_until_idle().await;
        let failing_since = world.endpoint().await.failing_since;
        assert!(failing_since.is_some());
        for _ in 0..20 {
            assert_eq!(world.endpoint().await.status(), Status::Enabled);
            world.advance_s(6 * 3_600);
            world.worker.run_until_idle().await;
        }
        for _ in 0..8 {
            world.advance_s(6 * 3_600);
            world.worker.run_until_idle().await;
        }
        let shown = world.endpoint().await;
        assert_eq!(shown.disabled_because(), DisabledBecause::FailedTooLong);
        assert_eq!(shown.failing_since, failing_since);
        let attempts = receiver.received().len();
        assert!((10..=13).contains(&attempts), "{attempts}");
        receiver.answer(200);
        world.note("A").await;
        enable(&world, &endpoint.endpoint_id).await;
        world.worker.run_until_idle().await;
        assert_eq!(entries(&receiver), [("A".to_owned(), 1), ("A".to_owned(), 2)]);
        assert_eq!(world.endpoint().await.failing_since, None);
    });
}

#[test]
fn a_slow_receiver_does_not_delay_another() {
    on_every_store(async |world| {
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        let endpoint = world.subscribe(&slow, &[]).await;
        world.subscribe(&quick, &[]).await;
        slow.behave(|_, _| Answer { delay: Duration::from_hours(1), ..Answer::status(200) });
        world.note("A").await;
        world.worker.run_until_idle().await;
        assert_eq!(quick.received().len(), 1);
        assert_eq!(world.deliveries(&endpoint).await[0].failure(), Failure::TimedOut);
    });
}

pub async fn failure_at(world: &World, url: String) -> Failure {
    let made = world.subscribe_url(url).await;
    world.note("A").await;
    world.worker.run_until_idle().await;
    world.deliveries(&made).await[0].failure()
}

#[test]
fn nobody_at_the_address_is_a_failure() {
    on_every_store(async |world| {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert_eq!(failure_at(&world, format!("http://{free}/")).await, Failure::NotConnected);
        let url = "http://nobody.example/".to_owned();
        assert_eq!(failure_at(&world, url).await, Failure::NameUnknown);
        let plain = Receiver::start().await;
        let url = format!("https://{}/", plain.address);
        assert_eq!(failure_at(&world, url).await, Failure::TlsFailed);
    });
}

/// Answers these addresses, one question after the other.
fn names(answers: &[&[&str]]) -> Resolve {
    let parse = |texts: &&[&str]| -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let answers: VecDeque<Vec<IpAddr>> = answers.iter().map(parse).collect();
    let answers = Mutex::new(answers);
    Arc::new(move |_| {
        let next = answers.lock().unwrap().pop_front();
        async move { next.ok_or_else(|| io::Error::other("no more answers")) }.boxed()
    })
}

#[test]
fn a_name_that_means_a_private_address_is_never_connected_to() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let allowed = Allowed { http: true, networks: Vec::new() };
        let resolve = names(&[
            &["127.0.0.1"],
            &["::ffff:127.0.0.1", "10.0.0.1"],
            &["169.254.169.254", "fd00:ec2::254", "::1"],
        ]);
        let hooks = hooks(&world.store, &world.clock, client(allowed, resolve));
        let worker = Worker::new(Arc::clone(&hooks), Limits::default());
        let url = format!("http://rebinding.example:{}/hook", receiver.address.port());
        let request = CreateEndpointRequest {
            study_oid: STUDY.into(),
            url,
            ..CreateEndpointRequest::default()
        };
        let made = hooks.create_endpoint(&manager(), request).await.unwrap().endpoint.unwrap();
        world.note("A").await;
        for wait_s in [0, 6, 331] {
            world.advance_s(wait_s);
            worker.run_until_idle().await;
            let failure = world.deliveries(&made).await[0].failure();
            assert_eq!(failure, Failure::AddressRefused);
        }
        assert!(receiver.received().is_empty());
    });
}

#[test]
fn a_name_is_asked_for_again_at_every_attempt_and_only_what_was_answered_is_connected_to() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let resolve = names(&[&["10.0.0.1"], &["10.0.0.1", "127.0.0.1"]]);
        let hooks = hooks(&world.store, &world.clock, client(local(), resolve));
        let worker = Worker::new(Arc::clone(&hooks), Limits::default());
        let port = receiver.address.port();
        let request = CreateEndpointRequest {
            study_oid: STUDY.into(),
            url: format!("http://moving.example:{port}/hook"),
            ..CreateEndpointRequest::default()
        };
        hooks.create_endpoint(&manager(), request).await.unwrap();
        world.note("A").await;
        worker.run_until_idle().await;
        assert!(receiver.received().is_empty());
        world.advance_s(6);
        worker.run_until_idle().await;
        let host = receiver.received()[0].header("host").to_owned();
        assert_eq!(host, format!("moving.example:{port}"));
    });
}
