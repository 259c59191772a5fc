//! Loads a version of a dictionary: permit, check, append piece by piece, complete.

use std::collections::HashSet;

use contract::{Act, Context, Permit, Scope};
use journal::{Draft, Head};
use serde::{Deserialize, Serialize};
use store::{Batch, Effect};

use super::{
    log::{DictionaryEvent, is_name, key, log},
    rows::{self, DictionaryRow},
};
use crate::{
    Edc,
    failure::{Failure, Result},
};

/// Terms of one entry. Its rows, some for each word, go into one transaction.
const TERMS_AT_A_TIME: usize = 500;
pub(super) const ENTRIES_PER_READ: u32 = 16;
const MOST_TERMS: usize = 5_000_000;
const MOST_CODE_BYTES: usize = 100;
const MOST_TEXT_BYTES: usize = 2_000;
/// Faults that are told.
const MOST_TOLD: usize = 100;

/// A code and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DictionaryTerm {
    #[serde(rename = "c")]
    pub code: String,
    #[serde(rename = "t")]
    pub text: String,
    /// The code of what it belongs to.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub parent_code: Option<String>,
}

/// A version of a dictionary as a file has it.
#[derive(Clone, Debug)]
pub struct LoadDictionary {
    /// Such as `ATC`.
    pub dictionary: String,
    /// Such as `2026-01`.
    pub version: String,
    pub source_sha256: String,
    pub terms: Vec<DictionaryTerm>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    Now,
    /// The same file was loaded before.
    Before,
}

/// Why nothing, or not all, was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadFailure {
    #[error("a dictionary and its version are named by 1 to 64 of a-z, A-Z, 0-9, dot, _ and -")]
    Name,
    #[error("there are {0} terms; a version has 1 to {MOST_TERMS}")]
    Count(usize),
    #[error("{} terms cannot be loaded", .0.len())]
    Terms(Vec<String>),
    #[error("this version was loaded from another file; give the other one another version")]
    OtherSource,
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Edc {
    /// Loads a version. One that was interrupted goes on where it was; one that is there already is
    /// left as it is. Terms that cannot be loaded are all named, and then nothing is written.
    pub async fn load_dictionary(
        &self,
        context: &Context,
        load: &LoadDictionary,
    ) -> Result<Loaded, LoadFailure> {
        let permit = context.caller.permit(Act::ImportData, Scope::system());
        let permit = permit.map_err(Failure::from)?;
        load.check()?;
        let Progress { mut head, is_complete, mut added } = self.progress(load).await?;
        if is_complete {
            return Ok(Loaded::Before);
        }
        let key = key(&load.dictionary, &load.version);
        let terms = u32::try_from(load.terms.len()).unwrap_or(u32::MAX);
        let source_sha256 = load.source_sha256.clone();
        if head.sequence == 0 {
            let event = DictionaryEvent::Begun { source_sha256: source_sha256.clone(), terms };
            let step = Step { event, effects: Vec::new(), at_ms: self.now_ms() };
            head = self.take_step(load, (context, &permit), head, step).await?;
        }
        while added < load.terms.len() {
            let end = (added + TERMS_AT_A_TIME).min(load.terms.len());
            let piece = &load.terms[added..end];
            let effects = piece.iter().flat_map(|term| rows::of_term(&key, term)).collect();
            let event = DictionaryEvent::TermsAdded { terms: piece.to_vec() };
            let step = Step { event, effects, at_ms: self.now_ms() };
            head = self.take_step(load, (context, &permit), head, step).await?;
            added = end;
        }
        let at_ms = self.now_ms();
        let row = DictionaryRow { terms, source_sha256, completed_at_ms: at_ms };
        let effects = vec![rows::of_version(&key, &row)];
        let step = Step { event: DictionaryEvent::Completed, effects, at_ms };
        self.take_step(load, (context, &permit), head, step).await?;
        Ok(Loaded::Now)
    }

    async fn take_step(
        &self,
        load: &LoadDictionary,
        (context, permit): (&Context, &Permit),
        head: Head,
        Step { event, effects, at_ms }: Step,
    ) -> Result<Head> {
        let draft = Draft {
            recorded_at_ms: at_ms,
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
            origin: context.origin.clone(),
            request_id: context.request_id.clone(),
            kind: event.kind().to_owned(),
            payload: serde_json::to_vec(&event).expect("an event is plain data with text keys"),
            ..Draft::default()
        };
        let log = log(&load.dictionary, &load.version);
        Ok(self.store.append(Batch::seal(log, head, &[draft], effects)).await?)
    }

    /// How far an earlier attempt came.
    async fn progress(&self, load: &LoadDictionary) -> Result<Progress, LoadFailure> {
        let log = log(&load.dictionary, &load.version);
        let mut progress = Progress { head: Head::default(), is_complete: false, added: 0 };
        loop {
            let from = progress.head.sequence + 1;
            let entries = self.store.read(&log, from, ENTRIES_PER_READ).await;
            let entries = entries.map_err(Failure::from)?;
            let Some(last) = entries.last() else { return Ok(progress) };
            progress.head = last.head();
            for sealed in &entries {
                match read(sealed)?.1 {
                    DictionaryEvent::Begun { source_sha256, terms } => {
                        let is_same = source_sha256 == load.source_sha256
                            && usize::try_from(terms).is_ok_and(|count| count == load.terms.len());
                        if !is_same {
                            return Err(LoadFailure::OtherSource);
                        }
                    }
                    DictionaryEvent::TermsAdded { terms } => progress.added += terms.len(),
                    DictionaryEvent::Completed => progress.is_complete = true,
                }
            }
        }
    }

    fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }
}

