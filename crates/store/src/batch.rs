use crate::{Result, StoreError};
use journal::{Draft, Head, LogName, Sealed};
use std::collections::HashMap;

const MAX_STUDY_BYTES: usize = 255;
const MAX_KIND_BYTES: usize = 64;
const MAX_KEY_BYTES: usize = 1024;

/// A kind of view row; the number belongs to the crate that owns the view and is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct View(pub u16);

/// What is written beside entries, in the same transaction, under the study of their log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Writes a row, new or not.
    Put { view: View, key: String, bytes: Vec<u8> },
    /// Writes a row that must not exist yet; otherwise nothing of the batch is written.
    PutNew { view: View, key: String, bytes: Vec<u8> },
    /// Removes a row if it is there.
    Drop { view: View, key: String },
    /// Adds a job, or replaces the job with the same key in the same study and queue.
    Enqueue { queue: String, key: String, payload: Vec<u8>, run_at_ms: i64 },
}

/// What a batch does to one log and to the views of its study.
///
/// A part without entries only checks that the log still ends at `expected`; with an effect it
/// writes to the views of its study, for example to those of the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPart {
    pub log: LogName,
    pub expected: Head,
    pub entries: Vec<Sealed>,
    pub effects: Vec<Effect>,
}

/// Entries, view rows and jobs that are written all or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    pub parts: Vec<LogPart>,
}

impl LogPart {
    /// Seals the drafts as the next entries of a log that ends at `expected`.
    pub fn seal(log: LogName, expected: Head, drafts: &[Draft], effects: Vec<Effect>) -> Self {
        let mut head = expected;
        let mut entries = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let sealed = head.seal(&log, draft);
            head = sealed.head();
            entries.push(sealed);
        }
        Self { log, expected, entries, effects }
    }

    /// Where the log ends once the part is written.
    pub fn head(&self) -> Head {
        self.entries.last().map_or(self.expected, Sealed::head)
    }

    fn check(&self) -> Result<()> {
        check_log(&self.log)?;
        let mut sequence = self.expected.sequence;
        for entry in &self.entries {
            sequence += 1;
            require(entry.sequence == sequence, "entries do not follow the expected head")?;
        }
        self.effects.iter().try_for_each(Effect::check)
    }
}

impl Batch {
    /// A batch for one log, sealed in the caller's thread.
    pub fn seal(log: LogName, expected: Head, drafts: &[Draft], effects: Vec<Effect>) -> Self {
        LogPart::seal(log, expected, drafts, effects).into()
    }

    /// Adds what is to be written to another log in the same transaction.
    #[must_use]
    pub fn and(mut self, part: LogPart) -> Self {
        self.parts.push(part);
        self
    }

    /// The head of the first log once the batch is written.
    pub fn head(&self) -> Head {
        self.parts.first().map(LogPart::head).unwrap_or_default()
    }

    pub(crate) fn entry_count(&self) -> usize {
        self.parts.iter().map(|part| part.entries.len()).sum()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let entries = self.parts.iter().flat_map(|part| &part.entries);
        let effects = self.parts.iter().flat_map(|part| &part.effects);
        entries.map(|entry| entry.bytes.len()).sum::<usize>()
            + effects.map(Effect::size_bytes).sum::<usize>()
    }

    /// The refusal for the first row that had to be new and is not, given what the store holds.
    pub(crate) fn first_taken<E>(
        &self,
        mut is_stored: impl FnMut(&str, View, &str) -> Result<bool, E>,
    ) -> Result<Option<StoreError>, E> {
        if !self.parts.iter().flat_map(|part| &part.effects).any(Effect::must_be_new) {
            return Ok(None);
        }
        let mut changed: HashMap<(&str, View, &str), bool> = HashMap::new();
        for part in &self.parts {
            let study = part.log.study.as_str();
            for effect in &part.effects {
                let (view, key, exists) = match effect {
                    Effect::Enqueue { .. } => continue,
                    Effect::Drop { view, key } => (*view, key.as_str(), false),
                    Effect::Put { view, key, .. } => (*view, key.as_str(), true),
                    Effect::PutNew { view, key, .. } => {
                        let taken = match changed.get(&(study, *view, key.as_str())) {
                            Some(exists) => *exists,
                            None => is_stored(study, *view, key)?,
                        };
                        if taken {
                            let (study, key) = (study.to_owned(), key.clone());
                            return Ok(Some(StoreError::KeyTaken { study, view: *view, key }));
                        }
                        (*view, key.as_str(), true)
                    }
                };
                changed.insert((study, view, key), exists);
            }
        }
        Ok(None)
    }

    /// Refuses what one of the engines could not keep, so that both refuse the same.
    pub(crate) fn check(&self) -> Result<()> {
        require(self.entry_count() > 0, "a batch writes at least one entry")?;
        for (index, part) in self.parts.iter().enumerate() {
            part.check()?;
            let repeated = self.parts[..index].iter().any(|earlier| earlier.log == part.log);
            require(!repeated, "a batch has one part per log")?;
        }
        Ok(())
    }
}

impl From<LogPart> for Batch {
    fn from(part: LogPart) -> Self {
        Self { parts: vec![part] }
    }
}

impl Effect {
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Put { key, .. } | Self::PutNew { key, .. } | Self::Drop { key, .. } => {
                check_key(key)
            }
            Self::Enqueue { queue, key, .. } => check_kind(queue).and_then(|()| check_key(key)),
        }
    }

    pub(crate) fn check_staged(&self) -> Result<()> {
        let is_row = !matches!(self, Self::Enqueue { .. });
        require(is_row, "only rows of views can be staged")?;
        self.check()
    }

    fn must_be_new(&self) -> bool {
        matches!(self, Self::PutNew { .. })
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Put { key, bytes, .. } | Self::PutNew { key, bytes, .. } => {
                key.len() + bytes.len()
            }
            Self::Drop { key, .. } => key.len(),
            Self::Enqueue { key, payload, .. } => key.len() + payload.len(),
        }
    }
}

fn check_log(log: &LogName) -> Result<()> {
    check_study(&log.study)?;
    check_kind(&log.kind)?;
    check_key(&log.key)
}

pub(crate) fn check_study(study: &str) -> Result<()> {
    require(study.len() <= MAX_STUDY_BYTES, "a study is named in at most 255 bytes")?;
    require(!study.contains('\0'), "a study is named without NUL")
}

fn check_kind(kind: &str) -> Result<()> {
    let fits = !kind.is_empty() && kind.len() <= MAX_KIND_BYTES;
    require(fits, "a kind of log or a queue is named in 1 to 64 bytes")?;
    require(!kind.contains('\0'), "a kind of log or a queue is named without NUL")
}

fn check_key(key: &str) -> Result<()> {
    let fits = !key.is_empty() && key.len() <= MAX_KEY_BYTES;
    require(fits, "a key has 1 to 1024 bytes")?;
    require(!key.contains('\0'), "a key has no NUL")
}

fn require(holds: bool, why: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(StoreError::Unacceptable { why }) }
}
