//! A private PostgreSQL server for tests: its own folder, its own socket, no port.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const INSTALL: &str = "these tests need PostgreSQL 15 or newer: install it (Debian and Ubuntu: \
                       apt-get install postgresql) or put initdb and postgres on the PATH";
/// How long a killed server may need until it serves again.
const RECOVERY_TIME: Duration = Duration::from_mins(1);
const READY: &str = "database system is ready to accept connections";
/// Stops the server as soon as its standard input is closed, so also when the test is killed.
const WATCH: &str = r#""$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server"#;

/// A running server; it is stopped and its folder removed when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    tools: PathBuf,
    owner: Option<(u32, u32)>,
    server: Child,
    alive: Option<ChildStdin>,
    settings: Vec<String>,
    databases: AtomicU32,
}

impl Postgres {
    /// The server that all tests of this process share while at least one of them holds it.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// Starts a server that does not wait for the disk.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        Self::start_with(&["fsync=off", "full_page_writes=off"])
    }

    /// Starts a server that is as durable as a real one, for measurements.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    pub fn start_durable() -> Self {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Self {
        let tools = find_tools().expect(INSTALL);
        let folder = TempDir::with_prefix("pg-").expect("a temporary folder can be made");
        let owner = unprivileged_owner(folder.path());
        let data = folder.path().join("data");
        let mut initdb = command(&tools.join("initdb"), folder.path(), owner);
        initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]);
        run(initdb.args(["--locale=C", "--pgdata"]).arg(&data));

        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let (server, alive) = launch(&folder, &tools, owner, &settings)
            .unwrap_or_else(|said| panic!("PostgreSQL did not start:\n{said}"));
        let alive = Some(alive);
        Self { folder, tools, owner, server, alive, settings, databases: AtomicU32::new(0) }
    }

    /// Kills the server without a word to it (SIGKILL of the postmaster), as a crash does.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&mut self) {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("a running server has a file with its number");
        let id = text.lines().next().unwrap_or_default();
        run(Command::new("sh").args(["-c", r#"kill -KILL "$1""#, "sh", id]));
        self.end();
    }

    /// Starts the server again after it was killed, and returns when it serves.
    ///
    /// # Panics
    /// If it does not serve within a minute.
    pub fn start_again(&mut self) {
        let started = Instant::now();
        loop {
            match launch(&self.folder, &self.tools, self.owner, &self.settings) {
                Ok((server, alive)) => {
                    (self.server, self.alive) = (server, Some(alive));
                    return;
                }
                // Processes of the killed server may still be about to notice.
                Err(said) => assert!(started.elapsed() < RECOVERY_TIME, "no recovery:\n{said}"),
            }
        }
    }

    fn end(&mut self) {
        drop(self.alive.take());
        // There is nobody to tell if it had ended before.
        let _ = self.server.wait();
    }

    /// Makes an empty database and returns how to connect to it, as `key=value` pairs.
    ///
    /// # Panics
    /// If the server does not make the database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Relaxed));
        let socket = self.folder.path();
        let mut createdb = command(&self.tools.join("createdb"), socket, self.owner);
        run(createdb.arg("-h").arg(socket).args(["-U", "postgres", &name]));
        format!("host={} user=postgres dbname={name}", socket.display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a server on a folder that has its data, and waits until it is ready; what it said if it
/// ended instead.
fn launch(
    folder: &TempDir,
    tools: &Path,
    owner: Option<(u32, u32)>,
    settings: &[String],
) -> Result<(Child, ChildStdin), String> {
    let mut watched = command(Path::new("sh"), folder.path(), owner);
    watched.args(["-c", WATCH, "sh"]).arg(tools.join("postgres"));
    watched.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
    watched.args(["-c", "listen_addresses="]);
    for setting in settings {
        watched.args(["-c", setting]);
    }
    watched.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut server = watched.spawn().expect("the server can be started");
    let alive = server.stdin.take().expect("the input was asked for");
    match await_ready(&mut server) {
        Ok(()) => Ok((server, alive)),
        Err(said) => {
            drop(alive);
            let _ = server.wait();
            Err(said)
        }
    }
}

/// The folder with the server's programs: on the PATH, or where Debian keeps the newest version.
fn find_tools() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("initdb"));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|version| version.path()).collect();
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    installed.sort_by_key(|folder| std::cmp::Reverse(number(folder)));
    let installed = installed.into_iter().map(|folder| folder.join("bin/initdb"));
    let initdb = on_path.chain(installed).find(|initdb| initdb.is_file())?;
    Some(initdb.canonicalize().ok()?.parent()?.to_owned())
}

/// PostgreSQL refuses to run as root: then the folder is given to `postgres` or `nobody`, and the
/// server runs as that user.
fn unprivileged_owner(folder: &Path) -> Option<(u32, u32)> {
    let made_by = fs::metadata(folder).expect("the folder was just made").uid();
    if made_by != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the list of users can be read");
    let user = |name: &str| {
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let found = users.lines().map(fields).find(|fields| fields[0] == name)?;
        Some((found.get(2)?.parse().ok()?, found.get(3)?.parse().ok()?))
    };
    let (uid, gid) =
        user("postgres").or_else(|| user("nobody")).expect("there is an ordinary user");
    chown(folder, Some(uid), Some(gid)).expect("root may give a folder away");
    Some((uid, gid))
}

fn command(program: &Path, folder: &Path, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("the programs of PostgreSQL can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
}

/// Reads what the server says until it is ready, and leaves a thread reading on. If it ends, returns
/// everything that it said.
fn await_ready(server: &mut Child) -> Result<(), String> {
    let said = server.stderr.take().expect("the output was asked for");
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let mut before = Vec::new();
    while let Some(line) = lines.next() {
        if line.contains(READY) {
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(());
        }
        before.push(line);
    }
    Err(before.join("\n"))
}
