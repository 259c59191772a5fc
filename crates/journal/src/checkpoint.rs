use crate::hash::{from_hex, to_hex, to_json};
use crate::{Hash, Leaf, Proof, Tree, Unsorted};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Encoder, encode};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use thiserror::Error;

const PURPOSE: &str = "casebook checkpoint";
const FORMAT_VERSION: u8 = 1;

/// What a checkpoint states: at this time there were this many logs, and their heads have this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// UTC milliseconds since 1970.
    pub taken_at_ms: i64,
    pub logs: u64,
    pub root: Hash,
    /// The hash of the checkpoint taken before this one.
    pub previous: Option<Hash>,
}

/// A signed statement about the heads of all logs at one time, to be kept outside the store.
///
/// Its root covers one leaf per log: the log's name, and the sequence and hash of its last entry.
/// Logs only grow, so a checkpoint stays checkable for ever: put the hash that the store has *now*
/// for each log *at the sequence of the checkpoint* into a [`Tree`], and ask [`Checkpoint::matches`].
/// The sequences are written behind the checkpoint in its file, one [`Leaf`] per line; without them
/// they may come from anywhere, even from the store itself, since a wrong one gives another root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    summary: Summary,
    public_key: [u8; 32],
    signature: [u8; 64],
}

/// Why a checkpoint is not to be trusted, or does not fit.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error("checkpoint is not readable")]
    Unreadable(#[from] serde_json::Error),
    #[error("checkpoint has format {found}, this program reads format {FORMAT_VERSION}")]
    Format { found: u8 },
    #[error("field {field} of the checkpoint is not of the right length or not hexadecimal")]
    Field { field: &'static str },
    #[error("checkpoint was signed with another key than the trusted one")]
    OtherKey,
    #[error("checkpoint does not have a valid signature")]
    BadSignature,
    #[error("checkpoint covers {recorded} logs, but {found} were given")]
    OtherCount { recorded: u64, found: u64 },
    #[error("checkpoint has root {recorded}, but the logs have {found}")]
    OtherRoot { recorded: Hash, found: Hash },
    #[error(transparent)]
    Unsorted(#[from] Unsorted),
}

impl Checkpoint {
    /// Signs the state of all logs whose leaves were pushed into the tree.
    pub fn sign(
        taken_at_ms: i64,
        tree: &Tree,
        previous: Option<&Self>,
        signing_key: &SigningKey,
    ) -> Self {
        let previous = previous.map(Self::hash);
        let summary = Summary { taken_at_ms, logs: tree.logs(), root: tree.root(), previous };
        let signature = signing_key.sign(&summary.signed_bytes()).to_bytes();
        Self { summary, public_key: signing_key.verifying_key().to_bytes(), signature }
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    /// The public key as it is written in the file, to compare it by eye with a trusted one.
    pub fn public_key_text(&self) -> String {
        to_hex(&self.public_key)
    }

    /// The hash by which the next checkpoint names this one.
    pub fn hash(&self) -> Hash {
        Hash::of_pieces(&[&self.summary.signed_bytes(), &self.public_key, &self.signature])
    }

    /// Checks that the checkpoint was signed with the trusted key. A key taken from the checkpoint
    /// itself shows only that the file is whole, not who made it.
    pub fn verify(&self, trusted: &[u8; 32]) -> Result<(), CheckpointError> {
        if &self.public_key != trusted {
            return Err(CheckpointError::OtherKey);
        }
        let key = VerifyingKey::from_bytes(trusted).map_err(|_| CheckpointError::BadSignature)?;
        let signature = Signature::from_bytes(&self.signature);
        key.verify_strict(&self.summary.signed_bytes(), &signature)
            .map_err(|_| CheckpointError::BadSignature)
    }

    /// Checks that these are the logs which the checkpoint covers, none missing and none added.
    pub fn matches(&self, tree: &Tree) -> Result<(), CheckpointError> {
        let Summary { logs: recorded, root, .. } = self.summary;
        if recorded != tree.logs() {
            return Err(CheckpointError::OtherCount { recorded, found: tree.logs() });
        }
        match tree.root() {
            found if found == root => Ok(()),
            found => Err(CheckpointError::OtherRoot { recorded: root, found }),
        }
    }

    /// Whether the proof shows that this leaf is one of the logs of the checkpoint.
    pub fn includes(&self, leaf: &Leaf, proof: &Proof) -> bool {
        proof.logs == self.summary.logs && proof.verify(leaf, self.summary.root)
    }

    /// Whether this checkpoint was taken after `earlier` and names it as the one before.
    pub fn follows(&self, earlier: &Self) -> bool {
        self.summary.previous == Some(earlier.hash())
    }

    /// Writes the checkpoint as one line of JSON: the first line of a checkpoint file, which may go
    /// on with one line per leaf.
    pub fn to_line(&self) -> String {
        let Summary { taken_at_ms, logs, root, previous } = &self.summary;
        let file = CheckpointLine {
            casebook_checkpoint: FORMAT_VERSION,
            taken_at_ms: *taken_at_ms,
            logs: *logs,
            root: root.to_string(),
            previous: previous.as_ref().map(Hash::to_string),
            public_key: to_hex(&self.public_key),
            signature: to_hex(&self.signature),
        };
        to_json(&file)
    }

    /// Reads the first line of a checkpoint file; does not judge the signature.
    pub fn from_line(line: &str) -> Result<Self, CheckpointError> {
        let file: CheckpointLine = serde_json::from_str(line)?;
        if file.casebook_checkpoint != FORMAT_VERSION {
            return Err(CheckpointError::Format { found: file.casebook_checkpoint });
        }
        let previous = file.previous.map(|text| bytes("previous", &text)).transpose()?.map(Hash);
        let summary = Summary {
            taken_at_ms: file.taken_at_ms,
            logs: file.logs,
            root: Hash(bytes("root", &file.root)?),
            previous,
        };
        let public_key = bytes("public_key", &file.public_key)?;
        Ok(Self { summary, public_key, signature: bytes("signature", &file.signature)? })
    }
}

fn bytes<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], CheckpointError> {
    from_hex(text).ok_or(CheckpointError::Field { field })
}

impl Summary {
    /// The bytes under the signature; they begin with their purpose, so that a signature made with
    /// the same key for anything else can never pass for a checkpoint.
    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        self.write(&mut Encoder::new(&mut bytes)).expect("writing to memory cannot fail");
        bytes
    }

    fn write(&self, encoder: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        encoder
            .array(6)?
            .str(PURPOSE)?
            .u8(FORMAT_VERSION)?
            .i64(self.taken_at_ms)?
            .u64(self.logs)?
            .encode(self.root)?
            .encode(self.previous)?
            .ok()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointLine {
    casebook_checkpoint: u8,
    taken_at_ms: i64,
    logs: u64,
    root: String,
    previous: Option<String>,
    public_key: String,
    signature: String,
}
