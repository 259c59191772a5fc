//! Short-lived signed tokens, by which one service tells the next on whose behalf it calls.
//!
//! A token names who issued it and for which service, carries a description of the caller that means
//! nothing here, and is valid for at most a minute. It is signed with Ed25519. Several public keys
//! are accepted at a time, so that a key can be replaced without a pause: first everybody learns the
//! new public key, then the issuer signs with it, then the old one is taken away.
//!
//! A signature costs more than all the rest of a call. Therefore a token that names no request may be
//! used again for half of its life, and who has verified a token remembers it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::{SignedDuration, Timestamp};
use minicbor::{Decode, Encode};
use quick_cache::sync::Cache as Bounded;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// No token is valid for longer.
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// How far the issuer's clock may be ahead of ours.
pub const MAX_SKEW: SignedDuration = SignedDuration::from_secs(5);
/// Longer ones are not looked at. A caller with some hundred roles fits.
const MAX_TOKEN_BYTES: usize = 32 * 1024;
const KEY_ID_BYTES: usize = 8;
/// Tokens that are remembered, by who signs and by who verifies.
const REMEMBERED: usize = 4096;
/// Keeps these signatures apart from all others that the same key might make.
const PURPOSE: &[u8] = b"casebook caller token 1\0";

type KeyId = [u8; KEY_ID_BYTES];

/// What a token says. Times are milliseconds since 1970 in UTC.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Claims {
    /// The service that signed.
    #[n(0)]
    pub issuer: String,
    /// The service that it is meant for.
    #[n(1)]
    pub audience: String,
    /// On whose behalf: bytes that the services understand.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub caller: Vec<u8>,
    #[n(3)]
    pub issued_ms: i64,
    #[n(4)]
    pub expires_ms: i64,
    /// The request that this call belongs to; empty in a token for several calls.
    #[n(5)]
    pub request_id: String,
}

/// Why a token is not accepted. A caller is told no more than that it was not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("the token cannot be read")]
    Malformed,
    #[error("the token is signed with a key that is not known")]
    UnknownKey,
    #[error("the signature does not fit the token")]
    Forged,
    #[error("the key does not belong to the issuer that the token names")]
    OtherIssuer,
    #[error("the token is meant for another service")]
    OtherAudience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token is valid for longer than is allowed")]
    ValidTooLong,
}

/// Signs the tokens of one service.
pub struct Issuer {
    name: String,
    key: SigningKey,
    lifetime: SignedDuration,
    /// By audience and caller, each with the time from which it is not used again.
    reusable: Bounded<(String, Vec<u8>), (Arc<str>, Timestamp)>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Tokens are valid for `lifetime`, cut to [`MAX_LIFETIME`].
    pub fn new(name: impl Into<String>, key: SigningKey, lifetime: SignedDuration) -> Self {
        let lifetime = lifetime.min(MAX_LIFETIME);
        Self { name: name.into(), key, lifetime, reusable: Bounded::new(REMEMBERED) }
    }

    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// A token for any calls of one caller to one service, as text for a header. It names no request,
    /// and is the same for half of its life.
    pub fn issue_reusable(&self, audience: &str, caller: &[u8], now: Timestamp) -> Arc<str> {
        let key = (audience.to_owned(), caller.to_owned());
        let known = self.reusable.get(&key);
        let begun = |until: Timestamp| until.duration_since(now) <= self.lifetime / 2;
        if let Some((token, _)) = known.filter(|(_, until)| now < *until && begun(*until)) {
            return token;
        }
        let token: Arc<str> = self.issue(audience, caller, "", now).into();
        if let Ok(until) = now.checked_add(self.lifetime / 2) {
            self.reusable.insert(key, (token.clone(), until));
        }
        token
    }

