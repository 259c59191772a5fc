//! Passwords: what is accepted as one, and how they are kept (OWASP password storage; NIST SP
//! 800-63B §5.1.1.2).

use crate::Random;
use crate::metrics::{HASHES, HASHES_RUNNING, HASHES_WAITING, Ongoing};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use contract::Error;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const SHORTEST_CHARS: usize = 12;
const LONGEST_BYTES: usize = 256;
const FEWEST_DIFFERENT_CHARS: usize = 5;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Hashes that are computed at once: each needs its memory and a core.
const HASHES_AT_ONCE: usize = 2;
/// Who has waited this long for his hash is told to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Whoever is refused for the queue is told to come again after this time.
const RETRY_AFTER_SECONDS: &str = "5";

/// Passwords of six letters or more that many people have, in lower case.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../data/common-passwords.txt").lines().collect());

/// A password as somebody typed it. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// The cost of one argon2id hash. The default is what OWASP asks for at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashing {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

/// What is kept of a password. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verifier {
    #[serde(rename = "argon2id_v19")]
    hashing: Hashing,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

/// Computes hashes beside the other work, a few at once, so that memory stays bounded.
pub(crate) struct Hasher {
    hashing: Hashing,
    slots: Arc<Semaphore>,
    /// Who waits for a slot, and how many may.
    waiting: AtomicUsize,
    most_waiting: usize,
    computed: AtomicU64,
    /// The memory of each slot, once it was used. Made anew each time, it would stay with every
    /// thread that has ever computed a hash.
    memories: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Fits no password; asked for users who are not there, so that they take as long as others.
    decoy: Verifier,
}

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Refuses what is too easy to guess: short, with few different characters, or made of the
    /// user's own name. Asks for no special characters.
    pub(crate) fn check(&self, user: &str) -> Result<(), Error> {
        let lower = self.0.to_lowercase();
        let different: BTreeSet<char> = lower.chars().collect();
        let why = if self.0.chars().count() < SHORTEST_CHARS {
            "it has fewer than 12 characters"
        } else if self.0.len() > LONGEST_BYTES {
            "it has more than 256 bytes"
        } else if different.len() < FEWEST_DIFFERENT_CHARS {
            "it has fewer than 5 different characters"
        } else if lower.replace(user, "").chars().count() < SHORTEST_CHARS / 2 {
            "it is little more than the user's name"
        } else if is_common(&lower) {
            "it is among the passwords that many people have, with little around it"
        } else if is_sequence(&lower) {
            "it is a sequence, such as 123456 or abcdef"
        } else {
            return Ok(());
        };
        Err(Error::invalid("password", why))
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl Hashing {
    fn hash(
        self,
        password: &Password,
        salt: &[u8],
        memory: &mut Vec<Block>,
    ) -> Result<[u8; HASH_BYTES], argon2::Error> {
        let Self { memory_kib, passes, lanes } = self;
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES))?;
        let mut hash = [0; HASH_BYTES];
        memory.resize(params.block_count(), Block::default());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            &mut hash,
            memory,
        )?;
        Ok(hash)
    }
}

impl Hasher {
    pub(crate) fn new(hashing: Hashing, most_waiting: usize, random: &Random) -> Self {
        let mut decoy = Verifier { hashing, salt: [0; SALT_BYTES], hash: [0; HASH_BYTES] };
        random(&mut decoy.hash);
        let slots = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self {
            hashing,
            slots,
            waiting: AtomicUsize::new(0),
            most_waiting,
            computed: AtomicU64::new(0),
            memories: Arc::default(),
            decoy,
        }
    }

