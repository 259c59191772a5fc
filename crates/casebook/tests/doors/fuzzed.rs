//! Requests made up from the published document by schemathesis: none may break anything, and each
//! answer is what the document says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    client::{ADMIN, House, stop},
    study::PASSWORD,
};

/// Requests of each kind for each operation.
const EXAMPLES: &str = "3";
const SEED: &str = "20260302";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      unsupported_method,allow_header_conformance";

/// The program in a virtual environment with pinned packages, which is kept.
fn schemathesis() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let (stamp, wanted) = (folder.join("requirements.txt"), include_str!("requirements.txt"));
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors/requirements.txt");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status().unwrap();
        assert!(made.success(), "cannot make a Python environment");
        let mut install = Command::new(folder.join("bin/python"));
        install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(file);
        assert!(install.status().unwrap().success(), "cannot install schemathesis");
        fs::write(&stamp, wanted).unwrap();
    }
    folder.join("bin/schemathesis")
}

#[tokio::test]
async fn no_request_breaks_anything_and_every_answer_is_as_published() {
    let house = House::new().await;
    let server = house.serve("info", &[("CASEBOOK_LIMITS_ADDRESS_PER_MINUTE", "0")]);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors/schemathesis.toml");
    let output = Command::new(schemathesis())
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("http://{}/v1/openapi.json", server.address)])
        .args(["--auth", &format!("{ADMIN}:{PASSWORD}"), "--phases", "examples,fuzzing"])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", SEED])
        .args(["--no-shrink", "--no-color", "--warnings", "off", "--request-timeout", "20"])
        .args(["--suppress-health-check", "all", "--continue-on-failure"])
        .current_dir(house.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", house.log());
    assert!(!house.log().contains("incident"), "{}", house.log());
    stop(server);
    house.place.verify();
}
