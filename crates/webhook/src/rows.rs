//! The rows of endpoints follow from their logs: they can be compared, dropped and made again.

use crate::{
    Random,
    endpoints::{Cause, ENDPOINT, Endpoints, KIND, effect},
};
use contract::Error;
use journal::LogName;
use std::{collections::BTreeMap, fmt, sync::Arc};
use store::{Effect, Range, Store, StoreError, ViewsReport};

const LOGS_PER_READ: u32 = 500;
const ROWS_PER_READ: u32 = 500;
/// How often it begins anew because something was written while it ran.
const MAX_ATTEMPTS: u32 = 20;

/// The rows of the endpoints of a store. Needs no key and sends nothing.
pub struct EndpointRows {
    endpoints: Endpoints,
}

/// What the logs of the endpoints of a study tell.
#[derive(Default, PartialEq, Eq)]
struct Told {
    logs: u64,
    rows: BTreeMap<String, Vec<u8>>,
}

impl EndpointRows {
    pub fn new(store: Arc<dyn Store>, random: Random) -> Self {
        Self { endpoints: Endpoints::new(store, random) }
    }

    /// Replays the logs of all endpoints and compares their rows. Endpoints may change meanwhile.
    pub async fn verify(&self) -> Result<ViewsReport, Error> {
        let mut report = ViewsReport::default();
        for study in self.studies().await.map_err(|error| self.failed(error))? {
            let compared = self.compare(&study, &mut report).await;
            compared.map_err(|error| self.failed(error))?;
        }
        Ok(report)
    }

    /// Replays the logs of all endpoints and replaces their rows; readers see the old ones of a
    /// study until all new ones are there. Answers how many endpoints there are or were.
    pub async fn rebuild(&self) -> Result<u64, Error> {
        let mut rebuilt = 0;
        for study in self.studies().await.map_err(|error| self.failed(error))? {
            rebuilt += self.rebuild_of(&study).await?;
        }
        Ok(rebuilt)
    }

    async fn rebuild_of(&self, study: &str) -> Result<u64, Error> {
        let store = self.endpoints.store();
        for _ in 0..MAX_ATTEMPTS {
            let seen = store.last_position().await.map_err(|error| self.failed(error))?;
            let told = self.stage(study).await.map_err(|error| self.failed(error))?;
            match store.swap(study, &[ENDPOINT], seen).await {
                Ok(()) => return Ok(told.logs),
                Err(StoreError::PositionMoved { .. }) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(Error::unavailable("entries were written all the time; try again"))
    }

    async fn stage(&self, study: &str) -> Result<Told, Cause> {
        let store = self.endpoints.store();
        store.unstage(study).await?;
        let told = self.told(study).await?;
        for (key, bytes) in &told.rows {
            let row = Effect::Put { view: ENDPOINT, key: key.clone(), bytes: bytes.clone() };
            store.stage(study, vec![row]).await?;
        }
        Ok(told)
    }

    async fn compare(&self, study: &str, report: &mut ViewsReport) -> Result<(), Cause> {
        let mut attempt = 1;
        let (told, kept) = loop {
            let (told, kept) = (self.told(study).await?, self.kept(study).await?);
            let is_settled = told.rows == kept || told == self.told(study).await?;
            if is_settled || attempt == MAX_ATTEMPTS {
                break (told, kept);
            }
            attempt += 1;
        };
        report.logs += told.logs;
        report.rows += kept.len() as u64;
        let mut fault = |key: &str, what: &str| {
            report.fault(format!("webhooks of {study}, endpoint {key}: {what}"));
        };
        for (key, row) in &told.rows {
            match kept.get(key) {
                Some(stored) if stored == row => {}
                Some(_) => fault(key, "is not what the log tells"),
                None => fault(key, "is missing, although the log tells of it"),
            }
        }
        for key in kept.keys().filter(|key| !told.rows.contains_key(*key)) {
            fault(key, "is surplus: no log tells of it");
        }
        Ok(())
    }

    /// All studies: each has a log.
    async fn studies(&self) -> Result<Vec<String>, Cause> {
        let mut after = LogName::new("", "study", "");
        let mut studies = Vec::new();
        loop {
            let logs = self.endpoints.store().logs(Some(""), Some(&after), LOGS_PER_READ).await?;
            let is_last = logs.len() < LOGS_PER_READ as usize;
            for (log, _) in logs {
                if log.kind != "study" {
                    return Ok(studies);
                }
                studies.push(log.key.clone());
                after = log;
            }
            if is_last {
                return Ok(studies);
            }
        }
    }

    async fn told(&self, study: &str) -> Result<Told, Cause> {
        let mut after = LogName::new(study, KIND, "");
        let mut told = Told::default();
        loop {
            let logs =
                self.endpoints.store().logs(Some(study), Some(&after), LOGS_PER_READ).await?;
            let is_last = logs.len() < LOGS_PER_READ as usize;
            for (log, _) in logs {
                if log.kind != KIND {
                    return Ok(told);
                }
                let known = self.endpoints.find(study, &log.key).await?;
                let row = known.map(|known| effect(&log.key, &known.endpoint)).transpose()?;
                if let Some(Effect::Put { key, bytes, .. }) = row {
                    told.rows.insert(key, bytes);
                }
                told.logs += 1;
                after = log;
            }
            if is_last {
                return Ok(told);
            }
        }
    }

    async fn kept(&self, study: &str) -> Result<BTreeMap<String, Vec<u8>>, Cause> {
        let mut range = Range::all(ENDPOINT, study, ROWS_PER_READ);
        let mut kept = BTreeMap::new();
        loop {
            let rows = self.endpoints.store().list(range.clone()).await?;
            let Some((last, _)) = rows.last() else { return Ok(kept) };
            range.after = Some(last.clone());
            kept.extend(rows);
        }
    }

    fn failed(&self, error: impl Into<Cause>) -> Error {
        self.endpoints.broken("verify or rebuild endpoints", error)
    }
}

impl fmt::Debug for EndpointRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointRows").finish_non_exhaustive()
    }
}
