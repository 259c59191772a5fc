//! Keys for programs: a visible beginning, a secret of which the SHA-256 is kept, an end, a limit.

use crate::{
    Identity, Token,
    event::{KeyMade, UserEvent},
    limit::Limit,
    user::User,
    users::Author,
};
use contract::{Context, Error};

/// How long a key lasts when nothing is said.
const USUAL_MS: i64 = 90 * DAY_MS;
/// No key lasts longer.
const LONGEST_MS: i64 = 366 * DAY_MS;
/// No old key or secret stays good for longer beside the new one.
pub(crate) const LONGEST_OVERLAP_MS: i64 = 7 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The last use is written again after this time at the earliest.
const USE_NOTED_EVERY_MS: i64 = 10 * 60 * 1000;
const MAX_KEYS: usize = 50;
const LONGEST_LABEL_CHARS: usize = 100;

/// A key that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    pub key_id: String,
    pub label: String,
    pub sha256: String,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    pub last_used_at_ms: Option<i64>,
    pub replaced_by: Option<String>,
    pub limit: Limit,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub label: String,
    pub limit: Limit,
    pub expires_at_ms: Option<i64>,
    /// 32 hexadecimal digits, for one study.
    pub for_redcap: bool,
}

impl ApiKey {
    pub(crate) fn apply(keys: &mut Vec<Self>, event: UserEvent, at_ms: i64) {
        match event {
            UserEvent::ApiKeyMade(made) => {
                keys.retain(|one| at_ms < one.expires_at_ms);
                keys.push(Self {
                    key_id: made.key_id,
                    label: made.label,
                    sha256: made.sha256,
                    created_at_ms: at_ms,
                    expires_at_ms: made.expires_at_ms,
                    last_used_at_ms: None,
                    replaced_by: None,
                    limit: made.limit,
                });
            }
            UserEvent::ApiKeyUsed { key_id } => {
                if let Some(key) = keys.iter_mut().find(|one| one.key_id == key_id) {
                    key.last_used_at_ms = Some(at_ms);
                }
            }
            UserEvent::ApiKeyReplaced { key_id, by, until_ms } => {
                if let Some(key) = keys.iter_mut().find(|one| one.key_id == key_id) {
                    key.expires_at_ms = key.expires_at_ms.min(until_ms);
                    key.replaced_by = Some(by);
                }
                keys.retain(|one| at_ms < one.expires_at_ms);
            }
            UserEvent::ApiKeyRevoked { key_id } => keys.retain(|one| one.key_id != key_id),
            _ => {}
        }
    }

    /// Whether the use of the key should be written.
    pub(crate) fn use_is_to_be_noted(&self, now_ms: i64) -> bool {
        self.last_used_at_ms.is_none_or(|last_ms| now_ms - last_ms >= USE_NOTED_EVERY_MS)
    }
}

impl Identity {
    /// Makes a key of a user. Answers what is kept, and the key.
    pub(crate) async fn create_api_key(
        &self,
        context: &Context,
        owner: &str,
        new: NewKey,
    ) -> Result<(ApiKey, Token), Error> {
        let author = self.author_about(context, owner)?;
        let now_ms = author.at_ms;
        if new.label.trim().is_empty() || new.label.chars().count() > LONGEST_LABEL_CHARS {
            return Err(Error::invalid("label", "1 to 100 characters that say what it is for"));
        }
        let expires_at_ms = new.expires_at_ms.unwrap_or(now_ms.saturating_add(USUAL_MS));
        if expires_at_ms <= now_ms || expires_at_ms > now_ms.saturating_add(LONGEST_MS) {
            return Err(Error::invalid("expiresAt", "later than now, and within 366 days"));
        }
        if new.for_redcap && new.limit.studies.len() != 1 {
            return Err(Error::invalid("studyOids", "a key for REDCap programs is for one study"));
        }
        let token = self.new_key(new.for_redcap);
        let made = KeyMade {
            key_id: token.key_id(),
            label: new.label,
            sha256: token.sha256(),
            expires_at_ms,
            limit: new.limit,
        };
        self.add_key(owner, &author, &made, Vec::new()).await?;
        Ok((self.key_of(owner, &made.key_id).await?, token))
    }

