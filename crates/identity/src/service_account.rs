//! Programs: their accounts, their secrets, and the tokens that they get for these (OAuth 2.0
//! client credentials, RFC 6749 §4.4).

use crate::{
    DatedGrant, Identity, OpenSession, Token, access::Decision, add_user::unknown,
    event::UserEvent, invite::check_person, key::LONGEST_OVERLAP_MS, limit::Limit,
    token::TokenKind, user::same, users::Author,
};
use contract::{Act, Code, Context, Error, Scope};

/// A program that is to have an account.
#[derive(Debug, Clone)]
pub(crate) struct NewService {
    pub name: String,
    pub full_name: String,
    pub grants: Vec<DatedGrant>,
}

impl Identity {
    /// Makes an account for a program. Answers its secret.
    pub(crate) async fn create_service_account(
        &self,
        context: &Context,
        new: NewService,
    ) -> Result<Token, Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        check_person(&new.name, &new.full_name, None)?;
        let author = Author::permitted(&permit, context, self.now_ms());
        let token = Token::new(TokenKind::ClientSecret, self.random_bytes());
        let mut events = vec![
            UserEvent::UserCreated { full_name: new.full_name.clone(), email: None, service: true },
            UserEvent::ClientSecretSet { sha256: token.sha256(), others_until_ms: author.at_ms },
        ];
        events.extend(new.grants.into_iter().map(UserEvent::RoleGranted));
        self.users
            .change(&new.name, &author, |user| {
                if user.is_some() {
                    let message = format!("there is already a user {}", new.name);
                    return Err(Error::already_exists("USER_EXISTS", message));
                }
                Ok(events.clone())
            })
            .await?;
        Ok(token)
    }

    /// Makes another secret for a program; the old one stays good for an overlap.
    pub(crate) async fn rotate_client_secret(
        &self,
        context: &Context,
        name: &str,
        overlap_ms: i64,
    ) -> Result<Token, Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        if !(0..=LONGEST_OVERLAP_MS).contains(&overlap_ms) {
            return Err(Error::invalid("overlapSeconds", "0 to 604800, which is 7 days"));
        }
        let author = Author::permitted(&permit, context, self.now_ms());
        let token = Token::new(TokenKind::ClientSecret, self.random_bytes());
        let others_until_ms = author.at_ms + overlap_ms;
        let set = UserEvent::ClientSecretSet { sha256: token.sha256(), others_until_ms };
        self.users
            .change(name, &author, |user| match user {
                Some(user) if user.is_service => Ok(vec![set.clone()]),
                _ => Err(unknown(name)),
            })
            .await?;
        Ok(token)
    }

    /// Issues an access token to a program that shows its secret. Answers the token and what it is
    /// limited to.
    pub(crate) async fn issue_token(
        &self,
        client_id: &str,
        client_secret: &str,
        scope: Option<&str>,
    ) -> Result<(OpenSession, Limit), Error> {
        let limit = Limit::of_scope(scope.unwrap_or_default())?;
        let now_ms = self.now_ms();
        let known = self.users.find(client_id).await?;
        let shown = Token::parse(client_secret);
        let shown = shown.filter(|token| token.kind() == TokenKind::ClientSecret);
        let sha256 = shown.map(|token| token.sha256()).unwrap_or_default();
        let is_known = known.as_ref().is_some_and(|known| {
            let secrets = known.user.client_secrets.iter().filter(|one| one.is_good(now_ms));
            let fits = secrets.fold(false, |fits, one| fits | same(&one.sha256, &sha256));
            fits && !known.user.disabled
        });
        if !is_known {
            self.note(Decision::TokenRefused).await;
            let message = "the client is not known, or its secret does not fit";
            return Err(Error::new(Code::Unauthenticated, "INVALID_CLIENT", message));
        }
        let method = "client_credentials";
        let also = vec![UserEvent::LogInSucceeded];
        let open = self.open(client_id, method, TokenKind::Access, limit.clone(), also).await?;
        Ok((open, limit))
    }
}
