//! Child processes and what they use, from `/proc`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

/// The clock ticks of `/proc/PID/stat` (`getconf CLK_TCK` on Linux).
const TICKS_PER_SECOND: f64 = 100.0;

const START_TIME: Duration = Duration::from_secs(20);

/// What a finished process used.
#[derive(Clone, Debug, Default)]
pub struct Used {
    pub seconds: f64,
    /// On all cores, user and system.
    pub cpu_seconds: f64,
    /// The most memory that was resident (`VmHWM`).
    pub peak_mb: f64,
    pub output: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<Used> {
    let shown = format!("{command:?}");
    let (cpu_before, started) = (cpu_of_children()?, Instant::now());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    let pid = child.id();
    let watcher = thread::spawn(move || {
        let mut peak_mb = 0.0;
        while let Some(now_mb) = peak_memory_mb(pid) {
            peak_mb = now_mb;
            thread::sleep(Duration::from_millis(5));
        }
        peak_mb
    });
    let mut output = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut output)?;
    }
    let status = child.wait()?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_mb = watcher.join().unwrap_or_default();
    ensure!(status.success(), "{shown} failed: {status}\n{output}");
    Ok(Used { seconds, cpu_seconds: cpu_of_children()? - cpu_before, peak_mb, output })
}

/// A server that was started and says where it listens. It is stopped when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a command that prints `listening on http://ADDRESS`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let shown = format!("{command:?}");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {shown}"))?;
        let pipe = child.stdout.take().context("the output is piped")?;
        for line in BufReader::new(pipe).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                return Ok(Self { address: address.trim().parse()?, child });
            }
        }
        bail!("{shown} did not say where it listens")
    }

    /// Starts a command that listens there, and waits until it does.
    pub fn start_at(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let shown = format!("{command:?}");
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {shown}"))?;
        let server = Self { child, address };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(started.elapsed() < START_TIME, "{shown} does not listen on {address}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// The processor time that the server has used so far, in seconds.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        cpu_fields(&stat, 11)
    }

    pub fn peak_mb(&self) -> f64 {
        peak_memory_mb(self.child.id()).unwrap_or_default()
    }

    /// The memory that is resident now.
    pub fn memory_mb(&self) -> f64 {
        memory_mb(self.child.id(), "VmRSS:").unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

fn cpu_of_children() -> Result<f64> {
    cpu_fields(&fs::read_to_string("/proc/self/stat")?, 13)
}

/// Two fields of a `stat` line, added; counted from the one after the name in parentheses.
fn cpu_fields(stat: &str, first: usize) -> Result<f64> {
    let (_, fields) = stat.rsplit_once(')').context("a stat line has a name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<f64> {
        Ok(fields.get(at).context("a stat line has more fields")?.parse()?)
    };
    Ok((ticks(first)? + ticks(first + 1)?) / TICKS_PER_SECOND)
}

fn peak_memory_mb(pid: u32) -> Option<f64> {
    memory_mb(pid, "VmHWM:")
}

fn memory_mb(pid: u32, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}
