//! Queries: questions about data, asked by a check or by a person, answered, and closed.

use serde::{Deserialize, Serialize};

use super::record::{ItemKey, RecordKey};
use crate::{CheckOid, QueryId, Texts};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum QueryStatus {
    Open,
    Answered,
    Closed,
    Cancelled,
}

impl QueryStatus {
    pub const ALL: [Self; 4] = [Self::Open, Self::Answered, Self::Closed, Self::Cancelled];

    /// Open or answered: somebody still has to do something.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Open | Self::Answered)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Answered => "ANSWERED",
            Self::Closed => "CLOSED",
            Self::Cancelled => "CANCELLED",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryOpened {
    pub id: QueryId,
    pub record: RecordKey,
    /// `None`: the query is about the record as a whole.
    pub item: Option<ItemKey>,
    /// The check that asks; `None`: a person does.
    pub check: Option<CheckOid>,
    pub text: Texts,
    /// The values that the check saw, so that it does not ask again about the same ones.
    pub seen: String,
}

/// A query with everything said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    pub opened: QueryOpened,
    pub status: QueryStatus,
    /// The entry that opened it.
    pub opened_entry: u64,
    pub opened_at_ms: i64,
    pub changed_at_ms: i64,
    pub opened_by: String,
    pub opened_in_role: String,
    /// Whether a check closed it, not a person.
    pub closed_by_check: bool,
    pub thread: Vec<Remark>,
}

/// One remark in the thread of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub status: QueryStatus,
    pub text: String,
    pub entry: u64,
    pub at_ms: i64,
    pub by: String,
    pub role: String,
}
