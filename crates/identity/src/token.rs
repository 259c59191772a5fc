//! The secrets that are handed out: 256 random bits behind a prefix that says what they are.

use journal::Hash;
use std::fmt;

const SECRET_BYTES: usize = 32;
/// Bytes of the visible part of a key.
const ID_BYTES: usize = 5;
/// Bytes of a key for programs that were written for REDCap; the visible part is the first of them.
const REDCAP_BYTES: usize = 16;
/// How the id of such a key begins. The key itself has no prefix: those programs count its digits.
const REDCAP_PREFIX: &str = "cbr_";

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Stands for an open session.
    Session,
    /// Was issued for client credentials.
    Access,
    /// A key of a program; its visible part is its id.
    ApiKey,
    /// Sent by mail; good once.
    Mailed,
    /// A signature that its signer has authorised.
    Signing,
    /// The secret of a client.
    ClientSecret,
}

/// A bearer token: 256 random bits. Never printed; [`Token::secret`] hands it to the client once.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    kind: TokenKind,
    text: String,
}

impl TokenKind {
    const ALL: [Self; 6] = [
        Self::Session,
        Self::Access,
        Self::ApiKey,
        Self::Mailed,
        Self::Signing,
        Self::ClientSecret,
    ];

    /// Such that a secret that leaked into a text is found there.
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "cbs_",
            Self::Access => "cba_",
            Self::ApiKey => "cbk_",
            Self::Mailed => "cbm_",
            Self::Signing => "cbt_",
            Self::ClientSecret => "cbc_",
        }
    }
}

impl Token {
    pub(crate) fn new(kind: TokenKind, random: [u8; SECRET_BYTES]) -> Self {
        let text = format!("{}{}", kind.prefix(), hex(&random));
        Self { kind, text }
    }

    /// A key with a visible part.
    pub(crate) fn key(id: [u8; ID_BYTES], random: [u8; SECRET_BYTES]) -> Self {
        let kind = TokenKind::ApiKey;
        Self { kind, text: format!("{}{}_{}", kind.prefix(), hex(&id), hex(&random)) }
    }

    /// A key of 32 hexadecimal digits.
    pub(crate) fn redcap(random: [u8; REDCAP_BYTES]) -> Self {
        Self { kind: TokenKind::ApiKey, text: hex(&random) }
    }

    /// Whether the key of this id is one of 32 hexadecimal digits.
    pub(crate) fn is_for_redcap(key_id: &str) -> bool {
        key_id.starts_with(REDCAP_PREFIX)
    }

    /// Reads what a client sent; `None` if it cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() == 2 * REDCAP_BYTES {
            let text = text.to_ascii_lowercase();
            return is_hex(&text).then_some(Self { kind: TokenKind::ApiKey, text });
        }
        let kind = TokenKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        let rest = &text[kind.prefix().len()..];
        let secret = match kind {
            TokenKind::ApiKey => {
                let (id, secret) = rest.split_once('_')?;
                (is_hex(id) && id.len() == 2 * ID_BYTES).then_some(secret)?
            }
            _ => rest,
        };
        let fits = is_hex(secret) && secret.len() == 2 * SECRET_BYTES;
        fits.then(|| Self { kind, text: text.to_owned() })
    }

    pub(crate) fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The visible part of a key.
    pub(crate) fn key_id(&self) -> String {
        match self.text.rsplit_once('_') {
            Some((id, _)) => id.to_owned(),
            None => format!("{REDCAP_PREFIX}{}", &self.text[..2 * ID_BYTES]),
        }
    }

    /// What is stored instead of the token.
    pub(crate) fn sha256(&self) -> String {
        Hash::of(self.text.as_bytes()).to_string()
    }

    /// The token itself, for the client and nobody else.
    pub fn secret(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made() {
        for kind in TokenKind::ALL.into_iter().filter(|kind| *kind != TokenKind::ApiKey) {
            let token = Token::new(kind, [0xab; 32]);
            assert_eq!(Token::parse(token.secret()).unwrap(), token);
        }
        let key = Token::key([1, 2, 3, 4, 5], [0xab; 32]);
        assert_eq!(key.key_id(), "cbk_0102030405");
        assert_eq!(Token::parse(key.secret()).unwrap(), key);
    }

    #[test]
    fn a_key_for_redcap_programs_has_32_digits_and_is_read_in_any_case() {
        let key = Token::redcap([0xab; 16]);
        assert_eq!(key.secret().len(), 32);
        assert_eq!(key.key_id(), "cbr_ababababab");
        assert!(Token::is_for_redcap(&key.key_id()));
        assert_eq!(Token::parse(&key.secret().to_uppercase()).unwrap(), key);
        assert_eq!(Token::parse(&"z".repeat(32)), None);
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        let strange = format!("cbs_{}", "é".repeat(32));
        let unnamed = format!("cbk_{}", "ab".repeat(32));
        for text in ["", "cbs_", "cbs_zz", "cbk_", "cbk_12_", &"ab".repeat(34), &strange, &unnamed]
        {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
