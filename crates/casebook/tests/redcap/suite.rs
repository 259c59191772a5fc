//! PyCap's own suite, sent to our server: all tests pass but those that a list names with reasons.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{
    client::Client,
    program::{Place, Server},
    study::PASSWORD,
};

/// Whose tokens the suite has.
const OWNER: &str = "ray";

fn data(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../formats/tests/data/redcap");
    format!("{folder}/{name}")
}

fn pycap() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/redcap/pycap")
}

/// Python with pinned packages in a virtual environment, which is kept.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pycap");
    let stamp = folder.join("requirements.txt");
    let wanted = include_str!("pycap/requirements.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status().unwrap();
        assert!(made.success(), "cannot make a Python environment");
        let mut install = Command::new(folder.join("bin/python"));
        install.args(["-m", "pip", "install", "--quiet", "--requirement"]);
        install.arg(pycap().join("requirements.txt"));
        assert!(install.status().unwrap().success(), "cannot install PyCap");
        fs::write(&stamp, wanted).unwrap();
    }
    folder.join("bin/python")
}

/// Two studies as their users bring them, and somebody who may do everything with them.
fn installed(place: &Place) {
    for (study, file) in [("SIMPLE", "test_simple_project.xml"), ("LONG", "test_long_project.xml")]
    {
        let said = place.succeed(&["study", "import", &data(file), "--study", study, "--publish"]);
        assert!(said.contains("published version"), "{said}");
    }
    place.succeed(&["import", &data("test_simple_project.xml"), "--study", "SIMPLE"]);
    place.succeed(&["import", &data("test_long_project.xml"), "--study", "LONG"]);
    let mut add = place.command(&["user", "add", OWNER]);
    for role in ["service_account", "study_designer", "data_manager", "institution_manager"] {
        for study in ["SIMPLE", "LONG"] {
            add.args(["--role", &format!("{role}@{study}")]);
        }
    }
    let added = add.env("CASEBOOK_PASSWORD", PASSWORD).output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

async fn token(server: &Server, study: &str) -> String {
    let mut client = Client::open_as(server.address, OWNER).await.unwrap();
    let wanted = json!({ "label": "PyCap", "studyOids": [study], "forRedcap": true });
    let made = client.post("/v1/apiKeys", &wanted).await.unwrap().expect_success();
    made["key"].as_str().unwrap().to_owned()
}

/// The tests of the suite that did not pass.
fn failed(said: &str) -> BTreeSet<String> {
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")));
    let named = lines.filter_map(|line| line.split_whitespace().next());
    named.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect()
}

#[tokio::test]
async fn the_suite_of_pycap_passes_but_for_what_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    installed(&place);
    let server = place.serve();
    let (simple, long) = (token(&server, "SIMPLE").await, token(&server, "LONG").await);
    for file in ["test_simple_project.xml", "test_long_project.xml"] {
        fs::create_dir_all(folder.path().join("tests/data")).unwrap();
        fs::copy(data(file), folder.path().join("tests/data").join(file)).unwrap();
    }
    let output = Command::new(python())
        .args(["-m", "pytest", "-p", "redirect", "-p", "no:cacheprovider", "-q", "-rfE"])
        .args(["--tb=short", "--rootdir"])
        .arg(pycap())
        .arg(pycap().join("tests/integration"))
        .current_dir(folder.path())
        .env("PYTHONPATH", pycap())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("REDCAPDEMO_SUPERUSER_TOKEN", "0".repeat(64))
        .env("CASEBOOK_URL", format!("http://{}", server.address))
        .env("SIMPLE_TOKEN", simple)
        .env("LONG_TOKEN", long)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let listed = include_str!("pycap/not_passing.txt").lines();
    let listed: BTreeSet<String> = listed
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(" passed"), "{said}\n{why}");
    assert_eq!(failed(&said), listed, "{said}");
    assert!(server.terminate().success());
    place.verify();
}

#[tokio::test]
async fn a_key_that_reaches_more_than_one_study_is_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    installed(&place);
    let server = place.serve();
    let mut client = Client::open_as(server.address, OWNER).await.unwrap();
    let two = json!({ "label": "x", "studyOids": ["SIMPLE", "LONG"], "forRedcap": true });
    let refused = client.post("/v1/apiKeys", &two).await.unwrap();
    assert_eq!((refused.status, refused.problem()), (400, "INVALID_ARGUMENT"));
    let kept: Value = client.get("/v1/apiKeys").await.unwrap().expect_success();
    assert_eq!(kept["apiKeys"].as_array().map_or(0, Vec::len), 0);
}
