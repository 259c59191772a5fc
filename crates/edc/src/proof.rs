//! Shows that the logs are what was written, and that the views are what the logs tell.
//!
//! [`verify`] checks every chain entry by entry against the recorded end of its log, recomputes
//! every view row of every casebook and compares it with the stored one, and holds the logs against
//! a [`checkpoint`] that was kept elsewhere, which alone shows a log that was cut short or rewritten
//! as a whole. [`rebuild_views`] puts views right again. Nothing here writes a log.
//!
//! A store may be in use meanwhile: what looks wrong is looked at again before it is called a fault.

pub(crate) mod casebook;
mod checkpoint;
mod compare;
mod confirm;
mod designs;
mod fault;
mod inclusion;
mod leaves;
mod log;
mod logs;
mod rebuild;
mod replay;
mod scan;
mod words;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{TryStreamExt, future::LocalBoxFuture};
use journal::LogName;
use kernel::StudyOid;
use store::Store;

pub(crate) use self::designs::Designs;
pub use self::{
    casebook::{KnownCheckpoint, ReadCheckpoint},
    checkpoint::{CheckpointFile, CheckpointFileError, checkpoint, read_checkpoint},
    fault::{Fault, Place},
    inclusion::{Inclusion, InclusionError, prove},
    rebuild::{Rebuilt, rebuild_views},
};
use self::{compare::Comparison, fault::Faults, log::LogRead, logs::Reader, scan::Scanned};
use crate::{book, failure::Result, study};

/// Told from time to time how many entries and bytes of entries were read so far.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Studies that are looked up at a time.
const STUDY_PAGE: u32 = 1_000;

/// What is verified; by default the chains of everything.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Only this study: its own log and everything that belongs to it.
    pub study: Option<StudyOid>,
    /// A checkpoint that was taken earlier and kept outside the store.
    pub checkpoint: Option<CheckpointFile>,
    /// The public key with which checkpoints are signed, from a source other than the checkpoint.
    pub trusted_key: Option<[u8; 32]>,
    /// Also recomputes the views.
    pub views: bool,
}

/// What a verification has seen, and every fault up to [`VerifyReport::MAX_FAULTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    pub logs: u64,
    pub entries: u64,
    /// Bytes of entries that were hashed.
    pub bytes: u64,
    /// Stored view rows that were compared.
    pub view_rows: u64,
    /// Logs that were held against the checkpoint.
    pub checkpoint_logs: u64,
    /// The checkpoint was signed with the trusted key. Without a trusted key nobody can tell.
    pub signature_trusted: bool,
    pub faults: Vec<Fault>,
    /// All faults, the listed ones and those beyond. Beyond the list, view rows are counted at
    /// first sight.
    pub faults_total: u64,
}

impl VerifyReport {
    /// How many faults are listed.
    pub const MAX_FAULTS: usize = 100;

    pub fn is_clean(&self) -> bool {
        self.faults_total == 0
    }
}

/// Verifies the logs of a store, on request its views, and holds it against a checkpoint.
///
/// Faults are in the report; a failure says that the store could not be asked. Needs a runtime
/// with more than one thread to use more than one core. Memory does not grow with the store.
pub fn verify(
    store: &Arc<dyn Store>,
    options: VerifyOptions,
    progress: Progress,
) -> LocalBoxFuture<'_, Result<VerifyReport>> {
    // Behind a pointer, so that it is compiled here and not again by every caller.
    Box::pin(report(store, options, progress))
}

