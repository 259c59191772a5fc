//! Reference ranges of a study: loaded from a file, listed, and laid anew on what is recorded.
//!
//! Ranges are entries of the study's log; a file replaces those of the laboratories and sites that it names,
//! and what it replaces stays in the log. Derivations read them (`rules::RangeCall`) when a value is saved,
//! and what they give is an ordinary value of the casebook. Later ranges do not change it until somebody
//! asks for that (`recompute`). Start reading at `import`.

mod asked;
mod import;
mod list;
mod recompute;

pub(crate) use self::{import::import, list::list, recompute::recompute};
