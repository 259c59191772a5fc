//! The stored form of a record: compact CBOR that can be read without allocating.
//!
//! `[layout, version, last entry, flags, rows, verified, signature?]`, where rows are
//! `[group, repeat, removed, {item: datum}]` and a datum is a text, `[text, unit]`, or the number of
//! a missing reason.

use minicbor::{Decoder, Encoder, data::Type, decode, encode};

use super::record::{FormRecord, ItemKey, RecordSignature, Row, RowKey};
use crate::{Datum, MissingReason};

const LAYOUT: u8 = 1;
/// What an item usually takes.
const ITEM_BYTES: usize = 32;
const COMPLETE: u8 = 1;
const REMOVED: u8 = 2;
const FROZEN: u8 = 4;
const LOCKED: u8 = 8;
/// How a content hash of 32 bytes begins, and its length with that.
const HASH: [u8; 2] = [0x58, 32];
const SIGNATURE_END: usize = HASH.len() + 32;

/// Stored bytes are not a record.
#[derive(Debug, thiserror::Error)]
#[error("the stored record cannot be read")]
pub struct MalformedRecord(#[from] decode::Error);

impl FormRecord {
    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let items: usize = self.rows.values().map(|row| 1 + row.items.len()).sum();
        let mut encoder = Encoder::new(Vec::with_capacity(64 + items * ITEM_BYTES));
        self.encode(&mut encoder).expect("writing to memory does not fail");
        encoder.into_writer()
    }

    fn encode(
        &self,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), encode::Error<std::convert::Infallible>> {
        let flags = [
            (self.complete, COMPLETE),
            (self.removed, REMOVED),
            (self.frozen, FROZEN),
            (self.locked, LOCKED),
        ];
        let flags = flags.iter().filter(|(on, _)| *on).fold(0, |all, (_, bit)| all | bit);
        e.array(7)?.u8(LAYOUT)?.u64(self.version)?.u64(self.last_entry)?.u8(flags)?;
        e.array(self.rows.len() as u64)?;
        for (key, row) in &self.rows {
            e.array(4)?.str(key.group.as_str())?.str(key.repeat.as_str())?.bool(row.removed)?;
            e.map(row.items.len() as u64)?;
            for (item, datum) in &row.items {
                e.str(item.as_str())?;
                match datum {
                    Datum::Value { text, unit: None } => e.str(text)?,
                    Datum::Value { text, unit: Some(unit) } => {
                        e.array(2)?.str(text)?.str(unit.as_str())?
                    }
                    Datum::Missing(reason) => e.u8(reason_number(*reason))?,
                };
            }
        }
        e.array(self.verified.len() as u64)?;
        for ItemKey { row, item } in &self.verified {
            e.array(3)?.str(row.group.as_str())?.str(row.repeat.as_str())?.str(item.as_str())?;
        }
        match &self.signature {
            None => e.null()?,
            Some(s) => e
                .array(5)?
                .str(&s.signer)?
                .str(&s.printed_name)?
                .str(&s.meaning)?
                .i64(s.signed_at_ms)?
                .bytes(&s.content)?,
        };
        Ok(())
    }

    /// Reads stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let stored = RecordRef::decode(bytes)?;
        let mut record = Self {
            version: stored.version,
            last_entry: stored.last_entry,
            complete: stored.complete,
            removed: stored.removed,
            frozen: stored.frozen,
            locked: stored.locked,
            ..Self::default()
        };
        let mut d = stored.rows.clone();
        stored.for_each_item(|row, item, datum| {
            let key = RowKey { group: row.group.into(), repeat: row.repeat.into() };
            let kept = record.rows.entry(key).or_insert_with(|| Row {
                removed: row.removed,
                items: std::collections::BTreeMap::new(),
            });
            if let Some(item) = item {
                kept.items.insert(item.into(), datum.to_owned());
            }
        })?;
        d.skip()?;
        for _ in 0..array(&mut d)? {
            array(&mut d)?;
            let row = RowKey { group: d.str()?.into(), repeat: d.str()?.into() };
            record.verified.insert(ItemKey { row, item: d.str()?.into() });
        }
        if d.datatype()? != Type::Null {
            array(&mut d)?;
            record.signature = Some(RecordSignature {
                signer: d.str()?.into(),
                printed_name: d.str()?.into(),
                meaning: d.str()?.into(),
                signed_at_ms: d.i64()?,
                content: d
                    .bytes()?
                    .try_into()
                    .map_err(|_| decode::Error::message("a content hash has 32 bytes"))?,
            });
        }
        Ok(record)
    }
}

/// A value in stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatumRef<'a> {
    Value {
        text: &'a str,
        unit: Option<&'a str>,
    },
    Missing(MissingReason),
    /// Only for a row without items.
    Blank,
}

impl DatumRef<'_> {
    fn to_owned(self) -> Datum {
        match self {
            Self::Value { text, unit } => {
                Datum::Value { text: text.into(), unit: unit.map(Into::into) }
            }
            Self::Missing(reason) => Datum::Missing(reason),
            Self::Blank => Datum::value(""),
        }
    }
}

/// A row in stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRef<'a> {
    pub group: &'a str,
    pub repeat: &'a str,
    pub removed: bool,
}

/// A record in stored bytes: for exports, which read millions of them.
#[derive(Clone, Debug)]
pub struct RecordRef<'a> {
    pub version: u64,
    pub last_entry: u64,
    pub complete: bool,
    pub removed: bool,
    pub frozen: bool,
    pub locked: bool,
    rows: Decoder<'a>,
}