async fn report(
    store: &Arc<dyn Store>,
    options: VerifyOptions,
    progress: Progress,
) -> Result<VerifyReport> {
    let tally = Arc::new(Tally::new(progress));
    let scanned = match options {
        VerifyOptions { views: false, study: None, .. } => {
            Some(Arc::new(Scanned::all(store, &tally).await?))
        }
        _ => None,
    };
    let reader = Reader { store: Arc::clone(store), tally: Arc::clone(&tally), scanned };
    let mut run =
        Run { reader, views: options.views, logs: 0, view_rows: 0, faults: Faults::default() };
    match &options.study {
        Some(oid) => {
            run.one_log(study::StudyShelf::log(oid)).await?;
            run.study(oid.as_str()).await?;
        }
        None => {
            for study in studies(store).await? {
                run.study(&study).await?;
            }
        }
    }
    let mut report = VerifyReport::default();
    if let Some(file) = &options.checkpoint {
        let study = options.study.as_ref().map(StudyOid::as_str);
        report.signature_trusted =
            leaves::check_statement(file, options.trusted_key.as_ref(), &mut run.faults);
        report.checkpoint_logs = leaves::check(store, file, study, &mut run.faults).await?;
    }
    (report.entries, report.bytes) = tally.so_far();
    (report.logs, report.view_rows) = (run.logs, run.view_rows);
    (report.faults, report.faults_total) = run.faults.into_parts();
    Ok(report)
}

/// Every study that has a log, or whose own log the institution has.
async fn studies(store: &Arc<dyn Store>) -> Result<BTreeSet<String>> {
    let mut studies = BTreeSet::new();
    let mut after: Option<LogName> = None;
    while let Some((log, _)) = store.logs(None, after.as_ref(), 1).await?.pop() {
        // No name has a control character, so this is behind all logs of the study.
        after = Some(LogName::new(format!("{}\u{1}", log.study), "", ""));
        studies.insert(log.study);
    }
    let mut after = LogName::new("", study::LOG_KIND, "");
    loop {
        let page = store.logs(Some(""), Some(&after), STUDY_PAGE).await?;
        let own = page.iter().take_while(|(log, _)| log.kind == study::LOG_KIND);
        let found: Vec<LogName> = own.map(|(log, _)| log.clone()).collect();
        studies.extend(found.iter().map(|log| log.key.clone()));
        match found.last() {
            Some(last) if found.len() == STUDY_PAGE as usize => after = last.clone(),
            _ => return Ok(studies),
        }
    }
}

/// A verification under way.
struct Run {
    reader: Reader,
    views: bool,
    logs: u64,
    view_rows: u64,
    faults: Faults,
}

impl Run {
    /// Verifies every log of a study, and its views if they are wanted.
    async fn study(&mut self, study: &str) -> Result<()> {
        let mut comparison = None;
        let mut designs = None;
        if self.views && !study.is_empty() {
            let found = Designs::read(&self.reader.store, study).await?;
            comparison =
                Some(Comparison::new(Arc::clone(&self.reader.store), study, found.clone()));
            designs = found.ok();
        }
        let mut reads = std::pin::pin!(logs::read_all(self.reader.clone(), study, designs));
        while let Some(read) = reads.try_next().await? {
            self.logs += 1;
            let is_casebook = read.log.kind == book::LOG_KIND;
            if let (Some(comparison), true) = (&mut comparison, is_casebook) {
                comparison.casebook(&read, &mut self.faults).await?;
            }
            self.faults.extend(read.fault);
        }
        if let Some(comparison) = comparison {
            self.view_rows += comparison.finish(&mut self.faults).await?;
        }
        Ok(())
    }

    async fn one_log(&mut self, log: LogName) -> Result<()> {
        let Some(head) = self.reader.store.head(&log).await? else { return Ok(()) };
        let LogRead { fault, .. } = log::read(&self.reader, log, head, None).await?;
        self.logs += 1;
        self.faults.extend(fault);
        Ok(())
    }
}

/// Entries and bytes read so far, by whichever task.
pub(crate) struct Tally {
    entries: AtomicU64,
    bytes: AtomicU64,
    progress: Progress,
}

impl Tally {
    fn new(progress: Progress) -> Self {
        Self { entries: AtomicU64::new(0), bytes: AtomicU64::new(0), progress }
    }

    fn add(&self, entries: u64, bytes: u64) {
        let entries = self.entries.fetch_add(entries, Ordering::Relaxed) + entries;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.progress)(entries, bytes);
    }

    /// Shows progress that is counted later, when it is known to be sound.
    fn foresee(&self, entries: u64, bytes: u64) {
        (self.progress)(entries, bytes);
    }

    fn so_far(&self) -> (u64, u64) {
        (self.entries.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}
