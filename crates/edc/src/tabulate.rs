//! Datasets for tabulation (SDTM) by the mapping that a study version holds.
//!
//! [`Plan::compile`] holds the mapping against the design and names everything that does not fit.
//! The exporter collects one casebook after the other; of each, `rows` says which rows the datasets
//! have, and `columns` fills them variable by variable, each behind those that it needs, since a
//! study day in one dataset may count from a date that another one gives.

mod columns;
mod compiler;
mod exporter;
mod facts;
mod order;
mod origin;
mod plan;
mod rows;

#[cfg(test)]
mod tests;

pub(crate) use self::{exporter::TabulationExporter, plan::Plan};
