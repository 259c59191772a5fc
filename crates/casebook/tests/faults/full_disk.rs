//! `casebook serve` runs out of room, and gets room again.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    chance::Chance,
    client::Client,
    program::{PROGRAM, Place, SERVE, Server, said},
    study::{self, PASSWORD, STUDY, subject},
    writer::{Stop, Writer, record_path, subjects, writers},
};

const WRITERS: usize = 6;
/// Users who have never logged in.
const NEWCOMERS: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
/// How often everybody saves until he is refused.
const ATTEMPTS: usize = 3;
/// Saves of each when there is room again.
const SAVES: usize = 15;
/// Room for some saves.
const ROOM_BYTES: u64 = 384 * 1024;
/// The write-ahead log alone takes 4 MB before it is begun anew.
const DISK: &str = "size=24m,mode=700";

/// Mounts a disk in memory, copies the data to it and becomes the program. The mount is seen by
/// that one process only and ends with it, however it ends.
const ON_SMALL_DISK: &str = r#"mount -t tmpfs -o "$1" casebook "$2" && cp -a "$3/." "$2/data" &&
                               shift 3 && exec "$@""#;
/// A write beyond the limit fails instead of ending the program.
const WITH_LIMIT: &str = r#"trap "" XFSZ; exec "$@""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_saves_loses_nothing_and_goes_on_with_room() {
    let folder = tempfile::tempdir().unwrap();
    let (filled, disk) = (folder.path().join("filled"), folder.path().join("disk"));
    fs::create_dir(&disk).unwrap();
    let Some((mut unshare, user)) = own_mounts(&disk) else {
        eprintln!("no disk can be mounted here; the test with a limit stands in for a full one");
        return;
    };
    let place = Place::folder(&filled);
    study::fill(&place, subjects(WRITERS)).await;
    for name in NEWCOMERS {
        let role = format!("coordinator@{STUDY}");
        let mut add = place.command(&["user", "add", name, "--role", &role]);
        assert!(add.env("CASEBOOK_PASSWORD", PASSWORD).output().unwrap().status.success());
    }
    unshare.args(["sh", "-c", ON_SMALL_DISK, "sh", DISK]).args([&disk, &filled]);
    unshare.arg(PROGRAM).args(SERVE).arg("--data").arg(disk.join("data"));
    let server = Server::start(&mut unshare, &folder.path().join("server.log"));
    // The disk as the process sees it.
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()));
    let ballast = seen.join("ballast");
    let mut run = Run::new(server, "full disk").await;
    fill_up(&ballast);
    run.refused((507, "STORAGE_FULL")).await;
    run.newcomers_are_refused().await;
    fs::remove_file(&ballast).unwrap();
    run.goes_on().await;
    let mut verify = Command::new("nsenter");
    verify.args(["--target", &run.server.id().to_string(), "--mount"]).args(user);
    let verified = verify.args([PROGRAM, "verify", "--data"]).arg(disk.join("data")).output();
    let verified = verified.unwrap();
    assert!(verified.status.success(), "{}", said(&verified));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_to_write_refuses_saves_loses_nothing_and_goes_on_once_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, subjects(WRITERS)).await;
    let mut limited = Command::new("sh");
    limited.args(["-c", WITH_LIMIT, "sh", PROGRAM]).args(SERVE).arg("--data").arg(&place.data);
    let server = Server::start(&mut limited, &folder.path().join("server.log"));
    let id = server.id();
    let mut run = Run::new(server, "failing disk").await;
    let log_bytes = fs::metadata(place.data.join("casebook.db-wal")).unwrap().len();
    limit_files(id, &format!("{}:unlimited", log_bytes + ROOM_BYTES));
    run.refused((500, "INCIDENT")).await;
    limit_files(id, "unlimited:unlimited");
    run.goes_on().await;
    drop(run);
    place.verify();
}

