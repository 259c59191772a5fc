//! What can happen to a job, and the state that follows from it.

use kernel::{FormOid, ItemOid, SiteOid};
use serde::{Deserialize, Serialize};

/// An entry in the log of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JobEvent {
    ExportRequested(ExportWanted),
    ExportFinished(ExportMade),
    ImportRequested { data_file: String },
    ImportCheckRequested(ImportWanted),
    ImportChecked(ReportMade),
    ImportApplyRequested { keep_good: bool },
    ImportApplied(ReportMade),
    JobFailed { code: String, faults: Vec<String> },
    JobCancelled,
    FileDownloaded { name: String },
}

/// What is to be exported, for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportWanted {
    pub format: String,
    pub as_of_ms: Option<i64>,
    pub site: Option<SiteOid>,
    pub forms: Vec<FormOid>,
    pub trail: bool,
    pub byte_order_mark: bool,
    /// That of labels and decodes (BCP 47); English when absent.
    #[serde(default)]
    pub language: Option<String>,
    /// The sites that the caller may take out; all when absent.
    pub sites: Option<Vec<String>>,
    /// The caller may see values that tell the treatment.
    pub unblinded: bool,
    /// With the bytes of attached files.
    #[serde(default)]
    pub files: bool,
}

/// The files of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportMade {
    /// Which of the attempts made them.
    pub attempt: i64,
    pub archive: FileMade,
    pub files: Vec<FileMade>,
    /// Items that were left out because they tell the treatment.
    pub hidden: Vec<ItemOid>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileMade {
    pub name: String,
    pub rows: u64,
    pub values: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// How a file is to be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportWanted {
    pub mapping_file: Option<String>,
    pub reason: Option<String>,
    pub complete: bool,
}

/// What an import would do, or has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportMade {
    pub accepted: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub rejected: u64,
    pub records: u64,
    pub values: u64,
    pub queries_opened: u64,
    pub queries_closed: u64,
    pub broken: Option<String>,
    pub resumed: bool,
    /// Of file and mapping.
    pub sha256: String,
}

/// What a job is about, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    Export { wanted: ExportWanted, made: Option<ExportMade> },
    Import { data_file: String, wanted: Option<ImportWanted>, report: Option<ReportMade> },
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its files are being sent.
    #[default]
    Receiving,
    /// It is to be exported, or to be checked.
    Waiting,
    Checked,
    /// It was checked and is to be applied.
    Applying {
        keep_good: bool,
    },
    Done,
    Failed {
        code: String,
        faults: Vec<String>,
    },
    Cancelled,
}

/// The fold of a job's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JobState {
    pub requested_by: String,
    pub requested_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub matter: Option<Matter>,
    pub stage: Stage,
}

impl JobEvent {
    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ExportRequested(_) => "ExportRequested",
            Self::ExportFinished(_) => "ExportFinished",
            Self::ImportRequested { .. } => "ImportRequested",
            Self::ImportCheckRequested(_) => "ImportCheckRequested",
            Self::ImportChecked(_) => "ImportChecked",
            Self::ImportApplyRequested { .. } => "ImportApplyRequested",
            Self::ImportApplied(_) => "ImportApplied",
            Self::JobFailed { .. } => "JobFailed",
            Self::JobCancelled => "JobCancelled",
            Self::FileDownloaded { .. } => "FileDownloaded",
        }
    }
}

impl JobState {
    pub fn apply(&mut self, by: &str, at_ms: i64, event: JobEvent) {
        match event {
            JobEvent::ExportRequested(wanted) => {
                self.begin(by, at_ms, Matter::Export { wanted, made: None });
                self.stage = Stage::Waiting;
            }
            JobEvent::ImportRequested { data_file } => {
                self.begin(by, at_ms, Matter::Import { data_file, wanted: None, report: None });
            }
            JobEvent::ImportCheckRequested(how) => {
                if let Some(Matter::Import { wanted, report, .. }) = &mut self.matter {
                    (*wanted, *report) = (Some(how), None);
                }
                (self.stage, self.ended_at_ms) = (Stage::Waiting, None);
            }
            JobEvent::ImportApplyRequested { keep_good } => {
                self.stage = Stage::Applying { keep_good };
            }
            JobEvent::ExportFinished(files) => {
                if let Some(Matter::Export { made, .. }) = &mut self.matter {
                    *made = Some(files);
                }
                self.end(at_ms, Stage::Done);
            }
            JobEvent::ImportChecked(found) => {
                self.keep(found);
                self.stage = Stage::Checked;
            }
            JobEvent::ImportApplied(found) => {
                self.keep(found);
                self.end(at_ms, Stage::Done);
            }
            JobEvent::JobFailed { code, faults } => self.end(at_ms, Stage::Failed { code, faults }),
            JobEvent::JobCancelled => self.end(at_ms, Stage::Cancelled),
            JobEvent::FileDownloaded { .. } => {}
        }
    }

