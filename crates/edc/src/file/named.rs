//! Which files the journal names.

use kernel::{
    DataType, FileReference, ItemOid, StudyOid, SubjectKey,
    casebook::{Event, RecordKey, RowKey},
    study::Design,
};

use crate::{Edc, Failure, book::Shelf, failure::Result};

/// Entries that are read at a time.
const PAGE: u32 = 500;
/// How a reference begins.
const BEGINS: &[u8] = b"sha256:";

/// An entry that names a file.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub sequence: u64,
    pub record: RecordKey,
    pub row: RowKey,
    pub item: ItemOid,
    pub file: FileReference,
}

impl Edc {
    /// Every file that was ever recorded in a casebook, in the order of the entries.
    pub(super) async fn files_named(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
    ) -> Result<Vec<Named>> {
        let log = Shelf::log(study, subject);
        let mut named = Vec::new();
        let mut from = 1;
        loop {
            let page = self.store.read(&log, from, PAGE).await?;
            for sealed in &page {
                let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
                // Few entries name files; the others need not be understood.
                if !entry.payload.windows(BEGINS.len()).any(|part| part == BEGINS) {
                    continue;
                }
                let event = Event::from_payload(entry.payload).map_err(|source| {
                    Failure::Entry { log: log.to_string(), sequence: sealed.sequence, source }
                })?;
                named.extend(of_event(sealed.sequence, event));
            }
            if page.len() < PAGE as usize {
                return Ok(named);
            }
            from += u64::from(PAGE);
        }
    }
}

fn of_event(sequence: u64, event: Event) -> Vec<Named> {
    let Event::FormSaved(saved) = event else { return Vec::new() };
    let found = saved.changes().filter_map(|(row, change)| {
        let file = change.2.as_ref()?.text()?.parse().ok()?;
        let (record, item) = (saved.record.clone(), change.0.clone());
        Some(Named { sequence, record, row: row.clone(), item, file })
    });
    found.collect()
}

/// Whether an item of this OID holds files.
pub(super) fn holds_files(design: &Design, item: &ItemOid) -> bool {
    design.item(item).is_some_and(|item| item.data_type == DataType::File)
}
