//! A casebook: everything the trial knows about one subject.
//!
//! [`Event`] is what can happen, [`Casebook::apply`] takes it in, [`typed_changes`] turns what
//! somebody typed into changes or says why not. Rules are another crate: whoever saves a form asks
//! it for derived values and findings and puts everything into the same append.

mod event;
mod key_kind;
mod query;
mod record;
mod refusal;
mod save;
mod schedule;
mod signing;
mod state;
mod status;
mod stored;
mod unfit;

pub use self::{
    event::{
        Cause, EligibilityAssessed, Event, FormSaved, ItemChange, MalformedEvent, Mark, RecordPart,
        RowChanges, SubjectEnrolled, SubjectScreened,
    },
    key_kind::KeyKind,
    query::{Query, QueryOpened, QueryStatus, Remark},
    record::{FormRecord, ItemKey, RecordKey, RecordSignature, Row, RowKey},
    refusal::{Conflict, ItemFault, Refusal},
    save::{Assignment, Entered, Fit, SaveForm, fit, range_check_holds, typed_changes},
    schedule::{Due, EventTiming, due, due_after, event_date, timing_today},
    state::{Casebook, Enrolment, Note, Stamp},
    status::{StatusChange, SubjectStatus},
    stored::{DatumRef, MalformedRecord, RecordRef, RowRef},
    unfit::Unfit,
};
