//! A rule of the trial says no. Each refusal has a stable code, listed in `docs/refusals.md`.

use super::{
    key_kind::KeyKind,
    query::QueryStatus,
    record::{ItemKey, RowKey},
    status::SubjectStatus,
    unfit::{Unfit, by_language, told},
};
use crate::{
    CheckOid, CriterionOid, Datum, FormOid, ItemGroupOid, ItemOid, QueryId, SiteOid, StudyEventOid,
    Texts,
};

/// An item that was refused and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFault {
    pub item: ItemKey,
    pub why: Unfit,
}

/// One item of a save that came too late: what the saver wanted and what is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub item: ItemKey,
    pub yours: Option<Datum>,
    pub theirs: Option<Datum>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the study has no site {0}")]
    SiteUnknown(SiteOid),
    #[error("site {0} is not active")]
    SiteNotActive(SiteOid),
    #[error("there is already a subject {0}")]
    SubjectExists(String),
    #[error("the study has no subject {0}")]
    SubjectUnknown(String),
    #[error("'{text}' cannot be used as {}: it must {}", .what.name(), .what.rule())]
    KeyInvalid { what: KeyKind, text: String },
    #[error("the consent is not dated")]
    ConsentMissing,
    #[error("the subject is not eligible: {}", list(.0))]
    NotEligible(Vec<CriterionOid>),
    #[error("the investigator has not said whether these criteria are met: {}", list(.0))]
    CriteriaOpen(Vec<CriterionOid>),
    #[error("a subject that is {} cannot become {}", .from.code(), .to.code())]
    StatusNotAllowed { from: SubjectStatus, to: SubjectStatus },
    #[error("the study version has no event {0}")]
    EventUnknown(StudyEventOid),
    #[error("event {event} has no form {form}")]
    FormNotInEvent { event: StudyEventOid, form: FormOid },
    #[error("form {form} is not collected at event {event}, by a condition of the study")]
    FormNotCollected { event: StudyEventOid, form: FormOid },
    #[error("{0} does not repeat; its repeat key is 1")]
    NotRepeating(String),
    #[error("form {form} has no group {group}")]
    GroupNotInForm { form: FormOid, group: ItemGroupOid },
    #[error("group {group} has no item {item}")]
    ItemNotInGroup { group: ItemGroupOid, item: ItemOid },
    #[error("group {group} may have at most {limit} rows")]
    TooManyRows { group: ItemGroupOid, limit: u32 },
    #[error("{}", faults(.0))]
    ValueInvalid(Vec<ItemFault>),
    #[error("{0} is derived; it cannot be entered")]
    ItemDerived(ItemOid),
    #[error("{0} is not collected here")]
    ItemNotCollected(ItemOid),
    #[error("the save contains {0} twice")]
    ItemTwice(ItemOid),
    #[error(
        "the form was changed by somebody else since it was opened (version {seen}, now {actual})"
    )]
    StaleRecord { seen: u64, actual: u64, conflicts: Vec<Conflict> },
    #[error("a change of a complete value needs a reason: {}", list(.0))]
    ReasonMissing(Vec<ItemOid>),
    #[error("this needs a reason")]
    ReasonNeeded,
    #[error("the form was removed")]
    RecordRemoved,
    #[error("the row was removed: {0}")]
    RowRemoved(String),
    #[error("there is nothing to do: it is already so")]
    AlreadySo,
    #[error("nothing was recorded there")]
    RecordUnknown,
    #[error("the form is frozen")]
    FormFrozen,
    #[error("the form is locked")]
    FormLocked,
    #[error("the form is not complete")]
    FormNotComplete,
    #[error("queries are open")]
    QueriesOpen,
    #[error("check {check} does not hold: {}", .message.in_lang("en").unwrap_or_default())]
    CheckFailed { check: CheckOid, message: Texts },
    #[error("a form of the visit or casebook is missing or not complete")]
    PartNotComplete,
    #[error("no entry fits, so that nothing was looked at")]
    NothingToReview,
    #[error("the content has changed since it was looked at")]
    ContentChanged,
    #[error("the study is locked")]
    StudyLocked,
    #[error("points of the checklist are open: {}", list(.0))]
    LockBlocked(Vec<String>),
    #[error("the checklist is not what it was when it was looked at")]
    ChecklistChanged,
    #[error("there is no query {0}")]
    QueryUnknown(QueryId),
    #[error("query {id} is {}", .status.code())]
    QueryState { id: QueryId, status: QueryStatus },
}

