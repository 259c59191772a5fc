//! Freezes or locks all form records of a visit or of a casebook in one append.

use contract::{Act, Context};
use kernel::{
    RepeatKey, StudyEventOid, StudyOid, SubjectKey,
    casebook::{Casebook, Event, Mark, RecordKey, Refusal},
};

use crate::{
    Edc,
    change::{Attempt, Change, Decided, request_id},
    failure::Result,
    review::mark_record,
};

/// What is done to which records.
#[derive(Clone, Debug)]
pub(crate) struct MarkRecords {
    pub subject: SubjectKey,
    /// One visit; the whole casebook if there is none.
    pub visit: Option<(StudyEventOid, RepeatKey)>,
    pub mark: Mark,
    pub on: bool,
    pub reason: Option<String>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marked {
    pub record: RecordKey,
    pub is_changed: bool,
    pub refusal: Option<Refusal>,
}

impl Edc {
    /// Sets or takes back a mark of every record that it can be set on, and says of each what became
    /// of it. A repeated call says of each that it is so already.
    pub(crate) async fn mark_records(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        wanted: &MarkRecords,
    ) -> Result<Vec<Marked>> {
        let act = match wanted.mark {
            Mark::Frozen => Act::FreezeData,
            Mark::Locked => Act::LockData,
        };
        let study = self.study_for(context, study, act).await?;
        let permit = self.permit_at(context, &study, &wanted.subject, act).await?;
        let given = wanted.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        if !wanted.on && !given {
            return Err(Refusal::ReasonNeeded.into());
        }
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &wanted.subject,
            request: request_id(context, request),
            reason: wanted.reason.clone(),
        };
        let changed = self
            .change(&study, &change, |casebook, attempt| {
                let (mut events, marked) = decide(casebook, wanted)?;
                if attempt == Attempt::Repeated {
                    events.clear();
                }
                Ok(Decided::new(events, marked))
            })
            .await?;
        Ok(changed.answer)
    }
}

fn decide(casebook: &Casebook, wanted: &MarkRecords) -> Result<(Vec<Event>, Vec<Marked>), Refusal> {
    let is_wanted = |key: &RecordKey| {
        wanted
            .visit
            .as_ref()
            .is_none_or(|(event, repeat)| key.event == *event && key.event_repeat == *repeat)
    };
    let (mut events, mut marked) = (Vec::new(), Vec::new());
    let records = casebook.records.iter().filter(|(key, record)| is_wanted(key) && !record.removed);
    for (key, record) in records {
        let record_key = key.clone();
        let (is_changed, refusal) = match mark_record(casebook, key, record, wanted.mark, wanted.on)
        {
            Ok(more) => {
                events.extend(more);
                (true, None)
            }
            Err(Refusal::AlreadySo) => (false, None),
            Err(refusal) => (false, Some(refusal)),
        };
        marked.push(Marked { record: record_key, is_changed, refusal });
    }
    if marked.is_empty() { Err(Refusal::RecordUnknown) } else { Ok((events, marked)) }
}
