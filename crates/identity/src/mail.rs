//! Messages to users. How they are sent, the program knows.

use async_trait::async_trait;
use std::fmt;

/// Sends messages.
#[async_trait]
pub trait Mail: Send + Sync + 'static {
    /// Hands a message over; it may be on its way for a while.
    async fn send(&self, message: Message) -> Result<(), MailError>;
}

/// A message to one user. It may hold a token: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub to: String,
    pub subject: String,
    pub body: String,
}

/// A message could not be handed over.
#[derive(Debug, thiserror::Error)]
#[error("cannot send a message")]
pub struct MailError(#[source] pub std::io::Error);

/// Sends nothing: for a program that has no way to.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMail;

#[async_trait]
impl Mail for NoMail {
    async fn send(&self, _: Message) -> Result<(), MailError> {
        Err(MailError(std::io::Error::other("no way to send messages is set up")))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Whether a text may be an address: something, an @, something, and nothing that could end a line
/// or begin another address.
pub(crate) fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !",;<>()\"\\".contains(c);
    let parts = text.rsplit_once('@');
    text.len() <= 254
        && text.chars().all(plain)
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_add_a_header_or_a_second_recipient() {
        assert!(is_address("wang.fang@site.example"));
        for text in ["", "@", "a@", "@b", "a@b\r\nBcc: c@d", "a@b,c@d", "a <b@c>", "a b@c"] {
            assert!(!is_address(text), "{text:?}");
        }
    }
}
