//! Keeps one caller, address or study from taking what all need, and all of them from taking more
//! than there is. The limits are this process's own.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use contract::{Caller, Code, Error, Method, Priority};
use http::HeaderMap;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use mesh::{
    Clock,
    quota::{Period, Quota},
    rate_limit::{Rate, RateLimiter, TooMany},
    shedding::{self, Shedder, Ticket},
};

use crate::measures;

/// Callers, addresses and studies that are told apart; each costs some dozens of bytes.
const MOST_KEYS: usize = 100_000;
const FORWARDED: &str = "x-forwarded-for";

/// What is allowed; nothing is limited by default.
#[derive(Clone, Default)]
pub struct Protection {
    /// Refuses, when there is more work than can be done, the unimportant first.
    pub shedder: Option<Arc<Shedder>>,
    /// Calls of one user, or of one API key.
    pub per_caller: Option<Rate>,
    /// Calls from one address of whoever has not proven who he is, and failed attempts to.
    pub per_address: Option<Rate>,
    /// Calls that name one study, of callers who have a role in it.
    pub per_study: Option<Rate>,
    /// Calls of one API key in a day of UTC.
    pub key_calls_per_day: Option<u64>,
    /// Whose word is taken about the address from which a call comes (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpAddr>,
}

/// Enforces a [`Protection`].
pub struct Guard {
    shedder: Option<Arc<Shedder>>,
    callers: Option<RateLimiter<String>>,
    addresses: Option<RateLimiter<IpAddr>>,
    studies: Option<RateLimiter<String>>,
    quota: Quota<String>,
    key_calls_per_day: Option<u64>,
    trusted_proxies: Vec<IpAddr>,
    clock: Arc<dyn Clock>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Guard {
    /// `clock` measures durations, `now` tells the day.
    pub fn new(
        protection: Protection,
        clock: Arc<dyn Clock>,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self {
            shedder: protection.shedder,
            callers: protection.per_caller.map(|rate| RateLimiter::new(rate, MOST_KEYS)),
            addresses: protection.per_address.map(|rate| RateLimiter::new(rate, MOST_KEYS)),
            studies: protection.per_study.map(|rate| RateLimiter::new(rate, MOST_KEYS)),
            quota: Quota::new(Period::Day, MOST_KEYS),
            key_calls_per_day: protection.key_calls_per_day,
            trusted_proxies: protection.trusted_proxies,
            clock,
            now,
        }
    }

    /// Adds what an API key is known to have used today, before this process began.
    pub fn restore(&self, key: &str, calls: u64) {
        self.quota.restore(&key.to_owned(), calls, (self.now)());
    }

    /// Lets a call in, or refuses it with `OVERLOADED`, before anything is done for it.
    pub(crate) fn admit(&self, method: &Method) -> Result<Option<Ticket>, Error> {
        let Some(shedder) = &self.shedder else { return Ok(None) };
        shedder.admit(priority(method.priority)).map(Some).map_err(|shed| {
            let reason = match shed.reason {
                shedding::Reason::Overloaded => "overloaded",
                shedding::Reason::Full => "full",
            };
            let name = method.priority.name();
            metrics::counter!(measures::SHED, "priority" => name, "reason" => reason).increment(1);
            let message = "there is more to do than can be done; nothing was done for this call";
            Error::new(Code::Unavailable, "OVERLOADED", message)
                .with_metadata("priority", name)
                .with_metadata("retry_after_seconds", seconds(shed.retry_after))
        })
    }

    /// Refuses with `TOO_MANY_CALLS` or `QUOTA_USED`.
    pub(crate) fn let_in(
        &self,
        caller: &Caller,
        study: Option<&str>,
        address: IpAddr,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        if caller.user.is_empty() {
            return self.count_stranger(address);
        }
        if let Some(callers) = &self.callers {
            let who = match &caller.key {
                Some(key) => format!("key:{key}"),
                None => format!("user:{}", caller.user),
            };
            callers.take(&who, 1, now).map_err(|many| too_many("caller", many))?;
        }
        // A study's limit cannot be used up by those who have nothing to do with it.
        if let (Some(studies), Some(study)) = (&self.studies, study)
            && reaches(caller, study)
        {
            studies.take(&study.to_owned(), 1, now).map_err(|many| too_many("study", many))?;
        }
        match (&caller.key, self.key_calls_per_day) {
            (Some(key), Some(limit)) => self.use_quota(key, limit),
            _ => Ok(()),
        }
    }

    /// Whether somebody at this address may still try to prove who he is.
    pub(crate) fn may_try(&self, address: IpAddr) -> Result<(), Error> {
        let Some(addresses) = &self.addresses else { return Ok(()) };
        let asked = addresses.check(&network(address), 1, self.clock.now());
        asked.map_err(|many| too_many("address", many))
    }

    /// Counts a call of somebody unknown, or a failed attempt to be known.
    pub(crate) fn count_stranger(&self, address: IpAddr) -> Result<(), Error> {
        let Some(addresses) = &self.addresses else { return Ok(()) };
        let taken = addresses.take(&network(address), 1, self.clock.now());
        taken.map_err(|many| too_many("address", many))
    }

    /// From where a call comes: behind a trusted proxy, the last address that it has seen and that is
    /// not itself such a proxy.
    pub(crate) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted_proxies.contains(&peer) {
            return peer;
        }
        let lines = headers.get_all(FORWARDED).iter().filter_map(|line| line.to_str().ok());
        let seen: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut nearest = peer;
        for text in seen.iter().rev() {
            let Ok(address) = text.parse() else { break };
            nearest = address;
            if !self.trusted_proxies.contains(&address) {
                break;
            }
        }
        nearest
    }

    fn use_quota(&self, key: &String, limit: u64) -> Result<(), Error> {
        let now = (self.now)();
        self.quota.take(key, 1, limit, now).map(drop).map_err(|used_up| {
            measures::limited("quota");
            let message = format!("this key may make {limit} calls in a day of UTC");
            Error::new(Code::ResourceExhausted, "QUOTA_USED", message)
                .with_metadata("used", used_up.used.to_string())
                .with_metadata("retry_after_seconds", seconds(until_tomorrow(now)))
        })
    }
}

fn too_many(limit: &'static str, many: TooMany) -> Error {
    measures::limited(limit);
    let message = format!("there were too many calls of this {limit} in a short time");
    Error::new(Code::ResourceExhausted, "TOO_MANY_CALLS", message)
        .with_metadata("limit", limit)
        .with_metadata("retry_after_seconds", seconds(many.retry_after))
}

fn reaches(caller: &Caller, study: &str) -> bool {
    caller.grants.iter().any(|grant| grant.study.as_deref().is_none_or(|own| own == study))
}

/// Whole seconds, rounded up: whoever waits that long has waited long enough.
fn seconds(time: Duration) -> String {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1).to_string()
}

fn until_tomorrow(now: Timestamp) -> Duration {
    let today = now.to_zoned(TimeZone::UTC);
    let tomorrow = today.start_of_day().and_then(|start| start.checked_add(1.day()));
    let left = tomorrow.ok().and_then(|then| (then.timestamp() - now).try_into().ok());
    left.unwrap_or(Duration::from_hours(24))
}

/// What one subscriber has: a whole IPv4 address, or the first half of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

fn priority(priority: Priority) -> shedding::Priority {
    match priority {
        Priority::Save => shedding::Priority::Save,
        Priority::Read => shedding::Priority::Read,
        Priority::List => shedding::Priority::List,
        Priority::Export => shedding::Priority::Export,
    }
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protection")
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

#[cfg(test)]
mod tests;