/// An entry with the rows that follow from it.
struct Step {
    event: DictionaryEvent,
    effects: Vec<Effect>,
    at_ms: i64,
}

struct Progress {
    head: Head,
    is_complete: bool,
    added: usize,
}

/// When an entry of such a log was recorded, and what it tells.
pub(super) fn read(sealed: &journal::Sealed) -> Result<(i64, DictionaryEvent)> {
    let broken = |why: String| Failure::Broke(format!("an entry of a dictionary: {why}"));
    let entry = sealed.view().map_err(|error| broken(error.to_string()))?;
    let event = serde_json::from_slice(entry.payload).map_err(|error| broken(error.to_string()))?;
    Ok((entry.recorded_at_ms, event))
}

impl LoadDictionary {
    /// Names everything that cannot be loaded.
    pub fn check(&self) -> Result<(), LoadFailure> {
        if !is_name(&self.dictionary) || !is_name(&self.version) {
            return Err(LoadFailure::Name);
        }
        if self.terms.is_empty() || self.terms.len() > MOST_TERMS {
            return Err(LoadFailure::Count(self.terms.len()));
        }
        let mut codes = HashSet::with_capacity(self.terms.len());
        let mut faults: Vec<String> = Vec::new();
        for (number, term) in (1_u64..).zip(&self.terms) {
            let is_new = codes.insert(term.code.as_str());
            if let Some(why) = fault(term, is_new) {
                faults.push(format!("term {number} ({}): {why}", term.code.escape_debug()));
            }
        }
        for (number, term) in (1_u64..).zip(&self.terms) {
            let parent = term.parent_code.as_deref();
            if let Some(parent) = parent.filter(|parent| !codes.contains(parent)) {
                let parent = parent.escape_debug();
                faults.push(format!("term {number}: what it belongs to ({parent}) is not there"));
            }
        }
        faults.truncate(MOST_TOLD);
        if faults.is_empty() { Ok(()) } else { Err(LoadFailure::Terms(faults)) }
    }
}

fn fault(term: &DictionaryTerm, is_new: bool) -> Option<&'static str> {
    let is_plain = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
    if !is_plain(&term.code) || term.code.len() > MOST_CODE_BYTES {
        return Some("a code has 1 to 100 bytes and no control character");
    }
    if !is_plain(&term.text) || term.text.len() > MOST_TEXT_BYTES {
        return Some("a text has 1 to 2000 bytes and no control character");
    }
    if !is_new {
        return Some("the code is there twice");
    }
    (term.parent_code.as_ref() == Some(&term.code)).then_some("it belongs to itself")
}
