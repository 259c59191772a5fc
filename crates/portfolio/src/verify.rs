//! Whether the rows of the portfolio are what its logs tell.

use std::collections::BTreeMap;

use journal::Head;
use store::{Range, View, ViewsReport};

use crate::{
    Portfolio,
    change::log,
    failure::Result,
    rows::{ALL, BETWEEN, BY_USER, INSTITUTION, NEWEST, STUDY, owner, rows},
};

const ROWS_PER_READ: u32 = 1_000;
/// How often it looks again at a study that changed meanwhile.
const MAX_ATTEMPTS: u32 = 20;

type Rows = BTreeMap<(View, String), Vec<u8>>;

impl Portfolio {
    /// Replays the logs of all studies and compares their rows. Studies may change meanwhile.
    pub async fn verify_views(&self) -> Result<ViewsReport> {
        let mut report = ViewsReport::default();
        let mut after = None;
        loop {
            let page = self.studies_after(after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            for log in &page {
                report.logs += 1;
                self.missing_or_different(&log.key, &mut report).await?;
            }
        }
        for view in ALL {
            self.surplus(view, &mut report).await?;
        }
        Ok(report)
    }

    async fn missing_or_different(&self, oid: &str, report: &mut ViewsReport) -> Result<()> {
        for attempt in 1..=MAX_ATTEMPTS {
            let (expected, head) = self.expected(oid).await?;
            let mut faults = Vec::new();
            for ((view, key), bytes) in &expected {
                match self.shelf.store().view(*view, INSTITUTION, key).await? {
                    Some(stored) if stored == *bytes => {}
                    Some(_) => faults.push((*view, key, "is not what the log tells")),
                    None => faults.push((*view, key, "is missing, although the log tells of it")),
                }
            }
            let is_settled = self.shelf.store().head(&log(oid)).await? == Some(head);
            if faults.is_empty() || is_settled || attempt == MAX_ATTEMPTS {
                for (view, key, what) in faults {
                    report.fault(told(view, key, what));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Rows that no log tells of.
    async fn surplus(&self, view: View, report: &mut ViewsReport) -> Result<()> {
        let mut range = Range::all(view, INSTITUTION, ROWS_PER_READ);
        loop {
            let page = self.shelf.store().list(range.clone()).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            range.after = Some(last.clone());
            for (key, _) in &page {
                report.rows += 1;
                if !self.is_told(view, key).await? {
                    report.fault(told(view, key, "is surplus: no log tells of it"));
                }
            }
        }
    }

    async fn is_told(&self, view: View, key: &str) -> Result<bool> {
        let Some(oid) = owner(view, key) else { return Ok(false) };
        let known = self.shelf.find(oid).await?;
        let is_told = match (view, key.split_once(BETWEEN)) {
            (BY_USER, Some((user, _))) => known.study.staff.contains_key(user),
            _ => rows(oid, &known.study)
                .iter()
                .any(|(of, told, _)| (*of, told.as_str()) == (view, key)),
        };
        // What was dropped since the page was read is not surplus.
        Ok(is_told || self.shelf.store().view(view, INSTITUTION, key).await?.is_none())
    }

    /// What the log of a study tells, replayed without what is kept in memory, and where it ends.
    async fn expected(&self, oid: &str) -> Result<(Rows, Head)> {
        let known = self.shelf.fold(oid).await?;
        let rows = rows(oid, &known.study).into_iter();
        Ok((rows.map(|(view, key, bytes)| ((view, key), bytes)).collect(), known.head))
    }
}

/// Says of a row what is wrong with it.
fn told(view: View, key: &str, what: &str) -> String {
    format!("portfolio, {} {}: {what}", of_view(view), key.replace(BETWEEN, " / "))
}

fn of_view(view: View) -> &'static str {
    match view {
        STUDY => "study",
        NEWEST => "row of the newest studies",
        BY_USER => "row of user and study",
        _ => "row",
    }
}
