//! Which items must agree with their source, and whether they were found to (SDV).

use kernel::{
    FormOid, SubjectKey,
    casebook::{Casebook, FormRecord, ItemKey},
    study::{Design, Participant},
};

use crate::{Edc, book::lock, failure::Result, study::Study};

/// Whether every item of a record that must be verified against its source has been, and at least
/// one was.
pub(crate) fn is_verified(
    design: &Design,
    participant: Option<Participant>,
    form: &FormOid,
    record: &FormRecord,
) -> bool {
    if record.verified.is_empty() || record.removed {
        return false;
    }
    let rows = record.rows.iter().filter(|(_, row)| !row.removed);
    let held = rows.flat_map(|(key, row)| row.items.keys().map(move |item| (key, item)));
    let plan = &design.version().sdv;
    let mut needed = held.filter(|(_, item)| plan.requires(participant, form, item));
    needed.all(|(row, item)| {
        record.verified.contains(&ItemKey { row: row.clone(), item: item.clone() })
    })
}

/// The subject as the plan sees it, once it is enrolled.
pub(crate) fn participant(casebook: &Casebook) -> Option<Participant> {
    casebook.enrolment.as_ref()?.participant
}

impl Edc {
    /// The same for a subject whose casebook is not at hand.
    pub(crate) async fn participant(
        &self,
        study: &Study,
        subject: &SubjectKey,
    ) -> Result<Option<Participant>> {
        let book = self.shelf.get(study, subject).await?;
        Ok(participant(&lock(&book).casebook))
    }
}
