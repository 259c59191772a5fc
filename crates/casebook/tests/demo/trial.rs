//! Builds the trial once for all tests of this file, and runs the program on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use tempfile::TempDir;

/// The data folder of the trial, what the build said, and an export of everything as CSV.
pub struct Trial {
    folder: TempDir,
    pub summary: String,
}

pub static TRIAL: LazyLock<Trial> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().join("data");
    let built = program(&["demo", "--no-serve", "--json", "--data"], &data, &[]);
    let trial = Trial { summary: text(&built), folder };
    let out = trial.path("csv");
    trial.run(&["export"], &["--format", "csv", "--unblinded", "--out", &out]);
    trial
});

impl Trial {
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs a command on the trial's study; its output. It must succeed.
    pub fn run(&self, command: &[&str], options: &[&str]) -> String {
        text(&self.try_run(command, options))
    }

    /// Runs a command on the trial's study.
    pub fn try_run(&self, command: &[&str], options: &[&str]) -> Output {
        let study = ["--study", "CDISCPILOT01"];
        let with_data: Vec<&str> = command.iter().copied().chain(["--data"]).collect();
        let options: Vec<&str> = study.iter().chain(options).copied().collect();
        output(&with_data, &self.data(), &options)
    }

    /// The rows of an exported table, each a list of (column, cell).
    pub fn table(&self, name: &str) -> Vec<Vec<(String, String)>> {
        rows(Path::new(&self.path("csv")).join(name).as_path())
    }
}

/// Runs the program; it must succeed.
pub fn program(command: &[&str], data: &Path, options: &[&str]) -> Output {
    let output = output(command, data, options);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn output(command: &[&str], data: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casebook"))
        .args(command)
        .arg(data)
        .args(options)
        .output()
        .expect("the program can be started")
}

pub fn text(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The rows of a CSV file, each a list of (column, cell).
pub fn rows(file: &Path) -> Vec<Vec<(String, String)>> {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        header.iter().zip(record.iter()).map(|(h, c)| (h.to_owned(), c.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// A cell of a row by its column.
pub fn cell<'a>(row: &'a [(String, String)], column: &str) -> &'a str {
    let found = row.iter().find(|(name, _)| name == column);
    found.map_or_else(|| panic!("no column {column}"), |(_, cell)| cell.as_str())
}

/// The folder of the demonstration in the repository.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo")
}
