//! Drafts of study versions: a log for each study, the fold of which is the draft.
//!
//! Start reading at `log`, which says what can happen to a draft, and at `edit` for how a change is
//! decided. A draft has no view: it is read from its log, and kept in memory while that does not move.

mod begin;
mod edit;
mod expression;
mod import;
mod list;
mod log;
mod parts;
mod publish;
mod shelf;
mod show;
mod undo;

pub(crate) use self::import::failure_of;
pub(crate) use self::shelf::permit_design;
pub(crate) use self::{
    edit::edit,
    expression::check_expression,
    list::list,
    publish::publish,
    show::{faults, finding, show},
    undo::undo,
};
pub use self::{
    import::{ImportCall, ImportFailure, Imported},
    publish::{PlacedFault, PublishDraft},
    shelf::DraftShelf,
};
