//! Says what a save would do: permit, read, decide, answer.

use contract::{Act, Context};
use kernel::{StudyOid, SubjectKey, casebook::SaveForm};

use crate::{
    Edc,
    decide::{self, Evaluation},
    failure::Result,
    read,
};

impl Edc {
    /// Decides like a save, on the casebook as it is stored, and writes nothing.
    pub(crate) async fn evaluate(
        &self,
        context: &Context,
        study: &StudyOid,
        subject: &SubjectKey,
        draft: &SaveForm,
    ) -> Result<Evaluation> {
        let study = self.study_for(context, study, Act::EnterData).await?;
        self.permit_at(context, &study, subject, Act::EnterData).await?;
        let evaluated = read::casebook::stored(self, &study, subject, |book| {
            decide::evaluate(study.of(&book.casebook), &book.casebook, draft)
        })
        .await?;
        Ok(evaluated?)
    }
}
