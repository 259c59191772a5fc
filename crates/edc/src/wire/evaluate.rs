//! Asking what a save would do: the message in, what it would derive, leave out and find.

use contract::{
    Context, Error,
    edc::v1::{self as proto, EvaluateFormRequest, EvaluateFormResponse, severity::Level},
};
use kernel::{SubjectKey, casebook::SaveForm, study::CheckAction};

use super::{
    form::{assignments, item_change},
    value,
};
use crate::{
    Edc,
    decide::{Evaluation, Finding, NotCollected},
    failure::Result,
    read::sight::Sight,
};

/// Values in one call.
const MAX_VALUES: usize = 2_000;

pub(super) async fn evaluate(
    edc: &Edc,
    context: &Context,
    request: &EvaluateFormRequest,
) -> Result<EvaluateFormResponse> {
    if request.values.len() > MAX_VALUES {
        let said = format!("there can be {MAX_VALUES} at most");
        return Err(Error::invalid("values", said).into());
    }
    let draft = SaveForm {
        record: value::record_key(
            &request.study_event_oid,
            &request.study_event_repeat_key,
            &request.form_oid,
            &request.form_repeat_key,
        ),
        seen_version: None,
        complete: request.complete,
        assignments: assignments(&request.values)?,
        // Whether one will be needed is asked when it is saved.
        reason: Some("not yet given".to_owned()),
    };
    let study_oid = request.study_oid.as_str().into();
    let subject: SubjectKey = request.subject_key.as_str().into();
    let evaluated = edc.evaluate(context, &study_oid, &subject, &draft).await?;
    let study = edc.study(&study_oid).await?;
    let site = edc.site_of(&study, &subject).await?;
    let sight = Sight::of(context, &study, &site);
    if sight.is_unblinded() {
        edc.note_unblinded(context, &study, &site, subject.as_str()).await?;
    }
    Ok(seen_by(&sight, &evaluated))
}

/// As much of it as the caller may see.
fn seen_by(sight: &Sight, evaluated: &Evaluation) -> EvaluateFormResponse {
    let changes = evaluated.changes.iter().flat_map(|row| row.1.iter().map(|one| (&row.0, one)));
    let changes = changes.filter(|(_, change)| sight.shows(&change.0));
    let found = evaluated.findings.iter();
    let found = found.filter(|one| sight.shows(&one.item.item) && sight.shows_check(&one.check));
    let faults = evaluated.faults.iter().map(|fault| proto::ItemFault {
        place: Some(value::item_place(&fault.item)),
        description: fault.why.to_string(),
        reason: fault.why.code().to_owned(),
        metadata: fault.why.parameters().into_iter().collect(),
    });
    EvaluateFormResponse {
        version: value::number(evaluated.version),
        changes: changes.map(|(row, change)| item_change(row, change)).collect(),
        not_collected: not_collected(&evaluated.not_collected, sight),
        findings: found.filter_map(finding).collect(),
        faults: faults.collect(),
    }
}

fn finding(found: &Finding) -> Option<proto::Finding> {
    let (message, _) = found.fails.as_ref()?;
    let severity = match found.action {
        CheckAction::Query => Level::Soft,
        CheckAction::Refuse => Level::Hard,
    };
    Some(proto::Finding {
        check_oid: found.check.to_string(),
        severity: severity.into(),
        message: value::texts(message),
        place: Some(value::item_place(&found.item)),
    })
}

/// What is not collected, as far as it is of items that the caller may see.
pub(crate) fn not_collected(found: &[NotCollected], sight: &Sight) -> Vec<proto::NotCollected> {
    let shown = found.iter().filter(|one| one.item.as_ref().is_none_or(|item| sight.shows(item)));
    shown
        .map(|one| proto::NotCollected {
            item_group_oid: one.group.to_string(),
            item_group_repeat_key: one.row.as_ref().map(ToString::to_string),
            item_oid: one.item.as_ref().map(ToString::to_string),
        })
        .collect()
}
