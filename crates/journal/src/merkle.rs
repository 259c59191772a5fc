//! A Merkle tree over the heads of all logs, hashed as in RFC 6962 §2.1.

use crate::hash::to_json;
use crate::{Hash, Head, LogName};
use minicbor::{Encoder, encode};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use thiserror::Error;

const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// One log and where it ended when a checkpoint was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub log: LogName,
    pub head: Head,
}

impl Leaf {
    fn hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(128);
        self.write(&mut Encoder::new(&mut bytes)).expect("writing to memory cannot fail");
        Hash::of_pieces(&[LEAF, &bytes])
    }

    fn write(&self, encoder: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        let Self { log, head } = self;
        encoder.array(5)?.str(&log.study)?.str(&log.kind)?.str(&log.key)?;
        encoder.u64(head.sequence)?.encode(head.hash)?.ok()
    }

    /// Writes the leaf as one line of a checkpoint file: `["study","kind","key",sequence,"hash"]`.
    pub fn to_line(&self) -> String {
        let Self { log, head } = self;
        let hash = head.hash.to_string();
        let line = LeafLine(&log.study, &log.kind, &log.key, head.sequence, &hash);
        to_json(&line)
    }

    /// Reads one line of a checkpoint file.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        let OwnedLeafLine(study, kind, key, sequence, hash) = serde_json::from_str(line)?;
        let hash = hash.parse().map_err(serde::de::Error::custom)?;
        Ok(Self { log: LogName { study, kind, key }, head: Head { sequence, hash } })
    }
}

#[derive(Serialize)]
struct LeafLine<'a>(&'a str, &'a str, &'a str, u64, &'a str);

#[derive(Deserialize)]
struct OwnedLeafLine(String, String, String, u64, String);

/// Leaves that did not come in ascending order of their log names, each log once.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("log {log} is out of order or twice in the checkpoint")]
pub struct Unsorted {
    pub log: LogName,
}

/// Computes a root from leaves as they come; keeps one hash per level, never the leaves.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    logs: u64,
    last: LogName,
    /// Roots of complete subtrees, largest first; the sizes are the set bits of `logs`.
    complete: Vec<Hash>,
}

impl Tree {
    pub fn logs(&self) -> u64 {
        self.logs
    }

    /// Takes the next leaf; refuses one that does not come after the last in order of log names.
    pub fn push(&mut self, leaf: &Leaf) -> Result<(), Unsorted> {
        if self.logs > 0 && leaf.log <= self.last {
            return Err(Unsorted { log: leaf.log.clone() });
        }
        self.last.clone_from(&leaf.log);
        let mut hash = leaf.hash();
        for _ in 0..self.logs.trailing_ones() {
            hash = self.complete.pop().map_or(hash, |left| node(left, hash));
        }
        self.complete.push(hash);
        self.logs += 1;
        Ok(())
    }

    /// The root of all leaves so far; of no leaves it is the hash of nothing.
    pub fn root(&self) -> Hash {
        let joined = self.complete.iter().rev().copied().reduce(|right, left| node(left, right));
        joined.unwrap_or_else(|| Hash::of(&[]))
    }
}

/// Shows that one leaf is in a tree: its index, the size of the tree, and the hashes beside its way
/// up, lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub index: u64,
    pub logs: u64,
    #[serde(with = "hexadecimal")]
    pub path: Vec<Hash>,
}

impl Proof {
    /// Whether exactly this leaf stands at the proof's index under this root.
    pub fn verify(&self, leaf: &Leaf, root: Hash) -> bool {
        if self.index >= self.logs {
            return false;
        }
        let (mut index, mut last) = (self.index, self.logs - 1);
        let mut hash = leaf.hash();
        for beside in &self.path {
            if last == 0 {
                return false;
            }
            let from_left = index % 2 == 1 || index == last;
            if from_left {
                hash = node(*beside, hash);
                // Not zero here: an index of zero equals `last` only when `last` is zero.
                let alone = index.trailing_zeros();
                (index, last) = (index >> alone, last >> alone);
            } else {
                hash = node(hash, *beside);
            }
            (index, last) = (index >> 1, last >> 1);
        }
        last == 0 && hash == root
    }
}

/// Builds the proof for the leaf at `index` of sorted leaves; `None` if there is no such leaf.
pub fn prove(leaves: &[Leaf], index: usize) -> Option<Proof> {
    if index >= leaves.len() {
        return None;
    }
    let mut level: Vec<Hash> = leaves.iter().map(Leaf::hash).collect();
    let mut path = Vec::new();
    let mut place = index;
    while level.len() > 1 {
        // The last hash of an odd level goes up alone and has nothing beside it.
        path.extend(level.get(place ^ 1));
        level = level.chunks(2).map(parent).collect();
        place /= 2;
    }
    let index = u64::try_from(index).ok()?;
    Some(Proof { index, logs: u64::try_from(leaves.len()).ok()?, path })
}

fn parent(pair: &[Hash]) -> Hash {
    match pair {
        [left, right] => node(*left, *right),
        rest => rest[0],
    }
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash::of_pieces(&[NODE, &left.0, &right.0])
}

mod hexadecimal {
    use crate::Hash;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(path: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(path.iter().map(Hash::to_string))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Hash>, D::Error> {
        let texts = Vec::<String>::deserialize(d)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}
