//! OpenClinica: case report forms as workbooks, in.
//!
//! [`Template`] holds the sheets `CRF`, `Sections`, `Groups` and `Items` of the design template of
//! OpenClinica 3 and LibreClinica, [`to_study`] makes a study version of one form of it. What the workbook
//! says and we cannot is listed with its sheet, row and column; what OpenClinica itself would reject is an
//! error. The rules of the template are those of its sheet `Instructions`. OpenClinica is a trademark of
//! OpenClinica, LLC; this is compatible with its files and not made by it.

mod calculation;
mod groups;
mod items;
mod logic;
mod names;
mod responses;
mod study;
mod template;

pub use self::{study::to_study, template::Template};
