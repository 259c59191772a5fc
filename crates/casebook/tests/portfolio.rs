//! The portfolio through the program and over HTTP.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const PASSWORD: &str = "plum blossom in winter";

/// A server over a data folder; it is stopped when this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nobody to tell if it had ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn casebook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_casebook"));
    command.env("CASEBOOK_PASSWORD", PASSWORD);
    command
}

fn run(data: &Path, command: &[&str], options: &[&str]) -> String {
    let output = casebook().args(command).arg("--data").arg(data).args(options).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn serve(data: &Path) -> Server {
    let mut command = casebook();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("http://")?.1.to_owned())).unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    Server { child, address }
}

impl Server {
    /// The status of an answer and its JSON.
    fn call(&self, user: &str, request: &str, body: Option<&Value>) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address.trim_end_matches('/')).unwrap();
        let given = STANDARD.encode(format!("{user}:{PASSWORD}"));
        let body = body.map(ToString::to_string).unwrap_or_default();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: casebook\r\nConnection: close\r\n\
             Authorization: Basic {given}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn listed(&self, user: &str) -> Vec<String> {
        let (status, answer) = self.call(user, "GET /api/trial/list", None);
        assert_eq!(status, 200, "{answer}");
        let studies = answer["studies"].as_array().unwrap().iter();
        studies.map(|study| study["studyOid"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_published_study_is_listed_for_those_who_may_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let files: Vec<PathBuf> = ["data/usdm/CDISC_Pilot_Study.json", "crf.odm.xml", "rules.toml"]
        .map(|file| demo.join(file))
        .to_vec();
    let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    run(&data, &[&["study", "import"], files.as_slice()].concat(), &["--publish"]);
    run(&data, &["study", "publish"], &["--study", "CDISCPILOT01"]);
    for (name, role) in
        [("mona", "monitor@CDISCPILOT01/701"), ("ada", "administrator"), ("eve", "monitor@ANOTHER")]
    {
        run(&data, &["user", "add", name], &["--role", role]);
    }

    let server = serve(&data);
    assert_eq!(server.listed("mona"), ["CDISCPILOT01"]);
    assert!(server.listed("eve").is_empty());
    let path = "GET /v1/portfolio/studies/CDISCPILOT01";
    let (_, answer) = server.call("mona", path, None);
    assert_eq!(answer["study"]["phase"], "PHASE_2", "{answer}");
    assert_eq!(server.call("eve", path, None).0, 404);

    let study = json!({ "studyOid": "S2", "studyName": "A second study" });
    let (status, refusal) = server.call("mona", "POST /api/trial/create", Some(&study));
    assert_eq!((status, &refusal["reason"]), (403, &"NOT_PERMITTED".into()));
    let (status, answer) = server.call("ada", "POST /api/trial/create", Some(&study));
    assert_eq!((status, &answer["study"]["status"]), (200, &"PLANNED".into()), "{answer}");
    assert_eq!(server.listed("ada"), ["CDISCPILOT01", "S2"]);

    let wrong = json!({ "studyOid": "S3", "studyName": "C", "colour": "red" });
    let (status, refusal) = server.call("ada", "POST /api/trial/create", Some(&wrong));
    assert_eq!(status, 400);
    assert!(refusal.to_string().contains("colour"), "{refusal}");

    let eve = json!({ "user": "eve", "function": "COORDINATOR" });
    let path = "POST /v1/portfolio/studies/S2/staff";
    assert_eq!(server.call("ada", path, Some(&eve)).0, 200);
    assert_eq!(server.listed("eve"), ["S2"]);
    let gone = json!({ "user": "eve", "function": "COORDINATOR", "reason": "a mistake" });
    let path = "POST /v1/portfolio/studies/S2/staff:remove";
    assert_eq!(server.call("ada", path, Some(&gone)).0, 200);
    assert!(server.listed("eve").is_empty());
    drop(server);

    run(&data, &["rebuild-views"], &[]);
    assert!(run(&data, &["verify"], &[]).contains("the journal is whole"));
}
