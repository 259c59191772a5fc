//! The same studies, terms, users and sessions for the program and for its peers.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection as Database, params};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    fill, place,
    process::{self, Server},
    study::STUDY,
    wire::{Connection, get},
};

pub const STUDIES: u32 = 1_000;
pub const DICTIONARY: &str = "DRUGS";
/// Who asks, with a role that reaches every study.
pub const ASKING: &str = "reader";
const PASSWORD: &str = "benchmarks-only-7391";
const PEER_TOKEN: &str = "0f3d1f6b5f0f4c0d8a8a1f0b6a3c7e21d5b9f0c2";

/// A data folder, and beside it the file of the peers.
#[derive(Debug)]
pub struct Prepared {
    pub folder: PathBuf,
    pub peers: PathBuf,
}

impl Prepared {
    /// What the peers are told by whoever asks.
    pub fn peer_token() -> String {
        format!("Bearer {PEER_TOKEN}")
    }
}

/// Makes both once.
pub async fn prepare() -> Result<Prepared> {
    let folder = fill::folder("peers", 0, false).await?;
    let peers = place::data()?.join("peers.db");
    let complete = folder.join("with-peers");
    if !complete.exists() {
        place::remove(&peers)?;
        add_user(&folder)?;
        load_terms(&folder)?;
        let server = Server::start(&mut serve(&folder))?;
        create_studies(server.address).await?;
        write_peers(server.address, &peers).await?;
        fs::write(complete, b"")?;
    }
    Ok(Prepared { folder, peers })
}

/// `casebook serve` on a port of its choice, without the limits that one user who sends everything is
/// against, and without a log of each call, as the peers have none.
pub fn serve(folder: &Path) -> Command {
    let mut command = Command::new(place::casebook());
    quiet(&mut command);
    command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0"]);
    command
}

pub fn quiet(command: &mut Command) {
    command.env("CASEBOOK_LOG", "warn");
    for limit in ["CALLER_PER_SECOND", "STUDY_PER_SECOND", "ADDRESS_PER_MINUTE"] {
        command.env(format!("CASEBOOK_LIMITS_{limit}"), "0");
    }
}

/// Logs the asking user in; the `Authorization` of his session.
pub async fn log_in(address: SocketAddr) -> Result<String> {
    let said = json!({ "username": ASKING, "password": PASSWORD });
    let mut connection = Connection::open(address).await?;
    let answer: Value =
        serde_json::from_slice(&connection.fetch(&post("/api/user/login", None, &said)).await?)?;
    let token = answer["token"].as_str().context("a log-in answers a token")?;
    Ok(format!("Bearer {token}"))
}

