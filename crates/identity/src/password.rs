//! Passwords: what is accepted as one, and how they are kept (OWASP password storage; NIST SP
//! 800-63B §5.1.1.2).

use crate::Random;
use argon2::{Algorithm, Argon2, Params, Version};
use contract::Error;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

const SHORTEST_CHARS: usize = 12;
const LONGEST_BYTES: usize = 256;
const FEWEST_DIFFERENT_CHARS: usize = 5;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Hashes that are computed at once: each needs its memory and a core.
const HASHES_AT_ONCE: usize = 2;
/// Who has waited this long for his hash is told to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
        } else {
            return Ok(());
        };
        Err(Error::invalid("password", why))
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl Hashing {
    fn hash(self, password: &Password, salt: &[u8]) -> Result<[u8; HASH_BYTES], argon2::Error> {
        let Self { memory_kib, passes, lanes } = self;
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES))?;
        let mut hash = [0; HASH_BYTES];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
            password.as_bytes(),
            salt,
            &mut hash,
        )?;
        Ok(hash)
    }
}

impl Hasher {
    pub(crate) fn new(hashing: Hashing, random: &Random) -> Self {
        let mut decoy = Verifier { hashing, salt: [0; SALT_BYTES], hash: [0; HASH_BYTES] };
        random(&mut decoy.hash);
        Self { hashing, slots: Arc::new(Semaphore::new(HASHES_AT_ONCE)), decoy }
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

    async fn hash(
        &self,
        hashing: Hashing,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<[u8; HASH_BYTES], Error> {
        if password.as_bytes().len() > LONGEST_BYTES {
            return Err(Error::unauthenticated("the password has more than 256 bytes"));
        }
        let slot = tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.slots).acquire_owned());
        let Ok(Ok(slot)) = slot.await else {
            return Err(Error::exhausted("LOG_INS_BUSY", "too many log-ins at once; try again"));
        };
        let hashed = tokio::task::spawn_blocking(move || {
            let hash = hashing.hash(&password, &salt);
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
        let hash = small.hash(&Password::new("password"), b"somesalt").unwrap();
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
    fn long_passwords_of_any_script_are_accepted() {
        assert_eq!(refusal("correct horse battery"), None);
        assert_eq!(refusal("一二三四五六七八九十甲乙"), None);
    }
}
