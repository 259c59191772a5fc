//! The bytes of an attached file, for those who may see the item that names it.

use std::{ops::ControlFlow, sync::Arc};

use contract::{Act, Context, Error, Scope};
use kernel::{
    FileReference, StudyOid, SubjectKey,
    casebook::{Event, ItemKey, RecordKey},
};

use super::{folder::Damage, named::holds_files};
use crate::{
    Edc, Failure,
    book::Shelf,
    failure::Result,
    job::{Pieces, pieces},
    read::{casebook::site_to_read, form_record, sight::Sight, trail::Trail},
    study::Study,
};

/// Which file of which item.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub study: StudyOid,
    pub subject: SubjectKey,
    pub record: RecordKey,
    pub item: ItemKey,
    pub name: String,
    /// Of a file that the item may have held before.
    pub sha256: Option<String>,
}

/// Sends a file that the item holds, or has held. It is read and found whole first, and the journal
/// of access says who takes it.
pub(crate) async fn download(edc: &Edc, context: &Context, wanted: &Wanted) -> Result<Pieces> {
    let study = edc.study_for(context, &wanted.study, Act::ReadData).await?;
    let subject = &wanted.subject;
    let site = site_to_read(edc, context, &study, subject).await?;
    let sight = Sight::of(context, &study, &site);
    if !sight.shows(&wanted.item.item) {
        let scope = Scope::at_site(study.oid.as_str(), site.as_str());
        context.caller.permit(Act::ReadUnblinded, scope)?;
    }
    if sight.is_unblinded() {
        edc.note_unblinded(context, &study, &site, subject.as_str()).await?;
    }
    let file = named(edc, &study, wanted).await?;
    let file = file.filter(|file| file.name == wanted.name).ok_or_else(|| {
        Error::not_found("FILE_UNKNOWN", format!("the item has no file {}", wanted.name))
    })?;
    edc.note_file_read(context, &study, &site, (subject, &file)).await?;
    let folder = Arc::clone(edc.file_folder()?);
    let (size_bytes, media_type) = (file.size_bytes, file.media_type);
    let (oid, subject) = (study.oid.clone(), subject.clone());
    let opened = tokio::task::spawn_blocking(move || folder.open_whole(&oid, &subject, &file));
    let opened = opened.await.map_err(|error| Failure::Broke(error.to_string()))?;
    let opened = opened.map_err(|damage| match damage {
        Damage::Missing => {
            tracing::error!(study.oid = %study.oid, "an attached file is missing; run verify");
            Error::not_found("FILE_GONE", "the file is not kept here").into()
        }
        other => Failure::Broke(format!("an attached file {other}")),
    })?;
    context.size.note(size_bytes);
    Ok(pieces(opened, media_type))
}

/// The file that the item holds, or the one of this SHA-256 that it has held.
async fn named(edc: &Edc, study: &Study, wanted: &Wanted) -> Result<Option<FileReference>> {
    let Wanted { subject, record: key, item, .. } = wanted;
    let record = form_record::stored(edc, study, subject, key).await?;
    let Some(record) = record else { return Ok(None) };
    if !study.in_use().any(|version| holds_files(&version.design, &item.item)) {
        return Ok(None);
    }
    let is_wanted =
        |file: &FileReference| wanted.sha256.as_ref().is_none_or(|sha256| *sha256 == file.sha256);
    let now = record.datum(&item.row, &item.item).and_then(|datum| datum.text()?.parse().ok());
    if now.as_ref().is_some_and(is_wanted) || wanted.sha256.is_none() {
        return Ok(now);
    }
    let trail = Trail { edc, log: Shelf::log(&study.oid, subject), record: key };
    let mut found = None;
    trail
        .back(record.last_entry, |step| {
            let Event::FormSaved(saved) = &step.event else { return ControlFlow::Continue(()) };
            let mut mine = saved
                .changes()
                .filter(|(row, change)| **row == item.row && change.0 == item.item)
                .filter_map(|(_, change)| change.2.as_ref()?.text()?.parse().ok());
            found = mine.find(is_wanted);
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await?;
    Ok(found)
}
