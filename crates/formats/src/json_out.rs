//! JSON: one document of the whole study, or one line for each form record.
//!
//! Values stand as the kernel writes them: `"120"`, with a unit `["120","mmHg"]`, missing
//! `{"missing":"NOT_DONE"}`. Removed records and rows are left out.

mod document;
mod lines;
mod text;

pub(crate) use self::{document::JsonExporter, lines::NdjsonExporter, text::push_string};

#[cfg(test)]
mod tests;
