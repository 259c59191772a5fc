//! A real etcd for tests, with a folder of its own, on free ports; it can be killed, held and started
//! again.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const INSTALL: &str = "these tests need etcd 3.4 or newer: install it (Debian and Ubuntu: \
                       apt-get install etcd-server etcd-client)";
/// Tells the number of the server, and kills it as soon as its standard input is closed, so also
/// when the test is killed.
const WATCH: &str = r#"exec 2> /dev/null; "$@" > /dev/null & server=$!; echo $server; cat > /dev/null
                       kill -9 $server; wait $server"#;
const START_TIME: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A running etcd. It is killed when this is dropped.
#[derive(Debug)]
pub struct Etcd {
    folder: TempDir,
    /// `host:port` for clients.
    pub address: String,
    peer: String,
    server: Child,
    id: String,
}

impl Etcd {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// If etcd is not installed or does not start.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("etcd-").expect("a temporary folder can be made");
        let (address, peer) = (free_address(), free_address());
        let (server, id) = spawn(&folder, &address, &peer);
        let etcd = Self { folder, address, peer, server, id };
        etcd.await_ready();
        etcd
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        drop(self.server.stdin.take());
        // There is nobody to tell if it had ended before.
        let _ = self.server.wait();
    }

    /// With the data that it had.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        (self.server, self.id) = spawn(&self.folder, &self.address, &self.peer);
        self.await_ready();
    }

    /// Without the data that it had.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_empty(&mut self) {
        std::fs::remove_dir_all(self.folder.path().join("data")).expect("its data are there");
        self.start_again();
    }

    /// Holds it, so that it neither answers nor closes connections, until [`Self::go_on`].
    pub fn hold(&self) {
        signal("-STOP", &self.id);
    }

    pub fn go_on(&self) {
        signal("-CONT", &self.id);
    }

    /// What `etcdctl` says.
    ///
    /// # Panics
    /// If it fails.
    pub fn ctl(&self, args: &[&str]) -> String {
        let output = self.try_ctl(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("etcdctl writes UTF-8")
    }

    fn try_ctl(&self, args: &[&str]) -> Output {
        let mut ctl = Command::new("etcdctl");
        ctl.env("ETCDCTL_API", "3").args(["--endpoints", &self.address]).args(args);
        ctl.output().expect(INSTALL)
    }

    fn await_ready(&self) {
        let started = Instant::now();
        while !self.try_ctl(&["endpoint", "health"]).status.success() {
            assert!(started.elapsed() < START_TIME, "etcd does not answer");
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(folder: &TempDir, address: &str, peer: &str) -> (Child, String) {
    let (client, peer) = (format!("http://{address}"), format!("http://{peer}"));
    let mut server = Command::new("sh")
        .args(["-c", WATCH, "sh", "etcd", "--data-dir"])
        .arg(folder.path().join("data"))
        .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("default={peer}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect(INSTALL);
    let said = server.stdout.take().expect("the output was asked for");
    let mut id = String::new();
    BufReader::new(said).read_line(&mut id).expect("the shell tells the number");
    (server, id.trim().to_owned())
}

/// Sends a signal, such as `-STOP`, to a process.
///
/// # Panics
/// If there is no such process.
pub fn signal(signal: &str, id: &str) {
    let sent = Command::new("sh").args(["-c", r#"kill "$1" "$2""#, "sh", signal, id]).status();
    assert!(sent.expect("there is a shell").success(), "kill {signal} {id}");
}

/// A port that is free at present.
///
/// # Panics
/// If loopback has none.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a listener has an address").to_string()
}
