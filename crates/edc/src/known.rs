//! What is known of studies and subjects, for those who run the program rather than call it.

use contract::{Act, Caller, Scope};
use jiff::{civil::Date, tz::TimeZone};
use journal::LogName;
use kernel::{
    StudyOid, StudyVersion, SubjectKey,
    casebook::{RecordRef, Refusal},
    study::Design,
};
use store::{Range, View};

use crate::{
    Edc, Failure, StudyState,
    failure::Result,
    study::{LOG_KIND, StudyShelf},
    study_log::StudyEvent,
    views::{QUERY_ENDED, QUERY_PENDING, RECORD, SUBJECT},
};

/// Logs that are read at a time.
const PAGE: u32 = 500;

impl Edc {
    /// The OIDs of all studies that have a log.
    pub async fn study_oids(&self) -> Result<Vec<StudyOid>> {
        let mut after = LogName::new("", LOG_KIND, "");
        let mut studies = Vec::new();
        loop {
            let page = self.store.logs(Some(""), Some(&after), PAGE).await?;
            let own = page.into_iter().take_while(|(log, _)| log.kind == LOG_KIND);
            let found: Vec<LogName> = own.map(|(log, _)| log).collect();
            studies.extend(found.iter().map(|log| StudyOid::new(&log.key)));
            match found.last() {
                Some(last) if found.len() == PAGE as usize => after = last.clone(),
                _ => return Ok(studies),
            }
        }
    }

    /// The versions and sites of a study as its log tells.
    pub async fn study_state(&self, study: &StudyOid) -> Result<StudyState> {
        let folded = self.studies.fold(study).await?;
        if folded.head.sequence == 0 {
            return Err(Failure::StudyUnknown(study.to_string()));
        }
        Ok(folded.state)
    }

    /// The design of the latest published version.
    pub async fn design(&self, study: &StudyOid) -> Result<Design> {
        Ok(self.study(study).await?.compiled.design.clone())
    }

    /// A published version whose hash begins so; the latest when nothing is given.
    pub async fn version(
        &self,
        caller: &Caller,
        study: &StudyOid,
        hash: Option<&str>,
    ) -> Result<StudyVersion> {
        caller.permit(Act::ReadStudy, Scope::study_wide(study.as_str()))?;
        let state = self.study_state(study).await?;
        let wanted = state
            .versions
            .iter()
            .rev()
            .find(|one| hash.is_none_or(|beginning| one.hash.starts_with(beginning)));
        let unknown = || Failure::Version(hash.unwrap_or("latest").to_owned());
        let entry = wanted.ok_or_else(unknown)?.entry;
        let stored = self.store.entry(&StudyShelf::log(study), entry).await?;
        let stored = stored.ok_or_else(unknown)?;
        let opened = stored.open().map_err(|_| unknown())?;
        match minicbor_serde::from_slice(&opened.draft.payload).map_err(|_| unknown())? {
            StudyEvent::VersionPublished(version) => {
                serde_json::from_str(&version.document).map_err(|_| unknown())
            }
            _ => Err(unknown()),
        }
    }

    /// Today, where the subject is.
    pub async fn today_at_site_of(&self, study: &StudyOid, subject: &SubjectKey) -> Result<Date> {
        let study = self.study(study).await?;
        let oid = self.site_of(&study, subject).await?;
        let zone = study.site(&oid)?.added.time_zone.as_str();
        let zone = TimeZone::get(zone).map_err(|_| Refusal::SiteUnknown(oid))?;
        Ok((self.clock)().to_zoned(zone).date())
    }
}

/// What a study holds, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub subjects: u64,
    /// Form records that are not removed, and the values in them.
    pub records: u64,
    pub values: u64,
    pub queries: u64,
    pub pending_queries: u64,
    /// Entries of all logs of the study.
    pub entries: u64,
}

impl Edc {
    /// Counts what a study holds, from its views and the heads of its logs.
    pub async fn totals(&self, study: &StudyOid) -> Result<Totals> {
        let mut totals = Totals::default();
        self.each_row(study, RECORD, |bytes| {
            let record = RecordRef::decode(bytes)?;
            if !record.removed {
                totals.records += 1;
                record.for_each_item(|row, item, _| {
                    totals.values += u64::from(item.is_some() && !row.removed);
                })?;
            }
            Ok(())
        })
        .await?;
        self.each_row(study, SUBJECT, |_| {
            totals.subjects += 1;
            Ok(())
        })
        .await?;
        self.each_row(study, QUERY_PENDING, |_| {
            totals.pending_queries += 1;
            Ok(())
        })
        .await?;
        self.each_row(study, QUERY_ENDED, |_| {
            totals.queries += 1;
            Ok(())
        })
        .await?;
        totals.queries += totals.pending_queries;
        let mut after = None;
        loop {
            let logs = self.store.logs(Some(study.as_str()), after.as_ref(), PAGE).await?;
            totals.entries += logs.iter().map(|(_, head)| head.sequence).sum::<u64>();
            match logs.last().filter(|_| logs.len() == PAGE as usize) {
                Some((last, _)) => after = Some(last.clone()),
                None => return Ok(totals),
            }
        }
    }

    async fn each_row(
        &self,
        study: &StudyOid,
        view: View,
        mut take: impl FnMut(&[u8]) -> Result<()> + Send,
    ) -> Result<()> {
        const ROWS: u32 = 2_000;
        let mut range = Range::all(view, study.as_str(), ROWS);
        loop {
            let rows = self.store.list(range.clone()).await?;
            rows.iter().try_for_each(|(_, bytes)| take(bytes))?;
            match rows.into_iter().next_back() {
                Some((last, _)) => range = range.after(last),
                None => return Ok(()),
            }
        }
    }
}
