//! The rows of the portfolio follow from its logs: they can be dropped and made again.

use journal::LogName;
use store::{Effect, StoreError};

use crate::{
    Portfolio,
    change::LOG_KIND,
    failure::{Failure, Result},
    rows::{ALL, INSTITUTION, rows},
};

const LOGS_PER_READ: u32 = 500;
/// How often it begins anew because somebody wrote while it ran.
const MAX_ATTEMPTS: u32 = 20;

impl Portfolio {
    /// Replays the logs of all studies and replaces their rows; readers see the old ones until all new
    /// ones are there. Answers how many studies there are. The stage is that of the institution, so
    /// nothing else of it may be rebuilt at the same time.
    pub async fn rebuild_views(&self) -> Result<u64> {
        let store = self.shelf.store();
        for _ in 0..MAX_ATTEMPTS {
            let seen = store.last_position().await?;
            store.unstage(INSTITUTION).await?;
            let count = self.stage_studies().await?;
            match store.swap(INSTITUTION, &ALL, seen).await {
                Ok(()) => return Ok(count),
                Err(StoreError::PositionMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Busy)
    }

    async fn stage_studies(&self) -> Result<u64> {
        let mut after = None;
        let mut count = 0;
        loop {
            let page = self.studies_after(after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.clone());
            for log in &page {
                let known = self.shelf.fold(&log.key).await?;
                let rows = rows(&log.key, &known.study).into_iter();
                let effects = rows.map(|(view, key, bytes)| Effect::Put { view, key, bytes });
                self.shelf.store().stage(INSTITUTION, effects.collect()).await?;
                count += 1;
            }
        }
    }

    /// Logs of studies behind one, ascending; none at the end.
    pub(crate) async fn studies_after(&self, after: Option<&LogName>) -> Result<Vec<LogName>> {
        let begin = LogName::new(INSTITUTION, LOG_KIND, "");
        let after = after.unwrap_or(&begin);
        let logs = self.shelf.store().logs(Some(INSTITUTION), Some(after), LOGS_PER_READ).await?;
        let own = logs.into_iter().map(|(log, _)| log).take_while(|log| log.kind == LOG_KIND);
        Ok(own.collect())
    }
}
