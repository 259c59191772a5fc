//! Accounts that begin without an administrator's password: by invitation, or by oneself.

use crate::{
    DatedGrant, Identity, Message, Password, Token,
    authenticate::refused,
    event::{Purpose, UserEvent},
    mail::is_address,
    rows::TOKEN,
    token::TokenKind,
    user::same,
    users::{Author, is_name},
};
use contract::{Act, Context, Error, Scope};

const INVITATION_LASTS_MS: i64 = 7 * 24 * 60 * 60 * 1000;
const RESET_LASTS_MS: i64 = 30 * 60 * 1000;
/// No second message for another password within this time.
const RESET_AT_MOST_EVERY_MS: i64 = 5 * 60 * 1000;
const LONGEST_FULL_NAME_CHARS: usize = 200;

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub(crate) struct Invite {
    pub name: String,
    pub full_name: String,
    pub email: String,
    pub grants: Vec<DatedGrant>,
}

/// Somebody who registers.
#[derive(Debug, Clone)]
pub(crate) struct Register {
    pub name: String,
    pub full_name: String,
    pub email: Option<String>,
    pub password: Password,
}

impl Identity {
    /// Makes an account without a password and sends its owner a token. Invited again, he gets
    /// another token as long as he has not accepted. Answers until when the token is good.
    pub(crate) async fn invite(&self, context: &Context, invite: Invite) -> Result<i64, Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        check_person(&invite.name, &invite.full_name, Some(&invite.email))?;
        let author = Author::permitted(&permit, context, self.now_ms());
        let token = Token::new(TokenKind::Mailed, self.random_bytes());
        let expires_at_ms = author.at_ms + INVITATION_LASTS_MS;
        let sent = UserEvent::TokenSent {
            token_sha256: token.sha256(),
            purpose: Purpose::Invitation,
            expires_at_ms,
        };
        let created = UserEvent::UserCreated {
            full_name: invite.full_name.clone(),
            email: Some(invite.email.clone()),
            service: false,
        };
        self.users
            .change(&invite.name, &author, |user| match user {
                None => {
                    let grants = invite.grants.iter().cloned().map(UserEvent::RoleGranted);
                    Ok([created.clone(), sent.clone()].into_iter().chain(grants).collect())
                }
                Some(user)
                    if user.verifier.is_none()
                        && !user.is_service
                        && user.email.as_ref() == Some(&invite.email) =>
                {
                    Ok(vec![sent.clone()])
                }
                Some(_) => Err(taken(&invite.name)),
            })
            .await?;
        let url = self.page("accept-invitation", &token);
        let body = format!(
            "You are invited to {} as {}.\n\nSet your password within 7 days:\n{url}\n",
            self.settings.totp_issuer, invite.name
        );
        self.deliver(invite.email, "Your invitation", body).await?;
        Ok(expires_at_ms)
    }

    /// Spends the token of an invitation and sets the password. Answers the name.
    pub(crate) async fn accept_invitation(
        &self,
        token: &str,
        password: Password,
    ) -> Result<String, Error> {
        self.spend(token, Purpose::Invitation, password).await
    }

    /// Spends the token of a message and sets another password. Answers the name.
    pub(crate) async fn reset_with_token(
        &self,
        token: &str,
        password: Password,
    ) -> Result<String, Error> {
        self.spend(token, Purpose::PasswordReset, password).await
    }

    async fn spend(
        &self,
        token: &str,
        purpose: Purpose,
        password: Password,
    ) -> Result<String, Error> {
        let token = Token::parse(token).filter(|token| token.kind() == TokenKind::Mailed);
        let sha256 = token.ok_or_else(refused)?.sha256();
        let name = self.users.pointed_to(TOKEN, &sha256).await?.ok_or_else(refused)?;
        password.check(&name)?;
        let verifier = self.hasher.verifier(password, self.random_bytes()).await?;
        let author = Author::oneself(&name, self.now_ms());
        self.users
            .change(&name, &author, |user| {
                let user = user.filter(|user| !user.disabled).ok_or_else(refused)?;
                let mut mailed = user.mailed.iter();
                mailed
                    .find(|one| same(&one.token_sha256, &sha256) && one.purpose == purpose)
                    .filter(|one| author.at_ms < one.expires_at_ms)
                    .ok_or_else(refused)?;
                let verifier = verifier.clone();
                let spent = UserEvent::TokenSpent { token_sha256: sha256.clone() };
                Ok(vec![spent, UserEvent::PasswordSet { verifier }])
            })
            .await?;
        Ok(name)
    }

    /// Sends a token for another password to a user who has an address, in the background: neither
    /// the answer nor its time tells whether there is one.
    pub(crate) fn request_password_reset(&self, name: String) {
        let identity = self.clone();
        tokio::spawn(async move {
            // An incident is logged already; a name that is nobody's is nothing to log.
            let _ = identity.send_password_reset(&name).await;
        });
    }

    async fn send_password_reset(&self, name: &str) -> Result<(), Error> {
        let token = Token::new(TokenKind::Mailed, self.random_bytes());
        let author = Author::oneself(name, self.now_ms());
        let sent = UserEvent::TokenSent {
            token_sha256: token.sha256(),
            purpose: Purpose::PasswordReset,
            expires_at_ms: author.at_ms + RESET_LASTS_MS,
        };
        let email = self
            .users
            .decide(name, &author, |user| {
                let user = user.filter(|user| !user.disabled && !user.is_service);
                let Some(user) = user.filter(|user| user.email.is_some()) else {
                    return Ok((Vec::new(), None));
                };
                let since = user.reset_sent_at_ms.map(|sent_at_ms| author.at_ms - sent_at_ms);
                if since.is_some_and(|since_ms| since_ms < RESET_AT_MOST_EVERY_MS) {
                    return Ok((Vec::new(), None));
                }
                Ok((vec![sent.clone()], user.email.clone()))
            })
            .await?;
        let Some(email) = email else { return Ok(()) };
        let url = self.page("reset-password", &token);
        let body = format!(
            "Somebody, hopefully you, has asked for another password for {name}.\n\nSet it within \
             30 minutes:\n{url}\n\nIf it was not you, do nothing.\n"
        );
        self.deliver(email, "Another password", body).await
    }

    /// Makes an account for oneself, where that is allowed. It has no role.
    pub(crate) async fn register(&self, register: Register) -> Result<(), Error> {
        if !self.settings.registration {
            let message = "people do not register by themselves here; ask for an invitation";
            return Err(Error::refused("REGISTRATION_OFF", message));
        }
        let Register { name, full_name, email, password } = register;
        check_person(&name, &full_name, email.as_deref())?;
        password.check(&name)?;
        let verifier = self.hasher.verifier(password, self.random_bytes()).await?;
        let created = UserEvent::UserCreated { full_name, email, service: false };
        let author = Author::oneself(&name, self.now_ms());
        self.users
            .change(&name, &author, |user| {
                if user.is_some() {
                    return Err(taken(&name));
                }
                let verifier = verifier.clone();
                Ok(vec![created.clone(), UserEvent::PasswordSet { verifier }])
            })
            .await
    }

    fn page(&self, page: &str, token: &Token) -> String {
        // Behind the hash sign: browsers do not send it to servers, so it is in no log of theirs.
        format!("{}/{page}#token={}", self.settings.public_url, token.secret())
    }

    async fn deliver(&self, to: String, subject: &str, body: String) -> Result<(), Error> {
        let message = Message { to, subject: subject.to_owned(), body };
        self.mail.send(message).await.map_err(|error| self.users.broken("send a message", error))
    }
}

pub(crate) fn check_person(name: &str, full_name: &str, email: Option<&str>) -> Result<(), Error> {
    if !is_name(name) {
        let allowed = "1 to 64 of a-z, 0-9, dot, underscore, @ and hyphen, not a sign first";
        return Err(Error::invalid("username", allowed));
    }
    let is_printable = !full_name.trim().is_empty() && !full_name.chars().any(char::is_control);
    if !is_printable || full_name.chars().count() > LONGEST_FULL_NAME_CHARS {
        return Err(Error::invalid("fullName", "1 to 200 characters, printed beside signatures"));
    }
    if email.is_some_and(|email| !is_address(email)) {
        return Err(Error::invalid("email", "it is no address"));
    }
    Ok(())
}

fn taken(name: &str) -> Error {
    Error::already_exists("USER_EXISTS", format!("there is already a user {name}"))
}
