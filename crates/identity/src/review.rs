//! What is taken out for a review: who may do what where, and the delegation log of a site.

use crate::{Identity, user::User};
use contract::{Act, Context, Error, Scope, google::api::HttpBody};
use futures::{StreamExt as _, stream::BoxStream};
use jiff::Timestamp;

/// Users, or lines of a log, that are read at a time.
const PAGE: u32 = 200;
const CSV: &str = "text/csv; charset=utf-8; header=present";
const ACCESS: [&str; 11] = [
    "user",
    "full_name",
    "kind",
    "disabled",
    "role",
    "study",
    "site",
    "from",
    "until",
    "granted_by",
    "last_log_in",
];
const DELEGATIONS: [&str; 12] = [
    "delegation",
    "study",
    "site",
    "user",
    "full_name",
    "role",
    "tasks",
    "from",
    "until",
    "delegated_by",
    "ended_by",
    "end_reason",
];

/// Pieces of a document.
pub(crate) type Pieces = BoxStream<'static, Result<HttpBody, Error>>;

impl Identity {
    /// All roles of all users as CSV, page by page; of one study those that reach into it.
    pub(crate) fn access_review(
        &self,
        context: &Context,
        study: Option<String>,
    ) -> Result<Pieces, Error> {
        let scope = study.as_ref().map_or_else(Scope::system, Scope::study_wide);
        context.caller.permit(Act::ReadJournal, scope)?;
        let identity = self.clone();
        let first = futures::stream::once(async { piece(&[ACCESS.map(str::to_owned).to_vec()]) });
        let pages =
            futures::stream::try_unfold(Some(None), move |after: Option<Option<String>>| {
                let (identity, study) = (identity.clone(), study.clone());
                async move {
                    let Some(after) = after else { return Ok(None) };
                    let page = identity.user_rows(after.as_deref(), PAGE).await?;
                    let mut records = Vec::new();
                    for summary in &page.users {
                        let Some(known) = identity.users.find(&summary.name).await? else {
                            continue;
                        };
                        records.extend(access_of(&summary.name, &known.user, study.as_deref()));
                    }
                    Ok(Some((piece(&records)?, page.next.map(Some))))
                }
            });
        Ok(first.chain(pages).boxed())
    }

    /// The delegation log of a site as CSV, page by page.
    pub(crate) fn delegation_log(
        &self,
        context: &Context,
        study: String,
        site: String,
    ) -> Result<Pieces, Error> {
        context.caller.permit(Act::ReadStudy, Scope::at_site(&study, &site))?;
        let identity = self.clone();
        let head = [DELEGATIONS.map(str::to_owned).to_vec()];
        let first = futures::stream::once(async move { piece(&head) });
        let pages =
            futures::stream::try_unfold(Some(None), move |after: Option<Option<String>>| {
                let (identity, study, site) = (identity.clone(), study.clone(), site.clone());
                async move {
                    let Some(after) = after else { return Ok(None) };
                    let page =
                        identity.delegation_lines(&study, &site, after.as_deref(), PAGE).await?;
                    let records = page.0.iter().map(delegation).collect::<Vec<_>>();
                    Ok(Some((piece(&records)?, page.1.map(Some))))
                }
            });
        Ok(first.chain(pages).boxed())
    }
}

fn access_of(name: &str, user: &User, study: Option<&str>) -> Vec<Vec<String>> {
    let reaches = |of: Option<&str>| study.is_none_or(|study| of.is_none_or(|of| of == study));
    let last = user.last_log_in_ms.map(instant).unwrap_or_default();
    let kind = if user.is_service { "program" } else { "person" };
    let held = user.grants.iter().filter(|one| reaches(one.dated.grant.study.as_deref()));
    let mut records: Vec<Vec<String>> = held
        .map(|held| {
            let grant = &held.dated.grant;
            vec![
                name.to_owned(),
                user.full_name.clone(),
                kind.to_owned(),
                user.disabled.to_string(),
                grant.role.to_string(),
                grant.study.clone().unwrap_or_else(|| "*".to_owned()),
                grant.site.clone().unwrap_or_else(|| "*".to_owned()),
                instant(held.dated.from_ms),
                held.dated.until_ms.map(instant).unwrap_or_default(),
                held.by.clone(),
                last.clone(),
            ]
        })
        .collect();
    if records.is_empty() && study.is_none() {
        let mut nothing = vec![String::new(); ACCESS.len()];
        name.clone_into(&mut nothing[0]);
        nothing[1].clone_from(&user.full_name);
        kind.clone_into(&mut nothing[2]);
        nothing[3] = user.disabled.to_string();
        nothing[10] = last;
        records.push(nothing);
    }
    records
}

fn delegation(line: &crate::delegate::Line) -> Vec<String> {
    let delegation = &line.delegation;
    let granted = &delegation.delegated.granted;
    let ended = delegation.ended.as_ref();
    // What was ended before its time was in force until then.
    let until_ms = match (granted.until_ms, ended.map(|ended| ended.at_ms)) {
        (Some(until_ms), Some(ended_ms)) => Some(until_ms.min(ended_ms)),
        (until_ms, ended_ms) => until_ms.or(ended_ms),
    };
    vec![
        delegation.delegated.delegation_id.clone(),
        granted.grant.study.clone().unwrap_or_default(),
        granted.grant.site.clone().unwrap_or_default(),
        line.name.clone(),
        line.full_name.clone(),
        granted.grant.role.to_string(),
        delegation.delegated.tasks.join("; "),
        instant(granted.from_ms),
        until_ms.map(instant).unwrap_or_default(),
        delegation.by.clone(),
        ended.map(|ended| ended.by.clone()).unwrap_or_default(),
        ended.map(|ended| ended.reason.clone()).unwrap_or_default(),
    ]
}

fn instant(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map(|instant| instant.to_string()).unwrap_or_default()
}

fn piece(records: &[Vec<String>]) -> Result<HttpBody, Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    for record in records {
        let cells = record.iter().map(|cell| inert(cell));
        writer.write_record(cells).map_err(|error| not_writable(&error))?;
    }
    let data = writer.into_inner().map_err(|error| not_writable(error.error()))?;
    Ok(HttpBody { content_type: CSV.to_owned(), data })
}

fn not_writable(error: &dyn std::error::Error) -> Error {
    Error::new(contract::Code::Internal, "ANSWER_NOT_WRITABLE", error.to_string())
}

/// A spreadsheet computes a cell that begins like a formula; such a cell gets an apostrophe (OWASP,
/// CSV injection).
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
