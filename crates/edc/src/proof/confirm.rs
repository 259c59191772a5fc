//! A row that looked wrong is looked at again, at a moment at which its casebook stood still.

use std::sync::Arc;

use journal::LogName;
use store::{Store, View};

use super::{Fault, Tally, designs::Designs, log, logs::Reader, replay::Rows, words};
use crate::{Failure, book, failure::Result, views::BETWEEN};

/// How often a casebook may change while it is looked at.
const MAX_ATTEMPTS: u32 = 20;

/// What is wrong with a row, if anything is once its casebook stands still.
pub(super) async fn row(
    store: &Arc<dyn Store>,
    study: &str,
    designs: Option<&Arc<Designs>>,
    view: View,
    key: &str,
) -> Result<Option<Fault>> {
    let fault = |what: &str| Some(Fault::in_row(study, view, key, what));
    let subject = key.split(BETWEEN).nth(1).unwrap_or_default();
    if subject.is_empty() {
        return Ok(fault("names no subject, and no log accounts for it"));
    }
    let log = LogName::new(study, book::LOG_KIND, subject);
    // What is read here was counted before.
    let reader = Reader {
        store: Arc::clone(store),
        tally: Arc::new(Tally::new(Arc::new(|_, _| {}))),
        scanned: None,
    };
    for _ in 0..MAX_ATTEMPTS {
        let head = store.head(&log).await?;
        let rows = match (head, designs) {
            (None, _) => None,
            // Without designs nothing can be said of a casebook; the study's log is at fault.
            (Some(_), None) => return Ok(None),
            (Some(head), Some(designs)) => match log::replay(&reader, &log, head).await? {
                // A casebook that cannot be replayed is a fault of its log.
                None => return Ok(None),
                Some(replay) => Some(replay.into_rows(designs)),
            },
        };
        let stored = store.view(view, study, key).await?;
        if store.head(&log).await? == head {
            let what = judge(rows.as_ref(), stored.as_deref(), view, key);
            return Ok(what.and_then(|what| fault(&what)));
        }
    }
    Err(Failure::Busy(subject.to_owned()))
}

fn judge(rows: Option<&Rows>, stored: Option<&[u8]>, view: View, key: &str) -> Option<String> {
    let expected = rows.and_then(|rows| rows.rows.get(&(view, key.to_owned())));
    match (rows.zip(expected), stored) {
        (None, None) => None,
        (Some(_), None) => Some("is missing, although the log tells of it".to_owned()),
        (None, Some(_)) if rows.is_none() => Some("belongs to no log".to_owned()),
        (None, Some(_)) => {
            Some("is surplus: the log of its subject does not tell of it".to_owned())
        }
        (Some((rows, expected)), Some(stored)) => (!rows.allow(view, expected, stored))
            .then(|| words::of_difference(view, expected, stored)),
    }
}
