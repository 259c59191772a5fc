//! Saves one form: permit, read, decide, append, answer.

use contract::{Act, Context};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{Refusal, SaveForm},
};

use crate::{
    Edc,
    change::{Attempt, Change, Changed, Decided, request_id},
    decide,
    failure::Result,
};

impl Edc {
    /// Saves any subset of a form's items as one change. Answers with the version of the record.
    pub(crate) async fn save(
        &self,
        context: &Context,
        study: &StudyOid,
        subject: &SubjectKey,
        request: Option<&String>,
        save: &SaveForm,
    ) -> Result<Changed<u64>> {
        let study = self.study_for(context, study, Act::EnterData).await?;
        let permit = self.permit_at(context, &study, subject, Act::EnterData).await?;
        let site = self.site_of(&study, subject).await?;
        study.active_site(&site)?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject,
            request: request_id(context, request),
            reason: save.reason.clone(),
        };
        self.change(&study, &change, |casebook, attempt| {
            if attempt == Attempt::Repeated {
                let version = casebook.record(&save.record).map_or(0, |record| record.version);
                return Ok(Decided::new(Vec::new(), version));
            }
            let version = study.of(casebook);
            self.files_present(version, (&study.oid, subject), save)?;
            let decided = decide::save_form(version, subject, casebook, save)?;
            Ok(Decided::new(decided.events, decided.version))
        })
        .await
    }

    /// The site of a subject, for the permit. A subject that was never screened is unknown.
    pub(crate) async fn site_of(
        &self,
        study: &crate::study::Study,
        subject: &SubjectKey,
    ) -> Result<kernel::SiteOid> {
        let book = self.shelf.get(study, subject).await?;
        let book = crate::book::lock(&book);
        let enrolment = book.casebook.enrolment.as_ref();
        let site = enrolment.map(|enrolment| enrolment.site.clone());
        Ok(site.ok_or_else(|| Refusal::SubjectUnknown(subject.to_string()))?)
    }
}
