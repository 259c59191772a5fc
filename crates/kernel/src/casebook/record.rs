//! One form as filled in for one subject, event and repeat.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Datum, FormOid, ItemGroupOid, ItemOid, RepeatKey, StudyEventOid};

/// Which form record of a casebook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    pub event: StudyEventOid,
    pub event_repeat: RepeatKey,
    pub form: FormOid,
    pub form_repeat: RepeatKey,
}

/// Which row of a form record: a group and its repeat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowKey {
    pub group: ItemGroupOid,
    pub repeat: RepeatKey,
}

/// Which item of a form record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey {
    pub row: RowKey,
    pub item: ItemOid,
}

/// The values of one row. A removed row keeps its values and shows none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub removed: bool,
    pub items: BTreeMap<ItemOid, Datum>,
}

/// An electronic signature on a record: bound to the content it was put under (21 CFR 11.70).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSignature {
    pub signer: String,
    pub printed_name: String,
    pub meaning: String,
    pub signed_at_ms: i64,
    /// SHA-256 of the content that was signed.
    pub content: [u8; 32],
}

/// A form record. Whether it is complete, verified, frozen, locked, signed or removed are separate
/// facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormRecord {
    /// How often the values changed; a save names the version it saw.
    pub version: u64,
    /// The last entry of the casebook that concerns this record.
    pub last_entry: u64,
    pub complete: bool,
    pub removed: bool,
    pub frozen: bool,
    pub locked: bool,
    pub rows: BTreeMap<RowKey, Row>,
    /// Items verified against their source since their last change.
    pub verified: BTreeSet<ItemKey>,
    pub signature: Option<RecordSignature>,
}

impl FormRecord {
    /// The value of an item in a row that is not removed.
    pub fn datum(&self, row: &RowKey, item: &ItemOid) -> Option<&Datum> {
        self.rows.get(row).filter(|row| !row.removed)?.items.get(item)
    }

    /// The rows of one group that are not removed, by repeat key.
    pub fn rows_of<'a>(
        &'a self,
        group: &'a ItemGroupOid,
    ) -> impl Iterator<Item = (&'a RowKey, &'a Row)> {
        self.rows.iter().filter(move |(key, row)| key.group == *group && !row.removed)
    }

    /// What a signature is bound to: SHA-256 over the values that the record shows.
    pub fn content_hash(&self) -> [u8; 32] {
        let shown: Vec<(&RowKey, &BTreeMap<ItemOid, Datum>)> =
            self.rows.iter().filter(|(_, row)| !row.removed).map(|(k, r)| (k, &r.items)).collect();
        let bytes = serde_json::to_vec(&(self.removed, shown)).expect("plain data has JSON");
        Sha256::digest(bytes).into()
    }

    /// The signature, if the content is still what was signed.
    pub fn valid_signature(&self) -> Option<&RecordSignature> {
        self.signature.as_ref().filter(|signature| signature.content == self.content_hash())
    }
}
