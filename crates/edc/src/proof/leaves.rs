//! The logs of a store beside a checkpoint that was taken earlier: logs only ever grow at the end.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use journal::{Leaf, Tree};
use store::{Store, StoreError};

use super::{CheckpointFile, Fault, fault::Faults};
use crate::failure::Result;

/// Logs that are asked for at the same time.
const AT_A_TIME: usize = 16;

/// Checks that the checkpoint is whole and who signed it. Returns whether it was signed with the
/// trusted key.
pub(super) fn check_statement(
    file: &CheckpointFile,
    trusted_key: Option<&[u8; 32]>,
    faults: &mut Faults,
) -> bool {
    let mut tree = Tree::default();
    for leaf in &file.leaves {
        if let Err(error) = tree.push(leaf) {
            faults.push(Fault::in_checkpoint(error.to_string()));
            return false;
        }
    }
    if let Err(error) = file.checkpoint.matches(&tree) {
        faults.push(Fault::in_checkpoint(error.to_string()));
    }
    let own_key = file.checkpoint.public_key();
    match file.checkpoint.verify(trusted_key.unwrap_or(&own_key)) {
        Ok(()) => trusted_key.is_some(),
        Err(error) => {
            faults.push(Fault::in_checkpoint(error.to_string()));
            false
        }
    }
}

/// Checks that each log, or each of one study, still has the entry at which it ended then. Returns
/// how many were checked.
pub(super) async fn check(
    store: &Arc<dyn Store>,
    file: &CheckpointFile,
    study: Option<&str>,
    faults: &mut Faults,
) -> Result<u64> {
    let taken_at_ms = file.checkpoint.summary().taken_at_ms;
    let taken_at = Timestamp::from_millisecond(taken_at_ms)
        .map_or_else(|_| taken_at_ms.to_string(), |at| at.to_string());
    let wanted = file.leaves.iter().filter(|leaf| study.is_none_or(|study| belongs(leaf, study)));
    let mut checked = 0;
    let checks = stream::iter(wanted).map(|leaf| one(store, leaf, &taken_at)).buffered(AT_A_TIME);
    let mut checks = std::pin::pin!(checks);
    while let Some(fault) = checks.try_next().await? {
        checked += 1;
        faults.extend(fault);
    }
    Ok(checked)
}

fn belongs(leaf: &Leaf, study: &str) -> bool {
    let log = &leaf.log;
    log.study == study
        || (log.study.is_empty() && log.kind == crate::study::LOG_KIND && log.key == study)
}

async fn one(store: &Arc<dyn Store>, leaf: &Leaf, taken_at: &str) -> Result<Option<Fault>> {
    let Leaf { log, head: recorded } = leaf;
    let sequence = recorded.sequence;
    let fault = |what: String| Ok(Some(Fault::in_log(log, Some(sequence), what)));
    match store.entry(log, sequence).await {
        Ok(Some(entry)) if entry.hash == recorded.hash => Ok(None),
        Ok(Some(_)) => fault(format!("is not the entry of the checkpoint of {taken_at}")),
        Ok(None) => match store.head(log).await? {
            None => fault(format!(
                "is missing with its whole log, which the checkpoint of {taken_at} has"
            )),
            Some(head) => fault(format!(
                "is missing, although the checkpoint of {taken_at} has it; the log now ends at entry {}",
                head.sequence
            )),
        },
        Err(error @ StoreError::Failed { .. }) if store.head(log).await.is_ok() => {
            fault(format!("is in the checkpoint of {taken_at}, but cannot be read: {error}"))
        }
        Err(error) => Err(error.into()),
    }
}