/// A server, and those who save on it.
struct Run {
    server: Server,
    writing: Vec<Writer>,
}

impl Run {
    /// Everybody has saved once, so that name and password are known.
    async fn new(server: Server, name: &str) -> Self {
        let mut writing = writers(WRITERS, &mut Chance::new(name));
        let mut client = Client::open(server.address).await.unwrap();
        for writer in &mut writing {
            assert!(writer.save_next(&mut client).await.unwrap().is_none());
        }
        Self { server, writing }
    }

    /// Everybody saves until he is refused, for the same reason; what was acknowledged can be read,
    /// and what was refused was not done.
    async fn refused(&mut self, wanted: (u16, &str)) {
        for _ in 0..ATTEMPTS {
            let mut saving = JoinSet::new();
            for mut writer in self.writing.drain(..) {
                let (address, told) = (self.server.address, mpsc::unbounded_channel().0);
                saving
                    .spawn(async move { (writer.save_until_stopped(address, told).await, writer) });
            }
            for (stop, writer) in saving.join_all().await {
                let Stop::Refused(answer) = stop else { panic!("the server has gone away") };
                assert_eq!((answer.status, answer.problem()), wanted, "{answer:?}");
                self.writing.push(writer);
            }
        }
        self.check().await;
    }

    /// A log-in that cannot be recorded is none, and it is said why. What is too little for a save may
    /// be enough for the first log-ins.
    async fn newcomers_are_refused(&self) {
        for name in NEWCOMERS {
            let mut newcomer = Client::open_as(self.server.address, name).await.unwrap();
            let answer = newcomer.get(&record_path(&subject(0), 0)).await.unwrap();
            if answer.status != 200 {
                assert_eq!((answer.status, answer.problem()), (507, "STORAGE_FULL"), "{answer:?}");
                return;
            }
        }
        panic!("everybody could log in");
    }

    /// What was refused is taken when it comes again, and so is everything after it.
    async fn goes_on(&mut self) {
        let mut client = Client::open(self.server.address).await.unwrap();
        for writer in &mut self.writing {
            assert!(writer.send_open(&mut client).await.unwrap().is_none());
            for _ in 0..SAVES {
                assert!(writer.save_next(&mut client).await.unwrap().is_none());
            }
        }
        self.check().await;
    }

    async fn check(&self) {
        let mut client = Client::open(self.server.address).await.unwrap();
        for writer in &self.writing {
            writer.check(&mut client, false).await;
        }
    }
}

/// A command that runs another one with mounts of its own, and how to enter as the same user;
/// `None` where that is not permitted.
fn own_mounts(folder: &Path) -> Option<(Command, &'static [&'static str])> {
    let ways: [(&[&str], &[&str]); 2] =
        [(&[], &[]), (&["--user", "--map-root-user"], &["--user", "--preserve-credentials"])];
    let command = |own: &[&str]| {
        let mut command = Command::new("unshare");
        command.arg("--mount").args(own);
        command
    };
    let is_permitted = |(own, _): &(&[&str], &[&str])| {
        let mut mount = command(own);
        mount.args(["mount", "-t", "tmpfs", "casebook"]).arg(folder);
        mount.output().is_ok_and(|output| output.status.success())
    };
    let (own, enter) = ways.into_iter().find(is_permitted)?;
    Some((command(own), enter))
}

/// Writes a file until the disk is full, and then makes it shorter by the room.
fn fill_up(ballast: &Path) {
    let mut file = File::create(ballast).unwrap();
    let block = vec![7; 1 << 16];
    while file.write_all(&block).is_ok() {}
    let len = file.metadata().unwrap().len();
    file.set_len(len - ROOM_BYTES).unwrap();
}

fn limit_files(process: u32, limit: &str) {
    let (process, limit) = (process.to_string(), format!("--fsize={limit}"));
    let set = Command::new("prlimit").args(["--pid", &process, &limit]).status().unwrap();
    assert!(set.success());
}
