//! Long work as jobs: exports and imports that go on while nobody waits for an answer.
//!
//! A job has a log of its own, which says who asked for what, and what came of it. That it is to be
//! done is a job of the store, enqueued in the same transaction; a worker claims it, says again and
//! again that it is alive, and whoever comes after a worker that was killed begins anew. Files lie in
//! a folder that workers and callers share, for a week; the log stays.
//!
//! Start reading at [`event`] (what can happen), then [`worker`].

mod download;
mod event;
mod files;
mod list;
mod log;
mod rows;
mod run_export;
mod run_import;
mod start;
mod upload;
mod work;
mod worker;

pub(crate) use self::{
    download::{Pieces, download_export, download_report, may_download, pieces},
    event::{ExportWanted, FileMade, ImportWanted, JobState, Matter, ReportMade, Stage},
    files::{make_private, sha256, write_whole},
    list::{MOST_LISTED, listed, progress_of},
    log::JobKind,
    rows::{RowRead, rows_page},
    start::{
        apply_import, cancel, check_import, export_of, import_of, may_list, start_export,
        start_import,
    },
    upload::{Piece, full_or_broke, received, upload},
    work::Progress,
};
pub use self::{files::JobFolder, worker::JobWorker};

/// How long the files of a job are kept after it was asked for.
pub(crate) const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
