//! What a save means, beyond the values that were typed: pure functions over a casebook, a study
//! version and a save.

mod collected;
mod criterion_values;
mod effects_of_rules;
mod eligibility;
mod evaluate;
mod facts;
mod findings;
mod form;
mod migrate;
mod queries;
mod range_notes;
mod recompute;
mod schedule;

pub(crate) use self::{
    collected::{NotCollected, not_collected},
    criterion_values::Seen,
    eligibility::{Standing, eligibility},
    evaluate::{Evaluation, evaluate},
    facts::CasebookFacts,
    findings::Finding,
    form::save_form,
    migrate::migrate_record,
    queries::close_queries_of,
    range_notes::range_notes,
    recompute::recompute_record,
    schedule::{event_is_excepted, form_is_excepted},
};

#[cfg(test)]
mod tests;
