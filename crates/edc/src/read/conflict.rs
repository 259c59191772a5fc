//! What a stale save is told: both values, and who changed the item in the meantime.

use std::ops::ControlFlow;

use contract::{
    Context, Error, Timestamp,
    edc::v1::{ItemConflict, StaleRecord},
};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{Conflict, Event, ItemChange, RecordKey, Refusal, RowKey},
};

use super::{form_record, sight::Sight, trail::Trail};
use crate::{
    Edc,
    book::Shelf,
    failure::Result,
    wire::{error::refused, value},
};

/// How many saves are looked at to find who changed an item.
const MAX_SAVES: usize = 20;

/// The refusal of a stale save with what happened since the version that it saw.
pub(crate) async fn told(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    subject: &SubjectKey,
    key: &RecordKey,
    refusal: &Refusal,
) -> Result<Error> {
    let Refusal::StaleRecord { seen, actual, conflicts } = refusal else {
        return Ok(refused(refusal));
    };
    let study = edc.study(study).await?;
    let site = edc.site_of(&study, subject).await?;
    let sight = Sight::of(context, &study, &site);
    let record = form_record::stored(edc, &study, subject, key).await?;
    let mut told: Vec<ItemConflict> = conflicts.iter().map(|one| both(one, &sight)).collect();
    let trail = Trail { edc, log: Shelf::log(&study.oid, subject), record: key };
    let mut looked_at = 0;
    trail
        .back(record.map_or(0, |record| record.last_entry), |step| {
            let Event::FormSaved(saved) = &step.event else { return ControlFlow::Continue(()) };
            if saved.version <= *seen || looked_at == MAX_SAVES {
                return ControlFlow::Break(());
            }
            looked_at += 1;
            for (conflict, told) in conflicts.iter().zip(&mut told) {
                let is_it = |(row, change): (&RowKey, &ItemChange)| {
                    *row == conflict.item.row && change.0 == conflict.item.item
                };
                if saved.changes().any(is_it) && told.changed_by.is_none() {
                    let draft = &step.entry.draft;
                    told.changed_by = Some(draft.actor.clone());
                    told.changed_at = Some(Timestamp::from_millisecond(draft.recorded_at_ms));
                }
            }
            ControlFlow::Continue(())
        })
        .await?;
    let detail = StaleRecord {
        seen_version: value::number(*seen),
        current_version: value::number(*actual),
        conflicts: told,
    };
    Ok(Error::aborted(refusal.code(), refusal.to_string()).with_detail(&detail))
}

fn both(conflict: &Conflict, sight: &Sight) -> ItemConflict {
    let theirs = conflict.theirs.as_ref().filter(|_| sight.shows(&conflict.item.item));
    ItemConflict {
        place: Some(value::item_place(&conflict.item)),
        submitted_value: conflict.yours.as_ref().map(value::item_value),
        current_value: theirs.map(value::item_value),
        changed_by: None,
        changed_at: None,
    }
}