impl Refusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SiteUnknown(_) => "SITE_UNKNOWN",
            Self::SiteNotActive(_) => "SITE_NOT_ACTIVE",
            Self::SubjectExists(_) => "SUBJECT_EXISTS",
            Self::SubjectUnknown(_) => "SUBJECT_UNKNOWN",
            Self::KeyInvalid { .. } => "KEY_INVALID",
            Self::ConsentMissing => "CONSENT_MISSING",
            Self::NotEligible(_) => "NOT_ELIGIBLE",
            Self::CriteriaOpen(_) => "CRITERIA_OPEN",
            Self::StatusNotAllowed { .. } => "STATUS_NOT_ALLOWED",
            Self::EventUnknown(_) => "EVENT_UNKNOWN",
            Self::FormNotInEvent { .. } => "FORM_NOT_IN_EVENT",
            Self::FormNotCollected { .. } => "FORM_NOT_COLLECTED",
            Self::NotRepeating(_) => "NOT_REPEATING",
            Self::GroupNotInForm { .. } => "GROUP_NOT_IN_FORM",
            Self::ItemNotInGroup { .. } => "ITEM_NOT_IN_GROUP",
            Self::TooManyRows { .. } => "TOO_MANY_ROWS",
            Self::ValueInvalid(_) => "VALUE_INVALID",
            Self::ItemDerived(_) => "ITEM_DERIVED",
            Self::ItemNotCollected(_) => "ITEM_NOT_COLLECTED",
            Self::ItemTwice(_) => "ITEM_TWICE",
            Self::StaleRecord { .. } => "STALE_RECORD",
            Self::ReasonMissing(_) | Self::ReasonNeeded => "REASON_MISSING",
            Self::RecordRemoved => "RECORD_REMOVED",
            Self::RowRemoved(_) => "ROW_REMOVED",
            Self::AlreadySo => "ALREADY_SO",
            Self::RecordUnknown => "RECORD_UNKNOWN",
            Self::FormFrozen => "FORM_FROZEN",
            Self::FormLocked => "FORM_LOCKED",
            Self::FormNotComplete => "FORM_NOT_COMPLETE",
            Self::QueriesOpen => "QUERIES_OPEN",
            Self::CheckFailed { .. } => "CHECK_FAILED",
            Self::PartNotComplete => "PART_NOT_COMPLETE",
            Self::NothingToReview => "NOTHING_TO_REVIEW",
            Self::ContentChanged => "CONTENT_CHANGED",
            Self::StudyLocked => "STUDY_LOCKED",
            Self::LockBlocked(_) => "LOCK_BLOCKED",
            Self::ChecklistChanged => "CHECKLIST_CHANGED",
            Self::QueryUnknown(_) => "QUERY_UNKNOWN",
            Self::QueryState { .. } => "QUERY_STATE",
        }
    }
}

impl Refusal {
    /// The facts of which the sentence is made, by name, so that a screen can make it in the language
    /// of its user. Several OIDs or codes are separated by commas; a message of the study is told by
    /// its language, such as `message.zh-CN`. Values that were collected are not among them.
    pub fn parameters(&self) -> Vec<(String, String)> {
        match self {
            Self::SiteUnknown(site) | Self::SiteNotActive(site) => told(&[("site", site)]),
            Self::SubjectExists(subject) | Self::SubjectUnknown(subject) => {
                told(&[("subject", subject)])
            }
            Self::KeyInvalid { what, .. } => told(&[("what", &what.code())]),
            Self::NotEligible(criteria) | Self::CriteriaOpen(criteria) => {
                told(&[("criteria", &joined(criteria))])
            }
            Self::StatusNotAllowed { from, to } => {
                told(&[("from", &from.code()), ("to", &to.code())])
            }
            Self::EventUnknown(event) => told(&[("event", event)]),
            Self::FormNotInEvent { event, form } | Self::FormNotCollected { event, form } => {
                told(&[("event", event), ("form", form)])
            }
            Self::NotRepeating(oid) => told(&[("oid", oid)]),
            Self::GroupNotInForm { form, group } => told(&[("form", form), ("group", group)]),
            Self::ItemNotInGroup { group, item } => told(&[("group", group), ("item", item)]),
            Self::TooManyRows { group, limit } => told(&[("group", group), ("limit", limit)]),
            Self::ItemDerived(item) | Self::ItemNotCollected(item) | Self::ItemTwice(item) => {
                told(&[("item", item)])
            }
            Self::StaleRecord { seen, actual, .. } => told(&[("seen", seen), ("actual", actual)]),
            Self::ReasonMissing(items) => told(&[("items", &joined(items))]),
            Self::CheckFailed { check, message } => {
                let own = told(&[("check", check)]);
                own.into_iter().chain(by_language(message)).collect()
            }
            Self::LockBlocked(points) => told(&[("points", &joined(points))]),
            Self::QueryUnknown(id) => told(&[("query", id)]),
            Self::QueryState { id, status } => told(&[("query", id), ("status", &status.code())]),
            _ => Vec::new(),
        }
    }
}

impl From<RowKey> for Refusal {
    fn from(row: RowKey) -> Self {
        Self::RowRemoved(format!("{}[{}]", row.group, row.repeat))
    }
}

fn joined<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn list<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn faults(all: &[ItemFault]) -> String {
    all.iter()
        .map(|fault| format!("{}: {}", fault.item.item, fault.why))
        .collect::<Vec<_>>()
        .join("; ")
}
