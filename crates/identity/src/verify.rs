//! Whether the rows of users are what their logs say.

use crate::{
    Identity,
    rows::{ALL, Rows, rows},
    users::{KIND, STUDY, Users},
};
use contract::Error;
use store::{Range, View, ViewsReport};

const LOGS_PER_READ: u32 = 500;
const ROWS_PER_READ: u32 = 1_000;
/// How often it looks again at a user who changed meanwhile.
const MAX_ATTEMPTS: u32 = 20;

impl Identity {
    /// Replays the logs of all users and compares their rows. Users may change meanwhile.
    pub async fn verify_views(&self) -> Result<ViewsReport, Error> {
        let mut report = ViewsReport::default();
        let users = self.users.unread();
        self.missing_or_different(&users, &mut report).await?;
        for view in ALL {
            self.surplus(&users, view, &mut report).await?;
        }
        Ok(report)
    }

    async fn missing_or_different(
        &self,
        users: &Users,
        report: &mut ViewsReport,
    ) -> Result<(), Error> {
        let mut after = None;
        loop {
            let logs = self.users.store().logs(Some(STUDY), after.as_ref(), LOGS_PER_READ).await;
            let logs = logs.map_err(|error| self.users.broken("verify users", error))?;
            let Some((last, _)) = logs.last() else { return Ok(()) };
            after = Some(last.clone());
            for (log, _) in logs.iter().filter(|(log, _)| log.kind == KIND) {
                report.logs += 1;
                self.compare(users, &log.key, report).await?;
            }
        }
    }

    async fn compare(
        &self,
        users: &Users,
        name: &str,
        report: &mut ViewsReport,
    ) -> Result<(), Error> {
        for attempt in 1..=MAX_ATTEMPTS {
            let (expected, before) = self.expected(users, name).await?;
            let mut faults = Vec::new();
            for ((view, key), bytes) in &expected {
                let stored = self.users.store().view(*view, STUDY, key).await;
                let stored = stored.map_err(|error| self.users.broken("verify users", error))?;
                match stored {
                    Some(stored) if stored == *bytes => {}
                    Some(_) => faults.push(told(*view, key, "is not what the log says")),
                    None => {
                        faults.push(told(*view, key, "is missing, although the log tells of it"));
                    }
                }
            }
            if faults.is_empty() || before == self.head_of(name).await? || attempt == MAX_ATTEMPTS {
                for what in faults {
                    report.fault(what);
                }
                return Ok(());
            }
        }
        Ok(())
    }

    async fn surplus(
        &self,
        users: &Users,
        view: View,
        report: &mut ViewsReport,
    ) -> Result<(), Error> {
        let mut range = Range::all(view, STUDY, ROWS_PER_READ);
        loop {
            let page = self.users.store().list(range.clone()).await;
            let page = page.map_err(|error| self.users.broken("verify users", error))?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            range.after = Some(last.clone());
            for (key, bytes) in &page {
                report.rows += 1;
                let owner = crate::rows::owner(view, key, bytes);
                let is_told = match &owner {
                    Some(name) => {
                        let (expected, _) = self.expected(users, name).await?;
                        let now = self.users.store().view(view, STUDY, key).await;
                        let now = now.map_err(|error| self.users.broken("verify users", error))?;
                        now.is_none() || expected.contains_key(&(view, key.clone()))
                    }
                    None => false,
                };
                if !is_told {
                    report.fault(told(view, key, "is surplus: no log tells of it"));
                }
            }
        }
    }

    async fn expected(&self, users: &Users, name: &str) -> Result<(Rows, Option<u64>), Error> {
        let before = self.head_of(name).await?;
        let Some(known) = users.find(name).await? else {
            return Ok((Rows::new(), before));
        };
        let rows = rows(name, &known.user);
        Ok((rows.map_err(|error| self.users.broken("verify users", error))?, before))
    }

    async fn head_of(&self, name: &str) -> Result<Option<u64>, Error> {
        let head = self.users.store().head(&crate::users::log(name)).await;
        let head = head.map_err(|error| self.users.broken("verify users", error))?;
        Ok(head.map(|head| head.sequence))
    }
}

/// Names the row; that of a token by its hash.
fn told(view: View, key: &str, what: &str) -> String {
    let key: String = key.chars().take(80).map(|c| if c == '\u{1f}' { '/' } else { c }).collect();
    format!("row {key} of view {} of users {what}", view.0)
}
