//! Who worked on what is exported, and what their signatures mean.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kernel::casebook::Event;
use store::LogName;

use super::Job;
use crate::{Failure, book::LOG_KIND, failure::Result};

/// Logs and entries that are read at a time.
const PAGE: u32 = 1_000;

/// Users by name, with the printed name of those who signed, and the meanings of signatures.
#[derive(Debug, Default)]
pub(super) struct People {
    pub users: BTreeMap<String, Option<String>>,
    pub meanings: BTreeSet<String>,
}

/// Walks the logs of the study as far as the cut-off. Formats that list users before the data need
/// it; the subjects of sites that are not exported count as well, for who works there is no secret
/// of theirs.
pub(super) async fn gather(job: &Job) -> Result<People> {
    let study = job.study.oid.as_str();
    let mut people = People::default();
    let mut after = LogName::new(study, LOG_KIND, "");
    loop {
        let logs = job.edc.store.logs(Some(study), Some(&after), PAGE).await?;
        let Some((last, _)) = logs.last() else { return Ok(people) };
        after = last.clone();
        for (log, _) in logs.iter().filter(|(log, _)| log.kind == LOG_KIND) {
            people.read(job, log).await?;
        }
        if logs.len() < PAGE as usize {
            return Ok(people);
        }
    }
}

impl People {
    async fn read(&mut self, job: &Job, log: &LogName) -> Result<()> {
        let until_ms = job.request.as_of.map_or(i64::MAX, Timestamp::as_millisecond);
        let mut from = 1;
        loop {
            let entries = job.edc.store.read(log, from, PAGE).await?;
            for sealed in &entries {
                let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
                if entry.recorded_at_ms > until_ms {
                    return Ok(());
                }
                if !self.users.contains_key(entry.actor) {
                    self.users.insert(entry.actor.to_owned(), None);
                }
                if SIGNED.contains(&entry.kind) {
                    let event = Event::from_payload(entry.payload).map_err(|source| {
                        Failure::Entry { log: log.to_string(), sequence: sealed.sequence, source }
                    })?;
                    self.note(event);
                }
            }
            if entries.len() < PAGE as usize {
                return Ok(());
            }
            from += u64::from(PAGE);
        }
    }

    fn note(&mut self, event: Event) {
        if let Event::RecordSigned { signature, .. }
        | Event::VisitSigned { signature, .. }
        | Event::CasebookSigned { signature } = event
        {
            self.users.insert(signature.signer, Some(signature.printed_name));
            self.meanings.insert(signature.meaning);
        }
    }
}

/// The kinds of the entries that hold a signature.
const SIGNED: [&str; 3] = ["RecordSigned", "VisitSigned", "CasebookSigned"];
