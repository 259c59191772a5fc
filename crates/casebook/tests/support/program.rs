//! The program itself: its commands run to their end, and its server, which can be killed.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use super::chance::Chance;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_casebook");

/// Where the records of a program are.
#[derive(Clone, Debug)]
pub struct Place {
    pub data: PathBuf,
    /// `None` for the SQLite file in the folder.
    pub database: Option<String>,
}

impl Place {
    pub fn folder(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database: None }
    }

    /// A command of the program on this place.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--data").arg(&self.data);
        if let Some(database) = &self.database {
            command.arg("--database").arg(database);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command that must succeed; what it prints.
    pub fn succeed(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The journal is whole and the views follow from it.
    pub fn verify(&self) {
        let told = self.succeed(&["verify"]);
        assert!(told.contains("the journal is whole"), "{told}");
    }

    pub fn serve(&self) -> Server {
        Server::start(&mut self.command(&SERVE), &self.data.with_extension("log"))
    }

    /// Starts the server and kills it before it may be ready.
    pub fn serve_and_kill_at_once(&self, chance: &mut Chance) {
        let mut command = self.command(&SERVE);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(chance.shorter_than(Duration::from_millis(60)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// On a port of its choice.
pub const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Everything that a command printed.
pub fn said(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}")
}

/// Lines of its log that a server shows when a test fails.
const LAST_WORDS: usize = 40;

/// A server that listens. It is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    log: PathBuf,
    _said: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a command that becomes the server; what it logs is added to a file.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let _ = child.kill();
            panic!("{command:?} does not serve: {}", std::fs::read_to_string(log).unwrap());
        };
        let log = log.to_owned();
        Self { address: address.parse().unwrap(), child, log, _said: told }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        testkit::etcd::signal(signal, &self.id().to_string());
    }

    /// Asks the server to end (SIGTERM), and waits until it has; how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }

    /// What a failed test needs to be understood.
    fn tell_its_last_words(&self) {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = log.lines().count().saturating_sub(LAST_WORDS);
        println!("the end of {}:", self.log.display());
        log.lines().skip(from).for_each(|line| println!("{line}"));
    }

    /// Ends the server without a word to it (SIGKILL).
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if std::thread::panicking() {
            self.tell_its_last_words();
        }
    }
}
