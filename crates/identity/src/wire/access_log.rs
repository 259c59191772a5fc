//! Calls that read the audit trail of access.

use super::{Answer, convert};
use crate::{Identity, access::Decision, access_log::DecisionRead};
use contract::{Context, identity::v1 as p};

pub(super) async fn decisions(
    identity: &Identity,
    context: &Context,
    r: p::ListAccessRequest,
) -> Answer<p::ListAccessResponse> {
    let limit = convert::page_size(r.page_size)?;
    let (read, next_page_token) =
        identity.decisions(context, &r.day, r.page_token.as_ref(), limit).await?;
    Ok(p::ListAccessResponse { entries: read.into_iter().map(entry).collect(), next_page_token })
}

pub(super) async fn entries(
    identity: &Identity,
    context: &Context,
    r: p::ListUserEntriesRequest,
) -> Answer<p::ListUserEntriesResponse> {
    let limit = convert::page_size(r.page_size)?;
    let (read, next_page_token) =
        identity.user_entries(context, &r.username, r.page_token.as_ref(), limit).await?;
    let entries = read.into_iter().map(|read| p::UserEntry {
        sequence: i64::try_from(read.sequence).unwrap_or(i64::MAX),
        recorded_at: convert::instant(read.at_ms),
        kind: read.kind,
        actor: read.actor,
        role: read.role,
        origin: read.origin,
        reason: read.reason,
        about: read.about,
    });
    Ok(p::ListUserEntriesResponse { entries: entries.collect(), next_page_token })
}

fn entry(read: DecisionRead) -> p::AccessEntry {
    let mut entry = p::AccessEntry {
        recorded_at: convert::instant(read.at_ms),
        kind: read.noted.decision.kind().to_owned(),
        count: i64::try_from(read.noted.count).unwrap_or(i64::MAX),
        ..p::AccessEntry::default()
    };
    match read.noted.decision {
        Decision::LogInRefused { username } => entry.username = username,
        Decision::PermissionRefused { username, act, study, site } => {
            entry.username = Some(username);
            (entry.act, entry.study_oid, entry.site_oid) = (Some(act), study, site);
        }
        Decision::SensitiveRead { username, act, study, site, what } => {
            entry.username = Some(username);
            (entry.act, entry.study_oid, entry.site_oid) = (Some(act), study, site);
            entry.what = what;
        }
        Decision::TokenRefused | Decision::Others => {}
    }
    entry
}