    /// Makes a key with the same limits in the place of one, which stays good for an overlap.
    pub(crate) async fn rotate_api_key(
        &self,
        context: &Context,
        owner: &str,
        key_id: &str,
        overlap_ms: i64,
    ) -> Result<(ApiKey, Token), Error> {
        let author = self.author_about(context, owner)?;
        let now_ms = author.at_ms;
        if !(0..=LONGEST_OVERLAP_MS).contains(&overlap_ms) {
            return Err(Error::invalid("overlapSeconds", "0 to 604800, which is 7 days"));
        }
        let old = self.key_of(owner, key_id).await?;
        if old.replaced_by.is_some() {
            return Err(Error::refused("KEY_REPLACED", "the key was replaced already"));
        }
        let token = self.new_key(Token::is_for_redcap(key_id));
        let lasts_ms = (old.expires_at_ms - old.created_at_ms).clamp(DAY_MS, LONGEST_MS);
        let made = KeyMade {
            key_id: token.key_id(),
            label: old.label,
            sha256: token.sha256(),
            expires_at_ms: now_ms.saturating_add(lasts_ms),
            limit: old.limit,
        };
        let replaced = UserEvent::ApiKeyReplaced {
            key_id: key_id.to_owned(),
            by: made.key_id.clone(),
            until_ms: now_ms + overlap_ms,
        };
        self.add_key(owner, &author, &made, vec![replaced]).await?;
        Ok((self.key_of(owner, &made.key_id).await?, token))
    }

    /// Ends a key at once.
    pub(crate) async fn revoke_api_key(
        &self,
        context: &Context,
        owner: &str,
        key_id: &str,
    ) -> Result<(), Error> {
        let author = self.author_about(context, owner)?;
        let revoked = UserEvent::ApiKeyRevoked { key_id: key_id.to_owned() };
        self.users
            .change(owner, &author, |user| {
                find(user, key_id, author.at_ms)?;
                Ok(vec![revoked.clone()])
            })
            .await
    }

    /// The keys of a user that are good, newest first.
    pub(crate) async fn api_keys(
        &self,
        context: &Context,
        owner: &str,
    ) -> Result<Vec<ApiKey>, Error> {
        let author = self.author_about(context, owner)?;
        let known = self.users.find(owner).await?;
        let keys = known.map(|known| known.user.api_keys.clone()).unwrap_or_default();
        Ok(keys.into_iter().rev().filter(|key| author.at_ms < key.expires_at_ms).collect())
    }

    fn new_key(&self, for_redcap: bool) -> Token {
        if for_redcap {
            Token::redcap(self.random_bytes())
        } else {
            Token::key(self.random_bytes(), self.random_bytes())
        }
    }

    async fn key_of(&self, owner: &str, key_id: &str) -> Result<ApiKey, Error> {
        let known = self.users.find(owner).await?;
        find(known.as_ref().map(|known| &known.user), key_id, self.now_ms()).cloned()
    }

    async fn add_key(
        &self,
        owner: &str,
        author: &Author,
        made: &KeyMade,
        also: Vec<UserEvent>,
    ) -> Result<(), Error> {
        self.users
            .change(owner, author, |user| {
                let user = user.filter(|user| !user.disabled);
                let user = user.ok_or_else(|| crate::add_user::unknown(owner))?;
                let good = user.api_keys.iter().filter(|key| author.at_ms < key.expires_at_ms);
                if good.count() >= MAX_KEYS {
                    return Err(Error::exhausted("KEYS_TOO_MANY", "a user has 50 keys at most"));
                }
                let mut events = vec![UserEvent::ApiKeyMade(made.clone())];
                events.extend(also.iter().cloned());
                Ok(events)
            })
            .await
    }
}

fn find<'a>(user: Option<&'a User>, key_id: &str, now_ms: i64) -> Result<&'a ApiKey, Error> {
    let mut keys = user.into_iter().flat_map(|user| &user.api_keys);
    let key = keys.find(|key| key.key_id == key_id && now_ms < key.expires_at_ms);
    key.ok_or_else(|| Error::not_found("KEY_UNKNOWN", "there is no such key"))
}
