//! One subject, as it is stored.

use contract::{Act, Context, Scope};
use kernel::{SiteOid, SubjectKey, casebook::Refusal};

use crate::{
    Edc,
    book::{Book, Shelf, lock},
    failure::Result,
    study::Study,
};

/// The site of a subject that the caller may read. A subject at a site that he may not see does
/// not exist for him.
pub(crate) async fn site_to_read(
    edc: &Edc,
    context: &Context,
    study: &Study,
    subject: &SubjectKey,
) -> Result<SiteOid> {
    let (caller, oid) = (&context.caller, study.oid.as_str());
    if !caller.reaches(Act::ReadData, oid) {
        caller.permit(Act::ReadData, Scope::study_wide(oid))?;
    }
    let site = edc.site_of(study, subject).await?;
    let scope = Scope::at_site(oid, site.as_str());
    match caller.permit(Act::ReadData, scope) {
        Ok(_) => Ok(site),
        Err(_) => Err(Refusal::SubjectUnknown(subject.to_string()).into()),
    }
}

/// Reads the casebook as the store holds it: memory may be ahead of it by what is on its way, or
/// behind it by what another process wrote.
pub(crate) async fn stored<T: Send>(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    read: impl FnOnce(&Book) -> T + Send,
) -> Result<T> {
    let log = Shelf::log(&study.oid, subject);
    let shared = edc.shelf.get(study, subject).await?;
    let head = edc.store.head(&log).await?.unwrap_or_default();
    {
        let book = lock(&shared);
        if book.head == head && !book.spoiled {
            return Ok(read(&book));
        }
    }
    let mut book = Book::default();
    edc.shelf.read_behind(&log, study, &mut book).await?;
    Ok(read(&book))
}
