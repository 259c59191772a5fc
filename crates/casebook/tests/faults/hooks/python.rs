//! Verifies deliveries as receivers do that are not ours.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// What the program says of each case: `accepted`, or why not.
pub fn verdicts(cases: &Value) -> Vec<String> {
    let mut child = Command::new(python())
        .arg(folder().join("verify.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(cases.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The code that the manual prints, in which a function is defined.
pub fn of_the_manual(function: &str) -> &'static str {
    let manual = include_str!("../../../../../docs/webhooks.md");
    let mut blocks = manual.split("```python\n").skip(1);
    blocks.find(|block| block.contains(function)).unwrap().split("```").next().unwrap()
}

/// A Python with the pinned packages, installed once per build folder.
fn python() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("webhook-receiver");
    let python = environment.join("bin/python");
    let (wanted, stamp) = (folder().join("requirements.txt"), environment.join("installed.txt"));
    let text = fs::read_to_string(&wanted).unwrap();
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
        return python;
    }
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    succeed(Command::new(&python).args(pip).arg(&wanted));
    fs::write(&stamp, text).unwrap();
    python
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("this test needs python3 with venv");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/hooks")
}
