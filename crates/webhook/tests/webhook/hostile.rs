//! Receivers that answer wrongly, too much, too slowly, or send elsewhere.

use crate::{
    failing::failure_at,
    receiver::{Answer, Receiver},
    world::on_every_store,
};
use contract::webhook::v1::delivery::{Failure, Status as DeliveryStatus};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[test]
fn a_redirect_is_a_failure_and_is_not_followed() {
    on_every_store(async |world| {
        let (receiver, other) = (Receiver::start().await, Receiver::start().await);
        let endpoint = world.subscribe(&receiver, &[]).await;
        let to = other.url();
        receiver.behave(move |_, _| Answer {
            headers: vec![("location", to.clone())],
            ..Answer::status(307)
        });
        world.note("A").await;
        world.worker.run_until_idle().await;
        assert_eq!((receiver.received().len(), other.received().len()), (1, 0));
        assert_eq!(world.deliveries(&endpoint).await[0].failure(), Failure::AnswerRefused);
    });
}

#[test]
fn an_answer_that_is_larger_than_what_is_read_is_accepted_all_the_same() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.behave(|_, _| Answer { body: vec![b'x'; 10_000_000], ..Answer::status(200) });
        world.note("A").await;
        world.worker.run_until_idle().await;
        world.advance_s(60);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 1);
    });
}

/// Answers every connection with the same bytes, and closes it.
async fn garbage(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // The other side may have gone already.
            let _ = stream.write_all(&bytes).await;
        }
    });
    format!("http://{address}/")
}

#[test]
fn what_is_no_http_is_a_failure() {
    on_every_store(async |world| {
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'x'; 1_000_000]].concat();
        for bytes in [b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), Vec::new(), vec![0xff; 70_000], endless]
        {
            let url = garbage(bytes).await;
            assert_eq!(failure_at(&world, url).await, Failure::AnswerUnreadable);
        }
    });
}

/// Answers every request with a beginning, and then with the same few bytes for ever.
async fn endless(begin: &'static [u8], again: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                let mut done = stream.read(&mut request).await.map(drop);
                if done.is_ok() {
                    done = stream.write_all(begin).await;
                }
                while done.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    done = stream.write_all(again).await;
                }
            });
        }
    });
    format!("http://{address}/")
}

#[test]
fn a_receiver_that_never_ends_the_head_of_its_answer_has_no_more_time_than_others() {
    on_every_store(async |world| {
        for (begin, again) in [("HTTP/1.1 200 OK\r\n", "x: y\r\n"), ("HTTP/1.1 200 O", "K")] {
            let url = endless(begin.as_bytes(), again.as_bytes()).await;
            assert_eq!(failure_at(&world, url).await, Failure::TimedOut);
        }
    });
}

#[test]
fn a_receiver_that_never_ends_the_body_of_its_answer_has_accepted_and_is_left() {
    on_every_store(async |world| {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let url = endless(head, b"1\r\nx\r\n").await;
        let endpoint = world.subscribe_url(url).await;
        for _ in 0..2 {
            world.note("A").await;
        }
        world.worker.run_until_idle().await;
        let listed = world.deliveries(&endpoint).await;
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().all(|one| one.status() == DeliveryStatus::Delivered));
    });
}

#[test]
fn a_redirect_to_a_private_address_leads_nowhere() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        for to in ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "//10.0.0.1/"] {
            receiver.behave(move |_, _| Answer {
                headers: vec![("location", to.into()), ("refresh", format!("0; url={to}"))],
                ..Answer::status(302)
            });
            world.note("A").await;
            world.worker.run_until_idle().await;
            world.advance_s(400);
        }
        let listed = world.deliveries(&endpoint).await;
        assert_eq!(
            (listed[0].failure(), listed[0].http_status),
            (Failure::AnswerRefused, Some(302))
        );
    });
}

#[test]
fn a_receiver_that_asks_to_wait_for_ever_waits_a_day() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.behave(|_, _| Answer {
            headers: vec![("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT".into())],
            ..Answer::status(503)
        });
        world.note("A").await;
        world.worker.run_until_idle().await;
        world.advance_s(24 * 3_600 - 1);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 1);
        world.advance_s(2 * 3_600 + 1_500);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 2);
    });
}
