//! Sessions: opened with a password, used with a token, closed or run out.

use crate::{
    Identity, Password, Token,
    authenticate::{Second, refused},
    event::UserEvent,
    holders::Holder,
    limit::Limit,
    rows::TOKEN,
    token::TokenKind,
    user::{Session, same, session_id},
    users::{Author, Known},
};
use contract::{Act, Authentication, Caller, Context, Error, Scope};
use quick_cache::sync::Cache;
use std::sync::Arc;

const MOST_REMEMBERED: usize = 100_000;
/// The use of a session is written this many times in the time after which it runs out, so that it
/// outlives a restart.
const NOTED_PER_IDLE_TIME: i64 = 3;

/// When sessions were last used, by the hash of their token; beside it, seldom, in the log.
pub(crate) struct LastUse(Cache<String, i64>);

/// A session that was opened just now.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub token: Token,
    /// UTC milliseconds since 1970 when it ends at the latest.
    pub ends_at_ms: i64,
}

/// Whoever showed a token that is good.
pub(crate) struct Bearer {
    pub name: String,
    pub known: Arc<Known>,
    pub limit: Limit,
    /// The id of the session, if it is one.
    pub session: Option<String>,
    /// The visible part of the key, if it is one.
    pub key: Option<String>,
}

impl Bearer {
    pub(crate) fn caller(self, identity: &Identity) -> Caller {
        let Self { name, known, limit, session, key } = self;
        let by_token = Authentication::Token;
        let mut caller = identity.limited_caller(&name, &known.user, by_token, &limit);
        caller.session = session;
        caller.key = key;
        caller
    }
}

impl Identity {
    /// Verifies name and password and opens a session. Refuses with `UNAUTHENTICATED`, and with
    /// `CODE_NEEDED` whoever has a second factor.
    pub async fn open_session(&self, name: &str, password: Password) -> Result<OpenSession, Error> {
        self.log_in(name, password, None).await
    }

    /// The same, with the code of a second factor.
    pub async fn log_in(
        &self,
        name: &str,
        password: Password,
        code: Option<&str>,
    ) -> Result<OpenSession, Error> {
        let proved = self.prove(name, password, Second::Code(code)).await?;
        self.open(name, proved.method, TokenKind::Session, Limit::default(), Vec::new()).await
    }

    /// Opens a session for whoever has proven who he is.
    pub(crate) async fn open(
        &self,
        name: &str,
        method: &str,
        kind: TokenKind,
        limit: Limit,
        also: Vec<UserEvent>,
    ) -> Result<OpenSession, Error> {
        let now_ms = self.now_ms();
        let lasts_ms = match kind {
            TokenKind::Access => self.settings.access_token_lasts_ms,
            _ => self.settings.session_lasts_ms,
        };
        let token = Token::new(kind, self.random_bytes());
        let ends_at_ms = now_ms.saturating_add(lasts_ms);
        let opened = UserEvent::SessionOpened {
            token_sha256: token.sha256(),
            ends_at_ms: Some(ends_at_ms),
            method: method.to_owned(),
            limit,
        };
        let author = Author::oneself(name, now_ms);
        self.users
            .change(name, &author, |user| {
                user.filter(|user| !user.disabled).ok_or_else(refused)?;
                Ok(also.iter().cloned().chain([opened.clone()]).collect())
            })
            .await?;
        Ok(OpenSession { token, ends_at_ms })
    }

    /// Ends the session of a token; ending one that is over does nothing.
    pub async fn close_session(&self, token: &str) -> Result<(), Error> {
        let Some(token) = Token::parse(token) else { return Ok(()) };
        let Some(name) = self.users.pointed_to(TOKEN, &token.sha256()).await? else {
            return Ok(());
        };
        let author = Author::oneself(&name, self.now_ms());
        self.close_where(&name, &author, |session| session.token_sha256 == token.sha256()).await?;
        Ok(())
    }

    /// Ends one session of a user by its id. Refuses with `SESSION_UNKNOWN`.
    pub(crate) async fn revoke_session(
        &self,
        context: &Context,
        owner: &str,
        id: &str,
    ) -> Result<(), Error> {
        let author = self.author_about(context, owner)?;
        match self.close_where(owner, &author, |session| session.id() == id).await? {
            0 => Err(Error::not_found("SESSION_UNKNOWN", "there is no such open session")),
            _ => Ok(()),
        }
    }

    /// Ends all sessions of a user, but for the one with this id. Answers how many there were.
    pub(crate) async fn revoke_all_sessions(
        &self,
        context: &Context,
        owner: &str,
        except: Option<&str>,
    ) -> Result<i32, Error> {
        let author = self.author_about(context, owner)?;
        self.close_where(owner, &author, |session| Some(session.id().as_str()) != except).await
    }

    /// The open sessions of a user, newest first.
    pub(crate) async fn sessions(
        &self,
        context: &Context,
        owner: &str,
    ) -> Result<Vec<Session>, Error> {
        let author = self.author_about(context, owner)?;
        let known = self.users.find(owner).await?;
        let sessions = known.map(|known| known.user.sessions.clone()).unwrap_or_default();
        let open = sessions.into_iter().rev().filter(|one| self.is_open(one, author.at_ms));
        Ok(open
            .map(|mut session| {
                session.used_at_ms = self.used_at_ms(&session);
                session
            })
            .collect())
    }

