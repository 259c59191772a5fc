use crate::{EntryRef, Hash, Head, LogName, Malformed, SealedRef};
use thiserror::Error;

/// Verifies one log, entry by entry, from its beginning or from a head that is already trusted.
#[derive(Debug, Clone)]
pub struct Chain {
    log: LogName,
    head: Head,
}

/// The first place at which a log is not what was written.
#[derive(Debug, Error)]
#[error("log {log}, entry {sequence}: {why}")]
pub struct Broken {
    pub log: LogName,
    pub sequence: u64,
    pub why: Why,
}

/// How a log differs from what was written.
#[derive(Debug, Error)]
pub enum Why {
    #[error("is missing or out of order, entry {found} stands in its place")]
    Misplaced { found: u64 },
    #[error("its bytes do not have the recorded hash")]
    Altered,
    #[error("its bytes cannot be read: {0}")]
    Malformed(Box<Malformed>),
    #[error("it was written to log {found}")]
    OtherLog { found: Box<LogName> },
    #[error("it was written as entry {found}")]
    OtherSequence { found: u64 },
    #[error("it does not follow the entry before it")]
    Unlinked,
    #[error("is missing at the end of the log, which was recorded up to entry {recorded}")]
    Truncated { recorded: u64 },
    #[error("is beyond the recorded end of the log, entry {recorded}")]
    Unrecorded { recorded: u64 },
    #[error("it is not the entry that was recorded as the end of the log")]
    OtherHead,
}

impl Chain {
    /// Starts at the beginning of a log.
    pub fn new(log: LogName) -> Self {
        Self::resume(log, Head::default())
    }

    /// Goes on from a head that was verified before.
    pub fn resume(log: LogName, head: Head) -> Self {
        Self { log, head }
    }

    /// Whose chain it is.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// The last entry that was accepted.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Checks that this is the next entry of the log, exactly as it was sealed, and gives it decoded
    /// so that a replay needs no second pass. After an error the chain stays where it was.
    pub fn accept<'a>(&mut self, sealed: impl Into<SealedRef<'a>>) -> Result<EntryRef<'a>, Broken> {
        let sealed = sealed.into();
        let expected = self.head.sequence + 1;
        let entry = self.examine(expected, sealed).map_err(|why| self.broken(expected, why))?;
        self.head = sealed.head();
        Ok(entry)
    }

    fn examine<'a>(&self, expected: u64, sealed: SealedRef<'a>) -> Result<EntryRef<'a>, Why> {
        if sealed.sequence != expected {
            return Err(Why::Misplaced { found: sealed.sequence });
        }
        if Hash::of(sealed.bytes) != sealed.hash {
            return Err(Why::Altered);
        }
        let entry = sealed.view().map_err(|error| Why::Malformed(Box::new(error)))?;
        if entry.log != self.log.as_ref() {
            return Err(Why::OtherLog { found: Box::new(entry.log.to_name()) });
        }
        if entry.sequence != expected {
            return Err(Why::OtherSequence { found: entry.sequence });
        }
        if entry.previous != self.head.hash {
            return Err(Why::Unlinked);
        }
        Ok(entry)
    }

    /// Ends the log and compares it with the head that was recorded for it, which shows entries cut
    /// off at the end.
    pub fn finish(self, recorded: Head) -> Result<Head, Broken> {
        let last = self.head.sequence;
        if last < recorded.sequence {
            let why = Why::Truncated { recorded: recorded.sequence };
            return Err(self.broken(last + 1, why));
        }
        if last > recorded.sequence {
            let why = Why::Unrecorded { recorded: recorded.sequence };
            return Err(self.broken(recorded.sequence + 1, why));
        }
        if self.head.hash != recorded.hash {
            return Err(self.broken(last, Why::OtherHead));
        }
        Ok(self.head)
    }

    fn broken(&self, sequence: u64, why: Why) -> Broken {
        Broken { log: self.log.clone(), sequence, why }
    }
}