    /// A token for one request to one service, as text for a header.
    pub fn issue(&self, audience: &str, caller: &[u8], request_id: &str, now: Timestamp) -> String {
        let issued_ms = now.as_millisecond();
        let lifetime_ms = i64::try_from(self.lifetime.as_millis()).unwrap_or_default();
        self.sign(&Claims {
            issuer: self.name.clone(),
            audience: audience.to_owned(),
            caller: caller.to_owned(),
            issued_ms,
            expires_ms: issued_ms.saturating_add(lifetime_ms),
            request_id: request_id.to_owned(),
        })
    }

    fn sign(&self, claims: &Claims) -> String {
        let mut token = key_id(&self.key.verifying_key()).to_vec();
        token.extend(minicbor::to_vec(claims).expect("writing to memory cannot fail"));
        let signature = self.key.sign(&signed(&token));
        token.extend(signature.to_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }
}

/// Accepts the tokens that are meant for one service.
pub struct Verifier {
    audience: String,
    keys: BTreeMap<KeyId, (String, VerifyingKey)>,
    /// What tokens say whose signature fits. Whether they are valid is asked each time.
    verified: Bounded<String, Arc<Claims>>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("audience", &self.audience).finish_non_exhaustive()
    }
}

impl Verifier {
    /// `keys` are the issuers' public keys, each with the name of its issuer; one issuer may have
    /// several.
    pub fn new(
        audience: impl Into<String>,
        keys: impl IntoIterator<Item = (String, VerifyingKey)>,
    ) -> Self {
        let keys = keys.into_iter().map(|(issuer, key)| (key_id(&key), (issuer, key)));
        let verified = Bounded::new(REMEMBERED);
        Self { audience: audience.into(), keys: keys.collect(), verified }
    }

    /// What a token says, if its signature fits and it is for us and valid now. Nothing of a token
    /// is read before its signature was verified, which takes the same time for all signatures.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Claims>, Refused> {
        let claims = match self.verified.get(token) {
            Some(claims) => claims,
            None => self.read(token, now)?,
        };
        self.judge(&claims, now)?;
        Ok(claims)
    }

    fn read(&self, token: &str, now: Timestamp) -> Result<Arc<Claims>, Refused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused::Malformed);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| Refused::Malformed)?;
        let (message, signature) =
            bytes.split_last_chunk::<SIGNATURE_LENGTH>().ok_or(Refused::Malformed)?;
        let (id, claims) = message.split_first_chunk::<KEY_ID_BYTES>().ok_or(Refused::Malformed)?;
        let (issuer, key) = self.keys.get(id).ok_or(Refused::UnknownKey)?;
        let signature = Signature::from_bytes(signature);
        key.verify_strict(&signed(message), &signature).map_err(|_| Refused::Forged)?;
        let claims: Claims = minicbor::decode(claims).map_err(|_| Refused::Malformed)?;
        if claims.issuer != *issuer {
            return Err(Refused::OtherIssuer);
        }
        // Only what is valid now is worth remembering.
        self.judge(&claims, now)?;
        let claims = Arc::new(claims);
        self.verified.insert(token.to_owned(), claims.clone());
        Ok(claims)
    }

    fn judge(&self, claims: &Claims, now: Timestamp) -> Result<(), Refused> {
        let ms = |duration: SignedDuration| i64::try_from(duration.as_millis()).unwrap_or_default();
        let now_ms = now.as_millisecond();
        if claims.audience != self.audience {
            return Err(Refused::OtherAudience);
        }
        if claims.expires_ms.saturating_sub(claims.issued_ms) > ms(MAX_LIFETIME) {
            return Err(Refused::ValidTooLong);
        }
        if claims.issued_ms > now_ms.saturating_add(ms(MAX_SKEW)) {
            return Err(Refused::NotYetValid);
        }
        if now_ms >= claims.expires_ms { Err(Refused::Expired) } else { Ok(()) }
    }
}

/// The beginning of the public key, which is as good as random.
fn key_id(key: &VerifyingKey) -> KeyId {
    let mut id = KeyId::default();
    id.copy_from_slice(&key.as_bytes()[..KEY_ID_BYTES]);
    id
}

fn signed(message: &[u8]) -> Vec<u8> {
    [PURPOSE, message].concat()
}

#[cfg(test)]
mod tests;
