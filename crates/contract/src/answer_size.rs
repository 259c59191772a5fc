//! How large an answer in pieces is.

use std::sync::{Arc, OnceLock};

/// The size of the whole document, where whoever answers knows it before the first piece. Clones
/// share it, so that whoever made the call is told.
#[derive(Clone, Debug, Default)]
pub struct AnswerSize(Arc<OnceLock<u64>>);

impl AnswerSize {
    /// Notes the size in bytes; the first note counts.
    pub fn note(&self, bytes: u64) {
        let _ = self.0.set(bytes);
    }

    /// The size in bytes, if it was noted.
    pub fn bytes(&self) -> Option<u64> {
        self.0.get().copied()
    }
}