/// The requests for every page of 20 studies.
pub async fn pages_of_studies(
    address: SocketAddr,
    authorization: Option<&str>,
) -> Result<Vec<Vec<u8>>> {
    let mut connection = Connection::open(address).await?;
    let mut requests = Vec::new();
    let (mut token, mut studies) = (String::new(), 0);
    loop {
        let request = get(&format!("/api/trial/list?pageSize=20{token}"), authorization);
        let page: Value = serde_json::from_slice(&connection.fetch(&request).await?)?;
        let count = page["studies"].as_array().map_or(0, Vec::len);
        if count == 20 {
            requests.push(request);
        }
        studies += count;
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    ensure!(studies == STUDIES as usize, "{studies} studies are listed");
    Ok(requests)
}

/// The requests for pages of 20 terms.
pub fn pages_of_terms(path: &str, authorization: Option<&str>) -> Vec<Vec<u8>> {
    ["ace", "ben", "cal", "dex", "eph"]
        .iter()
        .map(|text| get(&format!("{path}?text={text}&pageSize=20"), authorization))
        .collect()
}

/// Where the program has terms.
pub fn path_of_terms() -> String {
    format!("/v1/studies/{STUDY}/dictionaries/{DICTIONARY}/terms")
}

fn post(path: &str, authorization: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let said = authorization.map(|said| format!("authorization: {said}\r\n")).unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{said}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn add_user(folder: &Path) -> Result<()> {
    let mut command = Command::new(place::casebook());
    command.args(["user", "add", ASKING, "--role", "administrator", "--data"]).arg(folder);
    process::run(command.env("CASEBOOK_PASSWORD", PASSWORD)).map(drop)
}

/// 10,000 made-up names of drugs, each under a group.
fn terms() -> Vec<(String, String, Option<String>)> {
    let (first, second) = (
        ["ace", "ben", "cal", "dex", "eph", "flu", "gab", "hal", "ime", "ket"],
        ["tol", "zid", "mab", "pril", "sart", "stat", "vir", "olol", "azol", "idin"],
    );
    let mut terms: Vec<(String, String, Option<String>)> =
        (0..100).map(|group| (format!("G{group:02}"), format!("Group {group}"), None)).collect();
    for number in 0_u32..10_000 {
        let (a, b) = (number as usize % 10, number as usize / 10 % 10);
        let text = format!("{}{:03}{} hydrochloride", first[a], number / 100, second[b]);
        terms.push((format!("D{number:05}"), text, Some(format!("G{:02}", number / 100))));
    }
    terms
}

fn load_terms(folder: &Path) -> Result<()> {
    let file = folder.join("terms.csv");
    let mut text = "code,text,parent\n".to_owned();
    for (code, term, parent) in terms() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{code},{term},{}", parent.unwrap_or_default());
    }
    fs::write(&file, text)?;
    let mut command = Command::new(place::casebook());
    command.args(["dictionary", "import"]).arg(&file).arg("--data").arg(folder);
    command.args(["--dictionary", DICTIONARY, "--version", "1"]);
    process::run(&mut command).map(drop)
}

async fn create_studies(address: SocketAddr) -> Result<()> {
    let authorization = log_in(address).await?;
    let mut connection = Connection::open(address).await?;
    for number in 0..STUDIES {
        let study = json!({
            "studyOid": format!("S.{number:05}"),
            "studyName": format!("Study {number} of a long-acting injection in adults"),
            "protocolNumber": format!("LAI-{number:05}"),
            "sponsor": "Example Pharmaceuticals",
            "phase": "PHASE_3",
            "indication": "Schizophrenia, maintenance",
            "plannedSiteCount": 10 + number % 50,
            "plannedSubjectCount": 100 + number,
            "status": "OPEN",
        });
        connection.call(&post("/api/trial/create", Some(&authorization), &study)).await?;
    }
    Ok(())
}

/// Copies what the program lists into columns.
async fn write_peers(address: SocketAddr, file: &Path) -> Result<()> {
    let authorization = log_in(address).await?;
    let mut database = Database::open(file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE study (study_oid TEXT PRIMARY KEY, study_name TEXT NOT NULL,
           protocol_number TEXT NOT NULL, sponsor TEXT NOT NULL, phase TEXT NOT NULL,
           indication TEXT NOT NULL, planned_site_count INTEGER NOT NULL,
           planned_subject_count INTEGER NOT NULL, status TEXT NOT NULL,
           site_count INTEGER NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL)
           WITHOUT ROWID;
         CREATE TABLE term (word TEXT, code TEXT, text TEXT NOT NULL, parent_code TEXT NOT NULL,
           PRIMARY KEY (word, code)) WITHOUT ROWID;
         CREATE TABLE session (token_sha256 TEXT PRIMARY KEY, user TEXT NOT NULL) WITHOUT ROWID;
         CREATE TABLE user_role (user TEXT, role TEXT, PRIMARY KEY (user, role)) WITHOUT ROWID;",
    )?;
    let transaction = database.transaction()?;
    let mut connection = Connection::open(address).await?;
    for request in pages_of_studies(address, Some(&authorization)).await? {
        let page: Value = serde_json::from_slice(&connection.fetch(&request).await?)?;
        for study in page["studies"].as_array().into_iter().flatten() {
            let text = |name: &str| study[name].as_str().unwrap_or_default().to_owned();
            let count = |name: &str| study[name].as_i64().unwrap_or_default();
            transaction.execute(
                "INSERT INTO study VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    text("studyOid"),
                    text("studyName"),
                    text("protocolNumber"),
                    text("sponsor"),
                    text("phase"),
                    text("indication"),
                    count("plannedSiteCount"),
                    count("plannedSubjectCount"),
                    text("status"),
                    count("siteCount"),
                    count("version"),
                    text("createdAt")
                ],
            )?;
        }
    }
    for (code, text, parent) in terms() {
        let word = text.split(' ').next().unwrap_or_default().to_lowercase();
        let row = params![word, code, text, parent.unwrap_or_default()];
        transaction.execute("INSERT INTO term VALUES (?, ?, ?, ?)", row)?;
    }
    let hash = Sha256::digest(PEER_TOKEN.as_bytes());
    let hash = hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    transaction.execute("INSERT INTO session VALUES (?, ?)", [hash.as_str(), ASKING])?;
    transaction.execute("INSERT INTO user_role VALUES (?, 'administrator')", [ASKING])?;
    transaction.commit()?;
    Ok(())
}
