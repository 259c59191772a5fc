//! Which items must agree with their source, and whether they were found to (SDV).

use kernel::{
    FormOid, ItemOid, SubjectKey,
    casebook::{Casebook, FormRecord, ItemKey, RowKey},
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
    to_verify(design, participant, form, record).next().is_none()
}

/// What of a record is still to be verified, by who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    Nothing,
    /// At least one item that everybody may see.
    Seen,
    /// Only items that tell the arm.
    Blinded,
}

impl Owed {
    pub fn of(
        design: &Design,
        participant: Option<Participant>,
        form: &FormOid,
        record: &FormRecord,
    ) -> Self {
        let blinded = &design.version().blinding.items;
        let mut owed = Self::Nothing;
        for item in to_verify(design, participant, form, record) {
            if !blinded.contains(item.1) {
                return Self::Seen;
            }
            owed = Self::Blinded;
        }
        owed
    }
}

/// The items that the plan asks for and that are not verified.
pub(crate) fn to_verify<'a>(
    design: &'a Design,
    participant: Option<Participant>,
    form: &'a FormOid,
    record: &'a FormRecord,
) -> impl Iterator<Item = (&'a RowKey, &'a ItemOid)> {
    let plan = &design.version().sdv;
    let rows = record.rows.iter().filter(|(_, row)| !row.removed && !record.removed);
    let held = rows.flat_map(|(key, row)| row.items.keys().map(move |item| (key, item)));
    held.filter(move |(row, item)| {
        let is_verified = !record.verified.is_empty()
            && record.verified.contains(&ItemKey { row: (*row).clone(), item: (*item).clone() });
        !is_verified && plan.requires(participant, form, item)
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
