//! Asking where each criterion stands: the message in, a verdict for each out.

use contract::{
    Context,
    edc::v1::{
        self as proto, CheckEligibilityRequest, CheckEligibilityResponse, CriterionVerdict,
        criterion::Kind,
        criterion_verdict::{Cause, Verdict},
    },
};
use kernel::{SubjectKey, study::CriterionKind};

use super::value;
use crate::{
    Edc,
    check_eligibility::CriterionChecked,
    decide::{Seen, Standing},
    failure::Result,
    read::sight::Sight,
};

pub(super) async fn check(
    edc: &Edc,
    context: &Context,
    request: &CheckEligibilityRequest,
) -> Result<CheckEligibilityResponse> {
    let study = request.study_oid.as_str().into();
    let subject: SubjectKey = request.subject_key.as_str().into();
    let attested = request.attested_criteria.iter();
    let attested = attested.map(|(oid, said)| (oid.as_str().into(), *said)).collect();
    let found = edc.check_eligibility(context, &study, &subject, &attested).await?;
    let decided = |one: &CriterionChecked| matches!(one.standing, Standing::Met | Standing::NotMet);
    let in_order = |one: &CriterionChecked| decided(one) && !one.stands_against;
    Ok(CheckEligibilityResponse {
        eligible: found.criteria.iter().all(in_order),
        consented: found.consented,
        criteria: found.criteria.iter().map(|one| verdict(&subject, one, &found.sight)).collect(),
    })
}

fn verdict(subject: &SubjectKey, checked: &CriterionChecked, sight: &Sight) -> CriterionVerdict {
    let (verdict, cause) = match checked.standing {
        Standing::Met => (Verdict::Met, Cause::Unspecified),
        Standing::NotMet => (Verdict::NotMet, Cause::Unspecified),
        Standing::NotAttested => (Verdict::NotEvaluated, Cause::NotAttested),
        Standing::ValueMissing => (Verdict::NotEvaluated, Cause::ValueMissing),
        Standing::Failed => (Verdict::NotEvaluated, Cause::Failed),
    };
    let kind = match checked.kind {
        CriterionKind::Inclusion => Kind::Inclusion,
        CriterionKind::Exclusion => Kind::Exclusion,
    };
    let shown = |seen: &&Seen| seen.place.as_ref().is_none_or(|(_, item)| sight.shows(&item.item));
    CriterionVerdict {
        criterion_oid: checked.oid.to_string(),
        kind: kind.into(),
        verdict: verdict.into(),
        stands_against: checked.stands_against,
        cause: cause.into(),
        values: checked.values.iter().filter(shown).map(|seen| value_seen(subject, seen)).collect(),
    }
}

fn value_seen(subject: &SubjectKey, seen: &Seen) -> proto::CriterionValue {
    let place = seen.place.as_ref();
    proto::CriterionValue {
        reads: seen.reads.clone(),
        record: place.map(|(record, _)| value::record_place(subject, record)),
        item: place.map(|(_, item)| value::item_place(item)),
        value: seen.value.as_ref().map(value::item_value),
    }
}
