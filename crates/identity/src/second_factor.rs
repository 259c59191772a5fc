//! The second factor: time-based codes (RFC 6238) and recovery codes.

use crate::{
    Identity, Password,
    authenticate::{Second, refused},
    event::UserEvent,
    token::hex,
    user::{Totp, User, same},
    users::Author,
};
use contract::{Context, Error};
use hmac::{Hmac, KeyInit, Mac};
use journal::Hash;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// Codes of this many steps before and after the present one are taken (RFC 6238 §5.2).
const SKEW_STEPS: u64 = 1;
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;
/// Sixteen of 32 letters and digits that cannot be mistaken for each other: 80 bits.
const RECOVERY_CHARS: usize = 16;
const RECOVERY_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What an authenticator needs. Never printed.
pub(crate) struct Enrolment {
    pub secret: String,
    pub uri: String,
}

/// How a code was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    Totp { step: u64 },
    Recovery { sha256: String },
}

impl Taken {
    pub(crate) fn event(self) -> UserEvent {
        match self {
            Self::Totp { step } => UserEvent::TotpUsed { step },
            Self::Recovery { sha256 } => UserEvent::RecoveryCodeUsed { sha256 },
        }
    }

    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Totp { .. } => "password+totp",
            Self::Recovery { .. } => "password+recovery_code",
        }
    }
}

impl Identity {
    /// Begins to enrol; what was begun before and not confirmed is forgotten.
    pub(crate) async fn enrol_totp(
        &self,
        context: &Context,
        password: Password,
    ) -> Result<Enrolment, Error> {
        let (name, author) = self.in_person(context)?;
        self.prove(&name, password, Second::NotAsked).await?;
        let nonce = hex(&self.random_bytes::<16>());
        let enrolled = UserEvent::TotpEnrolled { nonce: nonce.clone() };
        self.users
            .change(&name, &author, |user| match user {
                Some(user) if user.has_totp() => {
                    let message = "there is a second factor already; disable it first";
                    Err(Error::refused("TOTP_ENROLLED", message))
                }
                _ => Ok(vec![enrolled.clone()]),
            })
            .await?;
        let totp = self.totp(&name, &nonce)?;
        Ok(Enrolment { secret: totp.get_secret_base32(), uri: totp.get_url() })
    }

    /// Makes the second factor count, with a first code. Answers recovery codes.
    pub(crate) async fn confirm_totp(
        &self,
        context: &Context,
        code: &str,
    ) -> Result<Vec<String>, Error> {
        let (name, author) = self.in_person(context)?;
        let (codes, recovery_sha256) = self.recovery_codes();
        self.users
            .change(&name, &author, |user| {
                let totp = user.and_then(|user| user.totp.as_ref());
                let totp = totp.filter(|totp| !totp.confirmed);
                let totp = totp.ok_or_else(|| {
                    Error::refused(
                        "TOTP_NOT_ENROLLED",
                        "nothing was enrolled that waits for a code",
                    )
                })?;
                let step = self.step_of(&name, totp, code, author.at_ms)?;
                let step = step.ok_or_else(|| Error::invalid("code", "it does not fit"))?;
                let recovery_sha256 = recovery_sha256.clone();
                Ok(vec![UserEvent::TotpConfirmed { step, recovery_sha256 }])
            })
            .await?;
        Ok(codes)
    }

    /// Takes the second factor away.
    pub(crate) async fn disable_totp(
        &self,
        context: &Context,
        password: Password,
        code: &str,
    ) -> Result<(), Error> {
        let (name, author) = self.in_person(context)?;
        self.has_second_factor(&name).await?;
        self.prove(&name, password, Second::Code(Some(code))).await?;
        self.users.change(&name, &author, |_| Ok(vec![UserEvent::TotpDisabled])).await
    }

    /// Makes new recovery codes in the place of the old ones.
    pub(crate) async fn renew_recovery_codes(
        &self,
        context: &Context,
        password: Password,
        code: &str,
    ) -> Result<Vec<String>, Error> {
        let (name, author) = self.in_person(context)?;
        self.has_second_factor(&name).await?;
        self.prove(&name, password, Second::Code(Some(code))).await?;
        let (codes, recovery_sha256) = self.recovery_codes();
        let renewed = UserEvent::RecoveryCodesRenewed { recovery_sha256 };
        self.users.change(&name, &author, |_| Ok(vec![renewed.clone()])).await?;
        Ok(codes)
    }

