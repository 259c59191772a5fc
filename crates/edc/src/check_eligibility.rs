//! Says where each criterion stands: permit, read, decide, answer.

use std::collections::BTreeMap;

use contract::{Act, Context};
use kernel::{CriterionOid, StudyOid, SubjectKey, study::CriterionKind};

use crate::{
    Edc,
    decide::{CasebookFacts, Seen, Standing},
    failure::Result,
    read::{self, sight::Sight},
};

/// One criterion of one subject.
#[derive(Debug)]
pub(crate) struct CriterionChecked {
    pub oid: CriterionOid,
    pub kind: CriterionKind,
    pub standing: Standing,
    pub stands_against: bool,
    pub values: Vec<Seen>,
}

/// The eligibility of a subject.
#[derive(Debug)]
pub(crate) struct EligibilityChecked {
    pub criteria: Vec<CriterionChecked>,
    pub consented: bool,
    pub sight: Sight,
}

impl Edc {
    /// Decides like an enrolment, on the casebook as it is stored, and writes nothing.
    pub(crate) async fn check_eligibility(
        &self,
        context: &Context,
        study: &StudyOid,
        subject: &SubjectKey,
        attested: &BTreeMap<CriterionOid, bool>,
    ) -> Result<EligibilityChecked> {
        let study = self.study_for(context, study, Act::ReadData).await?;
        let site = read::casebook::site_to_read(self, context, &study, subject).await?;
        let sight = Sight::of(context, &study, &site);
        if sight.is_unblinded() {
            self.note_unblinded(context, &study, &site, subject.as_str()).await?;
        }
        let (criteria, consented) = read::casebook::stored(self, &study, subject, |book| {
            let compiled = study.of(&book.casebook);
            let facts = CasebookFacts { compiled, casebook: &book.casebook };
            let checked = compiled.criteria.iter().map(|criterion| {
                let standing = criterion.standing(&facts, attested);
                CriterionChecked {
                    oid: criterion.oid.clone(),
                    kind: criterion.kind,
                    standing,
                    stands_against: criterion.stands_against(standing),
                    values: criterion.rule.as_ref().map_or_else(Vec::new, |r| facts.seen_by(r)),
                }
            });
            let enrolment = book.casebook.enrolment.as_ref();
            let consented = enrolment.is_some_and(|one| one.consented_on.is_some());
            (checked.collect(), consented)
        })
        .await?;
        Ok(EligibilityChecked { criteria, consented, sight })
    }
}
