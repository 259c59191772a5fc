//! Whether the files that a save names are there.

use kernel::{
    DataType, FileReference, StudyOid, SubjectKey,
    casebook::{Assignment, Entered, ItemFault, ItemKey, Refusal, SaveForm, Unfit},
};

use super::kind::media_type;
use crate::{Edc, compiled::Compiled};

impl Edc {
    /// Refuses values that name a file which was not uploaded for this subject, or is of another
    /// kind than they say.
    pub(crate) fn files_present(
        &self,
        compiled: &Compiled,
        (study, subject): (&StudyOid, &SubjectKey),
        save: &SaveForm,
    ) -> Result<(), Refusal> {
        let Some(shape) = compiled.design.shape(&save.record.form) else { return Ok(()) };
        let of_file = |one: &&Assignment| {
            let item = shape.group(&one.row.group).and_then(|group| group.item(&one.item));
            item.is_some_and(|item| item.data_type == DataType::File)
        };
        let mut faults = Vec::new();
        for one in save.assignments.iter().filter(of_file) {
            let Entered::Value { raw, .. } = &one.entered else { continue };
            // What is no reference is refused with the other values.
            let Ok(file) = raw.trim().parse::<FileReference>() else { continue };
            if let Err(why) = self.file_present(study, subject, &file) {
                let item = ItemKey { row: one.row.clone(), item: one.item.clone() };
                faults.push(ItemFault { item, why });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::ValueInvalid(faults)) }
    }

    fn file_present(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        file: &FileReference,
    ) -> Result<(), Unfit> {
        let folder = self.file_folder().map_err(|_| Unfit::FileUnreadable)?;
        let now_ms = (self.clock)().as_millisecond();
        let head = folder.head(study, subject, file, now_ms).map_err(|error| {
            tracing::error!(error = %error, "an attached file cannot be looked at");
            Unfit::FileUnreadable
        })?;
        let head = head.ok_or(Unfit::FileNotUploaded)?;
        if media_type(&head) != Some(file.media_type) {
            return Err(Unfit::FileOfOtherKind(file.media_type.to_string()));
        }
        Ok(())
    }
}