    async fn close_where(
        &self,
        owner: &str,
        author: &Author,
        which: impl Fn(&Session) -> bool,
    ) -> Result<i32, Error> {
        self.users
            .decide(owner, author, |user| {
                let sessions = user.into_iter().flat_map(|user| &user.sessions);
                let closed: Vec<UserEvent> = sessions
                    .filter(|session| which(session))
                    .map(|one| UserEvent::SessionClosed { token_sha256: one.token_sha256.clone() })
                    .collect();
                let count = i32::try_from(closed.len()).unwrap_or(i32::MAX);
                Ok((closed, count))
            })
            .await
    }

    /// Whose token this is, if it is good; using it keeps a session from running out.
    pub(crate) async fn of_token(&self, token: &Token) -> Result<Bearer, Error> {
        let token_sha256 = token.sha256();
        let now_ms = self.now_ms();
        let holder = self.users.holder(&token_sha256, now_ms).await?.ok_or_else(refused)?;
        if holder.known.user.disabled {
            return Err(refused());
        }
        match token.kind() {
            TokenKind::Session | TokenKind::Access => {
                self.use_session(&holder, &token_sha256, now_ms).await
            }
            TokenKind::ApiKey => self.use_key(&holder, &token_sha256, now_ms).await,
            TokenKind::Mailed | TokenKind::Signing | TokenKind::ClientSecret => Err(refused()),
        }
    }

    async fn use_session(
        &self,
        Holder { name, known }: &Holder,
        token_sha256: &str,
        now_ms: i64,
    ) -> Result<Bearer, Error> {
        let session = known.user.session(token_sha256).ok_or_else(refused)?;
        if !self.is_open(session, now_ms) {
            return Err(refused());
        }
        self.used.0.insert(token_sha256.to_owned(), now_ms);
        let noted_every_ms = self.settings.session_idle_ms / NOTED_PER_IDLE_TIME;
        if now_ms - session.used_at_ms >= noted_every_ms {
            let used = UserEvent::SessionUsed { token_sha256: token_sha256.to_owned() };
            self.note_use(name, used, now_ms).await;
        }
        let id = session_id(token_sha256);
        let is_person = session.limit.is_none() && !known.user.is_service;
        let limit = session.limit.clone();
        let (name, known) = (name.to_owned(), Arc::clone(known));
        Ok(Bearer { name, known, limit, session: is_person.then_some(id), key: None })
    }

    async fn use_key(
        &self,
        Holder { name, known }: &Holder,
        sha256: &str,
        now_ms: i64,
    ) -> Result<Bearer, Error> {
        let mut keys = known.user.api_keys.iter();
        let key = keys.find(|key| same(&key.sha256, sha256)).ok_or_else(refused)?;
        if now_ms >= key.expires_at_ms {
            return Err(refused());
        }
        if key.use_is_to_be_noted(now_ms) {
            let used = UserEvent::ApiKeyUsed { key_id: key.key_id.clone() };
            self.note_use(name, used, now_ms).await;
        }
        let (limit, key) = (key.limit.clone(), Some(key.key_id.clone()));
        let known = Arc::clone(known);
        Ok(Bearer { name: name.to_owned(), known, limit, session: None, key })
    }

    /// Writes that something was used. That it was is true also when it cannot be written now; that
    /// is logged, and the call goes on.
    async fn note_use(&self, name: &str, used: UserEvent, now_ms: i64) {
        let author = Author::oneself(name, now_ms);
        // The incident is logged already.
        let _ = self.users.change(name, &author, |_| Ok(vec![used.clone()])).await;
    }

    fn is_open(&self, session: &Session, now_ms: i64) -> bool {
        let unused_ms = now_ms - self.used_at_ms(session);
        now_ms < session.ends_at_ms && unused_ms < self.settings.session_idle_ms
    }

    fn used_at_ms(&self, session: &Session) -> i64 {
        let remembered = self.used.0.get(&session.token_sha256);
        remembered.map_or(session.used_at_ms, |used_ms| used_ms.max(session.used_at_ms))
    }

    /// The caller himself, as a person: with a password or in a session, not with the key of a
    /// program. Refuses with `SESSION_NEEDED`.
    pub(crate) fn in_person(&self, context: &Context) -> Result<(String, Author), Error> {
        let caller = &context.caller;
        let is_person = caller.session.is_some()
            || (caller.authentication == Authentication::Password && caller.acts.is_none());
        if !is_person {
            let message = "log in with a password first; a key or token of a program will not do";
            return Err(Error::refused("SESSION_NEEDED", message));
        }
        let author = Author::of_call(context, &caller.user, self.now_ms());
        Ok((caller.user.clone(), author))
    }

    /// Who may change what belongs to a user: himself, in person, or who manages users.
    pub(crate) fn author_about(&self, context: &Context, owner: &str) -> Result<Author, Error> {
        if context.caller.user == owner && context.caller.authentication != Authentication::System {
            return self.in_person(context).map(|(_, author)| author);
        }
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        Ok(Author::permitted(&permit, context, self.now_ms()))
    }
}

impl Default for LastUse {
    fn default() -> Self {
        Self(Cache::new(MOST_REMEMBERED))
    }
}