impl<'a> RecordRef<'a> {
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MalformedRecord> {
        let mut d = Decoder::new(bytes);
        array(&mut d)?;
        if d.u8()? != LAYOUT {
            return Err(decode::Error::message("unknown layout").into());
        }
        let (version, last_entry, flags) = (d.u64()?, d.u64()?, d.u8()?);
        Ok(Self {
            version,
            last_entry,
            complete: flags & COMPLETE != 0,
            removed: flags & REMOVED != 0,
            frozen: flags & FROZEN != 0,
            locked: flags & LOCKED != 0,
            rows: d,
        })
    }

    /// Whether somebody signed the record, be it that the content has changed since.
    pub fn is_signed(&self) -> Result<bool, MalformedRecord> {
        // A signature ends with its content hash, so that most records without one show it at their
        // end, and what lies between need not be read.
        let bytes = self.rows.input();
        if !bytes.len().checked_sub(SIGNATURE_END).is_some_and(|at| bytes[at..].starts_with(&HASH))
        {
            return Ok(false);
        }
        let mut d = self.rows.clone();
        d.skip()?;
        d.skip()?;
        Ok(d.datatype()? != Type::Null)
    }

    /// Calls `visit` for each item in the order of group, repeat and item; for a row without items
    /// once, with no item and a blank.
    pub fn for_each_item(
        &self,
        mut visit: impl FnMut(&RowRef<'a>, Option<&'a str>, DatumRef<'a>),
    ) -> Result<(), MalformedRecord> {
        let mut d = self.rows.clone();
        for _ in 0..array(&mut d)? {
            array(&mut d)?;
            let row = RowRef { group: d.str()?, repeat: d.str()?, removed: d.bool()? };
            let items = d.map()?.unwrap_or(0);
            if items == 0 {
                visit(&row, None, DatumRef::Blank);
            }
            for _ in 0..items {
                let item = d.str()?;
                let datum = datum(&mut d)?;
                visit(&row, Some(item), datum);
            }
        }
        Ok(())
    }
}

fn array(d: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    d.array()?.ok_or_else(|| decode::Error::message("a stored array has its length"))
}

fn datum<'a>(d: &mut Decoder<'a>) -> Result<DatumRef<'a>, decode::Error> {
    match d.datatype()? {
        Type::String => Ok(DatumRef::Value { text: d.str()?, unit: None }),
        Type::Array => {
            array(d)?;
            Ok(DatumRef::Value { text: d.str()?, unit: Some(d.str()?) })
        }
        _ => {
            let number = usize::from(d.u8()?);
            let reason = MissingReason::ALL.get(number);
            reason
                .map(|(reason, _)| DatumRef::Missing(*reason))
                .ok_or_else(|| decode::Error::message("unknown reason for missing"))
        }
    }
}

fn reason_number(reason: MissingReason) -> u8 {
    MissingReason::ALL.iter().zip(0..).find(|((one, _), _)| *one == reason).map_or(0, |(_, n)| n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn datum() -> impl Strategy<Value = Datum> {
        prop_oneof![
            "\\PC{1,8}".prop_map(Datum::value),
            ("[0-9]{1,4}", "[a-z]{1,4}").prop_map(|(text, unit)| Datum::Value {
                text: text.into(),
                unit: Some(unit.into())
            }),
            (0..5usize).prop_map(|n| Datum::Missing(MissingReason::ALL[n].0)),
        ]
    }

    fn row() -> impl Strategy<Value = Row> {
        let items = prop::collection::btree_map("[A-Z]{1,5}".prop_map(Into::into), datum(), 0..6);
        (any::<bool>(), items).prop_map(|(removed, items)| Row { removed, items })
    }

    fn record() -> impl Strategy<Value = FormRecord> {
        let row_key = ("[A-C]{1,2}", "[1-9]")
            .prop_map(|(group, repeat)| RowKey { group: group.into(), repeat: repeat.into() });
        let rows = prop::collection::btree_map(row_key, row(), 0..5);
        (any::<[bool; 5]>(), rows, 0..99u64).prop_map(|(flags, rows, version)| FormRecord {
            version,
            last_entry: version + 1,
            complete: flags[0],
            removed: flags[1],
            frozen: flags[2],
            locked: flags[3],
            verified: rows
                .keys()
                .map(|row| ItemKey { row: row.clone(), item: "X".into() })
                .collect(),
            rows,
            signature: flags[4].then(|| RecordSignature {
                signer: "inv".into(),
                printed_name: "王芳".into(),
                meaning: "I have reviewed".into(),
                signed_at_ms: 1,
                content: [7; 32],
            }),
        })
    }

    proptest! {
        #[test]
        fn a_record_survives_storage(record in record()) {
            let bytes = record.to_bytes();
            let signed = RecordRef::decode(&bytes).unwrap().is_signed().unwrap();
            prop_assert_eq!(signed, record.signature.is_some());
            prop_assert_eq!(FormRecord::from_bytes(&bytes).unwrap(), record);
        }

        #[test]
        fn cut_bytes_are_refused(record in record(), cut in 0..1000usize) {
            let bytes = record.to_bytes();
            prop_assert!(FormRecord::from_bytes(&bytes[..cut % bytes.len()]).is_err());
        }
    }
}