    /// What to keep of a password.
    pub(crate) async fn verifier(
        &self,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<Verifier, Error> {
        let hashing = self.hashing;
        let hash = self.hash(hashing, password, salt).await?;
        Ok(Verifier { hashing, salt, hash })
    }

    /// Whether this is the password; without a verifier it takes as long, and is not.
    pub(crate) async fn fits(
        &self,
        password: Password,
        verifier: Option<&Verifier>,
    ) -> Result<bool, Error> {
        let kept = verifier.unwrap_or(&self.decoy);
        let hash = self.hash(kept.hashing, password, kept.salt).await?;
        let is_same: bool = hash.ct_eq(&kept.hash).into();
        Ok(is_same && verifier.is_some())
    }

    /// How many hashes were computed since the start.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// A turn, or `LOG_INS_BUSY` when too many wait for theirs.
    async fn slot(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Ok(slot);
        }
        let place = Waiting::new(&self.waiting);
        if place.number > self.most_waiting {
            return Err(busy());
        }
        let slot = tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.slots).acquire_owned());
        match slot.await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(busy()),
        }
    }

    async fn hash(
        &self,
        hashing: Hashing,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<[u8; HASH_BYTES], Error> {
        if password.as_bytes().len() > LONGEST_BYTES {
            return Err(Error::unauthenticated("the password has more than 256 bytes"));
        }
        let slot = self.slot().await?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!(HASHES).increment(1);
        let running = Ongoing::new(HASHES_RUNNING);
        let memories = Arc::clone(&self.memories);
        let hashed = tokio::task::spawn_blocking(move || {
            let _running = running;
            let taken = lock(&memories).pop();
            let mut memory = taken.unwrap_or_default();
            let hash = hashing.hash(&password, &salt, &mut memory);
            lock(&memories).push(memory);
            drop(slot);
            hash
        });
        match hashed.await {
            Ok(Ok(hash)) => Ok(hash),
            Ok(Err(error)) => Err(Error::unavailable(format!("cannot hash a password: {error}"))),
            Err(_) => Err(Error::unavailable("the hash of a password was not finished")),
        }
    }
}

/// A place in the queue, which is left however the wait ends.
struct Waiting<'a> {
    queue: &'a AtomicUsize,
    number: usize,
    _counted: Ongoing,
}

impl<'a> Waiting<'a> {
    fn new(queue: &'a AtomicUsize) -> Self {
        let number = queue.fetch_add(1, Ordering::Relaxed) + 1;
        Self { queue, number, _counted: Ongoing::new(HASHES_WAITING) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock(memories: &Mutex<Vec<Vec<Block>>>) -> MutexGuard<'_, Vec<Vec<Block>>> {
    memories.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> Error {
    Error::exhausted("LOG_INS_BUSY", "too many log-ins at once; try again")
        .with_metadata("retry_after_seconds", RETRY_AFTER_SECONDS)
}

/// Whether a common password is left without the digits and signs around it, or the whole is one.
fn is_common(lower: &str) -> bool {
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    COMMON.contains(lower) || (core.chars().count() < SHORTEST_CHARS && COMMON.contains(core))
}

/// Whether nearly every character follows the one before it, or is the same.
fn is_sequence(lower: &str) -> bool {
    let codes: Vec<u32> = lower.chars().map(u32::from).collect();
    let steps = codes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    steps + 2 >= codes.len()
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<String> {
        let refused = Password::new(password).check("wang.fang").err()?;
        Some(refused.message().to_owned())
    }

    #[test]
    fn the_default_cost_is_the_one_that_owasp_asks_for() {
        let Hashing { memory_kib, passes, lanes } = Hashing::default();
        assert_eq!((memory_kib, passes, lanes), (19_456, 2, 1));
    }

    /// A vector from the tests of the reference implementation, phc-winner-argon2.
    #[test]
    fn a_hash_is_the_one_of_the_reference_implementation() {
        let small = Hashing { memory_kib: 256, passes: 2, lanes: 1 };
        let hash = small.hash(&Password::new("password"), b"somesalt", &mut Vec::new()).unwrap();
        let hex = journal::Hash(hash).to_string();
        assert_eq!(hex, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
    }

    #[test]
    fn passwords_that_are_easy_to_guess_are_refused() {
        assert!(refusal("short").unwrap().contains("fewer than 12 characters"));
        assert!(refusal("aaaaaaaaaaaaaaaa").unwrap().contains("different characters"));
        assert!(refusal("Wang.Fang1234").unwrap().contains("the user's name"));
        assert!(refusal(&"long enough ".repeat(40)).unwrap().contains("256 bytes"));
    }

    #[test]
    fn passwords_that_many_people_have_are_refused() {
        for password in ["password123456", "!!Sunshine2026!!", "1qaz2wsx3edc", "111222333444555"] {
            assert!(refusal(password).unwrap().contains("many people"), "{password}");
        }
        assert!(refusal("abcdefghijklmnop").unwrap().contains("sequence"));
    }

    #[test]
    fn long_passwords_of_any_script_are_accepted() {
        assert_eq!(refusal("correct horse battery"), None);
        assert_eq!(refusal("一二三四五六七八九十甲乙"), None);
    }
}