    async fn has_second_factor(&self, name: &str) -> Result<(), Error> {
        let known = self.users.find(name).await?.ok_or_else(refused)?;
        if known.user.has_totp() {
            return Ok(());
        }
        Err(Error::refused("TOTP_NOT_ENROLLED", "there is no second factor"))
    }

    /// Whether a code is good now: one that was not taken yet, of this step or one beside it, or a
    /// recovery code.
    pub(crate) fn take_code(
        &self,
        name: &str,
        user: &User,
        code: &str,
        now_ms: i64,
    ) -> Result<Option<Taken>, Error> {
        let Some(totp) = user.totp.as_ref().filter(|totp| totp.confirmed) else {
            return Ok(None);
        };
        if let Some(step) = self.step_of(name, totp, code, now_ms)? {
            return Ok(Some(Taken::Totp { step }));
        }
        let sha256 = Hash::of(plain(code).as_bytes()).to_string();
        let fits = totp.recovery_sha256.iter().fold(false, |fits, one| fits | same(one, &sha256));
        Ok(fits.then_some(Taken::Recovery { sha256 }))
    }

    fn step_of(
        &self,
        name: &str,
        totp: &Totp,
        code: &str,
        now_ms: i64,
    ) -> Result<Option<u64>, Error> {
        let codes = self.totp(name, &totp.nonce)?;
        let now = u64::try_from(now_ms).unwrap_or_default() / 1000 / STEP_SECONDS;
        let steps = now.saturating_sub(SKEW_STEPS)..=now + SKEW_STEPS;
        Ok(steps.filter(|step| *step > totp.last_step).fold(None, |found, step| {
            let fits = codes.generate(step * STEP_SECONDS).as_bytes().ct_eq(code.trim().as_bytes());
            if bool::from(fits) { Some(step) } else { found }
        }))
    }

    /// The secret follows from the key of the system, the name and the nonce: whoever has the
    /// database only has no secret.
    fn totp(&self, name: &str, nonce: &str) -> Result<TOTP, Error> {
        let mut hmac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        for part in ["totp", name, nonce] {
            hmac.update(part.as_bytes());
            hmac.update(&[0]);
        }
        let secret = hmac.finalize().into_bytes()[..SECRET_BYTES].to_vec();
        let issuer = self.settings.totp_issuer.replace(':', " ");
        let totp = TOTP::new(
            Algorithm::SHA1,
            DIGITS,
            1,
            STEP_SECONDS,
            secret,
            Some(issuer),
            name.to_owned(),
        );
        totp.map_err(|error| self.users.broken("make a second factor", error))
    }

    /// Codes, and their hashes.
    fn recovery_codes(&self) -> (Vec<String>, Vec<String>) {
        let code = |_| {
            let letters = self.random_bytes::<RECOVERY_CHARS>();
            let letters = letters.map(|byte| char::from(RECOVERY_ALPHABET[usize::from(byte % 32)]));
            let groups: Vec<String> = letters.chunks(4).map(String::from_iter).collect();
            groups.join("-")
        };
        let codes: Vec<String> = (0..RECOVERY_CODES).map(code).collect();
        let hash = |code: &String| Hash::of(plain(code).as_bytes()).to_string();
        let hashes = codes.iter().map(hash).collect();
        (codes, hashes)
    }
}

impl Author {
    /// A user who changes what is his own, in a call.
    pub(crate) fn of_call(context: &Context, name: &str, at_ms: i64) -> Self {
        Self {
            actor: name.to_owned(),
            origin: context.origin.clone(),
            request_id: context.request_id.clone(),
            at_ms,
            ..Self::default()
        }
    }
}

/// A recovery code as it is compared: however it was typed.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 Appendix B, with SHA-1.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890".to_vec();
        let account = String::from("a");
        let totp = TOTP::new(Algorithm::SHA1, 8, 1, STEP_SECONDS, secret, None, account).unwrap();
        let vectors = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (seconds, code) in vectors {
            assert_eq!(totp.generate(seconds), code);
            assert_eq!(totp.generate(seconds / STEP_SECONDS * STEP_SECONDS), code);
        }
    }

    #[test]
    fn a_recovery_code_is_read_however_it_was_typed() {
        assert_eq!(plain(" ABCD-efgh 2345 "), "abcdefgh2345");
    }
}
