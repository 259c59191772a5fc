//! Lists who works on a study.

use contract::{
    Context, page,
    portfolio::v1::{ListStaffRequest, ListStaffResponse},
};

use crate::{Portfolio, change::study_unknown, event::Assignment, failure::Result, wire};

/// What is left out while nobody says how people are called.
const FULL_NAMES: &str = "fullNames";

/// Lists those at the sites that the caller may see and at the study as a whole, by user. Refuses with
/// `STUDY_UNKNOWN`.
pub(crate) async fn list(
    portfolio: &Portfolio,
    context: &Context,
    request: &ListStaffRequest,
) -> Result<ListStaffResponse> {
    let oid = request.study_oid.as_str();
    let visible = portfolio.sight(context, oid).await?;
    let size = page::size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?.unwrap_or_default();
    let known = portfolio.shelf.find(oid).await?;
    if !known.study.is_there() {
        return Err(study_unknown(oid).into());
    }
    let (now_ms, with_ended) = (portfolio.now_ms(), request.include_ended.unwrap_or_default());
    let is_asked_for = |one: &&Assignment| {
        let post_at = one.post.site.as_ref().map(kernel::SiteOid::as_str);
        let is_there = request.site_oid.as_deref().is_none_or(|asked| post_at == Some(asked));
        is_there
            && post_at.is_none_or(|site| visible.contains(site))
            && (with_ended || !one.is_over(now_ms))
    };
    let found = known.study.staff.values().flatten().filter(is_asked_for);
    let mut found: Vec<(String, &Assignment)> = found.map(|one| (key(one), one)).collect();
    found.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    found.retain(|(key, _)| *key > after);
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    let mut answer = ListStaffResponse {
        next_page_token: last.map(|(key, _)| page::token(key)),
        staff: found.iter().map(|(_, one)| wire::of_assignment(one)).collect(),
        left_out: Vec::new(),
    };
    name(portfolio, context, &mut answer).await;
    Ok(answer)
}

/// Adds how the people are called, as far as that can be had at once.
async fn name(portfolio: &Portfolio, context: &Context, answer: &mut ListStaffResponse) {
    let Some(known) = &portfolio.names else { return };
    let users = answer.staff.iter().map(|one| one.user.clone()).collect();
    let named = known.of(context, users).await;
    for one in &mut answer.staff {
        one.full_name = named.by_user.get(&one.user).cloned();
    }
    if !named.is_whole {
        answer.left_out.push(FULL_NAMES.to_owned());
        context.left_out.note(FULL_NAMES);
    }
}

/// By user, then function, site and beginning; no two have the same.
fn key(one: &Assignment) -> String {
    let site = one.post.site.as_ref().map_or("", kernel::SiteOid::as_str);
    let (user, function) = (&one.post.user, wire::function_number(one.post.function));
    // Raised, so that what is negative sorts before what is not.
    let from = i128::from(one.from_ms) - i128::from(i64::MIN);
    let until = i128::from(one.until_ms.unwrap_or(i64::MAX)) - i128::from(i64::MIN);
    format!("{user}\u{1f}{function:03}\u{1f}{site}\u{1f}{from:020}\u{1f}{until:020}")
}
