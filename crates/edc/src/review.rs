//! What happens to a form record besides data entry: removal, verification, freeze, lock,
//! signature.

use contract::{Act, Context};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{
        Casebook, Event, FormRecord, ItemFault, ItemKey, Mark, RecordKey, RecordPart,
        RecordSignature, Refusal, RowKey, Unfit,
    },
};

use crate::{
    Edc,
    change::{Attempt, Change, Decided, request_id},
    decide::close_queries_of,
    failure::Result,
    read::sight::Sight,
    signing::{SignedPart, Signer, SigningPlace},
};

/// What is done to a record.
#[derive(Clone, Debug)]
pub(crate) enum Review {
    Remove {
        row: Option<RowKey>,
    },
    Restore {
        row: Option<RowKey>,
    },
    /// No items: all that the record holds.
    Verify {
        items: Vec<ItemKey>,
    },
    Unverify {
        items: Vec<ItemKey>,
    },
    Mark {
        mark: Mark,
        on: bool,
    },
    Sign {
        meaning: String,
        /// Needed when the call is not made with the password.
        ticket: Option<String>,
    },
}

/// One act of review on one record.
#[derive(Clone, Debug)]
pub(crate) struct ReviewRecord {
    pub record: RecordKey,
    pub review: Review,
    pub seen_version: Option<u64>,
    pub reason: Option<String>,
}

impl Review {
    fn act(&self) -> Act {
        match self {
            Self::Remove { .. } | Self::Restore { .. } => Act::EnterData,
            Self::Verify { .. } | Self::Unverify { .. } => Act::VerifyData,
            Self::Mark { mark: Mark::Frozen, .. } => Act::FreezeData,
            Self::Mark { mark: Mark::Locked, .. } => Act::LockData,
            Self::Sign { .. } => Act::SignData,
        }
    }

    /// Taking something back needs a reason; so does removing.
    fn needs_reason(&self) -> bool {
        match self {
            Self::Remove { .. } | Self::Restore { .. } | Self::Unverify { .. } => true,
            Self::Mark { on, .. } => !on,
            Self::Verify { .. } | Self::Sign { .. } => false,
        }
    }
}

impl Edc {
    /// Does one act of review. Answers with the record as it is afterwards.
    pub(crate) async fn review(
        &self,
        context: &Context,
        study: &StudyOid,
        subject: &SubjectKey,
        request: Option<&String>,
        wanted: &ReviewRecord,
    ) -> Result<()> {
        let study = self.study_for(context, study, wanted.review.act()).await?;
        let permit = self.permit_at(context, &study, subject, wanted.review.act()).await?;
        let given = wanted.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        if wanted.review.needs_reason() && !given {
            return Err(Refusal::ReasonNeeded.into());
        }
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject,
            request: request_id(context, request),
            reason: wanted.reason.clone(),
        };
        let signer = match &wanted.review {
            Review::Sign { meaning, ticket } => {
                let part = SignedPart::Record(wanted.record.clone());
                let place = SigningPlace { study: &study, subject, part };
                self.signer(context, &place, &change.request, meaning, ticket.as_deref()).await?
            }
            _ => Signer::default(),
        };
        let now_ms = (self.clock)().as_millisecond();
        let sight = Sight::of(context, &study, &self.site_of(&study, subject).await?);
        self.change(&study, &change, |casebook, attempt| {
            if attempt == Attempt::Repeated {
                return Ok(Decided::new(Vec::new(), ()));
            }
            Ok(Decided::new(decide(casebook, wanted, &sight, &signer, now_ms)?, ()))
        })
        .await?;
        Ok(())
    }
}