    fn begin(&mut self, by: &str, at_ms: i64, matter: Matter) {
        (self.requested_by, self.requested_at_ms) = (by.to_owned(), at_ms);
        self.matter = Some(matter);
    }

    fn keep(&mut self, found: ReportMade) {
        if let Some(Matter::Import { report, .. }) = &mut self.matter {
            *report = Some(found);
        }
    }

    fn end(&mut self, at_ms: i64, stage: Stage) {
        (self.ended_at_ms, self.stage) = (Some(at_ms), stage);
    }

    /// Whether a worker is to do something.
    pub fn is_to_be_done(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Applying { .. })
    }

    /// Whether nothing happens to it any more by itself, so that there is nothing to cancel.
    pub fn has_ended(&self) -> bool {
        self.ended_at_ms.is_some()
    }

    /// Whether files may be sent and the check be asked for: not while it is worked on, and not once
    /// something may have been written.
    pub fn takes_files(&self) -> bool {
        let is_import = matches!(self.matter, Some(Matter::Import { .. }));
        is_import && matches!(self.stage, Stage::Receiving | Stage::Checked | Stage::Failed { .. })
    }

    /// How it is to be imported, once that was said.
    pub fn wanted(&self) -> Option<&ImportWanted> {
        match &self.matter {
            Some(Matter::Import { wanted, .. }) => wanted.as_ref(),
            _ => None,
        }
    }

    pub fn report(&self) -> Option<&ReportMade> {
        match &self.matter {
            Some(Matter::Import { report, .. }) => report.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(events: Vec<JobEvent>) -> JobState {
        let mut state = JobState::default();
        for (at_ms, event) in (1..).zip(events) {
            state.apply("ann", at_ms, event);
        }
        state
    }

    fn begun() -> Vec<JobEvent> {
        let how = ImportWanted { mapping_file: None, reason: None, complete: true };
        vec![
            JobEvent::ImportRequested { data_file: "a.xml".to_owned() },
            JobEvent::ImportCheckRequested(how),
        ]
    }

    #[test]
    fn an_import_takes_files_until_it_is_worked_on_and_again_after_its_check() {
        let mut events = begun();
        assert!(folded(events[..1].to_vec()).takes_files());
        assert!(!folded(events.clone()).takes_files());
        events.push(JobEvent::ImportChecked(ReportMade::default()));
        let checked = folded(events.clone());
        assert!(checked.takes_files() && !checked.is_to_be_done() && !checked.has_ended());
        events.push(JobEvent::ImportApplyRequested { keep_good: false });
        let applying = folded(events.clone());
        assert!(applying.is_to_be_done() && !applying.takes_files());
        events.push(JobEvent::ImportApplied(ReportMade::default()));
        let done = folded(events);
        assert_eq!((done.stage.clone(), done.ended_at_ms), (Stage::Done, Some(5)));
        assert!(done.has_ended() && !done.takes_files());
    }

    #[test]
    fn a_check_that_failed_can_be_asked_for_again() {
        let mut events = begun();
        let failed = JobEvent::JobFailed { code: "IMPORT_UNFIT".to_owned(), faults: Vec::new() };
        events.push(failed);
        let state = folded(events.clone());
        assert!(state.takes_files() && state.has_ended());
        events.extend(begun().pop());
        let again = folded(events);
        assert!(again.is_to_be_done() && again.ended_at_ms.is_none());
    }

    #[test]
    fn a_download_changes_nothing_but_the_log() {
        let wanted = ExportWanted {
            format: "csv".to_owned(),
            as_of_ms: None,
            site: None,
            forms: Vec::new(),
            trail: false,
            byte_order_mark: false,
            language: None,
            sites: None,
            unblinded: false,
            files: false,
        };
        let requested = vec![JobEvent::ExportRequested(wanted)];
        let mut downloaded = requested.clone();
        downloaded.push(JobEvent::FileDownloaded { name: "a.zip".to_owned() });
        assert_eq!(folded(requested), folded(downloaded));
    }
}
