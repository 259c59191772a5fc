/// Work that an append left behind, claimed from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub study: String,
    pub queue: String,
    /// Enqueuing the same key again replaces the payload instead of adding a second job.
    pub key: String,
    pub payload: Vec<u8>,
    /// How often the job was claimed since it was enqueued, this time included.
    pub attempt: i64,
    /// The position of the append that enqueued it: together with the attempt it names one lease,
    /// so that a late worker cannot end a newer job.
    pub(crate) token: i64,
}
