//! Everything that happened to one casebook, or to one visit or form of it, newest first.

use contract::{
    Act, Context, Error,
    edc::v1::{AuditEntry, ListHistoryRequest, ListHistoryResponse},
    page,
};
use journal::Sealed;
use kernel::{SubjectKey, casebook::Event};

use super::{Criteria, from_day, kind, tell::Teller, until_day};
use crate::{
    Edc,
    book::{Book, Shelf},
    failure::{Failure, Result},
    read::{
        casebook::{site_to_read, stored},
        sight::Sight,
    },
    wire::subject::given,
};

/// Entries that are read at a time.
const PAGE: u32 = 1_000;

/// Returns who did what, when, why and under which study version.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListHistoryRequest,
) -> Result<ListHistoryResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let subject: SubjectKey = request.subject_key.as_str().into();
    let site = site_to_read(edc, context, &study, &subject).await?;
    let sight = Sight::of(context, &study, &site);
    if sight.is_unblinded() {
        edc.note_unblinded(context, &study, &site, subject.as_str()).await?;
    }
    let wanted = Wanted::of(request)?;
    let count = page::size(request.page_size)?;
    let (anchor_ms, begun) = begin(page::after(request.page_token.as_ref())?.as_deref())?;
    let entries = read_log(edc, &study, &subject).await?;
    let anchor_ms = match (anchor_ms, entries.last()) {
        (Some(anchor_ms), _) => anchor_ms,
        (None, Some(last)) => recorded_at(last)?,
        (None, None) => return Ok(ListHistoryResponse::default()),
    };
    let told = stored(edc, &study, &subject, |book| {
        let Book { casebook, .. } = book;
        let design = study.whole();
        let (subject, site) = (subject.as_str(), site.as_str());
        let teller = Teller { design, sight: &sight, casebook, subject, site };
        tell(&teller, &wanted, &entries, anchor_ms)
    });
    let mut told = told.await??;
    told.reverse();
    let end = begun.saturating_add(count);
    let next_page_token = (told.len() > end).then(|| page::token(&format!("{anchor_ms}.{end}")));
    let entries = told.into_iter().skip(begun).take(count).collect();
    Ok(ListHistoryResponse { entries, next_page_token })
}

async fn read_log(
    edc: &Edc,
    study: &crate::study::Study,
    subject: &SubjectKey,
) -> Result<Vec<Sealed>> {
    let log = Shelf::log(&study.oid, subject);
    let mut all: Vec<Sealed> = Vec::new();
    loop {
        let from = all.last().map_or(1, |last| last.sequence + 1);
        let page = edc.store.read(&log, from, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The entries that the caller may see and wants, oldest first, up to the moment at which the first
/// page was asked for: later pages count from there.
fn tell(
    teller: &Teller<'_>,
    wanted: &Wanted<'_>,
    entries: &[Sealed],
    anchor_ms: i64,
) -> Result<Vec<AuditEntry>> {
    let mut told = Vec::new();
    for sealed in entries {
        let broken = || Failure::Broken(teller.subject.to_owned());
        let entry = sealed.view().map_err(|_| broken())?;
        if entry.recorded_at_ms > anchor_ms
            || !wanted.criteria.may_fit(entry.recorded_at_ms, entry.actor)
        {
            continue;
        }
        let event = Event::from_payload(entry.payload).map_err(|_| broken())?;
        let line = teller.tell(&entry, &event).map(|told| told.entry);
        told.extend(line.filter(|line| wanted.fits(line)));
    }
    Ok(told)
}

fn recorded_at(sealed: &Sealed) -> Result<i64> {
    let entry = sealed.view().map_err(|_| Failure::Broken("of a casebook".to_owned()))?;
    Ok(entry.recorded_at_ms)
}

/// The moment up to which the pages go, and how many entries were given out.
fn begin(token: Option<&str>) -> Result<(Option<i64>, usize), Error> {
    let Some(token) = token else { return Ok((None, 0)) };
    let parts = token.split_once('.');
    let read = parts.and_then(|(at, count)| Some((at.parse().ok()?, count.parse().ok()?)));
    let (anchor_ms, begun) = read.ok_or_else(page::unknown_token)?;
    Ok((Some(anchor_ms), begun))
}

/// Which entries, and where.
struct Wanted<'a> {
    criteria: Criteria,
    event: Option<&'a str>,
    event_repeat: Option<&'a str>,
    form: Option<&'a str>,
    form_repeat: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(request: &'a ListHistoryRequest) -> Result<Self, Error> {
        let criteria = Criteria {
            site: None,
            user: given(request.user.as_ref()).map(ToOwned::to_owned),
            kind: kind(request.kind)?,
            from_ms: from_day("fromDate", given(request.from_date.as_ref()))?,
            until_ms: until_day("untilDate", given(request.until_date.as_ref()))?,
            reason_missing: request.reason_missing.unwrap_or_default(),
        };
        Ok(Self {
            criteria,
            event: given(request.study_event_oid.as_ref()),
            event_repeat: given(request.study_event_repeat_key.as_ref()),
            form: given(request.form_oid.as_ref()),
            form_repeat: given(request.form_repeat_key.as_ref()),
        })
    }

    fn fits(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: Option<&str>, found: &Option<String>| {
            wanted.is_none_or(|wanted| Some(wanted) == found.as_deref())
        };
        self.criteria.fits(entry)
            && is(self.event, &entry.study_event_oid)
            && is(self.event_repeat, &entry.study_event_repeat_key)
            && is(self.form, &entry.form_oid)
            && is(self.form_repeat, &entry.form_repeat_key)
    }
}
