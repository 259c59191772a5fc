//! A casebook: everything the trial knows about one subject.
mod record;
mod stored;
pub use self::{
    record::{FormRecord, ItemKey, RecordKey, RecordSignature, Row, RowKey},
    stored::{DatumRef, MalformedRecord, RecordRef, RowRef},
};
