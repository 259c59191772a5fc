//! By which calls in many places are known to belong together (W3C Trace Context, level 1).

use std::{fmt, str::FromStr};

/// The `traceparent` of a call: the trace it belongs to, and the step that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    id: [u8; 16],
    step: [u8; 8],
    is_sampled: bool,
}

/// The text is no `traceparent` of version 00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct TraceUnreadable;

impl Trace {
    /// A step of a trace. `None` when one of the ids is zero, which the standard forbids.
    pub fn new(trace_id: [u8; 16], span_id: [u8; 8], is_sampled: bool) -> Option<Self> {
        let is_valid = trace_id != [0; 16] && span_id != [0; 8];
        is_valid.then_some(Self { id: trace_id, step: span_id, is_sampled })
    }

    pub fn trace_id(&self) -> [u8; 16] {
        self.id
    }

    /// The step that makes the call: the parent of what the called service does.
    pub fn span_id(&self) -> [u8; 8] {
        self.step
    }

    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace_id = u128::from_be_bytes(self.id);
        let span_id = u64::from_be_bytes(self.step);
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(self.is_sampled))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Trace {
    type Err = TraceUnreadable;

    /// Reads version 00, and of later versions what version 00 has in common with them.
    fn from_str(text: &str) -> Result<Self, TraceUnreadable> {
        let mut parts = text.split('-');
        let mut next = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length).ok_or(TraceUnreadable)?;
            let is_plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if part.bytes().all(is_plain) { Ok(part) } else { Err(TraceUnreadable) }
        };
        let (version, trace_id, span_id, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return Err(TraceUnreadable);
        }
        let trace_id = u128::from_str_radix(trace_id, 16).map_err(|_| TraceUnreadable)?;
        let span_id = u64::from_str_radix(span_id, 16).map_err(|_| TraceUnreadable)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| TraceUnreadable)?;
        let is_sampled = flags & 1 == 1;
        Self::new(trace_id.to_be_bytes(), span_id.to_be_bytes(), is_sampled).ok_or(TraceUnreadable)
    }
}
