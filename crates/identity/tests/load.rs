//! Many log-ins at once: memory stays bounded, and who is too many is told so at once. In a process
//! of its own, whose memory is measured.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use contract::{
    Caller, Code, Context,
    identity::v1::{Identity as Contract, LogInRequest},
};
use futures::future::join_all;
use identity::{AddUser, Hashing, Identity, Password};
use std::{collections::BTreeMap, fs, sync::Arc};
use store::Sqlite;
use testkit::clock::FakeClock;

const PASSWORD: &str = "correct horse battery";
const ATTEMPTS: usize = 500;
/// What two hashes of 19 MiB at a time, and 500 callers, may take.
const MOST_KIB: u64 = 80 * 1024;

/// The most memory that this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn service(folder: &tempfile::TempDir) -> Identity {
    let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
    let clock = FakeClock::at("2026-03-02T02:00:00Z");
    let random = Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap());
    let identity = Identity::new(store, clock.as_fn(), random, Hashing::default());
    let system = Context::new(Caller::system("casebook"), "system", "call-0");
    let user = AddUser {
        name: "one".to_owned(),
        full_name: "One".to_owned(),
        password: Password::new(PASSWORD),
        grants: Vec::new(),
    };
    identity.add_user(&system, user).await.unwrap();
    identity
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_log_ins_at_once_take_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let identity = service(&folder).await;
    let before = peak_kib();
    let attempts = (0..ATTEMPTS).map(|number| {
        let identity = identity.clone();
        // Half of them are somebody, half are nobody: it makes no difference.
        let username = if number % 2 == 0 { "one".to_owned() } else { format!("u{number}") };
        let password = format!("{PASSWORD} {number}");
        let context = Context::new(Caller::anonymous(), "web", "call-1");
        tokio::spawn(async move {
            let request = LogInRequest { username, password, code: None };
            Contract::log_in(&identity, &context, request).await
        })
    });
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for answer in join_all(attempts).await {
        let error = answer.unwrap().unwrap_err();
        if error.reason() == "LOG_INS_BUSY" {
            assert_eq!(error.metadata()["retry_after_seconds"], "5");
            assert_eq!(error.code(), Code::ResourceExhausted);
        }
        *answers.entry(error.reason().to_owned()).or_default() += 1;
    }
    assert!(answers["LOG_INS_BUSY"] > ATTEMPTS / 2, "{answers:?}");
    assert!(identity.hashes_computed() < 200, "{}", identity.hashes_computed());
    let grown = peak_kib() - before;
    assert!(grown < MOST_KIB, "{grown} KiB");
}
