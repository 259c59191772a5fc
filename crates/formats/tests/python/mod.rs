//! The independent readers of what is written, which are Python packages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs a command that must succeed.
pub fn run(command: &mut Command) {
    let name = format!("{command:?}");
    let output = command.output().unwrap_or_else(|fault| {
        panic!("{name}: {fault}; `cargo xtask setup` installs what this test needs")
    });
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&told));
}

/// A Python with the pinned packages of a test, installed once per build folder.
pub fn python(test: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(test);
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let (python, stamp) = (environment.join("bin/python"), environment.join("installed.txt"));
    let wanted = fs::read_to_string(here.join("requirements.txt")).unwrap();
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        let pip =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(&python).args(pip).arg(here.join("requirements.txt")));
        fs::write(&stamp, wanted).unwrap();
    }
    python
}
