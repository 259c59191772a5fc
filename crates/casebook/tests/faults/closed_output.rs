//! Whoever started the server reads no more of what it prints.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use crate::{
    client::Client,
    program::{Place, SERVE},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_goes_on_when_nobody_reads_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    let mut command = place.command(&SERVE);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    // Nobody can log in yet, which is the next that it says.
    drop(told);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
    let mut client = Client::open(address).await.unwrap();
    let answer = client.get("/v1/studies").await.unwrap();
    assert_eq!(answer.status, 401, "nobody is known here yet");
    child.kill().unwrap();
    child.wait().unwrap();
}
