//! The numbers that a site gives to its subjects. They have a log of their own, so that two who
//! screen at the same time cannot get the same one.

use journal::{Draft, Head, LogName, Sealed};
use kernel::{RequestId, SiteOid, StudyOid, SubjectKey};
use store::{LogPart, Store};

use crate::{
    Clock, SiteEvent,
    change::Change,
    failure::{Failure, Result},
};

/// The kind of a site's log.
const SITE_LOG: &str = "site";
/// Entries that are read at a time.
const PAGE: u64 = 200;

/// How many numbers a site has given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub screened: u32,
    pub enrolled: u32,
}

/// Which number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    Screening,
    Enrolment,
}

/// The last number of a series, and where the log of the site ends.
#[derive(Debug)]
pub(crate) struct LastNumber {
    pub log: LogName,
    pub number: u32,
    /// Who got a number by the request that was asked for.
    pub given_to: Option<SubjectKey>,
    head: Head,
    recorded_at_ms: i64,
}

impl LastNumber {
    /// Reads the last number of a series; if a request is named, also whom it gave a number.
    pub async fn read(
        store: &dyn Store,
        log: LogName,
        series: Series,
        request: Option<&RequestId>,
    ) -> Result<Self> {
        let head = store.head(&log).await?.unwrap_or_default();
        let mut last = Self { log, number: 0, given_to: None, head, recorded_at_ms: 0 };
        let mut below = head.sequence + 1;
        let mut found = false;
        while below > 1 && (!found || request.is_some_and(|_| last.given_to.is_none())) {
            let from = below.saturating_sub(PAGE).max(1);
            for sealed in page(store, &last.log, from, below).await?.iter().rev() {
                let given = Given::read(&last.log, sealed)?;
                last.recorded_at_ms = last.recorded_at_ms.max(given.recorded_at_ms);
                if given.series != series {
                    continue;
                }
                if !found {
                    last.number = given.number;
                    found = true;
                }
                if request.is_some_and(|request| request.as_str() == given.request) {
                    last.given_to = Some(given.subject);
                }
            }
            below = from;
        }
        Ok(last)
    }

    /// The entry that gives a number; two who want the same one cannot both append it.
    pub fn give(&self, change: &Change<'_>, event: &SiteEvent, clock: &Clock) -> LogPart {
        let draft = Draft {
            recorded_at_ms: clock().as_millisecond().max(self.recorded_at_ms),
            actor: change.permit.user().to_owned(),
            role: change.permit.role().name().to_owned(),
            on_behalf_of: change.permit.on_behalf_of().map(ToOwned::to_owned),
            origin: change.origin.to_owned(),
            request_id: change.request.to_string(),
            kind: event.kind().to_owned(),
            payload: minicbor_serde::to_vec(event).expect("a site event is plain data"),
            ..Draft::default()
        };
        LogPart::seal(self.log.clone(), self.head, &[draft], Vec::new())
    }
}

/// The log of a site.
pub(crate) fn log_of(study: &StudyOid, site: &SiteOid) -> LogName {
    LogName::new(study.as_str(), SITE_LOG, site.as_str())
}

/// How many numbers a site has given.
pub(crate) async fn given_numbers(
    store: &dyn Store,
    study: &StudyOid,
    site: &SiteOid,
) -> Result<Numbers> {
    let read = |series| LastNumber::read(store, log_of(study, site), series, None);
    let screened = read(Series::Screening).await?.number;
    let enrolled = read(Series::Enrolment).await?.number;
    Ok(Numbers { screened, enrolled })
}

async fn page(store: &dyn Store, log: &LogName, from: u64, below: u64) -> Result<Vec<Sealed>> {
    let limit = u32::try_from(below - from).unwrap_or(u32::MAX);
    Ok(store.read(log, from, limit).await?)
}

/// One entry of a site's log.
struct Given {
    series: Series,
    number: u32,
    subject: SubjectKey,
    request: String,
    recorded_at_ms: i64,
}

impl Given {
    fn read(log: &LogName, sealed: &Sealed) -> Result<Self> {
        let broken = || Failure::Broken(log.to_string());
        let entry = sealed.view().map_err(|_| broken())?;
        let event = minicbor_serde::from_slice(entry.payload).map_err(|_| broken())?;
        let (series, number, subject) = match event {
            SiteEvent::ScreeningNumberGiven { number, subject } => {
                (Series::Screening, number, subject)
            }
            SiteEvent::EnrolmentNumberGiven { number, subject } => {
                (Series::Enrolment, number, subject)
            }
        };
        Ok(Self {
            series,
            number,
            subject: subject.into(),
            request: entry.request_id.to_owned(),
            recorded_at_ms: entry.recorded_at_ms,
        })
    }
}
