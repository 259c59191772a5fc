//! The rows that follow from the logs of users.

use crate::{
    list_users::UserSummary,
    user::{Delegation, User},
};
use journal::Hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::{Effect, View};

/// Raised whenever rows of this crate are written otherwise than before: a program refuses rows of
/// another layout.
pub const LAYOUT_OF_VIEWS: u32 = 1;

/// Users by name.
pub(crate) const USER: View = View(40);
/// Names of users by the hash of a token that is theirs: of a session, a key, a mail.
pub(crate) const TOKEN: View = View(41);
/// Names of users by who they are at an OpenID provider.
pub(crate) const LINK: View = View(42);
/// Delegations by study, site, time and id.
pub(crate) const DELEGATION: View = View(43);
pub(crate) const ALL: [View; 4] = [USER, TOKEN, LINK, DELEGATION];

/// Stands between the parts of a key.
const BETWEEN: char = '\u{1f}';

/// The row of something that points to a user.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pointer {
    user: String,
}

/// A line of the delegation log of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelegationRow {
    pub delegation_id: String,
    pub user: String,
}

/// The rows by view and key.
pub(crate) type Rows = BTreeMap<(View, String), Vec<u8>>;

/// The name in a row that points to a user.
pub(crate) fn name_in(bytes: &[u8]) -> Result<String, serde_json::Error> {
    serde_json::from_slice::<Pointer>(bytes).map(|pointer| pointer.user)
}

/// All rows of a user.
pub(crate) fn rows(name: &str, user: &User) -> Result<Rows, serde_json::Error> {
    let mut rows = Rows::new();
    if *user == User::default() {
        return Ok(rows);
    }
    let summary = serde_json::to_vec(&UserSummary::of(name, user))?;
    rows.insert((USER, name.to_owned()), summary);
    let pointer = serde_json::to_vec(&Pointer { user: name.to_owned() })?;
    let sessions = user.sessions.iter().map(|one| &one.token_sha256);
    let keys = user.api_keys.iter().map(|one| &one.sha256);
    let mailed = user.mailed.iter().map(|one| &one.token_sha256);
    for sha256 in sessions.chain(keys).chain(mailed) {
        rows.insert((TOKEN, sha256.clone()), pointer.clone());
    }
    for link in &user.links {
        rows.insert((LINK, link_key(&link.issuer, &link.subject)), pointer.clone());
    }
    for delegation in &user.delegations {
        let delegation_id = delegation.delegated.delegation_id.clone();
        let row = DelegationRow { delegation_id, user: name.to_owned() };
        rows.insert((DELEGATION, delegation_key(delegation)), serde_json::to_vec(&row)?);
    }
    Ok(rows)
}

/// The rows that differ when a user becomes another.
pub(crate) fn effects(
    name: &str,
    before: &User,
    after: &User,
) -> Result<Vec<Effect>, serde_json::Error> {
    let (before, after) = (rows(name, before)?, rows(name, after)?);
    let mut effects = Vec::new();
    for (view, key) in before.keys().filter(|place| !after.contains_key(place)) {
        effects.push(Effect::Drop { view: *view, key: key.clone() });
    }
    for (place, bytes) in after {
        let (view, key) = place.clone();
        match before.get(&place) {
            Some(same) if *same == bytes => {}
            // Nobody else may already have it.
            None if view == LINK => effects.push(Effect::PutNew { view, key, bytes }),
            _ => effects.push(Effect::Put { view, key, bytes }),
        }
    }
    Ok(effects)
}

/// Issuers and subjects may be long and hold any character, keys may not.
pub(crate) fn link_key(issuer: &str, subject: &str) -> String {
    let parts = serde_json::to_vec(&[issuer, subject]).expect("two texts have JSON");
    Hash::of(&parts).to_string()
}

/// How the keys of a site's delegations begin.
pub(crate) fn delegation_prefix(study: &str, site: &str) -> String {
    format!("{study}{BETWEEN}{site}{BETWEEN}")
}

fn delegation_key(delegation: &Delegation) -> String {
    let grant = &delegation.delegated.granted.grant;
    let study = grant.study.as_deref().unwrap_or_default();
    let site = grant.site.as_deref().unwrap_or_default();
    let (at_ms, id) = (delegation.at_ms, &delegation.delegated.delegation_id);
    format!("{}{at_ms:015}{BETWEEN}{id}", delegation_prefix(study, site))
}

/// Whose row this is; `None` if it cannot be understood.
pub(crate) fn owner(view: View, key: &str, bytes: &[u8]) -> Option<String> {
    match view {
        USER => Some(key.to_owned()),
        DELEGATION => serde_json::from_slice::<DelegationRow>(bytes).ok().map(|row| row.user),
        _ => name_in(bytes).ok(),
    }
}
