//! What messages are signed with (Standard Webhooks): a pair of keys (`v1a`, Ed25519), and a secret
//! that is shared with the receiver (`v1`, HMAC-SHA-256).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

const PURPOSE_OF_PAIR: &[u8] = b"casebook webhook signing key 1\0";
const PURPOSE_OF_SECRET: &[u8] = b"casebook webhook shared secret 1\0";

/// The secret from which the keys of all endpoints follow, so that the journal needs to hold only
/// their numbers and public keys. Never printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// The keys of an endpoint with one number. Never printed.
pub struct EndpointKey {
    pair: SigningKey,
    secret: Vec<u8>,
}

impl MasterKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The keys of an endpoint with a number: HMAC-SHA-256 of purpose and both under the secret.
    pub(crate) fn derive(&self, endpoint_id: &str, number: u32) -> EndpointKey {
        let derived = |purpose: &[u8]| {
            let number = number.to_be_bytes();
            hmac(&self.0, &[purpose, endpoint_id.as_bytes(), &[0], &number])
        };
        EndpointKey {
            pair: SigningKey::from_bytes(&derived(PURPOSE_OF_PAIR)),
            secret: derived(PURPOSE_OF_SECRET).to_vec(),
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

impl EndpointKey {
    /// The public key as receivers take it.
    pub fn public_text(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.pair.verifying_key().as_bytes()))
    }

    /// The shared secret as receivers take it.
    pub(crate) fn secret_text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.secret))
    }
}

impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointKey")
    }
}

/// The header `webhook-signature`: signatures of `id.timestamp.body` with spaces between, first the
/// asymmetric one by each key, then the symmetric ones. The timestamp is in seconds since 1970.
pub fn sign(keys: &[EndpointKey], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let mut signed = format!("{id}.{timestamp_s}.").into_bytes();
    signed.extend_from_slice(body);
    let asymmetric = keys.iter().map(|key| {
        let signature = key.pair.sign(&signed);
        format!("v1a,{}", STANDARD.encode(signature.to_bytes()))
    });
    let symmetric =
        keys.iter().map(|key| format!("v1,{}", STANDARD.encode(hmac(&key.secret, &[&signed]))));
    asymmetric.chain(symmetric).collect::<Vec<_>>().join(" ")
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the server from which the specification came (svix `worker.rs`, after which
    /// the specification's own example of a header is written), and of its libraries' tests.
    const PAIR: &str =
        "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURES: &str = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key_of_the_vector() -> EndpointKey {
        let pair: [u8; 64] = STANDARD.decode(PAIR).unwrap().try_into().unwrap();
        let pair = SigningKey::from_keypair_bytes(&pair).unwrap();
        EndpointKey { pair, secret: STANDARD.decode(SECRET).unwrap() }
    }

    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(sign(&[key_of_the_vector()], id, 1_614_265_330, body), SIGNATURES);
    }

    #[test]
    fn keys_are_written_as_the_specification_says() {
        let key = key_of_the_vector();
        assert_eq!(key.public_text(), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        assert_eq!(key.secret_text(), format!("whsec_{SECRET}"));
    }

    #[test]
    fn every_key_signs() {
        let master = MasterKey::new([7; 32]);
        let keys = [master.derive("whe_1", 1), master.derive("whe_1", 2)];
        let header = sign(&keys, "msg_1", 1, b"{}");
        let parts: Vec<&str> = header.split(' ').collect();
        let of_second = sign(&keys[1..], "msg_1", 1, b"{}");
        assert_eq!(parts.len(), 4);
        assert_eq!(format!("{} {}", parts[1], parts[3]), of_second);
        assert!(parts[0] != parts[1] && parts[2] != parts[3]);
    }

    #[test]
    fn endpoints_numbers_and_secrets_have_keys_of_their_own() {
        let texts = |master: u8, id: &str, number| {
            let key = MasterKey::new([master; 32]).derive(id, number);
            (key.public_text(), key.secret_text())
        };
        let one = texts(7, "whe_1", 1);
        assert_eq!(one, texts(7, "whe_1", 1));
        for other in [texts(7, "whe_1", 2), texts(7, "whe_2", 1), texts(8, "whe_1", 1)] {
            assert!(one.0 != other.0 && one.1 != other.1);
        }
        let master = MasterKey::new([7; 32]);
        let shown = format!("{master:?} {:?}", master.derive("whe_1", 1));
        assert_eq!(shown, "MasterKey EndpointKey");
    }
}
