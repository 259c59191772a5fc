//! What a save means, beyond the values that were typed: pure functions over a casebook, a study
//! version and a save.

mod effects_of_rules;
mod eligibility;
mod facts;
mod findings;
mod form;
mod queries;

pub(crate) use self::{eligibility::eligibility, form::save_form, queries::close_queries_of};
