//! What is counted, through the `metrics` facade: whoever runs the program chooses where it goes.

/// Hashes of passwords that are being computed.
pub const HASHES_RUNNING: &str = "identity_hashes_running";
/// Passwords that wait to be hashed.
pub const HASHES_WAITING: &str = "identity_hashes_waiting";
/// Hashes of passwords that were computed.
pub const HASHES: &str = "identity_hashes_total";

/// Tells the recorder what the names mean.
pub fn describe() {
    metrics::describe_gauge!(HASHES_RUNNING, "hashes of passwords that are being computed");
    metrics::describe_gauge!(HASHES_WAITING, "passwords that wait to be hashed");
    metrics::describe_counter!(HASHES, "hashes of passwords that were computed");
}

/// Something that is going on until this is dropped.
pub(crate) struct Ongoing(metrics::Gauge);

impl Ongoing {
    pub(crate) fn new(name: &'static str) -> Self {
        let gauge = metrics::gauge!(name);
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}
