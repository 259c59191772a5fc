//! Settings of the interface for programs that were written for REDCap.

use serde::{Deserialize, Serialize};

/// The part `[redcap]` of the settings file, and what is in force. A key that is not known is an
/// error.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedcapConfig {
    /// Whether `POST /api/` is answered.
    pub open: bool,
    /// Passes over fields, forms and events that an export names and the study does not have, as
    /// REDCap does, instead of refusing the call.
    pub ignore_unknown_names: bool,
    /// Answers what is refused with the status 400, as REDCap does, instead of one that says more.
    pub answer_400: bool,
}

impl Default for RedcapConfig {
    fn default() -> Self {
        Self { open: true, ignore_unknown_names: false, answer_400: false }
    }
}
