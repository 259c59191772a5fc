//! What those see who watch the program: its log, metrics and traces.

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use contract::Trace;
use gateway::Tracer;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{
    Context, KeyValue,
    trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        TracerProvider as _,
    },
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::net::TcpListener;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{assembly::new_id, cluster::Part, config::WatchConfig};

/// Upper ends of the buckets of durations, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Upper ends of the buckets of numbers of writes.
const WRITES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// How often old values of histograms are put away.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
const OUR_CRATES: [&str; 9] =
    ["casebook", "contract", "edc", "gateway", "identity", "mesh", "portfolio", "store", "webhook"];
const MEMORY: &str = "process_resident_memory_bytes";

/// Where traces go, and in whose name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    pub endpoint: String,
    /// `casebook`, or with the parts that this process has of several: `casebook.identity+portfolio`.
    pub service: String,
}

impl Traced {
    /// In the name of a process with these parts; with all when none is named.
    pub fn new(endpoint: String, installation: Option<&str>, parts: &[Part]) -> Self {
        let mut names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
        names.sort_unstable();
        names.dedup();
        let parts = names.join("+");
        let between = if parts.is_empty() { "" } else { "." };
        let installation = installation.unwrap_or("casebook");
        Self { endpoint, service: format!("{installation}{between}{parts}") }
    }
}

/// Traces that are sent, until it is dropped.
pub struct Traces(Option<SdkTracerProvider>);

/// Starts the log of the program on standard error, and sends traces to an address where one is given.
/// Needs a runtime.
pub fn start_log(filter: &str, traced: Option<&Traced>) -> Result<Traces> {
    let provider = traced.map(provider).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("casebook"))
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(|about| about.is_span() && is_ours(about.target())))
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(EnvFilter::new(filter));
    tracing_subscriber::registry().with(spans).with(lines).init();
    Ok(Traces(provider))
}

impl Drop for Traces {
    /// Sends what is still to be sent.
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown()
        {
            eprintln!("casebook: the last traces are lost: {error}");
        }
    }
}

/// Makes requests steps of traces, if traces are kept.
pub fn tracer(config: &WatchConfig) -> Option<Tracer> {
    config.otlp_endpoint.as_ref()?;
    Some(Arc::new(|span, parent| {
        if let Some(parent) = parent {
            let flags =
                if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
            let trace = TraceId::from_bytes(parent.trace_id());
            let step = SpanId::from_bytes(parent.span_id());
            let named = SpanContext::new(trace, step, flags, true, TraceState::default());
            // A span that nobody keeps has no parent either.
            let _ = span.set_parent(Context::new().with_remote_span_context(named));
        }
        let context = span.context();
        let own = context.span().span_context().clone();
        Trace::new(own.trace_id().to_bytes(), own.span_id().to_bytes(), own.is_sampled())
    }))
}

/// Records metrics, and answers whoever asks for them, if the settings say where. To be called before
/// the store is opened and any channel is made: what is made earlier counts into nothing.
pub async fn start_metrics(config: &WatchConfig) -> Result<()> {
    let Some(address) = config.metrics_listen else { return Ok(()) };
    let handle = install_metrics()?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, "metrics are answered");
    let (upkeep, rendered) = (handle.clone(), handle);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            upkeep.run_upkeep();
        }
    });
    let router = gateway::watching(Arc::new(move || {
        measure_process();
        rendered.render()
    }));
    tokio::spawn(async move {
        let served = gateway::serve(listener, router, std::future::pending()).await;
        if let Err(error) = served {
            tracing::error!(error = %error, "metrics are not answered any more");
        }
    });
    Ok(())
}

fn install_metrics() -> Result<PrometheusHandle> {
    let ends_with = |end: &str| Matcher::Suffix(end.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(ends_with("_seconds"), &SECONDS)?
        .set_buckets_for_metric(ends_with("_writes"), &WRITES)?
        .install_recorder()
        .context("metrics cannot be recorded")?;
    gateway::measures::describe();
    mesh::metrics::describe();
    store::metrics::describe();
    identity::metrics::describe();
    webhook::metrics::describe();
    metrics::describe_gauge!(MEMORY, metrics::Unit::Bytes, "memory of the process");
    Ok(handle)
}

fn measure_process() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u32>().ok());
    if let Some(kib) = kib {
        metrics::gauge!(MEMORY).set(f64::from(kib) * 1024.0);
    }
}

/// Sends spans to a collector.
fn provider(traced: &Traced) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(&traced.endpoint).build();
    let exporter = exporter.context("traces cannot be sent")?;
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", traced.service.clone()),
            KeyValue::new("service.instance.id", new_id()),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build();
    Ok(provider)
}

/// Only the spans of our own crates are sent: they name methods, times and ids, never a value.
fn is_ours(target: &str) -> bool {
    OUR_CRATES.contains(&target.split("::").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_tell_which_part_of_the_program_they_are_of() {
        let name = |installation, parts: &[Part]| {
            Traced::new("http://127.0.0.1:4317".to_owned(), installation, parts).service
        };
        assert_eq!(name(None, &[]), "casebook");
        assert_eq!(name(None, &[Part::Gateway]), "casebook.gateway");
        let two = [Part::Portfolio, Part::Identity, Part::Portfolio];
        assert_eq!(name(Some("north"), &two), "north.identity+portfolio");
    }
}
