//! The rows of users follow from their logs: they can be dropped and made again.

use crate::{
    Identity,
    rows::{ALL, effects},
    user::User,
    users::{KIND, STUDY},
};
use contract::Error;
use store::StoreError;

const LOGS_PER_READ: u32 = 500;
/// How often it begins anew because users changed while it ran.
const MAX_ATTEMPTS: u32 = 20;

impl Identity {
    /// Replays the logs of all users and replaces their rows; readers see the old ones until all new
    /// ones are there. Answers how many users there are.
    pub async fn rebuild_views(&self) -> Result<u64, Error> {
        let store = self.users.store();
        for _ in 0..MAX_ATTEMPTS {
            let seen = store.last_position().await.map_err(|error| self.failed(error))?;
            store.unstage(STUDY).await.map_err(|error| self.failed(error))?;
            let count = self.stage_users().await?;
            match store.swap(STUDY, &ALL, seen).await {
                Ok(()) => return Ok(count),
                Err(StoreError::PositionMoved { .. }) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(Error::unavailable("entries were written all the time; try again"))
    }

    async fn stage_users(&self) -> Result<u64, Error> {
        let store = self.users.store();
        let mut after = None;
        let mut count = 0;
        loop {
            let logs = store.logs(Some(STUDY), after.as_ref(), LOGS_PER_READ).await;
            let logs = logs.map_err(|error| self.failed(error))?;
            let Some((last, _)) = logs.last() else { return Ok(count) };
            after = Some(last.clone());
            for (log, _) in logs.iter().filter(|(log, _)| log.kind == KIND) {
                let Some(known) = self.users.find(&log.key).await? else { continue };
                let rows = effects(&log.key, &User::default(), &known.user);
                let rows = rows.map_err(|error| self.users.broken("rebuild users", error))?;
                store.stage(STUDY, rows).await.map_err(|error| self.failed(error))?;
                count += 1;
            }
        }
    }

    fn failed(&self, error: StoreError) -> Error {
        self.users.broken("rebuild users", error)
    }
}
