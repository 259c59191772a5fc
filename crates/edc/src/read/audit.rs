//! The audit trail: entries of journals in the words of the contract, for who may see them.

pub(crate) mod history;
pub(crate) mod tell;
pub(crate) mod trail;

use contract::{
    Error,
    edc::v1::{AuditEntry, audit_entry::Kind},
};
use jiff::{civil::Date, tz::TimeZone};

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Criteria {
    pub site: Option<String>,
    pub user: Option<String>,
    pub kind: Option<Kind>,
    /// From the first of these moments up to the second, both included.
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
    pub reason_missing: bool,
}

impl Criteria {
    /// Whether an entry at this time by this user may be wanted, before anything else is known.
    pub fn may_fit(&self, recorded_at_ms: i64, user: &str) -> bool {
        self.from_ms.is_none_or(|from| recorded_at_ms >= from)
            && self.until_ms.is_none_or(|until| recorded_at_ms <= until)
            && self.user.as_ref().is_none_or(|wanted| wanted == user)
    }

    /// Whether an entry that may fit does.
    pub fn fits(&self, entry: &AuditEntry) -> bool {
        self.kind.is_none_or(|kind| i32::from(kind) == entry.kind)
            && (!self.reason_missing || entry.is_reason_missing)
            && self.site.as_ref().is_none_or(|site| Some(site) == entry.site_oid.as_ref())
    }
}

/// The kind behind a number of the contract; none when nothing is said.
pub(crate) fn kind(number: Option<i32>) -> Result<Option<Kind>, Error> {
    let Some(number) = number else { return Ok(None) };
    match Kind::try_from(number) {
        Ok(Kind::Unspecified) => Ok(None),
        Ok(kind) => Ok(Some(kind)),
        Err(_) => Err(Error::invalid("kind", "there is no such kind of entry")),
    }
}

/// The first moment of a day in UTC.
pub(crate) fn from_day(field: &'static str, text: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    let day: Date = text.parse().map_err(|_| Error::invalid(field, "it must be a date"))?;
    let begin = day.to_zoned(TimeZone::UTC);
    let begin = begin.map_err(|_| Error::invalid(field, "it must be a date"))?;
    Ok(Some(begin.timestamp().as_millisecond()))
}

/// The last moment of a day in UTC.
pub(crate) fn until_day(field: &'static str, text: Option<&str>) -> Result<Option<i64>, Error> {
    const DAY_MS: i64 = 86_400_000;
    Ok(from_day(field, text)?.map(|begin| begin + DAY_MS - 1))
}
