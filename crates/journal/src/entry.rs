use crate::{Hash, Head, LogName, LogRef};
use minicbor::{Decoder, Encoder, decode, encode};
use std::convert::Infallible;
use thiserror::Error;

const FORMAT_VERSION: u8 = 1;
const FIELDS: u64 = 16;

/// What a caller wants to add to a log, before it has a place in the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// UTC milliseconds since 1970, from the clock of whoever decided. Order never depends on it.
    pub recorded_at_ms: i64,
    pub actor: String,
    pub role: String,
    pub on_behalf_of: Option<String>,
    pub reason: Option<String>,
    /// The door it came through: `web`, `import`, `epro`, `imaging`, `api`, `system`.
    pub origin: String,
    pub request_id: String,
    /// The version of the study under which it was decided.
    pub study_version: Option<Hash>,
    pub kind: String,
    /// Opaque here; written and read by the owner of the log.
    pub payload: Vec<u8>,
}

/// An entry as it is stored: its place, its bytes, and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub sequence: u64,
    pub bytes: Vec<u8>,
    pub hash: Hash,
}

/// An entry as it is stored, where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedRef<'a> {
    pub sequence: u64,
    pub bytes: &'a [u8],
    pub hash: Hash,
}

impl<'a> From<&'a Sealed> for SealedRef<'a> {
    fn from(sealed: &'a Sealed) -> Self {
        Self { sequence: sealed.sequence, bytes: &sealed.bytes, hash: sealed.hash }
    }
}

impl<'a> SealedRef<'a> {
    /// The head of a log that ends with this entry.
    pub fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }

    /// Decodes the entry in place without checking its hash.
    pub fn view(&self) -> Result<EntryRef<'a>, Malformed> {
        EntryRef::read(self.bytes)
    }
}

/// A decoded entry that owns its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub log: LogName,
    pub sequence: u64,
    pub previous: Hash,
    pub draft: Draft,
}

/// A decoded entry that borrows from the stored bytes; decoding allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRef<'a> {
    pub log: LogRef<'a>,
    pub sequence: u64,
    pub previous: Hash,
    pub recorded_at_ms: i64,
    pub actor: &'a str,
    pub role: &'a str,
    pub on_behalf_of: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub origin: &'a str,
    pub request_id: &'a str,
    pub study_version: Option<Hash>,
    pub kind: &'a str,
    pub payload: &'a [u8],
}

/// Stored bytes that are not an entry of a known format.
#[derive(Debug, Error)]
pub enum Malformed {
    #[error("entry is not readable")]
    Unreadable(#[from] decode::Error),
    #[error("entry has format {found}, this program reads format {FORMAT_VERSION}")]
    Format { found: u8 },
    #[error("entry has {found} fields instead of {FIELDS}")]
    Fields { found: u64 },
    #[error("{count} bytes follow the entry")]
    Trailing { count: usize },
}

impl Head {
    /// Seals a draft as the next entry of the log that ends at this head.
    pub fn seal(&self, log: &LogName, draft: &Draft) -> Sealed {
        let entry = EntryRef {
            log: log.as_ref(),
            sequence: self.sequence + 1,
            previous: self.hash,
            recorded_at_ms: draft.recorded_at_ms,
            actor: &draft.actor,
            role: &draft.role,
            on_behalf_of: draft.on_behalf_of.as_deref(),
            reason: draft.reason.as_deref(),
            origin: &draft.origin,
            request_id: &draft.request_id,
            study_version: draft.study_version,
            kind: &draft.kind,
            payload: &draft.payload,
        };
        let bytes = entry.to_bytes();
        Sealed { sequence: entry.sequence, hash: Hash::of(&bytes), bytes }
    }
}

impl Sealed {
    /// The head of a log that ends with this entry.
    pub fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }

    /// Decodes the entry without checking its hash.
    pub fn open(&self) -> Result<Entry, Malformed> {
        Ok(self.view()?.to_entry())
    }

    /// Decodes the entry in place without checking its hash.
    pub fn view(&self) -> Result<EntryRef<'_>, Malformed> {
        EntryRef::read(&self.bytes)
    }
}

impl<'a> EntryRef<'a> {
    /// Decodes one entry from its stored bytes; refuses another format and anything after the end.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let fields = decoder.array()?.unwrap_or(0);
        let found = decoder.u8()?;
        if found != FORMAT_VERSION {
            return Err(Malformed::Format { found });
        }
        if fields != FIELDS {
            return Err(Malformed::Fields { found: fields });
        }
        let entry = Self::read_fields(&mut decoder)?;
        match bytes.len() - decoder.position() {
            0 => Ok(entry),
            count => Err(Malformed::Trailing { count }),
        }
    }

    fn read_fields(decoder: &mut Decoder<'a>) -> Result<Self, decode::Error> {
        Ok(Self {
            log: LogRef { study: decoder.str()?, kind: decoder.str()?, key: decoder.str()? },
            sequence: decoder.u64()?,
            previous: decoder.decode()?,
            recorded_at_ms: decoder.i64()?,
            actor: decoder.str()?,
            role: decoder.str()?,
            on_behalf_of: decoder.decode()?,
            reason: decoder.decode()?,
            origin: decoder.str()?,
            request_id: decoder.str()?,
            study_version: decoder.decode()?,
            kind: decoder.str()?,
            payload: decoder.bytes()?,
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        let texts = [self.actor, self.role, self.origin, self.request_id, self.kind];
        let text_bytes: usize = texts.iter().map(|text| text.len()).sum();
        let mut bytes = Vec::with_capacity(256 + text_bytes + self.payload.len());
        self.write(&mut Encoder::new(&mut bytes)).expect("writing to memory cannot fail");
        bytes
    }

    fn write(self, encoder: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        encoder
            .array(FIELDS)?
            .u8(FORMAT_VERSION)?
            .str(self.log.study)?
            .str(self.log.kind)?
            .str(self.log.key)?
            .u64(self.sequence)?
            .encode(self.previous)?
            .i64(self.recorded_at_ms)?
            .str(self.actor)?
            .str(self.role)?
            .encode(self.on_behalf_of)?
            .encode(self.reason)?
            .str(self.origin)?
            .str(self.request_id)?
            .encode(self.study_version)?
            .str(self.kind)?
            .bytes(self.payload)?
            .ok()
    }

    /// Copies the entry out of the stored bytes.
    pub fn to_entry(self) -> Entry {
        Entry {
            log: self.log.to_name(),
            sequence: self.sequence,
            previous: self.previous,
            draft: Draft {
                recorded_at_ms: self.recorded_at_ms,
                actor: self.actor.to_owned(),
                role: self.role.to_owned(),
                on_behalf_of: self.on_behalf_of.map(str::to_owned),
                reason: self.reason.map(str::to_owned),
                origin: self.origin.to_owned(),
                request_id: self.request_id.to_owned(),
                study_version: self.study_version,
                kind: self.kind.to_owned(),
                payload: self.payload.to_vec(),
            },
        }
    }
}
