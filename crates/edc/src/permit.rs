//! Who may do what to a study and its subjects, without telling others what there is.

use std::sync::Arc;

use contract::{Act, Context, Permit, Scope};
use kernel::{StudyOid, SubjectKey, casebook::Refusal};

use crate::{Edc, failure::Result, study::Study};

impl Edc {
    /// The study, for a caller who may do the act somewhere in it. Who may not is told so before
    /// anything is looked at: the same whether there is such a study or not.
    pub(crate) async fn study_for(
        &self,
        context: &Context,
        study: &StudyOid,
        act: Act,
    ) -> Result<Arc<Study>> {
        if !context.caller.reaches(act, study.as_str()) {
            context.caller.permit(act, Scope::study_wide(study.as_str()))?;
        }
        self.study(study).await
    }

    /// A permit for an act at the site of a subject. For who may neither do it nor read there, the
    /// subject does not exist.
    pub(crate) async fn permit_at(
        &self,
        context: &Context,
        study: &Study,
        subject: &SubjectKey,
        act: Act,
    ) -> Result<Permit> {
        let site = self.site_of(study, subject).await?;
        let scope = || Scope::at_site(study.oid.as_str(), site.as_str());
        match context.caller.permit(act, scope()) {
            Ok(permit) => Ok(permit),
            Err(denied) if context.caller.permit(Act::ReadData, scope()).is_ok() => {
                Err(denied.into())
            }
            Err(_) => Err(Refusal::SubjectUnknown(subject.to_string()).into()),
        }
    }
}
