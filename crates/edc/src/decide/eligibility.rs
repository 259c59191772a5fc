//! Whether a subject may take part.

use std::collections::BTreeMap;

use kernel::{
    CriterionOid,
    casebook::{Casebook, EligibilityAssessed, Refusal},
    study::CriterionKind,
};
use rules::Outcome;

use super::facts::CasebookFacts;
use crate::{
    EnrolSubject,
    compiled::{Compiled, CompiledCriterion},
};

/// What the casebook and the investigator say of a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Met,
    NotMet,
    /// The investigator has to say it and has not.
    NotAttested,
    /// A value that it needs is not there, or leaves it open.
    ValueMissing,
    /// It cannot be computed from these values.
    Failed,
}

impl CompiledCriterion {
    /// Where the criterion stands, with what the investigator has said so far.
    pub(crate) fn standing(
        &self,
        facts: &CasebookFacts<'_>,
        attested: &BTreeMap<CriterionOid, bool>,
    ) -> Standing {
        let of = |holds| if holds { Standing::Met } else { Standing::NotMet };
        let Some(rule) = &self.rule else {
            return attested.get(&self.oid).copied().map_or(Standing::NotAttested, of);
        };
        match rule.evaluate(facts) {
            Outcome::True => Standing::Met,
            Outcome::False => Standing::NotMet,
            Outcome::NotEvaluated { .. } => Standing::ValueMissing,
            Outcome::Value(_) | Outcome::Failed(_) => Standing::Failed,
        }
    }

    /// What it must be for the subject to take part.
    fn wanted(&self) -> bool {
        self.kind == CriterionKind::Inclusion
    }

    /// Whether it keeps the subject from taking part.
    pub(crate) fn stands_against(&self, standing: Standing) -> bool {
        standing == if self.wanted() { Standing::NotMet } else { Standing::Met }
    }
}

/// Every criterion, computed or attested. Refuses with each that fails, or that is still open.
pub(crate) fn eligibility(
    compiled: &Compiled,
    casebook: &Casebook,
    enrol: &EnrolSubject,
) -> Result<EligibilityAssessed, Refusal> {
    let consented = casebook.enrolment.as_ref().and_then(|one| one.consented_on.as_ref());
    if consented.is_none() && !enrol.took_place {
        return Err(Refusal::ConsentMissing);
    }
    let facts = CasebookFacts { compiled, casebook };
    let attested = attested(compiled, enrol);
    let (mut failed, mut open) = (Vec::new(), Vec::new());
    for criterion in &compiled.criteria {
        let standing = criterion.standing(&facts, &attested);
        let is_decided = matches!(standing, Standing::Met | Standing::NotMet);
        if criterion.stands_against(standing) || (!is_decided && enrol.took_place) {
            failed.push(criterion.oid.clone());
        } else if !is_decided {
            open.push(criterion.oid.clone());
        }
    }
    if enrol.took_place || (failed.is_empty() && open.is_empty()) {
        Ok(EligibilityAssessed { attested, failed })
    } else if !failed.is_empty() {
        Err(Refusal::NotEligible(failed))
    } else {
        Err(Refusal::CriteriaOpen(open))
    }
}

/// What the investigator says of the criteria that are not computed. Of an enrolment that took
/// place elsewhere it is taken that they were found in order, where nothing else is said.
fn attested(compiled: &Compiled, enrol: &EnrolSubject) -> BTreeMap<CriterionOid, bool> {
    let mut attested = BTreeMap::new();
    for criterion in compiled.criteria.iter().filter(|criterion| criterion.rule.is_none()) {
        let said = enrol.attested.get(&criterion.oid).copied();
        if let Some(said) = said.or(enrol.took_place.then_some(criterion.wanted())) {
            attested.insert(criterion.oid.clone(), said);
        }
    }
    attested
}
