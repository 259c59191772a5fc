//! The log of a draft: what can happen to it, and what it is after that.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use journal::{EntryRef, Head};
use kernel::{
    RequestId, StudyVersion,
    study::{Design, Fault, MalformedPart, PartChange, apply, words},
};
use serde::{Deserialize, Serialize};

use crate::compiled::Compiled;

/// Changes that are told of a draft, at most.
const MAX_CHANGES: usize = 100;
/// Lines that are told of one change, at most.
const MAX_WORDS: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DraftEvent {
    /// It began as a copy of a published version, or with nothing when the base is empty.
    Begun {
        base: String,
        document: String,
    },
    Imported(DefinitionImported),
    Edited {
        changes: Vec<PartChange>,
    },
    /// An earlier edit was taken back.
    Undone {
        revision: u64,
        changes: Vec<PartChange>,
    },
    Published {
        hash: String,
    },
    Discarded,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DefinitionImported {
    /// The study version as JSON.
    pub document: String,
    pub files: Vec<FileKept>,
    pub findings: Vec<FindingKept>,
    /// Where each definition stands: file, kind, OID, line.
    pub places: Vec<PlacesKept>,
}

/// A file that was imported; its content is in the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileKept {
    pub name: String,
    pub sha256: String,
    pub size_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FindingKept {
    pub is_note: bool,
    pub file: String,
    pub line: Option<u32>,
    pub about: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlacesKept {
    pub file: String,
    pub lines: Vec<(String, String, u32)>,
}

impl DraftEvent {
    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "DraftBegun",
            Self::Imported(_) => "DefinitionImported",
            Self::Edited { .. } => "DraftEdited",
            Self::Undone { .. } => "DraftEditUndone",
            Self::Published { .. } => "DraftPublished",
            Self::Discarded => "DraftDiscarded",
        }
    }
}

/// Something that was done to a draft.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub revision: u64,
    pub what: What,
    pub words: Vec<String>,
    pub at_ms: i64,
    pub by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Begun,
    Imported,
    Edited,
    Undone { revision: u64 },
}

/// The draft of a study as its log tells.
#[derive(Debug, Default)]
pub(crate) struct DraftState {
    pub head: Head,
    pub recorded_at_ms: i64,
    /// The requests that were carried out, with the revision of each.
    pub requests: HashMap<RequestId, u64>,
    pub open: Option<OpenDraft>,
}

/// A draft that is neither published nor discarded.
#[derive(Debug)]
pub(crate) struct OpenDraft {
    pub version: StudyVersion,
    pub base: Option<String>,
    pub files: Vec<FileKept>,
    pub findings: Vec<FindingKept>,
    pub places: Vec<PlacesKept>,
    /// Newest last.
    pub done: Vec<Done>,
    /// What each edit changed, by its revision.
    pub edits: BTreeMap<u64, Vec<PartChange>>,
    /// The design, and what is wrong with it; made once the log has been read.
    pub checked: Option<Checked>,
}

/// A draft with everything found by its OID, and all that keeps it from being published.
#[derive(Debug)]
pub(crate) struct Checked {
    pub design: Design,
    pub faults: Vec<Fault>,
    /// Ready to run; none while there are faults.
    pub compiled: Option<Arc<Compiled>>,
}

/// An entry of a draft that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MalformedDraft {
    #[error("the payload is not an event of a draft")]
    Payload(#[source] minicbor_serde::error::DecodeError),
    #[error("the document is not a study version")]
    Document(#[source] serde_json::Error),
    #[error(transparent)]
    Part(#[from] MalformedPart),
}

impl DraftState {
    /// Takes the next entry in.
    pub fn take(&mut self, entry: &EntryRef<'_>, head: Head) -> Result<(), MalformedDraft> {
        let event = minicbor_serde::from_slice(entry.payload).map_err(MalformedDraft::Payload)?;
        self.head = head;
        self.recorded_at_ms = entry.recorded_at_ms;
        if !entry.request_id.is_empty() {
            self.requests.insert(RequestId::new(entry.request_id), entry.sequence);
        }
        let done = |what, words| Done {
            revision: entry.sequence,
            what,
            words,
            at_ms: entry.recorded_at_ms,
            by: entry.actor.to_owned(),
        };
        match event {
            DraftEvent::Begun { base, document } => {
                let mut draft = OpenDraft::of(&document)?;
                draft.base = (!base.is_empty()).then_some(base);
                draft.done.push(done(What::Begun, Vec::new()));
                self.open = Some(draft);
            }
            DraftEvent::Imported(imported) => {
                let mut draft = OpenDraft::of(&imported.document)?;
                let names = imported.files.iter().map(|file| file.name.clone());
                draft.done.push(done(What::Imported, names.collect()));
                draft.files = imported.files;
                draft.findings = imported.findings;
                draft.places = imported.places;
                self.open = Some(draft);
            }
            DraftEvent::Edited { changes } => {
                let told = done(What::Edited, said(&changes));
                self.change(told, changes)?;
            }
            DraftEvent::Undone { revision, changes } => {
                let told = done(What::Undone { revision }, said(&changes));
                self.change(told, changes)?;
            }
            DraftEvent::Published { .. } | DraftEvent::Discarded => self.open = None,
        }
        Ok(())
    }

    fn change(&mut self, done: Done, changes: Vec<PartChange>) -> Result<(), MalformedDraft> {
        let Some(draft) = &mut self.open else { return Ok(()) };
        changes.iter().try_for_each(|change| apply(&mut draft.version, change))?;
        draft.edits.insert(done.revision, changes);
        draft.done.push(done);
        if draft.done.len() > MAX_CHANGES {
            draft.done.remove(0);
        }
        Ok(())
    }
}

impl OpenDraft {
    fn of(document: &str) -> Result<Self, MalformedDraft> {
        let version = serde_json::from_str(document).map_err(MalformedDraft::Document)?;
        Ok(Self {
            version,
            base: None,
            files: Vec::new(),
            findings: Vec::new(),
            places: Vec::new(),
            done: Vec::new(),
            edits: BTreeMap::new(),
            checked: None,
        })
    }

    /// The file and line of a definition, in the last file that has it.
    pub fn place(&self, kind: &str, oid: &str) -> Option<(&str, u32)> {
        self.places.iter().rev().find_map(|places| {
            let line = places.lines.iter().find(|(a, b, _)| a == kind && b == oid)?.2;
            Some((places.file.as_str(), line))
        })
    }
}

fn said(changes: &[PartChange]) -> Vec<String> {
    let mut all: Vec<String> = changes.iter().flat_map(words).collect();
    if all.len() > MAX_WORDS {
        let left = all.len() - (MAX_WORDS - 1);
        all.truncate(MAX_WORDS - 1);
        all.push(format!("and {left} more"));
    }
    all
}
