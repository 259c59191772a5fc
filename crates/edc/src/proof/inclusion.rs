//! Shows that one log is in a checkpoint, without showing any other log.

use journal::{Checkpoint, CheckpointError, Leaf, LogName, Proof};

use super::CheckpointFile;

/// A checkpoint, one of its logs, and the proof that it is one: three lines of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    pub checkpoint: Checkpoint,
    pub leaf: Leaf,
    pub proof: Proof,
}

/// Why a text does not show that a log is in a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum InclusionError {
    #[error("an inclusion has three lines: the checkpoint, the log, the proof")]
    Lines,
    #[error("the log or the proof is not readable")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the proof does not lead from the log to the checkpoint")]
    NotIncluded,
}

/// Proves that a log is in a checkpoint, at the entry at which it ended then; `None` if it is not.
pub fn prove(file: &CheckpointFile, log: &LogName) -> Option<Inclusion> {
    let index = file.leaves.binary_search_by(|leaf| leaf.log.cmp(log)).ok()?;
    let proof = journal::prove(&file.leaves, index)?;
    let (checkpoint, leaf) = (file.checkpoint.clone(), file.leaves[index].clone());
    Some(Inclusion { checkpoint, leaf, proof })
}

impl Inclusion {
    pub fn to_text(&self) -> String {
        let proof = serde_json::to_string(&self.proof).expect("numbers and texts have JSON");
        format!("{}\n{}\n{proof}\n", self.checkpoint.to_line(), self.leaf.to_line())
    }

    /// Reads the three lines; does not judge them.
    pub fn read(text: &str) -> Result<Self, InclusionError> {
        let lines: Vec<&str> = text.lines().collect();
        let [checkpoint, leaf, proof] = lines[..] else { return Err(InclusionError::Lines) };
        Ok(Self {
            checkpoint: Checkpoint::from_line(checkpoint)?,
            leaf: Leaf::from_line(leaf)?,
            proof: serde_json::from_str(proof)?,
        })
    }

    /// Checks that the checkpoint was signed with the trusted key and that it covers the log.
    pub fn check(&self, trusted_key: &[u8; 32]) -> Result<&Leaf, InclusionError> {
        self.checkpoint.verify(trusted_key)?;
        if self.checkpoint.includes(&self.leaf, &self.proof) {
            Ok(&self.leaf)
        } else {
            Err(InclusionError::NotIncluded)
        }
    }
}
