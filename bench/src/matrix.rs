//! `matrix`: a page of the subject matrix, and one form, as one client waits for them.

use std::time::Instant;

use anyhow::Result;

use crate::{
    fill,
    process::Server,
    saves::serve,
    study::{FORM, STUDY, event_oid, subject_key},
    table::{Table, against, median},
    wire::{Connection, request},
};

const SUBJECTS: u32 = 10_000;
const CALLS: u32 = 200;
const MATRIX_GOAL_MS: f64 = 50.0;
const FORM_GOAL_MS: f64 = 5.0;

pub async fn run() -> Result<()> {
    let folder = fill::folder("matrix", SUBJECTS, true).await?;
    let server = Server::start(&mut serve(&folder))?;
    let mut client = Connection::open(server.address).await?;
    let matrix = format!("/v1/studies/{STUDY}/matrix?pageSize=100");
    let page = waits(&mut client, |_| matrix.clone()).await?;
    // Another subject each time, so that no casebook is in memory already.
    let form = waits(&mut client, |call| {
        let (subject, event) = (subject_key(call * 37), event_oid(call % 30));
        format!("/v1/studies/{STUDY}/subjects/{subject}/events/{event}/1/forms/{FORM}/1")
    })
    .await?;
    let again = waits(&mut client, |_| {
        let (subject, event) = (subject_key(5), event_oid(3));
        format!("/v1/studies/{STUDY}/subjects/{subject}/events/{event}/1/forms/{FORM}/1")
    })
    .await?;
    let mut table = Table::new(
        "matrix: 10,000 subjects, 30 visits, 300,000 forms; one client over HTTP",
        &["call", "median ms", "p99 ms", "answer KB"],
    );
    for (name, found) in [
        ("a page of 100 subjects", &page),
        ("a form of another subject each time", &form),
        ("a form of one subject", &again),
    ] {
        let kilobytes = format!("{:.1}", found.kilobytes);
        let cells = [format!("{:.2}", found.median), format!("{:.2}", found.p99), kilobytes];
        table.row(&[&[name.to_owned()][..], &cells].concat());
    }
    table.print();
    println!("page: {}", against(page.median < MATRIX_GOAL_MS, "under 50 ms"));
    println!("form: {}", against(form.median < FORM_GOAL_MS, "under 5 ms"));
    println!("most memory of the server: {:.0} MB", server.peak_mb());
    Ok(())
}

struct Waits {
    median: f64,
    p99: f64,
    kilobytes: f64,
}

async fn waits(client: &mut Connection, path: impl Fn(u32) -> String) -> Result<Waits> {
    let (mut all, mut bytes) = (Vec::new(), 0);
    client.call(&request("GET", &path(CALLS), "")).await?;
    for call in 0..CALLS {
        let request = request("GET", &path(call), "");
        let started = Instant::now();
        bytes = client.call(&request).await?;
        all.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let median = median(all.iter().copied());
    all.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "an answer is small")]
    let kilobytes = bytes as f64 / 1e3;
    Ok(Waits { median, p99: all[all.len() * 99 / 100], kilobytes })
}
