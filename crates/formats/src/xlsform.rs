//! XLSForm: a form as the sheets `survey`, `choices` and `settings` of a workbook.
//!
//! [`Sheets`] holds the sheets as text, [`to_study`] makes a study version of one form of them, and
//! [`of_form`] sheets of a form of a study version. Expressions are a part of XPath; what has no
//! counterpart is listed with its reason, both ways. The format is that of <https://xlsform.org>.

mod bytes;
mod items;
mod limits;
mod logic;
mod sheets;
mod study;
mod write;
mod xpath;

pub(crate) use self::items::item_name;
pub use self::{
    bytes::{FormFile, archive},
    sheets::Sheets,
    study::to_study,
    write::{FormOut, of_form},
};
