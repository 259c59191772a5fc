//! The words and laws of a trial.
//!
//! A [`StudyVersion`] says what a study collects; a [`Casebook`](casebook::Casebook) is everything
//! the trial knows about one subject. Everything here is a pure function over plain data: no IO, no
//! clock, no randomness, no knowledge of how anything is stored or sent.
//!
//! Start reading at [`study`] for the design and at [`casebook`] for what happens to a subject.

mod date;
mod file;
mod id;
mod text;
mod value;

pub mod casebook;
pub mod laboratory;
pub mod study;

pub use date::{PartialDate, Precision};
pub use file::{FileReference, MEDIA_TYPES, NotAFileReference, file_name, is_file_name};
pub use id::*;
pub use study::StudyVersion;
pub use text::{Lang, Texts, Wording};
pub use value::{DataType, Datum, MissingReason, ValueFault, canonical};
