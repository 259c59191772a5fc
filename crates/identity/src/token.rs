//! The secret that stands for an open session.

use journal::Hash;
use std::fmt::{self, Write};

const PREFIX: &str = "cbs_";
const SECRET_BYTES: usize = 32;

/// A bearer token: 256 random bits. Never printed; [`Token::secret`] hands it to the client once.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn new(random: [u8; SECRET_BYTES]) -> Self {
        let mut text = PREFIX.to_owned();
        for byte in random {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        Self(text)
    }

    /// Reads what a client sent; `None` if it cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        let is_hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hex && secret.len() == 2 * SECRET_BYTES).then(|| Self(text.to_owned()))
    }

    /// What is stored instead of the token.
    pub(crate) fn sha256(&self) -> String {
        Hash::of(self.0.as_bytes()).to_string()
    }

    /// The token itself, for the client and nobody else.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made() {
        let token = Token::new([0xab; 32]);
        assert_eq!(Token::parse(token.secret()), Some(token));
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        for text in ["", "cbs_", "cbs_zz", &"ab".repeat(34), &format!("cbs_{}", "é".repeat(32))] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
