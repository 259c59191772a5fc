//! A real go-zero program as a peer, built from the Go modules beside the tests of the mesh.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use crate::etcd::signal;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mesh/tests/gozero");

/// The program in Go, built once; the first time this takes minutes. `None`, after it was said, where
/// there is no Go.
///
/// # Panics
/// If it cannot be built.
pub fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        if Command::new("go").arg("version").output().is_err() {
            eprintln!("there is no Go, so nothing was tested against go-zero");
            return None;
        }
        let own = std::env::current_exe().expect("a test has a program");
        let program = own.with_file_name("gozero-peer");
        // Whoever else builds it meanwhile does not see half of it.
        let unfinished = own.with_file_name(format!("gozero-peer.{}", std::process::id()));
        let mut go = Command::new("go");
        go.args(["build", "-buildvcs=false", "-tags", "no_k8s", "-o"]).arg(&unfinished).arg(".");
        let built = go.current_dir(SOURCES).status().expect("go can be run");
        assert!(built.success(), "go-zero can be built");
        std::fs::rename(&unfinished, &program).expect("the folder is the test's own");
        Some(program)
    };
    PROGRAM.get_or_init(build).as_deref()
}

/// A running peer. It is killed when this is dropped.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// # Panics
    /// If it does not start.
    pub fn start(program: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program was built");
        let input = process.stdin.take().expect("the input was asked for");
        let output = process.stdout.take().expect("the output was asked for");
        Self { process, input, output: BufReader::new(output) }
    }

    /// Sends a line to the client and returns its answer.
    ///
    /// # Panics
    /// If it has ended.
    pub fn ask(&mut self, text: &str) -> String {
        writeln!(self.input, "{text}").expect("the peer reads");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("the peer writes");
        answer.trim_end().to_owned()
    }

    /// As an operator stops it: it leaves etcd first.
    pub fn terminate(&self) {
        signal("-TERM", &self.process.id().to_string());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
