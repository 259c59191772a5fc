//! A real etcd with a folder of its own, on free ports; it can be killed and started again.

use mesh::{
    RuntimeClock, SplitMix,
    discovery::{Etcd, EtcdOptions},
};
use std::{
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};
use tempfile::TempDir;

const INSTALL: &str = "these tests need etcd 3.4 or newer: install it (Debian and Ubuntu: \
                       apt-get install etcd-server etcd-client)";

/// Kills the server as soon as its standard input is closed, so also when the test is killed.
const WATCH: &str = r#""$@" & server=$!; cat > /dev/null; kill -9 $server; wait $server"#;

#[derive(Debug)]
pub struct RealEtcd {
    folder: TempDir,
    pub address: String,
    peer: String,
    server: Child,
}

impl RealEtcd {
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("etcd-").unwrap();
        let (address, peer) = (free_address(), free_address());
        let server = spawn(&folder, &address, &peer);
        let etcd = Self { folder, address, peer, server };
        etcd.ready().await;
        etcd
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        drop(self.server.stdin.take());
        self.server.wait().unwrap();
    }

    /// With the data that it had.
    pub async fn start_again(&mut self) {
        self.server = spawn(&self.folder, &self.address, &self.peer);
        self.ready().await;
    }

    /// Without the data that it had.
    pub async fn start_empty(&mut self) {
        std::fs::remove_dir_all(self.folder.path().join("data")).unwrap();
        self.start_again().await;
    }

    /// What `etcdctl` says.
    pub fn ctl(&self, args: &[&str]) -> String {
        let output = self.try_ctl(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A client of ours.
    pub fn discovery(&self) -> Etcd {
        self.discovery_with(&[])
    }

    /// A client of ours that is told of more members.
    pub fn discovery_with(&self, more: &[&str]) -> Etcd {
        let (clock, chance) = (Arc::new(RuntimeClock), Arc::new(SplitMix::seeded(5)));
        let own = std::iter::once(self.address.clone());
        let hosts = more.iter().map(|host| (*host).to_owned()).chain(own).collect();
        Etcd::new(EtcdOptions { hosts, tls: None, clock, chance }).unwrap()
    }

    fn try_ctl(&self, args: &[&str]) -> Output {
        let mut ctl = Command::new("etcdctl");
        ctl.env("ETCDCTL_API", "3").args(["--endpoints", &self.address]).args(args);
        ctl.output().expect(INSTALL)
    }

    async fn ready(&self) {
        super::until("etcd answers", || async {
            self.try_ctl(&["endpoint", "health"]).status.success()
        })
        .await;
    }
}

impl Drop for RealEtcd {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        // It may have been killed before.
        let _ = self.server.wait();
    }
}

fn spawn(folder: &TempDir, address: &str, peer: &str) -> Child {
    let (client, peer) = (format!("http://{address}"), format!("http://{peer}"));
    Command::new("sh")
        .args(["-c", WATCH, "sh", "etcd", "--data-dir"])
        .arg(folder.path().join("data"))
        .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("default={peer}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(INSTALL)
}

/// A port that is free at present.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
