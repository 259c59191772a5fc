//! The audit trail: reviews of it, and the proof of one casebook.

use contract::{
    Act, Context, Error,
    edc::v1::{
        AuditReview as AuditReviewMessage, CasebookCheckpoint, ListAuditReviewsRequest,
        ListAuditReviewsResponse, ReviewAuditTrailRequest, VerifyCasebookRequest,
        VerifyCasebookResponse, audit_entry::Kind,
    },
    page,
};
use kernel::SubjectKey;

use super::{query::said, subject::given, value};
use crate::{
    Edc,
    audit_review::AuditReview,
    failure::Result,
    proof::casebook::{CasebookProof, Standing},
    read::{
        audit::{Criteria, from_day, kind, until_day},
        casebook::site_to_read,
        sight::Sight,
    },
    views,
};

pub(super) async fn review(
    edc: &Edc,
    context: &Context,
    r: &ReviewAuditTrailRequest,
) -> Result<AuditReviewMessage> {
    said("finding", &r.finding)?;
    let missing = || Error::invalid("reviewedUntil", "it is required");
    let seen_ms = r.reviewed_until.as_ref().ok_or_else(missing)?.as_millisecond();
    let until_ms = until_day("untilDate", given(r.until_date.as_ref()))?;
    let criteria = Criteria {
        site: given(r.site_oid.as_ref()).map(ToOwned::to_owned),
        user: given(r.user.as_ref()).map(ToOwned::to_owned),
        kind: kind(r.kind)?,
        from_ms: from_day("fromDate", given(r.from_date.as_ref()))?,
        until_ms: Some(until_ms.map_or(seen_ms, |until| until.min(seen_ms))),
        reason_missing: r.reason_missing.unwrap_or_default(),
    };
    let study = r.study_oid.as_str().into();
    let id = r.request_id.as_ref();
    let finding = r.finding.trim();
    Ok(told(&edc.review_audit_trail(context, &study, id, &criteria, finding).await?))
}

pub(super) async fn reviews(
    edc: &Edc,
    context: &Context,
    r: &ListAuditReviewsRequest,
) -> Result<ListAuditReviewsResponse> {
    let study = edc.study_for(context, &r.study_oid.as_str().into(), Act::ReadJournal).await?;
    let size = page::size(r.page_size)?;
    let token = page::after(r.page_token.as_ref())?;
    let begun: Option<usize> =
        token.map(|token| token.parse().map_err(|_| page::unknown_token())).transpose()?;
    let all = edc.reviewed(&study).await?.0;
    // Reviews are only ever added at the end: the number of older ones is a place that stays.
    let older = begun.unwrap_or(all.len()).min(all.len());
    let first = older.saturating_sub(size);
    let sites = context.caller.sites(Act::ReadJournal, study.oid.as_str());
    let seen = |review: &&AuditReview| {
        review.reviewed.site.as_ref().is_none_or(|site| sites.contains(site))
    };
    let reviews = all[first..older].iter().rev().filter(seen).map(told).collect();
    let next_page_token = (first > 0).then(|| page::token(&first.to_string()));
    Ok(ListAuditReviewsResponse { reviews, next_page_token })
}

fn told(review: &AuditReview) -> AuditReviewMessage {
    let reviewed = &review.reviewed;
    let kind = reviewed.kind.as_deref().and_then(Kind::from_str_name);
    AuditReviewMessage {
        review_id: review.id.clone(),
        user: review.user.clone(),
        role: review.role.clone(),
        recorded_at: Some(value::at(review.recorded_at_ms)),
        site_oid: reviewed.site.clone(),
        reviewed_user: reviewed.user.clone(),
        kind: kind.map(Into::into),
        from_date: reviewed.from_ms.map(views::day),
        until_date: Some(views::day(reviewed.until_ms)),
        reason_missing: reviewed.reason_missing,
        entry_count: value::number(reviewed.entries),
        reviewed_until: Some(value::at(reviewed.until_ms)),
        finding: reviewed.finding.clone(),
        is_blinded: reviewed.is_blinded,
    }
}

pub(super) async fn verify(
    edc: &Edc,
    context: &Context,
    r: &VerifyCasebookRequest,
) -> Result<VerifyCasebookResponse> {
    let study = edc.study_for(context, &r.study_oid.as_str().into(), Act::ReadData).await?;
    let subject: SubjectKey = r.subject_key.as_str().into();
    let site = site_to_read(edc, context, &study, &subject).await?;
    let sees_all = Sight::of(context, &study, &site).is_complete();
    let CasebookProof { chain_fault, row_faults, head, first_ms, last_ms, rows, standing } =
        edc.prove_casebook(&study.oid, &subject).await?;
    // Where a view differs could tell of what is hidden; that it differs is for everybody.
    let shown = row_faults.iter().filter(|_| sees_all);
    Ok(VerifyCasebookResponse {
        is_chain_whole: chain_fault.is_none(),
        is_view_equal: row_faults.is_empty() && chain_fault.is_none(),
        faults: chain_fault.iter().chain(shown).map(ToString::to_string).collect(),
        head_hash: head.hash.to_string(),
        entry_count: sees_all.then(|| value::number(head.sequence)),
        first_recorded_at: first_ms.map(value::at),
        last_recorded_at: last_ms.map(value::at),
        view_row_count: if sees_all { value::number(rows) } else { 0 },
        verified_at: Some(value::at((edc.clock)().as_millisecond())),
        checkpoint: standing.as_ref().map(checkpoint),
    })
}

fn checkpoint(standing: &Standing) -> CasebookCheckpoint {
    CasebookCheckpoint {
        taken_at: Some(value::at(standing.taken_at_ms)),
        root: standing.root.clone(),
        is_signature_valid: standing.is_signature_valid,
        is_included: standing.is_included,
        is_continued: standing.is_continued,
        public_key: standing.public_key.clone(),
    }
}
