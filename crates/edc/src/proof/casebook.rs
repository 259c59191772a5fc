//! The proof of one casebook: its chain, its views, and its place in the last signed checkpoint.

use std::{io, sync::Arc};

use journal::{Head, LogName};
use kernel::{StudyOid, SubjectKey};
use store::{Range, Store, View};

use super::{
    Fault, Tally, confirm,
    designs::Designs,
    inclusion::prove,
    log::{self, LogRead},
    logs::Reader,
    read_checkpoint,
    replay::Rows,
};
use crate::{
    Edc,
    book::Shelf,
    failure::{Failure, Result},
    study_log::StudyState,
    views::{BETWEEN, QUERY_ENDED, QUERY_PENDING, RECORD, join},
};

/// Rows that are looked at a second time, at most.
const MAX_SUSPECTS: usize = 20;
/// Stored rows of one casebook and view that are read at a time.
const PAGE: u32 = 500;

/// Reads the file of the last checkpoint, and the key with which checkpoints are signed here; none
/// if none was taken.
pub type ReadCheckpoint = Arc<dyn Fn() -> io::Result<Option<KnownCheckpoint>> + Send + Sync>;

/// A checkpoint that the server keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCheckpoint {
    /// The text of its file, with the logs that it covers.
    pub text: String,
    pub trusted_key: [u8; 32],
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct CasebookProof {
    pub chain_fault: Option<Fault>,
    pub row_faults: Vec<Fault>,
    pub head: Head,
    pub first_ms: Option<i64>,
    pub last_ms: Option<i64>,
    pub rows: u64,
    pub standing: Option<Standing>,
}

/// Where the casebook stands in a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub taken_at_ms: i64,
    pub root: String,
    pub public_key: String,
    pub is_signature_valid: bool,
    pub is_included: bool,
    pub is_continued: bool,
}

impl Edc {
    /// Reads a casebook from its first entry, and holds everything that shows it against that.
    pub(crate) async fn prove_casebook(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
    ) -> Result<CasebookProof> {
        let log = Shelf::log(study, subject);
        let store = &self.store;
        let recorded = store.head(&log).await?.unwrap_or_default();
        let reader = Reader {
            store: Arc::clone(store),
            tally: Arc::new(Tally::new(Arc::new(|_, _| {}))),
            scanned: None,
        };
        let designs = Designs::read(store, study.as_str()).await?.ok();
        let LogRead { fault, rows, .. } =
            log::read(&reader, log.clone(), recorded, designs.as_ref()).await?;
        let check = Check { store, study: study.as_str(), subject, designs: designs.as_ref() };
        let state = self.studies.fold(study).await?.state;
        let (row_faults, count) = match &rows {
            Some(rows) => check.rows(rows, &state).await?,
            None => (Vec::new(), 0),
        };
        Ok(CasebookProof {
            chain_fault: fault,
            row_faults,
            head: recorded,
            first_ms: recorded_at(store, &log, 1).await?,
            last_ms: recorded_at(store, &log, recorded.sequence).await?,
            rows: count,
            standing: self.standing(&log).await?,
        })
    }

    async fn standing(&self, log: &LogName) -> Result<Option<Standing>> {
        let Some(read) = self.last_checkpoint.clone() else { return Ok(None) };
        let wanted = log.clone();
        let found = tokio::task::spawn_blocking(move || known(&read, &wanted)).await;
        let found = found.map_err(|error| Failure::Broke(error.to_string()))?;
        let Some((mut standing, ended)) = found? else { return Ok(None) };
        if let Some(ended) = ended {
            let entry = self.store.entry(log, ended.sequence).await?;
            standing.is_continued = entry.is_some_and(|entry| entry.hash == ended.hash);
        }
        Ok(Some(standing))
    }
}

/// Where a log stood in the last checkpoint, and where it ended then.
fn known(read: &ReadCheckpoint, log: &LogName) -> Result<Option<(Standing, Option<Head>)>> {
    let broke = |what: String| Failure::Broke(format!("the last checkpoint: {what}"));
    let Some(KnownCheckpoint { text, trusted_key }) =
        read().map_err(|error| broke(error.to_string()))?
    else {
        return Ok(None);
    };
    let file = read_checkpoint(&text).map_err(|error| broke(error.to_string()))?;
    let summary = file.checkpoint.summary();
    let inclusion = prove(&file, log);
    let checked = inclusion.as_ref().map(|inclusion| inclusion.check(&trusted_key));
    let standing = Standing {
        taken_at_ms: summary.taken_at_ms,
        root: summary.root.to_string(),
        public_key: file.checkpoint.public_key_text(),
        is_signature_valid: file.checkpoint.verify(&trusted_key).is_ok(),
        is_included: matches!(&checked, Some(Ok(_))),
        is_continued: false,
    };
    Ok(Some((standing, inclusion.map(|inclusion| inclusion.leaf.head))))
}

async fn recorded_at(store: &Arc<dyn Store>, log: &LogName, sequence: u64) -> Result<Option<i64>> {
    let sealed = store.entry(log, sequence).await?;
    Ok(sealed.and_then(|sealed| sealed.view().ok().map(|entry| entry.recorded_at_ms)))
}

struct Check<'a> {
    store: &'a Arc<dyn Store>,
    study: &'a str,
    subject: &'a SubjectKey,
    designs: Option<&'a Arc<Designs>>,
}

impl Check<'_> {
    /// The rows that are not what the log tells, or that it does not tell of, and how many were
    /// looked at.
    async fn rows(&self, rows: &Rows, state: &StudyState) -> Result<(Vec<Fault>, u64)> {
        let mut suspects: Vec<(View, String)> = Vec::new();
        let mut count = 0;
        for ((view, key), expected) in &rows.rows {
            let stored = self.store.view(*view, self.study, key).await?;
            count += u64::from(stored.is_some());
            if stored.is_none_or(|stored| !rows.allow(*view, expected, &stored)) {
                suspects.push((*view, key.clone()));
            }
        }
        for (view, first) in self.beginnings(rows, state) {
            let prefix = format!("{}{BETWEEN}", join(&[&first, self.subject.as_str()]));
            let range = Range::all(view, self.study, PAGE).prefix(prefix);
            let stored = self.store.list(range).await?;
            let is_surplus = |key: &String| !rows.rows.contains_key(&(view, key.clone()));
            let surplus = stored.into_iter().map(|(key, _)| key).filter(is_surplus);
            suspects.extend(surplus.map(|key| (view, key)));
        }
        let mut faults = Vec::new();
        for (view, key) in suspects.into_iter().take(MAX_SUSPECTS) {
            faults.extend(confirm::row(self.store, self.study, self.designs, view, &key).await?);
        }
        Ok((faults, count))
    }

    /// What the keys of rows about the subject may begin with: a form, or a site.
    fn beginnings(&self, rows: &Rows, state: &StudyState) -> Vec<(View, String)> {
        let designs = self.designs.into_iter().flat_map(|designs| designs.all());
        let forms = designs.flat_map(|one| &one.design.version().forms);
        let mut all: Vec<(View, String)> =
            forms.map(|form| (RECORD, form.oid.to_string())).collect();
        let known = rows.rows.keys().filter(|(view, _)| *view == RECORD);
        let first = |key: &str| key.split(BETWEEN).next().unwrap_or_default().to_owned();
        all.extend(known.map(|(view, key)| (*view, first(key))));
        for site in state.sites.keys() {
            all.extend([QUERY_PENDING, QUERY_ENDED].map(|view| (view, site.to_string())));
        }
        all.sort();
        all.dedup();
        all
    }
}
