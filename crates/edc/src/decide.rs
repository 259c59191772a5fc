//! What a save means, beyond the values that were typed: pure functions over a casebook, a study
//! version and a save.

mod effects_of_rules;
mod facts;
mod findings;
mod form;
mod queries;

pub(crate) use self::{facts::CasebookFacts, form::save_form, queries::close_queries_of};
