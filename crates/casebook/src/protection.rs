//! What all doors of a process have in common: limits, counts, traces, and how they are closed.

use std::{sync::Arc, time::Duration};

use contract::identity::v1::Identity;
use gateway::{Drain, Gateway, Guard, Limits, Protection, Serving, Tracer, Uses};
use mesh::{
    RuntimeClock,
    shedding::{CpuGauge, Shedder},
};

use crate::{
    api_use,
    assembly::now,
    config::{Config, LimitsConfig},
    watch,
};

/// Keeps the doors of this process.
pub struct DoorKeeper {
    guard: Arc<Guard>,
    /// Who called what, since somebody last took it.
    uses: Arc<Uses>,
    drain: Drain,
    tracer: Option<Tracer>,
    limits: LimitsConfig,
}

impl DoorKeeper {
    /// As the settings say. Needs a runtime.
    pub fn new(config: &Config) -> Self {
        Self {
            guard: guard(&config.limits),
            uses: Arc::new(Uses::new(Arc::new(now))),
            drain: Drain::default(),
            tracer: watch::tracer(&config.watch),
            limits: config.limits.clone(),
        }
    }

    /// Keeps a door.
    pub fn keep(&self, gateway: Gateway) -> Gateway {
        let limits = Limits {
            body_bytes: self.limits.body_bytes,
            request_time: Duration::from_secs(self.limits.request_seconds),
            ..Limits::default()
        };
        let gateway = gateway
            .with_limits(limits)
            .with_guard(Arc::clone(&self.guard))
            .with_uses(Arc::clone(&self.uses))
            .with_drain(self.drain.clone());
        match &self.tracer {
            Some(tracer) => gateway.with_tracer(Arc::clone(tracer)),
            None => gateway,
        }
    }

    /// Who keeps what is counted at the doors.
    pub fn counts(&self, identity: Arc<dyn Identity>) -> api_use::Keeper {
        api_use::Keeper::new(Arc::clone(&self.uses), identity, Arc::clone(&self.guard))
    }

    /// What a single call over gRPC may use.
    pub fn message_limits(&self) -> contract::grpc::Limits {
        contract::grpc::Limits {
            message_bytes: self.limits.body_bytes,
            answer_time: Duration::from_secs(self.limits.request_seconds),
            ..contract::grpc::Limits::default()
        }
    }

    /// What all connections may take.
    pub fn serving(&self) -> Serving {
        Serving {
            connections: self.limits.connections,
            drain_time: Duration::from_secs(self.limits.drain_seconds),
            drain: self.drain.clone(),
            ..Serving::default()
        }
    }
}

/// Keeps callers within the limits. Needs a runtime.
fn guard(limits: &LimitsConfig) -> Arc<Guard> {
    let clock = Arc::new(RuntimeClock);
    let cpu = CpuGauge::measured(clock.clone()).unwrap_or_else(|error| {
        tracing::warn!(error = %error, "calls are shed by their number only");
        Arc::default()
    });
    let shedder = (limits.calls_in_flight > 0)
        .then(|| Shedder::sparing(clock.clone(), cpu, limits.calls_in_flight, limits.spared_calls));
    let protection = Protection {
        shedder,
        per_caller: limits.per_caller(),
        per_address: limits.per_address(),
        per_study: limits.per_study(),
        key_calls_per_day: Some(limits.key_calls_per_day).filter(|limit| *limit > 0),
        trusted_proxies: limits.trusted_proxies.clone(),
    };
    Arc::new(Guard::new(protection, clock, Arc::new(now)))
}
