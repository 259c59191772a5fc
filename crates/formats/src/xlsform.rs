//! XLSForm: a form as the sheets `survey`, `choices` and `settings` of a workbook.
//!
//! [`Sheets`] holds the sheets as text, [`to_study`] makes a study version of one form of them.
//! Expressions are a part of XPath; what has no counterpart is listed with its row and reason. The
//! format is that of <https://xlsform.org>.

mod items;
mod logic;
mod sheets;
mod study;

pub use self::{sheets::Sheets, study::to_study};
