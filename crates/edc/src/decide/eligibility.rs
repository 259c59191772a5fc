//! Whether a subject may take part.

use std::collections::BTreeMap;

use kernel::{
    casebook::{Casebook, EligibilityAssessed, Refusal},
    study::CriterionKind,
};
use rules::Outcome;

use super::facts::CasebookFacts;
use crate::{EnrolSubject, compiled::Compiled};

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
    let (mut attested, mut failed, mut open) = (BTreeMap::new(), Vec::new(), Vec::new());
    for criterion in &compiled.criteria {
        let wanted = criterion.kind == CriterionKind::Inclusion;
        let holds = if let Some(rule) = &criterion.rule {
            match rule.evaluate(&facts) {
                Outcome::True => Some(true),
                Outcome::False => Some(false),
                _ => None,
            }
        } else {
            let said = enrol.attested.get(&criterion.oid).copied();
            let said = said.or(enrol.took_place.then_some(wanted));
            said.inspect(|said| {
                attested.insert(criterion.oid.clone(), *said);
            })
        };
        match holds {
            Some(holds) if holds == wanted => {}
            Some(_) => failed.push(criterion.oid.clone()),
            None if enrol.took_place => failed.push(criterion.oid.clone()),
            None => open.push(criterion.oid.clone()),
        }
    }
    if enrol.took_place {
        return Ok(EligibilityAssessed { attested, failed });
    }
    if !failed.is_empty() {
        Err(Refusal::NotEligible(failed))
    } else if !open.is_empty() {
        Err(Refusal::CriteriaOpen(open))
    } else {
        Ok(EligibilityAssessed { attested, failed })
    }
}
