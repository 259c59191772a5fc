//! Which subjects a list shows.

use std::collections::HashMap;

use contract::Error;
use jiff::civil::Date;
use kernel::casebook::SubjectStatus;

use super::{matrix::Events, today::today_at};
use crate::{
    Edc,
    failure::Result,
    study::Study,
    views::{BETWEEN, SubjectRow},
    wire,
};

/// The longest text that is looked for in keys, in characters.
const MAX_TEXT: usize = 100;

/// What somebody asks for, as it comes with the call.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub site: Option<&'a String>,
    pub status: Option<i32>,
    pub key_contains: Option<&'a String>,
    pub with_open_queries: Option<bool>,
    pub with_overdue_visits: Option<bool>,
}

/// Which subjects.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub site: Option<&'a str>,
    status: Option<SubjectStatus>,
    key_contains: Option<String>,
    with_open_queries: bool,
    overdue: Option<Overdue<'a>>,
}

/// What it takes to say of a row whether a visit is overdue.
#[derive(Debug)]
struct Overdue<'a> {
    events: Events<'a>,
    today: HashMap<&'a str, Date>,
}

impl<'a> Wanted<'a> {
    /// Refuses a status that there is not, and a text that is too long.
    pub fn new(edc: &Edc, study: &'a Study, asked: &Asked<'a>) -> Result<Self> {
        let key_contains = wire::subject::given(asked.key_contains).map(str::to_lowercase);
        if key_contains.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
            let said = format!("it can have {MAX_TEXT} characters at most");
            return Err(Error::invalid("subjectKeyContains", said).into());
        }
        let overdue = asked.with_overdue_visits.unwrap_or_default();
        Ok(Self {
            site: wire::subject::given(asked.site),
            status: wire::subject::status(asked.status)?,
            key_contains,
            with_open_queries: asked.with_open_queries.unwrap_or_default(),
            overdue: overdue.then(|| Overdue::new(edc, study)).transpose()?,
        })
    }

    /// Everybody, of one site if it is named.
    pub fn all(site: Option<&'a str>) -> Self {
        Self { site, status: None, key_contains: None, with_open_queries: false, overdue: None }
    }

    /// Whether the key alone says that a row fits.
    pub fn looks_at_keys_only(&self) -> bool {
        self.status.is_none() && !self.with_open_queries && self.overdue.is_none()
    }

    /// Whether a row with this key can fit, before it is looked into.
    pub fn may_fit(&self, key: &str) -> bool {
        let Some(text) = &self.key_contains else { return true };
        let subject = key.split(BETWEEN).nth(1).unwrap_or_default();
        subject.to_lowercase().contains(text.as_str())
    }

    pub fn fits(&self, row: &SubjectRow) -> bool {
        self.status.is_none_or(|status| status == row.status())
            // Those that would tell the arm do not count: what is found must not say that there is one.
            && (!self.with_open_queries || row.pending_queries > row.blinded_queries)
            && self.overdue.as_ref().is_none_or(|overdue| overdue.has(row))
    }
}

impl<'a> Overdue<'a> {
    fn new(edc: &Edc, study: &'a Study) -> Result<Self> {
        let mut today = HashMap::with_capacity(study.state.sites.len());
        for site in study.state.sites.keys() {
            today.insert(site.as_str(), today_at(edc, study, site)?);
        }
        Ok(Self { events: Events::new(study.whole()), today })
    }

    fn has(&self, row: &SubjectRow) -> bool {
        self.today.get(row.site.as_str()).is_some_and(|today| self.events.is_overdue(row, *today))
    }
}
