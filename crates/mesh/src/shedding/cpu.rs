//! How busy the processor is with this program's control group: cgroup v2, else the own process.
//!
//! The machine as a whole is not asked: a neighbour's load is no reason to refuse our callers, and a
//! group's limit may be far below the machine (go-zero's issues 4265, 3857).

use crate::clock::Clock;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// How often the load is read; the constants of the average belong to it.
const INTERVAL: Duration = Duration::from_millis(250);
/// Share of the old average that each reading leaves.
const BETA: f64 = 0.95;
const CGROUP_ROOT: &str = "/sys/fs/cgroup";
/// Linux counts the time of a process in hundredths of a second, on every architecture.
const TICK_US: u64 = 10_000;

/// The load of the processor in thousandths of what this program may use, as a moving average.
#[derive(Debug, Default)]
pub struct CpuGauge {
    permille: AtomicU32,
}

/// The system does not tell how busy the processor is.
#[derive(Debug, thiserror::Error)]
#[error("cannot read how much processor time was used")]
pub struct CpuUnreadable(#[source] io::Error);

impl CpuGauge {
    /// A gauge that a test or another source sets.
    pub fn fixed(permille: u32) -> Self {
        Self { permille: AtomicU32::new(permille) }
    }

    pub fn permille(&self) -> u32 {
        self.permille.load(Relaxed)
    }

    pub fn set(&self, permille: u32) {
        self.permille.store(permille, Relaxed);
    }

    /// Starts to measure, for as long as somebody holds the gauge. Where the system does not tell,
    /// the caller may go on with a gauge that stands at 0: then only the bound on calls in flight
    /// refuses.
    pub fn measured(clock: Arc<dyn Clock>) -> Result<Arc<Self>, CpuUnreadable> {
        let source = Source::find();
        let mut last =
            Reading { at: clock.now(), used_us: source.used_us().map_err(CpuUnreadable)? };
        let gauge = Arc::new(Self::default());
        let held = Arc::downgrade(&gauge);
        tokio::spawn(async move {
            let mut average = 0.0;
            loop {
                tokio::time::sleep(INTERVAL).await;
                let Some(gauge) = held.upgrade() else { return };
                let Ok(used_us) = source.used_us() else { continue };
                let reading = Reading { at: clock.now(), used_us };
                average = smooth(average, load_permille(last, reading, source.cores()));
                last = reading;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0..=1000"
                )]
                gauge.set(average as u32);
            }
        });
        Ok(gauge)
    }
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    used_us: u64,
}

/// Used time as a share of the time that there was, 0 to 1000.
#[expect(clippy::cast_precision_loss, reason = "microseconds of a process are far below 2^52")]
fn load_permille(from: Reading, to: Reading, cores: f64) -> f64 {
    let passed_us = to.at.saturating_duration_since(from.at).as_micros() as f64 * cores;
    let used_us = to.used_us.saturating_sub(from.used_us) as f64;
    if passed_us > 0.0 { (1000.0 * used_us / passed_us).min(1000.0) } else { 0.0 }
}

fn smooth(average: f64, load: f64) -> f64 {
    average * BETA + load * (1.0 - BETA)
}

/// Where used time is read.
#[derive(Debug)]
enum Source {
    Group(PathBuf),
    Process,
}

impl Source {
    fn find() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
        let group = own.map(|own| Path::new(CGROUP_ROOT).join(own));
        // The root group is the whole machine, unless it is a container's own.
        let limited = |group: &PathBuf| group.join("cpu.max").is_file();
        group.filter(limited).map_or(Self::Process, Self::Group)
    }

    fn used_us(&self) -> io::Result<u64> {
        let used = match self {
            Self::Group(folder) => usage_of_group(&fs::read_to_string(folder.join("cpu.stat"))?),
            Self::Process => usage_of_process(&fs::read_to_string("/proc/self/stat")?),
        };
        used.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    /// Processors that may be used: the least of the limits of the group and those around it.
    fn cores(&self) -> f64 {
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let all = f64::from(u32::try_from(all).unwrap_or(u32::MAX));
        let Self::Group(folder) = self else { return all };
        let around = folder.ancestors().take_while(|one| one.starts_with(CGROUP_ROOT));
        let limits = around.filter_map(|one| limit(&fs::read_to_string(one.join("cpu.max")).ok()?));
        limits.fold(all, f64::min)
    }
}

/// `usage_usec` of a group's `cpu.stat`.
fn usage_of_group(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?.trim().parse().ok()
}

/// User and system time of `/proc/self/stat`, fields 14 and 15; the name, field 2, may contain
/// anything and ends with the last parenthesis.
fn usage_of_process(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * TICK_US)
}

/// Processors by a group's `cpu.max`: quota and period; `max` is no limit.
fn limit(cpu_max: &str) -> Option<f64> {
    let (quota, period) = cpu_max.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_tells_its_use_and_its_limit() {
        assert_eq!(usage_of_group("usage_usec 8723\nuser_usec 3\n"), Some(8723));
        assert_eq!(limit("150000 100000\n"), Some(1.5));
        assert_eq!(limit("max 100000\n"), None);
    }

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 200 50 1 1";
        assert_eq!(usage_of_process(stat), Some(2_500_000));
        assert_eq!(usage_of_process("7 (a"), None);
    }

    #[test]
    fn half_of_two_processors_is_500() {
        let start = Instant::now();
        let from = Reading { at: start, used_us: 1000 };
        let to = Reading { at: start + Duration::from_secs(1), used_us: 1_001_000 };
        assert!((load_permille(from, to, 2.0) - 500.0).abs() < 1e-9);
        assert!((load_permille(from, to, 0.5) - 1000.0).abs() < 1e-9, "never above the limit");
        assert!((smooth(100.0, 500.0) - 120.0).abs() < 1e-9);
    }

    #[tokio::test]
    async fn this_machine_can_be_measured() {
        let gauge = CpuGauge::measured(Arc::new(crate::clock::RuntimeClock)).unwrap();
        assert!(gauge.permille() <= 1000);
    }
}
