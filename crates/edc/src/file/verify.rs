//! Holds attached files against the journal.

use std::sync::Arc;

use journal::LogName;
use kernel::{DataType, StudyOid, SubjectKey};
use store::ViewsReport;

use super::named::{Named, holds_files};
use crate::{
    Edc, Failure,
    book::{LOG_KIND, Shelf},
    failure::Result,
    proof::Designs,
};

/// Names of logs that are read at a time.
const PAGE: u32 = 1_000;

impl Edc {
    /// Reads every file that an entry names, and says which are missing or not what was uploaded,
    /// and where they are named. Studies without items for files are passed over.
    pub async fn verify_files(&self) -> Result<ViewsReport> {
        let mut report = ViewsReport::default();
        let mut after: Option<LogName> = None;
        let mut present: Option<(String, Option<Arc<Designs>>)> = None;
        loop {
            let page = self.store.logs(None, after.as_ref(), PAGE).await?;
            for (log, _) in page.iter().filter(|(log, _)| log.kind == LOG_KIND) {
                if present.as_ref().is_none_or(|(study, _)| *study != log.study) {
                    let designs = Designs::read(&self.store, &log.study).await?.ok();
                    let designs = designs.filter(|designs| with_files(designs));
                    present = Some((log.study.clone(), designs));
                }
                if let Some((_, Some(designs))) = &present {
                    self.verify_files_of(log, designs, &mut report).await?;
                }
            }
            if page.len() < PAGE as usize {
                return Ok(report);
            }
            after = page.into_iter().next_back().map(|(log, _)| log);
        }
    }

    async fn verify_files_of(
        &self,
        log: &LogName,
        designs: &Designs,
        report: &mut ViewsReport,
    ) -> Result<()> {
        let (study, subject) = (StudyOid::new(&log.study), SubjectKey::new(&log.key));
        for named in self.files_named(&study, &subject).await? {
            if !designs.all().any(|one| holds_files(&one.design, &named.item)) {
                continue;
            }
            report.rows += 1;
            if let Some(damage) = self.damage(&study, &subject, &named).await? {
                let Named { sequence, record, row, item, file } = &named;
                let log = Shelf::log(&study, &subject);
                report.fault(format!(
                    "log {log}, entry {sequence}: the file \"{}\" of {item} in {}/{} {}/{} {}/{} \
                     (sha256 {}) {damage}",
                    file.name,
                    record.event,
                    record.event_repeat,
                    record.form,
                    record.form_repeat,
                    row.group,
                    row.repeat,
                    file.sha256,
                ));
            }
        }
        Ok(())
    }

    async fn damage(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        named: &Named,
    ) -> Result<Option<String>> {
        let Some(folder) = self.files.clone() else {
            return Ok(Some("cannot be looked for: there is no folder for files".to_owned()));
        };
        let (study, subject, file) = (study.clone(), subject.clone(), named.file.clone());
        let read = tokio::task::spawn_blocking(move || {
            folder.open_whole(&study, &subject, &file).err().map(|damage| damage.to_string())
        });
        read.await.map_err(|error| Failure::Broke(error.to_string()))
    }
}

fn with_files(designs: &Designs) -> bool {
    let mut items = designs.all().flat_map(|one| &one.design.version().items);
    items.any(|item| item.data_type == DataType::File)
}
