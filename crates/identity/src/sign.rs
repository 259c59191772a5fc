//! Electronic signatures, identity's part (21 CFR Part 11 §11.50, §11.70, §11.200): whoever signs
//! proves again who he is and gets a ticket, good once and shortly, for one content and meaning.

use crate::{
    Identity, Password, Token,
    authenticate::{Second, refused},
    event::{SigningTicket, UserEvent},
    token::{TokenKind, is_hex},
    user::{Ticket, User, same},
    users::Author,
};
use contract::{Code, Context, Error};

/// How long a ticket is good.
const TICKET_LASTS_MS: i64 = 2 * 60 * 1000;
const LONGEST_MEANING_CHARS: usize = 200;

/// What somebody wants to sign, and the components with which he does.
pub(crate) struct Signing<'a> {
    /// SHA-256 in hexadecimal digits.
    pub content_sha256: &'a str,
    pub meaning: &'a str,
    pub password: Password,
    pub username: Option<&'a str>,
    pub code: Option<&'a str>,
}

/// A ticket, which goes to the client once.
pub(crate) struct Authorized {
    pub token: Token,
    pub expires_at_ms: i64,
    pub printed_name: String,
}

/// A ticket that somebody shows.
pub(crate) struct Shown<'a> {
    pub ticket: &'a str,
    pub content_sha256: &'a str,
    pub username: &'a str,
    /// Of the call that signs.
    pub signing_id: &'a str,
}

/// The components of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub printed_name: String,
    pub meaning: String,
    pub authorized_at_ms: i64,
}

impl Identity {
    /// Verifies the components of a signature and makes a ticket. The first signature of a session
    /// takes all components, a later one the password, which only its owner knows
    /// (§11.200(a)(1)); outside a session every one takes all.
    pub(crate) async fn authorize_signature(
        &self,
        context: &Context,
        signing: Signing<'_>,
    ) -> Result<Authorized, Error> {
        let (name, _) = self.in_person(context)?;
        let meaning = signing.meaning.trim();
        if meaning.is_empty() || meaning.chars().count() > LONGEST_MEANING_CHARS {
            return Err(Error::invalid("meaning", "1 to 200 characters: a signature states it"));
        }
        if signing.content_sha256.len() != 64 || !is_hex(signing.content_sha256) {
            return Err(Error::invalid("contentSha256", "64 lower-case hexadecimal digits"));
        }
        let known = self.users.find(&name).await?.ok_or_else(refused)?;
        let id = context.caller.session.as_deref();
        let mut sessions = known.user.sessions.iter();
        let session = sessions.find(|session| id == Some(session.id().as_str()));
        let is_later = session.is_some_and(|session| session.has_signed);
        if signing.username.is_some_and(|given| given != name)
            || (signing.username.is_none() && !is_later)
        {
            return Err(components_needed());
        }
        let second = if is_later { Second::NotAsked } else { Second::Code(signing.code) };
        let proved = self.prove(&name, signing.password, second).await?;
        let now_ms = self.now_ms();
        let token = Token::new(TokenKind::Signing, self.random_bytes());
        let authorized = UserEvent::SignatureAuthorized(SigningTicket {
            ticket_sha256: token.sha256(),
            content_sha256: signing.content_sha256.to_owned(),
            meaning: meaning.to_owned(),
            expires_at_ms: now_ms + TICKET_LASTS_MS,
            session_sha256: session.map(|session| session.token_sha256.clone()),
        });
        let author = Author::of_call(context, &name, now_ms);
        self.users.change(&name, &author, |_| Ok(vec![authorized.clone()])).await?;
        let printed_name = proved.known.user.full_name.clone();
        Ok(Authorized { token, expires_at_ms: now_ms + TICKET_LASTS_MS, printed_name })
    }

    /// Takes a ticket for the content for which it was made. Repeated with the same signing id it
    /// is taken again; with another it is refused with `TICKET_SPENT`.
    pub(crate) async fn redeem_signature(
        &self,
        author: &Author,
        shown: Shown<'_>,
    ) -> Result<Signed, Error> {
        let token = Token::parse(shown.ticket);
        let token = token.filter(|token| token.kind() == TokenKind::Signing);
        let sha256 = token.ok_or_else(ticket_refused)?.sha256();
        self.users
            .decide(shown.username, author, |user| {
                let user = user.ok_or_else(ticket_refused)?;
                let ticket = find(user, &sha256).ok_or_else(ticket_refused)?;
                let is_good = author.at_ms < ticket.signing.expires_at_ms
                    && same(&ticket.signing.content_sha256, shown.content_sha256)
                    && !user.disabled;
                let signed = Signed {
                    printed_name: user.full_name.clone(),
                    meaning: ticket.signing.meaning.clone(),
                    authorized_at_ms: ticket.authorized_at_ms,
                };
                match &ticket.redeemed_by {
                    _ if !is_good => Err(ticket_refused()),
                    Some(by) if by == shown.signing_id => Ok((Vec::new(), signed)),
                    Some(_) => {
                        let message = "the ticket has signed already; sign again for another one";
                        Err(Error::refused("TICKET_SPENT", message))
                    }
                    None => {
                        let (ticket_sha256, request_id) =
                            (sha256.clone(), shown.signing_id.to_owned());
                        Ok((
                            vec![UserEvent::SignatureRedeemed { ticket_sha256, request_id }],
                            signed,
                        ))
                    }
                }
            })
            .await
    }
}

fn find<'a>(user: &'a User, sha256: &str) -> Option<&'a Ticket> {
    user.tickets.iter().find(|one| same(&one.signing.ticket_sha256, sha256))
}

fn components_needed() -> Error {
    let message = "the first signature of a session takes the name, the password and, where it is \
                   enrolled, a code";
    Error::new(Code::Unauthenticated, "COMPONENTS_NEEDED", message)
}

fn ticket_refused() -> Error {
    let message = "the ticket does not fit what is signed, or is no longer good";
    Error::refused("TICKET_REFUSED", message)
}
