//! Settings of what callers may take.

use std::{env, net::IpAddr, str::FromStr, time::Duration};

use anyhow::{Context, Result, ensure};
use mesh::rate_limit::Rate;
use serde::{Deserialize, Serialize};

/// The part `[limits]` of the settings file, and what is in force. A key that is not known is an error;
/// a limit of 0 is none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Calls of one user or API key in a second, in the long run and at once.
    pub caller_per_second: u32,
    pub caller_burst: u32,
    /// Calls without a name, and failed attempts to have one, from one address.
    pub address_per_minute: u32,
    pub address_burst: u32,
    /// Calls about one study.
    pub study_per_second: u32,
    pub study_burst: u32,
    /// Calls of one API key in a day of UTC.
    pub key_calls_per_day: u64,
    /// Calls that are answered at a time; of reads, lists and exports fewer.
    pub calls_in_flight: usize,
    /// As long as no more are answered at a time, a busy processor is no reason to refuse a save.
    pub spared_calls: usize,
    pub connections: usize,
    pub body_bytes: usize,
    pub request_seconds: u64,
    /// What is in hand may take so long when the program is stopped.
    pub drain_seconds: u64,
    /// Whose word is taken about where a call comes from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            caller_per_second: 1_000,
            caller_burst: 5_000,
            address_per_minute: 600,
            address_burst: 1_000,
            study_per_second: 5_000,
            study_burst: 20_000,
            key_calls_per_day: 1_000_000,
            calls_in_flight: 2_000,
            spared_calls: 256,
            connections: 12_000,
            body_bytes: 4 * 1024 * 1024,
            request_seconds: 30,
            drain_seconds: 25,
            trusted_proxies: vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from(LOOPBACK_V6)],
        }
    }
}

const LOOPBACK_V6: [u16; 8] = [0, 0, 0, 0, 0, 0, 0, 1];

impl LimitsConfig {
    /// What the environment says goes first.
    pub fn with_environment(mut self) -> Result<Self> {
        said("CALLER_PER_SECOND", &mut self.caller_per_second)?;
        said("CALLER_BURST", &mut self.caller_burst)?;
        said("ADDRESS_PER_MINUTE", &mut self.address_per_minute)?;
        said("ADDRESS_BURST", &mut self.address_burst)?;
        said("STUDY_PER_SECOND", &mut self.study_per_second)?;
        said("STUDY_BURST", &mut self.study_burst)?;
        said("KEY_CALLS_PER_DAY", &mut self.key_calls_per_day)?;
        said("CALLS_IN_FLIGHT", &mut self.calls_in_flight)?;
        said("SPARED_CALLS", &mut self.spared_calls)?;
        said("CONNECTIONS", &mut self.connections)?;
        said("BODY_BYTES", &mut self.body_bytes)?;
        said("REQUEST_SECONDS", &mut self.request_seconds)?;
        said("DRAIN_SECONDS", &mut self.drain_seconds)?;
        if let Some(text) = text("TRUSTED_PROXIES") {
            let addresses = text.split(',').map(|address| address.trim().parse());
            let addresses = addresses.collect::<Result<_, _>>();
            self.trusted_proxies = addresses.context("in CASEBOOK_LIMITS_TRUSTED_PROXIES")?;
        }
        ensure!(self.connections > 0, "limits.connections: at least 1");
        ensure!(self.body_bytes >= 1024, "limits.body_bytes: at least 1024");
        ensure!(self.request_seconds > 0, "limits.request_seconds: at least 1");
        Ok(self)
    }

    pub fn per_caller(&self) -> Option<Rate> {
        rate(self.caller_per_second, Duration::from_secs(1), self.caller_burst)
    }

    pub fn per_address(&self) -> Option<Rate> {
        rate(self.address_per_minute, Duration::from_mins(1), self.address_burst)
    }

    pub fn per_study(&self) -> Option<Rate> {
        rate(self.study_per_second, Duration::from_secs(1), self.study_burst)
    }
}

fn rate(count: u32, period: Duration, burst: u32) -> Option<Rate> {
    (count > 0).then(|| Rate::new(count, period, burst))
}

fn text(name: &str) -> Option<String> {
    env::var(format!("CASEBOOK_LIMITS_{name}")).ok().filter(|text| !text.is_empty())
}

fn said<T: FromStr>(name: &str, slot: &mut T) -> Result<()>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    if let Some(text) = text(name) {
        *slot = text.parse().with_context(|| format!("in CASEBOOK_LIMITS_{name}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_usual_and_nothing_is_no_limit() {
        let config: LimitsConfig = toml::from_str("caller_per_second = 0").expect("it is whole");
        assert!(config.per_caller().is_none());
        assert!(config.per_study().is_some());
        assert_eq!(config.body_bytes, 4 * 1024 * 1024);
        assert!(toml::from_str::<LimitsConfig>("caler_per_second = 1").is_err());
    }
}
