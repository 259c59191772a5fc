//! Rows of studies that were decoded lately. Reading a row from the store costs less than decoding it.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{
    failure::Result,
    rows::{STUDY, StudyRow, decode},
};

const MOST_ROWS: usize = 2_000;

/// By OID. What is kept of a row counts only while the store has the same bytes.
pub(crate) struct Decoded(Cache<String, Arc<Kept>>);

struct Kept {
    bytes: Vec<u8>,
    row: Arc<StudyRow>,
}

impl Decoded {
    /// The row of a study that the store holds in these bytes.
    pub(crate) fn study(&self, oid: &str, bytes: &[u8]) -> Result<Arc<StudyRow>> {
        if let Some(kept) = self.0.get(oid).filter(|kept| kept.bytes == bytes) {
            return Ok(Arc::clone(&kept.row));
        }
        let row: Arc<StudyRow> = Arc::new(decode(STUDY, bytes)?);
        let kept = Kept { bytes: bytes.to_owned(), row: Arc::clone(&row) };
        self.0.insert(oid.to_owned(), Arc::new(kept));
        Ok(row)
    }
}

impl Default for Decoded {
    fn default() -> Self {
        Self(Cache::new(MOST_ROWS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Vec<u8> {
        let facts = format!(
            r#"{{"name":"{name}","protocol_number":null,"sponsor":null,"phase":null,
                "indication":null,"planned_sites":null,"planned_subjects":null,"status":"open"}}"#
        );
        format!(r#"{{"facts":{facts},"site_count":0,"version":1,"created_at_ms":0}}"#).into_bytes()
    }

    #[test]
    fn what_is_kept_of_a_row_counts_while_the_store_has_the_same() {
        let decoded = Decoded::default();
        let first = decoded.study("S1", &row("First")).unwrap();
        assert!(Arc::ptr_eq(&first, &decoded.study("S1", &row("First")).unwrap()));
        assert_eq!(decoded.study("S1", &row("Second")).unwrap().facts.name, "Second");
        assert_eq!(decoded.study("S2", &row("First")).unwrap().facts.name, "First");
        assert!(decoded.study("S1", b"{").is_err());
    }
}
