//! What is read: permit, read rows or casebook, answer.
//!
//! Lists and single forms come from the views, which hold only what is durable. A casebook comes
//! from memory when memory is where the store is, else from its log. What reveals the arm reaches
//! no blinded caller (`sight`).

pub(crate) mod audit;
pub(crate) mod casebook;
pub(crate) mod conflict;
pub(crate) mod form_record;
pub(crate) mod history;
pub(crate) mod matrix;
pub(crate) mod outline;
pub(crate) mod queries;
pub(crate) mod rows;
pub(crate) mod sight;
pub(crate) mod sites;
pub(crate) mod studies;
pub(crate) mod subject;
pub(crate) mod subjects;
pub(crate) mod today;
pub(crate) mod trail;
pub(crate) mod wanted;
pub(crate) mod worklists;
