//! Takes a checkpoint of all logs, and reads the file of one.

use std::sync::Arc;

use journal::{Checkpoint, CheckpointError, Leaf, LogName, SigningKey, Tree};
use store::Store;

use crate::failure::{Failure, Result};

/// Logs that are read at a time.
const PAGE: u32 = 1_000;

/// A checkpoint with the logs that it covers: one line of JSON for the signed statement, then one
/// per log, ascending by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointFile {
    pub checkpoint: Checkpoint,
    pub leaves: Vec<Leaf>,
}

/// A file is not a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointFileError {
    #[error("the file of the checkpoint is empty")]
    Empty,
    #[error("the first line is not a checkpoint")]
    Statement(#[source] CheckpointError),
    #[error("line {line} of the checkpoint does not name a log and where it ended")]
    Leaf { line: usize, source: serde_json::Error },
}

/// Signs where all logs end now. To be kept where nobody who can write the store can write.
///
/// It vouches for the chains as they are: verify them first. `previous` is the checkpoint before
/// this one, so that a checkpoint that is withheld is noticed.
pub async fn checkpoint(
    store: &Arc<dyn Store>,
    key: &SigningKey,
    now_ms: i64,
    previous: Option<&Checkpoint>,
) -> Result<CheckpointFile> {
    let mut tree = Tree::default();
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut after: Option<LogName> = None;
    loop {
        let page = store.logs(None, after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map(|(log, _)| log.clone());
        for (log, head) in page {
            let leaf = Leaf { log, head };
            tree.push(&leaf).map_err(|error| Failure::Broke(error.to_string()))?;
            leaves.push(leaf);
        }
        if is_last {
            let checkpoint = Checkpoint::sign(now_ms, &tree, previous, key);
            return Ok(CheckpointFile { checkpoint, leaves });
        }
    }
}

/// Reads the file of a checkpoint. Whether it is to be trusted, `verify` says.
pub fn read_checkpoint(text: &str) -> Result<CheckpointFile, CheckpointFileError> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (_, first) = lines.next().ok_or(CheckpointFileError::Empty)?;
    let checkpoint = Checkpoint::from_line(first).map_err(CheckpointFileError::Statement)?;
    let leaf = |(line, text)| {
        Leaf::from_line(text).map_err(|source| CheckpointFileError::Leaf { line, source })
    };
    Ok(CheckpointFile { checkpoint, leaves: lines.map(leaf).collect::<Result<_, _>>()? })
}

impl CheckpointFile {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let lines =
            std::iter::once(self.checkpoint.to_line()).chain(self.leaves.iter().map(Leaf::to_line));
        lines.fold(String::new(), |mut text, line| {
            text.push_str(&line);
            text.push('\n');
            text
        })
    }
}