fn decide(
    casebook: &Casebook,
    wanted: &ReviewRecord,
    sight: &Sight,
    signer: &Signer,
    now_ms: i64,
) -> Result<Vec<Event>, Refusal> {
    let key = &wanted.record;
    let record = casebook.record(key).ok_or(Refusal::RecordUnknown)?;
    if let Some(seen) = wanted.seen_version.filter(|seen| *seen != record.version) {
        let actual = record.version;
        return Err(Refusal::StaleRecord { seen, actual, conflicts: Vec::new() });
    }
    let part = |row: &Option<RowKey>| RecordPart { record: key.clone(), row: row.clone() };
    match &wanted.review {
        Review::Remove { row } => {
            unlocked(record)?;
            if is_removed(record, row.as_ref())? {
                return Err(Refusal::AlreadySo);
            }
            let mut events = vec![Event::Removed(part(row))];
            events.extend(close_queries_of(casebook, key, row.as_ref()));
            Ok(events)
        }
        Review::Restore { row } => {
            unlocked(record)?;
            if is_removed(record, row.as_ref())? {
                Ok(vec![Event::Restored(part(row))])
            } else {
                Err(Refusal::AlreadySo)
            }
        }
        Review::Verify { items } => {
            // Nobody states of what he cannot see that it agrees with its source.
            let mut items = verifiable(record, items)?;
            items.retain(|item| sight.shows(&item.item));
            if items.is_empty() {
                return Err(Refusal::AlreadySo);
            }
            Ok(vec![Event::ItemsVerified { record: key.clone(), items }])
        }
        Review::Unverify { items } => {
            let verified = record.verified.iter();
            let chosen = verified.filter(|item| items.is_empty() || items.contains(item)).cloned();
            let items: Vec<ItemKey> = chosen.collect();
            if items.is_empty() {
                return Err(Refusal::AlreadySo);
            }
            Ok(vec![Event::ItemsUnverified { record: key.clone(), items }])
        }
        Review::Mark { mark, on } => mark_record(casebook, key, record, *mark, *on),
        Review::Sign { meaning, .. } => sign(casebook, key, record, signer, meaning, now_ms),
    }
}

fn unlocked(record: &FormRecord) -> Result<(), Refusal> {
    if record.locked {
        Err(Refusal::FormLocked)
    } else if record.frozen {
        Err(Refusal::FormFrozen)
    } else {
        Ok(())
    }
}

fn is_removed(record: &FormRecord, row: Option<&RowKey>) -> Result<bool, Refusal> {
    match row {
        None => Ok(record.removed),
        Some(key) => record.rows.get(key).map(|row| row.removed).ok_or(Refusal::RecordUnknown),
    }
}

/// The items that can be verified now: they hold a value and are not verified yet.
fn verifiable(record: &FormRecord, items: &[ItemKey]) -> Result<Vec<ItemKey>, Refusal> {
    if record.removed {
        return Err(Refusal::RecordRemoved);
    }
    let rows = record.rows.iter().filter(|(_, row)| !row.removed);
    let held = rows.flat_map(|(row, content)| {
        content.items.keys().map(|item| ItemKey { row: row.clone(), item: item.clone() })
    });
    let held: Vec<ItemKey> = held.collect();
    if let Some(missing) = items.iter().find(|item| !held.contains(item)) {
        let fault = ItemFault { item: missing.clone(), why: Unfit::NothingToVerify };
        return Err(Refusal::ValueInvalid(vec![fault]));
    }
    let wanted = held.into_iter().filter(|item| items.is_empty() || items.contains(item));
    Ok(wanted.filter(|item| !record.verified.contains(item)).collect())
}

pub(crate) fn mark_record(
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
    mark: Mark,
    on: bool,
) -> Result<Vec<Event>, Refusal> {
    let now = match mark {
        Mark::Frozen => record.frozen,
        Mark::Locked => record.locked,
    };
    if now == on {
        return Err(Refusal::AlreadySo);
    }
    let pending = casebook.queries_of(key).any(|query| query.status.is_pending());
    if mark == Mark::Locked && on && pending {
        return Err(Refusal::QueriesOpen);
    }
    Ok(vec![Event::RecordMarked { record: key.clone(), mark, on }])
}

/// A signature states its meaning, who and when, and is bound to the content (21 CFR 11.50, 11.70).
fn sign(
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
    signer: &Signer,
    meaning: &str,
    now_ms: i64,
) -> Result<Vec<Event>, Refusal> {
    if record.removed {
        return Err(Refusal::RecordRemoved);
    }
    if !record.complete {
        return Err(Refusal::FormNotComplete);
    }
    if casebook.queries_of(key).any(|query| query.status.is_pending()) {
        return Err(Refusal::QueriesOpen);
    }
    let signature = RecordSignature {
        signer: signer.user.clone(),
        printed_name: signer.printed_name.clone(),
        meaning: meaning.trim().to_owned(),
        signed_at_ms: now_ms,
        content: record.content_hash(),
    };
    if record.valid_signature().is_some_and(|one| one.signer == signer.user) {
        return Err(Refusal::AlreadySo);
    }
    Ok(vec![Event::RecordSigned { record: key.clone(), signature }])
}
