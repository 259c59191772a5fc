//! The rows of a study, all of which follow from its log alone: how it is listed, and the index from
//! users to the studies on which they work.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{Effect, View};

use crate::{
    event::{Assignment, StudyFacts},
    failure::{Failure, Result},
    study::Study,
};

/// Raised whenever rows of this crate are written otherwise than before: a program refuses rows of
/// another layout.
pub const LAYOUT_OF_VIEWS: u32 = 1;

/// Studies by OID.
pub(crate) const STUDY: View = View(50);
/// Studies, the newest first. A row says nothing but its key.
pub(crate) const NEWEST: View = View(51);
/// What a user does on a study: user, study.
pub(crate) const BY_USER: View = View(52);
/// Every view of the portfolio.
pub(crate) const ALL: [View; 3] = [STUDY, NEWEST, BY_USER];

/// The portfolio belongs to the institution, which has the empty name.
pub(crate) const INSTITUTION: &str = "";
/// Stands between the parts of a key; no OID and no name contains it.
pub(crate) const BETWEEN: char = '\u{1f}';

/// A study as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyRow {
    pub facts: StudyFacts,
    pub site_count: u32,
    pub version: u32,
    pub created_at_ms: i64,
}

/// A row with its place.
pub(crate) type Row = (View, String, Vec<u8>);

/// Everything that is stored of a study.
pub(crate) fn rows(oid: &str, study: &Study) -> Vec<Row> {
    let mut rows: Vec<Row> = study_rows(oid, study);
    let staff = study.staff.iter();
    rows.extend(staff.map(|(user, all)| (BY_USER, user_key(user, oid), encode(all))));
    rows
}

/// What is to be written when a study becomes another.
pub(crate) fn effects(oid: &str, before: &Study, after: &Study) -> Vec<Effect> {
    let mut effects = Vec::new();
    if StudyRow::of(before) != StudyRow::of(after) {
        let rows = study_rows(oid, after).into_iter();
        effects.extend(rows.map(|(view, key, bytes)| Effect::Put { view, key, bytes }));
    }
    for user in before.staff.keys().filter(|user| !after.staff.contains_key(*user)) {
        effects.push(Effect::Drop { view: BY_USER, key: user_key(user, oid) });
    }
    for (user, all) in after.staff.iter().filter(|(user, all)| before.staff.get(*user) != Some(all))
    {
        effects.push(Effect::Put { view: BY_USER, key: user_key(user, oid), bytes: encode(all) });
    }
    effects
}

fn study_rows(oid: &str, study: &Study) -> Vec<Row> {
    let Some(row) = StudyRow::of(study) else { return Vec::new() };
    let newest = newest_key(row.created_at_ms, oid);
    vec![(STUDY, oid.to_owned(), encode(&row)), (NEWEST, newest, Vec::new())]
}

/// Which study a row belongs to.
pub(crate) fn owner(view: View, key: &str) -> Option<&str> {
    if view == STUDY { Some(key) } else { key.split_once(BETWEEN).map(|(_, oid)| oid) }
}

pub(crate) fn user_key(user: &str, oid: &str) -> String {
    format!("{user}{BETWEEN}{oid}")
}

/// Counts down, so that what came last is first.
pub(crate) fn newest_key(created_at_ms: i64, oid: &str) -> String {
    let left_ms = i64::MAX.saturating_sub(created_at_ms.max(0));
    format!("{left_ms:019}{BETWEEN}{oid}")
}

pub(crate) fn decode<T: DeserializeOwned>(view: View, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|source| Failure::Row { view: view.0, source })
}

fn encode<T: Serialize + ?Sized>(row: &T) -> Vec<u8> {
    serde_json::to_vec(row).expect("a row is plain data with text keys")
}

impl StudyRow {
    pub fn of(study: &Study) -> Option<Self> {
        let facts = study.facts.clone()?;
        let site_count = u32::try_from(study.sites.len()).unwrap_or(u32::MAX);
        let (version, created_at_ms) = (study.version, study.created_at_ms);
        Some(Self { facts, site_count, version, created_at_ms })
    }
}

/// What a user does on a study, as the index has it.
pub(crate) type Work = Vec<Assignment>;
