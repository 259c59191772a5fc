//! The EDC service: study versions, casebooks, forms, queries, import and export.
//!
//! It is the only writer of casebooks. A casebook is the fold of its log; the views are written in
//! the same transaction as the entries. It does not know HTTP, SQL or addresses.
//!
//! Start reading at `save_form` (the life of a form save): permit, read, decide, append, answer.
//! What a save means is decided in `decide`, purely; how a change reaches the store is in `change`.

mod anew;
mod audit_review;
mod book;
mod change;
mod check_eligibility;
mod compiled;
mod decide;
mod dictionary;
mod draft;
mod evaluate_form;
mod expected;
pub mod export;
mod failure;
mod file;
mod impact;
pub mod import;
mod job;
mod known;
mod laboratory;
mod lock_study;
mod migration;
mod numbers;
mod permit;
pub mod proof;
mod publish;
mod query;
mod read;
mod records;
mod review;
mod rollout;
mod save_form;
mod sign_whole;
mod signing;
mod sites;
mod study;
mod study_log;
mod subject;
mod tabulate;
mod verification;
mod views;
mod wire;

use std::{fmt, sync::Arc};

use contract::identity::v1::Identity;
use jiff::Timestamp;
use kernel::StudyOid;
use mesh::{RuntimeClock, SplitMix};
use store::Store;

use self::{book::Shelf, draft::DraftShelf, study::StudyShelf};
pub use self::{
    dictionary::{Dictionaries, DictionaryTerm, LoadDictionary, LoadFailure, Loaded},
    draft::{ImportCall, ImportFailure, Imported, PlacedFault, PublishDraft},
    failure::{Failure, Result},
    file::FileFolder,
    job::{JobFolder, JobWorker},
    known::Totals,
    publish::{PublishFailure, Published},
    study_log::{
        PublishedVersion, RangeImport, RangesImported, Site, SiteAdded, SiteEvent, SiteStatus,
        SiteVersion, SiteVersionScheduled, StudyEvent, StudyState, VersionPublished,
    },
    subject::{ChangeStatus, EnrolSubject, RecordEvent, ScreenSubject},
    views::LAYOUT_OF_VIEWS,
};

/// Tells the time. The binary passes the real one.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The service. A clone is another handle of the same one.
#[derive(Clone)]
pub struct Edc {
    store: Arc<dyn Store>,
    clock: Clock,
    studies: Arc<StudyShelf>,
    shelf: Arc<Shelf>,
    drafts: Arc<DraftShelf>,
    identity: Option<Arc<dyn Identity>>,
    dictionaries: Arc<Dictionaries>,
    last_checkpoint: Option<proof::ReadCheckpoint>,
    jobs: Option<Arc<JobFolder>>,
    files: Option<Arc<FileFolder>>,
    /// Held while a job is begun.
    starting: Arc<tokio::sync::Mutex<()>>,
}

impl Edc {
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        let studies = Arc::new(StudyShelf::new(Arc::clone(&store)));
        let shelf = Arc::new(Shelf::new(Arc::clone(&store)));
        let always = Arc::new(SplitMix::seeded(0));
        let dictionaries = Arc::new(Dictionaries::new(Arc::new(RuntimeClock), always));
        let drafts = Arc::new(DraftShelf::new(Arc::clone(&store)));
        Self {
            store,
            clock,
            studies,
            shelf,
            drafts,
            identity: None,
            dictionaries,
            last_checkpoint: None,
            jobs: None,
            files: None,
            starting: Arc::default(),
        }
    }

    /// Keeps the files of exports and imports that run as jobs in this folder.
    #[must_use]
    pub fn with_jobs(mut self, folder: Arc<JobFolder>) -> Self {
        self.jobs = Some(folder);
        self
    }

    /// Keeps files that are attached to items in this folder.
    #[must_use]
    pub fn with_files(mut self, folder: Arc<FileFolder>) -> Self {
        self.files = Some(folder);
        self
    }

    /// Redeems signing tickets, and has reads of unblinded data noted, by this service.
    #[must_use]
    pub fn with_identity(mut self, identity: Arc<dyn Identity>) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Keeps what was looked up in dictionaries there.
    #[must_use]
    pub fn with_dictionaries(mut self, dictionaries: Dictionaries) -> Self {
        self.dictionaries = Arc::new(dictionaries);
        self
    }

    /// Finds casebooks in the last signed checkpoint, which this reads.
    #[must_use]
    pub fn with_last_checkpoint(mut self, read: proof::ReadCheckpoint) -> Self {
        self.last_checkpoint = Some(read);
        self
    }

    pub(crate) async fn study(&self, oid: &StudyOid) -> Result<Arc<study::Study>> {
        self.studies.get(oid, (self.clock)()).await
    }
}

impl fmt::Debug for Edc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edc").field("store", &self.store).finish_non_exhaustive()
    }
}
