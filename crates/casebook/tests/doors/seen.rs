//! Metrics and the use of the interface, as the program shows them.

use std::net::SocketAddr;

use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    client::{ADMIN, House, basic, send, stop},
    study::{STUDY, USER},
};

const METRICS: &[(&str, &str)] = &[("CASEBOOK_METRICS_LISTEN", "127.0.0.1:0")];

async fn metrics(house: &House) -> String {
    let log = house.log();
    let line = log.lines().find(|line| line.contains("metrics are answered")).unwrap();
    let address = line.rsplit("127.0.0.1:").next().unwrap();
    let port: String = address.chars().take_while(char::is_ascii_digit).collect();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let head = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn list_studies(address: SocketAddr, user: &str) -> u16 {
    let credentials = basic(user);
    let headers = [("authorization", credentials.as_str())];
    send(address, ("GET", &format!("/v1/studies/{STUDY}")), &headers, "").await.status
}

#[tokio::test]
async fn prometheus_finds_rates_errors_durations_groups_and_queues() {
    let house = House::new().await;
    let server = house.serve("info", METRICS);
    assert_eq!(list_studies(server.address, USER).await, 200);
    assert_eq!(list_studies(server.address, "nobody").await, 401);
    let text = metrics(&house).await;
    let expected = [
        r#"gateway_calls_total{method="casebook.edc.v1.Edc/GetStudy",door="rest",code="OK"} 1"#,
        r#"gateway_calls_total{method="casebook.edc.v1.Edc/GetStudy",door="rest",code="UNAUTHENTICATED"} 1"#,
        r#"gateway_call_seconds_bucket{method="casebook.edc.v1.Edc/GetStudy",le="+Inf"} 2"#,
        "gateway_calls_in_flight 0",
        "# TYPE store_group_writes histogram",
        "store_waiting_writes 0",
        "identity_hashes_total 2",
        "identity_hashes_running 0",
        "process_resident_memory_bytes",
    ];
    for line in expected {
        assert!(text.contains(line), "{line}\n{text}");
    }
    stop(server);
}

#[tokio::test]
async fn nothing_listens_for_prometheus_unless_it_is_asked_for() {
    let house = House::new().await;
    let server = house.serve("info", &[]);
    assert_eq!(list_studies(server.address, USER).await, 200);
    stop(server);
    assert!(!house.log().contains("metrics are answered"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the program has the real clock")]
async fn the_use_of_the_interface_outlives_the_program() {
    let house = House::new().await;
    let server = house.serve("info", &[]);
    let before = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    for _ in 0..3 {
        assert_eq!(list_studies(server.address, USER).await, 200);
    }
    assert_eq!(list_studies(server.address, "nobody").await, 401);
    stop(server);

    let server = house.serve("info", &[]);
    let credentials = basic(ADMIN);
    let headers = [("authorization", credentials.as_str())];
    let mut seen = Vec::new();
    let after = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    let days = std::collections::BTreeSet::from([before, after]);
    for day in days {
        let uri = format!("/v1/api-use/{day}");
        let answer = send(server.address, ("GET", &uri), &headers, "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        seen.extend(answer.body["uses"].as_array().cloned().unwrap_or_default());
    }
    let count = |user: &str, result: &str| -> i64 {
        let is_named = |one: &&Value| {
            one["method"] == "casebook.edc.v1.Edc/GetStudy"
                && one["result"] == result
                && one["username"].as_str().unwrap_or_default() == user
        };
        let counts = seen.iter().filter(is_named).map(|one| one["count"].as_str().unwrap());
        counts.map(|count| count.parse::<i64>().unwrap()).sum()
    };
    assert_eq!((count(USER, "OK"), count("", "UNAUTHENTICATED")), (3, 1), "{seen:?}");
    stop(server);
    house.place.verify();
}
